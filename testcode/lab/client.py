"""client.py - asks one resolver one question and takes the answer apart; standard library only.

Used by lab_test and its like. Names in questions may have \\. and \\DDD in them. Names in answers
come out in lower case and with a final dot, rdata that holds names is taken apart so that
compression does not matter, everything else is compared as bytes.
"""
import re
import socket
import struct

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28,
         "SRV": 33, "NAPTR": 35, "DNAME": 39, "DS": 43, "HTTPS": 65, "ANY": 255, "CAA": 257,
         "RRSIG": 46, "NSEC": 47, "DNSKEY": 48, "NSEC3": 50, "NSEC3PARAM": 51, "CDS": 59,
         "CDNSKEY": 60, "TYPE65280": 65280}
RCODES = {0: "NOERROR", 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED"}
NAMES_AT = {2: 0, 5: 0, 12: 0, 39: 0, 15: 2, 33: 6}  # type -> where in its rdata a name begins


def _label_bytes(label):
    return b"".join(bytes((int(part[1:]),)) if len(part) == 4 else part[-1:].encode("latin-1")
                    for part in re.findall(r"\\\d\d\d|\\.|[^\\]", label))


def encode_name(name):
    labels = [_label_bytes(label) for label in re.findall(r"(?:\\.|[^\\.])+", name)]
    return b"".join(bytes((len(label),)) + label for label in labels) + b"\0"


def type_number(rrtype):
    return TYPES[rrtype] if rrtype in TYPES else int(rrtype.removeprefix("TYPE"))


def decode_name(message, at):
    labels, after, jumps = [], None, 0
    while message[at] != 0:
        if message[at] >= 0xc0:
            after = after or at + 2
            at = struct.unpack("!H", message[at:at + 2])[0] & 0x3fff
            jumps += 1
            if jumps > 64:
                raise ValueError("pointers in a circle")
            continue
        labels.append(message[at + 1:at + 1 + message[at]].decode("latin-1").lower())
        at += 1 + message[at]
    return ".".join(labels) + ".", after or at + 1


class Reply:
    """rcode (text), flags, answer and authority as sorted lists of (owner, type, rdata), ede."""

    def __init__(self, message):
        _, self.flags, questions, *counts = struct.unpack("!6H", message[:12])
        self.rcode = RCODES.get(self.flags & 15, str(self.flags & 15))
        self.secure = bool(self.flags & 0x0020)  # AD
        self.truncated = bool(self.flags & 0x0200)
        self.ede = []
        self.ttls = []
        at = 12
        for _ in range(questions):
            _, at = decode_name(message, at)
            at += 4
        sections = []
        for count in counts:
            records = []
            for _ in range(count):
                owner, at = decode_name(message, at)
                rrtype, _, ttl, size = struct.unpack("!HHIH", message[at:at + 10])
                at += 10
                if rrtype == 41:
                    self._options(message[at:at + size])
                else:
                    records.append((owner, rrtype, self._rdata(message, at, rrtype, size)))
                    self.ttls.append(ttl)
                at += size
            sections.append(records)
        if at != len(message):
            raise ValueError("bytes left after the message")
        self.answer, self.authority, self.additional = sections
        self.answer.sort()

    @staticmethod
    def _rdata(message, at, rrtype, size):
        if rrtype == 6:
            mname, after = decode_name(message, at)
            rname, after = decode_name(message, after)
            return f"{mname} {rname} {message[after:at + size].hex()}"
        if rrtype in NAMES_AT:
            skip = NAMES_AT[rrtype]
            name, _ = decode_name(message, at + skip)
            return f"{message[at:at + skip].hex()} {name}"
        return message[at:at + size].hex()

    def _options(self, data):
        while len(data) >= 4:
            code, size = struct.unpack("!HH", data[:4])
            if code == 15 and size >= 2:
                self.ede.append((struct.unpack("!H", data[4:6])[0],
                                 data[6:4 + size].decode("utf-8", "replace")))
            data = data[4 + size:]


def build_query(number, name, rrtype, flags=()):
    """RD, EDNS with 1232 bytes; flags: any of "ad", "cd", "do"."""
    header = 0x0100 | ("ad" in flags) << 5 | ("cd" in flags) << 4
    return struct.pack("!6H", number, header, 1, 0, 0, 1) + encode_name(name) + \
        struct.pack("!HH", type_number(rrtype), 1) + b"\0" + \
        struct.pack("!HHBBHH", 41, 1232, 0, 0, ("do" in flags) << 15, 0)


def _read_exactly(stream, size):
    data = b""
    while len(data) < size:
        more = stream.recv(size - len(data))
        if not more:
            raise OSError("connection closed")
        data += more
    return data


def ask_tcp(server, query, timeout):
    with socket.create_connection((server, 53), timeout=timeout) as stream:
        stream.sendall(struct.pack("!H", len(query)) + query)
        size = struct.unpack("!H", _read_exactly(stream, 2))[0]
        return Reply(_read_exactly(stream, size))


def ask(server, number, name, rrtype, timeout=30, flags=()):
    """One question over UDP, over TCP when truncated. Reply, or None when nothing came."""
    query = build_query(number, name, rrtype, flags)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect((server, 53))
        sock.settimeout(timeout)
        sock.send(query)
        try:
            while True:
                message = sock.recv(65535)
                if message[:2] == query[:2]:
                    break
        except OSError:
            return None
    reply = Reply(message)
    if reply.truncated:
        try:
            return ask_tcp(server, query, timeout)
        except OSError:
            return None
    return reply
