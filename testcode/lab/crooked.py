#!/usr/bin/env python3
"""crooked.py LOG WORLD - name servers and forwarders that do one thing wrong each, or nothing.

Started by ede_test, one process for all of them; WORLD is the JSON that ede_world.py makes: for
each address its behaviour and zones, for each zone its records. Every question is written to LOG as
"address protocol name type" before it is answered, so that a test can count what was spent.

A behaviour is a word of the table BEHAVIOURS, its argument after a colon: "servfail", "ede:22".
Standard library only.
"""
import copy
import heapq
import json
import re
import resource
import selectors
import signal
import socket
import struct
import sys
import time

from authority import Zone, parent, record
from client import TYPES, encode_name

NUMBERS = {**TYPES, "OPT": 41}
QR, AA, TC, RA = 0x8000, 0x0400, 0x0200, 0x0080
DO = 0x8000
RCODES = {"formerr": 1, "servfail": 2, "notimp": 4, "refused": 5, "yxdomain": 6, "notauth": 9,
          "notzone": 10, "rcode11": 11}
STRANGER = "203.0.113.66"


class Query:
    def __init__(self, message, over_tcp=False):
        self.message = message
        labels, at = [], 12
        while message[at] != 0:
            labels.append(message[at + 1:at + 1 + message[at]].decode("latin-1"))
            at += 1 + message[at]
        self.name = (".".join(labels) + ".").lower()
        self.rrtype = struct.unpack("!H", message[at + 1:at + 3])[0]
        self.question = message[12:at + 5]
        # Everything of ours that a resolver asks has at most the OPT behind the question.
        self.edns = struct.unpack("!H", message[10:12])[0] > 0
        self.over_tcp = over_tcp
        size, flags = struct.unpack("!H2xH", message[at + 8:at + 14]) if self.edns else (512, 0)
        self.size, self.signed = max(size, 512), bool(flags & DO)


def reply(query, flags, answer=(), authority=(), additional=(), ede=None, question=None, opt=True):
    """A whole message; sections are lists of records, ede is (code, text)."""
    additional = list(additional)
    asked = struct.unpack("!H", query.message[2:4])[0]
    if query.edns and opt:
        options = b""
        if ede is not None:
            words = ede[1].encode("utf-8")
            options = struct.pack("!HHH", 15, 2 + len(words), ede[0]) + words
        additional.append(b"\0" + struct.pack("!HHIH", 41, 1232, DO if query.signed else 0,
                                             len(options)) + options)
    question = query.question if question is None else question
    out = query.message[:2] + struct.pack(
        "!5H", QR | (asked & 0x7910) | flags, 1 if question else 0, len(answer), len(authority),
        len(additional)) + question
    known = {}  # names of owners, as octets, and where they stand
    for one in [*answer, *authority, *additional]:
        out += compressed(one, len(out), known)
    return out


def compressed(record_out, start, known):
    """The record with its owner's name made short (RFC 1035 section 4.1.4)."""
    end = record_out.index(b"\0") + 1
    name, at, out = record_out[:end], 0, b""
    while name[at] != 0:
        if name[at:] in known:
            return out + struct.pack("!H", 0xc000 | known[name[at:]]) + record_out[end:]
        if start + at < 0x4000:
            known[name[at:]] = start + at
        out += name[at:at + 1 + name[at]]
        at += 1 + name[at]
    return out + b"\0" + record_out[end:]


def enclosing(name, places):
    """The longest of the places that the name is at or below; None: none."""
    while True:
        if name in places:
            return name
        if name == ".":
            return None
        name = name.partition(".")[2] or "."


