"""ede_grammar.py - do the reasons of a reply follow the grammar of doc/EDE.md, letter by letter?

Used by ede_test. faults() looks at all options of one reply; it knows nothing of what would have
been the right reason.
"""
import ipaddress
import re

OPTIONS_MAX, TEXT_MAX, TOTAL_MAX = 4, 100, 424

CAUSES = {
    "sig": "expired|future|expired-before-valid|invalid|missing|no-key|foreign-signer|bad-labels"
           "|unsupported",
    "key": "none|no-match|no-zone-bit|revoked|bad-proto|unsupported",
    "ds": "unsupported-alg|unsupported-digest",
    "proof": "none|unsigned|no-cover|type-exists|unknown-hash|no-wildcard|no-ds",
    "nsec3": "iterations",
    "rcode": "[A-Z0-9]+",
    "reply": "lame|self-referral|empty|malformed|wrong-question|tc-no-tcp|no-edns",
    "timeout": r"\d+",
    "net": "refused|unreachable|reset|tls|blocked",
    "deleg": "all-failed|no-address|loop|unroutable",
    "limit": "time|queries|depth|cname|targets|connects|bytes|signatures|nsec3|requests|rate"
             "|memory",
    "client": "not-allowed|rd-clear|opcode|qtype|qclass",
    "cached": r"\d+", "stale": r"\d+",
    "nta": "NAME",
    "policy": r"[\w.:+/,-]+",
    "upstream": r"\d+",
}
TYPE = r"[A-Z][A-Z0-9-]*"
NAME = r"(?:\.|(?:~\.)?(?:[a-z0-9_*+/=-]|\\\d\d\d)+(?:\.(?:[a-z0-9_*+/=-]|\\\d\d\d)+)*)"
VALUE = r"[A-Za-z0-9.:+/,-]+"
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\dZ"
SERVER = r"(?:(?P<v4>[\d.]+)|\[(?P<v6>[0-9a-f:.]+)\]):\d+(?:/(?:tcp|tls|https))?"
DETAILS = (f"(?: z={NAME})?" r"(?: key=\d+/\d+)?" r"(?: ds=\d+/\d+/\d+)?" f"(?: end={TIME})?"
           f"(?: begin={TIME})?"
           f"(?: clock=(?:ahead|behind))?(?: now={TIME})?" r"(?: n=(?P<part>\d+)/(?P<whole>\d+))?" r"(?: left=\d+)?" r"(?: upstream=\d+)?"
           r'(?: said="(?P<said>[^"]*)")?')
TEXT = re.compile(rf"(?P<word>[a-z0-9]+)=(?P<value>{VALUE}|{NAME})"
                  rf"(?: for {NAME}/{TYPE})?(?: at {SERVER})?{DETAILS}")

# Evidence: the most telling first.
RANKS = ("rcode", "reply", "net", "timeout")


def text_faults(text):
    match = TEXT.fullmatch(text)
    if match is None:
        return ["does not follow the grammar"]
    found = []
    word, value = match["word"], match["value"]
    if word not in CAUSES:
        found.append(f"no cause is called {word}")
    elif CAUSES[word] != "NAME" and not re.fullmatch(CAUSES[word], value):
        found.append(f"{word} has no value {value}")
    # Of so many servers, of so many tries; but iterations may be over their limit.
    if match["part"] and word != "nsec3" and int(match["part"]) > int(match["whole"]):
        found.append("more than there are")
    for family in ("v4", "v6"):
        if match[family]:
            try:
                ipaddress.ip_address(match[family])
            except ValueError:
                found.append(f"{match[family]} is no address")
    if match["said"] and any(ord(letter) < 0x20 or letter in "\x7f\ufffd"
                             for letter in match["said"]):
        found.append("what was said has octets that are no text")
    return found


def rank(text):
    return RANKS.index(text.partition("=")[0]) if text.partition("=")[0] in RANKS else 0


def faults(options):
    """What is wrong with [(code, text)]; an empty list when nothing is."""
    found = []
    codes = [code for code, _ in options]
    if len(options) > OPTIONS_MAX:
        found.append(f"{len(options)} options")
    if sum(4 + 2 + len(text.encode()) for _, text in options) > TOTAL_MAX:
        found.append("too many octets together")
    for code, text in options:
        if len(text.encode()) > TEXT_MAX:
            found.append(f"text of {len(text.encode())} octets: {text}")
        if text.startswith("{"):
            found.append(f"begins with a brace: {text}")
        found += [f"{fault}: {code} {text}" for fault in text_faults(text)]
    for code in set(codes):
        if codes.count(code) > (2 if code == 23 else 1):
            found.append(f"{code} comes {codes.count(code)} times")
    if 13 in codes[:-1]:
        found.append("13 is not the last one")
    evidence = [text for code, text in options if code == 23]
    if [rank(text) for text in evidence] != sorted(rank(text) for text in evidence):
        found.append(f"the less telling evidence comes first: {evidence}")
    return found
