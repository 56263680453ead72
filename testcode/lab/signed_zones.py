"""signed_zones.py - the zones of the lab of signed zones, as data.

Read by signed_lab (signs and serves them) and signed_questions (knows what to ask). A matrix of
signer, algorithm and denial of existence; beside it zones in the middle of a key rollover, of rare
keys and DS sets, of odd names; and branches that are secure, insecure and secure again.

Each zone of the matrix has the same records, with aliases into its neighbour, and children: s, t
(signed), u and cut.ent.deep (unsigned), i.u (signed, with a DS set in its unsigned parent: an
island).
"""
import dataclasses

from signers import Key, Plan

ADDRESSES = {"root": "127.10.0.1", "tld": "127.20.0.1", "leaf": "127.30.0.1",
             "knot": "127.40.0.1", "counted": "127.50.0.1", "rolled": "127.60.0.1"}
SIGNERS = ["bind", "ldns", "knot"]
MATRIX_ALGORITHMS = [8, 10, 13, 14, 15, 16]
DENIALS = ["nsec", "nsec3", "optout"]
# RFC 9276 wants 0 and no salt; there is more in use. For us over 50 and 32 octets are insecure.
PARAMETERS = [(0, ""), (1, "ab"), (10, "0123456789abcdef"), (50, ""), (3, "ff00"), (0, "aa" * 32)]
SHA1 = ["sha1-5.odd.", "sha1-7.odd.", "sha1-knot.odd.", "ds-1.odd."]
SALTY = "salt-33.odd."
ONLINE = "online.odd."
PLAIN = "plain."
COUNTED = {"nsec": "count-nsec.odd.", "nsec3": "count-nsec3.odd."}
ROLLED = "roll.time.odd."


@dataclasses.dataclass
class Zone:
    name: str
    host: str
    plan: Plan = None  # None: not signed
    records: list = dataclasses.field(default_factory=list)  # (owner, type, rdata), as in a file
    ds: list = None  # rdata at the parent; None: what signing yields, []: none
    anchor: bool = False  # its DS set is a trust anchor of the resolvers
    ttl: int = 3600
    ns: str = ""  # its name server; "": ns in the zone itself

    def add(self, lines):
        for line in lines.strip().splitlines():
            owner, rrtype, rdata = line.split(None, 2)
            self.records.append((owner, rrtype, rdata))
        return self

    def absolute(self, owner):
        if owner.endswith(".") and not owner.endswith("\\."):
            return owner
        if owner == "@":
            return self.name
        return f"{owner}." if self.name == "." else f"{owner}.{self.name}"

    def text(self):
        return f"$TTL {self.ttl}\n" + "".join(f"{owner} {rrtype} {rdata}\n"
                                              for owner, rrtype, rdata in self.records)


def pair(algorithm, **more):
    return [Key(algorithm, "ksk", **more), Key(algorithm, "zsk", **more)]


def new_zone(name, host, plan=None, **more):
    zone = Zone(name, host, plan, **more)
    if name == ".":
        return zone.add(f"@ SOA a.root. hostmaster.root. 1 1800 900 604800 600\n@ NS a.root.\n"
                        f"a.root. A {ADDRESSES['root']}")
    return zone.add(f"@ SOA ns hostmaster 1 1800 900 1209600 600\n@ NS ns\n"
                    f"ns A {ADDRESSES[host]}")


LONG_TEXT = " ".join(f'"{letter * 250}"' for letter in "abcdef")


def fill(zone, neighbour):
    """What every larger zone has; aliases lead into the neighbour."""
    return zone.add(f"""
@ MX 10 mail
@ TXT "zone {zone.name}"
@ CAA 0 issue "ca.example"
mail A 198.18.1.1
www A 198.18.1.2
www A 198.18.1.3
www AAAA 2001:db8::2
www TXT "hello"
_sip._tcp SRV 10 60 5060 www
svc HTTPS 1 . alpn="h2"
svc TYPE65280 \\# 4 0a000001
big TXT {LONG_TEXT}
alias CNAME www
alias2 CNAME alias
alias-out CNAME alias2.{neighbour}
alias-plain CNAME www.u.{neighbour}
alias-loop CNAME back.{neighbour}
back CNAME alias-loop2.{neighbour}
alias-loop2 CNAME www
alias-gone CNAME nothing.{neighbour}
alias-nodata CNAME mail
alias-wild CNAME q.wild
alias-far CNAME x.wild.s.{neighbour}
alias-ent CNAME b.c.ent
down CNAME www.u
down-gone CNAME nothing.u
down-s CNAME q.wild.s
*.wild A 198.18.1.4
*.wild TXT "from the wildcard"
known.wild A 198.18.1.5
below.known.wild A 198.18.1.6
*.deep.er.ent A 198.18.1.7
*.walias CNAME www
*.wout CNAME x.wild.{neighbour}
*.wplain CNAME www.u.{neighbour}
*.wgone CNAME nothing
a.b.c.ent A 198.18.1.8
target A 198.18.1.9
a.target A 198.18.1.10
b.target CNAME a.target
*.w.target A 198.18.1.11
moved DNAME target
moved TXT "beside the DNAME"
movedout DNAME {neighbour}
movedplain DNAME u.{neighbour}
movedtwice DNAME movedout
*.wmoved DNAME target
MiXed.Case A 198.18.1.12
""")


