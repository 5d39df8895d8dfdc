# SPDX-License-Identifier: MIT
"""report - what a run found, for a terminal: a table for each case, ratios, and how near the targets are. Pure."""
import json

from bench import figures

DASH = "-"
# Of the rate that was asked for.
RATE_KEPT = 0.98


def number(value, digits=1):
    return DASH if value is None else f"{value:,.{digits}f}"


def milliseconds(value_us):
    return number(None if value_us is None else value_us / 1000, 2)


def mebibytes(value):
    return number(None if value is None else value / 1024 / 1024)


def percent(share):
    return DASH if share is None else f"{share:.0%}"


def failures_text(failures):
    return ", ".join(f"{kind} x {count}" if count > 1 else kind for kind, count in failures.items())


def place_of(entry):
    unit = "in flight" if entry["work"] == "in-flight" else "clients"
    return f"{entry['case']}, {entry['clients']} {unit}"


# ---- while it runs ----

def introduction(more, servers, seconds, quiet_share):
    machine = more["machine"]
    lines = [f"{machine['processor']}, {machine['cores']} cores, {machine['system']}, Linux {machine['kernel']}",
             f"servers: {', '.join(servers)}"]
    lines += [f"left out: {entry.get('server') or entry['case']}: {entry['reason']}" for entry in more["skipped"]]
    busy = {core: share for core, share in machine["busy_before"].items() if share > quiet_share}
    if busy:
        cores = ", ".join(f"core {core} {percent(share)}" for core, share in busy.items())
        lines.append(f"warning: something else is running here ({cores}): the figures will be noise")
    lines.append(f"this takes about {seconds / 60:.1f} minutes")
    return "\n".join(lines)


def progress(sample):
    head = f"round {sample['round']}: {place_of(sample)}, {sample['server']}: "
    if sample["failures"]:
        return head + "FAILED: " + failures_text(sample["failures"])
    return (head + f"{sample['cpu_us']:.1f} us a request, {sample['requests_per_second']:,.0f} requests/s, "
            f"p99 {sample['p99_us'] / 1000:.2f} ms")


# ---- tables ----

def table(rows):
    """Columns as wide as they need to be; the first to the left, the others to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join("  " + "  ".join(cell.ljust(width) if i == 0 else cell.rjust(width)
                                      for i, (cell, width) in enumerate(zip(row, widths))).rstrip() for row in rows)


HEAD = ("server", "CPU us", "least-most", "x floor", "x nginx", "requests/s", "p50 ms", "p99 ms", "idle MiB",
        "peak MiB", "core")
FLIGHT_HEAD = HEAD[:7] + ("p99 ms", "idle MiB", "loaded", "core", "load's", "KiB a request")


def row_of(summaries, summary):
    ratios = figures.ratios(summaries, summary)
    own = {summary["server"]: 1.0}
    spread = (f"{summary['cpu_us_least']:.1f}-{summary['cpu_us_most']:.1f}" if "cpu_us" in summary else DASH)
    cells = [summary["server"], number(summary.get("cpu_us")), spread,
             *(number({**ratios, **own}.get(peer), 2) for peer in ("floor", "nginx")),
             number(summary.get("requests_per_second"), 0), milliseconds(summary.get("p50_us")),
             milliseconds(summary.get("p99_us")), mebibytes(summary.get("idle_bytes"))]
    if summary["work"] == "in-flight":
        request_bytes = summary.get("request_bytes")
        return cells + [mebibytes(summary.get("loaded_bytes")), percent(summary.get("server_core_share")),
                        percent(summary.get("load_core_share")),
                        number(None if request_bytes is None else request_bytes / 1024)]
    return cells + [mebibytes(summary.get("peak_bytes")), percent(summary.get("server_core_share"))]


def ratio_lines(summaries, group):
    """Of ours to each of the others."""
    for summary in group:
        if summary["server"].startswith("fanlight-") and summary["is_result"]:
            found = figures.ratios(summaries, summary)
            if found:
                words = ", ".join(f"{value:.2f} x {server}" for server, value in found.items())
                yield f"  {summary['server']} = {words}"


def rate_lines(group, rate):
    """Who could not keep up has more in flight than the case's name says."""
    for summary in group:
        kept = summary.get("requests_per_second", rate)
        if summary["work"] == "in-flight" and kept < RATE_KEPT * rate:
            own, others, load = (percent(summary.get(f"{name}_core_share")) for name in ("server", "other", "load"))
            yield (f"  {summary['server']}: did not keep up: {kept:,.0f} of {rate:,} requests a second; "
                   f"it had {own} of its core, others {others}; the load's was {load} busy")


