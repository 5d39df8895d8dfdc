# SPDX-License-Identifier: MIT
"""tracer - strace on a running program, so that one of its system calls fails."""
import contextlib
import pathlib
import signal
import subprocess

from programs import Trouble, wait_until


def is_traced(pid):
    """All of its threads."""
    states = []
    for status in pathlib.Path(f"/proc/{pid}/task").glob("*/status"):
        with contextlib.suppress(OSError):
            states.append("TracerPid:\t0\n" in status.read_text())
    return bool(states) and not any(states)


class Tracer:
    """A context manager: the program is traced within. strace counts the calls of each thread by itself."""

    def __init__(self, program, folder, words):
        self.program = program
        self.output = pathlib.Path(folder) / "strace.out"
        self.output.unlink(missing_ok=True)
        self.command = ["strace", "-f", "-qq", "-o", str(self.output), "-p", str(program.pid), *words]
        self.child = None

    def __enter__(self):
        self.child = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                      text=True)
        try:
            wait_until(lambda: is_traced(self.program.pid) or self.child.poll() is not None, "strace takes hold")
        except Trouble:
            self.__exit__()
            raise
        if self.child.poll() is not None:
            raise Trouble(f"strace ended: {self.child.stderr.read()[-500:]}")
        return self

    def __exit__(self, *_error):
        """The program goes on by itself, if it is still there."""
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGINT)
            try:
                self.child.wait(10)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
        self.child.stderr.close()

    def lines(self):
        return self.output.read_text(errors="replace").splitlines() if self.output.exists() else []

    def injected(self):
        return [line for line in self.lines() if "(INJECTED)" in line]
