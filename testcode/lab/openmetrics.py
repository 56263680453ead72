"""openmetrics - reads OpenMetrics 1.0 text and accepts nothing that the specification does not.

Used by watch_test. parse(text) gives {family name: Family}; whatever is wrong raises Malformed with the
line. Exposed by us are counters, gauges, histograms and infos; other types are refused, since nobody here
could say whether they are right. https://github.com/OpenObservability/OpenMetrics, version 1.0.0.
"""
import re

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r"[a-zA-Z_][a-zA-Z0-9_]*"
META = re.compile(rf"# (TYPE|UNIT|HELP) ({NAME}) (.*)")
SAMPLE = re.compile(rf"({NAME})(?:\{{(.*)\}})? (\S+)")
ONE_LABEL = re.compile(rf'({LABEL})="((?:[^"\\\n]|\\[\\"n])*)"(,|$)')
ESCAPED = re.compile(r'(?:[^"\\\n]|\\[\\"n])*')
NUMBER = re.compile(r"\d+(?:\.\d+)?")
SUFFIXES = {"counter": ("_total", "_created"), "gauge": ("",), "info": ("_info",),
            "histogram": ("_bucket", "_sum", "_count", "_created")}
RESERVED = ("_total", "_created", "_bucket", "_sum", "_count", "_info")


class Malformed(Exception):
    """What is wrong, and where."""


class Family:
    def __init__(self, name):
        self.name = name
        self.type = self.unit = self.help = None
        self.samples = []  # (suffix, labels as a dict, value)

    def value(self, suffix="", **labels):
        found = [value for its, all_labels, value in self.samples
                 if its == suffix and all_labels == labels]
        if len(found) != 1:
            raise KeyError(f"{self.name}{suffix} {labels}")
        return found[0]

    def total(self, **labels):
        return self.value("_total", **labels)


def check(condition, line, words):
    if not condition:
        raise Malformed(f"{words}: {line!r}")


def read_labels(text, line):
    labels, at = {}, 0
    while text is not None and at < len(text):
        found = ONE_LABEL.match(text, at)
        check(found, line, "labels")
        name, value, more = found.groups()
        check(name not in labels, line, "a label twice")
        check(not name.startswith("__"), line, "a label of the reader's own")
        labels[name] = re.sub(r"\\(.)", lambda it: {"n": "\n"}.get(it.group(1), it.group(1)), value)
        at = found.end()
        check(more != "," or at < len(text), line, "a comma too many")
    check(text != "", line, "braces without labels")
    return labels


def read_meta(family, kind, words, line):
    check(not family.samples, line, "metadata behind samples")
    check(getattr(family, kind.lower()) is None, line, "said twice")
    if kind == "TYPE":
        check(words in SUFFIXES, line, "type")
    elif kind == "UNIT":
        check(re.fullmatch("[a-z0-9_]+", words), line, "unit")
        check(family.name.endswith("_" + words), line, "the name does not end in its unit")
    else:
        check(words and ESCAPED.fullmatch(words), line, "help")
    setattr(family, kind.lower(), words)


def read_sample(family, line):
    found = SAMPLE.fullmatch(line)
    check(found, line, "neither sample nor metadata")
    name, labels, value = found.groups()
    check(family is not None and family.type is not None and name.startswith(family.name), line,
          "no family of that name was begun just before")
    suffix = name[len(family.name):]
    check(suffix in SUFFIXES[family.type], line, f"not a name of a {family.type}")
    check(NUMBER.fullmatch(value), line, "value")
    labels = read_labels(labels, line)
    check(("le" in labels) == (suffix == "_bucket"), line, "le is for buckets")
    family.samples.append((suffix, labels, float(value)))


def points(family):
    """The samples of each set of labels, le left out; each set stands in one piece."""
    order, groups = [], {}
    for suffix, labels, value in family.samples:
        key = tuple(sorted((name, word) for name, word in labels.items() if name != "le"))
        if key not in groups:
            order.append(key)
            groups[key] = []
        check(order[-1] == key, f"{family.name} {labels}", "its samples do not stand together")
        groups[key].append((suffix, labels, value))
    return groups


def check_histogram(family):
    for key, samples in points(family).items():
        where = f"{family.name} {dict(key)}"
        buckets = [(labels["le"], value) for suffix, labels, value in samples if suffix == "_bucket"]
        bounds = [float(bound) for bound, _ in buckets]
        counts = [count for _, count in buckets]
        for bound, _ in buckets:
            check(re.fullmatch(r"\d+\.\d+|\+Inf", bound), where, f"bound {bound} is not canonical")
        check(bounds == sorted(set(bounds)) and bounds[-1:] == [float("inf")], where, "bounds")
        check(counts == sorted(counts) and all(count == int(count) for count in counts), where,
              "buckets are not cumulative")
        rest = {suffix: value for suffix, _, value in samples if suffix != "_bucket"}
        check({"_sum", "_count"} <= set(rest), where, "sum or count is missing")
        check(rest["_count"] == counts[-1], where, "the count is not that of the last bucket")


def check_family(family, names):
    check(family.type is not None, family.name, "no type")
    check(family.help is not None, family.name, "no help")
    seen = [(suffix, tuple(sorted(labels.items()))) for suffix, labels, _ in family.samples]
    check(len(seen) == len(set(seen)), family.name, "the same sample twice")
    check(len({frozenset(set(labels) - {"le"}) for _, labels, _ in family.samples}) <= 1, family.name,
          "samples with different labels")
    for suffix in SUFFIXES[family.type]:
        check(suffix == "" or family.name + suffix not in names, family.name, "another family has the name")
    check(not family.name.endswith(RESERVED), family.name, "the name ends like a sample")
    if family.type == "info":
        check(family.unit is None and all(value == 1 for _, _, value in family.samples), family.name, "info")
    if family.type == "histogram":
        check_histogram(family)
    else:
        points(family)


def parse(text):
    check(text.endswith("\n# EOF\n"), text[-20:], "no end")
    families, family = {}, None
    for line in text[:-len("# EOF\n")].splitlines():
        found = META.fullmatch(line)
        if found is None:
            read_sample(family, line)
            continue
        kind, name, words = found.groups()
        if family is None or family.name != name:
            check(name not in families, line, "a family in two pieces")
            family = families[name] = Family(name)
        read_meta(family, kind, words, line)
    for one in families.values():
        check_family(one, families)
    return families
