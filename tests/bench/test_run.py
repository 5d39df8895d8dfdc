# SPDX-License-Identifier: MIT
import contextlib
import io
import pathlib
import tempfile
import time
import unittest

from bench import cpu, machine, run, works
from bench.process import Children, Failure, free_port, is_listening


def is_running(pid):
    with contextlib.suppress(OSError):
        return "Z" not in pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0]
    return False


class Turns(unittest.TestCase):
    def test_another_server_begins_each_round(self):
        cases = works.cases_of(("hello",))

        order = [server for _, _, server in run.turns(cases, ["floor", "nginx", "go"], 3)]

        self.assertEqual(order, ["floor", "nginx", "go", "nginx", "go", "floor", "go", "floor", "nginx"])

    def test_all_works_are_measured_in_each_round(self):
        cases = works.cases_of(("hello", "one-call"))

        order = [(number, case.name) for number, case, _ in run.turns(cases, ["go"], 2)]

        self.assertEqual(order, [(1, "hello"), (1, "one-call"), (2, "hello"), (2, "one-call")])

    def test_whoever_cannot_do_a_work_is_left_out_of_it(self):
        order = [server for _, _, server in run.turns(works.cases_of(("fan-out",)), ["haproxy", "go"], 1)]

        self.assertEqual(order, ["go"])

    def test_requests_in_flight_have_their_own_number_of_rounds(self):
        self.assertEqual(len(list(run.turns(works.cases_of(("in-flight",), 50), ["nginx"], 5))), 2)


class Processes(unittest.TestCase):
    def test_all_children_end_whatever_happens(self):
        with tempfile.TemporaryDirectory() as folder:
            with self.assertRaises(KeyboardInterrupt), Children(pathlib.Path(folder)) as children:
                script = "trap '' TERM; sleep 60 & echo $!; wait; wait"
                child = children.start("shell", ["sh", "-c", script], cpu.cores_allowed()[:1])
                output = pathlib.Path(folder) / "shell.output"
                while not output.read_text(encoding="ascii").strip():
                    time.sleep(0.01)
                grandchild = int(output.read_text(encoding="ascii"))
                raise KeyboardInterrupt

            self.assertIsNotNone(child.returncode)
            self.assertFalse(is_running(grandchild))

    def test_a_server_that_ends_at_once_is_told_with_its_own_words(self):
        with tempfile.TemporaryDirectory() as folder, Children(pathlib.Path(folder)) as children:
            child = children.start("server", ["sh", "-c", "echo no such thing >&2; exit 3"], cpu.cores_allowed()[:1])

            with self.assertRaisesRegex(Failure, "ended with 3 .*no such thing"):
                children.wait_for_port(child, free_port())

    def test_a_free_port_is_one_where_nobody_listens(self):
        self.assertFalse(is_listening(free_port()))


class Failures(unittest.TestCase):
    def test_a_server_that_cannot_be_measured_is_a_sample_that_failed(self):
        samples = []

        def fail(*_arguments):
            raise Failure("it does not start")

        original, run.measure.samples_of = run.measure.samples_of, fail
        try:
            with contextlib.redirect_stdout(io.StringIO()) as said:
                settings = run.measure.Settings(pathlib.Path("."), (16, 64), 1, 1, 0, 1, 1000)
                run.measure_turn(settings, (1, works.CASES[0], "go"), samples)
        finally:
            run.measure.samples_of = original

        self.assertEqual(samples[0]["failures"], {"it does not start": 1})
        self.assertIn("FAILED: it does not start", said.getvalue())


class Machine(unittest.TestCase):
    def test_installed_packages_are_listed_and_others_are_not(self):
        listing = "libcurl4 7.88.1-10 installed\nlibcurl4t64  not-installed\nhaproxy 2.6.12 config-files\n"

        self.assertEqual(machine.parse_packages(listing), {"libcurl4": "7.88.1-10"})

    def test_a_value_is_read_from_the_kernels_and_the_systems_files(self):
        self.assertEqual(machine.value_of("a: 1\nmodel name\t: AMD EPYC\n", "model name"), "AMD EPYC")
        self.assertEqual(machine.value_of('PRETTY_NAME="Debian"\n', "PRETTY_NAME"), "Debian")
        self.assertIsNone(machine.value_of("a: 1\n", "b"))
