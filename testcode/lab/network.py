"""network.py - gives the loopback interface of the lab's namespace a network of its own.

Used by ede_test. All addresses of the network are then of this machine, as those of 127.0.0.0/8
always are, so that each name server of the lab can have its own without further ado.
"""
import fcntl
import socket
import struct

SIOCSIFADDR, SIOCSIFNETMASK = 0x8916, 0x891c


def add_addresses(address, netmask):
    """Needs the right to change the namespace's network; raises OSError without it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for call, value in ((SIOCSIFADDR, address), (SIOCSIFNETMASK, netmask)):
            fcntl.ioctl(sock, call, struct.pack("16sH2x4s8x", b"lo:lab", socket.AF_INET,
                                                socket.inet_aton(value)))
