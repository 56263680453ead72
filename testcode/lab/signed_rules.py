"""signed_rules.py - when are two answers the same, and which differences may be, with the reason.

Used by signed_test. Each rule is as narrow as it can be said: who is right follows from an RFC, from
what the zone's own server says when asked directly, or from delv, which has validated it.
"""
import re

import client
import servers
import signed_delv
import signed_zones

OF_DNSSEC = ["NSEC", "NSEC3", "RRSIG"]


def below(name, zones):
    return any(name.lower() == zone or name.lower().endswith("." + zone) for zone in zones)


def rows(reply):
    """The answer's records; of a zone that signs anew each time not the signatures themselves."""
    return [(owner, rrtype, "" if rrtype == client.TYPES["RRSIG"]
             and below(owner, [signed_zones.ONLINE]) else rdata)
            for owner, rrtype, rdata in reply.answer]


class Case:
    """One question and two answers to it, the first one shrewd's. `theirs` is unbound's reply,
    another one of shrewd's, or what delv made of it (signed_delv.Verdict)."""

    def __init__(self, lab, question, ours, theirs):
        self.lab = lab
        self.question = question
        self.name = question.name.lower()
        self.rrtype = question.rrtype
        self.cd = "cd" in question.flags
        self.ours = ours
        self.theirs = theirs

    def same(self):
        """rcode, AD and answer; of ANY and RRSIG any part is an answer (RFC 8482)."""
        return self.ours.secure == self.theirs.secure and self.only_ad_differs()

    def only_ad_differs(self):
        return self.ours.rcode == self.theirs.rcode \
            and (self.rrtype in ("ANY", "RRSIG") or rows(self.ours) == rows(self.theirs))

    def has_alias(self, reply):
        """Is the name asked for an alias in the reply?"""
        return (self.name, client.TYPES["CNAME"]) in [row[:2] for row in reply.answer]

    def has_type(self, reply, rrtype):
        return client.TYPES[rrtype] in [row[1] for row in reply.answer]

    def says(self, text):
        """Is this in the reasons of shrewd's answer?"""
        return any(text in words for _, words in self.ours.ede)

    def has_ede(self, code):
        return code in [one for one, _ in self.ours.ede]

    def agrees_with_server(self):
        """The authoritative server of the zone, asked directly, says what shrewd says."""
        zone = self.lab.world.zones[self.lab.world.zone_of(self.name)]
        said = client.ask(signed_zones.ADDRESSES[zone.host], 1, self.question.name, self.rrtype,
                          flags=("do",) if self.rrtype == "ANY" else self.question.flags)
        return said is not None and said.rcode == self.ours.rcode \
            and (said.answer == self.ours.answer
                 or self.rrtype == "ANY" and set(self.ours.answer) <= set(said.answer))

    def agrees_with_delv(self):
        verdict = signed_delv.ask(servers.find_program("delv"), self.lab.root_anchor_file,
                                  self.lab.resolver_for(self.question), self.question)
        return verdict.rcode == self.ours.rcode and verdict.rcode != "FAILED" \
            and (verdict.secure == self.ours.secure or self.question.flags == ()
                 or verdict.secure and self.has_ede(27))

    def answers_alias_itself(self, one, other):
        """Where the other one has an alias, this one has a record of the type asked for."""
        return any((owner, client.TYPES["CNAME"]) in [row[:2] for row in other.answer]
                   for owner, rrtype, _ in one.answer if rrtype == client.TYPES[self.rrtype])

    def missing_signatures(self):
        """Owners of the signatures that shrewd's answer lacks; [] if anything else differs."""
        ours, theirs = set(rows(self.ours)), set(rows(self.theirs))
        if self.ours.rcode != self.theirs.rcode \
                or self.ours.secure != self.theirs.secure and not self.cd \
                or not ours < theirs or \
                {row[1] for row in theirs - ours} != {client.TYPES["RRSIG"]}:
            return []
        return [row[0] for row in theirs - ours]


NO_CDS = ("knotd, signing online, gives an empty answer for CDS, without proof; a cached NSEC may do",
          lambda case: case.name == signed_zones.ONLINE and case.rrtype in ("CDS", "CDNSKEY"))

NSEC_OF_CUT = ("at a delegation the parent has an NSEC and the child may have one; knotd, signing "
               "online, gives the parent's where others refer to the child",
               lambda case: case.rrtype == "NSEC" and case.name in case.lab.world.zones
               and below(case.name, [signed_zones.ONLINE]))

