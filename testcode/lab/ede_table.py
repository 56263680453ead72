"""ede_table.py - cases that others have written down, played in zones of our own.

Used by ede_test. Such a table has a head with the columns case, group, qname, qtype, rcode, ad, ede,
ede_accepted, max_upstream_queries, max_seconds and reason, and may have more. It tells what is wanted
of a name; what is wrong with the name's zone is a case of ede_cases.tsv of that label, or of that
label without the number at its end. SHREW_EDE_CASES names the table; else it is looked for beside
the sources.
"""
import csv
import os
import re

import ede_world

BESIDE = os.path.join(ede_world.HERE, "..", "..", "..", "shared", "ede-cases.tsv")
FORMS = {"acl-refused": "outsider", "rd0-uncached": "norec"}
# Labels of theirs that are no case of ours, and what their zones are like.
LIKE = {"rd0-x": "sound", "nonexistent-tld": "no-such-tld"}


def path():
    """The table's, or None."""
    found = os.environ.get("SHREW_EDE_CASES", BESIDE)
    return found if os.path.isfile(found) else None


def label_of(qname):
    """Of the zone of the case: what stands before lab., or else the last label."""
    labels = qname.rstrip(".").split(".")
    return labels[-2] if labels[-1] == "lab" and len(labels) > 1 else labels[-1]


def codes(text):
    """Numbers, and None where "-" says that there may be none."""
    return [None if word == "-" else int(word) for word in re.split("[, ]+", text) if word]


def case_of(row, zones):
    label = label_of(row["qname"])
    names = [label, label.replace("timeout", "silent"), LIKE.get(label)]
    names += [re.sub(r"-\d+$", "", name) for name in names[:2]]
    ours = next((zones[name] for name in names if name in zones), None)
    if ours is None:
        return None
    kind = "auth" if ours.kind == "glue6" else ours.kind
    accepted = codes(row["ede_accepted"])
    wanted = codes(row["ede"] or "-")
    return ede_world.Case(
        name=label if row["case"] == label else f"{label}/{row['case'].replace('/', '-')}",
        kind=FORMS.get(row["case"], kind), servers=ours.servers, qname=row["qname"],
        qtype=row["qtype"], rcodes=row["rcode"].split("|"),
        codes=[code for code in wanted if code is not None],
        accepted=[code for code in accepted if code is not None],
        packets=int(row["max_upstream_queries"]), seconds=float(row["max_seconds"]),
        why=row["reason"], secure={"1": True, "0": False, "": None}[row["ad"]], lenient=True,
        may_be_silent=None in accepted or None in wanted)


def cases(table):
    """(cases, the names of those for which there is no zone)"""
    zones = {}
    for case in ede_world.cases():
        zones.setdefault(case.label, case)
    found, missing = [], []
    with open(table, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            case = case_of(row, zones)
            found.append(case) if case is not None else missing.append(row["case"])
    return found, missing
