"""ede_world.py - from the table of cases to zones, servers and a config of shrewd.

Used by ede_test. Each line of ede_cases.tsv is a case with a zone of its own, NAME.lab., whose
servers do what the line says; the root and lab. are signed and sound. NAME/WHAT is a further
question to the zone NAME. What needs more than one zone is built by a function of MAKERS, named in
the line.

Columns: case, kind, servers, question, type, rcode, codes, accepted, packets, seconds, why, text.
  kind      auth: delegated from lab.; forward, stub: told in the config, forward/POLICY with that
            forward-policy, forward/first with a sound server delegated, too; zone: see MAKERS;
            client: in no zone of the lab; others: see ede_test. "signed auth" and so on: the zone
            is signed; "signed nta": and the config says not to validate it; "signed cd": and was
            asked for with CD before; "signed shared": and the servers are those of lab.; "signed
            levels": each word is a zone, "s" of the one before
  servers   words of crooked.py, separated by commas; "servfail*3" is three of them; "dead": nobody
            listens there; "@ADDRESS": glue that leads nowhere; "^": the zone of the line above. In
            a signed zone "=" and words of broken_zones.py may follow: "=expired:A+nsec3"
  question  "@" is the zone itself, "www" is below it, "name." is a name of its own
  rcode     with +AD where the answer has to be secure; without, AD must be clear
  codes     the first EDE code, "-" for none; accepted: what else may come; besides, 23 may come
            with 22, and 13 at the end of a second answer
  text      that of the first code: "@" is the zone, key=zsk and ds=ksk those of the zone, "*" at
            the end of a word is anything, "..." at the end further words; left out: see the grammar
{word} stands for each word of a list of LISTS in turn.
"""
import dataclasses
import ipaddress
import itertools
import os
import re
import socket
import struct

import broken_zones
from authority import below, labels_of
from client import NAMES_AT, TYPES, encode_name

HERE = os.path.dirname(os.path.abspath(__file__))
ROOTS = ["198.18.0.1", "198.18.0.2"]
LABS = ["198.18.0.3", "198.18.0.4"]
STRANGER = "198.18.0.5"
NOBODY = "198.18.0.6"  # no server is there
KNOWS_ALL = "198.18.0.7"  # a forwarder with all zones
NETWORK = ("198.18.0.1", "255.254.0.0")  # RFC 2544: in no list of addresses that are not asked

LISTS = {
    # What a server can do instead of answering.
    "bad": ["servfail", "refused", "notimp", "formerr", "notzone", "rcode11", "silent", "lame",
            "empty", "garbage", "short", "wrongid", "wrongq", "tc-notcp", "tc-tcptc", "tc-mute",
            "notreply", "othersrc-notcp", "otherowner", "dead", "bare"],
    # The same for forwarders, whose answers count by what is in them.
    "badforward": ["servfail", "refused", "notimp", "formerr", "notzone", "silent", "lame",
                   "selfref", "empty", "garbage", "wrongid", "wrongq", "tc-notcp", "tc-mute",
                   "otherowner", "dead"],
    "policy": ["order", "fastest", "spread", "parallel"],
    "some": ["servfail", "refused", "silent", "garbage", "lame", "empty"],
    "rcode": ["servfail", "refused", "notimp", "formerr", "notauth"],
    "mute": ["silent", "garbage", "wrongid", "wrongq"],
    # A packet that cannot be the answer, sent before it.
    "false": ["wrongid", "wrongq", "garbage", "short", "bare", "notreply", "noq", "opcode", "class",
              "type", "twoq"],
    "wrong": ["garbage", "wrongid", "wrongq", "noq"],
    "n": ["1", "2"],
    "v4": ["this-host=0.0.0.0", "this-net=0.1.2.3", "loopback=127.0.0.1", "link-local=169.254.0.1",
           "doc-1=192.0.2.1", "doc=198.51.100.1", "doc-3=203.0.113.1", "reserved=240.0.0.1",
           "multicast=224.0.0.1", "broadcast=255.255.255.255", "private-10=10.0.0.1",
           "private-172=172.16.0.1", "private-192=192.168.0.1", "shared=100.64.0.1"],
    "v6": ["unspecified=::", "loopback=::1", "mapped=::ffff:198.18.0.3", "mapped-dep=::5.5.77.78",
           "doc=2001:db8::1", "doc-2=3fff::1", "link-local=fe80::1", "site-local=fec0::1",
           "unique-local=fd00::1", "multicast=ff02::1", "discard=100::1", "nat64=64:ff9b::1",
           "teredo=2001::1"],
}


