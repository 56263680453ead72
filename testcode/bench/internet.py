"""internet.py - a small signed internet out of a seed: zone files for three name servers.

Used by bench. One server knows the root, one the top-level domains, one all zones below them, each with
two addresses, so that every delegation is real. Half of the zones and three of four of the domains are signed; most with ECDSA P-256, some
with RSA and Ed25519, NSEC and NSEC3 in equal parts. The signatures are made here and not by a signer's
tool, because twenty thousand calls of one would take longer than all of the measuring.
"""
import base64
import hashlib
import json
import multiprocessing
import os
import random
import shutil
import struct
import time

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

# Addresses for measuring (RFC 2544): there are resolvers that believe no glue of 127.0.0.0/8.
NETWORK = "198.18.0.0/16"
ROOT, LEAVES = ("198.18.0.1", "198.18.0.2"), ("198.18.2.1", "198.18.2.2")
TOPS = ("198.18.1.1", "198.18.1.2")
FORM = 2  # of what build makes: one more when that changes
TTL, VALID_S = 86400, 30 * 86400
NUMBERS = {"A": 1, "NS": 2, "SOA": 6, "MX": 15, "TXT": 16, "AAAA": 28, "DS": 43, "RRSIG": 46,
           "NSEC": 47, "DNSKEY": 48, "NSEC3": 50, "NSEC3PARAM": 51}


def wire_name(name):
    labels = [label for label in name.lower().split(".") if label]
    return b"".join(bytes([len(label)]) + label.encode() for label in labels) + b"\0"


def wire_data(rrtype, text):
    """Canonical form of the few types that stand in these zones (RFC 4034 section 6.2)."""
    words = text.split()
    if rrtype == "A":
        return bytes(int(part) for part in text.split("."))
    if rrtype == "AAAA":  # always written as 2001:db8::X
        return bytes.fromhex("20010db8") + bytes(10) + bytes.fromhex(words[0].rsplit(":", 1)[1].rjust(4, "0"))
    if rrtype == "NS":
        return wire_name(text)
    if rrtype == "MX":
        return struct.pack("!H", int(words[0])) + wire_name(words[1])
    if rrtype == "TXT":
        inner = text.strip('"').encode()
        return bytes([len(inner)]) + inner
    if rrtype == "SOA":
        return wire_name(words[0]) + wire_name(words[1]) + struct.pack("!5I", *map(int, words[2:]))
    if rrtype == "DS":
        return struct.pack("!HBB", *map(int, words[:3])) + bytes.fromhex(words[3])
    if rrtype == "DNSKEY":
        return struct.pack("!HBB", *map(int, words[:3])) + base64.b64decode(words[3])
    if rrtype == "NSEC":
        return wire_name(words[0]) + bitmap(words[1:])
    if rrtype == "NSEC3PARAM":
        return bytes([1, 0, 0, 0, 0])
    if rrtype == "NSEC3":
        return bytes([1, 0, 0, 0, 0, 20]) + base64.b32hexdecode(words[4].upper()) + bitmap(words[5:])
    raise ValueError(rrtype)


