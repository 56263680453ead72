#!/usr/bin/env python3
"""greedy.py - a name server of somebody who means to do harm with a resolver.

Started by limits_test. At ADDRESS it serves
  dead.lab  any number of delegations, d0.dead.lab, d1 ..., each to one of the silent addresses
  held.lab  answers of 1,100 octets, all kept back until SIGUSR1
  big.lab   the same at once
  fails.lab SERVFAIL, and whom to tell of it (RFC 9567): the agent agent.lab
  agent.lab an answer to every TXT; what is asked is printed
"""
import resource
import selectors
import signal
import socket
import struct
import sys

ADDRESS = "127.66.255.1"
SILENT = [f"127.66.{i // 200}.{i % 200 + 1}" for i in range(4000)]
A, NS, SOA, TXT = 1, 2, 6, 16


def encode(name):
    return b"".join(bytes((len(label),)) + label.encode() for label in name.split(".") if label) + b"\0"


def record(name, rrtype, rdata, ttl=300):
    return encode(name) + struct.pack("!HHIH", rrtype, 1, ttl, len(rdata)) + rdata


def read_question(packet):
    labels, at = [], 12
    while packet[at] != 0:
        labels.append(packet[at + 1:at + 1 + packet[at]].decode("latin-1").lower())
        at += 1 + packet[at]
    return labels, struct.unpack("!H", packet[at + 1:at + 3])[0], at + 5


def soa(zone):
    return record(zone, SOA, encode("ns." + zone) + encode("host." + zone)
                  + struct.pack("!5I", 1, 3600, 600, 86400, 60), 60)


def content(labels, rrtype):
    """(flags, answer records, authority records, additional records)"""
    zone = ".".join(labels[-2:])
    if zone == "dead.lab" and len(labels) > 2 and labels[-3][1:].isdigit():
        cut = ".".join(labels[-3:])
        address = SILENT[int(labels[-3][1:]) % len(SILENT)]
        return 0, [], [record(cut, NS, encode("ns." + cut))], \
            [record("ns." + cut, A, socket.inet_aton(address))]
    if rrtype == TXT and zone in ("held.lab", "big.lab", "agent.lab"):
        return 0x0400, [record(".".join(labels), TXT, (b"\xff" + b"x" * 255) * 4 + b"\x3f" + b"y" * 63)], [], []
    if rrtype == A and len(labels) > 2:
        return 0x0400, [record(".".join(labels), A, bytes((192, 0, 2, 1)))], [], []
    return 0x0400, [], [soa(zone)], []


def failure(packet, end):
    option = encode("agent.lab")
    return packet[:2] + struct.pack("!5H", 0x8402, 1, 0, 0, 1) + packet[12:end] \
        + b"\0" + struct.pack("!HHIHHH", 41, 1232, 0, len(option) + 4, 18, len(option)) + option


def answer(packet):
    labels, rrtype, end = read_question(packet)
    if labels[-2:] == ["fails", "lab"]:
        return failure(packet, end)
    if labels[-2:] == ["agent", "lab"] and rrtype == TXT:
        print(".".join(labels), flush=True)
    flags, *sections = content(labels, rrtype)
    counts = [len(section) for section in sections]
    return packet[:2] + struct.pack("!5H", 0x8000 | flags, 1, *counts) + packet[12:end] \
        + b"".join(b"".join(section) for section in sections)


def main():
    held, silent = [], []
    resource.setrlimit(resource.RLIMIT_NOFILE, (2 * len(SILENT),) * 2)
    selector = selectors.DefaultSelector()
    for address in SILENT + [ADDRESS]:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, (4 << 20) if address == ADDRESS else 4096)
        sock.bind((address, 53))
        sock.setblocking(False)
        silent.append(sock)
        if address == ADDRESS:
            selector.register(sock, selectors.EVENT_READ)

    def let_go(*_):
        for packet, peer in held:
            sock.sendto(packet, peer)
        held.clear()

    signal.signal(signal.SIGUSR1, let_go)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    while True:
        for _ in selector.select():
            try:
                packet, peer = sock.recvfrom(65535)
            except OSError:
                continue
            labels, rrtype, _ = read_question(packet)
            if labels[-2:] == ["held", "lab"] and rrtype == TXT:
                held.append((answer(packet), peer))
            else:
                sock.sendto(answer(packet), peer)


if __name__ == "__main__":
    main()
