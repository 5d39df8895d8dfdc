# SPDX-License-Identifier: MIT
import unittest

from bench import figures, targets, works
from bench.targets import Target
from samples import sample

TWICE = Target("one-call", "fanlight-async", 2.0, ("nginx", "haproxy"))


def judge(target, *samples):
    return targets.judge(target, figures.summarise(list(samples)))


class Judge(unittest.TestCase):
    def test_a_target_is_reached_at_its_bound(self):
        found = judge(TWICE, sample("fanlight-async", 20.0), sample("nginx", 10.0), sample("haproxy", 11.0))

        self.assertEqual((found["ratio"], found["is_reached"], found["missed_by"]), (2.0, True, 0))

    def test_a_missed_target_says_by_how_much(self):
        found = judge(TWICE, sample("fanlight-async", 25.0), sample("nginx", 10.0), sample("haproxy", 11.0))

        self.assertFalse(found["is_reached"])
        self.assertAlmostEqual(found["missed_by"], 0.25)

    def test_the_better_of_the_peers_is_what_counts(self):
        found = judge(TWICE, sample("fanlight-async", 20.0), sample("nginx", 10.0), sample("haproxy", 8.0))

        self.assertEqual(found["ratio"], 2.5)

    def test_the_worst_number_of_clients_counts(self):
        found = judge(TWICE, *(sample(server, value, clients=clients) for server, value, clients in (
            ("fanlight-async", 10.0, 16), ("nginx", 10.0, 16), ("haproxy", 10.0, 16),
            ("fanlight-async", 30.0, 64), ("nginx", 10.0, 64), ("haproxy", 10.0, 64))))

        self.assertEqual((found["ratio"], found["clients"]), (3.0, 64))

    def test_without_one_of_the_peers_it_is_not_measured(self):
        found = judge(TWICE, sample("fanlight-async", 20.0), sample("nginx", 10.0))

        self.assertIsNone(found["is_reached"])

    def test_a_run_with_failed_requests_reaches_nothing(self):
        for failed in ("fanlight-async", "nginx"):
            with self.subTest(failed=failed):
                found = judge(TWICE, *(sample(server, 1.0, failures={"status": 1} if server == failed else {})
                                       for server in ("fanlight-async", "nginx", "haproxy")))

                self.assertIsNone(found["is_reached"])

    def test_a_failure_at_one_number_of_clients_is_not_hidden_by_the_others(self):
        found = judge(Target("one-call", "fanlight-async", 2.0, ("nginx",)),
                      sample("fanlight-async", 1.0), sample("nginx", 1.0),
                      sample("fanlight-async", 1.0, clients=64, failures={"read": 1}), sample("nginx", 1.0, clients=64))

        self.assertIsNone(found["is_reached"])

    def test_with_the_log_on_it_is_compared_with_its_own_cost_without(self):
        found = judge(Target("logs", "fanlight-wire", 1.2, own_case="one-call"),
                      sample("fanlight-wire", 13.0, case="logs"), sample("fanlight-wire", 10.0), sample("nginx", 1.0))

        self.assertEqual(found["ratio"], 1.3)

    def test_a_percentile_is_compared_with_the_delay(self):
        found = judge(Target("in-flight-8000", "fanlight-wire", 1.1, figure="p99_us", is_delay=True),
                      sample("fanlight-wire", 10.0, case="in-flight-8000", clients=8000, p99_us=4_200_000))

        self.assertEqual((found["ratio"], found["is_reached"]), (1.05, True))


class Table(unittest.TestCase):
    def test_each_target_speaks_of_a_case_and_of_servers_that_take_part_in_it(self):
        cases = {case.name: case for case in works.CASES}
        for target in targets.TARGETS:
            with self.subTest(target=target):
                self.assertIn(target.server, cases[target.case].servers)
                for peer in target.peers:
                    self.assertIn(peer, cases[target.case].servers)

    def test_each_target_is_compared_with_exactly_one_thing(self):
        for target in targets.TARGETS:
            with self.subTest(target=target):
                self.assertEqual([bool(target.peers), bool(target.own_case), target.is_delay].count(True), 1)

    def test_a_bound_below_one_half_is_told_as_a_fraction(self):
        self.assertEqual(targets.describe(Target("one-call", "fanlight-wire", 1 / 11, ("aiohttp",))),
                         "CPU a request <= 1/11 x aiohttp")