class Server:
    def __init__(self, world, address, behaviour, zones):
        self.zones = {zone.name: zone for zone in (Zone(world["zones"][key]) for key in zones)}
        self.address = address
        self.word, _, self.argument = behaviour.partition(":")
        self.dead = False

    # ---- what a sound server says ----

    def zone_of(self, query):
        """The deepest one; but a DS is the parent's."""
        zone = enclosing(query.name, self.zones)
        if zone is not None and query.rrtype == NUMBERS["DS"] and query.name == zone != ".":
            zone = enclosing(parent(zone), self.zones) or zone
        return self.zones.get(zone)

    def good(self, query, flags=AA, steps=16, **more):
        zone = self.zone_of(query)
        if zone is None:
            return reply(query, RCODES["refused"], **more)
        found = zone.look(query.name, query.rrtype, query.signed, steps)
        out = reply(query, 0 if found.is_referral else flags | found.rcode, found.answer,
                    found.authority, found.additional, **more)
        if len(out) > query.size and not query.over_tcp:
            return reply(query, flags | TC, **more)
        return out

    def acting(self, behaviour):
        """The same server with another behaviour."""
        other = copy.copy(self)
        other.word, _, other.argument = behaviour.partition(":")
        return other

    def no_data(self, query, rcode=0):
        """That there is nothing, whatever there is."""
        zone = enclosing(query.name, self.zones)
        return reply(query, AA | rcode, authority=self.zones[zone].rrset(
            zone, NUMBERS["SOA"], query.signed))

    def referral(self, query, owner, names):
        return reply(query, 0, authority=[record(owner, NUMBERS["NS"], encode_name(name))
                                          for name in names])

    def __call__(self, query, over_tcp):
        """Bytes, or None for silence, or a list of them, or (bytes, True): from another address."""
        if self.word in RCODES:
            return reply(query, RCODES[self.word])
        return BEHAVIOURS[self.word](self, query, over_tcp)


# ---- what the others do -----------------------------------------------------------------------


def with_argument(flags):
    def behave(server, query, _):
        return reply(query, flags, ede=(int(server.argument), f"said by {server.address}"))
    return behave


def garbage(_, query, __):
    return query.message[:2] + bytes((0x80, 0, 0, 1, 0, 9, 0, 0, 0, 0)) + b"\xc0\xff" * 20


def wrong_id(server, query, _):
    message = server.good(query)
    return bytes((message[0] ^ 0x55,)) + message[1:]


def wrong_question(server, query, _):
    return server.good(query, question=encode_name("other.lab.") + query.question[-4:])


def lame(_, query, __):
    return reply(query, 0, authority=[record(".", NUMBERS["NS"], encode_name("a.root."))])


def self_referral(server, query, _):
    zone = enclosing(query.name, server.zones)
    return reply(query, 0, authority=server.zones[zone].rrset(zone, NUMBERS["NS"], False))


def other_owner(_, query, __):
    return reply(query, AA, [record("other.lab.", NUMBERS["A"], socket.inet_aton(STRANGER))])


def truncated(server, query, over_tcp):
    if over_tcp and server.word == "tc-mute":
        return None
    return server.good(query) if over_tcp and server.word == "tc" else reply(query, TC)


def old_server(server, query, _):
    """Its argument is what EDNS gives: a rcode, or silence."""
    if not query.edns:
        return server.good(query)
    return None if server.argument == "drop" else reply(query, RCODES[server.argument], opt=False)


def bare(_, query, __):
    return query.message[:2] + struct.pack("!5H", QR | 1, 0, 0, 0, 0)


def lower_case(server, query, _):
    return server.good(query, question=encode_name(query.name) + query.question[-4:])


def bad_version(server, query, _):
    """Knows no EDNS version at all (RFC 6891 section 6.1.3)."""
    if not query.edns:
        return server.good(query)
    opt = b"\0" + struct.pack("!HHBBHH", 41, 1232, 1, 0, 0, 0)
    return reply(query, 0, additional=[opt], opt=False)


def loses(server, query, _):
    """Every other packet is lost, the first one to begin with."""
    server.dead = not server.dead
    return None if server.dead else server.good(query)


def endless(server, query, _):
    """Every name is delegated to two names of the next branch, for ever."""
    zone = enclosing(query.name, server.zones)
    labels = query.name[:-len(zone)].rstrip(".").split(".")
    number = re.fullmatch(r"e-(\d+)", labels[-1])
    if query.name == zone:
        return server.good(query)
    deeper = (int(number[1]) if number else 0) + 1
    return server.referral(query, f"{labels[-1]}.{zone}",
                           [f"n{i}.e-{deeper * 2 + i}.{zone}" for i in (0, 1)])


