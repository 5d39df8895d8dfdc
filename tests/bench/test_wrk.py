# SPDX-License-Identifier: MIT
import unittest

from bench import wrk

OUTPUT = """Running 2s test @ http://127.0.0.1:39201/task1
  1 threads and 16 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   407.53us    0.98ms  17.32ms   97.51%
    Req/Sec    55.62k     8.24k   65.06k    66.67%
  66411 requests in 1.20s, 11.65MB read
Requests/sec:  55292.39
Transfer/sec:      9.70MB
"""


def output(read=0, status=0):
    return OUTPUT + (f'fanlight-bench {{"requests":66411,"duration_us":1201087,"connect":0,"read":{read},"write":0,'
                     f'"status":{status},"timeout":0,"p50_us":230,"p99_us":4801}}\n')


class Parse(unittest.TestCase):
    def test_requests_time_and_percentiles_are_read(self):
        found = wrk.parse(output())

        self.assertEqual(found, {"requests": 66411, "seconds": 1.201087, "p50_us": 230, "p99_us": 4801, "failures": {}})

    def test_each_kind_of_failure_is_counted(self):
        found = wrk.parse(output(read=3, status=12))

        self.assertEqual(found["failures"], {"read": 3, "status": 12})

    def test_output_without_a_report_is_refused_and_shown(self):
        with self.assertRaisesRegex(ValueError, "unable to connect"):
            wrk.parse("unable to connect to 127.0.0.1:1 Connection refused\n")

    def test_no_output_is_refused(self):
        with self.assertRaisesRegex(ValueError, "nothing"):
            wrk.parse("")

    def test_two_reports_are_refused(self):
        with self.assertRaises(ValueError):
            wrk.parse(output() * 2)


class Command(unittest.TestCase):
    def test_wrk_is_given_more_time_than_it_is_left(self):
        for seconds, given in ((0.2, "1s"), (1, "2s"), (1.9, "2s")):
            with self.subTest(seconds=seconds):
                command = wrk.command("http://127.0.0.1:1/", 16, seconds)

                self.assertEqual(command[command.index("--duration") + 1], given)
