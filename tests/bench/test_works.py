# SPDX-License-Identifier: MIT
import json
import unittest

from bench import works

CASES = {case.name: case for case in works.CASES}


def judge(name, server, body):
    return works.judge_body(CASES[name], CASES[name].calls, server, body)


class Bodies(unittest.TestCase):
    def test_a_body_is_json_of_exactly_that_size(self):
        for size in works.SIZES.values():
            with self.subTest(size=size):
                body = works.body_of(size)

                self.assertEqual(len(body), size)
                self.assertIn("message", json.loads(body))

    def test_a_right_answer_is_right(self):
        ten = {f"task{number}": works.SUCCESS for number in range(1, 11)}
        for name, body in (("hello", b"Hello world"), ("one-call", b'{"message":"success"}'),
                           ("one-call", b'{"res":{"message":"success"}}'), ("fan-out", json.dumps(ten).encode()),
                           ("body-10k", works.body_of(10 * 1024))):
            with self.subTest(name=name):
                self.assertIsNone(judge(name, "nginx", body))

    def test_a_wrong_answer_is_told(self):
        nine = {f"task{number}": works.SUCCESS for number in range(1, 10)}
        for name, body in (("hello", b"Hello"), ("one-call", b"<html>"), ("one-call", b'{"res":{}}'),
                           ("fan-out", json.dumps(nine).encode()), ("fan-out", b'{"message":"success"}'),
                           ("body-10k", b'{"message":"success"}')):
            with self.subTest(name=name, body=body):
                self.assertIsNotNone(judge(name, "nginx", body))

    def test_the_floors_filler_is_not_looked_at(self):
        self.assertIsNone(judge("one-call", "floor", b"1111"))


class Choice(unittest.TestCase):
    def test_logs_bring_along_what_they_are_compared_with(self):
        self.assertEqual([case.name for case in works.cases_of(("logs",))], ["one-call", "logs"])

    def test_no_other_work_brings_anything_along(self):
        self.assertEqual([case.name for case in works.cases_of(("hello",))], ["hello"])

    def test_delays_can_be_bounded(self):
        self.assertEqual([case.in_flight for case in works.cases_of(("in-flight",), 500)], [100, 1000])

    def test_what_needs_more_descriptors_than_there_are_is_left_out_and_said(self):
        held, left_out = works.within(works.cases_of(("hello", "in-flight")), 8999)

        self.assertEqual([case.name for case in held], ["hello", "in-flight-100", "in-flight-1000"])
        self.assertEqual([entry["case"] for entry in left_out], ["in-flight-4000", "in-flight-8000"])
        self.assertIn("8999", left_out[0]["reason"])

    def test_each_request_in_flight_needs_two_descriptors(self):
        held, _ = works.within(works.cases_of(("in-flight",)), 9000)

        self.assertIn("in-flight-4000", [case.name for case in held])

    def test_littles_law_gives_the_names(self):
        for case in works.cases_of(("in-flight",)):
            self.assertEqual(case.name, f"in-flight-{case.in_flight}")
