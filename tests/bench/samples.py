# SPDX-License-Identifier: MIT
"""samples - made-up samples for the tests."""


def sample(server, cpu_us, case="one-call", clients=16, **more):
    return {"round": 1, "work": case.rsplit("-", 1)[0] if case.startswith("in-flight") else case, "case": case,
            "server": server, "clients": clients, "cpu_us": cpu_us, "requests_per_second": 1000.0, "p50_us": 100,
            "p99_us": 200, "failures": {}, **more}
