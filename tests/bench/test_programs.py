# SPDX-License-Identifier: MIT
"""The bench's two programs by themselves: not how fast, which a sanitizer's build could not tell, but whether they do it right."""
import json
import os
import pathlib
import socket
import tempfile
import unittest

from bench import process

PROGRAMS = pathlib.Path(os.environ.get("FANLIGHT_BENCH_PROGRAMS",
                                       pathlib.Path(__file__).parents[2] / "build/release/bin"))
REQUESTS = 20
BODY = b"1" * 11  # what --body-bytes is by default
REQUEST = b"GET /task1 HTTP/1.1\r\nHost: floor\r\n\r\n"


class Programs(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.scratch = pathlib.Path(folder.name)
        self.children = process.Children(self.scratch)
        self.addCleanup(self.children.__exit__)

    def floor(self, *arguments):
        """A port where it answers."""
        port = process.free_port()
        child = self.children.start(f"floor{port}", [PROGRAMS / "bench_floor", "--listen", f"127.0.0.1:{port}", *arguments],
                                    [0, 1] if os.cpu_count() > 1 else [0])
        self.children.wait_for_port(child, port)
        return port

    def constant_rate(self, port):
        output = self.scratch / "constant_rate.output"
        child = self.children.start("constant_rate", [
            PROGRAMS / "bench_constant_rate", "--url", f"http://127.0.0.1:{port}/task1", "--rate", REQUESTS, "--connections", 5,
            "--warm-up", "1ms", "--duration", "1s", "--grace", "5s"], [0])
        self.assertEqual(child.wait(60), 0, self.children.explain(child))
        return json.loads(output.read_text(encoding="utf-8"))

    def test_all_requests_of_a_rate_are_answered_and_counted(self):
        found = self.constant_rate(self.floor())

        self.assertEqual((found["answered"], found["failed"], found["unanswered"]), (REQUESTS, {}, 0))
        self.assertGreater(found["p50_us"], 0)

    def test_where_nobody_listens_none_is_answered_and_that_is_said(self):
        found = self.constant_rate(process.free_port())

        self.assertEqual(found["answered"], 0)
        self.assertEqual(found["failed"], {"connection_refused": REQUESTS})

    def test_calls_are_made_before_the_answer(self):
        backend = self.floor("--body-bytes", "100")
        with socket.create_connection(("127.0.0.1", backend), 10) as client:
            client.sendall(REQUEST)
            answer_bytes = len(client.recv(65536))
        front = self.floor("--backend", f"http://127.0.0.1:{backend}/task1", "--calls", "3", "--call-bytes", str(answer_bytes))

        with socket.create_connection(("127.0.0.1", front), 10) as client:
            for _ in range(3):
                client.sendall(REQUEST)
                self.assertTrue(client.recv(65536).endswith(BODY))
