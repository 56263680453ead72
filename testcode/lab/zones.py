"""zones.py - the lab's internet as data: which server serves which zone at which address.

Read by servers.py (starts them) and questions.py (knows what to ask). The sound zones are the
files in zones/; zones with servers that fail are made from the table TROUBLED, so that one line
here is all that a further kind of failure needs.
"""
import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))

# Name server processes: name -> (addresses, zones). Each is one nsd that knows only its zones, so
# that delegations are real.
NSD = {
    "root": (["127.10.0.1", "127.10.0.2"], ["."]),
    "forest": (["127.20.0.1", "127.20.0.2"], ["forest."]),
    "meadow": (["127.30.0.1"], ["meadow."]),
    "leaf": (["127.40.0.1", "127.40.0.2"],
             ["oak.forest.", "clover.meadow.", "18.198.in-addr.arpa."]),
    "far": (["127.50.0.1", "127.50.0.2"],
            ["acorn.oak.forest.", "elm.meadow.", "clover.meadow.", "hazel.forest."]),
    "patient": (["127.60.0.1"], []),  # the sound server of the troubled zones
}
GOOD = "127.60.0.1"

# Zone below forest. -> its servers: "good" or what the server does instead (see faulty.py).
TROUBLED = {
    "ash": ["servfail", "good"],
    "birch": ["refused", "good"],
    "cedar": ["silent", "good"],
    "fir": ["lame", "good"],
    "larch": ["notimp", "good"],
    "maple": ["formerr", "good"],
    "pine": ["garbage", "good"],
    "poplar": ["empty", "good"],
    "rowan": ["wrongid", "good"],
    "spruce": ["truncated", "good"],
    "willow": ["noedns"],
    "yew": ["servfail", "refused", "good"],
    "elder": ["closed", "good"],
    "hawthorn": ["slow"],
    "holly": ["forged"],
    "ivy": ["nocase"],
    # Nobody helps these.
    "thorn": ["servfail", "servfail", "servfail"],
    "bramble": ["refused", "refused"],
    "thistle": ["servfail", "refused", "lame"],
    "nettle": ["silent", "silent"],
    "yarrow": ["closed", "closed"],
}
# These answer in the end, out of the sound server's mouth.
ODD = {"noedns", "slow", "forged", "nocase"}
HOPELESS = {name for name, servers in TROUBLED.items() if not (ODD | {"good"}) & set(servers)}
HOSTS = 20  # h1 ... h20 in each troubled zone


def servers_of(zone):
    """[(address, behaviour)] of a troubled zone; every bad server has an address of its own."""
    number = list(TROUBLED).index(zone) + 1
    return [(GOOD if behaviour == "good" else f"127.70.{number}.{i + 1}", behaviour)
            for i, behaviour in enumerate(TROUBLED[zone])]


def faulty_servers():
    """Those that faulty.py plays; at a closed address there is nobody."""
    return [pair for zone in TROUBLED for pair in servers_of(zone)
            if pair[1] not in ("good", "closed")]


def _troubled_delegation(zone):
    lines = []
    for i, (address, _) in enumerate(servers_of(zone)):
        lines += [f"{zone} NS ns{i + 1}.{zone}", f"ns{i + 1}.{zone} A {address}"]
    return lines


def _troubled_zone(zone):
    number = list(TROUBLED).index(zone) + 1
    lines = [f"$ORIGIN {zone}.forest.", "$TTL 300", "@ SOA ns1 hostmaster 1 1800 900 604800 60"]
    for i, (address, _) in enumerate(servers_of(zone)):
        lines += [f"@ NS ns{i + 1}", f"ns{i + 1} A {address}"]
    lines += [f"h{i} A 198.18.{100 + number}.{i}" for i in range(1, HOSTS + 1)]
    lines += [f"www CNAME h1.{zone}.forest.", 'h1 TXT "still here"', "*.wild A 198.18.99.1"]
    return "\n".join(lines) + "\n"


def zone_text(zone):
    name = "root" if zone == "." else zone.rstrip(".")
    label = name.split(".")[0]
    if name.endswith(".forest") and label in TROUBLED and name.count(".") == 1:
        return _troubled_zone(label)
    with open(os.path.join(HERE, "zones", name + ".zone"), encoding="ascii") as file:
        text = file.read()
    if zone == "forest.":
        for troubled in TROUBLED:
            text += "\n".join(_troubled_delegation(troubled)) + "\n"
    return text


def zones_of(server):
    zones = list(NSD[server][1])
    if server == "patient":
        zones += [f"{zone}.forest." for zone in TROUBLED if zone not in HOPELESS]
    return zones


def all_zones():
    return sorted({zone for server in NSD for zone in zones_of(server)})


def owners(zone):
    """[(name, type)] of the zone's records, names absolute."""
    origin = zone
    found = []
    for line in zone_text(zone).splitlines():
        line = line.split(";")[0] if '"' not in line else line
        match = re.match(r"(\S+)\s+([A-Z][A-Z0-9]*)\s", line)
        if not match or line.startswith("$"):
            continue
        owner, rrtype = match.groups()
        if owner == "@":
            owner = origin
        elif not owner.endswith("."):
            owner += "." + origin
        if (owner, rrtype) not in found:
            found.append((owner, rrtype))
    return found


ROOT_HINTS = ". 86400 NS a.root.\n. 86400 NS b.root.\n" \
             "a.root. 86400 A 127.10.0.1\nb.root. 86400 A 127.10.0.2\n"
