"""questions.py - the questions of the lab test: always the same list, made from the zones.

What is there, with its own type and with others; what is not there, beside, above and below what
is; wildcards, aliases, whole branches that moved; zones whose servers fail. The zones where
nobody answers at all are left out: a resolver may take as long for them as it likes.
"""
import random

import zones

TYPES = ["A", "AAAA", "MX", "TXT", "NS", "SOA", "SRV", "CAA", "CNAME", "PTR", "HTTPS", "DNAME",
         "TYPE65280"]
LEFT_OUT = ["nettle.forest.", "yarrow.forest."]


def mixed_case(dice, name):
    return "".join(c.upper() if dice.random() < 0.5 else c for c in name)


def _around(dice, zone):
    """Names in and about one zone, most of which do not exist."""
    word = "".join(dice.choice("abcdefghijklmnopqrstuvwxyz0123456789-_") for _ in range(8))
    owner = dice.choice([owner for owner, _ in zones.owners(zone)]).lstrip("*.")
    return dice.choice([f"{word}.{zone}".replace("..", "."), f"{word}.{owner}",
                        f"a.{word}.{zone}".replace("..", "."), owner,
                        f"{word}.wild.{zone}".replace("..", "."),
                        f"{word}.{word}.wild.{zone}".replace("..", ".")])


def existing(dice):
    found = []
    for zone in zones.all_zones():
        for owner, rrtype in zones.owners(zone):
            name = owner.replace("*", f"star{dice.randrange(1000)}")
            found.append((name, rrtype))
            found.append((mixed_case(dice, name), rrtype))
            found.append((name, dice.choice(TYPES)))
            parent = name.split(".", 1)[1] or "."
            found.append((parent, dice.choice(TYPES)))
    return found


def particular(dice):
    """Branches with something to learn in them, each name with every type."""
    names = ["a.old.oak.forest.", "b.old.oak.forest.", "c.old.oak.forest.", "old.oak.forest.",
             "gone.old.oak.forest.", "x.any.old.oak.forest.", "empty.oak.forest.",
             "d.e.oak.forest.", "e.oak.forest.", "known.wild.oak.forest.",
             "x.known.wild.oak.forest.", "wild.oak.forest.", "x.walias.oak.forest.",
             "circle.oak.forest.", "tour.oak.forest.", "nowhere.oak.forest.",
             "x.y.lost.oak.forest.", "www.snake.meadow.", "nosuch.", "a.b.nosuch.", "arpa.",
             "in-addr.arpa.", "198.in-addr.arpa.", "www.thorn.forest.", "x.bramble.forest.",
             "thistle.forest.", "h1.yew.forest.", "z.acorn.oak.forest.", "up.acorn.oak.forest."]
    return [(mixed_case(dice, name), rrtype) for name in names for rrtype in TYPES]


def question_list(count, seed=4711):
    """[(name, type)], the same for the same count and seed; none twice in the same spelling."""
    dice = random.Random(seed)
    found = [(name, rrtype) for name, rrtype in particular(dice) + existing(dice)
             if not name.lower().endswith(tuple(LEFT_OUT))]
    hopeless = [f"{name}.forest." for name in zones.HOPELESS if f"{name}.forest." not in LEFT_OUT]
    places = zones.all_zones() + ["oak.forest.", "acorn.oak.forest.", "elm.meadow."] * 4
    found += [(f"h{i}.{zone}", dice.choice(TYPES)) for zone in hopeless for i in range(8)]
    seen = set(found)
    found = sorted(seen)
    while len(found) < count:
        question = (_around(dice, dice.choice(places)), dice.choice(TYPES))
        if question not in seen and len(question[0]) < 250:
            seen.add(question)
            found.append(question)
    dice.shuffle(found)
    return found[:count]
