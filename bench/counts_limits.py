# SPDX-License-Identifier: MIT
"""counts_limits - are the counted figures within their limits (bench/counts_limits.json)?

A limit is a figure as it was measured; what may be added before it counts as exceeded is the slack below. System calls are
the same on every machine. Instructions and allocations belong to the libraries they were measured with: on others they are told
and not judged.
"""
import collections
import json

LIMITS_FILE = "bench/counts_limits.json"
# Of this share of its limit and less, a figure has become so much better that the limit can follow it.
TIGHTEN_BELOW = 0.8


class Slack(collections.namedtuple("Slack", "factor more")):
    """A limit may be exceeded by this factor, and by so much more."""

    def allowed(self, limit):
        return limit * self.factor + self.more


SLACK = {
    "system_calls": Slack(1.01, 0.1),
    "look_calls": Slack(1.01, 0.1),
    # Threads meet at a lock, or they do not; the allocator needs memory once in a while.
    "lock_calls": Slack(1.5, 4),
    "memory_calls": Slack(1.2, 1.9),
    "instructions": Slack(1.15, 0),
    "memset": Slack(1.15, 100),
    "allocations": Slack(1.03, 0.5),
}
MORE_SLACK = {
    # How many answers a wake of the worker finds is never the same where other threads make the calls.
    "threads": {"system_calls": Slack(1.05, 0.6)},
    # Each wake is three calls, and there may be as many as answers.
    "threads fan-out": {"system_calls": Slack(1.05, 9)},
    # Looks at a kept connection before it uses it where the turn has taken long, as it does under strace; at most once a call.
    "wire": {"look_calls": Slack(1, 10)},
}
NEVER_TIGHTENED = ("look_calls", "lock_calls", "memory_calls")
JUDGED_EVERYWHERE = ("system_calls", "look_calls", "lock_calls", "memory_calls")

PASSED, EXCEEDED, MISSING, TOLD = "passed", "exceeded", "missing", "told"


Figure = collections.namedtuple("Figure", "place figure value slack")


class Verdict(collections.namedtuple("Verdict", "kind text")):
    """What became of one figure; `text` is empty if there is nothing to say."""

    def failed(self):
        return self.kind in (EXCEEDED, MISSING)


def read_limits(path):
    """{'measured_with': {...}, 'limits': {mode: {work: {shape: {figure: limit}}}}}. ValueError if it is not that."""
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    if not isinstance(document, dict) or not all(isinstance(document.get(key), dict) for key in ("measured_with", "limits")):
        raise ValueError(f"{path}: needs 'measured_with' and 'limits'")
    return document


def judge(document, measured_with, results):
    """A Verdict for each figure of results, {mode: {work: {shape: {figure: value}}}}."""
    is_same = document["measured_with"] == measured_with
    return [judge_figure(Figure(f"{mode} {work} {shape}", figure, value, slack_of(mode, work)[figure]),
                         document["limits"].get(mode, {}).get(work, {}).get(shape, {}).get(figure), is_same)
            for mode, work, shape, figure, value in each_figure(results)]


def slack_of(mode, work):
    return {**SLACK, **MORE_SLACK.get(mode, {}), **MORE_SLACK.get(f"{mode} {work}", {})}


def each_figure(results):
    for mode, works in results.items():
        for work, shapes in works.items():
            for shape, figures in shapes.items():
                for figure in SLACK:
                    yield mode, work, shape, figure, figures[figure]


def judge_figure(measured, limit, is_same):
    """`limit`: None if there is none. `is_same`: were the limits measured with these libraries?"""
    place, figure, value, slack = measured
    name = figure.replace("_", " ")
    if limit is None:
        return Verdict(MISSING, f"{place}: {name} have no limit; measured {number(value)} (--update writes it down)")
    if figure not in JUDGED_EVERYWHERE and not is_same:
        return Verdict(TOLD, f"{place}: {number(value)} {name}, {number(limit)} with the libraries of the limits")
    allowed = slack.allowed(limit)
    if value > allowed:
        return Verdict(EXCEEDED, f"{place}: {number(value)} {name} a request, limit {number(limit)}"
                                 f" ({more_than(value, limit)}; {number(allowed)} is tolerated)")
    if value < TIGHTEN_BELOW * limit and figure not in NEVER_TIGHTENED:
        return Verdict(PASSED, f"{place}: {number(value)} {name}, limit {number(limit)}: it can be tightened")
    return Verdict(PASSED, "")


def more_than(value, limit):
    return f"{(value / limit - 1) * 100:+.1f} %" if limit else f"+{number(value)}"


def number(value):
    return f"{value:.0f}" if value >= 1000 else f"{value:.3f}".rstrip("0").rstrip(".")


def differences(document, measured_with):
    """What is another version than that of the limits, in words."""
    before = document["measured_with"]
    return [f"{name} {measured_with.get(name)} (limits: {before.get(name)})" for name in sorted({*before, *measured_with})
            if before.get(name) != measured_with.get(name)]


def updated(document, measured_with, results):
    """The document with the limits of what was measured; those of other modes and works stay if nothing else changed."""
    limits = document["limits"] if document["measured_with"] == measured_with else {}
    for mode, work, shape, figure, value in each_figure(results):
        limits.setdefault(mode, {}).setdefault(work, {}).setdefault(shape, {})[figure] = value
    return {"measured_with": measured_with, "limits": limits}


def write_limits(path, document):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(document, file, indent=2)
        file.write("\n")
