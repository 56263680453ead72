"""signing.py - zones that are signed as an attacker would like it: keys, signatures, denials.

Used by make_scenarios and by measure. Keys come out of words, so that the same call gives the same
key; signatures of Ed25519 are the same each time, those of ECDSA are not. Nothing here checks that
what it makes is right: most of it is wrong on purpose. Needs dnspython and cryptography.
"""
import base64
import hashlib

import dns.dnssec
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.ANY.DNSKEY
import dns.rdtypes.ANY.RRSIG
import dns.rrset
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

ED25519, P256, P384, RSA = 15, 13, 14, 8
ZONE, SEP, REVOKE = 0x0100, 0x0001, 0x0080
# All other flags mean nothing (RFC 4034 section 2.1.1), but change a key's tag.
INCEPTION, EXPIRATION, NOW = "20261101000000", "20270101000000", "20261201000000"


def name(text):
    return dns.name.from_text(text)


def rdata(kind, text):
    return dns.rdata.from_text("IN", kind, text)


def rrset(owner, kind, *texts, ttl=300):
    return dns.rrset.from_text_list(owner, ttl, "IN", kind, list(texts))


def tag_of(octets):
    total = sum(octet if i & 1 else octet << 8 for i, octet in enumerate(octets))
    return (total + (total >> 16)) & 0xffff


def stream(words, size):
    """As many octets as wanted that look like chance, the same for the same words."""
    out = b""
    while len(out) < size:
        out += hashlib.sha512(f"{words}/{len(out)}".encode()).digest()
    return out[:size]


class Key:
    """One key of a zone; `octets` is its public key field."""

    def __init__(self, words, algorithm=ED25519, flags=ZONE | SEP):
        self.algorithm, self.flags = algorithm, flags
        seed = hashlib.sha256(words.encode()).digest()
        if algorithm == ED25519:
            self.private = ed25519.Ed25519PrivateKey.from_private_bytes(seed)
        elif algorithm in (P256, P384):
            curve = ec.SECP256R1() if algorithm == P256 else ec.SECP384R1()
            self.private = ec.derive_private_key(int.from_bytes(seed, "big") >> 8, curve)
        else:
            self.private = rsa.generate_private_key(65537, 2048)
        self.octets = self._octets()

    def _octets(self):
        public = self.private.public_key()
        if self.algorithm == ED25519:
            return public.public_bytes_raw() if hasattr(public, "public_bytes_raw") \
                else _raw(public)
        numbers = public.public_numbers()
        if self.algorithm in (P256, P384):
            size = 32 if self.algorithm == P256 else 48
            return numbers.x.to_bytes(size, "big") + numbers.y.to_bytes(size, "big")
        return b"\x03\x01\x00\x01" + numbers.n.to_bytes(256, "big")

    def rdata(self):
        return dns.rdtypes.ANY.DNSKEY.DNSKEY(dns.rdataclass.IN, dns.rdatatype.DNSKEY, self.flags,
                                             3, self.algorithm, self.octets)

    def text(self):
        return self.rdata().to_text()

    def tag(self):
        return tag_of(self.rdata().to_wire())

    def sign_octets(self, octets):
        if self.algorithm == ED25519:
            return self.private.sign(octets)
        if self.algorithm in (P256, P384):
            size, kind = (32, hashes.SHA256()) if self.algorithm == P256 else (48, hashes.SHA384())
            r, s = utils.decode_dss_signature(self.private.sign(octets, ec.ECDSA(kind)))
            return r.to_bytes(size, "big") + s.to_bytes(size, "big")
        return self.private.sign(octets, padding.PKCS1v15(), hashes.SHA256())

    def ds(self, zone, digest=None):
        """DS rdata as text; `digest` replaces the right one."""
        octets = name(zone).canonicalize().to_wire() + self.rdata().to_wire()
        digest = hashlib.sha256(octets).hexdigest() if digest is None else digest
        return f"{self.tag()} {self.algorithm} 2 {digest}"


def _raw(public):
    from cryptography.hazmat.primitives import serialization
    return public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


class OctetsKey(Key):
    """A key of which only the octets are there: nobody has signed with it."""

    def __init__(self, algorithm, octets, flags=ZONE):
        self.algorithm, self.octets, self.flags = algorithm, octets, flags


def colliding(words, algorithm, count):
    """That many keys of one tag, all real points of the curve (or real moduli)."""
    keys, number = [], 0
    while len(keys) < count:
        key = octets_key(f"{words}/{number}", algorithm)
        number += 1
        if not keys or fit(key, keys[0].tag()):
            keys.append(key)
    return keys


def octets_key(words, algorithm):
    if algorithm == RSA:  # an odd modulus of 4096 bits; that nobody knows its factors is no matter
        modulus = bytearray(stream(words, 512))
        modulus[0] |= 0x80
        modulus[-1] |= 1
        return OctetsKey(RSA, b"\x03\x01\x00\x01" + bytes(modulus))
    return OctetsKey(algorithm, Key(words, algorithm).octets)


