# SPDX-License-Identifier: MIT
"""test_counts_limits - how bench/counts judges what it counted."""
import copy
import pathlib
import tempfile
import unittest

from bench import counts_limits

VERSIONS = {"architecture": "x86_64", "libcurl": "7.88.1"}
FIGURES = {"system_calls": 21, "look_calls": 1, "lock_calls": 3, "memory_calls": 0, "instructions": 140000, "memset": 50000, "allocations": 80}


def results_with(mode="async", **changes):
    return {mode: {"call": {"single": {**FIGURES, **changes}}}}


def document():
    return {"measured_with": dict(VERSIONS), "limits": copy.deepcopy({**results_with(), **results_with("threads")})}


class Limits(unittest.TestCase):
    def texts(self, kind, mode="async", versions=VERSIONS, **changes):
        verdicts = counts_limits.judge(document(), versions, results_with(mode, **changes))
        return [verdict.text for verdict in verdicts if verdict.kind == kind]

    def test_what_was_measured_is_within_its_own_limits(self):
        verdicts = counts_limits.judge(document(), VERSIONS, results_with())

        self.assertEqual({verdict.kind for verdict in verdicts}, {counts_limits.PASSED})
        self.assertEqual(len(verdicts), len(FIGURES))
        self.assertFalse(any(verdict.text or verdict.failed() for verdict in verdicts))

    def test_one_system_call_more_is_one_too_many(self):
        for mode in ("async", "threads"):
            self.assertEqual(len(self.texts(counts_limits.EXCEEDED, mode, system_calls=23)), 1, mode)
        self.assertEqual(self.texts(counts_limits.EXCEEDED, system_calls=22),
                         ["async call single: 22 system calls a request, limit 21 (+4.8 %; 21.31 is tolerated)"])

    def test_each_figure_has_its_slack(self):
        for figure, within, beyond in (("system_calls", 21.3, 21.4), ("look_calls", 1.1, 1.2), ("lock_calls", 8.5, 8.6), ("memory_calls", 1.9, 2),
                                       ("instructions", 160999, 161001), ("memset", 57599, 57601), ("allocations", 82.9, 83)):
            self.assertEqual(self.texts(counts_limits.EXCEEDED, **{figure: within}), [], figure)
            self.assertEqual(len(self.texts(counts_limits.EXCEEDED, **{figure: beyond})), 1, figure)

    def test_a_mode_may_have_more_slack(self):
        limits = {"measured_with": VERSIONS, "limits": results_with("wire")}
        kinds = [verdict.kind for verdict in counts_limits.judge(limits, VERSIONS, results_with("wire", look_calls=11))]
        self.assertEqual(set(kinds), {counts_limits.PASSED})
        self.assertEqual(len(self.texts(counts_limits.EXCEEDED, "async", look_calls=11)), 1)

    def test_a_work_of_a_mode_may_have_more_slack(self):
        for mode, work, verdict in (("threads", "fan-out", counts_limits.PASSED), ("threads", "call", counts_limits.EXCEEDED),
                                    ("async", "fan-out", counts_limits.EXCEEDED)):
            limits = {mode: {work: {"single": {**FIGURES, "system_calls": 73}}}}
            measured = {mode: {work: {"single": {**FIGURES, "system_calls": 82}}}}
            kinds = [found.kind for found in counts_limits.judge({"measured_with": VERSIONS, "limits": limits}, VERSIONS, measured)]
            self.assertEqual(counts_limits.EXCEEDED in kinds, verdict == counts_limits.EXCEEDED, (mode, work))

    def test_what_exceeds_fails(self):
        verdicts = counts_limits.judge(document(), VERSIONS, results_with(instructions=200000))

        self.assertEqual([verdict.failed() for verdict in verdicts].count(True), 1)

    def test_a_figure_far_below_its_limit_is_told_and_passes(self):
        self.assertEqual(self.texts(counts_limits.PASSED, allocations=64.1), [""] * len(FIGURES))
        self.assertIn("async call single: 63 allocations, limit 80: it can be tightened",
                      self.texts(counts_limits.PASSED, allocations=63))

    def test_with_other_libraries_instructions_are_told_and_system_calls_judged(self):
        other = {**VERSIONS, "libcurl": "8.14.1"}

        self.assertEqual(len(self.texts(counts_limits.TOLD, versions=other, instructions=900000, allocations=900)), 3)
        self.assertEqual(self.texts(counts_limits.EXCEEDED, versions=other, instructions=900000), [])
        self.assertEqual(len(self.texts(counts_limits.EXCEEDED, versions=other, system_calls=30)), 1)

    def test_what_has_no_limit_fails_and_says_what_to_do(self):
        verdicts = counts_limits.judge(document(), VERSIONS, results_with("wire"))

        self.assertTrue(all(verdict.failed() and "--update" in verdict.text for verdict in verdicts))

    def test_differences_name_what_is_another_version(self):
        self.assertEqual(counts_limits.differences(document(), VERSIONS), [])
        self.assertEqual(counts_limits.differences(document(), {**VERSIONS, "libcurl": "8.14.1"}),
                         ["libcurl 8.14.1 (limits: 7.88.1)"])

    def test_an_update_keeps_what_was_not_measured(self):
        updated = counts_limits.updated(document(), VERSIONS, results_with(system_calls=19))

        self.assertEqual(updated["limits"]["async"]["call"]["single"]["system_calls"], 19)
        self.assertEqual(updated["limits"]["threads"], document()["limits"]["threads"])

    def test_an_update_with_other_libraries_begins_anew(self):
        updated = counts_limits.updated(document(), {**VERSIONS, "libcurl": "8.14.1"}, results_with())

        self.assertNotIn("threads", updated["limits"])
        self.assertEqual(updated["measured_with"]["libcurl"], "8.14.1")

    def test_limits_are_read_as_they_were_written(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "limits.json"
            counts_limits.write_limits(path, document())
            self.assertEqual(counts_limits.read_limits(path), document())

    def test_a_file_of_something_else_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "limits.json"
            for text in ("[]", "{}", '{"limits": {}}', "{", '{"limits": [], "measured_with": {}}'):
                path.write_text(text, encoding="utf-8")
                with self.assertRaises(ValueError):
                    counts_limits.read_limits(path)

    def test_numbers_are_short(self):
        for value, text in ((21, "21"), (2.311, "2.311"), (0.5, "0.5"), (0, "0"), (1234.5, "1234")):
            self.assertEqual(counts_limits.number(value), text)