def false_first(server, query, _):
    """A false packet of the kind that is its argument, then the true one."""
    true = server.good(query)
    kind = server.argument
    if kind == "opcode":
        return [true[:2] + bytes((true[2] | 0x20,)) + true[3:], true]
    if kind in ("class", "type"):
        tail = bytes((0, 1, 0, 3)) if kind == "class" else bytes((0, 28, 0, 1))
        return [server.good(query, question=query.question[:-4] + tail), true]
    if kind == "twoq":
        return [true[:4] + b"\0\2" + true[6:], true]
    return [BEHAVIOURS[kind](server, query, False), true]


def over_tcp_only(server, query, over_tcp):
    """What its argument does over UDP, and sound over TCP."""
    return server.good(query) if over_tcp else BEHAVIOURS[server.argument](server, query, False)


def downward(server, query, _):
    """Refers one label further down each time, to itself, with glue."""
    zone = enclosing(query.name, server.zones)
    labels = query.name[:-len(zone)].rstrip(".").split(".")
    cut = query.name if len(labels) < 2 else ".".join(labels[1:]) + "." + zone
    host = f"ns.{cut}"
    return reply(query, 0, authority=[record(cut, NUMBERS["NS"], encode_name(host))],
                 additional=[record(host, NUMBERS["A"], socket.inet_aton(server.address))])


def only_type(server, query, _):
    """SERVFAIL but for the type that is its argument."""
    if query.rrtype == NUMBERS[server.argument]:
        return server.good(query)
    return reply(query, RCODES["servfail"])


def fails_for(server, query, over_tcp):
    """TYPE/BEHAVIOUR: does that where this type is asked for."""
    rrtype, _, behaviour = server.argument.partition("/")
    if query.rrtype != NUMBERS[rrtype]:
        return server.good(query)
    return server.acting(behaviour)(query, over_tcp)


def strips(server, query, _):
    """As something in the way that knows no DNSSEC: none of its records gets through."""
    query.signed = False
    if query.rrtype in (NUMBERS[word] for word in DNSSEC_TYPES):
        return reply(query, AA)
    return server.good(query)


def strips_recursively(server, query, _):
    """The same as a forwarder."""
    query.signed = False
    if query.rrtype in (NUMBERS[word] for word in DNSSEC_TYPES):
        return reply(query, RA)
    return server.good(query, RA)


def without_signatures(server, query, _):
    query.signed = False
    return server.good(query)


def mortal(server, query, _):
    """RCODE/LABEL: sound until it has been asked for that label's address; then fails like that."""
    then, _, name = server.argument.partition("/")
    if server.dead:
        return None if then == "silent" else reply(query, RCODES[then])
    server.dead = query.name.startswith(name + ".") and query.rrtype == NUMBERS["A"]
    return server.good(query)


BEHAVIOURS = {
    "mortal": mortal,
    "fails": fails_for,
    "strip": strips,
    "stripra": strips_recursively,
    "nosigs": without_signatures,
    "nodata": lambda server, query, _: server.no_data(query),
    "nxdomain": lambda server, query, _: server.no_data(query, 3),
    "good": lambda server, query, _: server.good(query),
    "onestep": lambda server, query, _: server.good(query, steps=1),
    "recursive": lambda server, query, _: server.good(query, RA),  # a sound forwarder
    "silent": lambda *_: None,
    "slow": lambda server, query, _: server.good(query),  # after so many milliseconds
    "loses": loses,
    "noaa": lambda server, query, _: server.good(query, 0),
    "cache": lambda server, query, _: server.good(query, RA),
    "badvers": bad_version,
    "notcp": lambda server, query, over_tcp: server.good(query),
    "lame": lame,
    "selfref": self_referral,
    "empty": lambda server, query, _: reply(query, 0),
    "emptyaa": lambda server, query, _: reply(query, AA),
    "emptynx": lambda server, query, _: reply(query, AA | 3),
    "garbage": garbage,
    "short": lambda server, query, _: query.message[:7],
    "bare": bare,
    "wrongid": wrong_id,
    "wrongq": wrong_question,
    "noq": lambda server, query, _: server.good(query, question=b""),
    "notreply": lambda server, query, _: query.message,
    "othersrc": lambda server, query, over_tcp:
        server.good(query) if over_tcp else (server.good(query), True),
    "othersrc-notcp": lambda server, query, _: (server.good(query), True),
    "otherowner": other_owner,
    "tc": truncated,
    "tc-notcp": truncated,
    "tc-tcptc": truncated,
    "tc-mute": truncated,
    "edns": old_server,
    "ednsignored": lambda server, query, _: server.good(query, opt=False),
    "ede": with_argument(RCODES["servfail"]),
    "refusedede": with_argument(RCODES["refused"]),
    "nxede": with_argument(3),
    "okede": lambda server, query, _: server.good(query, ede=(int(server.argument), "by policy")),
    "okedera": lambda server, query, _: server.good(query, RA,
                                                    ede=(int(server.argument), "by policy")),
    "said": lambda server, query, _: reply(query, RCODES["servfail"], ede=(0, SPEECH)),
    "lower": lower_case,
    "endless": endless,
    "downward": downward,
    "onlytype": only_type,
    "false": false_first,
    "tcp": over_tcp_only,
}
DNSSEC_TYPES = ("DS", "RRSIG", "NSEC", "DNSKEY", "NSEC3", "NSEC3PARAM")
SPEECH = 'He said "no",\r\n\x07 {and} \u00fcber 100 octets \u2014 ' + "bla " * 60
NO_TCP = ("tc-notcp", "notcp", "othersrc-notcp")


