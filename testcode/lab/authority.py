"""authority.py - what a name server says out of a zone, signed or not, whatever is in the zone.

Used by crooked.py. A zone is what broken_zones.sign_zone made; its denials are found by what they
were meant to say, so that a server goes on as if nothing were wrong with them.
"""
import base64
import hashlib
import struct

from client import TYPES, encode_name

NS, CNAME, SOA, DNAME, DS, NSEC, ANY = (TYPES["NS"], TYPES["CNAME"], TYPES["SOA"], TYPES["DNAME"],
                                        TYPES["DS"], 47, TYPES["ANY"])
RRSIG = 46
NXDOMAIN = 3
HEX32 = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", b"0123456789abcdefghijklmnopqrstuv")


# ---- names ------------------------------------------------------------------------------------


def parent(name):
    return name.partition(".")[2] or "."


def below(name, zone):
    return name == zone or zone == "." or name.endswith("." + zone)


def labels_of(name):
    return [] if name == "." else name.rstrip(".").split(".")


def order_of(name):
    """RFC 4034 section 6.1."""
    return [label.encode() for label in reversed(labels_of(name))]


def hash3(name, salt, iterations):
    """RFC 5155 section 5, as the label that it becomes."""
    digest = hashlib.sha1(encode_name(name) + salt).digest()
    for _ in range(iterations):
        digest = hashlib.sha1(digest + salt).digest()
    return base64.b32encode(digest).translate(HEX32).decode().lower()


# ---- zones ------------------------------------------------------------------------------------


def record(owner, rrtype, rdata, ttl=300):
    return encode_name(owner) + struct.pack("!HHIH", rrtype, 1, ttl, len(rdata)) + rdata


def name_in(rdata):
    labels, at = [], 0
    while rdata[at] != 0:
        labels.append(rdata[at + 1:at + 1 + rdata[at]].decode("latin-1"))
        at += 1 + rdata[at]
    return ".".join(labels) + "."


class Answer:
    def __init__(self):
        self.rcode, self.is_referral = 0, False
        self.answer, self.authority, self.additional = [], [], []


