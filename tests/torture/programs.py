# SPDX-License-Identifier: MIT
"""programs - the gateway and the backend as children, and what must be true of one that ended."""
import os
import pathlib
import re
import signal
import subprocess
import time

PATIENCE_S = 40
POLL_S = 0.002
SANITIZERS = {
    "ASAN_OPTIONS": "detect_leaks={leaks}:detect_stack_use_after_return=1:allocator_may_return_null=1:abort_on_error=0",
    "UBSAN_OPTIONS": "print_stacktrace=1",
}


class Trouble(Exception):
    """What must not be, in a sentence for a person."""


def wait_until(is_true, what, patience_s=PATIENCE_S):
    give_up = time.monotonic() + patience_s
    while not is_true():
        if time.monotonic() > give_up:
            raise Trouble(f"{what}: not within {patience_s} s")
        time.sleep(POLL_S)


class Program:
    """A child whose log and standard error are files. A context manager: on leaving it, it is gone."""

    def __init__(self, command, folder, name, control=None, leaks=True, environment=()):
        self.name = name
        self.log = pathlib.Path(folder) / f"{name}.log"
        self.errors = pathlib.Path(folder) / f"{name}.stderr"
        variables = {key: value for key, value in os.environ.items() if not key.startswith("FANLIGHT_")}
        variables |= {key: value.format(leaks=int(leaks)) for key, value in SANITIZERS.items()} | dict(environment)
        if control is not None:
            variables["FANLIGHT_TORTURE"] = os.fspath(control.path)
        with open(self.log, "wb") as log, open(self.errors, "wb") as errors:
            self.child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=errors, env=variables)
        self.pid = self.child.pid
        self.port = self.admin = None
        self.is_told_to_stop = False

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        if self.child.poll() is None:
            self.child.kill()
        self.child.wait()

    def has_ended(self):
        return self.child.poll() is not None

    def read_log(self):
        return self.log.read_text(errors="replace")

    def read_errors(self):
        return self.errors.read_text(errors="replace")

    def is_ready(self):
        """Once it listens, its ports are known."""
        text = self.read_log()
        listening = re.search(r"listening on 127\.0\.0\.1:(\d+)\b", text)
        admin = re.search(r"admin on 127\.0\.0\.1:(\d+)\b", text)
        if listening:
            self.port, self.admin = int(listening[1]), int(admin[1]) if admin else None
        return bool(listening)

    def wait_ready(self):
        """True if it listens, False if it ended instead."""
        wait_until(lambda: self.is_ready() or self.has_ended(), f"{self.name} starts")
        return self.is_ready() and not self.has_ended()

    def signal(self, number):
        self.child.send_signal(number)

    def tell_to_stop(self):
        self.is_told_to_stop = True
        self.signal(signal.SIGTERM)

    def stop(self):
        """Its exit code after SIGTERM."""
        if not self.is_told_to_stop:
            self.tell_to_stop()
        wait_until(self.has_ended, f"{self.name} ends after SIGTERM")
        return self.child.returncode

    def must_live(self):
        if self.has_ended():
            raise Trouble(f"{self.name} ended with {self.child.returncode}: {self.read_errors()[-3000:]}")

    def must_live_on(self):
        """For one whose end may take a moment to show: a sanitizer writes its report first."""
        give_up = time.monotonic() + 1
        while time.monotonic() < give_up:
            self.must_live()
            time.sleep(POLL_S)

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))


def check_refused_start(program):
    """It ended before it listened: with a code that says so, and one line."""
    lines = program.read_errors().splitlines()
    if program.child.returncode not in (1, 2):
        raise Trouble(f"the start ended with {program.child.returncode}: {program.read_errors()[-3000:]}")
    if len(lines) != 1 or not lines[0].startswith(program.name + ": "):
        raise Trouble(f"the start was refused with {len(lines)} lines instead of one: {program.read_errors()[-3000:]}")


def check_silent(program):
    text = program.read_errors()
    if text:
        raise Trouble(f"it wrote to standard error: {text[-4000:]}")
