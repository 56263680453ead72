"""broken_zones.py - signs the lab's zones, and breaks them where a case says so.

Used by ede_world. What is wrong with a zone is said in words, "expired:A+nsec3":
  keys      make_keys tells them
  ds:...    what the parent says of them: ds_records
  chain     nsec3[:ITERATIONS/SALT], optout, bitmap:TYPES, next:out or next:short, hash-alg:N, claim:N
            (iterations), salt:HEX, owner:, noparam:, param-salt:, param-hash:, param-iterations:
  telling   omit:PARTS of proofs, wrong:apex or wrong:www, another denial than the one that proves it
  signing   TIMES, such as expired:A; signer:A/parent, labels:A/-1, tag:, algorithm:, covered:, ttl:;
            zsk-signs-keys, both-sign, one-algorithm; also:A/expired, alien:A; unsigned
  after     AFTER; with resign, what happens to keys happens before signing
Sets are chosen by selected(). A zone without words is sound. Signatures of algorithms that no
validator has are rubbish of the right kind.

Needs python3-cryptography.
"""
import base64
import dataclasses
import hashlib
import os
import struct
import time

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa, utils

from authority import HEX32, below, hash3, labels_of, order_of, parent
from client import TYPES, encode_name

NS, DS, RRSIG, NSEC, DNSKEY, NSEC3, NSEC3PARAM = (
    TYPES[word] for word in "NS DS RRSIG NSEC DNSKEY NSEC3 NSEC3PARAM".split())
ZONE_KEY, SECURE_ENTRY_POINT, REVOKED = 0x100, 0x001, 0x080
DAY = 86400
# seconds from now: inception, expiration
SOUND = (-10 * DAY, 20 * DAY)
TIMES = {"expired": (-40 * DAY, -10 * DAY), "future": (10 * DAY, 40 * DAY),
         "backward": (20 * DAY, -10 * DAY), "justexpired": (-40 * DAY, -300),
         "longago": (-900 * DAY, -870 * DAY)}
DIGESTS = {1: hashlib.sha1, 2: hashlib.sha256, 4: hashlib.sha384}
DIGEST_SIZES = {1: 20, 2: 32, 3: 32, 4: 48}


# ---- keys -------------------------------------------------------------------------------------


class RsaKeys:
    """Making them takes long, so all zones share a few."""

    made = {}

    @classmethod
    def get(cls, bits, number):
        if (bits, number) not in cls.made:
            cls.made[bits, number] = rsa.generate_private_key(public_exponent=65537, key_size=bits)
        return cls.made[bits, number]


def rsa_public(private):
    numbers = private.public_key().public_numbers()
    size = (numbers.n.bit_length() + 7) // 8
    return b"\x03\x01\x00\x01" + numbers.n.to_bytes(size, "big")


def rubbish_public(algorithm):
    """What a key of an algorithm that is only known by its name looks like."""
    if algorithm in (3, 6):  # RFC 2536: T, Q, P, G, Y
        return bytes((8,)) + os.urandom(20 + 3 * 128)
    if algorithm == 253:
        return encode_name("algorithm.example.") + os.urandom(64)
    if algorithm == 254:
        return bytes.fromhex("06032a0304") + os.urandom(64)
    return os.urandom(64)


