# SPDX-License-Identifier: MIT
"""counts_client - drives a gateway in steps that are the same each time, whatever else the machine does.

Nobody runs a race: the backend is held while the gateway makes its calls, and the gateway while the backend answers them. So
all requests of a batch are there at once when the gateway wakes, and then all answers to what it asked. Between two rounds is
time enough for what the gateway does now and then (it hands records to its admin thread every 10 ms at most), so that it does
that once a round.
"""
import re
import socket
import time

from bench.counts_process import Failure

SINGLE_CONNECTIONS = 4
BATCH = 16
ANSWER_LIMIT_BYTES = 1 << 20
PAUSE_S = 0.012


class Connection:
    """A client's kept connection."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.host = f"127.0.0.1:{port}"
        self.received = b""
        self.waits = False

    def ask(self, target):
        self.socket.setblocking(True)
        self.socket.sendall(f"GET {target} HTTP/1.1\r\nHost: {self.host}\r\n\r\n".encode())
        self.socket.setblocking(False)
        self.received = b""
        self.waits = True

    def look(self):
        """Takes what is there. Afterwards `waits` is false if that was the rest of the answer."""
        try:
            received = self.socket.recv(ANSWER_LIMIT_BYTES)
        except BlockingIOError:
            return
        self.received += received
        if not received:
            raise Failure(f"the gateway closed a connection after {self.received[:100]!r}")
        self.waits = not is_whole(self.received)

    def close(self):
        self.socket.close()


def is_whole(answer):
    """Is this an answer with all of its body? Any other than a 200 with a length is a Failure."""
    head, separator, body = answer.partition(b"\r\n\r\n")
    if not separator:
        return False
    length = re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
    if not head.startswith(b"HTTP/1.1 200 ") or not length:
        raise Failure(f"not an answer that is counted: {head[:100]!r}")
    if len(body) > int(length[1]):
        raise Failure(f"more than an answer: {answer[:100]!r}")
    return len(body) == int(length[1])


class Client:
    """Needs both programs started. A context manager: on leaving it, the connections are closed and nobody is held."""

    def __init__(self, backend, gateway):
        self.backend = backend
        self.gateway = gateway
        port = gateway.port()
        self.connections = [Connection(port) for _ in range(BATCH)]

    def __enter__(self):
        self.gateway.wait_for_rest()
        self.backend.wait_for_rest()
        self.backend.stop()
        return self

    def __exit__(self, *_error):
        self.backend.go_on()
        self.gateway.go_on()
        for connection in self.connections:
            connection.close()

    def warm_up(self, shape, target, count):
        for _ in self.rounds(shape, target, count):
            pass

    def rounds(self, shape, target, count):
        """Yields how many requests a round was, all of them answered: one if the shape is 'single', else a BATCH."""
        for number in range(count):
            first = number % SINGLE_CONNECTIONS
            connections = self.connections[first:first + 1] if shape == "single" else self.connections
            self.round(connections, target)
            yield len(connections)

    def round(self, connections, target):
        """All at once, and all answered, and the gateway at rest."""
        time.sleep(PAUSE_S)
        self.gateway.wait_for_rest()
        if len(connections) == 1:
            connections[0].ask(target)
        else:
            self.gateway.stop()
            for connection in connections:
                connection.ask(target)
            self.gateway.go_on()
        self.gateway.wait_for_rest()
        while self.is_waiting(connections):
            self.let_backend_answer()

    @staticmethod
    def is_waiting(connections):
        for connection in connections:
            if connection.waits:
                connection.look()
        return any(connection.waits for connection in connections)

    def let_backend_answer(self):
        self.gateway.stop()
        self.backend.go_on()
        self.backend.wait_for_rest()
        self.backend.stop()
        self.gateway.go_on()
        self.gateway.wait_for_rest()
