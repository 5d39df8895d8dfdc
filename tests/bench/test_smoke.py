# SPDX-License-Identifier: MIT
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import unittest

from bench import cpu, peers, process

CHECKOUT = pathlib.Path(__file__).parents[2]
# Where the programs under test are.
PROGRAMS = pathlib.Path(os.environ.get("FANLIGHT_BENCH_PROGRAMS", CHECKOUT / "build/release/bin"))


def bench(*arguments):
    return subprocess.run([CHECKOUT / "script/bench", "--programs", PROGRAMS, "--quick", *arguments], text=True,
                          capture_output=True, timeout=100, check=False)


def measure(*arguments):
    """The document that is written, or a failed test."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "bench.json"
        done = bench("--json", file, *arguments)
        if done.returncode != 0:
            raise AssertionError(done.stdout + done.stderr)
        return json.loads(file.read_text(encoding="utf-8"))


def has_nginx():
    return shutil.which("nginx") and (pathlib.Path(peers.NGINX_MODULES) / "ngx_http_lua_module.so").exists()


@unittest.skipUnless(shutil.which("wrk"), "there is no wrk: script/bootstrap bench installs it")
class Smoke(unittest.TestCase):
    def test_hello_of_the_floor_and_of_the_gateway_is_measured(self):
        summaries = measure("--works", "hello", "--servers", "floor,fanlight-async")["summaries"]

        self.assertEqual([summary["server"] for summary in summaries], ["floor", "fanlight-async"])
        for summary in summaries:
            self.assertTrue(summary["is_result"])
            self.assertGreater(summary["cpu_us"], 0)
            self.assertGreater(summary["idle_bytes"], 0)

    @unittest.skipUnless(has_nginx(), "there is no nginx with Lua: script/bootstrap bench installs it")
    def test_calls_bodies_and_logs_are_measured(self):
        document = measure("--works", "one-call,fan-out,body-10k,logs", "--servers", "floor,nginx,fanlight-async")

        self.assertEqual(len(document["summaries"]), 11)
        for sample in document["samples"]:
            with self.subTest(case=sample["case"], server=sample["server"]):
                self.assertGreater(sample["requests"], 0)
                self.assertGreater(sample["cpu_us"], 0)
                self.assertEqual("log_bytes" in sample, sample["case"] == "logs")

    @unittest.skipUnless(has_nginx(), "there is no nginx with Lua: script/bootstrap bench installs it")
    def test_requests_in_flight_are_answered_and_none_sooner_than_the_backend(self):
        document = measure("--works", "in-flight", "--servers", "floor,nginx")

        self.assertEqual(len(document["summaries"]), 4)
        for sample in document["samples"]:
            with self.subTest(case=sample["case"], server=sample["server"]):
                self.assertGreaterEqual(sample["p50_us"], sample["clients"] / document["settings"]["rate"] * 1e6)

    def test_interrupted_it_shows_what_it_has_and_leaves_nothing_behind(self):
        arguments = [CHECKOUT / "script/bench", "--programs", PROGRAMS, "--works", "hello", "--servers", "floor",
                     "--rounds", "50"]
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as child:
            for line in child.stdout:
                if "requests/s" in line:
                    break
            children = cpu.tree_of(child.pid)[1:]
            child.send_signal(signal.SIGINT)
            output = child.stdout.read()

        self.assertEqual(child.returncode, 130, output)
        self.assertIn("interrupted", output)
        self.assertIn("hello, 16 clients", output)
        self.assertFalse([pid for pid in children if process.is_running(pid)])

    def test_without_the_programs_nothing_is_measured_and_that_is_a_failure(self):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run([CHECKOUT / "script/bench", "--programs", folder, "--quick", "--works", "hello",
                                   "--servers", "floor,fanlight-async"], text=True, capture_output=True, timeout=100,
                                  check=False)

        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("there is no program", done.stdout)