@dataclasses.dataclass
class Case:
    name: str
    kind: str
    servers: list
    qname: str
    qtype: str
    rcodes: list
    codes: list  # first EDE codes; empty: none
    accepted: list
    packets: int
    seconds: float
    why: str
    text: str = ""
    secure: bool = False  # AD has to be set; else it must not; None: as it is
    lenient: bool = False  # what is accepted may also come first
    may_be_silent: bool = False  # there may be no code

    @property
    def label(self):
        return self.name.partition("/")[0]

    @property
    def zone(self):
        return f"{self.label}.lab."

    @property
    def form(self):
        """The kind without "signed "."""
        return self.kind.rpartition(" ")[2]

    @property
    def is_signed(self):
        return self.kind.startswith("signed ")


def words(text):
    return [] if text == "-" else text.split(",")


def expand(line):
    """One line for each combination of the words in braces."""
    lists = list(dict.fromkeys(re.findall(r"{(\w+)}", line)))
    for chosen in itertools.product(*(LISTS[name] for name in lists)):
        out = line
        for name, word in zip(lists, chosen):
            label, _, value = word.partition("=")
            out = out.replace(f"{{{name}}}", label, 1) if value else out
            out = out.replace(f"{{{name}}}", value or label)
        yield out


def read_servers(text):
    listed = []
    for word in words(text):
        behaviour, _, times = word.partition("*")
        listed += [behaviour] * int(times or 1)
    return listed


def read_case(line):
    name, kind, servers, qname, qtype, rcode, codes, accepted, packets, seconds, why = line[:11]
    zone = f"{name.partition('/')[0]}.lab."
    if qname == "@":
        qname = zone
    elif not qname.endswith("."):
        qname = f"{qname}.{zone}"
    return Case(name, kind, read_servers(servers), qname, qtype,
                rcode.replace("+AD", "").split("|"), [int(c) for c in words(codes)],
                [int(c) for c in words(accepted)], int(packets), float(seconds), why,
                "".join(line[11:]), "+AD" in rcode)


def cases():
    with open(os.path.join(HERE, "ede_cases.tsv"), encoding="ascii") as file:
        lines = [line.rstrip("\n") for line in file if line.strip() and line[0] != "#"]
    read = [read_case(out.split("\t")) for line in lines[1:] for out in expand(line)]
    names, zones = set(), {}
    for case in read:
        if case.name in names:
            raise ValueError(f"two cases are called {case.name}")
        names.add(case.name)
        if case.servers == ["^"]:
            case.servers = zones[case.label].servers
        elif case.label in zones:
            raise ValueError(f"two zones are called {case.label}")
        else:
            zones[case.label] = case
    return read


def rdata_of(kind, text):
    """Rdata from its text; of the types that the lab needs."""
    if kind == "A":
        return socket.inet_aton(text)
    if kind == "AAAA":
        return socket.inet_pton(socket.AF_INET6, text)
    if kind == "SOA":
        return encode_name("ns.lab.") + encode_name("hostmaster.lab.") \
            + struct.pack("!5I", 1, 1800, 900, 604800, int(text))
    if kind == "DS":
        return bytes.fromhex(text)
    if TYPES[kind] in NAMES_AT:
        return encode_name(text)
    return bytes((len(text),)) + text.encode("ascii")


