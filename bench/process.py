# SPDX-License-Identifier: MIT
"""process - our own children: started on chosen cores, ended by their numbers, all of them whatever happens."""
import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import time

from bench import cpu

PATIENCE_S = 10
POLL_S = 0.01
HELD = []  # the sockets of free_port()


class Failure(Exception):
    """What could not be done, in a sentence for a person."""


def free_port():
    """Nobody else is given it for as long as we run. Who sets SO_REUSEADDR, as servers do, can listen there."""
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    HELD.append(holder)
    return holder.getsockname()[1]


def is_listening(port):
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def environment():
    """Ours without FANLIGHT_*: what the programs do depends on their flags alone."""
    return {name: value for name, value in os.environ.items() if not name.startswith("FANLIGHT_")}


class Children:
    """A context manager: on leaving it, all that it started is ended."""

    def __init__(self, scratch):
        self.scratch = scratch
        self.running = []

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        # A second Ctrl-C must not leave any of them behind.
        with uninterrupted():
            for child in reversed(self.running[:]):
                self.stop(child)

    def start(self, name, arguments, cores, stdout=None, more_environment=None):
        """Pinned to `cores`. Its output goes to `stdout` (a path), else to a file of its own that explain() shows."""
        pinned = ["taskset", "--cpu-list", ",".join(str(core) for core in cores), *map(str, arguments)]
        errors = self.scratch / f"{name}.errors"
        # A Ctrl-C after the fork and before we have its number would leave it behind.
        with open(stdout or self.scratch / f"{name}.output", "wb") as output, open(errors, "wb") as error, \
                uninterrupted() as mask:
            child = subprocess.Popen(pinned, stdin=subprocess.DEVNULL, stdout=output, stderr=error,
                                     env={**environment(), **(more_environment or {})},
                                     preexec_fn=lambda: signal.pthread_sigmask(signal.SIG_SETMASK, mask))
            child.name = name
            child.errors = errors
            self.running.append(child)
        return child

    def wait_for_port(self, child, port):
        give_up = time.monotonic() + PATIENCE_S
        while not is_listening(port):
            if child.poll() is not None:
                raise Failure(f"{child.name} ended with {child.returncode} instead of listening: {self.explain(child)}")
            if time.monotonic() > give_up:
                raise Failure(f"{child.name} does not listen after {PATIENCE_S} s: {self.explain(child)}")
            time.sleep(POLL_S)

    @staticmethod
    def explain(child):
        text = child.errors.read_text(encoding="utf-8", errors="replace").strip()
        return text[-500:] or "it said nothing"

    def stop(self, child):
        """With SIGTERM, and after a second with SIGKILL. Returns when it is gone, and all its children are."""
        with uninterrupted():
            tree = cpu.tree_of(child.pid) if child.poll() is None else []
            if tree:
                child.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(1)
            for pid in tree[1:]:
                kill_if_ours(pid)
            child.kill()
            child.wait()
            self.running.remove(child)
        for pid in tree[1:]:
            wait_until_gone(pid)


@contextlib.contextmanager
def uninterrupted():
    """Ctrl-C and SIGTERM wait until the end of the block. Yields the signals that were blocked before."""
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))
    try:
        yield mask
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def kill_if_ours(pid):
    """A grandchild that its parent left behind. Its number is not anybody else's yet: it was there a second ago."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def is_running(pid, proc=pathlib.Path("/proc")):
    """False for one that has ended and waits to be reaped by whoever inherited it."""
    try:
        status = (proc / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] not in "ZX"


def wait_until_gone(pid):
    """Of a process that was killed and is not our child. Its end takes the kernel a moment."""
    give_up = time.monotonic() + PATIENCE_S
    while is_running(pid):
        if time.monotonic() > give_up:
            raise Failure(f"process {pid} was killed and is still there after {PATIENCE_S} s")
        time.sleep(POLL_S)
