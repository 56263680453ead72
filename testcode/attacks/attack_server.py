#!/usr/bin/env python3
"""attack_server.py LOG - the name server of everything at and below attack., for measure.

attack. is sound and signed; each zone below it does what its name says. What one attack shows is made
by a function of ZONES out of the question; signatures that a question needs are made then. Every
question is written to LOG as one line, so that packets can be counted.
"""
import asyncio
import sys

import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdatatype
import dns.rrset
import signing
from signing import P256, P384, RSA, OctetsKey, Zone, beside, colliding, nsec3_hash, octets_key, rrset

ADDRESS = "127.90.0.1"
TOP = Zone("attack.", "measure")
KEYS = 100
UDP_SIZE = 1232


def sets(text):
    """RRsets out of lines of text, signatures on their own."""
    found = []
    for line in text:
        owner, ttl, _, kind, rest = line.split(" ", 4)
        one = dns.rrset.from_text(owner, int(ttl), "IN", kind, rest)
        last = found[-1] if found else None
        if last is not None and last.name == one.name and last.rdtype == one.rdtype \
                and last.covers == one.covers:
            last.add(one[0])
        else:
            found.append(one)
    return found


class Attack:
    """What its server says: rcode, answer, authority of a question below the zone."""

    def __init__(self, label):
        self.label, self.name = label, f"{label}.attack."
        self.zone = Zone(self.name)
        self.more = []  # further keys

    def delegation(self, _qname):
        """The cut that the name lies below, and its DS set as text."""
        return self.name, TOP.signed(self.name, "DS", self.zone.ds())

    def dnskey(self, _qname):
        return self.zone.dnskey(more=self.more)

    def answer(self, qname, _qtype):
        return dns.rcode.NOERROR, self.zone.signed(qname, "A", "192.0.2.1"), []


class Sound(Attack):
    """An answer as it should be: what all of this costs without an attack."""


class KeyTrap(Attack):
    """All signatures name a tag that all keys have."""

    def __init__(self, label, algorithm):
        super().__init__(label)
        self.more = colliding(label, algorithm, KEYS)
        self.signatures = {}

    def answer(self, qname, _qtype):
        records = rrset(qname, "A", "192.0.2.1")
        one = self.zone.sign(records, self.more[0], bad="x")[0]
        lines = signing.lines(records)
        for i in range(KEYS):
            bad = one.replace(signature=self._octets(i, len(one.signature)))
            lines.append(f"{qname} 300 IN RRSIG {bad.to_text()}")
        return dns.rcode.NOERROR, lines, []

    def _octets(self, i, size):
        """Less than the order of the curve and than the modulus, so that the long way is gone."""
        if i not in self.signatures:
            self.signatures[i] = bytes((1,)) + signing.stream(f"{self.label}{i}", size - 1)
        return self.signatures[i]


class KeyTrapKeys(Attack):
    """The key set is the attack; each name below is of a zone of its own."""

    def __init__(self, label, algorithm):
        super().__init__(label)
        self.keys = colliding(label, algorithm, KEYS)

    def cut(self, qname):
        return ".".join(qname.split(".")[-4:])

    def delegation(self, qname):
        cut = self.cut(qname)
        return cut, TOP.signed(cut, "DS", *(key.ds(cut) for key in self.keys[:20]))

    def answer(self, qname, _qtype):
        return dns.rcode.NOERROR, Zone(self.cut(qname), keys=self.zone.keys).signed(
            qname, "A", "192.0.2.1"), []

    def dnskey(self, qname):
        cut = self.cut(qname)
        zone = Zone(cut, keys=self.keys)
        records = rrset(cut, "DNSKEY", *(key.text() for key in self.keys))
        one = zone.sign(records, self.keys[0], bad="x")[0]
        lines = signing.lines(records)
        for i in range(KEYS):
            octets = bytes((1,)) + signing.stream(f"{self.label}{i}", len(one.signature) - 1)
            lines.append(f"{cut} 300 IN RRSIG {one.replace(signature=octets).to_text()}")
        return lines