# ---- sockets ----------------------------------------------------------------------------------


class Desk:
    """One address: its sockets and the server behind them."""

    def __init__(self, server, log, ready, stranger, later):
        self.server, self.log, self.stranger, self.later = server, log, stranger, later
        self.held = []
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((server.address, 53))
        ready.register(self.sock, selectors.EVENT_READ, self.on_datagram)
        if server.word in NO_TCP:
            return
        self.listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((server.address, 53))
        self.listener.listen(20)
        ready.register(self.listener, selectors.EVENT_READ, self.on_connection)

    def take(self, message, protocol):
        query = Query(message, protocol == "tcp")
        self.log.write(f"{self.server.address} {protocol} {query.name} {query.rrtype}\n")
        self.log.flush()
        return self.server(query, protocol == "tcp")

    def on_datagram(self):
        message, client = self.sock.recvfrom(65535)
        try:
            out = self.take(message, "udp")
            if self.server.word == "slow":
                at = time.monotonic() + int(self.server.argument) / 1000
                heapq.heappush(self.later, (at, id(out), self.sock, out, client))
            elif isinstance(out, tuple):
                self.stranger.sendto(out[0], client)
            elif out is not None:
                for message in out if isinstance(out, list) else [out]:
                    self.sock.sendto(message, client)
        except (IndexError, struct.error, OSError) as error:
            print(f"{self.server.address}: {error!r}", flush=True)

    def on_connection(self):
        """One question a connection; silent servers keep it open."""
        stream, _ = self.listener.accept()
        stream.settimeout(1)
        try:
            size = struct.unpack("!H", stream.recv(2, socket.MSG_WAITALL))[0]
            out = self.take(stream.recv(size, socket.MSG_WAITALL), "tcp")
            out = out[-1] if isinstance(out, list) else out
            if out is None:
                self.held = [*self.held[-20:], stream]
                return
            stream.sendall(struct.pack("!H", len(out)) + out)
        except (IndexError, struct.error, OSError) as error:
            print(f"{self.server.address}: {error!r}", flush=True)
        stream.close()


def main():
    with open(sys.argv[2], encoding="ascii") as file:
        world = json.load(file)
    log = open(sys.argv[1], "a", encoding="ascii")
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    ready = selectors.DefaultSelector()
    stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    stranger.bind((world["stranger"], 53))
    later = []  # what slow servers will send: (when, number, socket, message, client)
    for address, (behaviour, zones) in world["servers"].items():
        Desk(Server(world, address, behaviour, zones), log, ready, stranger, later)
    while True:
        for key, _ in ready.select(later[0][0] - time.monotonic() if later else None):
            key.data()
        while later and later[0][0] <= time.monotonic():
            _, _, sock, message, client = heapq.heappop(later)
            sock.sendto(message, client)


main()
