"""counting.py - what repeats exactly: instructions, system calls, packets and signature checks of an answer.

Used by bench for its rows "count-...". Instructions: the server runs under callgrind, which begins to count
when the server is warm, and is asked for its figures before the server ends. System calls: strace is attached
when the server is warm. Signature checks: a library that is loaded before OpenSSL's and
GnuTLS's counts the calls (checks.c). Questions that cost one packet upstream are names of zones of which
another name was asked before; those that cost two (and one more for the keys, where the zone is signed) are
the first of their zones.
"""
import collections
import os
import re
import signal
import subprocess
import time

import systems

MISSES, HITS = 350, 7000
LOAD = ("-c", 2, "-w", 16, "-P", 20)
HITS_LOAD = ("-c", 4, "-w", 32, "-P", 20)  # as in row "hit"


def lists(internet, warm, chance):
    """{name: names} of first and of further names of zones, none of which warms the server: of signed
    zones, of unsigned ones below a signed zone, where that must be proven, and of those below an unsigned."""
    made = {}
    proven = set(internet["signed_tops"])
    kinds = {"signed": [], "unsigned": [], "plain": []}
    for leaf in internet["leaves"]:
        if not warm.intersection(leaf[3]):
            kinds["signed" if leaf[1] else "unsigned" if leaf[0].split(".")[1] in proven else "plain"].append(leaf)
    for kind, zones in kinds.items():
        known, fresh = zones[:MISSES // 8], zones[MISSES // 8:]
        further = [name for leaf in known for name in leaf[3][1:]]
        chance.shuffle(further)
        made[f"{kind}-known"] = [leaf[3][0] for leaf in known]
        made[f"{kind}-1"] = further
        made[f"{kind}-2"] = [leaf[3][0] for leaf in fresh]
    return made


def _warm(world, system, kind):
    world.load(system, "warm", "-o", "-c", 1, "-w", 8, "-P", 20)
    if kind.endswith("-1"):
        world.load(system, kind[:-1] + "known", "-o", "-c", 1, "-w", 8, "-P", 20)
    if kind == "hits":
        for _ in range(3):
            world.load(system, "hits", "-o", "-c", 1, "-w", 8, "-P", 20)


def _ask(world, system, kind, count):
    if kind == "hits":
        figures = world.load(system, kind, "-n", count, *HITS_LOAD)
    else:
        figures = world.load(system, kind, "-o", "-n", count, *LOAD)
    if figures["answered"] < count:
        raise RuntimeError(f"only {figures['answered']} of {count} answered")
    return figures


# ---- instructions ----


def begin(child):
    """A server that runs under callgrind with --instr-atstart=no: from here on instructions are counted."""
    _tell_callgrind(child, "-i", "on")


def total(child, profile):
    """@return instructions so far, and the file that says where; what comes later is not in them."""
    _tell_callgrind(child, "-d")
    dumped = profile + ".1"
    with open(dumped, encoding="utf-8", errors="replace") as file:
        found = re.search(r"^(?:summary|totals): (\d+)", file.read(), re.M)
    if found is None:
        raise RuntimeError(f"nothing was counted; see {dumped}")
    return int(found.group(1)), dumped


def _tell_callgrind(child, *words):
    subprocess.run([systems.find("callgrind_control"), *words, str(child.pid)], check=True, capture_output=True,
                   timeout=60)


def _callgrind(world, system, kind, count):
    """Instructions while `count` questions are answered: start, warming and end are not in it."""
    profile = os.path.join(world.folder, f"{system.name}.{kind}.callgrind")
    child = world.spawn(system.name, [systems.find("valgrind"), "--tool=callgrind", "-q", "--instr-atstart=no",
                                      f"--callgrind-out-file={profile}", *system.commands(1)[0]])
    world.wait_for(system.address, 180, every=0.2)
    _warm(world, system, kind)
    begin(child)
    _ask(world, system, kind, count)
    counted = total(child, profile)
    world.end([child])
    return counted


def by_function(profile):
    """Instructions of each function, without those that it calls."""
    text = subprocess.run([systems.find("callgrind_annotate"), "--threshold=100", profile],
                          check=True, capture_output=True, text=True).stdout
    costs = collections.Counter()
    for line in text.splitlines():
        match = re.match(r"\s*([\d,]+) \([ \d.]+%\)\s+[^ ]*:([^: ]+)", line)
        if match:
            costs[match.group(2)] += int(match.group(1).replace(",", ""))
    return costs


def _instructions(world, system, kind, count, where):
    instructions, profile = _callgrind(world, system, kind, count)
    for name, cost in by_function(profile).most_common(where):
        print(f"{cost / count:10.1f} {name}")
    return instructions / count


# ---- system calls and signature checks ----


def strace_of(world, pid, table):
    """@return the strace that counts the calls of a running server into a table, until SIGINT."""
    strace = world.spawn("strace", [systems.find("strace"), "-c", "-f", "-o", table, "-p", str(pid)])
    until = time.monotonic() + 10
    while strace.poll() is None and time.monotonic() < until:
        with open(os.path.join(world.folder, "strace.log"), encoding="utf-8") as file:
            if f"Process {pid} attached" in file.read():
                return strace
        time.sleep(0.05)
    raise RuntimeError("strace cannot be attached")


def calls_of(table):
    calls = {}
    with open(table, encoding="utf-8") as file:
        for line in file:
            match = re.match(r"\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?(\w+)$", line)
            if match and match.group(2) != "total":
                calls[match.group(2)] = int(match.group(1))
    return calls


def _checks(path):
    with open(path, "rb") as file:
        return int.from_bytes(file.read(8), "little")


def _traced(world, system, kind, count, where):
    table, notes = (os.path.join(world.folder, f"{system.name}.{kind}.{end}") for end in ("strace", "checks"))
    with open(notes, "wb") as file:
        file.write(bytes(8))
    os.environ.update(LD_PRELOAD=world.checks_library, BENCH_CHECKS=notes)
    try:
        child = world.spawn(system.name, system.commands(1)[0])
    finally:
        del os.environ["LD_PRELOAD"]
    world.wait_for(system.address)
    _warm(world, system, kind)
    strace = strace_of(world, child.pid, table)
    asked, checks = world.asked(), _checks(notes)
    _ask(world, system, kind, count)
    figures = {"up": (world.asked() - asked) / count, "checks": (_checks(notes) - checks) / count}
    strace.send_signal(signal.SIGINT)
    world.end([strace])
    world.end([child])
    calls = calls_of(table)
    figures["calls"] = sum(calls.values()) / count
    if where:
        for name, number in sorted(calls.items(), key=lambda pair: -pair[1]):
            print(f"{number / count:10.3f} {name}")
    return figures


def run(world, system, wishes, kind):
    count = HITS if kind == "hits" else MISSES
    figures = _traced(world, system, kind, count, wishes.where)
    figures["instructions"] = _instructions(world, system, kind, count, wishes.where)
    return figures
