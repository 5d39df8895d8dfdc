# SPDX-License-Identifier: MIT
"""counts_measure - counts one work in one mode: once under strace, once under callgrind, with a gateway of its own each time.

Each gateway is warmed up first (connections, caches, the allocator's lists), then counted over requests one at a time, then
over batches. Only what happens between is counted: start, warm-up and end are no part of a figure.
"""
import os
import pathlib
import subprocess
import tempfile

from bench import counts_callgrind, counts_trace
from bench.counts_client import Client
from bench.counts_process import Failure, Program, wait_until

TARGETS = {"hello": "/hello", "call": "/task1", "fan-out": "/fanout?n=10"}
SHAPES = ("single", "batch")
# Rounds that are counted under each tool; before them, in each shape, some that are not.
STRACE_ROUNDS = {"single": dict.fromkeys(TARGETS, 40), "batch": dict.fromkeys(TARGETS, 12)}
CALLGRIND_ROUNDS = {"single": {"hello": 48, "call": 48, "fan-out": 24}, "batch": {"hello": 6, "call": 6, "fan-out": 3}}
WARM_UP_ROUNDS = {"single": 12, "batch": 3}
TOOL_PATIENCE_S = 60
# Counted apart, because how often they happen depends on how threads meet at a lock, and on when the allocator runs out.
LOCK_CALLS = ("futex", "sched_yield")
MEMORY_CALLS = ("brk", "madvise", "mmap", "mprotect", "mremap", "munmap")