def case_table(summaries, group, rate):
    head = FLIGHT_HEAD if group[0]["work"] == "in-flight" else HEAD
    rows = [head] + [row_of(summaries, summary) for summary in group if summary["is_result"]]
    lines = [place_of(group[0]), table(rows)]
    lines += [f"  {summary['server']}: NO RESULT: {failures_text(summary['failures'])}"
              for summary in group if not summary["is_result"]]
    return "\n".join(lines + list(rate_lines(group, rate)) + list(ratio_lines(summaries, group)))


def groups_of(summaries):
    groups = {}
    for summary in summaries:
        groups.setdefault((summary["case"], summary["clients"]), []).append(summary)
    return groups.values()


# ---- several workers ----

def scaling_lines(summaries, samples):
    """Requests a second with two workers for each with one."""
    for summary in summaries:
        one = figures.find(summaries, "workers-1", summary["server"], summary["clients"])
        if summary["case"] == "workers-2" and summary["is_result"] and one:
            value = summary["requests_per_second"] / one["requests_per_second"]
            yield f"  {summary['server']}: {value:.2f} x the requests/s of one worker{balance(samples, summary)}"


def balance(samples, summary):
    """Of the last sample that has one."""
    found = [sample["connections_by_worker"] for sample in samples
             if figures.key_of(sample) == figures.key_of(summary) and sample.get("connections_by_worker")]
    return f"; connections by worker: {', '.join(map(str, found[-1].values()))}" if found else ""


# ---- targets ----

def verdict(entry):
    if entry["ratio"] is None:
        return "not measured"
    return "reached" if entry["is_reached"] else f"MISSED by {entry['missed_by']:.0%}"


def target_table(entries, cases):
    """Of the cases that were measured."""
    entries = [entry for entry in entries if entry["case"] in cases]
    rows = [("case", "server", "target", "ratio", "at", "")]
    rows += [(entry["case"], entry["server"], entry["target"], number(entry["ratio"], 3),
              str(entry["clients"] or DASH), verdict(entry)) for entry in entries]
    return table(rows)


def tables(document):
    summaries = document["summaries"]
    parts = [case_table(summaries, group, document["settings"]["rate"]) for group in groups_of(summaries)]
    scaling = list(scaling_lines(summaries, document["samples"]))
    if scaling:
        parts.append("two workers on both cores, which the load uses too\n" + "\n".join(scaling))
    cases = {summary["case"] for summary in summaries}
    parts.append("targets (the worst of all numbers of clients)\n" + target_table(document["targets"], cases))
    return "\n" + "\n\n".join(parts) + "\n"


# ---- the file ----

def rounded(value):
    """Four decimals are more than anything here is worth."""
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {name: rounded(member) for name, member in value.items()}
    return [rounded(member) for member in value] if isinstance(value, (list, tuple)) else value


def document_text(document):
    """JSON with a line for each sample, summary and target, so that two runs can be compared."""
    lines = []
    for name, value in rounded(document).items():
        if isinstance(value, list):
            rows = ",\n  ".join(json.dumps(row) for row in value)
            lines.append(f"{json.dumps(name)}: [\n  {rows}\n ]" if rows else f"{json.dumps(name)}: []")
        else:
            lines.append(f"{json.dumps(name)}: {json.dumps(value)}")
    return "{\n " + ",\n ".join(lines) + "\n}\n"
