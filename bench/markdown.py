# SPDX-License-Identifier: MIT
"""markdown - a run's results as the tables of the documents.

    python3 -m bench.markdown docs/results/bench.json            # those of docs/performance.md
    python3 -m bench.markdown docs/results/bench.json --update   # puts them into it, and the README's into that
"""
import json
import os
import sys

SERVERS = ("floor", "nginx", "haproxy", "go", "node", "aiohttp", "fanlight-async", "fanlight-wire")
README_CASES = (("hello", "hello world"), ("one-call", "one call"), ("fan-out", "ten calls at once"))
MARKS = ("<!-- tables -->\n\n", "\n\n<!-- /tables -->")
TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
UNITS = (("cpu_us", "CPU, µs a request"), ("requests_per_second", "requests a second"), ("p99_us", "p99, ms"))


def cell(summary, figure):
    if summary is None:
        return "–"
    if not summary["is_result"]:
        return "failed"
    value = summary.get(figure)
    if value is None:
        return "–"
    if figure == "p99_us":
        return f"{value / 1000:,.2f}" if value < 100_000 else f"{value / 1000:,.0f}"
    if figure == "request_bytes":
        return f"{value / 1024:.1f}"
    return f"{value:,.1f}" if value < 100 else f"{value:,.0f}"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)


def figure_table(summaries, cases, figure):
    """A row for each case and number of clients, a column for each server that took part in one."""
    found = {(s["case"], s["clients"], s["server"]): s for s in summaries}
    keys = sorted({(s["case"], s["clients"]) for s in summaries if s["case"] in cases},
                  key=lambda key: (cases.index(key[0]), key[1]))
    servers = [name for name in SERVERS if any((*key, name) in found for key in keys)]
    rows = [[f"{case}, {clients}", *(cell(found.get((case, clients, name)), figure) for name in servers)]
            for case, clients in keys]
    return table(["", *servers], rows)


def target_table(targets):
    def verdict(target):
        if target["ratio"] is None:
            return "not measured"
        return "reached" if target["is_reached"] else f"missed by {target['missed_by'] * 100:.0f} %"
    rows = [[t["case"], t["server"], t["target"], "–" if t["ratio"] is None else f"{t['ratio']:.3g}", verdict(t)]
            for t in targets]
    return table(["case", "server", "target", "ratio", ""], rows)


def workers_table(run):
    """Requests a second with one worker and with two, and how many connections each of the two had, round by round."""
    found = {(s["case"], s["server"]): s for s in run["summaries"] if s["is_result"]}
    rows = []
    for server in (name for name in SERVERS if ("workers-1", name) in found and ("workers-2", name) in found):
        one, two = (found[(case, server)] for case in ("workers-1", "workers-2"))
        balances = [sample.get("connections_by_worker", {}).values() for sample in run["samples"]
                    if (sample["case"], sample["server"]) == ("workers-2", server)]
        rows.append([server, cell(one, "requests_per_second"), cell(two, "requests_per_second"),
                     f"{two['requests_per_second'] / one['requests_per_second']:.2f}",
                     ", ".join("+".join(map(str, counts)) for counts in balances if sum(counts) >= two["clients"]) or "–"])
    return table(["", "one", "two", "ratio", "connections of the two, each round"], rows)


def document(run):
    summaries = run["summaries"]
    cases = list(dict.fromkeys(s["case"] for s in summaries))
    closed = [case for case in cases if not case.startswith(("in-flight", "workers"))]
    flight = [case for case in cases if case.startswith("in-flight")]
    parts = [f"**{title}** (case, clients)\n\n" + figure_table(summaries, closed, figure) for figure, title in UNITS]
    if flight:
        parts.append("**In flight at a constant 2000 requests a second: CPU, µs a request**\n\n"
                     + figure_table(summaries, flight, "cpu_us"))
        parts.append("**The same: p99, ms**\n\n" + figure_table(summaries, flight, "p99_us"))
        parts.append("**The same: memory, KiB a request in flight**\n\n"
                     + figure_table(summaries, flight, "request_bytes"))
    if any(case.startswith("workers") for case in cases):
        parts.append("**One worker and two, on the two cores that load and backend use as well: requests a second**\n\n"
                     + workers_table(run))
    parts.append("**Targets** (the worst number of clients counts)\n\n" + target_table(run["targets"]))
    return "\n\n".join(parts)


def readme_table(run):
    """Processor time with 16 clients."""
    found = {(s["case"], s["server"]): s for s in run["summaries"] if s["clients"] == 16}
    servers = [name for name in SERVERS if any((case, name) in found for case, _ in README_CASES)]
    rows = [[title, *(cell(found.get((case, name)), "cpu_us") for name in servers)] for case, title in README_CASES]
    return table(["CPU, µs a request", *servers], rows)


DOCUMENTS = (("docs/performance.md", document), ("README.md", readme_table))


def between_marks(text):
    return text.partition(MARKS[0])[2].partition(MARKS[1])[0]


def update(run):
    for path, tables in DOCUMENTS:
        with open(os.path.join(TOP, path), encoding="utf-8") as file:
            text = file.read()
        with open(os.path.join(TOP, path), "w", encoding="utf-8") as file:
            file.write(text.replace(MARKS[0] + between_marks(text) + MARKS[1], MARKS[0] + tables(run) + MARKS[1]))


def main(path, *options):
    with open(path, encoding="utf-8") as file:
        run = json.load(file)
    if options == ("--update",):
        update(run)
    else:
        print(document(run))


if __name__ == "__main__":
    main(*sys.argv[1:])