class World:
    """What crooked.py serves, which config goes with it, and which packet belongs to which case."""

    def __init__(self, listed):
        self.zones, self.servers = {}, {}
        self.settings, self.sections = [], []  # of the config: server:, and what follows
        self.owner = {}  # address or zone -> the zone of the case
        self.keys = {}  # signed zone -> its keys
        self.shared = set()  # zones at the servers of lab.
        self.variants = {}  # how a zone is served: name|words -> (name, words)
        self._last = int(ipaddress.ip_address("198.18.1.0"))
        self.zone(".", [("NS", "a.root."), ("NS", "b.root.")])
        self.zone("lab.", [("NS", "ns1.lab."), ("NS", "ns2.lab.")])
        for i, (root, lab) in enumerate(zip(ROOTS, LABS)):
            self.add(".", f"{'ab'[i]}.root.", "A", root)
            self.add(".", f"ns{i + 1}.lab.", "A", lab)
            self.add("lab.", f"ns{i + 1}.lab.", "A", lab)
            self.add(".", "lab.", "NS", f"ns{i + 1}.lab.")
            self.servers[root] = ("good", [".|"])
            self.servers[lab] = ("good", ["lab.|"])
        for zone in (".", "lab."):
            self.sign(zone, [""])
        for case in {case.label: case for case in reversed(listed)}.values():
            self.owner[case.zone] = case.zone
            if case.form == "levels":
                self.levels(case)
            elif case.form == "zone":
                word, _, argument = case.servers[0].partition(":")
                MAKERS[word](self, case, argument)
            elif case.servers:
                self.plain(case)
            else:
                self.owner[case.qname.rstrip(".").split(".")[-1] + "."] = case.zone

    # ---- building ----

    def zone(self, name, records, ttl=60):
        self.zones[name] = {name: [("SOA", "60", ttl)] + [(k, text, 300) for k, text in records]}

    def add(self, zone, owner, kind, text, ttl=300):
        sets = self.zones[zone].setdefault(owner, [])
        if (kind, text, ttl) not in sets:
            sets.append((kind, text, ttl))

    def sign(self, zone, wordings):
        """The zone gets keys, and its parent a DS; it is served in so many ways."""
        first = broken_zones.parse(wordings[0])
        keys = self.keys[zone] = broken_zones.make_keys(first)
        for wording in wordings:
            self.variants[f"{zone}|{wording}"] = (zone, wording)
        if zone != ".":
            above = max((name for name in self.zones if name != zone and below(zone, name)),
                        key=lambda name: len(labels_of(name)))
            for rdata in broken_zones.ds_records(zone, keys, first):
                self.add(above, zone, "DS", rdata.hex())

    def address(self, case):
        self._last += 1
        address = str(ipaddress.ip_address(self._last))
        self.owner[address] = case.zone
        return address

    def server(self, case, behaviour, zones):
        """Its address; a dead one has an address and nothing else."""
        if behaviour.startswith("@"):
            return behaviour[1:]
        address = self.address(case)
        behaviour, is_worded, wording = behaviour.partition("=")
        if is_worded or zones[0] in self.keys:
            zones = [f"{zones[0]}|{wording}", *zones[1:]]
        if behaviour != "dead":
            self.servers[address] = (behaviour or "good", zones)
        return address

    def sound_zone(self, name, ttl=300):
        self.zone(name, [], min(ttl, 60))
        self.add(name, name, "A", "198.19.0.1", ttl)
        self.add(name, name, "TXT", "here I am", ttl)
        for owner in ("www", "a.b.c", "f.e.d.c"):
            self.add(name, f"{owner}.{name}", "A", "198.19.0.2", ttl)

    def signed_zone(self, case, behaviours):
        """With a wildcard, an alias and an unsigned zone below, all at the same servers."""
        zone, lower = case.zone, f"sub.{case.zone}"
        self.sound_zone(zone, 1 if "mortal" in behaviours[0] else 300)
        self.add(zone, f"*.wild.{zone}", "A", "198.19.0.3")
        self.add(zone, f"alias.{zone}", "CNAME", f"www.{zone}")
        self.add(zone, f"toalias.{zone}", "CNAME", f"nobody.{zone}")
        self.add(zone, f"moved.{zone}", "DNAME", zone)
        self.add(zone, f"grows.{zone}", "DNAME", f"long-label.grows.{zone}")
        self.sound_zone(lower)
        self.sign(zone, list(dict.fromkeys(word.partition("=")[2] for word in behaviours)))
        if case.form == "shared":
            addresses = LABS
            self.shared.add(zone)
            for address in LABS:
                self.servers[address][1].extend([f"{zone}|{behaviours[0][1:]}", lower])
        else:
            addresses = [self.server(case, word, [zone, lower]) for word in behaviours]
        for parent, cut in ((zone, lower), ("lab.", zone)):
            self.delegate(parent, cut, [(f"ns{i + 1}.{cut}", address)
                                        for i, address in enumerate(addresses)])
        return addresses

    def delegate(self, parent, zone, hosts):
        """hosts: [(name, address or None)]"""
        for host, address in hosts:
            for place in (parent, zone):
                if place not in self.zones:
                    continue
                self.add(place, zone, "NS", host)
                if address is not None:
                    self.add(place, host, "AAAA" if ":" in address else "A", address)

    def serve(self, case, zone, behaviours, parent="lab."):
        """A sound zone's content, at servers that do as told. Its NS names are its own."""
        self.sound_zone(zone, 1 if "mortal" in behaviours[0] else 300)
        self.delegate(parent, zone, [(f"ns{i + 1}.{zone}", self.server(case, word, [zone]))
                                     for i, word in enumerate(behaviours)])

    def plain(self, case):
        kind, _, policy = case.form.partition("/")
        if case.is_signed:
            self.signed_plain(case, kind)
            return
        if kind not in ("forward", "stub"):
            self.serve(case, case.zone, case.servers)
            return
        if policy == "first":
            self.serve(case, case.zone, ["good"])
        else:
            self.sound_zone(case.zone)
            self.delegate("lab.", case.zone, [(f"ns1.{case.zone}", NOBODY)])
        instead = {"good": "recursive", "okede": "okedera"} if kind == "forward" else {}
        lines = [f"{kind}-zone:", f'    name: "{case.zone}"']
        for behaviour in case.servers:
            word, colon, argument = behaviour.partition(":")
            address = self.server(case, instead.get(word, word) + colon + argument, [case.zone])
            lines.append(f"    {kind}-addr: {address}")
        if policy == "first":
            lines.append("    forward-first: yes")
        elif policy:
            lines.append(f"    forward-policy: {policy}")
        self.sections += lines

    def signed_plain(self, case, kind):
        """Forwarders and stubs know the zone; to find that it is signed lab. is asked."""
        if kind not in ("forward", "stub"):
            self.signed_zone(case, case.servers)
            if kind == "nta":
                self.settings.append(f'    negative-trust-anchor: {case.zone} 0 "{case.name}"')
            return
        behaviours = [word if word.partition("=")[0] or kind == "stub" else "recursive" + word
                      for word in case.servers]
        addresses = self.signed_zone(case, behaviours)
        self.sections += [f"{kind}-zone:", f'    name: "{case.zone}"']
        self.sections += [f"    {kind}-addr: {address}" for address in addresses]

    def levels(self, case):
        """One zone below the other, the words of each in the place of a server."""
        above, zone = "lab.", case.zone
        for wording in case.servers:
            self.sound_zone(zone)
            self.sign(zone, [wording[1:]])
            self.delegate(above, zone, [(f"ns1.{zone}", self.server(case, wording, [zone]))])
            above, zone = zone, f"s.{zone}"

    # ---- reading back ----

    def case_of(self, address, name):
        """The case that a packet with this question to this address was spent on; or None."""
        if address in self.owner:
            return self.owner[address]
        while name != ".":
            if name in self.owner:
                return self.owner[name]
            name = name.partition(".")[2] or "."
        return None

    def _sets(self, zone):
        """{owner: {type number: (ttl, [rdata])}}"""
        out = {}
        for owner, records in self.zones[zone].items():
            for kind, text, ttl in records:
                found = out.setdefault(owner, {}).setdefault(TYPES[kind], (ttl, []))
                found[1].append(rdata_of(kind, text))
        return out

    def as_json(self):
        served = {}
        for zone in self.zones:
            if zone not in self.keys:
                served[zone] = broken_zones.sign_zone(zone, self._sets(zone), None,
                                                 broken_zones.parse("unsigned"))
        for key, (zone, wording) in self.variants.items():
            served[key] = broken_zones.sign_zone(zone, self._sets(zone), self.keys[zone],
                                                 broken_zones.parse(wording))
        first = {zone["name"]: key for key, zone in reversed(served.items())}
        self.servers[KNOWS_ALL] = ("recursive", list(first.values()))
        return {"zones": served, "servers": self.servers, "stranger": STRANGER}

    def text_pattern(self, case):
        """What the text of the first code has to look like, as a regular expression."""
        keys = self.keys.get(case.zone)
        pieces = []
        for piece in case.text.split(" "):
            word, _, role = piece.partition("=")
            if keys is not None and word in ("key", "ds") and hasattr(keys, role.rstrip("*")):
                key = getattr(keys, role.rstrip("*"))
                piece = f"{word}={key.tag}/{key.algorithm}" + ("/*" if word == "ds" else "")
            piece = re.escape(piece.replace("@", case.zone.rstrip(".")))
            pieces.append(" " + piece.replace(r"\*", r"\S*") if piece != r"\.\.\." else "( .*)?")
        return "".join(pieces)[1:]

    def is_sound(self, address, zone):
        """Is it a server of the root or of lab. that nothing of the zone was put into?"""
        return address in ROOTS + LABS and zone not in self.shared

    def can_be_forwarded(self, case):
        """Is it the zone alone that is broken? Then a forwarder's answers are the same."""
        return case.kind == "signed auth" and len(case.servers) == 1 \
            and case.servers[0].startswith("=")

    def anchor(self):
        """The DS of the root, as the config wants it."""
        rdata = broken_zones.ds_records(".", self.keys["."], [])[0]
        tag, algorithm, digest = struct.unpack("!HBB", rdata[:4])
        return f". DS {tag} {algorithm} {digest} {rdata[4:].hex()}"

    def hints(self):
        return "".join(f". 86400 NS {x}.root.\n{x}.root. 86400 A {address}\n"
                       for x, address in zip("ab", ROOTS))


