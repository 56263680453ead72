"""peers.py - other name servers that speak DNS cookies, started in the lab to be compared with.

Used by limits_test. Each takes the shared secret and answers a question with a bad server cookie by
BADCOOKIE, so that whether it believes in a cookie can be seen.
"""
import os
import shutil

import network
import servers

NAMED = "127.1.1.8"
KNOT = "127.1.1.9"

NAMED_CONF = """options {{
    directory "{folder}";
    pid-file "{folder}/pid";
    session-keyfile "{folder}/session.key";
    listen-on {{ {address}; }};
    listen-on-v6 {{ none; }};
    recursion no;
    answer-cookie yes;
    require-server-cookie yes;
    cookie-algorithm siphash24;
    cookie-secret "{secret}";
    dnssec-validation no;
    managed-keys-directory "{folder}";
}};
controls {{ }};
zone "peer.lab" {{ type primary; file "{zone}"; }};
"""
KNOT_CONF = """server:
    listen: {address}@53
    rundir: {folder}
database:
    storage: {folder}
mod-cookies:
  - id: default
    badcookie-slip: 1
    secret: 0x{secret}
template:
  - id: default
    global-module: mod-cookies/default
zone:
  - domain: peer.lab
    file: {zone}
"""
ZONE = """$TTL 300
@ SOA ns.peer.lab. host.peer.lab. 1 3600 600 86400 60
@ NS ns.peer.lab.
ns A 127.1.1.8
"""


def _write(path, text):
    with open(path, "w", encoding="ascii") as out:
        out.write(text)
    return path


def _start(lab, name, address, config, secret, words):
    program = servers.find_program(words[0])
    if program is None:
        return None
    folder = os.path.join(lab.folder, name)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    zone = _write(os.path.join(folder, "peer.zone"), ZONE)
    path = _write(os.path.join(folder, "conf"), config.format(folder=folder, address=address,
                                                              secret=secret, zone=zone))
    # A copy, because the distribution's AppArmor profile may tie the original to its own folders.
    copy = shutil.copy(program, os.path.join(folder, words[0]))
    lab.spawn(name, [copy, *words[1:], path])
    lab.wait_for(address, name)
    return address


def start_named(lab, secret):
    """Its address, or None where it is not installed. It serves addresses of interfaces only."""
    try:
        network.add_addresses(NAMED, "255.255.255.255")
    except OSError:
        return None
    return _start(lab, "named", NAMED, NAMED_CONF, secret, ["named", "-g", "-n", "1", "-c"])


def start_knot(lab, secret):
    return _start(lab, "knot", KNOT, KNOT_CONF, secret, ["knotd", "-c"])
