"""signed_delv.py - what delv, which validates by itself, makes of what shrewd hands it.

Used by signed_test. delv asks shrewd with CD, walks the chain of trust from the root's key with its
own code, and says in words what it found; here the words become an rcode and whether all is secure.
"""
import concurrent.futures
import re
import subprocess

import client

AT_ONCE = 4
PATIENCE_S = 15
TRIES = 3
# Types that delv does not ask for, or asks in its own way.
NOT_ASKED = ["ANY", "RRSIG", "TYPE0", "TYPE41", "TYPE128", "TYPE249", "TYPE250", "TYPE251", "TYPE252",
             "TYPE253", "TYPE254", "TYPE65535"]


class Verdict:
    """rcode: NOERROR, NXDOMAIN or FAILED; secure: everything is fully validated."""

    def __init__(self, text):
        self.text = text
        words = re.findall(r"^;.*?(fully validated|unsigned answer|unvalidated|answer not validated)",
                           text, re.M)
        self.secure = bool(words) and all(word == "fully validated" for word in words)
        if re.search(r"resolution failed: ncache nxdomain", text):
            self.rcode = "NXDOMAIN"
        elif re.search(r"resolution failed: ncache nxrrset", text):
            self.rcode = "NOERROR"
        elif "resolution failed" in text or not words:
            self.rcode = "FAILED"
            self.secure = False
        else:
            self.rcode = "NOERROR"

    def __str__(self):
        return f"{self.rcode}{' fully validated' if self.secure else ''}: " \
               + " | ".join(line for line in self.text.splitlines() if line.startswith(";"))[:300]


def ask(program, anchor_file, address, question):
    """The verdict; one of FAILED when delv, which now and then waits for itself, does not end."""
    command = [program, "@" + address, "-a", anchor_file, "+root=.", "+cd", "+nocrypto", "-q",
               question.name, "-t", question.rrtype]
    for _ in range(TRIES):
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, text=True, check=False,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  errors="replace", timeout=PATIENCE_S)
            return Verdict(done.stdout)
        except subprocess.TimeoutExpired:
            pass
    return Verdict(f"; delv did not end within {PATIENCE_S} s, {TRIES} times\n")


def ask_all(program, anchor_file, address_of, asked):
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda question: ask(program, anchor_file, address_of(question),
                                                  question), asked))


def is_for_delv(question):
    return "cd" not in question.flags and question.rrtype not in NOT_ASKED \
        and client.type_number(question.rrtype) > 0
