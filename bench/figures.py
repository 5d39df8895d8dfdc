# SPDX-License-Identifier: MIT
"""figures - medians of samples, and ratios of medians. Pure.

A sample is a dict of what one measurement found; the figures that are summed up are those that FIGURES names. A sample
with failed requests is no result, and a median that one of them belongs to is none either.
"""
import statistics

FIGURES = ("cpu_us", "requests_per_second", "p50_us", "p99_us", "idle_bytes", "peak_bytes", "loaded_bytes",
           "request_bytes", "server_core_share", "load_core_share", "other_core_share")
# Of these the least and the most are kept, too.
SPREADS = ("cpu_us", "requests_per_second", "p99_us")
KEY = ("case", "server", "clients")


def key_of(sample):
    return tuple(sample[name] for name in KEY)


def failures_of(samples):
    total = {}
    for sample in samples:
        for kind, count in sample["failures"].items():
            total[kind] = total.get(kind, 0) + count
    return total


def median_of(samples, figure):
    """(median, least, most) or None: not measured."""
    values = [sample[figure] for sample in samples if sample.get(figure) is not None]
    return (statistics.median(values), min(values), max(values)) if values else None


def summarise(samples):
    """One dict for each case, server and number of clients, in the order in which they first came."""
    groups = {}
    for sample in samples:
        groups.setdefault(key_of(sample), []).append(sample)
    return [summary_of(group) for group in groups.values()]


def summary_of(group):
    summary = {name: group[0][name] for name in ("work",) + KEY}
    summary["samples"] = len(group)
    summary["failures"] = failures_of(group)
    summary["is_result"] = not summary["failures"]
    for figure in FIGURES if summary["is_result"] else ():
        spread = median_of(group, figure)
        if spread:
            summary[figure] = spread[0]
        if spread and figure in SPREADS:
            summary[f"{figure}_least"], summary[f"{figure}_most"] = spread[1:]
    return summary


def find(summaries, case, server, clients):
    """A summary that is a result, or None."""
    for summary in summaries:
        if key_of(summary) == (case, server, clients) and summary["is_result"]:
            return summary
    return None


def ratio(above, below):
    """None where one of the two is not known, or there is nothing to divide by."""
    return above / below if above is not None and below else None


def ratios(summaries, summary, figure="cpu_us"):
    """{other server: how many times its figure ours is}, the same case and clients."""
    found = {}
    for other in summaries:
        if key_of(other)[::2] == key_of(summary)[::2] and other["server"] != summary["server"]:
            value = ratio(summary.get(figure), other.get(figure)) if other["is_result"] else None
            if value is not None:
                found[other["server"]] = value
    return found
