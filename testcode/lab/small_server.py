"""small_server.py - a resolver in a few lines that shrewd can be told to forward to.

Used by control_test, where failures must be had at will and no namespace is there. By the first label of
what is asked: "broken" is answered with SERVFAIL and words, "silent" not at all, "nothing" does not exist;
everything else has the address 192.0.2.1 and nothing besides.
"""
import socket
import struct
import threading

A, SOA, NXDOMAIN, SERVFAIL = 1, 6, 3, 2
SOA_RDATA = b"\0\0" + struct.pack("!5I", 1, 3600, 600, 86400, 60)
WORDS = b"\0\x17the disk is on fire"  # EDE 23


class SmallServer:
    def __init__(self):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1", 0))
        self.port = self.sock.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            packet, peer = self.sock.recvfrom(65535)
            reply = answer(packet)
            if reply is not None:
                self.sock.sendto(reply, peer)


def answer(packet):
    end = packet.index(b"\0", 12) + 5
    label = packet[13:13 + packet[12]].lower()
    rrtype = struct.unpack("!H", packet[end - 4:end - 2])[0]
    rcode, answers, authority, option = 0, b"", b"", b""
    if label == b"silent":
        return None
    if label == b"broken":
        rcode, option = SERVFAIL, struct.pack("!HH", 15, len(WORDS)) + WORDS
    elif label != b"nothing" and rrtype == A:
        answers = b"\xc0\x0c" + struct.pack("!HHIH", A, 1, 300, 4) + bytes((192, 0, 2, 1))
    else:
        rcode = NXDOMAIN if label == b"nothing" else 0
        zone = 12 + 1 + packet[12]  # what lies behind the first label
        authority = struct.pack("!HHHIH", 0xc000 | zone, SOA, 1, 60, len(SOA_RDATA)) + SOA_RDATA
    opt = b"\0" + struct.pack("!HHIH", 41, 1232, 0, len(option)) + option
    flags = 0x8180 | rcode
    return packet[:2] + struct.pack("!5H", flags, 1, bool(answers), bool(authority), 1) \
        + packet[12:end] + answers + authority + opt
