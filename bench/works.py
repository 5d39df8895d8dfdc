# SPDX-License-Identifier: MIT
"""works - what is measured: each work is one or several cases, and a case is one thing asked of each server."""
import json
from typing import NamedTuple

CLOSED_LOOP = "closed loop"
CONSTANT_RATE = "constant rate"
RATE = 2000  # requests a second
# Who compiles while it runs needs longer until it is at its best.
WARM_UP_FACTORS = {"node": 4}
DESCRIPTOR_RESERVE = 1000
QUICK_DELAY_MS, LONGEST_DELAY_MS = 500, 4000

ALL = ("floor", "nginx", "haproxy", "go", "node", "aiohttp", "fanlight-async", "fanlight-wire")
# HAProxy makes one call for a request and no more.
NO_HAPROXY = tuple(server for server in ALL if server != "haproxy")
# At a constant rate with thousands waiting; the others are a long way off.
IN_FLIGHT = tuple(server for server in ALL if server not in ("node", "aiohttp"))

SUCCESS = {"message": "success"}
SIZES = {"/body10k": 10 * 1024, "/body1m": 1024 * 1024}


class Case(NamedTuple):
    work: str
    name: str
    target: str
    servers: tuple
    calls: int = 1  # for each request
    kind: str = CLOSED_LOOP
    clients: tuple = ()  # none: those that were asked for
    is_logged: bool = False
    workers: int = 1
    delay_ms: int = 0
    rounds_most: int = 1000

    @property
    def in_flight(self):
        """Little's law."""
        return RATE * self.delay_ms // 1000


def in_flight(delay_ms):
    count = RATE * delay_ms // 1000
    return Case("in-flight", f"in-flight-{count}", "/task1", IN_FLIGHT, kind=CONSTANT_RATE, delay_ms=delay_ms,
                rounds_most=2)


def workers(count):
    return Case("workers", f"workers-{count}", "/task1", ("nginx", "fanlight-async", "fanlight-wire"), workers=count,
                clients=(64,))


CASES = (
    Case("hello", "hello", "/hello", ALL, calls=0),
    Case("one-call", "one-call", "/task1", ALL),
    Case("fan-out", "fan-out", "/fanout?n=10", NO_HAPROXY, calls=10),
    Case("body-10k", "body-10k", "/body10k", ALL, clients=(16,)),
    Case("body-1m", "body-1m", "/body1m", ALL, clients=(16,)),
    # The same as one-call, which is what it is compared with: whoever asks for the one gets the other.
    Case("logs", "logs", "/task1", ALL[1:], is_logged=True),
    in_flight(50),
    in_flight(500),
    in_flight(2000),
    in_flight(4000),
    workers(1),
    workers(2),
)
WORKS = tuple(dict.fromkeys(case.work for case in CASES))


def cases_of(works, longest_delay_ms=LONGEST_DELAY_MS):
    wanted = set(works) | ({"one-call"} if "logs" in works else set())
    return [case for case in CASES if case.work in wanted and case.delay_ms <= longest_delay_ms]


def within(cases, descriptors):
    """(those that can be held with so many descriptors, [{"case", "reason"} of the others])"""
    held = [case for case in cases if 2 * case.in_flight + DESCRIPTOR_RESERVE <= descriptors]
    return held, [{"case": case.name, "reason": f"a process may open {descriptors} descriptors only"}
                  for case in cases if case not in held]


def body_of(size):
    """JSON of exactly that many bytes."""
    frame = len(json.dumps({"message": ""}, separators=(",", ":")))
    return json.dumps({"message": "a" * (size - frame)}, separators=(",", ":")).encode("ascii")


def expected_of(case):
    """What the backend's part of an answer must be."""
    path = case.target.split("?")[0]
    return json.loads(body_of(SIZES[path])) if path in SIZES else SUCCESS


def judge_body(case, calls, server, body):
    """None: right; else what is wrong. Proxies hand one call's body on, gateways put it under "res"."""
    if server == "floor":
        return None  # its bytes are filler
    if calls == 0:
        return None if body == b"Hello world" else "it does not say hello"
    try:
        value = json.loads(body)
    except ValueError:
        return "its answer is not JSON"
    expected = expected_of(case)
    if calls == 1:
        return None if value in (expected, {"res": expected}) else "the backend's body is not in its answer"
    whole = {f"task{number}": expected for number in range(1, calls + 1)}
    return None if value == whole else f"its answer is not the {calls} bodies"