class BrokenKeys(KeyTrap):
    """Keys that are points beside the curve."""

    def __init__(self, label, algorithm):
        super().__init__(label, algorithm)
        for key in self.more:
            key.octets = key.octets[:-2] + bytes(((key.octets[-2] + 1) & 0xff,)) + key.octets[-1:]
        tag = self.more[0].tag()
        self.more = [key for key in self.more if signing.fit(key, tag)]


class ManySignatures(KeyTrap):
    """Many bad signatures by one key."""

    def __init__(self, label, algorithm):
        super().__init__(label, algorithm)
        self.more = self.more[:1]


class ManyDs(KeyTrapKeys):
    """Hundreds of DS of the right tag and the wrong digest; each name is of a zone of its own."""

    def __init__(self, label):
        Attack.__init__(self, label)
        self.keys = [self.zone.keys[0]]

    def delegation(self, qname):
        cut = self.cut(qname)
        false = (self.keys[0].ds(cut, signing.stream(f"ds {i}", 32).hex()) for i in range(300))
        return cut, TOP.signed(cut, "DS", *false)

    def dnskey(self, qname):
        return Zone(self.cut(qname), keys=self.keys).dnskey()


class Nsec3(Attack):
    """Denials with 50 iterations: hostile ones that make every label be tried, or honest ones."""

    def __init__(self, label, honest):
        super().__init__(label)
        self.honest = honest

    def record(self, owner, kinds="", covers=False):
        digest = nsec3_hash(owner, 50, "abcd")
        return self.zone.nsec3(owner, beside(digest, 1), kinds, 50, "abcd",
                               hashed=beside(digest, -1) if covers else digest)

    def answer(self, qname, qtype):
        authority = self.zone.soa()
        if not self.honest:
            authority += self.record(self.name, "NS SOA DNSKEY NSEC3PARAM")
            return dns.rcode.NXDOMAIN, [], authority
        depth = qname.count(".") - self.name.count(".")
        if depth < 24:  # an empty non-terminal on the way
            return dns.rcode.NOERROR, [], authority + self.record(qname)
        encloser = qname.split(".", 1)[1]
        return dns.rcode.NXDOMAIN, [], authority + self.record(encloser) \
            + self.record(qname, covers=True) + self.record(f"*.{encloser}", covers=True)


class OddRsa(KeyTrap):
    """Keys with a modulus or an exponent beyond what anybody needs."""

    def __init__(self, label, modulus_octets, exponent_octets):
        Attack.__init__(self, label)
        self.signatures = {}
        exponent = bytes((0xff,)) * exponent_octets
        modulus = bytearray(signing.stream(label, modulus_octets))
        modulus[0] |= 0x80
        modulus[-1] |= 1
        length = bytes((len(exponent),)) if len(exponent) < 256 \
            else b"\0" + len(exponent).to_bytes(2, "big")
        self.more = [OctetsKey(RSA, length + exponent + bytes(modulus))]
        self.size = modulus_octets

    def _octets(self, i, _size):
        return bytes((1,)) + signing.stream(f"{self.label}{i}", min(self.size, 512) - 1)


