# SPDX-License-Identifier: MIT
"""clock - the wall clock is set an hour forth and back in the middle of things, and nothing but time stamps notices.

By libfaketime, told to leave the monotonic clock alone, as setting the clock of a machine does.
"""
import datetime
import json
import os
import pathlib
import re
import time

from bench import end_well
from client import PATIENCE_S, connect, exchange, get, receive, request_bytes
from programs import Program, Trouble, wait_until

HOUR_S = 3600
JUMPS = {"forth": HOUR_S, "back": -HOUR_S}
TIME_S = 0.7
TIME = "700ms"
# A machine with more to do may be late, and an hour is longer than that.
LATE_S = 10
LIBRARY = "libfaketime.so.1"


def library():
    for folder in pathlib.Path("/usr/lib").glob("*/faketime"):
        if (folder / LIBRARY).exists():
            return folder / LIBRARY
    raise Trouble(f"there is no {LIBRARY}: 'script/bootstrap torture' installs it")


class Clock:
    """The wall clock of one program."""

    def __init__(self, folder):
        self.file = folder / "faketime"
        self.set(0)

    def set(self, seconds):
        fresh = self.file.with_suffix(".new")
        fresh.write_text(f"{seconds:+d}\n")
        os.replace(fresh, self.file)

    def environment(self):
        return {"LD_PRELOAD": os.fspath(library()), "FAKETIME_TIMESTAMP_FILE": os.fspath(self.file), "FAKETIME_NO_CACHE": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"}


def configuration(bench):
    users = f"http://127.0.0.1:{bench.backends[0].port}"
    call = {"backend": "users", "path": "/x?delay={query.delay}"}
    return {
        "listen": "127.0.0.1:0", "admin": "127.0.0.1:0", "mode": bench.mode, "blocking": "res", "threads": 2, "deadline": "30s",
        "drain_timeout": "20s", "limits": {"header_timeout": TIME, "body_timeout": TIME},
        "backends": {"users": {"servers": [users]}, "narrow": {"servers": [users + "/v2"], "max_in_flight": 1, "queue_timeout": "20s"}},
        "routes": [
            {"path": "/hello", "respond": {"text": "Hello world"}},
            {"path": "/call", "methods": ["GET", "POST"], "calls": {"res": call}},
            {"path": "/short", "calls": {"res": {**call, "timeout": TIME}}},
            {"path": "/deadline", "deadline": TIME, "calls": {"res": call}},
            {"path": "/line", "calls": {name: {**call, "backend": "narrow"} for name in ("a", "b")}},
        ],
    }


class Watch:
    """How long something took, by the clock that is not set."""

    def __init__(self):
        self.start = time.monotonic()

    def must_be(self, least_s, what):
        seconds = time.monotonic() - self.start
        if not least_s * 0.9 <= seconds <= least_s + LATE_S:
            raise Trouble(f"{what} took {seconds:.2f} s instead of {least_s} s")


def expect(answer, status, what):
    if answer.status != status or not answer.is_whole:
        raise Trouble(f"{what} is answered {answer} instead of {status}")


def set_in_the_middle(gateway, jump, target, status, seconds):
    """The clock is set while the gateway works for this request."""
    watch = Watch()
    with connect(gateway.port) as connection:
        connection.sendall(request_bytes("GET", target))
        time.sleep(TIME_S / 4)
        jump()
        expect(receive(connection, "GET", time.monotonic() + PATIENCE_S), status, target)
    watch.must_be(seconds, target)


# ---- the cases: (gateway, jump) ----

def call(gateway, jump):
    set_in_the_middle(gateway, jump, f"/call?delay={TIME}", 200, TIME_S)


def timeout(gateway, jump):
    set_in_the_middle(gateway, jump, "/short?delay=20s", 504, TIME_S)


def deadline(gateway, jump):
    set_in_the_middle(gateway, jump, "/deadline?delay=20s", 504, TIME_S)


def line(gateway, jump):
    set_in_the_middle(gateway, jump, f"/line?delay={TIME}", 200, 2 * TIME_S)


def wait_for_408(gateway, jump, method, half, name):
    watch = Watch()
    with connect(gateway.port) as connection:
        connection.sendall(half)
        time.sleep(TIME_S / 4)
        jump()
        expect(receive(connection, method, time.monotonic() + PATIENCE_S), 408, name)
    watch.must_be(TIME_S, name)


def slow_head(gateway, jump):
    wait_for_408(gateway, jump, "GET", b"GET /hello HTTP/1.1\r\nHost: a", "half a head")


def slow_body(gateway, jump):
    wait_for_408(gateway, jump, "POST", b"POST /call HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf", "half a body")


def kept(gateway, jump):
    """An idle connection of a client's, and one to the backend."""
    with connect(gateway.port) as connection:
        expect(exchange(connection, request_bytes("GET", "/call?delay=0ms")), 200, "the first request")
        time.sleep(TIME_S / 4)
        jump()
        time.sleep(TIME_S / 4)
        expect(exchange(connection, request_bytes("GET", "/call?delay=0ms")), 200, "the next request of a kept connection")


def draining(gateway, jump):
    with connect(gateway.port) as connection:
        connection.sendall(request_bytes("GET", f"/call?delay={TIME}"))
        time.sleep(TIME_S / 4)
        gateway.tell_to_stop()
        jump()
        expect(receive(connection, "GET", time.monotonic() + PATIENCE_S), 200, "a request in flight while it drains")
    end_well(gateway)


CASES = {"call": call, "timeout": timeout, "deadline": deadline, "line": line, "slow-head": slow_head, "slow-body": slow_body,
         "kept": kept, "draining": draining}


# ---- what is true behind each ----

def events_of(gateway):
    return [json.loads(text) for text in gateway.read_log().splitlines()]


def numbers_in(value):
    if isinstance(value, dict):
        return [number for key, member in value.items() if key != "ts" for number in numbers_in(member)]
    if isinstance(value, list):
        return [number for member in value for number in numbers_in(member)]
    return [value] if isinstance(value, (int, float)) else []


def check_numbers(gateway):
    """Nothing was less than no time, or more than all that there was."""
    for event in events_of(gateway):
        if event["event"] == "done" and not 0 <= event["total_us"] < LATE_S * 3 * 10 ** 6:
            raise Trouble(f"a request took {event['total_us']} us")
        if event["event"] == "done" and min(numbers_in(event)) < 0:
            raise Trouble(f"less than nothing: {event}")


def check_metrics(gateway):
    text = get(gateway.admin, "/metrics").body.decode()
    for name, value in re.findall(r"^(fanlight_\S+) (\S+)$", text, re.MULTILINE):
        if float(value) < 0:
            raise Trouble(f"{name} is {value}")
        if "_seconds_sum" in name and float(value) > LATE_S * 6:
            raise Trouble(f"{name} is {value}")


def check_stamps(gateway, seconds):
    """Time stamps went along with the clock, or the case was none."""
    stamps = [datetime.datetime.fromisoformat(event["ts"]).timestamp() for event in events_of(gateway)]
    steps = [after - before for before, after in zip(stamps, stamps[1:])]
    if not any(abs(step - seconds) < LATE_S * 3 for step in steps):
        raise Trouble(f"no time stamp follows the clock: they go on by {[round(step) for step in steps]} s")


def find(_bench):
    return [f"{name}/{direction}" for name in CASES for direction in JUMPS]


def run_case(bench, name, direction):
    clock = Clock(bench.folder)
    path = bench.folder / "clock.json"
    path.write_text(json.dumps(configuration(bench), indent=1))
    program = bench.plain_programs / "gateway"
    with Program([program, f"--config={path}", "--log-format=json"], bench.folder, "gateway",
                 environment=clock.environment()) as gateway:
        if not gateway.wait_ready():
            raise Trouble(f"the gateway does not start: {gateway.read_errors()}")
        expect(get(gateway.port, "/hello"), 200, "/hello")
        CASES[name](gateway, lambda: clock.set(JUMPS[direction]))
        if not gateway.has_ended():
            expect(get(gateway.port, "/call?delay=1ms"), 200, "/call")
            wait_until(lambda: len([None for event in events_of(gateway) if event["event"] == "done"]) >= 2, "the log is written")
            check_metrics(gateway)
            end_well(gateway)
        check_numbers(gateway)
        check_stamps(gateway, JUMPS[direction])


def run(bench, cases, slot, tally):
    for case in cases:
        if slot.is_over():
            return
        name = f"clock/{bench.mode}/{case}"
        try:
            run_case(bench, *case.split("/"))
            tally.passed(name)
        except Trouble as trouble:
            tally.failed(name, f"{trouble}")
