# SPDX-License-Identifier: MIT
import unittest

from bench import figures
from samples import sample


class Summaries(unittest.TestCase):
    def test_the_median_of_the_rounds_counts_and_the_spread_is_kept(self):
        found = figures.summarise([sample("go", value) for value in (30.0, 10.0, 11.0)])

        self.assertEqual([(each["cpu_us_least"], each["cpu_us"], each["cpu_us_most"]) for each in found],
                         [(10.0, 11.0, 30.0)])

    def test_of_two_rounds_the_median_is_in_the_middle(self):
        found = figures.summarise([sample("go", 10.0), sample("go", 20.0)])

        self.assertEqual(found[0]["cpu_us"], 15.0)

    def test_servers_cases_and_numbers_of_clients_are_kept_apart(self):
        found = figures.summarise([sample("go", 1.0), sample("go", 2.0, clients=64), sample("node", 3.0),
                                   sample("go", 4.0, case="hello")])

        self.assertEqual([each["cpu_us"] for each in found], [1.0, 2.0, 3.0, 4.0])

    def test_one_failed_request_of_one_round_makes_it_no_result(self):
        found = figures.summarise([sample("go", 1.0), sample("go", 1.0, failures={"status": 1})])

        self.assertFalse(found[0]["is_result"])
        self.assertEqual(found[0]["failures"], {"status": 1})
        self.assertNotIn("cpu_us", found[0])

    def test_failures_of_all_rounds_are_added_up(self):
        found = figures.summarise([sample("go", 1.0, failures={"status": 1}),
                                   sample("go", 1.0, failures={"status": 2, "read": 4})])

        self.assertEqual(found[0]["failures"], {"status": 3, "read": 4})

    def test_a_figure_that_was_not_measured_is_left_out(self):
        found = figures.summarise([sample("go", 1.0, other_core_share=None)])

        self.assertNotIn("other_core_share", found[0])
        self.assertNotIn("request_bytes", found[0])

    def test_what_is_no_result_is_not_found(self):
        summaries = figures.summarise([sample("go", 1.0, failures={"read": 1}), sample("node", 2.0)])

        self.assertIsNone(figures.find(summaries, "one-call", "go", 16))
        self.assertEqual(figures.find(summaries, "one-call", "node", 16)["cpu_us"], 2.0)


class Ratios(unittest.TestCase):
    def test_ours_is_divided_by_each_of_the_others_at_the_same_case_and_clients(self):
        summaries = figures.summarise([sample("fanlight-async", 30.0), sample("nginx", 10.0), sample("go", 60.0),
                                       sample("nginx", 1.0, clients=64), sample("nginx", 1.0, case="hello")])

        self.assertEqual(figures.ratios(summaries, summaries[0]), {"nginx": 3.0, "go": 0.5})

    def test_whoever_has_no_result_is_not_compared_with(self):
        summaries = figures.summarise([sample("fanlight-async", 30.0), sample("nginx", 10.0, failures={"status": 1})])

        self.assertEqual(figures.ratios(summaries, summaries[0]), {})

    def test_nothing_is_divided_by_nothing(self):
        self.assertIsNone(figures.ratio(1.0, 0))
        self.assertIsNone(figures.ratio(None, 1.0))
        self.assertIsNone(figures.ratio(1.0, None))
