# SPDX-License-Identifier: MIT
"""script/torture's own command line, and the order of its works."""
import argparse
import concurrent.futures
import dataclasses
import pathlib
import random
import sys
import tempfile
import time
import traceback

import calls
import clock
import memory
from bench import BackendBench, Bench
from programs import Trouble
from scenario import MODES
from tally import Tally

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
# What stands before the faults: a gateway in one of its modes, or the backend.
SUBJECTS = (*MODES, memory.BACKEND)
EXIT_FAILED, EXIT_WRONG_USE, EXIT_INTERRUPTED = 1, 2, 130


@dataclasses.dataclass
class Campaign:
    """find(bench): the names of all its cases. run(bench, cases, slot, tally): as far as the slot goes. share: of the time."""
    find: object
    run: object
    share: float


CAMPAIGNS = {
    "memory": Campaign(memory.find_in_service, memory.run_in_service, 0.25),
    "memory-life": Campaign(memory.find_in_a_life, memory.run_in_a_life, 0.2),
    "calls": Campaign(calls.find_in_service, calls.run_in_service, 0.25),
    "calls-life": Campaign(calls.find_in_a_life, calls.run_in_a_life, 0.25),
    "clock": Campaign(clock.find, clock.run, 0.1),
}


class Slot:
    """Nothing is begun after so many seconds from now; None: there is all the time."""

    def __init__(self, seconds):
        self.give_up = None if seconds is None else time.monotonic() + seconds

    def is_over(self):
        return self.give_up is not None and time.monotonic() > self.give_up


class Parser(argparse.ArgumentParser):
    def error(self, message):
        self.exit(EXIT_WRONG_USE, f"{self.prog}: {message}; '{self.prog} --help' says more\n")


def some_of(allowed):
    def parse(text):
        names = text.split(",")
        for name in names:
            if name not in allowed:
                raise argparse.ArgumentTypeError(f"'{name}' is not one of {', '.join(allowed)}")
        return names
    return parse


def parse_arguments():
    parser = Parser(prog="script/torture", allow_abbrev=False, add_help=False)
    parser.add_argument("--campaign", type=some_of(CAMPAIGNS), default=list(CAMPAIGNS))
    parser.add_argument("--mode", type=some_of(SUBJECTS), default=list(SUBJECTS))
    parser.add_argument("--seconds", type=float, default=150)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--case")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--check", action="store_true", help="only whether the others are right")
    parser.add_argument("--programs", type=pathlib.Path, default=CHECKOUT / "build/asan/bin")
    parser.add_argument("--plain-programs", type=pathlib.Path, default=CHECKOUT / "build/release/bin")
    options = parser.parse_args()
    if options.jobs < 1 or not options.seconds > 0:
        parser.error("--jobs is a number from 1 on, and --seconds more than 0")
    if options.case:
        name, mode, rest = (options.case.split("/", 2) + ["", ""])[:3]
        if name not in CAMPAIGNS or mode not in SUBJECTS or not rest:
            parser.error(f"'{options.case}' is no case: it is one that was FAILED or is --list-ed")
        options.campaign, options.mode, options.case, options.all = [name], [mode], rest, True
    return options


def taken_at_random(cases, seed):
    """Turn and turn about from what belongs together (a step, a system call), each in an order of the seed's."""
    groups = {}
    for case in cases:
        groups.setdefault(case.rpartition("/")[0], []).append(case)
    for name, group in groups.items():
        random.Random(f"{seed} {name}").shuffle(group)
    order = list(groups.values())
    random.Random(seed).shuffle(order)
    longest = max(map(len, order), default=0)
    return [group[i] for i in range(longest) for group in order if i < len(group)]


def run_work(options, name, mode, seconds, folder, tally):
    campaign = CAMPAIGNS[name]
    slot = Slot(seconds)
    kind = BackendBench if mode == memory.BACKEND else Bench
    with kind(options.programs.resolve(), options.plain_programs.resolve(), folder / f"{name}-{mode}", mode) as bench:
        if options.case:
            campaign.run(bench, options.case.split(","), slot, tally)
            return
        cases = campaign.find(bench)
        if options.list:
            print("\n".join(f"{name}/{mode}/{case}" for case in cases))
        else:
            campaign.run(bench, cases if options.all else taken_at_random(cases, options.seed), slot, tally)


def run_guarded(options, name, mode, seconds, folder, tally):
    try:
        run_work(options, name, mode, seconds, folder, tally)
    except Trouble as trouble:
        tally.failed(f"{name}/{mode}/undisturbed", f"{trouble}")
    except Exception:  # pylint: disable=broad-except
        tally.failed(f"{name}/{mode}/script", traceback.format_exc())


def run_all(options, tally):
    works = [(name, mode) for name in options.campaign for mode in options.mode
             if mode != memory.BACKEND or name.startswith("memory")]
    weight = sum(CAMPAIGNS[name].share for name, _ in works)
    with tempfile.TemporaryDirectory(prefix="torture-") as folder, concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for name, mode in works:
            seconds = None if options.all else options.seconds * options.jobs * CAMPAIGNS[name].share / weight
            pool.submit(run_guarded, options, name, mode, seconds, pathlib.Path(folder), tally)


def main():
    options = parse_arguments()
    if options.check:
        return 0
    if options.seed is None:
        options.seed = random.SystemRandom().randrange(10 ** 6)
    tally = Tally(options.verbose)
    print(f"script/torture: seed {options.seed}", flush=True)
    run_all(options, tally)
    for kind, counts in sorted(tally.by_kind.items()):
        print(f"{kind:20} {', '.join(f'{count} {word}' for word, count in counts.items() if count)}")
    print(f"places in our code that failed: {len(tally.sites)}")
    print(f"{tally.total('passed')} passed, {tally.total('failed')} failed, {tally.total('skipped')} skipped")
    return 0 if tally.total("passed") > 0 and tally.total("failed") == 0 or options.list else EXIT_FAILED


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)