def run_tool(command):
    """What it printed, standard error with it. Failure if it could not run or failed."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=TOOL_PATIENCE_S, check=False)
    except OSError as error:
        raise Failure(f"{command[0]}: {error.strerror} (script/bootstrap counts installs it)") from error
    except subprocess.TimeoutExpired as error:
        raise Failure(f"{command[0]} did not end within {TOOL_PATIENCE_S} s") from error
    if done.returncode:
        raise Failure(f"{' '.join(command)} fails: {done.stdout.strip()[-500:]}")
    return done.stdout


def check_tools():
    run_tool(["valgrind", "--version"])
    try:
        run_tool(["strace", "-D", "-f", "-o", "/dev/null", "true"])
    except Failure as failure:
        raise Failure(f"system calls cannot be counted here, is ptrace forbidden? {failure}") from failure


class Bench:
    """Where the programs are, and how the gateway is told to log."""

    def __init__(self, programs, log_requests=False):
        self.programs = pathlib.Path(programs)
        self.log_level = "info" if log_requests else "warn"
        for name in ("backend", "gateway"):
            if not os.access(self.programs / name, os.X_OK):
                raise Failure(f"{self.programs / name} is not there: script/setup builds it")

    def knows(self, mode):
        done = subprocess.run([self.programs / "gateway", "--mode", mode, "--check"], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, check=False)
        return done.returncode == 0

    def start_backend(self, scratch):
        return Program("backend", [self.programs / "backend", "--listen", "127.0.0.1:0", "--delay", "0ms", "--log-level",
                                   "error"], scratch)

    def start_gateway(self, tool, mode, backend, scratch):
        return Program("gateway", [*tool, self.programs / "gateway", "--mode", mode, "--listen", "127.0.0.1:0", "--admin",
                                   "127.0.0.1:0", "--backend", f"http://127.0.0.1:{backend.port()}", "--log-level",
                                   self.log_level], scratch)

    def run(self, tool, mode, work, rounds, at_mark):
        """Calls at_mark(gateway, shape, number, requests) when a shape is about to be counted (round 0) and after each round."""
        with tempfile.TemporaryDirectory(prefix="fanlight-counts-") as logs, self.start_backend(logs) as backend, \
                self.start_gateway(tool, mode, backend, logs) as gateway, Client(backend, gateway) as client:
            if mode == "threads":
                # Each thread keeps a connection of its own: a batch has all of them open theirs.
                client.warm_up("batch", TARGETS[work], WARM_UP_ROUNDS["batch"])
            for shape in SHAPES:
                client.warm_up(shape, TARGETS[work], WARM_UP_ROUNDS[shape])
                at_mark(gateway, shape, 0, 0)
                for number, requests in enumerate(client.rounds(shape, TARGETS[work], rounds[shape][work]), 1):
                    at_mark(gateway, shape, number, requests)


def count_system_calls(bench, mode, work):
    """{shape: {'system_calls', 'look_calls', 'lock_calls', 'memory_calls', 'by_name', 'cycle': a round's lines}}."""
    marks = {shape: [] for shape in SHAPES}
    with tempfile.TemporaryDirectory(prefix="fanlight-counts-") as scratch:
        path = pathlib.Path(scratch) / "trace"
        bench.run(["strace", "-D", "-f", "-q", "-s", "16", "-o", path], mode, work, STRACE_ROUNDS,
                  lambda _gateway, shape, _number, requests: marks[shape].append((path.stat().st_size, requests)))
        trace = path.read_bytes()
    workers = counts_trace.workers_of(trace)
    return {shape: system_call_figures(counts_trace.rounds_of(trace, [offset for offset, _requests in marks[shape]]), workers,
                                       marks[shape][-1][1]) for shape in SHAPES}


def system_call_figures(rounds, workers, requests):
    calls = counts_trace.leanest(rounds)
    by_name = counts_trace.per_request(calls, workers, requests)
    sums = dict.fromkeys(("system_calls", "look_calls", "lock_calls", "memory_calls"), 0)
    for names in by_name.values():
        for name, number in names.items():
            sums[kind_of(name)] += number
    return {**{kind: round(number, 3) for kind, number in sums.items()}, "by_name": by_name,
            "cycle": [call.line for call in calls]}


def kind_of(name):
    if name.endswith(counts_trace.LOOKING):
        return "look_calls"
    if name in LOCK_CALLS:
        return "lock_calls"
    return "memory_calls" if name in MEMORY_CALLS else "system_calls"


def count_instructions(bench, mode, work):
    """{shape: {'instructions', 'memset', 'allocations', 'by_allocator', 'parts', 'functions', 'files', 'allocating'}}, per request."""
    found = {}
    requests_so_far = 0
    dump_count = 0
    with tempfile.TemporaryDirectory(prefix="fanlight-counts-") as scratch:
        path = pathlib.Path(scratch) / "profile"

        def at_mark(gateway, shape, number, requests):
            nonlocal requests_so_far, dump_count
            requests_so_far = requests_so_far + requests if number else 0
            if number in (0, CALLGRIND_ROUNDS[shape][work]):
                dump_count += 1
                part = dump(gateway, path, dump_count)
                if number:
                    with open(part, encoding="utf-8", errors="replace") as lines:
                        found[shape] = instruction_figures(counts_callgrind.read_profile(lines), requests_so_far)

        bench.run(["valgrind", "--tool=callgrind", f"--log-file={path}.log", f"--callgrind-out-file={path}"], mode, work,
                  CALLGRIND_ROUNDS, at_mark)
    return found


def dump(gateway, path, number):
    """Has callgrind write what it counted since the last time, and begin anew. Returns the file."""
    run_tool(["vgdb", f"--pid={gateway.pid}", "dump", "counted"])
    part = pathlib.Path(f"{path}.{number}")
    wait_until(lambda: part.exists() and "\ntotals: " in part.read_text(errors="replace")[-200:], f"callgrind writes {part}")
    gateway.wait_for_rest()
    return part


def instruction_figures(profile, requests):
    def each(number):
        return round(number / requests)

    memset, memset_function = counts_callgrind.memset_instructions(profile)
    by_allocator = counts_callgrind.allocations(profile)
    return {"instructions": each(profile.total() - memset), "memset": each(memset), "memset_function": memset_function,
            "allocations": round(sum(by_allocator.values()) / requests, 3),
            "by_allocator": {name: round(calls / requests, 3) for name, calls in by_allocator.items()},
            "parts": {name: [each(own), each(with_libc)]
                      for name, (own, with_libc) in counts_callgrind.parts(profile, "gateway").items()},
            "functions": [[name, each(own), each(with_libc)]
                          for name, own, with_libc in counts_callgrind.top_functions(profile, "gateway", 60)],
            "files": [[name, each(own)] for name, own in counts_callgrind.top_files(profile, "gateway", 40)],
            "allocating": [[name, round(calls / requests, 2)]
                           for name, calls in counts_callgrind.top_allocating(profile, 40)]}


def count(bench, mode, work):
    """Both, as one: {shape: figures}."""
    calls = count_system_calls(bench, mode, work)
    instructions = count_instructions(bench, mode, work)
    return {shape: {**calls[shape], **instructions[shape]} for shape in SHAPES}