# (reason, test); shrewd and unbound.
UNBOUND = [
    NO_CDS,
    NSEC_OF_CUT,
    ("with CD the client judges for itself, and shrewd makes no statement of its own "
     "(RFC 4035 section 3.2.2)",
     lambda case: case.cd and case.only_ad_differs()),
    ("unbound has AD in refusals and errors, which authenticate nothing (RFC 4035 section 3.2.3)",
     lambda case: case.theirs.secure and case.theirs.rcode not in ("NOERROR", "NXDOMAIN")
     and case.only_ad_differs()),
    ("type 0 is reserved and no data can have it (RFC 6895 section 3.1)",
     lambda case: case.rrtype == "TYPE0" and case.ours.rcode == "FORMERR"),
    ("asked for CNAME below a DNAME, unbound gives the CNAME made from it and the rcode of another "
     "name, follows it, or fails; the CNAME is the answer (RFC 6672 section 3.2)",
     lambda case: case.rrtype == "CNAME" and case.ours.rcode == "NOERROR"
     and case.has_type(case.ours, "DNAME")
     and (set(rows(case.theirs)) <= set(rows(case.ours))
          or set(rows(case.ours)) <= set(rows(case.theirs)))),
    ("asked for CNAME or ANY, unbound gives the CNAME with the rcode and AD of its target, or fails "
     "for the target; it was not asked for (RFC 1034 section 3.6.2)",
     lambda case: case.rrtype in ("CNAME", "ANY") and case.ours.rcode == "NOERROR"
     and case.has_alias(case.ours)
     and (case.theirs.rcode == "NXDOMAIN" and case.ours.answer == case.theirs.answer
          and (case.ours.secure or not case.theirs.secure or case.cd
               or below(case.name, [signed_zones.SALTY]))
          or case.theirs.rcode == "SERVFAIL" and case.agrees_with_server())),
    ("unbound repeats a DNAME in the answer",
     lambda case: case.has_type(case.ours, "DNAME") and case.ours.rcode == case.theirs.rcode
     and (case.cd or case.ours.secure == case.theirs.secure)
     and set(rows(case.ours)) == set(rows(case.theirs))
     and len(set(case.ours.answer)) == len(case.ours.answer)),
    ("knotd, signing online, signs the CNAME that a DNAME makes; it needs none, and shrewd makes it "
     "itself (RFC 6672 section 5.3.1)",
     lambda case: case.has_type(case.ours, "DNAME") and case.missing_signatures()
     and all(below(owner, [signed_zones.ONLINE]) for owner in case.missing_signatures())),
    ("of an RRset four signatures are kept (iter-scrub-rrsig)",
     lambda case: case.missing_signatures()
     and [row[1] for row in case.ours.answer].count(client.TYPES["RRSIG"]) >= 4),
    ("a salt over 32 octets counts as insecure, and is not hashed; RFC 9276 section 3.1 wants none",
     lambda case: below(case.name, [signed_zones.SALTY]) and case.theirs.secure
     and not case.ours.secure and (case.only_ad_differs() or case.rrtype in OF_DNSSEC)),
    ("nsd says NODATA where its NSEC tells of a CNAME, which proves nothing (RFC 6840 section "
     "4.3); unbound came upon the CNAME with a minimised question",
     lambda case: case.rrtype in OF_DNSSEC and case.has_alias(case.theirs)
     and (case.says("proof=type-exists")
          or case.cd and case.ours.rcode == "NOERROR"
          and set(case.ours.answer) < set(case.theirs.answer))),
    ("of an alias nsd answers NSEC and RRSIG themselves, as it may (RFC 4035 section 2.5); unbound "
     "came upon the CNAME with a minimised question",
     lambda case: case.rrtype in OF_DNSSEC and case.ours.rcode == "NOERROR"
     and (case.answers_alias_itself(case.ours, case.theirs)
          or case.has_alias(case.theirs) and case.agrees_with_server())),
    ("unbound takes the servers of a zone below an insecure delegation for broken, or fails for "
     "its DS; the zone's server, asked directly, agrees with shrewd",
     lambda case: case.theirs.rcode == "SERVFAIL" and not case.ours.secure
     and (case.rrtype == "DS" or case.lab.world.is_island(case.lab.world.zone_of(case.name)))
     and case.agrees_with_server()),
    ("unbound fails for ANY or RRSIG; the zone's server, asked directly, agrees with shrewd",
     lambda case: case.theirs.rcode == "SERVFAIL" and case.rrtype in ("ANY", "RRSIG")
     and case.agrees_with_server()),
    ("knotd, signing online, says that types exist and gives none to ANY, which contradicts itself",
     lambda case: case.rrtype == "ANY" and below(case.name, [signed_zones.ONLINE])
     and case.says("proof=type-exists")),
    ("asked for ANY below a DNAME, unbound has the rcode of another name; the CNAME is an answer",
     lambda case: case.rrtype == "ANY" and case.ours.rcode == "NOERROR"
     and case.has_alias(case.ours) and case.has_type(case.theirs, "DNAME")),
    ("unbound alone fails; delv, asking and judging for itself, agrees with shrewd",
     lambda case: case.theirs.rcode == "SERVFAIL" and case.agrees_with_delv()),
    ("unbound alone fails, below a trust anchor that delv was not given; the zone's server, asked "
     "directly, agrees with shrewd",
     lambda case: case.theirs.rcode == "SERVFAIL" and case.lab.world.is_anchored_apart(case.name)
     and case.agrees_with_server()),
    ("knotd makes NSEC records from a wildcard without the proof that nothing is nearer "
     "(RFC 4035 section 5.3.4); unbound may have come by it before",
     lambda case: case.rrtype == "NSEC" and case.ours.rcode == "SERVFAIL" and case.has_ede(12)
     and case.lab.world.zones[case.lab.world.zone_of(case.name)].host == "knot"),
]

