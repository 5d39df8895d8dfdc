# SPDX-License-Identifier: MIT
import contextlib
import io
import unittest

from bench import options, peers, works


WRONG = (
    (("--works", "hallo"), "hallo"),
    (("--works", ""), "hello"),
    (("--servers", "apache"), "nginx"),
    (("--rounds", "0"), "from 1"),
    (("--rounds", "many"), "many"),
    (("--seconds", "-1"), "-1"),
    (("--seconds", "nan"), "nan"),
    (("--clients", "16,x"), "x"),
    (("--clients", ""), "from 1"),
    (("--xyzzy",), "--xyzzy"),
    (("word",), "word"),
    (("--json", "/nowhere/x.json"), "/nowhere"),
    (("--quick", "--counts"), "first"),
    (("--work", "hello"), "--work"),
)


def refusal(*arguments):
    """(exit code, what it says)"""
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            options.parse(list(arguments))
    except SystemExit as end:
        return end.code, said.getvalue()
    return None, said.getvalue()


class Options(unittest.TestCase):
    def test_without_any_all_works_and_servers_are_measured(self):
        parsed = options.parse([])

        self.assertEqual((parsed.works, parsed.servers, parsed.clients), (works.WORKS, peers.SERVERS, (16, 64)))

    def test_names_come_once_and_in_the_tables_order(self):
        self.assertEqual(options.parse(["--servers", "go,floor,go"]).servers, ("floor", "go"))

    def test_what_is_given_wins_over_quick(self):
        parsed = options.parse(["--quick", "--rounds", "2"])

        self.assertEqual((parsed.rounds, parsed.clients), (2, (16,)))

    def test_wrong_use_is_one_line_that_names_it_and_exit_code_2(self):
        for arguments, part in WRONG:
            with self.subTest(arguments=arguments):
                code, said = refusal(*arguments)

                self.assertEqual(code, 2)
                self.assertIn(part, said)
                self.assertEqual(said.count("\n"), 1)
