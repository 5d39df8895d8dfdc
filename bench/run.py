# SPDX-License-Identifier: MIT
"""run - the whole bench: prepares, measures round after round, and hands the samples to the report."""
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

from bench import cpu, figures, machine, measure, options, peers, report, targets, works
from bench.process import Failure, environment

CHECKOUT = pathlib.Path(__file__).resolve().parents[1]
RELEASE = CHECKOUT / "build/release/bin"
BUILT = ("gateway", "bench_floor", "bench_constant_rate")
EXIT_FAILED, EXIT_INTERRUPTED = 1, 130
# What starting and stopping a server and its backend takes, roughly.
START_S = 0.6
# Enough for the most requests in flight, with two for each; some servers set memory aside for as many as they may open.
DESCRIPTORS = 20000
# Above this share of a core something else runs on the machine.
QUIET_SHARE = 0.05


def say(text):
    print(text, flush=True)


# ---- preparing ----

def must_run(arguments, **more):
    if subprocess.run(arguments, cwd=CHECKOUT, check=False, **more).returncode != 0:
        raise Failure(f"failed: {' '.join(str(word) for word in arguments)}")


def install_and_build():
    must_run(["script/bootstrap", "bench"])
    must_run(["script/setup", "release", *BUILT])


def build_go_proxy(programs):
    """Go's own cache makes this quick the second time."""
    folder = CHECKOUT / "build/bench"
    folder.mkdir(parents=True, exist_ok=True)
    must_run(["go", "build", "-o", programs / "go_proxy", "bench/peers/proxy.go"],
             env={**environment(), "GOCACHE": str(folder / "go-cache"), "GO111MODULE": "off"})


def takes_mode(gateway, mode):
    done = subprocess.run([gateway, "--mode", mode, "--check"], capture_output=True, env=environment(), timeout=10,
                          check=False)
    return done.returncode == 0


def why_not(server, programs):
    """None: it can take part."""
    program = peers.PROGRAMS.get(server) or str(programs / peers.BUILT[server])
    if not shutil.which(program):
        return f"there is no program {program}"
    mode = server.removeprefix(peers.OURS)
    if server.startswith(peers.OURS) and not takes_mode(program, mode):
        return f"this gateway has no mode {mode}"
    return None


def choose(parsed, programs):
    """(servers that take part, [{"server", "reason"} of the others])"""
    skipped = [{"server": server, "reason": why_not(server, programs)} for server in parsed.servers]
    skipped = [entry for entry in skipped if entry["reason"]]
    absent = {entry["server"] for entry in skipped}
    return [server for server in parsed.servers if server not in absent], skipped


def settings_of(parsed, programs):
    cores = cpu.cores_allowed()
    if len(cores) < 2:
        raise Failure("needs two cores: one for the load, one for the server")
    # We are a part of the load.
    os.sched_setaffinity(0, {cores[0]})
    return measure.Settings(programs=programs, clients=parsed.clients, seconds=parsed.seconds,
                            warm_up=parsed.warm_up, load_core=cores[0], server_core=cores[1],
                            descriptors=cpu.allow_descriptors(DESCRIPTORS))


def watch_quiet():
    """{core: share that is busy while we do nothing}"""
    before = cpu.read_cores()
    time.sleep(1)
    after = cpu.read_cores()
    return {str(core): round(cpu.busy_share(before[core], after[core]) or 0, 3) for core in before}


# ---- measuring ----

def turns(cases, servers, rounds):
    """(round, case, server) in the order in which they are measured: another server begins each round."""
    for number in range(1, rounds + 1):
        for case in cases:
            if number <= case.rounds_most:
                taking_part = [server for server in servers if server in case.servers]
                first = (number - 1) % max(len(taking_part), 1)
                for server in taking_part[first:] + taking_part[:first]:
                    yield number, case, server


def seconds_of(case, server, settings):
    each = settings.warm_up_of(server) + settings.seconds + 0.1
    if case.kind == works.CONSTANT_RATE:
        return START_S + 2 * case.delay_ms / 1000 + each + 2 * measure.MARGIN_S
    return START_S + each * len(case.clients or settings.clients)


def failed_sample(case, server, number, settings, reason):
    clients = case.in_flight or (case.clients or settings.clients)[0]
    return {"round": number, "work": case.work, "case": case.name, "server": server, "clients": clients,
            "failures": {reason: 1}}


def measure_turn(settings, turn, samples):
    number, case, server = turn
    try:
        for sample in measure.samples_of(settings, case, server, number):
            samples.append(sample)
            say(report.progress(sample))
    except (Failure, OSError, ValueError, subprocess.TimeoutExpired) as error:
        samples.append(failed_sample(case, server, number, settings, str(error)))
        say(report.progress(samples[-1]))


def measure_all(settings, plan, samples):
    for position, turn in enumerate(plan, 1):
        print(f"{position}/{len(plan)} ", end="", flush=True)
        measure_turn(settings, turn, samples)


# ---- the end ----

def document_of(parsed, programs, samples, more):
    summaries = figures.summarise(samples)
    return {
        "version": 1,
        "what": "bench",
        "command": " ".join(["script/bench", *parsed.arguments]),
        **more,
        "versions": machine.versions(programs / "gateway"),
        "settings": {"works": parsed.works, "servers": parsed.servers, "rounds": parsed.rounds,
                     "seconds": parsed.seconds, "warm_up": parsed.warm_up, "clients": parsed.clients,
                     "rate": works.RATE},
        "summaries": summaries,
        "targets": targets.judge_all(summaries),
        "samples": samples,
    }


def bench(parsed):
    programs = (parsed.programs or RELEASE).resolve()
    if not parsed.programs:
        install_and_build()
    if "go" in parsed.servers and not parsed.programs:
        build_go_proxy(programs)
    more = {"started": time.strftime("%Y-%m-%dT%H:%M:%S%z"), "machine": machine.describe()}
    settings = settings_of(parsed, programs)
    more["machine"]["busy_before"] = watch_quiet()
    servers, more["skipped"] = choose(parsed, programs)
    cases = works.cases_of(parsed.works, works.QUICK_DELAY_MS if parsed.quick else works.LONGEST_DELAY_MS)
    cases, too_large = works.within(cases, settings.descriptors)
    more["skipped"] += too_large
    plan = list(turns(cases, servers, parsed.rounds))
    seconds = sum(seconds_of(case, server, settings) for _, case, server in plan)
    say(report.introduction(more, servers, seconds, QUIET_SHARE))
    samples = []
    status = 0
    try:
        measure_all(settings, plan, samples)
    except KeyboardInterrupt:
        say("\ninterrupted: what follows is what was measured until then")
        status = EXIT_INTERRUPTED
    document = document_of(parsed, programs, samples, more)
    if parsed.json:
        parsed.json.write_text(report.document_text(document), encoding="utf-8")
    say(report.tables(document))
    if parsed.json:
        say(f"written: {parsed.json}")
    is_failed = not samples or any(sample["failures"] for sample in samples)
    return status or (EXIT_FAILED if is_failed else 0)


def on_terminate(_number, _frame):
    raise KeyboardInterrupt


def main(arguments):
    parsed = options.parse(arguments)
    parsed.arguments = arguments
    signal.signal(signal.SIGTERM, on_terminate)
    try:
        return bench(parsed)
    except Failure as error:
        print(f"script/bench: {error}", file=sys.stderr)
        return EXIT_FAILED
    except BrokenPipeError:
        # Nobody reads any more. Python would complain once more when it closes the pipe.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAILED
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