# Two answers of shrewd's to one question, at different times.
AGAIN = [
    NO_CDS,
    NSEC_OF_CUT,
    ("with CD there is AD if the cache has judged data (RFC 4035 section 3.2.2)",
     lambda case: case.cd and case.only_ad_differs()),
    ("nsd has no CNAME for some types; whether shrewd came upon it before makes the difference",
     lambda case: case.rrtype in OF_DNSSEC
     and (case.has_alias(case.ours) != case.has_alias(case.theirs)
          or set(case.ours.answer) < set(case.theirs.answer)
          or set(case.theirs.answer) < set(case.ours.answer)
          or case.answers_alias_itself(case.ours, case.theirs)
          or case.answers_alias_itself(case.theirs, case.ours))),
]

# shrewd, and another one that validates what the first hands it with CD.
BEHIND = AGAIN + [
    ("the one behind knows no cuts and asks for the DS of an empty non-terminal that only unsigned "
     "delegations made; nsd's answer lacks the opt-out record (RFC 5155 section 7.2.4)",
     lambda case: case.theirs.rcode == "SERVFAIL" and not case.ours.secure
     and ".cut.ent.deep." in "." + case.name
     and any("proof=no-ds for deep." in text for _, text in case.theirs.ede)),
]

# shrewd (with DO) and delv.
DELV = [
    NO_CDS,
    ("delv tells what is proven; AD is not for denials by opt-out (RFC 5155 section 9.2)",
     lambda case: case.theirs.rcode == case.ours.rcode and case.theirs.secure
     and not case.ours.secure
     and any(rrtype == client.TYPES["NSEC3"] and int(rdata[2:4], 16) & 1
             for _, rrtype, rdata in case.ours.authority)),
    ("delv accepts more iterations and salt than RFC 9276 wants",
     lambda case: case.theirs.rcode == case.ours.rcode and case.theirs.secure
     and case.has_ede(27)),
    ("asked for CNAME below a DNAME, delv follows it (RFC 6672 section 3.2)",
     lambda case: case.rrtype == "CNAME" and case.has_type(case.ours, "DNAME")),
    ("at an unsigned delegation delv shows the parent's NSEC, which it has from the proof",
     lambda case: case.rrtype == "NSEC" and not case.ours.answer and not case.ours.secure
     and case.theirs.secure and case.name in case.lab.world.zones),
    ("nsd says NODATA where its NSEC tells of a CNAME, which proves nothing (RFC 6840 section "
     "4.3); who came upon the CNAME before has an answer",
     lambda case: case.rrtype in OF_DNSSEC
     and (case.has_alias(case.ours) and case.theirs.rcode in ("FAILED", case.ours.rcode)
          or case.ours.rcode == "SERVFAIL" and case.says("proof=type-exists"))),
    ("delv asks for the DS of an empty non-terminal that only unsigned delegations made; nsd's "
     "answer lacks the opt-out record (RFC 5155 section 7.2.4)",
     lambda case: case.theirs.rcode == "FAILED" and not case.ours.secure
     and ".cut.ent.deep." in "." + case.name
     and re.search(r"no valid RRSIG resolving 'deep\.", case.theirs.text, re.I)),
]


def reason_for(rules, case):
    """The reason of the first rule that fits, or None."""
    if case.ours is None or case.theirs is None:
        return None
    return next((reason for reason, test in rules if test(case)), None)
