"""report.py - what bench measured, as JSON, as a table and as a picture.

Used by bench. One table a row of the bench; the figure that the row is about comes first, then what else
was seen. "to best" is the ratio to the best of the others (shrewd and the floor left out, and whoever
failed more than one question in a hundred), "to floor" that to the program that does nothing; both are of
medians of the same run.
"""
import json
import os
import platform
import statistics
import time

SHOWN = {"cpu": ("CPU us", 2), "p50": ("p50 ms", 2), "p99": ("p99 ms", 1), "p999": ("p99.9 ms", 1),
         "rate": ("a second", 0), "up": ("sent up", 3), "servfail": ("SERVFAIL", 0), "lost": ("lost", 0),
         "bytes": ("octets", 0), "rss": ("RSS MB", 1), "ms": ("ms", 1), "first": ("first ms", 0),
         "again": ("again ms", 2), "silent": ("silent", 0), "instructions": ("instructions", 0),
         "calls": ("system calls", 3), "checks": ("signature checks", 2)}
ORDER = {"cpu": ["cpu", "rate", "up", "p50", "p99", "servfail", "lost"],
         "p99": ["p99", "p50", "p999", "cpu", "up", "servfail", "lost"],
         "bytes": ["bytes", "rss", "servfail", "lost"], "ms": ["ms", "rss"],
         "calls": ["calls", "instructions", "up", "checks"],
         "first": ["first", "again", "up", "servfail", "silent"]}


def median(rounds, key):
    return statistics.median(figures[key] for figures in rounds)


def has_failed(figures):
    if "asked" not in figures:
        return figures.get("silent", 0) > 0
    return figures["asked"] - figures["noerror"] - figures["nxdomain"] > figures["asked"] / 100


def shown(key, value):
    value = value / 1e6 if key == "rss" else value
    return f"{value:.{SHOWN[key][1]}f}"


def table_of(row, about, key, results):
    columns = [column for column in ORDER[key] if any(column in r[0] for r in results.values())]
    others = [median(r, key) for name, r in results.items()
              if name not in ("shrewd", "floor") and not any(has_failed(figures) for figures in r)]
    floor = median(results["floor"], key) if "floor" in results else None
    lines = [f"## {row}: {about}", "", "| | " + " | ".join(
        [SHOWN[columns[0]][0], "min to max", "to best", "to floor"]
        + [SHOWN[column][0] for column in columns[1:]]) + " |",
        "|---" + "|---:" * (len(columns) + 3) + "|"]
    for name, rounds in results.items():
        value = median(rounds, key)
        failed = " (failed too often)" if name != "floor" and any(has_failed(r) for r in rounds) else ""
        every = [figures[key] for figures in rounds]
        cells = [shown(key, value), f"{shown(key, min(every))} to {shown(key, max(every))}",
                 f"{value / min(others):.2f}" if others and min(others) > 0 and name != "floor" else "",
                 f"{value / floor:.2f}" if floor else ""]
        cells += [shown(column, median(rounds, column)) if column in rounds[0] else ""
                  for column in columns[1:]]
        lines.append(f"| {name}{failed} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def picture(table, results):
    """Bars, a group a row; each row has a scale of its own, its longest bar is full."""
    lines, y = [], 30
    colours = {"shrewd": "#2a6f4e", "floor": "#bbbbbb"}
    for row, by_system in results.items():
        if not by_system:
            continue
        key = table[row][1]
        most = max(median(rounds, key) for rounds in by_system.values()) or 1
        lines.append(f'<text x="10" y="{y}" font-weight="bold">{row}: {table[row][0]}, '
                     f'{SHOWN[key][0]}</text>')
        for name, rounds in by_system.items():
            y += 16
            value = median(rounds, key)
            lines.append(f'<text x="10" y="{y}">{name}</text><rect x="90" y="{y - 10}" height="11" '
                         f'width="{max(1, 420 * value / most):.1f}" fill="{colours.get(name, "#7896b4")}"/>'
                         f'<text x="{96 + 420 * value / most:.0f}" y="{y}">{shown(key, value)}</text>')
        y += 30
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="620" height="{y}" font-family="sans-serif" '
            f'font-size="11"><rect width="620" height="{y}" fill="white"/>' + "\n".join(lines) + "</svg>\n")


def machine():
    model = ""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            model = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), "")
    except OSError:
        pass
    return f"{model or platform.machine()}, {len(os.sched_getaffinity(0))} processors, {platform.system()} " \
           f"{platform.release()}"


def write(folder, table, results, versions, wishes):
    date = time.strftime("%Y-%m-%d", time.gmtime())
    head = [f"# Side by side, {date}", "", f"Machine: {machine()}. Rounds: {wishes.rounds}. Command: `make bench"
            + (" QUICK=1" if wishes.quick else "") + "`.", ""]
    head += [f"* {name}: {version}" for name, version in versions.items()] + [""]
    body = "\n".join(head) + "\n" + "\n".join(
        table_of(row, table[row][0], table[row][1], by_system) for row, by_system in results.items() if by_system)
    with open(os.path.join(folder, "results.md"), "w", encoding="utf-8") as file:
        file.write(body)
    with open(os.path.join(folder, "results.json"), "w", encoding="utf-8") as file:
        json.dump({"date": date, "machine": machine(), "versions": versions, "rounds": wishes.rounds,
                   "rows": {row: {"about": table[row][0], "figure": table[row][1], "results": by_system}
                            for row, by_system in results.items()}}, file, indent=1)
    with open(os.path.join(folder, "results.svg"), "w", encoding="utf-8") as file:
        file.write(picture(table, results))
    print(body)
    print(f"{folder}/results.md, results.json, results.svg")
