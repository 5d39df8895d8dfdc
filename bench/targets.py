# SPDX-License-Identifier: MIT
"""targets - what the project wants to be reached, as a table, and how near a run came. Pure.

A target bounds one figure of one server from above: `most` times the same figure of the best of `peers` (or of `case`
of the same server, or of the case's delay). It holds for each number of clients that was measured; the worst counts.
"""
from typing import NamedTuple

from bench import figures, works

WIRE, ASYNC = "fanlight-wire", "fanlight-async"
RATES = ("in-flight-1000", "in-flight-4000", "in-flight-8000")


class Target(NamedTuple):
    case: str
    server: str
    most: float
    peers: tuple = ()
    figure: str = "cpu_us"
    own_case: str = None  # compared with the same server at another case
    is_delay: bool = False  # compared with the delay of the case


def both(case, most, peers=(), **more):
    return [Target(case, server, most, peers, **more) for server in (WIRE, ASYNC)]


TARGETS = (
    *both("hello", 1.3, ("nginx",)),
    Target("one-call", WIRE, 1.2, ("nginx", "haproxy")),
    Target("one-call", ASYNC, 2.0, ("nginx",)),
    Target("one-call", ASYNC, 1.0, ("go",)),
    Target("fan-out", WIRE, 0.8, ("nginx",)),
    Target("fan-out", ASYNC, 1.8, ("nginx",)),
    Target("fan-out", ASYNC, 1.0, ("go",)),
    Target("one-call", WIRE, 1.55, ("floor",)),
    Target("fan-out", WIRE, 1.4, ("floor",)),
    *(Target(case, WIRE, 1.2, ("nginx",)) for case in RATES),
    *(Target(case, ASYNC, 2.2, ("nginx",)) for case in RATES),
    *both("in-flight-8000", 1.1, figure="p99_us", is_delay=True),
    Target("in-flight-4000", WIRE, 2.0, ("nginx",), figure="request_bytes"),
    Target("in-flight-4000", ASYNC, 5.0, ("nginx",), figure="request_bytes"),
    *(Target(case, WIRE, 1 / 11, ("aiohttp",)) for case in ("one-call", "fan-out")),
    *(Target(case, ASYNC, 1 / 7, ("aiohttp",)) for case in ("one-call", "fan-out")),
    *both("logs", 1.2, own_case="one-call"),
)

NAMES = {"cpu_us": "CPU a request", "p99_us": "p99", "request_bytes": "memory a request in flight"}


def describe(target):
    if target.is_delay:
        against = "the delay"
    elif target.own_case:
        against = f"its {target.own_case}"
    else:
        against = " or ".join(target.peers)
    most = f"{target.most:.3g}" if target.most > 0.5 else f"1/{1 / target.most:.3g}"
    return f"{NAMES[target.figure]} <= {most} x {against}"


def yardstick(target, summaries, clients):
    """What `most` is multiplied with; None: not measured. Of several peers the best, and all must be there."""
    if target.is_delay:
        return next(case.delay_ms * 1000 for case in works.CASES if case.name == target.case)
    if target.own_case:
        others = [figures.find(summaries, target.own_case, target.server, clients)]
    else:
        others = [figures.find(summaries, target.case, peer, clients) for peer in target.peers]
    values = [other.get(target.figure) if other else None for other in others]
    return None if None in values else min(values)


def judge(target, summaries):
    """{"target", "case", "server", "ratio", "most", "clients", "missed_by", "is_reached"}; None where not measured."""
    worst, at_clients = None, None
    for summary in summaries:
        if (summary["case"], summary["server"]) != (target.case, target.server):
            continue
        found = figures.find(summaries, *figures.key_of(summary)) or {}
        value = figures.ratio(found.get(target.figure), yardstick(target, summaries, summary["clients"]))
        if value is None:
            worst, at_clients = None, None
            break
        if worst is None or value > worst:
            worst, at_clients = value, summary["clients"]
    return {
        "target": describe(target),
        "case": target.case,
        "server": target.server,
        "most": target.most,
        "ratio": worst,
        "clients": at_clients,
        "is_reached": None if worst is None else worst <= target.most,
        "missed_by": max(worst / target.most - 1, 0) if worst is not None else None,
    }


def judge_all(summaries):
    return [judge(target, summaries) for target in TARGETS]
