"""rollover.py - a signed zone whose keys change while it is served, for anchors_test.

One server of roll.lab. in a thread of the test: each answer is signed when it is asked for, with
the keys that the test has set. What it was asked is kept.
"""
import socket
import struct
import threading
import time

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from client import TYPES, decode_name, encode_name

ZONE = "roll.lab."
TTL = 2
REVOKE = 0x80
ED25519 = 15


class Key:
    def __init__(self, flags=257):
        self.private = ed25519.Ed25519PrivateKey.generate()
        self.public = self.private.public_key().public_bytes(serialization.Encoding.Raw,
                                                             serialization.PublicFormat.Raw)
        self.flags = flags

    @property
    def rdata(self):
        return struct.pack("!HBB", self.flags, 3, ED25519) + self.public

    @property
    def tag(self):
        """RFC 4034 appendix B."""
        total = sum(octet if i & 1 else octet << 8 for i, octet in enumerate(self.rdata))
        return (total + (total >> 16)) & 0xffff

    def revoke(self):
        self.flags |= REVOKE


class Zone:
    """keys and signers are what the test changes; the zone's data is signed by zsk."""

    def __init__(self):
        self.zsk = Key(256)
        self.keys, self.signers = [], []
        self.asked = []  # (name, type)
        self.silent = False
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1", 0))
        self.port = self.sock.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def publish(self, keys, signers):
        self.keys, self.signers = list(keys), list(signers)

    def _signature(self, owner, rrtype, records, key):
        now = int(time.time())
        head = struct.pack("!HBBIIIH", rrtype, ED25519, owner.count("."), TTL, now + 86400 * 5,
                           now - 86400, key.tag) + encode_name(ZONE)
        data = b"".join(encode_name(owner) + struct.pack("!HHIH", rrtype, 1, TTL, len(rdata)) + rdata
                        for rdata in sorted(records))
        return head + key.private.sign(head + data)

    def _set(self, owner, rrtype, records, signers):
        signatures = [self._signature(owner, rrtype, records, key) for key in signers]
        return [(owner, rrtype, rdata) for rdata in records] \
            + [(owner, TYPES["RRSIG"], rdata) for rdata in signatures]

    def _answer(self, name, rrtype):
        if name == ZONE and rrtype == TYPES["DNSKEY"]:
            return 0, self._set(ZONE, rrtype, [key.rdata for key in [*self.keys, self.zsk]],
                                self.signers)
        if name == "www." + ZONE and rrtype == TYPES["A"]:
            return 0, self._set(name, rrtype, [bytes((192, 0, 2, 7))], [self.zsk])
        return 3, []

    def _serve(self):
        while True:
            query, source = self.sock.recvfrom(4096)
            name, at = decode_name(query, 12)
            rrtype = struct.unpack("!H", query[at:at + 2])[0]
            self.asked.append((name, rrtype))
            if self.silent:
                continue
            rcode, records = self._answer(name, rrtype)
            reply = query[:2] + struct.pack("!HHHHH", 0x8400 | rcode, 1, len(records), 0, 1) \
                + query[12:at + 4]
            for owner, kind, rdata in records:
                reply += encode_name(owner) + struct.pack("!HHIH", kind, 1, TTL, len(rdata)) + rdata
            reply += b"\0" + struct.pack("!HHIH", 41, 1232, 0x8000, 0)
            self.sock.sendto(reply, source)
