# SPDX-License-Identifier: MIT
"""bench - a gateway that can be made to fail, a backend that it calls, and the files of both."""
import contextlib
import os

import scenario
import steps
from control import Control
from programs import Program, Trouble, check_silent


class Bench:
    """For one mode. The backends stay as they are; gateways come and go.

    `programs`: with sanitizers, and allocations that fail; `plain_programs`: neither."""

    def __init__(self, programs, plain_programs, folder, mode):
        self.programs, self.plain_programs, self.folder, self.mode = programs, plain_programs, folder, mode
        folder.mkdir(parents=True, exist_ok=True)
        self.control = Control(folder / "control")
        self.holder, down_port = scenario.closed_port()
        self.backends = [self.start_backend(name) for name in ("good", "faulty")]
        good, faulty = (backend.port for backend in self.backends)
        self.config = scenario.write_files(folder, {"users": good, "faulty": faulty, "down": down_port}, mode)

    def start_backend(self, name):
        words = ["--listen=127.0.0.1:0", "--delay=0ms", "--log-level=error", f"--answers={scenario.write_answers(self.folder)}"]
        backend = Program([self.programs / "backend", *words], self.folder, name)
        if not backend.wait_ready():
            raise Trouble(f"the backend does not start: {backend.read_errors()}")
        return backend

    def __enter__(self):
        return self

    def __exit__(self, *error):
        for backend in self.backends:
            backend.__exit__(*error)
        self.holder.close()

    def gateway(self, leaks=True, name="gateway"):
        """Not yet known to listen."""
        return Program([self.program(), f"--config={self.config}"], self.folder, name, self.control, leaks)

    def program(self):
        return self.programs / "failing_gateway"

    @contextlib.contextmanager
    def ready_gateway(self, leaks=True):
        """It listens, and has answered every step once."""
        self.control.disarm()
        self.control.release()
        with self.gateway(leaks) as gateway:
            if not gateway.wait_ready():
                raise Trouble(f"the gateway does not start: {gateway.read_errors()}")
            yield gateway

    def steps(self):
        return steps.all_steps()

    def learn(self, gateway):
        found = self.steps()
        for step in found:
            step.learn(gateway)
        return found


class BackendProgram(Program):
    """It has no listener beside the one."""

    def is_ready(self):
        ready = super().is_ready()
        self.admin = self.port
        return ready


class BackendBench(Bench):
    """The backend stands where a gateway does elsewhere, and nothing behind it."""

    def __init__(self, programs, plain_programs, folder, mode):  # pylint: disable=super-init-not-called
        self.programs, self.plain_programs, self.folder, self.mode = programs, plain_programs, folder, mode
        folder.mkdir(parents=True, exist_ok=True)
        self.control = Control(folder / "control")
        self.answers = scenario.write_answers(folder)
        self.backends = []

    def __exit__(self, *error):
        pass

    def gateway(self, leaks=True, name="backend"):
        return BackendProgram([self.program(), "--listen=127.0.0.1:0", "--delay=1ms", f"--answers={self.answers}", "--concurrency=2"],
                              self.folder, name, self.control, leaks)

    def program(self):
        return self.programs / "failing_backend"

    def steps(self):
        return steps.backend_steps()


def end_well(gateway):
    """After SIGTERM: 0, and nothing to say against it."""
    code = gateway.stop()
    check_silent(gateway)
    if code != 0:
        raise Trouble(f"{gateway.name} ended with {code} after SIGTERM; its log ends with {os.linesep.join(gateway.read_log().splitlines()[-3:])}")
