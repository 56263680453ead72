"""dnstap.py - takes apart what a collector of dnstap wrote: frames, protocol buffers, messages.

Used by dnstap_test. Numbers are those of dnstap.proto and of the Frame Streams file format.
"""
import ipaddress
import struct

TYPES = {3: "RESOLVER_QUERY", 4: "RESOLVER_RESPONSE", 5: "CLIENT_QUERY", 6: "CLIENT_RESPONSE",
         7: "FORWARDER_QUERY", 8: "FORWARDER_RESPONSE"}
FAMILIES = {1: "INET", 2: "INET6"}
PROTOCOLS = {1: "UDP", 2: "TCP", 3: "DOT", 4: "DOH"}
MESSAGE = {1: "type", 2: "family", 3: "protocol", 4: "query_address", 5: "response_address",
           6: "query_port", 7: "response_port", 8: "query_sec", 9: "query_nsec", 10: "query",
           11: "zone", 12: "response_sec", 13: "response_nsec", 14: "response"}


def varint(data, at):
    value = shift = 0
    while True:
        octet = data[at]
        at += 1
        value |= (octet & 0x7f) << shift
        shift += 7
        if octet < 0x80:
            return value, at


def fields(data):
    """{field: number or octets}; each field once."""
    found, at = {}, 0
    while at < len(data):
        head, at = varint(data, at)
        if head & 7 == 0:
            value, at = varint(data, at)
        elif head & 7 == 2:
            size, at = varint(data, at)
            value, at = data[at:at + size], at + size
            if len(value) != size:
                raise ValueError("cut short")
        elif head & 7 == 5:
            value, at = struct.unpack("<I", data[at:at + 4])[0], at + 4
        else:
            raise ValueError(f"kind {head & 7}")
        if head >> 3 in found:
            raise ValueError(f"field {head >> 3} twice")
        found[head >> 3] = value
    return found


def frames(data):
    at = 0
    while at + 4 <= len(data):
        size = struct.unpack("!I", data[at:at + 4])[0]
        at += 4
        if size == 0:  # a control frame follows
            at += 4 + struct.unpack("!I", data[at:at + 4])[0]
            continue
        if at + size > len(data):
            return  # still being written
        yield data[at:at + size]
        at += size


def read(path):
    """The messages of a file as dictionaries, with identity and version."""
    with open(path, "rb") as file:
        data = file.read()
    messages = []
    for frame in frames(data):
        outer = fields(frame)
        if outer[15] != 1:
            raise ValueError("no message")
        message = {MESSAGE[number]: value for number, value in fields(outer[14]).items()}
        message["identity"], message["version"] = outer.get(1, b""), outer.get(2, b"")
        message["type"] = TYPES[message["type"]]
        message["family"] = FAMILIES[message["family"]]
        message["protocol"] = PROTOCOLS[message["protocol"]]
        for end in ("query_address", "response_address"):
            if end in message:
                message[end] = str(ipaddress.ip_address(message[end]))
        for when in ("query", "response"):
            if when + "_sec" in message:
                message[when + "_time"] = message[when + "_sec"] + message[when + "_nsec"] / 1e9
        messages.append(message)
    return messages
