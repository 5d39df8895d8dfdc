# SPDX-License-Identifier: MIT
"""wrk - the closed-loop load: how it is called, and what it says."""
import json
import pathlib

MARK = "fanlight-bench "
SCRIPT = pathlib.Path(__file__).with_name("wrk.lua")
# A request that takes longer is a failure.
TIMEOUT_S = 2


def command(url, clients, seconds):
    """wrk counts in whole seconds; whoever wants less ends it with SIGINT, upon which it reports just the same."""
    return ["wrk", "--threads", "1", "--connections", str(clients), "--duration", f"{int(seconds) + 1}s",
            "--timeout", f"{TIMEOUT_S}s", "--script", str(SCRIPT), url]


def parse(output):
    """{"requests": …, "seconds": …, "p50_us": …, "p99_us": …, "failures": {kind: count}} or ValueError."""
    lines = [line for line in output.splitlines() if line.startswith(MARK)]
    if len(lines) != 1:
        raise ValueError(f"wrk did not report: {output.strip()[-300:] or 'it said nothing'}")
    found = json.loads(lines[0][len(MARK):])
    kinds = ("connect", "read", "write", "status", "timeout")
    return {
        "requests": found["requests"],
        "seconds": found["duration_us"] / 1e6,
        "p50_us": found["p50_us"],
        "p99_us": found["p99_us"],
        "failures": {kind: found[kind] for kind in kinds if found[kind]},
    }
