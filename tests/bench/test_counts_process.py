# SPDX-License-Identifier: MIT
"""test_counts_process - the programs that bench/counts starts, and the tools it starts them with."""
import tempfile
import unittest
import unittest.mock

from bench import counts_measure
from bench.counts_process import Failure, Program, environment


class Programs(unittest.TestCase):
    def test_a_program_that_ends_instead_of_listening_is_told_with_its_words(self):
        with tempfile.TemporaryDirectory() as folder, Program("it", ["sh", "-c", "echo no port; exit 1"], folder) as program:
            with self.assertRaisesRegex(Failure, "no port"):
                program.port()

    def test_the_port_is_the_listeners_and_not_the_admins(self):
        with tempfile.TemporaryDirectory() as folder:
            say = "echo '1, - admin on 127.0.0.1:1'; echo '2 - listening on 127.0.0.1:4711'; exec sleep 60"
            with Program("it", ["sh", "-c", say], folder) as program:
                self.assertEqual(program.port(), 4711)

    def test_one_that_sleeps_is_at_rest_and_one_that_is_stopped_is_not(self):
        with tempfile.TemporaryDirectory() as folder, Program("it", ["sleep", "60"], folder) as program:
            program.wait_for_rest()
            program.stop()
            self.assertFalse(program.is_at_rest())
            program.go_on()
            program.wait_for_rest()

    def test_one_that_works_is_not_at_rest(self):
        with tempfile.TemporaryDirectory() as folder, Program("it", ["sh", "-c", "while :; do :; done"], folder) as program:
            self.assertFalse(any(program.is_at_rest() for _ in range(50)))

    def test_one_that_ran_while_we_looked_is_not_at_rest(self):
        with tempfile.TemporaryDirectory() as folder, Program("it", ["sleep", "60"], folder) as program:
            looks = [[("S", "7", "0"), ("S", "9", "0")], [("S", "8", "0"), ("S", "9", "0")]]
            with unittest.mock.patch.object(program, "threads", looks.copy().pop):
                self.assertFalse(program.is_at_rest())
            with unittest.mock.patch.object(program, "threads", lambda: looks[0]):
                self.assertTrue(program.is_at_rest())

    def test_a_program_gone_is_a_failure_and_not_at_rest(self):
        with tempfile.TemporaryDirectory() as folder, Program("it", ["true"], folder) as program:
            program.child.wait()
            with self.assertRaises(Failure):
                program.is_at_rest()

    def test_our_variables_do_not_reach_them(self):
        with unittest.mock.patch.dict("os.environ", {"FANLIGHT_MODE": "sync", "HOME": "/"}):
            self.assertNotIn("FANLIGHT_MODE", environment())
            self.assertIn("HOME", environment())

    def test_a_tool_that_is_missing_or_fails_is_told(self):
        with self.assertRaisesRegex(Failure, "script/bootstrap counts"):
            counts_measure.run_tool(["fanlight-has-no-such-tool"])
        with self.assertRaisesRegex(Failure, "not permitted"):
            counts_measure.run_tool(["sh", "-c", "echo not permitted; exit 1"])

    def test_where_strace_is_refused_it_says_so(self):
        def refuse(command):
            if command[0] == "strace":
                raise Failure("strace: ptrace: Operation not permitted")

        with unittest.mock.patch.object(counts_measure, "run_tool", refuse):
            with self.assertRaisesRegex(Failure, "is ptrace forbidden.*not permitted"):
                counts_measure.check_tools()