# ---- zones of their own -----------------------------------------------------------------------


def cyclic(world, case, argument):
    """Rings of zones, each served only by a name in the next."""
    count = int(argument)
    ring = [case.zone] + [f"{case.name}-{i}.lab." for i in range(1, count)]
    for i, zone in enumerate(ring):
        world.owner[zone] = case.zone
        world.delegate("lab.", zone, [(f"ns.{ring[(i + 1) % count]}", None)])


def no_glue(world, case, _):
    """The only names of its servers lie in itself, and nobody tells their addresses."""
    world.delegate("lab.", case.zone, [(f"ns1.{case.zone}", None), (f"ns2.{case.zone}", None)])


def no_such_host(world, case, argument):
    """Its servers are called by names that do not exist."""
    hosts = [f"nowhere-{i}-{case.name}.lab." for i in range(int(argument))]
    world.owner.update(dict.fromkeys(hosts, case.zone))
    world.delegate("lab.", case.zone, [(host, None) for host in hosts])


def hosted(world, case, argument):
    """Its only server is called by a name in another zone, whose server behaves as told."""
    host = f"host-{case.name}.lab."
    world.owner[host] = case.zone
    world.serve(case, host, [argument])
    world.sound_zone(case.zone)
    world.delegate("lab.", case.zone, [(f"www.{host}", None)])
    address = world.server(case, "good", [case.zone])
    world.zones[host][f"www.{host}"] = [("A", address, 300)]


