# SPDX-License-Identifier: MIT
"""measure - one server, started, asked the same thing many times while its use is looked at, and stopped.

The load, the backend and this program run on one core, the server on the other; with two workers the server has both,
and so has the load.
"""
import json
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass

from bench import cpu, peers, probe, works, wrk
from bench.process import Children, Failure, free_port

SHARED_MEMORY = pathlib.Path("/dev/shm")
# At a constant rate the use is read a little behind the window's beginning and before its end.
MARGIN_S = 0.2
GRACE_S = 10
LOG_PATIENCE_S = 3


@dataclass
class Settings:
    programs: pathlib.Path
    clients: tuple
    seconds: float
    warm_up: float
    load_core: int
    server_core: int
    descriptors: int

    def warm_up_of(self, server):
        return self.warm_up * works.WARM_UP_FACTORS.get(server, 1)

    def server_cores(self, case):
        return [self.load_core, self.server_core] if case.workers > 1 else [self.server_core]

    def load_cores(self, case):
        return [self.load_core, self.server_core] if case.workers > 1 else [self.load_core]


@dataclass
class Use:
    """Readings of one moment."""

    time_s: float
    server_ns: int
    cores: dict


class Measurement:
    """One server at one case. A context manager: inside it runs, with a backend of its own."""

    def __init__(self, settings, case, server):
        self.settings = settings
        self.case = case
        self.server = server
        self.log_file = None

    def __enter__(self):
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="fanlight-bench-"))
        self.children = Children(self.scratch)
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *error):
        self.children.__exit__(*error)
        shutil.rmtree(self.scratch, ignore_errors=True)
        if self.log_file:
            self.log_file.unlink(missing_ok=True)

    # ---- starting ----

    def site(self, name, backend_port=1, call_bytes=1):
        folder = self.scratch / name
        folder.mkdir()
        return peers.Site(folder, self.settings.programs, self.case, free_port(), free_port(), backend_port,
                          self.settings.descriptors, call_bytes, self.log_file)

    def launch(self, name, launch, port, cores):
        child = self.children.start(name, launch.arguments, cores, launch.stdout, launch.environment)
        self.children.wait_for_port(child, port)
        return child

    def start(self):
        if self.case.is_logged:
            folder = SHARED_MEMORY if SHARED_MEMORY.is_dir() else self.scratch
            with tempfile.NamedTemporaryFile(prefix="fanlight-bench-", dir=folder, delete=False) as file:
                self.log_file = pathlib.Path(file.name)
        # Where nothing is called, nobody listens there.
        backend_port, call_bytes = free_port(), 1
        if self.case.calls > 0:
            backend = self.site("backend")
            self.launch("backend", peers.launch_backend(backend), backend.port, self.settings.load_cores(self.case))
            backend_port = backend.port
            if self.server == "floor":
                call_bytes = probe.answer_bytes(backend_port, "/task1" if self.case.calls > 1 else self.case.target)
        site = self.site("server", backend_port, call_bytes)
        self.child = self.launch(self.server, peers.LAUNCHES[self.server](site), site.port,
                                 self.settings.server_cores(self.case))
        self.port, self.admin_port = site.port, site.admin_port
        self.check_answer()
        self.pids = cpu.tree_of(self.child.pid)
        self.idle_bytes = cpu.memory_of(self.pids).resident_bytes

    def check_answer(self):
        """One request, behind which all processes are there. Where the backend takes its time, one without a call."""
        is_slow = self.case.delay_ms > 0
        if is_slow and self.server == "floor":
            return
        status, body = probe.fetch(self.port, "/hello" if is_slow else self.case.target)
        calls = 0 if is_slow else self.case.calls
        fault = f"it answers {status}" if status != 200 else works.judge_body(self.case, calls, self.server, body)
        if fault:
            raise Failure(f"{self.server}: {fault}: {self.children.explain(self.child)}")

    # ---- looking ----

    def use(self):
        self.check_alive()
        return Use(time.monotonic(), cpu.used_ns(self.pids), cpu.read_cores())

    def check_alive(self):
        if self.child.poll() is not None:
            raise Failure(f"{self.server} ended with {self.child.returncode}: {self.children.explain(self.child)}")

    def shares(self, before, after):
        """How busy server, load core, and whatever else ran on the server's core were: of one core each."""
        elapsed_s = after.time_s - before.time_s
        own = (after.server_ns - before.server_ns) / 1e9 / elapsed_s
        core, load = self.settings.server_core, self.settings.load_core
        busy = cpu.busy_share(before.cores[core], after.cores[core])
        return {
            "server_core_share": own,
            "load_core_share": cpu.busy_share(before.cores[load], after.cores[load]),
            "other_core_share": max(busy - own, 0) if busy is not None and self.case.workers == 1 else None,
        }

    def sample(self, round_number, clients, figures):
        return {"round": round_number, "work": self.case.work, "case": self.case.name, "server": self.server,
                "clients": clients, "idle_bytes": self.idle_bytes, **figures}

    # ---- closed loop ----

    def wrk(self, clients, seconds):
        """Its own count of seconds is whole: it is interrupted when its time is over, and reports."""
        command = wrk.command(f"http://127.0.0.1:{self.port}{self.case.target}", clients, seconds)
        output = self.scratch / "wrk.txt"
        child = self.children.start("wrk", command, self.settings.load_cores(self.case), output)
        try:
            child.wait(seconds)
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGINT)
            child.wait(10)
        errors = self.children.explain(child)
        self.children.stop(child)
        try:
            return wrk.parse(output.read_text(encoding="utf-8"))
        except ValueError as error:
            raise Failure(f"{error} ({errors})") from None

    def closed_loop(self, round_number, clients):
        self.wrk(clients, self.settings.warm_up_of(self.server))
        before = self.use()
        accepted = self.accepted()
        found = self.wrk(clients, self.settings.seconds)
        after = self.use()
        self.check_log()
        requests = found["requests"]
        if requests == 0 and not found["failures"]:
            found["failures"] = {"unanswered": clients}
        cpu_ns = after.server_ns - before.server_ns
        return self.sample(round_number, clients, {
            **found,
            "cpu_us": cpu_ns / 1000 / requests if requests else None,
            "requests_per_second": requests / found["seconds"],
            "peak_bytes": cpu.memory_of(self.pids).peak_bytes,
            **({"log_bytes": self.log_file.stat().st_size} if self.log_file else {}),
            **self.shares(before, after),
            **self.balance(accepted),
        })

    def check_log(self):
        """Some write theirs once a second."""
        give_up = time.monotonic() + LOG_PATIENCE_S
        while self.log_file and self.log_file.stat().st_size == 0:
            if time.monotonic() > give_up:
                raise Failure(f"{self.server} wrote no log")
            time.sleep(0.1)

    def accepted(self):
        """How many connections each of several workers has taken so far, where the server says so."""
        if self.case.workers == 1 or not self.server.startswith(peers.OURS):
            return {}
        return probe.fetch_accepted(self.admin_port)

    def balance(self, before):
        """How the connections since `before` were spread over them."""
        after = self.accepted()
        return {"connections_by_worker": {worker: after[worker] - before.get(worker, 0) for worker in after}} if after else {}

    # ---- constant rate ----

    def constant_rate(self, round_number):
        """What waits in flight is there when the first answers come, a delay after the first request."""
        warm_up = self.case.delay_ms / 1000 + self.settings.warm_up_of(self.server)
        output = self.scratch / "constant_rate.txt"
        command = [self.settings.programs / "bench_constant_rate",
                   "--url", f"http://127.0.0.1:{self.port}{self.case.target}", "--rate", works.RATE,
                   "--connections", min(self.case.in_flight * 3 // 2 + 500, self.settings.descriptors - 1000),
                   "--warm-up", f"{round(warm_up * 1000)}ms", "--duration",
                   f"{round((self.settings.seconds + 2 * MARGIN_S) * 1000)}ms", "--grace", f"{GRACE_S}s"]
        child = self.children.start("constant_rate", command, [self.settings.load_core], output)
        time.sleep(warm_up + MARGIN_S)
        before = self.use()
        time.sleep(self.settings.seconds)
        after = self.use()
        memory = cpu.memory_of(self.pids)
        child.wait(2 * GRACE_S + self.case.delay_ms / 1000)
        errors = self.children.explain(child)
        self.children.stop(child)
        if child.returncode != 0:
            raise Failure(f"constant_rate ended with {child.returncode}: {errors}")
        found = json.loads(output.read_text(encoding="utf-8"))
        rate = found["answered_in_window"] / (found["elapsed_us"] / 1e6)
        cpu_us = (after.server_ns - before.server_ns) / 1000 / (after.time_s - before.time_s)
        return self.sample(round_number, self.case.in_flight, {
            "requests": found["answered"],
            "seconds": found["elapsed_us"] / 1e6,
            "requests_per_second": rate,
            "p50_us": found["p50_us"],
            "p99_us": found["p99_us"],
            "lateness_p99_us": found["lateness_p99_us"],
            "failures": rate_failures(found),
            "cpu_us": cpu_us / rate if rate else None,
            "peak_bytes": memory.peak_bytes,
            "loaded_bytes": memory.resident_bytes,
            "request_bytes": (memory.resident_bytes - self.idle_bytes) / self.case.in_flight,
            **self.shares(before, after),
        })


def rate_failures(found):
    failures = dict(found["failed"])
    for kind in ("refused", "unanswered"):
        if found[kind]:
            failures[kind] = found[kind]
    return failures


def samples_of(settings, case, server, round_number):
    """Of one server in one round, as they come."""
    with Measurement(settings, case, server) as measurement:
        if case.kind == works.CONSTANT_RATE:
            yield measurement.constant_rate(round_number)
        else:
            for clients in case.clients or settings.clients:
                yield measurement.closed_loop(round_number, clients)
