"""signed_roll.py - a zone whose keys are replaced while it is asked for.

Used by signed_test, beside its other work. A ZSK, then the KSK, then the algorithm are rolled as
RFC 6781 section 4.1 tells: each step is signed, loaded by the name server, and stands until what was
there before has left every cache; the TTLs are of one second. All the time shrewd is asked for
names that are there, that are not, and that a wildcard makes: each answer has to have AD.
"""
import random
import threading
import time

import client
import servers
import signed_zones
import signers
from signers import Key

TTL = 1
WAIT_S = 2.5 * TTL
K1, Z1, Z2, K2, K3, Z3 = range(6)

# (what happens, published and signing, published only, keys with a DS record)
STEPS = [
    ("before", [K1, Z1], [], [K1]),
    ("the new ZSK is published", [K1, Z1], [Z2], [K1]),
    ("the new ZSK signs", [K1, Z2], [Z1], [K1]),
    ("the old ZSK goes", [K1, Z2], [], [K1]),
    ("the new KSK signs as well", [K1, K2, Z2], [], [K1]),
    ("the new KSK has the DS record", [K1, K2, Z2], [], [K2]),
    ("the old KSK goes", [K2, Z2], [], [K2]),
    ("a new algorithm signs as well", [K2, Z2, K3, Z3], [], [K2]),
    ("the new algorithm has the DS record", [K2, Z2, K3, Z3], [], [K3]),
    ("the old algorithm goes", [K3, Z3], [], [K3]),
]
ROLES = {K1: (13, "ksk"), Z1: (13, "zsk"), Z2: (13, "zsk"), K2: (13, "ksk"), K3: (15, "ksk"),
         Z3: (15, "zsk")}


def plan_of(step):
    """The signer's plan for a step of STEPS."""
    _, signing, waiting, with_ds = STEPS[step]
    keys = [Key(*ROLES[i], published=i in signing + waiting, signs=i in signing, ds=i in with_ds)
            for i in sorted(ROLES)]
    return signers.Plan("bind", keys)


class Rollover:
    """start(), and join() for what went wrong: [(step, question, reply or None)]."""

    def __init__(self, lab, address):
        self.lab = lab
        self.address = address
        self.zone = lab.world.zones[signed_zones.ROLLED]
        self.parent = lab.world.parent_of(self.zone.name)
        self.step = 0
        self.asked = 0
        self.wrong = []
        self.over = threading.Event()
        self.error = None
        self.threads = [threading.Thread(target=work) for work in (self._roll, self._ask)]

    def start(self):
        for thread in self.threads:
            thread.start()

    def join(self):
        for thread in self.threads:
            thread.join()
        if self.error:
            raise self.error
        return self.wrong

    def _roll(self):
        try:
            time.sleep(WAIT_S)
            for step in range(1, len(STEPS)):
                self._publish(step)
                self.step = step
                time.sleep(WAIT_S)  # what was there before has expired everywhere
        except (servers.LabError, signers.SignError) as error:
            self.error = error
        self.over.set()

    def _publish(self, step):
        """Signs zone and parent anew, and waits until the name server has both."""
        serial = step + 1
        self.zone.plan = plan_of(step)
        for zone in (self.zone, self.parent):
            zone.records[0] = zone.records[0][:2] + (f"ns hostmaster {serial} 1800 900 604800 {TTL}",)
        ds_set = self.lab.sign_zone(self.zone)
        self.parent.records = [row for row in self.parent.records if row[1] != "DS"]
        self.parent.records += [(self.zone.name, "DS", rdata) for rdata in ds_set]
        self.lab.sign_zone(self.parent)
        self.lab.reload("rolled")
        for zone in (self.zone, self.parent):
            self._wait_for_serial(zone.name, serial)

    def _wait_for_serial(self, name, serial):
        until = time.monotonic() + 30
        while time.monotonic() < until:
            reply = client.ask(signed_zones.ADDRESSES["rolled"], 1, name, "SOA", timeout=2)
            if reply is not None and reply.answer:
                data = bytes.fromhex(reply.answer[0][2].split()[2])
                if int.from_bytes(data[:4], "big") == serial:
                    return
            time.sleep(0.1)
        raise servers.LabError(f"the name server does not load {name} with serial {serial}")

    def _ask(self):
        dice = random.Random(1)
        while not self.over.is_set():
            word = "".join(dice.choice("abcdefghijklmnop") for _ in range(10))
            front, rcode = dice.choice([("www.", "NOERROR"), (f"{word}.", "NXDOMAIN"), ("", "NOERROR"),
                                        (f"{word}.wild.", "NOERROR"), ("www.", "NOERROR")])
            rrtype = dice.choice(["A", "A", "TXT", "DNSKEY", "DS", "SOA"])
            if rrtype == "DS" and front:
                rrtype = "A"
            reply = client.ask(self.address, self.asked % 65000 + 1, front + self.zone.name, rrtype,
                               flags=("do",))
            self.asked += 1
            if reply is None or not reply.secure or reply.rcode != rcode:
                self.wrong.append((STEPS[self.step][0], f"{front}{self.zone.name} {rrtype}", reply))
            time.sleep(0.02)