def bitmap(types):
    octets = bytearray(32)
    for rrtype in types:
        octets[NUMBERS[rrtype] // 8] |= 0x80 >> NUMBERS[rrtype] % 8
    used = bytes(octets).rstrip(b"\0")
    return bytes([0, len(used)]) + used


class Key:
    """A combined signing key; the algorithm by its number."""

    rsa_keys = []  # making one takes as long as a hundred zones: a few are shared

    def __init__(self, algorithm, chance):
        self.algorithm = algorithm
        if algorithm == 13:
            self.key = ec.derive_private_key(chance.getrandbits(250) + 1, ec.SECP256R1())
            numbers = self.key.public_key().public_numbers()
            public = numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")
        elif algorithm == 15:
            self.key = ed25519.Ed25519PrivateKey.from_private_bytes(chance.randbytes(32))
            public = self.key.public_key().public_bytes_raw()
        else:
            while len(Key.rsa_keys) < 4:
                Key.rsa_keys.append(rsa.generate_private_key(65537, 2048))
            self.key = chance.choice(Key.rsa_keys)
            public = b"\3\1\0\1" + self.key.public_key().public_numbers().n.to_bytes(256, "big")
        self.text = f"257 3 {algorithm} {base64.b64encode(public).decode()}"
        data = wire_data("DNSKEY", self.text)
        self.tag = sum(octet << 8 if i % 2 == 0 else octet for i, octet in enumerate(data))
        self.tag = (self.tag + (self.tag >> 16)) & 0xffff

    def ds(self, zone):
        digest = hashlib.sha256(wire_name(zone) + wire_data("DNSKEY", self.text)).hexdigest()
        return f"{self.tag} {self.algorithm} 2 {digest}"

    def sign(self, octets):
        if self.algorithm == 13:
            r, s = utils.decode_dss_signature(self.key.sign(octets, ec.ECDSA(hashes.SHA256())))
            return r.to_bytes(32, "big") + s.to_bytes(32, "big")
        if self.algorithm == 15:
            return self.key.sign(octets)
        return self.key.sign(octets, padding.PKCS1v15(), hashes.SHA256())


class Zone:
    """Records by (owner, type); owners are whole names without the final dot."""

    def __init__(self, name, servers):
        self.name = name
        self.sets = {}
        self.cuts = set()
        self.add(name, "SOA", f"{self.below('ns1')}. host.{name or 'root'}. 1 3600 900 604800 86400")
        for i, address in enumerate(servers):
            self.add(name, "NS", self.below(f"ns{i + 1}") + ".")
            self.add(self.below(f"ns{i + 1}"), "A", address)

    def below(self, label):
        return f"{label}.{self.name}" if self.name else label

    def add(self, owner, rrtype, text):
        self.sets.setdefault((owner, rrtype), []).append(text)

    def delegate(self, child, servers, ds=None):
        self.cuts.add(child)
        for i, address in enumerate(servers):
            self.add(child, "NS", f"ns{i + 1}.{child}.")
            self.add(f"ns{i + 1}.{child}", "A", address)
        if ds:
            self.add(child, "DS", ds)

    def is_glue(self, owner):
        parts = owner.split(".")
        return any(".".join(parts[i:]) in self.cuts for i in range(1, len(parts)))

    def text(self):
        lines = [f"$TTL {TTL}"]
        for (owner, rrtype), texts in self.sets.items():
            lines += [f"{owner}. {rrtype} {text}" for text in texts]
        return "\n".join(lines) + "\n"

    # ---- signing ----

    def _rrsig(self, key, owner, rrtype, times):
        labels = len([label for label in owner.split(".") if label])
        head = struct.pack("!HBBIIIH", NUMBERS[rrtype], key.algorithm, labels, TTL, times[1], times[0],
                           key.tag) + wire_name(self.name)
        records = b""
        for data in sorted({wire_data(rrtype, text) for text in self.sets[owner, rrtype]}):
            records += wire_name(owner) + struct.pack("!HHIH", NUMBERS[rrtype], 1, TTL, len(data)) + data
        signature = base64.b64encode(key.sign(head + records)).decode()
        stamps = [time.strftime("%Y%m%d%H%M%S", time.gmtime(at)) for at in times]
        return (f"{rrtype} {key.algorithm} {labels} {TTL} {stamps[1]} {stamps[0]} {key.tag} "
                f"{self.name}. {signature}")

    def _types_by_owner(self):
        owners = {}
        for owner, rrtype in self.sets:
            if not self.is_glue(owner) and not (owner in self.cuts and rrtype == "A"):
                owners.setdefault(owner, set()).add(rrtype)
        return owners

    def _deny_nsec(self, owners):
        order = sorted(owners, key=lambda name: [label for label in reversed(name.split("."))
                                                 if label])
        for i, owner in enumerate(order):
            types = sorted(owners[owner] | {"NSEC", "RRSIG"}, key=NUMBERS.get)
            self.add(owner, "NSEC", f"{order[(i + 1) % len(order)]}. " + " ".join(types))

    def _deny_nsec3(self, owners):
        hashed = {}
        for owner, types in owners.items():
            more = {"RRSIG"} if owner not in self.cuts or "DS" in types else set()
            digest = hashlib.sha1(wire_name(owner)).digest()  # no salt, no further rounds (RFC 9276)
            hashed[base64.b32hexencode(digest).decode().lower()] = types | more
        order = sorted(hashed)
        for i, one in enumerate(order):
            types = sorted(hashed[one], key=NUMBERS.get)
            self.add(self.below(one), "NSEC3", f"1 0 0 - {order[(i + 1) % len(order)]} " + " ".join(types))

    def sign(self, key, nsec3, now):
        times = (now - 3600, now + VALID_S)
        self.add(self.name, "DNSKEY", key.text)
        if nsec3:
            self.add(self.name, "NSEC3PARAM", "1 0 0 -")
            self._deny_nsec3(self._types_by_owner())
        else:
            self._deny_nsec(self._types_by_owner())
        for owner, rrtype in list(self.sets):
            if self.is_glue(owner) or owner in self.cuts and rrtype not in ("DS", "NSEC"):
                continue
            self.add(owner, "RRSIG", self._rrsig(key, owner, rrtype, times))


def is_signed(top):
    """The top-level domains that are not have unsigned zones only: those with odd numbers."""
    return top % 4 != 3


def leaf(arguments):
    """One zone of the lowest floor, written to its file: (name, DS or None, its names)."""
    folder, seed, number, tops, now = arguments
    chance = random.Random(f"{seed}/{number}")
    name = f"{''.join(chance.choice('abcdefghijklmnopqrstuvwxyz') for _ in range(chance.randint(3, 10)))}" \
           f"{number}.{tops[number % len(tops)]}"
    zone = Zone(name, LEAVES)
    names = []
    for i in range(10):
        host = zone.below(("www", "mail", "api")[i] if i < 3 else f"h{i}")
        zone.add(host, "A", f"198.{18 + number % 2}.{number // 250 % 250}.{1 + i}")
        if i % 3 == 0:
            zone.add(host, "AAAA", f"2001:db8::{1 + i:x}")
        names.append(host)
    zone.add(name, "MX", f"10 {zone.below('mail')}.")
    zone.add(name, "TXT", '"v=spf1 mx -all"')
    ds, nsec3 = None, number // 2 % 2 == 1
    if number % 2 == 0:
        key = Key(chance.choice([13] * 17 + [8, 8, 15]), chance)
        zone.sign(key, nsec3, now)
        ds = key.ds(name)
    with open(os.path.join(folder, f"z{number}"), "w", encoding="ascii") as file:
        file.write(zone.text())
    return name, ds, nsec3, names


def build(folder, seed, zones, tops):
    """Writes everything; @return what bench asks about. What a former run made is taken when fresh."""
    note = os.path.join(folder, "internet.json")
    try:
        with open(note, encoding="ascii") as file:
            known = json.load(file)
        if known["what"] == [FORM, seed, zones, tops] and time.time() - known["made"] < VALID_S / 2:
            return known
    except (OSError, ValueError, KeyError):
        pass
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    now = int(time.time())
    chance = random.Random(seed)
    top_names = [f"tld{i}" for i in range(tops)]
    with multiprocessing.Pool() as pool:
        leaves = pool.map(leaf, [(folder, seed, i, top_names, now) for i in range(zones)], 100)
    root = Zone("", ROOT)
    for i, top in enumerate(top_names):
        zone, key = Zone(top, TOPS), Key(13, chance)
        for name, ds, _, _ in leaves[i::tops]:
            zone.delegate(name, LEAVES, ds)
        if is_signed(i):
            zone.sign(key, i % 2 == 1, now)
        root.delegate(top, TOPS, key.ds(top) if is_signed(i) else None)
        with open(os.path.join(folder, top), "w", encoding="ascii") as file:
            file.write(zone.text())
    key = Key(13, chance)
    root.sign(key, False, now)
    with open(os.path.join(folder, "root"), "w", encoding="ascii") as file:
        file.write(root.text())
    known = {"what": [FORM, seed, zones, tops], "made": now, "anchor": key.ds(""),
             "tops": top_names, "signed_tops": [top for i, top in enumerate(top_names) if is_signed(i)],
             "leaves": leaves}
    with open(note, "w", encoding="ascii") as file:
        json.dump(known, file)
    return known


def nsd_config(folder, addresses, zones):
    """For nsd: the zones as (name, file)."""
    lines = ["server:", *[f"  ip-address: {address}@53" for address in addresses],
             '  username: ""', '  database: ""', f'  zonesdir: "{folder}"', "  server-count: 1",
             f'  pidfile: "{folder}/{addresses[0]}.pid"', '  xfrdfile: ""', "  rrl-ratelimit: 0",
             "  tcp-count: 200",
             f'  zonelistfile: "{folder}/{addresses[0]}.list"', "remote-control:",
             "  control-enable: no"]
    for name, file in zones:
        lines += ["zone:", f"  name: {name}.", f"  zonefile: {file}"]
    return "\n".join(lines) + "\n"


def servers(folder, known):
    """{process name: nsd's configuration}"""
    leaves = [(leaf_[0], f"z{i}") for i, leaf_ in enumerate(known["leaves"])]
    return {"root": nsd_config(folder, ROOT, [("", "root")]),
            "tops": nsd_config(folder, TOPS, [(top, top) for top in known["tops"]]),
            "leaves": nsd_config(folder, LEAVES, leaves)}