def deep(world, case, argument):
    """A healthy zone, each of whose hosts is called by a name of the next zone, so many deep."""
    count, below = int(argument), case.zone
    for i in range(count):
        host = f"{case.name}-{i}.lab."
        world.owner[host] = case.zone
        world.serve(case, host, ["good"]) if i == count - 1 else world.sound_zone(host)
        if below not in world.zones:
            world.sound_zone(below)
        world.delegate("lab.", below, [(f"ns.{host}", None)])
        address = world.server(case, "good", [below])
        world.add(host, f"ns.{host}", "A", address)
        below = host


def aliases(world, case, argument):
    """One zone, one alias after the other; the server tells one at a time or all at once."""
    how, count = argument.split("/")
    world.serve(case, case.zone, ["onestep" if how == "step" else "good"])
    for i in range(int(count)):
        target = "www" if i == int(count) - 1 else f"c{i + 1}"
        world.add(case.zone, f"c{i}.{case.zone}", "CNAME", f"{target}.{case.zone}")


def alias_ring(world, case, argument):
    """a -> b -> ... -> a, told one at a time or all at once."""
    how, count = argument.split("/")
    world.serve(case, case.zone, ["onestep" if how == "step" else "good"])
    names = "abcdefgh"[:int(count)]
    for i, name in enumerate(names):
        world.add(case.zone, f"{name}.{case.zone}", "CNAME",
                  f"{names[(i + 1) % len(names)]}.{case.zone}")


