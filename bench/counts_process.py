# SPDX-License-Identifier: MIT
"""counts_process - the programs under test as children that can be held: stopped, released, and known to be at rest."""
import contextlib
import os
import pathlib
import re
import signal
import subprocess
import time

PATIENCE_S = 60
POLL_S = 0.0003


class Failure(Exception):
    """What could not be done, in a sentence for a person."""


def environment():
    """Ours without FANLIGHT_*: what the programs do depends on their flags alone."""
    return {name: value for name, value in os.environ.items() if not name.startswith("FANLIGHT_")}


def wait_until(is_true, what):
    give_up = time.monotonic() + PATIENCE_S
    while not is_true():
        if time.monotonic() > give_up:
            raise Failure(f"{what}: not within {PATIENCE_S} s")
        time.sleep(POLL_S)


class Program:
    """One of our programs, or a tool that becomes it. A context manager: on leaving it, it is gone."""

    def __init__(self, name, command, scratch):
        self.name = name
        self.output = pathlib.Path(scratch) / f"{name}.log"
        with open(self.output, "wb") as output:
            self.child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment())
        self.pid = self.child.pid

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        if self.child.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGCONT)
            self.child.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.child.wait(10)
            self.child.kill()
        self.child.wait()

    def port(self):
        """Waits until it listens."""
        wait_until(self.is_listening_or_gone, f"{self.name} listens")
        match = self.find_port()
        if not match:
            raise Failure(f"{self.name} ended instead of listening: {self.output.read_text(errors='replace')[-500:]}")
        return int(match[1])

    def find_port(self):
        return re.search(r" - listening on 127\.0\.0\.1:(\d+)\n", self.output.read_text(errors="replace"))

    def is_listening_or_gone(self):
        return self.find_port() or self.child.poll() is not None

    def threads(self):
        """[(state, how often it was switched away from)] of each thread."""
        found = []
        for status in sorted(pathlib.Path(f"/proc/{self.pid}/task").glob("*/status")):
            with contextlib.suppress(OSError):
                found.append(tuple(re.findall(r"^(?:State|\w+_ctxt_switches):\t(\w+)", status.read_text(), re.MULTILINE)))
        if self.child.poll() is not None or not found:
            raise Failure(f"{self.name} ended: {self.output.read_text(errors='replace')[-500:]}")
        return found

    def is_at_rest(self):
        """All threads sleep, and none ran while we looked."""
        first = self.threads()
        return all(state == "S" for state, *_switches in first) and self.threads() == first

    def wait_for_rest(self):
        wait_until(self.is_at_rest, f"{self.name} comes to rest")

    def stop(self):
        """Returns when no thread is inside a system call any more."""
        os.kill(self.pid, signal.SIGSTOP)
        wait_until(lambda: all(state in "Tt" for state, *_switches in self.threads()), f"{self.name} stops")

    def go_on(self):
        os.kill(self.pid, signal.SIGCONT)