def fit(key, tag):
    """Gives the key the tag, by flags that mean nothing. @return whether there are such flags."""
    rest = key.rdata().to_wire()[2:]
    total = sum(octet if i & 1 else octet << 8 for i, octet in enumerate(rest))
    for carry in range((total >> 16) + 2):
        key.flags = (tag - total - carry) & 0xffff
        if key.flags & ZONE and not key.flags & (SEP | REVOKE) and key.tag() == tag:
            return True
    return False


class Zone:
    """A zone's name and keys; signs whatever it is given."""

    def __init__(self, zone, words="", algorithm=ED25519, keys=None):
        self.name = zone
        self.keys = keys if keys is not None else [Key(f"{zone}/{words}", algorithm)]

    def ds(self):
        return self.keys[0].ds(self.name)

    def sign(self, records, key=None, labels=None, owner=None, bad=False, signer=None, tag=None,
             inception=INCEPTION, expiration=EXPIRATION, original_ttl=None):
        """The RRSIG record of an RRset. labels: instead of the right ones; owner: the name that is
        signed instead of the RRset's; bad: octets of chance instead of a signature."""
        key = key or self.keys[0]
        signed_owner = name(owner) if owner else records.name
        count = len(signed_owner.labels) - 1 - (1 if signed_owner.is_wild() else 0)
        original = records.ttl if original_ttl is None else original_ttl
        head = rdata("RRSIG", f"{dns.rdatatype.to_text(records.rdtype)} {key.algorithm} "
                     f"{count if labels is None else labels} {original} {expiration} {inception} "
                     f"{key.tag() if tag is None else tag} {signer or self.name} AAAA")
        octets = head.to_wire()[:18] + name(signer or self.name).canonicalize().to_wire()
        if labels is not None and labels < len(records.name.labels) - 1 and owner is None:
            parts = records.name.labels
            signed_owner = dns.name.Name((b"*",) + parts[len(parts) - 1 - labels:])
        for one in sorted(r.to_digestable() for r in records):
            octets += signed_owner.canonicalize().to_wire() \
                + records.rdtype.to_bytes(2, "big") + b"\0\1" + original.to_bytes(4, "big") \
                + len(one).to_bytes(2, "big") + one
        signature = stream(f"{records.name}/{bad}", len(key.sign_octets(b"")) if hasattr(
            key, "private") else 512) if bad else key.sign_octets(octets)
        if bad and key.algorithm in (P256, P384):
            signature = signature[:64 if key.algorithm == P256 else 96]
        return dns.rrset.from_rdata(records.name, records.ttl, head.replace(signature=signature))

    def signed(self, owner, kind, *texts, ttl=300, **how):
        """Lines of an RRset and its signature."""
        records = rrset(owner, kind, *texts, ttl=ttl)
        return lines(records) + lines(self.sign(records, **how))

    def dnskey(self, ttl=300, more=()):
        keys = [key.text() for key in [*self.keys, *more]]
        return self.signed(self.name, "DNSKEY", *keys, ttl=ttl)

    def soa(self, ttl=300):
        return self.signed(self.name, "SOA", f"ns.{self.name} host.{self.name} 1 3600 900 86400 {ttl}",
                           ttl=ttl)

    def nsec(self, owner, after, kinds, **how):
        return self.signed(owner, "NSEC", f"{after} {kinds} RRSIG NSEC", **how)

    def nsec3(self, owner, after, kinds="", iterations=0, salt="-", opt_out=False, hashed=None,
              zone=None, **how):
        """owner: a name that is hashed, or with `hashed` the hash itself; after: a hash."""
        digest = nsec3_hash(owner, iterations, salt) if hashed is None else hashed
        return self.signed(f"{text32(digest)}.{zone or self.name}", "NSEC3",
                           f"1 {1 if opt_out else 0} {iterations} {salt} {text32(after)} {kinds}",
                           **how)


def nsec3_hash(owner, iterations=0, salt="-"):
    salt = b"" if salt == "-" else bytes.fromhex(salt)
    digest = name(owner).canonicalize().to_wire()
    for _ in range(iterations + 1):
        digest = hashlib.sha1(digest + salt).digest()
    return digest


def text32(digest):
    usual, hexed = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", b"0123456789ABCDEFGHIJKLMNOPQRSTUV"
    return base64.b32encode(digest).translate(bytes.maketrans(usual, hexed)).decode().lower()


def beside(digest, step):
    """The hash so many after it."""
    return ((int.from_bytes(digest, "big") + step) % (1 << 160)).to_bytes(20, "big")


def lines(records):
    return records.to_text().split("\n")