class AnyTypes(Attack):
    """Twenty types at one name, each with a good signature."""

    TYPES = [("A", "192.0.2.1"), ("AAAA", "2001:db8::1"), ("TXT", '"t"'), ("MX", "1 m.attack."),
             ("SRV", "1 1 1 s.attack."), ("CAA", '0 issue "ca"'), ("LOC", "1 N 1 E 1m"),
             ("HINFO", '"a" "b"'), ("RP", "a.attack. b.attack."), ("AFSDB", "1 a.attack."),
             ("NAPTR", '1 1 "u" "e" "" a.attack.'), ("SSHFP", "1 1 " + "ab" * 20),
             ("TLSA", "3 1 1 " + "ab" * 32), ("CERT", "1 1 1 AAAA"), ("URI", '1 1 "u:"'),
             ("SPF", '"s"'), ("KX", "1 a.attack."), ("APL", "1:192.0.2.0/24"),
             ("OPENPGPKEY", "AAAA"), ("PTR", "p.attack.")]

    def __init__(self, label, algorithm):
        super().__init__(label)
        self.more = [signing.Key(label, algorithm, signing.ZONE)]

    def answer(self, qname, _qtype):
        lines = []
        for kind, text in self.TYPES:
            lines += self.zone.signed(qname, kind, text, key=self.more[0])
        return dns.rcode.NOERROR, lines, []


class GoodDenials(Attack):
    """A denial with forty records, all of them signed well and beside the point but two."""

    def __init__(self, label, algorithm):
        super().__init__(label)
        self.more = [signing.Key(label, algorithm, signing.ZONE)]

    def answer(self, qname, _qtype):
        beside = [line for i in range(40) for line in self.zone.nsec(
            f"a{i}.{qname}", f"a{i}x.{qname}", "A", key=self.more[0])]
        proof = self.zone.nsec(f"m.{self.name}", f"o.{self.name}", "A") \
            + self.zone.nsec(self.name, f"a.{self.name}", "NS SOA DNSKEY")
        return dns.rcode.NXDOMAIN, [], self.zone.soa() + beside + proof


class DeepZones(Attack):
    """Each label is a signed zone, all of them sound."""

    def say(self, qname, qtype):
        zone, parent = Zone(qname, keys=self.zone.keys), Zone(
            qname.split(".", 1)[1], keys=self.zone.keys)
        if qtype == "DS":
            signer = TOP if qname == self.name else parent
            return dns.rcode.NOERROR, signer.signed(qname, "DS", self.zone.keys[0].ds(qname)), []
        if qtype == "DNSKEY":
            return dns.rcode.NOERROR, zone.dnskey(), []
        return dns.rcode.NOERROR, parent.signed(qname, "A", "192.0.2.1"), []


class WhiteLies(Attack):
    """Denials made for one name each (RFC 4470), so that the cache learns a new one each time."""

    def answer(self, qname, _qtype):
        label, rest = qname.split(".", 1)
        low = f"{label[:-1]}{chr(ord(label[-1]) - 1)}~.{rest}"
        return dns.rcode.NXDOMAIN, [], self.zone.soa() + self.zone.nsec(low, f"{label}-.{rest}", "A") \
            + self.zone.nsec(self.name, f"a.{self.name}", "NS SOA DNSKEY")


class ManyRecords(Attack):
    """One sound RRset of four thousand records."""

    def answer(self, qname, _qtype):
        addresses = (f"10.{i >> 8}.{i & 255}.1" for i in range(3500))
        return dns.rcode.NOERROR, self.zone.signed(qname, "A", *addresses), []


class FreshZone(ManyDs):
    """Sound; each name is of a zone of its own, whose keys have to be fetched."""

    def delegation(self, qname):
        cut = self.cut(qname)
        return cut, TOP.signed(cut, "DS", self.keys[0].ds(cut))


class GreatKeySet(KeyTrapKeys):
    """A good key set of about 55 kB; each name is of a zone of its own."""

    def __init__(self, label):
        Attack.__init__(self, label)
        self.keys = [*self.zone.keys, *(octets_key(f"{label}{i}", RSA) for i in range(KEYS))]

    def delegation(self, qname):
        cut = self.cut(qname)
        return cut, TOP.signed(cut, "DS", self.keys[0].ds(cut))

    def dnskey(self, qname):
        return Zone(self.cut(qname), keys=self.keys).dnskey()