class Key:
    def __init__(self, role, algorithm, flags, protocol=3, bits=2048):
        self.role, self.algorithm, self.flags, self.protocol = role, algorithm, flags, protocol
        self.private = None
        if algorithm in (1, 5, 7, 8, 10):
            self.private = RsaKeys.get(bits, role)
            self.public = rsa_public(self.private)
        elif algorithm in (13, 14):
            curve, size = (ec.SECP256R1(), 32) if algorithm == 13 else (ec.SECP384R1(), 48)
            self.private = ec.generate_private_key(curve)
            point = self.private.public_key().public_numbers()
            self.public = point.x.to_bytes(size, "big") + point.y.to_bytes(size, "big")
        elif algorithm in (15, 16):
            kind = ed25519.Ed25519PrivateKey if algorithm == 15 else ed448.Ed448PrivateKey
            self.private = kind.generate()
            self.public = self.private.public_key().public_bytes(
                serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        else:
            self.public = rubbish_public(algorithm)

    @property
    def rdata(self):
        return struct.pack("!HBB", self.flags, self.protocol, self.algorithm) + self.public

    @property
    def tag(self):
        """RFC 4034 appendix B; B.1 for algorithm 1."""
        rdata = self.rdata
        if self.algorithm == 1:
            return struct.unpack("!H", rdata[-3:-1])[0]
        total = sum(octet if i & 1 else octet << 8 for i, octet in enumerate(rdata))
        return (total + (total >> 16)) & 0xffff

    def sign(self, data):
        if self.algorithm in (8, 10):
            digest = hashes.SHA256() if self.algorithm == 8 else hashes.SHA512()
            return self.private.sign(data, padding.PKCS1v15(), digest)
        if self.algorithm in (13, 14):
            digest, size = (hashes.SHA256(), 32) if self.algorithm == 13 else (hashes.SHA384(), 48)
            r, s = utils.decode_dss_signature(self.private.sign(data, ec.ECDSA(digest)))
            return r.to_bytes(size, "big") + s.to_bytes(size, "big")
        if self.algorithm in (15, 16):
            return self.private.sign(data)
        return os.urandom(len(self.public))


@dataclasses.dataclass
class Keys:
    """All keys of a zone; `ksk` and `zsk` may be the same one."""

    ksk: Key
    zsk: Key
    others: list  # published, for nothing, or for the second algorithm

    @property
    def published(self):
        return list(dict.fromkeys([self.ksk, self.zsk, *self.others]))


def parse(text):
    """[(word, argument)] of "word:argument+word"."""
    return [tuple(part.partition(":")[::2]) for part in text.split("+") if part]


def argument(words, wanted, default=None):
    return next((value for word, value in words if word == wanted), default)


def make_keys(words):
    """alg:N, ksk-alg:N, zsk-alg:N, bits:N, csk[:FLAGS], ksk-flags:N, zsk-flags:N, ksk-proto:N,
    zsk-proto:N, standby:N (further keys), second:N (a second algorithm, signing, too)"""
    while True:
        keys = _make_keys(words)
        tags = [key.tag for key in keys.published]
        if len({tag + i for tag in tags for i in (-1, 0, 1)}) == 3 * len(tags):
            return keys


def _make_keys(words):
    algorithm = int(argument(words, "alg", "13"))
    bits = int(argument(words, "bits", "2048"))

    def make(role, flags):
        return Key(role, int(argument(words, f"{role}-alg", algorithm)),
                   int(argument(words, f"{role}-flags", flags)),
                   int(argument(words, f"{role}-proto", "3")), bits)

    ksk = make("ksk", ZONE_KEY | SECURE_ENTRY_POINT)
    if argument(words, "csk") is not None:
        ksk.flags = int(argument(words, "csk") or ksk.flags)
        zsk = ksk
    else:
        zsk = make("zsk", ZONE_KEY)
    others = [Key(f"standby{i}", algorithm, ZONE_KEY)
              for i in range(int(argument(words, "standby", "0")))]
    if argument(words, "second") is not None:
        number = int(argument(words, "second"))
        others += [Key("ksk2", number, 257), Key("zsk2", number, 256)]
    return Keys(ksk, zsk, others)


# ---- DS ---------------------------------------------------------------------------------------


def ds_rdata(zone, key, spec):
    """One record from a digest type and letters: x wrong digest, t wrong tag, s cut short, l too
    long, e empty, aN algorithm N; z and o are the caller's."""
    number = int("".join(letter for letter in spec.partition("a")[0] if letter.isdigit()))
    letters = spec.partition("a")[0].lstrip("0123456789")
    algorithm = int(spec.partition("a")[2] or key.algorithm)
    data = encode_name(zone) + key.rdata
    digest = DIGESTS[number](data).digest() if number in DIGESTS \
        else hashlib.sha512(data).digest()[:DIGEST_SIZES.get(number, 32)]
    if "x" in letters:
        digest = bytes(octet ^ 0x5a for octet in digest)
    digest = digest[:7] if "s" in letters else digest + b"\1" if "l" in letters else digest
    tag = (key.tag + 1) & 0xffff if "t" in letters else key.tag
    return struct.pack("!HBB", tag, algorithm, number) + (b"" if "e" in letters else digest)


def ds_records(zone, keys, words):
    """ds:none, or ds:SPEC/SPEC; "ds:2/1x" is a good one of SHA-256 and a bad one of SHA-1. With z it
    is the other key's, with o that of the second algorithm."""
    specs = argument(words, "ds", "2")
    if specs == "none":
        return []
    found = []
    for spec in specs.split("/"):
        key = keys.zsk if "z" in spec else keys.others[-2] if "o" in spec else keys.ksk
        found.append(ds_rdata(zone, key, spec))
    return found


# ---- chains of denials -------------------------------------------------------------------------


def bitmap(types):
    out = b""
    for window in sorted({number >> 8 for number in types}):
        bits = bytearray(32)
        for number in types:
            if number >> 8 == window:
                bits[(number & 255) >> 3] |= 0x80 >> (number & 7)
        used = bytes(bits).rstrip(b"\0")
        out += bytes((window, len(used))) + used
    return out


BACK32 = bytes.maketrans(HEX32[65:91] + HEX32[50:56], b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")


def raw32(label):
    return base64.b32decode(label.encode().translate(BACK32))


def next_label(label):
    """The hash behind this one."""
    number = int.from_bytes(raw32(label), "big") + 1
    return base64.b32encode(number.to_bytes(20, "big")).translate(HEX32).decode()


@dataclasses.dataclass(eq=False)
class Set:
    owner: str
    rrtype: int
    ttl: int
    rdatas: list
    signatures: list = dataclasses.field(default_factory=list)
    place: tuple = None  # of a denial: (from, to), by which a server finds it, whatever it says


class Chain:
    """NSEC or NSEC3 of a zone: how it was meant, and what of it is told."""

    def __init__(self, zone, sets, words):
        self.zone, self.words = zone, words
        spec = argument(words, "nsec3")
        self.is_nsec3 = spec is not None
        iterations, _, salt = (spec or "").partition("/")
        self.iterations, self.salt = int(iterations or 0), bytes.fromhex(salt)
        self.opt_out = argument(words, "optout") is not None
        self.types = {}  # owner -> types told
        cuts = [owner for owner in sets if owner != zone and NS in sets[owner]]
        for owner, found in sets.items():
            if any(owner != cut and below(owner, cut) for cut in cuts):
                continue  # glue
            types = set(found)
            if owner in cuts:
                types &= {NS, DS}
                if DS not in types and self.is_nsec3 and self.opt_out:
                    continue
            self.types[owner] = types

    def links(self):
        """The RRsets of the chain."""
        lie = {TYPES[word] for word in argument(self.words, "bitmap", "").split("/") if word}
        if self.is_nsec3:
            return self._links3(lie)
        owners = sorted(self.types, key=order_of)
        found = []
        for i, owner in enumerate(owners):
            after = owners[(i + 1) % len(owners)]
            told = after
            if argument(self.words, "next") is not None:  # ends soon, or in another zone
                told = {"out": "zz.example.", "short": f"\0.{owner}"}[
                    argument(self.words, "next")]
            types = self.types[owner] | {RRSIG, NSEC} | lie
            place = (owner, after)
            found.append(Set(owner, NSEC, 60, [encode_name(told) + bitmap(types)], place=place))
        return found

    def _links3(self, lie):
        for owner in list(self.types):  # RFC 5155 section 7.1: empty non-terminals
            name = parent(owner)
            while owner != self.zone and name != self.zone and name not in self.types:
                self.types[name] = set()
                name = parent(name)
        hashed = {hash3(owner, self.salt, self.iterations): types
                  for owner, types in self.types.items()}
        order = sorted(hashed)
        number = int(argument(self.words, "hash-alg", "1"))
        claimed = int(argument(self.words, "claim", str(self.iterations)))
        salt = bytes.fromhex(argument(self.words, "salt", self.salt.hex()))
        fixed = struct.pack("!BBHB", number, int(self.opt_out), claimed, len(salt)) + salt
        found = []
        for i, label in enumerate(order):
            after = order[(i + 1) % len(order)]
            types = hashed[label]
            types = types | {RRSIG} if types - {NS} else types
            told, owner = after, label
            if argument(self.words, "next") is not None:
                told = next_label(label)
            if argument(self.words, "owner") is not None:  # hashes of nothing
                owner = hash3(label + ".", b"", 0)
            rdata = fixed + bytes((20,)) + raw32(told) + bitmap(types | lie)
            found.append(Set(f"{owner}.{self.zone}", NSEC3, 60, [rdata], place=(label, after)))
        return found

    def parameters(self):
        """NSEC3PARAM, or None."""
        if not self.is_nsec3 or argument(self.words, "noparam") is not None:
            return None
        salt = bytes.fromhex(argument(self.words, "param-salt", self.salt.hex()))
        return struct.pack("!BBHB", int(argument(self.words, "param-hash", "1")), 0,
                           int(argument(self.words, "param-iterations", str(self.iterations))),
                           len(salt)) + salt


# ---- signatures -------------------------------------------------------------------------------


def selected(one, what):
    """What words choose: all, denial, a type, a type@name-below-the-zone."""
    kind, _, owner = what.partition("@")
    if owner and not one.owner.startswith(owner + "."):
        return False
    return kind == "all" or (kind == "denial" and one.rrtype in (NSEC, NSEC3)) \
        or one.rrtype == TYPES.get(kind)


class Signer:
    """Makes the signatures of one zone as the words say."""

    def __init__(self, zone, words, now):
        self.zone, self.words, self.now = zone, words, now

    def fields(self, one, key):
        """type covered, algorithm, labels, TTL, expiration, inception, tag, signer"""
        begin, end = SOUND
        labels = len([label for label in labels_of(one.owner) if label != "*"])
        out = {"covered": one.rrtype, "algorithm": key.algorithm, "labels": labels, "ttl": one.ttl,
               "tag": key.tag, "signer": self.zone}
        for word, value in self.words:
            if word in TIMES and selected(one, value or "all"):
                begin, end = TIMES[word]
            what, _, wanted = value.partition("/")
            if word in ("signer", "labels", "tag", "algorithm", "covered", "ttl") \
                    and selected(one, what):
                out[word] = self.field(word, wanted, out[word])
        out["begin"], out["end"] = self.now + begin, self.now + end
        return out

    def field(self, word, wanted, sound):
        """signer:A/parent; labels:A/-1; others add what is said."""
        if word == "signer":
            return {"parent": parent(self.zone), "root": ".", "child": f"www.{self.zone}",
                    "sister": f"valid.{parent(self.zone)}", "cousin": "example.org."}[wanted]
        return sound + int(wanted)

    def signature(self, one, key):
        told = self.fields(one, key)
        head = struct.pack("!HBBIIIH", told["covered"], told["algorithm"], told["labels"],
                           told["ttl"], told["end"] & 0xffffffff, told["begin"] & 0xffffffff,
                           told["tag"]) + encode_name(told["signer"])
        owner, wanted = one.owner, told["labels"]
        if wanted < len([label for label in labels_of(owner) if label != "*"]):
            owner = ".".join(["*", *labels_of(owner)[-wanted:]]) + "." if wanted else "*."
        data = head
        for rdata in sorted(set(one.rdatas)):
            data += encode_name(owner) + struct.pack("!HHIH", one.rrtype, 1, told["ttl"],
                                                     len(rdata)) + rdata
        return head + key.sign(data)


def signing_keys(one, keys, words):
    if one.rrtype != DNSKEY:
        found = [keys.zsk]
    elif argument(words, "zsk-signs-keys") is not None:
        found = [keys.zsk]
    elif argument(words, "both-sign") is not None:
        found = [keys.ksk, keys.zsk]
    else:
        found = [keys.ksk]
    number = argument(words, "second")
    only = argument(words, "one-algorithm")
    if number is not None and only is None:
        found += [key for key in keys.others
                  if key.role == ("ksk2" if one.rrtype == DNSKEY else "zsk2")]
    return found


# ---- what happens to a signed zone ------------------------------------------------------------


def remove_signatures(sets, what, _):
    """nosig:A; nosig:DNSKEY/ksk: only those of that key's tag."""
    what, _, role = what.partition("/")
    for one in sets:
        if selected(one, what):
            one.signatures = [] if not role else [s for s in one.signatures if s[0] != role]


def spoiled(octets):
    return octets[:-9] + bytes((octets[-9] ^ 1,)) + octets[-8:]


def spoil_signatures(sets, what, _):
    what, _, role = what.partition("/")
    for one in sets:
        if selected(one, what):
            one.signatures = [(r, s if role and r != role else spoiled(s)) for r, s in one.signatures]


def remove_keys(sets, what, keys):
    """nokey:ksk, nokey:zsk, nokey:all"""
    for one in sets:
        if one.rrtype == DNSKEY:
            gone = [key.rdata for key in keys.published if what in (key.role, "all")]
            one.rdatas = [rdata for rdata in one.rdatas if rdata not in gone]


def alter_key(change):
    def alter(sets, what, keys):
        role, _, value = what.partition("/")
        wanted = next(key for key in keys.published if key.role == role).rdata
        for one in sets:
            if one.rrtype == DNSKEY:
                one.rdatas = [change(rdata, value) if rdata == wanted else rdata
                              for rdata in one.rdatas]
    return alter


def remove_denials(sets, _, __):
    sets[:] = [one for one in sets if one.place is None]


def alter_data(sets, what, _):
    """Another address, another text, after it was signed."""
    for one in sets:
        if selected(one, what):
            one.rdatas = [rdata[:-1] + bytes((rdata[-1] ^ 1,)) for rdata in one.rdatas]


def alter_denials(sets, what, _):
    """spoil-denial:next or :owner or :bits, after signing"""
    for one in sets:
        if one.place is None:
            continue
        if what == "owner":
            label = hash3(one.place[0] + ".", b"", 0)
            one.owner = f"{label}.{parent(one.owner)}"
        else:
            at = -len(bitmap({1})) - 9 if what == "next" else -1
            rdata = bytearray(one.rdatas[0])
            rdata[at] ^= 1
            one.rdatas = [bytes(rdata)]


AFTER = {
    "nosig": remove_signatures,
    "badsig": spoil_signatures,
    "nokey": remove_keys,
    "keybits": alter_key(lambda rdata, _: rdata[:-5] + bytes((rdata[-5] ^ 1,)) + rdata[-4:]),
    "keyalg": alter_key(lambda rdata, value: rdata[:3] + bytes((int(value),)) + rdata[4:]),
    "keyflags": alter_key(lambda rdata, value: struct.pack("!H", int(value)) + rdata[2:]),
    "keyproto": alter_key(lambda rdata, value: rdata[:2] + bytes((int(value),)) + rdata[3:]),
    "keycut": alter_key(lambda rdata, value: rdata[:int(value)]),
    "nochain": remove_denials,
    "data": alter_data,
    "spoil-denial": alter_denials,
}
BEFORE = ["nokey", "keybits", "keyalg", "keyflags", "keyproto", "keycut"]  # with "resign"


def type_number(sets):
    return {owner: set(found) for owner, found in sets.items()}


def is_signed(one, cuts):
    """RFC 4035 section 2.2: neither the NS set of a delegation nor glue."""
    for cut in cuts:
        if below(one.owner, cut) and not (one.owner == cut and one.rrtype in (DS, NSEC)):
            return False
    return True


def sign_zone(zone, sets, keys, words):
    """The zone as crooked.py serves it. sets: {owner: {type number: (ttl, [rdata])}}"""
    now = int(time.time())
    if argument(words, "unsigned") is not None:
        return served(zone, [Set(owner, rrtype, ttl, rdatas) for owner, found in sets.items()
                             for rrtype, (ttl, rdatas) in found.items()], None, words)
    sets = {owner: dict(found) for owner, found in sets.items()}
    sets[zone][DNSKEY] = (300, [key.rdata for key in keys.published])
    chain = Chain(zone, type_number(sets), words)
    parameters = chain.parameters()
    if parameters is not None:
        sets[zone][NSEC3PARAM] = (0, [parameters])
        chain = Chain(zone, type_number(sets), words)
    cuts = [owner for owner in sets if owner != zone and NS in sets[owner]]
    plain = [Set(owner, rrtype, ttl, list(rdatas)) for owner, found in sets.items()
             for rrtype, (ttl, rdatas) in found.items()]
    every = plain + chain.links()
    resign = argument(words, "resign") is not None
    for word, value in words:
        if resign and word in BEFORE:
            AFTER[word](every, value, keys)
    signer = Signer(zone, words, now)
    for one in every:
        if is_signed(one, cuts) and one.rdatas:
            one.signatures = [(key.role, signer.signature(one, key))
                              for key in signing_keys(one, keys, words)]
    add_signatures(every, keys, words, zone, now)
    for word, value in words:
        if word in AFTER and not (resign and word in BEFORE):
            AFTER[word](every, value, keys)
    return served(zone, every, chain, words)


def add_signatures(every, keys, words, zone, now):
    """also:A/expired: a second signature, with that word's flaw, before the good one; alien:A: one
    by a key that nobody has published."""
    for word, value in words:
        what, _, flaw = value.partition("/")
        if word == "also":
            maker, key = Signer(zone, parse(f"{flaw}:all"), now), None
        elif word == "alien":
            maker, key = Signer(zone, [], now), Key("alien", keys.zsk.algorithm, ZONE_KEY)
        else:
            continue
        for one in every:
            if one.signatures and selected(one, what):
                role = one.signatures[0][0]
                more = (word, maker.signature(one, key or getattr(keys, role)))
                one.signatures = [more, *one.signatures]


def served(zone, every, chain, words):
    out = {"name": zone, "sets": {}, "chain": None,
           "omit": argument(words, "omit", "").split("/"),
           "wrong": argument(words, "wrong", "")}
    if chain is not None:
        out["chain"] = {"type": NSEC3 if chain.is_nsec3 else NSEC, "salt": chain.salt.hex(),
                        "iterations": chain.iterations, "links": []}
    for one in every:
        told = [one.ttl, [rdata.hex() for rdata in one.rdatas],
                [signature.hex() for _, signature in one.signatures]]
        if one.place is not None:
            out["chain"]["links"].append([*one.place, one.owner, *told])
        elif one.rdatas:
            out["sets"].setdefault(one.owner, {})[one.rrtype] = told
    return out
