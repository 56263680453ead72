#!/usr/bin/env python3
"""big_server.py ADDRESS PORT - a name server for big., whose answers to ANY are large.

Started by hit_world.py, because the real name servers answer ANY with one type (RFC 8482). At
b24.big there are two types and 27 kB, at b62.big four and 60 kB; no set is larger than what an
RRset cache takes (16 KiB), and hardly any name can be compressed. Everything else is NXDOMAIN; by UDP
it says TC.
"""
import random
import socket
import socketserver
import struct
import sys
import threading

RECORDS = 185
TYPES = {b"b24": [(15, b"\0\1"), (12, b"")],
         b"b62": [(15, b"\0\1"), (12, b""), (18, b"\0\1"), (36, b"\0\1")]}


def letters(chance, size):
    return bytes(chance.choice(b"abcdefghijklmnopqrstuvwxyz") for _ in range(size))


def answer(query, stream):
    end = 12
    while query[end]:
        end += 1 + query[end]
    question = query[12:end + 5]
    types = TYPES.get(question[1:4].lower())
    qtype = struct.unpack(">H", question[-4:-2])[0]
    head = lambda flags, count: query[:2] + struct.pack(">HHHHH", 0x8400 | flags, 1, count, 0, 0)
    if types is None:
        return head(3, 0) + question
    if not stream:
        return head(0x200, 0) + question
    chance, records = random.Random(4), []
    for rrtype, before in types:
        for _ in range(RECORDS):
            rdata = before + b"\x1d" + letters(chance, 29) + b"\x1c" + letters(chance, 28) + b"\0"
            if qtype in (255, rrtype):
                records.append(b"\xc0\x0c" + struct.pack(">HHIH", rrtype, 1, 86400, len(rdata))
                               + rdata)
    return head(0, len(records)) + question + b"".join(records)


class Udp(socketserver.BaseRequestHandler):
    def handle(self):
        self.request[1].sendto(answer(self.request[0], False), self.client_address)


class Tcp(socketserver.StreamRequestHandler):
    def handle(self):
        while len(size := self.rfile.read(2)) == 2:
            packet = answer(self.rfile.read(int.from_bytes(size, "big")), True)
            self.wfile.write(len(packet).to_bytes(2, "big") + packet)


def main():
    place = (sys.argv[1], int(sys.argv[2]))
    socketserver.ThreadingTCPServer.allow_reuse_address = True
    socketserver.ThreadingTCPServer.request_queue_size = socket.SOMAXCONN
    udp, tcp = socketserver.UDPServer(place, Udp), socketserver.ThreadingTCPServer(place, Tcp)
    threading.Thread(target=udp.serve_forever, daemon=True).start()
    tcp.serve_forever()


main()
