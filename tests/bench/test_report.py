# SPDX-License-Identifier: MIT
import json
import unittest

from bench import figures, probe, report, targets
from samples import sample

METRICS = """# TYPE fanlight_connections_accepted_total counter
fanlight_connections_accepted_total{worker="0"} 40
fanlight_connections_accepted_total{worker="1"} 0
fanlight_connections_accepted_total{worker="10"} 24
fanlight_client_connections_accepted_total 64
"""
FIRST = {"idle_bytes": 1024 * 1024, "peak_bytes": 2 * 1024 * 1024}


def document_of(*samples):
    summaries = figures.summarise(list(samples))
    return {"summaries": summaries, "samples": list(samples), "settings": {"rate": 2000},
            "targets": targets.judge_all(summaries)}


class Tables(unittest.TestCase):
    def test_a_table_has_each_server_with_its_ratio_to_floor_and_nginx(self):
        text = report.tables(document_of(sample("floor", 10.0, **FIRST), sample("nginx", 20.0, **FIRST),
                                         sample("fanlight-async", 50.0, **FIRST)))

        row = next(line for line in text.splitlines() if line.startswith("  fanlight-async "))
        self.assertEqual(row.split()[1:5], ["50.0", "50.0-50.0", "5.00", "2.50"])
        self.assertIn("fanlight-async = 5.00 x floor, 2.50 x nginx", text)

    def test_failed_requests_are_said_to_be_no_result(self):
        text = report.tables(document_of(sample("nginx", 20.0), sample("go", 1.0, failures={"status": 12})))

        self.assertIn("go: NO RESULT: status x 12", text)
        self.assertFalse([line for line in text.splitlines() if line.startswith("  go  ")])

    def test_whoever_cannot_keep_the_rate_is_named(self):
        more = {"case": "in-flight-1000", "clients": 1000}
        text = report.tables(document_of(sample("nginx", 20.0, **more, requests_per_second=1999.0),
                                         sample("go", 20.0, **more, requests_per_second=900.0)))

        self.assertIn("go: did not keep up: 900 of 2,000", text)
        self.assertNotIn("nginx: did not keep up", text)

    def test_targets_of_what_was_not_measured_are_left_out(self):
        text = report.tables(document_of(sample("fanlight-async", 10.0, case="hello"),
                                         sample("nginx", 10.0, case="hello")))

        self.assertEqual(text.count("<="), 2)
        self.assertIn("reached", text)

    def test_two_workers_are_compared_with_one_and_their_balance_is_shown(self):
        text = report.tables(document_of(
            sample("fanlight-async", 10.0, case="workers-1", clients=64, requests_per_second=100.0),
            sample("fanlight-async", 10.0, case="workers-2", clients=64, requests_per_second=150.0,
                   connections_by_worker={"0": 40, "1": 24})))

        self.assertIn("fanlight-async: 1.50 x the requests/s of one worker; connections by worker: 40, 24", text)


class File(unittest.TestCase):
    def test_it_is_json_of_what_was_measured(self):
        document = document_of(sample("nginx", 20.123456789))

        found = json.loads(report.document_text(document))

        self.assertEqual(found["samples"][0]["cpu_us"], 20.1235)
        self.assertEqual(len(found["targets"]), len(targets.TARGETS))

    def test_nothing_measured_is_json_too(self):
        self.assertEqual(json.loads(report.document_text({"samples": [], "a": 1})), {"samples": [], "a": 1})


class Balance(unittest.TestCase):
    def test_each_worker_is_told_one_without_any_connection_too(self):
        self.assertEqual(probe.accepted_of(METRICS), {"0": 40, "1": 0, "10": 24})

    def test_a_gateway_that_tells_nothing_has_no_balance(self):
        self.assertEqual(probe.accepted_of("fanlight_client_connections_accepted_total 64\n"), {})

    def test_without_a_length_an_answer_cannot_be_counted(self):
        self.assertEqual(probe.content_length(b"HTTP/1.1 200 OK\r\nContent-Length: 21"), 21)
        with self.assertRaises(ValueError):
            probe.content_length(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked")
