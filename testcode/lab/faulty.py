#!/usr/bin/env python3
"""faulty.py LOG ADDRESS=BEHAVIOUR... - name servers that fail, each in its own way.

Started by servers.py, one process for all of them. Every question is written to LOG as
"address protocol name type", so that a test can count what a resolver spent on a dead zone.

  servfail refused notimp formerr   the rcode and nothing else
  silent      no answer, also not over TCP
  lame        not authoritative, refers up to the root
  empty       NOERROR, not authoritative, no record
  garbage     the right id, then bytes that are no message
  wrongid     an otherwise fine answer (203.0.113.66) with another id
  truncated   TC over UDP, nobody listens on TCP
  noedns      FORMERR to every question with EDNS; a plain one is answered by the sound server
  slow        the sound server's answer after 0.6 s
  forged      first three false answers (other id, other question, cut off), then the sound server's
  nocase      the sound server's answer with the question in lower case
"""
import selectors
import signal
import socket
import struct
import sys
import time

GOOD = ("127.60.0.1", 53)
RCODES = {"formerr": 1, "servfail": 2, "notimp": 4, "refused": 5}


def read_name(message, at):
    labels = []
    while message[at] != 0:
        labels.append(message[at + 1:at + 1 + message[at]].decode("latin-1"))
        at += 1 + message[at]
    return ".".join(labels) + ".", at + 1


def reply_header(query, flags, question, counts=(0, 0, 0)):
    asked = struct.unpack("!H", query[2:4])[0]
    return query[:2] + struct.pack("!6H", 0x8000 | (asked & 0x7900) | flags, 1, *counts, 0)[:10] \
        + question


def false_record(query, question):
    record = b"\xc0\x0c" + struct.pack("!HHIH4B", 1, 1, 60, 4, 203, 0, 113, 66)
    return reply_header(query, 0x0400, question, (1, 0, 0)) + record


def from_sound_server(query):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ask:
        ask.settimeout(2)
        ask.sendto(query, GOOD)
        return ask.recv(65535)


def truth(behaviour, query, question):
    """What the servers say that answer in the end, each in its way."""
    if behaviour == "noedns" and struct.unpack("!H", query[10:12])[0] > 0:
        return [reply_header(query, 1, question)]
    good = from_sound_server(query)
    if behaviour == "forged":
        other = question.replace(question[1:2], b"z", 1)
        false = false_record(query, question)
        return [bytes((false[0] ^ 0x55,)) + false[1:], false_record(query, other), query[:7], good]
    if behaviour == "nocase":
        return [good[:12] + question.lower() + good[12 + len(question):]]
    return [good]


def answers(behaviour, query):
    """The replies to a well-formed query, in order; none for silence."""
    _, end = read_name(query, 12)
    question = query[12:end + 4]
    if behaviour in RCODES:
        return [reply_header(query, RCODES[behaviour], question)]
    if behaviour == "lame":
        up = b"\0" + struct.pack("!HHIH", 2, 1, 86400, 8) + b"\1a\4root\0"
        return [reply_header(query, 0, question, (0, 1, 0)) + up]
    if behaviour == "empty":
        return [reply_header(query, 0, question)]
    if behaviour == "garbage":
        return [query[:2] + bytes((0x80, 0, 0, 1, 0, 9, 0, 0, 0, 0)) + b"\xc0\xff" * 20]
    if behaviour == "wrongid":
        reply = false_record(query, question)
        return [bytes((reply[0] ^ 0x55,)) + reply[1:]]
    if behaviour == "truncated":
        return [reply_header(query, 0x0200, question)]
    if behaviour == "silent":
        return []
    return truth(behaviour, query, question)


def note(log, address, protocol, query):
    name, end = read_name(query, 12)
    rrtype = struct.unpack("!H", query[end:end + 2])[0]
    log.write(f"{address} {protocol} {name.lower()} {rrtype}\n")
    log.flush()


def on_datagram(sock, address, behaviour, log, late):
    query, client = sock.recvfrom(65535)
    try:
        note(log, address, "udp", query)
        replies = answers(behaviour, query)
    except (IndexError, struct.error, OSError):
        return
    at = time.monotonic() + (0.6 if behaviour == "slow" else 0)
    late.extend((at, sock, reply, client) for reply in replies)


def send_due(late):
    """Sends what is due, in order. @return seconds until the next, or None."""
    while late and late[0][0] <= time.monotonic():
        _, sock, reply, client = late.pop(0)
        sock.sendto(reply, client)
    return max(0, late[0][0] - time.monotonic()) if late else None


def on_connection(listener, address, behaviour, log, held):
    """One question a connection is enough for servers that fail; silent ones keep it open."""
    stream, _ = listener.accept()
    stream.settimeout(1)
    try:
        size = struct.unpack("!H", stream.recv(2, socket.MSG_WAITALL))[0]
        query = stream.recv(size, socket.MSG_WAITALL)
        note(log, address, "tcp", query)
        replies = answers(behaviour, query)
    except (IndexError, struct.error, OSError):
        stream.close()
        return
    if not replies:
        held.append(stream)
        del held[:-50]
        return
    stream.sendall(struct.pack("!H", len(replies[-1])) + replies[-1])
    stream.close()


def main():
    log = open(sys.argv[1], "a", encoding="ascii")
    ready = selectors.DefaultSelector()
    held, late = [], []
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    for word in sys.argv[2:]:
        address, behaviour = word.split("=")
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind((address, 53))
        ready.register(sock, selectors.EVENT_READ,
                       lambda s=sock, a=address, b=behaviour: on_datagram(s, a, b, log, late))
        if behaviour == "truncated":
            continue
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, 53))
        listener.listen(20)
        ready.register(listener, selectors.EVENT_READ,
                       lambda s=listener, a=address, b=behaviour:
                       on_connection(s, a, b, log, held))
    while True:
        for key, _ in ready.select(send_due(late)):
            key.data()
        late.sort(key=lambda entry: entry[0])


main()