ZONES = {attack.label: attack for attack in (
    Sound("sound"), FreshZone("fresh"), KeyTrap("trap13", P256), KeyTrap("trap14", P384), KeyTrap("trap8", RSA),
    KeyTrapKeys("trapkeys", P384), BrokenKeys("broken", P384), ManySignatures("sigs13", P256),
    ManySignatures("sigs14", P384), ManySignatures("sigs8", RSA), ManyDs("manyds"),
    Nsec3("hostile3", False), Nsec3("honest3", True), OddRsa("exponent", 512, 8),
    OddRsa("exponents", 512, 512), OddRsa("modulus", 2048, 3), AnyTypes("any", P256), AnyTypes("any14", P384), GoodDenials("denials13", P256),
    GoodDenials("denials14", P384), WhiteLies("lies"), DeepZones("deep"), ManyRecords("records"),
    GreatKeySet("greatkeys"))}


def respond(query):
    question = query.question[0]
    qname, qtype = question.name.to_text().lower(), dns.rdatatype.to_text(question.rdtype)
    out = dns.message.make_response(query)
    out.use_edns(0, dns.flags.DO, UDP_SIZE)
    rcode, answer, authority = say(qname, qtype)
    out.set_rcode(rcode)
    if answer or any(" SOA " in line for line in authority):
        out.flags |= dns.flags.AA
    out.answer, out.authority = sets(answer), sets(authority)
    return out


def say(qname, qtype):
    if qname == TOP.name:
        if qtype == "DNSKEY":
            return dns.rcode.NOERROR, TOP.dnskey(), []
        return dns.rcode.NOERROR, [f"{qname} 300 IN NS ns.attack."] if qtype == "NS" else [], \
            [] if qtype == "NS" else TOP.soa()
    attack = ZONES.get((["", ""] + qname.split("."))[-3])
    if attack is None:
        return dns.rcode.NXDOMAIN, [], TOP.soa() + TOP.nsec("attack.", "a.attack.", "NS SOA DNSKEY")
    if isinstance(attack, DeepZones):
        return attack.say(qname, qtype)
    if qname == attack.name and isinstance(attack, KeyTrapKeys):  # an empty non-terminal
        return dns.rcode.NOERROR, [], TOP.soa() + TOP.nsec(qname, f"a.{qname}", "TXT")
    cut, ds = attack.delegation(qname)
    if qtype == "DS" and qname == cut:
        return dns.rcode.NOERROR, ds, []
    if qtype == "DS" and qname.endswith(cut):
        return dns.rcode.NOERROR, [], attack.zone.soa() + attack.zone.nsec(qname, f"a.{qname}", "A")
    if qname == cut and qtype == "DNSKEY":
        return dns.rcode.NOERROR, attack.dnskey(qname), []
    return attack.answer(qname, qtype)


class Server(asyncio.DatagramProtocol):
    def __init__(self, log):
        self.log, self.made = log, {}

    def wire(self, packet, most):
        query = dns.message.from_wire(packet)
        self.log.write(f"{query.question[0].name.to_text()}\n")
        self.log.flush()
        key = query.question[0].to_text()
        if key not in self.made:
            self.made[key] = respond(query).to_wire(max_size=65535)
        wire = packet[:2] + self.made[key][2:]
        if len(wire) <= most:
            return wire
        short = dns.message.make_response(query)
        short.flags |= dns.flags.TC
        return short.to_wire()

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, packet, peer):
        self.transport.sendto(self.wire(packet, UDP_SIZE), peer)

    async def stream(self, reader, writer):
        try:
            while True:
                size = int.from_bytes(await reader.readexactly(2), "big")
                wire = self.wire(await reader.readexactly(size), 65535)
                writer.write(len(wire).to_bytes(2, "big") + wire)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


async def serve(log):
    server = Server(log)
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(lambda: server, (ADDRESS, 53))
    await (await asyncio.start_server(server.stream, ADDRESS, 53)).serve_forever()


if __name__ == "__main__":
    with open(sys.argv[1], "w", encoding="ascii") as log_file:
        asyncio.run(serve(log_file))
