# SPDX-License-Identifier: MIT
"""memory - each allocation of the gateway's own fails once: in a process that serves, step after step, and in the life of a process
from main to its end. In service also with all that follow it: what is done about a lack of memory lacks memory, too."""
import control
import steps
from bench import end_well
from programs import Trouble, check_refused_start

FROM_THEN_ON = "on"
BACKEND = "backend"
LIFE_STEPS = ("hello", "call", "graph", "fan", "failed", "timeout", "pass", "body", "large", "line", "reload", "admin-metrics",
              "admin-requests", "other-path", "ambiguous")


def place_of(bench):
    return control.places(bench.program(), bench.control.offsets())


def note(bench, name, tally):
    if bench.control.get(control.FAILED) > 0:
        tally.passed(name, place_of(bench)[:2])
    else:
        tally.not_reached(name)


# ---- in a process that serves ----

def count_in(bench, gateway, step):
    """So many allocations the step takes, at most: what is kept from earlier ones is not taken anew."""
    counts = []
    for _ in range(2):
        bench.control.count_only()
        step.loosely(gateway)
        counts.append(bench.control.get(control.COUNT))
    bench.control.disarm()
    return max(counts)


def find_in_service(bench):
    """STEP/NUMBER and STEP/NUMBERon."""
    cases = []
    with bench.ready_gateway() as gateway:
        for step in bench.learn(gateway):
            for number in range(1, count_in(bench, gateway, step) + 1):
                cases += [f"{step.name}/{number}", f"{step.name}/{number}{FROM_THEN_ON}"]
        end_well(gateway)
    return cases


def fail_once(bench, gateway, step, number):
    first = int(number.removesuffix(FROM_THEN_ON))
    bench.control.arm(first, control.ALL if number.endswith(FROM_THEN_ON) else first)
    try:
        step.loosely(gateway)
    finally:
        bench.control.disarm()
    steps.check_service(gateway)
    step.strictly(gateway)


def serve(bench, cases, slot, tally, ran):
    """Until one of them goes wrong."""
    with bench.ready_gateway() as gateway:
        known = {step.name: step for step in bench.learn(gateway)}
        while cases and not slot.is_over():
            part, number = cases[0].rsplit("/", 1)
            ran.append(f"memory/{bench.mode}/{cases.pop(0)}")
            fail_once(bench, gateway, known[part], number)
            note(bench, ran[-1], tally)
        ran.append(f"memory/{bench.mode}/{','.join(name.split('/', 2)[2] for name in ran)}" if len(ran) < 20 else
                   f"memory/{bench.mode}/the-end-of-{len(ran)}")
        steps.check_rest(gateway)
        end_well(gateway)
        tally.passed(ran[-1])


def run_in_service(bench, cases, slot, tally):
    """A process that went wrong is followed by a fresh one."""
    waiting = list(cases)
    while waiting and not slot.is_over():
        ran = []
        try:
            serve(bench, waiting, slot, tally, ran)
        except Trouble as trouble:
            tally.failed(ran[-1] if ran else f"memory/{bench.mode}/start", f"{trouble}", place_of(bench))


# ---- in a whole life ----

def live(bench, gateway, known):
    """From the start to the end, whatever fails on the way; what is asked for once it has failed is answered well."""
    if not gateway.wait_ready():
        check_refused_start(gateway)
        return
    for name in [name for name in known if name in LIFE_STEPS or bench.mode == BACKEND]:
        if bench.control.get(control.FAILED) > 0:
            known[name].strictly(gateway)
        else:
            known[name].loosely(gateway)
    if bench.control.get(control.FAILED) > 0:
        steps.check_service(gateway)
    end_well(gateway)


def known_steps(bench):
    with bench.ready_gateway() as gateway:
        found = {step.name: step for step in bench.learn(gateway)}
        end_well(gateway)
    return found


def find_in_a_life(bench):
    known = known_steps(bench)
    bench.control.count_only()
    with bench.gateway() as gateway:
        live(bench, gateway, known)
    return [str(number) for number in range(1, bench.control.get(control.COUNT) + 1)]


def run_in_a_life(bench, cases, slot, tally):
    known = known_steps(bench)
    for number in cases:
        if slot.is_over():
            return
        name = f"memory-life/{bench.mode}/{number}"
        bench.control.arm(int(number))
        try:
            with bench.gateway() as gateway:
                live(bench, gateway, known)
            note(bench, name, tally)
        except Trouble as trouble:
            tally.failed(name, f"{trouble}", place_of(bench))
        finally:
            bench.control.disarm()
