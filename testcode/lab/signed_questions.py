"""signed_questions.py - what is asked of the lab of signed zones; the same list for the same seed.

Used by signed_test. Names that are there, with their own type and others; names that are not,
beside, above and below them; what wildcards, aliases and DNAMEs make; DS at, above and below
cuts, apexes of parent and child on one server; the types of DNSSEC itself, ANY, and types that are
no data. With and without DO and AD, and one in ten with CD.
"""
import collections
import random

Question = collections.namedtuple("Question", "name rrtype flags")

DATA = ["A", "AAAA", "MX", "TXT", "SRV", "CAA", "CNAME", "DNAME", "HTTPS", "TYPE65280", "PTR"]
ZONE = ["NS", "SOA", "DNSKEY", "DS", "NSEC", "NSEC3", "NSEC3PARAM", "CDS", "CDNSKEY"]
RARE = ["ANY", "RRSIG", "TYPE0", "TYPE41", "TYPE249", "TYPE250", "TYPE251", "TYPE252", "TYPE253",
        "TYPE254", "TYPE128", "TYPE65535"]
FLAGS = [("do",), ("do",), ("do", "ad"), ("ad",), ("ad",), ()]


def mixed_case(dice, name):
    """Random case; escapes are digits or marks and do not mind."""
    return "".join(c.upper() if dice.random() < 0.5 else c.lower() for c in name)


def _word(dice):
    return "".join(dice.choice("abcdefghijklmnopqrstuvwxyz0123456789-_") for _ in range(8))


def _up(name):
    """The name without its first label, which must have no escaped dot."""
    return name.split(".", 1)[1] or "." if name != "." else "."


class Asker:
    """Makes questions about a world (signed_zones.World)."""

    def __init__(self, world, seed):
        self.world = world
        self.dice = random.Random(seed)
        # Not what changes while it is asked for.
        self.zones = sorted(name for name, zone in world.zones.items() if zone.host != "rolled")
        # Half of the questions go to the zones with all kinds of records.
        self.places = self.zones + world.main * 4

    def owner(self, zone):
        """(name, type) of a record of the zone, its wildcards filled in."""
        zone = self.world.zones[zone]
        owner, rrtype, _ = self.dice.choice(zone.records)
        name = zone.absolute(owner)
        while name.startswith("*."):
            name = f"{_word(self.dice)}{name[1:]}"
            if self.dice.random() < 0.3:
                name = f"{_word(self.dice)}.{name}"
        return name, rrtype

    def existing(self, zone):
        return self.owner(zone)

    def other_type(self, zone):
        return self.owner(zone)[0], self.dice.choice(DATA + ZONE)

    def random_name(self, zone):
        name = _word(self.dice) + ("." + zone if zone != "." else ".")
        if self.dice.random() < 0.3:
            name = f"{_word(self.dice)}.{name}"
        return name, self.dice.choice(DATA[:4])

    def below(self, zone):
        return f"{_word(self.dice)}.{self.owner(zone)[0]}".replace("..", "."), \
            self.dice.choice(DATA[:5] + ["DS", "NS"])

    def above(self, zone):
        """An empty non-terminal perhaps."""
        name = self.owner(zone)[0]
        if "\\" in name:
            return name, "AAAA"
        for _ in range(self.dice.randrange(1, 3)):
            name = _up(name)
        return name, self.dice.choice(DATA[:4] + ZONE)

    def moved(self, zone):
        """Something below a DNAME, wherever it leads."""
        zone = self.dice.choice(self.world.main)
        front = self.dice.choice(["a", "b", "www", "x.w", "alias", "alias-out", "nothing", "q.wild",
                                  "u", "www.u", "s", "www.s", "moved", "a.moved", "big"])
        tree = self.dice.choice(["moved", "movedout", "movedplain", "movedtwice", "s.moved",
                                 "moved.s", "moved.u"])
        return f"{front}.{tree}.{zone}", self.dice.choice(DATA[:4] + ["DS", "CNAME"])

    def wild(self, zone):
        zone = self.dice.choice(self.world.main)
        tree = self.dice.choice(["wild", "known.wild", "walias", "wout", "wplain", "wgone",
                                 "deep.er.ent", "er.ent", "wild.s", "wild.u", "wild.i.u", "*.wild",
                                 "wild.nothing", "w.target", "*.walias"])
        return f"{_word(self.dice)}.{tree}.{zone}", self.dice.choice(DATA[:7] + ["DS", "NS"])

    def cut(self, zone):
        """At, above and below a delegation."""
        zone = self.dice.choice([name for name in self.zones if name != "."]
                                if self.dice.random() < 0.5 else self.world.main)
        front = self.dice.choice(["", "", "", "www.", "ns.", "nothing.", "s.", "u.", "i.u.",
                                  "cut.ent.deep.", "t.ent.deep.", "www.cut.ent.deep."])
        return front + zone, self.dice.choice(["DS", "DS", "DS", "NS", "SOA", "DNSKEY", "A", "NSEC",
                                               "CDS"])

    def apex(self, zone):
        return zone, self.dice.choice(ZONE + DATA)

    def rare(self, zone):
        name = self.owner(zone)[0] if self.dice.random() < 0.7 else self.random_name(zone)[0]
        return name, self.dice.choice(RARE)

    def make(self):
        kinds = [self.existing] * 5 + [self.other_type] * 3 + [self.random_name] * 3 \
            + [self.below] * 2 + [self.above] * 2 + [self.moved] * 2 + [self.wild] * 3 \
            + [self.cut] * 4 + [self.apex, self.rare]
        name, rrtype = self.dice.choice(kinds)(self.dice.choice(self.places))
        if self.dice.random() < 0.25:
            name = mixed_case(self.dice, name)
        flags = self.dice.choice(FLAGS)
        if self.dice.random() < 0.1:
            flags += ("cd",)
        return Question(name, rrtype, flags)


def question_list(world, count, seed):
    """No question is there twice; none has a name that is too long for DNS."""
    asker = Asker(world, seed)
    found = {}
    while len(found) < count:
        question = asker.make()
        if len(question.name) < 240:
            found[question] = True
    return list(found)
