"""scenario.py - writes a scenario of the replay runner (testdata/*.rpl) out of its parts.

Used by make_scenarios. Every scenario has a stub zone "example.", whose key is the trust anchor and
whose server is SERVER; the clock that signatures are judged by stands at signing.NOW.
"""
import signing

SERVER, CHILD = "198.18.1.1", "198.18.2.1"


class Scenario:
    def __init__(self, called, why, config=(), anchor=None, stub="example"):
        self.called, self.why = called, why
        zone = anchor or signing.Zone("example.")
        self.config = ['target-fetch-policy: "0 0 0 0 0"', "qname-minimisation: no", "ede: yes",
                       "do-ip6: no", f'trust-anchor: "{zone.name} DS {zone.ds()}"',
                       f'val-override-date: "{signing.NOW}"', 'local-zone: "example." nodefault',
                       *config]
        self.stub = ["stub-zone:", f'\tname: "{stub}"', f"\tstub-addr: {SERVER}"]
        self.ranges, self.steps, self.number = [], [], 0

    def server(self, *entries, address=SERVER, first=0, last=100000):
        text = [f"RANGE_BEGIN {first} {last}", f"\tADDRESS {address}"]
        for entry in entries:
            text += entry
        self.ranges.append(text + ["RANGE_END", ""])

    def _step(self, text, entry=()):
        self.number += 10
        self.steps += [f"STEP {self.number} {text}", *entry, ""]

    def ask(self, qname, qtype="A", flags="RD DO"):
        self._step("QUERY", ["ENTRY_BEGIN", f"REPLY {flags}", "SECTION QUESTION",
                             f"{qname} IN {qtype}", "ENTRY_END"])

    def expect(self, qname, qtype="A", reply="NOERROR AD", flags="QR RD RA DO", ede=None, answer=(),
               authority=(), additional=(), match="all"):
        words = match + (f" ede={ede}" if ede is not None else "")
        self._step("CHECK_ANSWER", ["ENTRY_BEGIN", f"MATCH {words}", f"REPLY {flags} {reply}",
                                    *_sections(qname, qtype, answer, authority, additional),
                                    "ENTRY_END"])

    def fails(self, qname, qtype="A", ede=6):
        """Asks, and what comes is SERVFAIL with that code and nothing else."""
        self.ask(qname, qtype)
        self.expect(qname, qtype, "SERVFAIL", ede=ede)

    def works(self, qname, qtype="A", **what):
        self.ask(qname, qtype)
        self.expect(qname, qtype, **what)

    def work(self, **costs):
        self._step("CHECK_WORK " + " ".join(f"{key} {value}" for key, value in costs.items()))

    def pass_time(self, seconds):
        self._step(f"TIME_PASSES ELAPSE {seconds}")

    def text(self):
        head = [f"; {line}" for line in self.why.strip().split("\n")]
        return "\n".join([*head, "server:", *(f"\t{line}" for line in self.config), *self.stub,
                          "CONFIG_END", "", f"SCENARIO_BEGIN {self.called.replace('_', ' ')}", "",
                          *(line for text in self.ranges for line in text), *self.steps,
                          "SCENARIO_END", ""])


def _sections(qname, qtype, answer, authority, additional):
    text = ["SECTION QUESTION", f"{qname} IN {qtype}"]
    for section, records in (("ANSWER", answer), ("AUTHORITY", authority),
                             ("ADDITIONAL", additional)):
        text += [f"SECTION {section}", *records] if records else []
    return text


def reply(qname, qtype, answer=(), authority=(), additional=(), words="QR AA NOERROR",
          match="opcode qtype qname"):
    """A canned answer of a server."""
    return ["ENTRY_BEGIN", f"MATCH {match}",
            "ADJUST copy_id" + (" copy_query" if "subdomain" in match else ""), f"REPLY {words}",
            *_sections(qname, qtype, answer, authority, additional), "ENTRY_END"]


def referral(zone, ns, address, ds=()):
    """Everything at or below the zone is referred to its server."""
    return reply(zone, "NS", words="QR NOERROR", match="opcode subdomain",
                 authority=[f"{zone} 300 IN NS {ns}", *ds],
                 additional=[f"{ns} 300 IN A {address}"])
