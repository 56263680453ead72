"""crowd.py - clients of the lab that ask as honest, forged or greedy ones do.

Used by limits_test. A Client has a source address of its own out of 127.0.0.0/8, so that the daemon
sees many clients; a Flood sends at a rate, in a process of its own, and counts what comes back.
"""
import socket
import struct
import time

import client

BADCOOKIE = 23
NSID, COOKIE, EDE = 3, 10, 15


def want(condition, *words):
    if not condition:
        raise AssertionError(" ".join(str(word) for word in words))


def opt(code, data=b""):
    return struct.pack("!HH", code, len(data)) + data


def question(name, rrtype="A", number=0x1234, options=None, flags=0x0100, size=1232, rrclass=1):
    """options None: no OPT record."""
    head = struct.pack("!6H", number, flags, 1, 0, 0, options is not None)
    edns = b"" if options is None else b"\0" + struct.pack("!HHIH", 41, size, 0, len(options)) + options
    return head + client.encode_name(name) + struct.pack("!HH", client.type_number(rrtype), rrclass) + edns


class Answer:
    """rcode (all twelve bits), truncated, answers (a number), options {code: [data]}, octets."""

    def __init__(self, message):
        self.octets = message
        self.number, self.flags, questions, self.answers, authority, more = \
            struct.unpack("!6H", message[:12])
        self.rcode, self.truncated, self.options = self.flags & 15, bool(self.flags & 0x0200), {}
        at = 12
        for _ in range(questions):
            at = client.decode_name(message, at)[1] + 4
        self.rdata = []
        for i in range(self.answers + authority + more):
            at = client.decode_name(message, at)[1]
            rrtype, _, ttl, size = struct.unpack("!HHIH", message[at:at + 10])
            at += 10
            if rrtype == 41:
                self.rcode |= (ttl >> 24) << 4
                self._read_options(message[at:at + size])
            elif i < self.answers:
                self.rdata.append(message[at:at + size])
            at += size

    def _read_options(self, data):
        while len(data) >= 4:
            code, size = struct.unpack("!HH", data[:4])
            self.options.setdefault(code, []).append(data[4:4 + size])
            data = data[4 + size:]

    @property
    def cookie(self):
        return self.options.get(COOKIE, [None])[0]

    @property
    def ede(self):
        return [(struct.unpack("!H", data[:2])[0], data[2:].decode()) for data in self.options.get(EDE, [])]


class Client:
    def __init__(self, address, server):
        self.address, self.server = address, server

    def ask(self, name, rrtype="A", timeout=8, **how):
        """An Answer, or None."""
        how.setdefault("options", b"")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind((self.address, 0))
            sock.connect((self.server, 53))
            sock.settimeout(timeout)
            sock.send(question(name, rrtype, **how))
            try:
                return Answer(sock.recv(65535))
            except OSError:
                return None

    def ask_tcp(self, name, rrtype="A", timeout=8, **how):
        query = question(name, rrtype, **how)
        with socket.create_connection((self.server, 53), timeout, (self.address, 0)) as stream:
            stream.sendall(struct.pack("!H", len(query)) + query)
            size = struct.unpack("!H", client._read_exactly(stream, 2))[0]
            return Answer(client._read_exactly(stream, size))

    def cookie(self, name, shown=b"8 octets"):
        """The cookie that the server gives to who shows that one."""
        reply = self.ask(name, options=opt(COOKIE, shown))
        return reply and reply.cookie


def flood(server, sources, names, rate, seconds, options=None):
    """Sends `rate` questions a second from each source in turn, and counts what comes back: (answers,
    octets, answers with TC, sent). Runs in the caller's process, at most as fast as it can."""
    socks = []
    for source in sources:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        sock.bind((source, 0))
        sock.connect((server, 53))
        sock.setblocking(False)
        socks.append(sock)
    counts = [0, 0, 0, 0]

    def drain():
        for sock in socks:
            while True:
                try:
                    message = sock.recv(65535)
                except OSError:
                    break
                counts[0] += 1
                counts[1] += len(message)
                counts[2] += message[2] >> 1 & 1

    begin = time.monotonic()
    while time.monotonic() - begin < seconds:
        while counts[3] < (time.monotonic() - begin) * rate:
            number = counts[3]
            try:
                socks[number % len(socks)].send(question(names(number), number=number & 0xffff,
                                                         options=options))
            except OSError:
                pass
            counts[3] += 1
        drain()
        time.sleep(0.001)
    time.sleep(0.3)
    drain()
    for sock in socks:
        sock.close()
    return tuple(counts)
