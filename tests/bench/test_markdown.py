# SPDX-License-Identifier: MIT
"""test_markdown - a run's results as the tables of the documents."""
import json
import os
import unittest

from bench import markdown


def summary(server, clients=16, case="one-call", **more):
    return {"case": case, "clients": clients, "server": server, "is_result": True, "cpu_us": 12.34,
            "requests_per_second": 43210.9, "p99_us": 1234, "request_bytes": 20480, **more}


class Tables(unittest.TestCase):
    def test_a_row_for_each_number_of_clients_and_a_column_for_each_server(self):
        text = markdown.figure_table([summary("nginx", 64), summary("floor", 16)], ["one-call"], "cpu_us")
        self.assertEqual(text.splitlines(), ["|  | floor | nginx |", "|---|---|---|", "| one-call, 16 | 12.3 | – |",
                                             "| one-call, 64 | – | 12.3 |"])

    def test_a_failed_run_has_no_figure(self):
        text = markdown.figure_table([summary("nginx", is_result=False)], ["one-call"], "cpu_us")
        self.assertIn("| failed |", text)

    def test_units_fit_the_figure(self):
        cases = (("p99_us", 1234, "1.23"), ("p99_us", 4_001_000, "4,001"), ("request_bytes", 20480, "20.0"),
                 ("requests_per_second", 43210.9, "43,211"), ("cpu_us", None, "–"))
        for figure, value, expected in cases:
            with self.subTest(figure=figure, value=value):
                self.assertEqual(markdown.cell(summary("nginx", **{figure: value}), figure), expected)

    def test_a_target_says_how_near_it_came(self):
        target = {"case": "hello", "server": "fanlight-wire", "target": "CPU", "ratio": 1.5, "is_reached": False,
                  "missed_by": 0.25}
        self.assertIn("| 1.5 | missed by 25 % |", markdown.target_table([target]))
        self.assertIn("| 1.1 | reached |", markdown.target_table([{**target, "ratio": 1.1, "is_reached": True}]))
        self.assertIn("| – | not measured |", markdown.target_table([{**target, "ratio": None}]))

    def test_requests_in_flight_have_tables_of_their_own(self):
        run = {"summaries": [summary("nginx"), summary("nginx", 100, "in-flight-100")], "targets": []}
        text = markdown.document(run)
        self.assertEqual(text.count("one-call, 16"), 3)
        self.assertEqual(text.count("in-flight-100, 100"), 3)


    def test_two_workers_stand_beside_one_with_their_connections_where_all_were_seen(self):
        run = {"summaries": [summary("fanlight-async", 64, "workers-1", requests_per_second=100.0),
                             summary("fanlight-async", 64, "workers-2", requests_per_second=150.0),
                             summary("nginx", 64, "workers-1")],
               "samples": [{"case": "workers-2", "server": "fanlight-async", "connections_by_worker": counts}
                           for counts in ({"0": 33, "1": 31}, {"0": 40, "1": 0}, {"0": 65, "1": 0})], "targets": []}
        self.assertEqual(markdown.workers_table(run).splitlines()[2:],
                         ["| fanlight-async | 100 | 150 | 1.50 | 33+31, 65+0 |"])
        self.assertIn("33+31", markdown.document(run))


class Documents(unittest.TestCase):
    def test_the_documents_have_the_tables_of_the_last_run(self):
        with open(os.path.join(markdown.TOP, "docs/results/bench.json"), encoding="utf-8") as file:
            run = json.load(file)
        for path, tables in markdown.DOCUMENTS:
            with self.subTest(document=path), open(os.path.join(markdown.TOP, path), encoding="utf-8") as file:
                self.assertEqual(markdown.between_marks(file.read()), tables(run))

    def test_the_readme_has_each_server_once_and_a_dash_for_what_it_cannot_do(self):
        run = {"summaries": [summary("nginx", case="hello"), summary("nginx", 64, case="hello"),
                             summary("haproxy", case="one-call")], "targets": []}
        self.assertEqual(markdown.readme_table(run).splitlines()[2:],
                         ["| hello world | 12.3 | – |", "| one call | – | 12.3 |", "| ten calls at once | – | – |"])


if __name__ == "__main__":
    unittest.main()