class Zone:
    def __init__(self, data):
        self.name = data["name"]
        self.sets = {owner: {int(rrtype): (ttl, [bytes.fromhex(text) for text in rdatas],
                                           [bytes.fromhex(text) for text in signatures])
                             for rrtype, (ttl, rdatas, signatures) in found.items()}
                     for owner, found in data["sets"].items()}
        self.chain, self.omit, self.wrong = data["chain"], data["omit"], data["wrong"]
        self.names = set()
        for owner in self.sets:
            while owner not in self.names:
                self.names.add(owner)
                if owner == self.name:
                    break
                owner = parent(owner)
        if self.chain is not None:
            self.salt = bytes.fromhex(self.chain["salt"])
            self.is_nsec = self.chain["type"] == NSEC

    # ---- records ----

    def rrset(self, owner, rrtype, signed, as_owner=None):
        found = self.sets.get(owner, {}).get(rrtype)
        if found is None:
            return []
        ttl, rdatas, signatures = found
        out = [record(as_owner or owner, rrtype, rdata, ttl) for rdata in rdatas]
        return out + [record(as_owner or owner, RRSIG, signature, ttl)
                      for signature in (signatures if signed else [])]

    def rdatas(self, owner, rrtype):
        return self.sets.get(owner, {}).get(rrtype, (0, [], []))[1]

    def every(self, owner, signed):
        return [one for rrtype in self.sets.get(owner, {})
                for one in self.rrset(owner, rrtype, signed)]

    # ---- denials ----

    def _place(self, name):
        if self.is_nsec:
            return name
        return hash3(name, self.salt, self.chain["iterations"])

    def _sort(self, place):
        return order_of(place) if self.is_nsec else place

    def denial(self, part, name):
        """Of a kind (match, cover, wildcard, encloser) for a name: [(part, link)], or nothing."""
        found = self._find(part, name)
        return [] if found is None else [(part, found)]

    def _find(self, part, name):
        if self.wrong:  # another record than the one that proves it
            name = {"apex": self.name, "www": f"www.{self.name}"}[self.wrong]
            part = "match"
        here = self._place(name)
        at = self._sort(here)
        for link in self.chain["links"]:
            begin, end = self._sort(link[0]), self._sort(link[1])
            if here == link[0] and part in ("match", "encloser"):
                return link
            if part in ("match", "encloser"):
                continue
            if begin < at < end or (end <= begin and (at > begin or at < end)):
                return link
        return None

    def _told(self, parts):
        """Each once; what is left out for one part does not come back for another."""
        out, links = [], []
        gone = [link for part, link in parts if part in self.omit]
        for _, link in parts:
            if all(link is not other for other in links + gone):
                links.append(link)
        for _, _, owner, ttl, rdatas, signatures in links:
            out += [record(owner, self.chain["type"], bytes.fromhex(text), ttl) for text in rdatas]
            out += [record(owner, RRSIG, bytes.fromhex(text), ttl) for text in signatures]
        return out

    def encloser(self, name):
        while name not in self.names:
            name = parent(name)
        return name

    def next_closer(self, name):
        closest = self.encloser(name)
        while parent(name) != closest:
            name = parent(name)
        return name

    def no_name(self, name):
        closest = self.encloser(name)
        wildcard = f"*.{closest}" if closest != "." else "*."
        if self.is_nsec:
            return self.denial("cover", name) + self.denial("wildcard", wildcard)
        return self.denial("encloser", closest) + self.denial("cover", self.next_closer(name)) \
            + self.denial("wildcard", wildcard)

    def no_type(self, name):
        if name in self.names:
            exact = self.denial("match", name)
            if exact or self.is_nsec and name in self.sets:
                return exact
            if self.is_nsec:  # an empty non-terminal
                return self.denial("cover", name)
        closest = parent(name) if name in self.names else self.encloser(name)
        found = [] if self.is_nsec else self.denial("encloser", closest)
        nearer = name if self.is_nsec or name in self.names else self.next_closer(name)
        found += self.denial("cover", nearer)
        wildcard = f"*.{closest}"
        return found + (self.denial("match", wildcard) if wildcard in self.sets else [])

    def expanded(self, name):
        return self.denial("cover", name if self.is_nsec else self.next_closer(name))

    def proof(self, links, signed):
        return self._told(links) if signed and self.chain is not None else []

    # ---- the answer ----

    def cut(self, name, rrtype):
        """The highest delegation at or above the name; a DS is asked of this side of it."""
        while name != self.name:
            above = parent(name)
            if NS in self.sets.get(name, {}) and not (rrtype == DS and name == self._asked):
                return name
            name = above
        return None

    def referral(self, out, cut, signed):
        out.is_referral = True
        out.authority += self.rrset(cut, NS, False)
        secure = self.rrset(cut, DS, signed) if signed else []
        out.authority += secure or self.proof(self.no_type(cut) if signed and self.chain else [],
                                              signed)
        for target in map(name_in, self.rdatas(cut, NS)):
            if below(target, self.name):
                out.additional += self.rrset(target, 1, False) + self.rrset(target, 28, False)

    def look(self, name, rrtype, signed, steps=16):
        out, seen = Answer(), set()
        self._asked = name
        for _ in range(steps):
            cut = self.cut(name, rrtype)
            if cut is not None:
                if not out.answer:
                    self.referral(out, cut, signed)
                return out
            target = self._step(out, name, rrtype, signed)
            if target is None:
                return out
            seen.add(name)
            name = target
            if not below(name, self.name) or len(name) > 250 or name in seen:
                return out
        return out

    def _step(self, out, name, rrtype, signed):
        """Adds what there is of this name; the name to go on with, or None."""
        above = parent(name) if name != self.name else None
        while above is not None and below(above, self.name):
            moved = self.rdatas(above, DNAME)
            if moved:
                target = name[:-len(above)] + name_in(moved[0])
                out.answer += self.rrset(above, DNAME, signed)
                out.answer.append(record(name, CNAME, encode_name(target)))
                return target
            above = parent(above) if above != "." else None
        source, closest = name, None
        if name not in self.names:
            closest = self.encloser(name)
            source = f"*.{closest}"
        found = self.every(source, signed) if rrtype == ANY and source == name \
            else self.rrset(source, rrtype, signed, name)
        if found or CNAME in self.sets.get(source, {}):
            out.answer += found or self.rrset(source, CNAME, signed, name)
            if source != name and signed and self.chain is not None:
                out.authority += self.proof(self.expanded(name), signed)
            return None if found else name_in(self.rdatas(source, CNAME)[0])
        there = name in self.names or source in self.sets
        out.rcode = 0 if there else NXDOMAIN
        out.authority += self.rrset(self.name, SOA, signed)
        if signed and self.chain is not None:
            out.authority += self.proof(self.no_type(name) if there else self.no_name(name), signed)
        return None