def alias_to(world, case, argument):
    """An alias into a zone whose servers behave as told."""
    other = f"other-{case.name}.lab."
    world.owner[other] = case.zone
    world.serve(case, case.zone, ["good"])
    world.serve(case, other, argument.split("/"))
    world.add(case.zone, f"a.{case.zone}", "CNAME", f"www.{other}")


def alias_over_zones(world, case, argument):
    """Each alias points into a further zone; with an argument /BEHAVIOUR the NS names of those lie
    in zones that behave so, and there is a sound one beside (CAMP)."""
    count, _, behaviour = argument.partition("/")
    world.serve(case, case.zone, ["good"])
    here = case.zone
    for i in range(int(count)):
        there = f"{case.name}-{i}.lab."
        world.owner[there] = case.zone
        world.serve(case, there, ["good"])
        if behaviour:
            host = f"{case.name}-host-{i}.lab."
            world.owner[host] = case.zone
            world.serve(case, host, [behaviour])
            world.delegate("lab.", there, [(f"www.{host}", None), (f"a.b.c.{host}", None)])
        world.add(here, f"x.{here}", "CNAME", f"x.{there}")
        here = there
    world.add(here, f"x.{here}", "A", "198.19.0.4")


def pair(world, case, _):
    """Two zones that host each other's server, one of them with a second one that has glue."""
    other = f"other-{case.name}.lab."
    world.owner[other] = case.zone
    world.serve(case, other, ["good"])
    world.sound_zone(case.zone)
    world.delegate("lab.", case.zone, [(f"ns.{other}", None)])
    world.delegate("lab.", other, [(f"ns.{case.zone}", None)])
    world.add(other, f"ns.{other}", "A", world.server(case, "good", [case.zone]))


def tree_moves(world, case, argument):
    """DNAME: one that points to itself in a ring, or below itself, so that names grow."""
    world.serve(case, case.zone, ["onestep"])
    if argument == "ring":
        world.add(case.zone, f"d.{case.zone}", "DNAME", f"e.{case.zone}")
        world.add(case.zone, f"e.{case.zone}", "DNAME", f"d.{case.zone}")
    else:
        world.add(case.zone, f"d.{case.zone}", "DNAME", f"long-label-here.d.{case.zone}")


def strange_names(world, case, argument):
    """A delegation below the zone to many names in another's, which do not exist (NXNSAttack), or
    whose addresses are of servers that behave as told (NRDelegation)."""
    count, _, behaviour = argument.partition("/")
    victim = f"victim-{case.name}.lab."
    world.owner[victim] = case.zone
    world.serve(case, case.zone, ["good"])
    world.serve(case, victim, ["good"])
    sub = f"sub.{case.zone}"
    world.delegate(case.zone, sub, [(f"n{i}.{victim}", None) for i in range(int(count))])
    for i in range(int(count) if behaviour else 0):
        world.add(victim, f"n{i}.{victim}", "A", world.server(case, behaviour, [case.zone]))


def strange_zone(world, case, argument):
    """The same with names in a zone all of whose servers behave as told."""
    count, _, behaviour = argument.partition("/")
    victim = f"victim-{case.name}.lab."
    world.owner[victim] = case.zone
    world.serve(case, case.zone, ["good"])
    world.serve(case, victim, [behaviour] * 2)
    world.delegate(case.zone, f"sub.{case.zone}",
                   [(f"n{i}.{victim}", None) for i in range(int(count))])


def many_labels(world, case, argument):
    """A name of very many labels, that exists or not."""
    world.serve(case, case.zone, ["good"])
    if argument == "there":
        world.add(case.zone, case.qname, "A", "198.19.0.3")


def second_look(world, case, argument):
    """Healthy, with a zone below whose servers behave as told."""
    world.serve(case, case.zone, ["good"])
    world.serve(case, f"sub.{case.zone}", argument.split("/"), case.zone)


MAKERS = {"cyclic": cyclic, "noglue": no_glue, "nohost": no_such_host, "hosted": hosted,
          "deep": deep, "aliases": aliases, "ring": alias_ring, "aliasto": alias_to,
          "dname": tree_moves, "strange": strange_names, "strangezone": strange_zone, "labels": many_labels,
          "below": second_look,
          "zones": alias_over_zones, "pair": pair}