def fill_small(zone, parent):
    """A child's records: enough for each kind of answer."""
    return zone.add(f"""
@ TXT "child"
www A 198.18.2.1
www AAAA 2001:db8:2::1
up CNAME www.{parent}
upup CNAME alias-out.{parent}
*.wild A 198.18.2.2
x.y.ent A 198.18.2.3
moved DNAME {parent}
""")


class World:
    """zones: name -> Zone. Parents get NS, glue and DS of their children when all is built."""

    def __init__(self, rolled_plan):
        self.zones = {}
        self.main = []  # names of the zones that fill() filled
        self._tops()
        self._matrix()
        self._special()
        self._odd_names()
        self._branches()
        self._counted()
        self._rolled(rolled_plan)
        for zone in list(self.zones.values()):
            self._delegate(zone)

    def put(self, zone):
        self.zones[zone.name] = zone
        return zone

    def parent_of(self, name):
        """The zone that delegates this one."""
        at = name
        while at != ".":
            at = at.split(".", 1)[1] or "."
            if at in self.zones:
                return self.zones[at]
        return None

    def _delegate(self, zone):
        parent = self.parent_of(zone.name)
        if parent is None:
            return
        parent.records.append((zone.name, "NS", zone.ns or f"ns.{zone.name}"))
        if not zone.ns:
            parent.records.append((f"ns.{zone.name}", "A", ADDRESSES[zone.host]))

    def _tops(self):
        self.put(new_zone(".", "root", Plan("bind", pair(8)), anchor=True))
        self.put(new_zone("bind.", "tld", Plan("bind", pair(13))))
        self.put(new_zone("ldns.", "tld", Plan("ldns", pair(8), "optout", 5, "beef")))
        self.put(new_zone("knot.", "knot", Plan("knot", pair(15), "nsec3")))
        self.put(new_zone("odd.", "tld", Plan("bind", pair(14), "optout")))
        self.put(new_zone(PLAIN, "tld"))

    def _matrix(self):
        names = [(f"{denial}{algorithm}.{signer}.", signer, algorithm, denial)
                 for algorithm in MATRIX_ALGORITHMS for denial in DENIALS for signer in SIGNERS]
        for i, (name, signer, algorithm, denial) in enumerate(names):
            iterations, salt = PARAMETERS[i // 3 % len(PARAMETERS)]
            host = "knot" if signer == "knot" else ["tld", "leaf"][i % 2]
            keys = pair(algorithm, bits=2048 if denial == "nsec" else 1280)
            plan = Plan(signer, keys, denial, iterations, salt,
                        digests=[(2,), (4,), (2, 4), (1, 2)][i % 4], all_sign_keys=i % 5 == 0)
            if i % 7 == 3 and signer != "ldns":
                plan.keys = [Key(algorithm, "csk")]
            self.put(fill(new_zone(name, host, plan), names[(i + 1) % len(names)][0]))
            self.main.append(name)
            self._children(name, i)

    def _children(self, parent, i):
        """Signed by another tool than the parent, sometimes on the same server."""
        def small(label, signer=None, keys=None, denial="nsec", host="leaf", **more):
            plan = Plan(signer, keys, denial) if signer else None
            host = "knot" if signer == "knot" else host
            return self.put(fill_small(new_zone(f"{label}.{parent}", host, plan, **more), parent))

        signer = SIGNERS[(i + 1 + i // 3) % 3]
        small("s", signer, [Key(13, "csk")] if signer != "knot" else pair(13), DENIALS[i // 2 % 3])
        small("u", host=["tld", "leaf", "knot"][i // 3 % 3])
        small("i.u", SIGNERS[i % 3], pair(15), DENIALS[i % 3], anchor=i % 3 == 0)
        if i % 2 == 0:
            small("cut.ent.deep", host="leaf")
        if i % 3 == 1:
            small("t.ent.deep", "ldns", pair(13), "nsec3", host="tld")

    def _odd(self, label, signer, keys, *, denial="nsec", digests=(2,), **more):
        """A zone below odd. with the small set of records and a child of each kind."""
        name = f"{label}.odd."
        parameters = {key: more.pop(key) for key in ("iterations", "salt", "all_sign_keys")
                      if key in more}
        plan = Plan(signer, keys, denial, digests=digests, **parameters)
        host = "knot" if signer in ("knot", "online") else "leaf"
        zone = fill(new_zone(name, host, plan, **more), self.main[len(self.zones) % len(self.main)])
        self.main.append(name)
        self.put(fill_small(new_zone(f"s.{name}", "leaf", Plan("bind", [Key(13, "csk")])), name))
        self.put(fill_small(new_zone(f"u.{name}", "tld"), name))
        return self.put(zone)

    def _special(self):
        # Rollovers in progress (RFC 6781 section 4.1).
        for signer in SIGNERS:
            self._odd(f"zsk-ahead-{signer}", signer, pair(13) + [Key(13, "zsk", signs=False)])
            self._odd(f"zsk-both-{signer}", signer, pair(8) + [Key(8, "zsk")], denial="nsec3")
            self._odd(f"ksk-both-{signer}", signer, pair(13) + [Key(13, "ksk", ds=False)])
            self._odd(f"ds-both-{signer}", signer,
                      pair(13) + [Key(13, "ksk", published=False, signs=False)])
            self._odd(f"algorithms-{signer}", signer, pair(8) + pair(13), denial="nsec3")
        self._odd("algorithm-old-ds", "bind", pair(13) + pair(15, ds=False))
        self._odd("algorithm-new-ds", "ldns", pair(8, ds=False) + pair(14), denial="optout")
        self._odd("algorithm-signed", "ldns",  # signatures first, then the keys
                  pair(8) + [Key(13, "zsk", published=False)])
        self._odd("ksk-new-ds", "bind", [Key(8, "ksk", ds=False)] + pair(8))
        self._odd("stand-by", "ldns", pair(13) + [Key(13, "ksk", signs=False, ds=False),
                                                  Key(13, "zsk", signs=False)])
        self._odd("stand-by-ds", "bind", pair(15) + [Key(15, "ksk", signs=False)])
        self._odd("revoked", "bind", pair(13) + [Key(13, "ksk", revoked=True, ds=False)])
        self._odd("all-at-once", "bind", pair(13) + pair(8) + [
            Key(8, "ksk", revoked=True, ds=False), Key(13, "zsk", signs=False),
            Key(15, "ksk", published=False, signs=False)], denial="nsec3", all_sign_keys=True)
        # More signatures of the DNSKEY set than are kept, those of another algorithm first.
        self._odd("many-signatures", "bind", pair(13) + pair(8, ds=False) + [
            Key(8, "ksk", ds=False), Key(8, "zsk")], all_sign_keys=True)
        # Keys and DS sets of rare kinds.
        self._odd("csk", "bind", [Key(13, "csk")], denial="optout")
        self._odd("rsa4096", "bind", [Key(8, "ksk", bits=4096), Key(8, "zsk", bits=2048)])
        self._odd("rsa3072", "ldns", pair(10, bits=3072), denial="nsec3", iterations=2)
        self._odd("rsa1024", "knot", pair(8, bits=1024))
        self._odd("ds-1", "bind", pair(13), digests=(1,))
        self._odd("ds-4", "ldns", pair(13), digests=(4,))
        self._odd("ds-all", "knot", pair(13), digests=(1, 2, 4))
        self._odd("ds-new-digest", "bind", pair(13), ds=[f"1234 13 200 {'ab' * 32}"])
        self._odd("ds-new-algorithm", "bind", pair(13), ds=[f"1234 200 2 {'ab' * 32}"])
        self._odd("ds-none", "ldns", pair(13), ds=[])
        self._odd("rounds-50", "ldns", pair(13), denial="nsec3", iterations=50, salt="abcd")
        self._odd("rounds-51", "bind", pair(13), denial="nsec3", iterations=51)
        self._odd("rounds-150", "knot", pair(13), denial="optout", iterations=150)
        self._odd("salt-33", "bind", pair(13), denial="nsec3", salt="aa" * 33)
        # Signed as it is answered: NODATA for each name that is not there (RFC 4470).
        self._odd("online", "online", [Key(13, "csk")])
        # SHA-1.
        self._odd("sha1-5", "bind", pair(5))
        self._odd("sha1-7", "ldns", pair(7), denial="nsec3")
        self._odd("sha1-knot", "knot", pair(7), denial="optout")

    def _odd_names(self):
        """Zones whose names or shape are unusual."""
        long_label = "l" * 63
        many = ".".join("abcdefghij"[i % 10] for i in range(100))
        for i, signer in enumerate(SIGNERS):
            zone = self._odd(f"names-{signer}", signer, pair(13 + i), denial=DENIALS[i])
            zone.add(f"""
a\\.b A 198.18.3.1
a\\.b.c A 198.18.3.2
\\000 A 198.18.3.3
\\000\\000.x A 198.18.3.4
\\255.x A 198.18.3.5
sp\\032ace A 198.18.3.6
A-Z.UPPER A 198.18.3.7
x.*.star A 198.18.3.8
*.*.star A 198.18.3.9
\\042.lit A 198.18.3.10
_ A 198.18.3.11
- A 198.18.3.12
{long_label}.{long_label}.{long_label} A 198.18.3.13
{many} A 198.18.3.14
*.{many[2:]} TXT "deep"
""")
            zone.records += [("many-a", "A", f"198.18.4.{n}") for n in range(1, 90)]
            apex = self._odd(f"apex-{signer}", signer, pair(13), denial=DENIALS[(i + 1) % 3])
            apex.add('* A 198.18.3.20\n* TXT "apex wildcard"\n* MX 10 mail')
            apex = self._odd(f"apex-alias-{signer}", signer, pair(13), denial=DENIALS[(i + 2) % 3])
            apex.add("* CNAME www")
            gone = new_zone(f"dname-{signer}.odd.", "knot" if signer == "knot" else "leaf",
                            Plan(signer, pair(13), DENIALS[i]), ns=f"ns.names-{signer}.odd.")
            # Nothing may stand below a DNAME, so the name server's name lies elsewhere.
            gone.records = [("@", "SOA", "ns.odd. h.odd. 1 1800 900 1209600 600"),
                            ("@", "NS", gone.ns),
                            ("@", "DNAME", f"names-{signer}.odd."), ("@", "MX", "5 mail.odd.")]
            self.put(gone)

    def _branches(self):
        """Down from a secure zone: insecure, signed again, and what lies below that."""
        for number, (top, anchor) in enumerate((("deep.odd.", False), ("deeper.odd.", True))):
            self.put(fill_small(new_zone(top, "leaf", Plan("bind", pair(13), "nsec3")), "odd."))
            name, signed = top, True
            for level in range(6):
                above, name = name, f"l{level}.{name}"
                signed = level % 3 != 0
                signer = SIGNERS[(level + number) % 2]
                plan = Plan(signer, pair(13), DENIALS[level % 3]) if signed else None
                self.put(fill_small(new_zone(name, ["leaf", "tld"][level // 2 % 2], plan,
                                             anchor=anchor and level == 4), above))
        for label, anchor in (("island", True), ("lost", False)):
            name = f"{label}.{PLAIN}"
            self.put(fill(new_zone(name, "leaf", Plan("ldns", pair(13), "nsec3"), anchor=anchor),
                          "s.nsec13.bind."))
            self.put(fill_small(new_zone(f"s.{name}", "leaf", Plan("bind", pair(13))), name))
            self.put(fill_small(new_zone(f"u.{name}", "tld"), name))
            self.main.append(name)
        self.put(fill_small(new_zone(f"open.{PLAIN}", "leaf"), "www.nsec13.bind."))

    def _counted(self):
        """Zones whose server counts the questions; no wildcards, as most zones have none."""
        for denial, name in COUNTED.items():
            zone = self.put(new_zone(name, "counted", Plan("bind", pair(13), denial)))
            zone.records += [(f"h{n}", "A", f"198.18.5.{n}") for n in range(1, 31)]

    def _rolled(self, plan):
        """A zone and its parent, both with short TTLs; signed_roll replaces the keys."""
        for name, how in ((ROLLED.split(".", 1)[1], Plan("bind", pair(13))), (ROLLED, plan)):
            zone = self.put(new_zone(name, "rolled", how, ttl=1))
            zone.records[0] = ("@", "SOA", "ns hostmaster 1 1800 900 604800 1")
            zone.add('@ TXT "rolled"\nwww A 198.18.6.1\n*.wild A 198.18.6.2')

    def is_island(self, name):
        """Is the zone signed below one that is not?"""
        zone = self.zones[name]
        parent = self.parent_of(name)
        return zone.plan is not None and parent is not None and \
            (parent.plan is None or self.is_island(parent.name))

    def is_anchored_apart(self, name):
        """At or below a zone with a trust anchor of its own, the root apart."""
        at = self.zones[self.zone_of(name)]
        while at is not None and at.name != ".":
            if at.anchor:
                return True
            at = self.parent_of(at.name)
        return False

    def hosts(self):
        return {host: [zone for zone in self.zones.values() if zone.host == host]
                for host in ADDRESSES}

    def zone_of(self, name):
        """The deepest zone that the name lies in."""
        at = name.lower()
        while at not in self.zones:
            at = at.split(".", 1)[1] or "."
        return at
