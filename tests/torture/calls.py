# SPDX-License-Identifier: MIT
"""calls - each system call fails once: in a process that serves, and in the life of a process from main to its end.

Errors are those that Linux gives for such a call. Not among them: EAGAIN where data lies ready, because an edge-triggered epoll
rightly says nothing a second time; EINTR of calls that do not wait. The n-th call is that of each thread.
"""
import collections
import time

import steps
from bench import end_well
from programs import Trouble, check_refused_start, check_silent, wait_until
from tracer import Tracer

CALLS_AT_MOST = 200
LOG, CONFIG = "the-log", "the-configuration"
CONFIG_READS = 2

# A system call, an error, and the file it is about if only that counts.
FAULTS = [
    ("accept4", "ECONNABORTED", None), ("accept4", "EMFILE", None), ("accept4", "ENOMEM", None),
    ("bind", "EADDRINUSE", None),
    ("clone3", "EAGAIN", None),
    ("connect", "EADDRNOTAVAIL", None), ("connect", "ECONNREFUSED", None), ("connect", "ENETUNREACH", None),
    ("epoll_create1", "EMFILE", None),
    ("epoll_ctl", "ENOMEM", None), ("epoll_ctl", "ENOSPC", None),
    ("epoll_wait", "EINTR", None),
    ("eventfd2", "EMFILE", None),
    ("getpeername", "ENOTCONN", None),
    ("ioctl", "ENOTTY", None),
    ("listen", "EADDRINUSE", None),
    ("openat", "EACCES", None), ("openat", "EMFILE", None),
    ("pipe2", "EMFILE", None),
    ("poll", "EINTR", None), ("poll", "ENOMEM", None),
    ("read", "EINTR", None), ("read", "EIO", CONFIG),
    ("recvfrom", "ECONNRESET", None), ("recvfrom", "ENOMEM", None),
    ("sendmsg", "ECONNRESET", None), ("sendmsg", "EPIPE", None),
    ("sendto", "ECONNRESET", None), ("sendto", "ENOBUFS", None), ("sendto", "EPIPE", None),
    ("setsockopt", "ENOPROTOOPT", None),
    ("shutdown", "ENOTCONN", None),
    ("signalfd4", "EMFILE", None),
    ("socket", "EMFILE", None), ("socket", "ENOBUFS", None),
    ("socketpair", "EMFILE", None),
    ("write", "EINTR", LOG), ("write", "EIO", LOG), ("write", "ENOSPC", LOG),
    ("writev", "EPIPE", None),
]
ROUND = ("hello", "call", "fan", "graph", "failed", "refused", "pass", "body", "line", "close-next", "extra-bytes", "ambiguous", "leaves",
         "admin-metrics", "admin-requests", "reload")
# After a fault: one of each kind.
PROOF = ("call", "fan", "pass", "body", "close-next", "reload")
SPARE_DESCRIPTORS = 40
UNHEARD_START_S = 1


def fault_names():
    return ["/".join(filter(None, fault)) for fault in FAULTS]


def parts_of(name):
    parts = name.split("/")
    return parts + [None] * (3 - len(parts))


def words_for(bench, gateway, name, number):
    """strace's arguments. Without a number all that could fail is traced, and nothing does."""
    call, error, place = parts_of(name)
    if number is None:
        return ["-e", f"trace={','.join(sorted({fault[0] for fault in FAULTS}))}"]
    words = ["-e", f"trace={call}", "-e", f"inject={call}:error={error}:when={number}"]
    if place is not None:
        words += ["-P", str(gateway.log if place == LOG else bench.config)]
    return words


def counts_in(lines):
    """{name of a fault: how often a thread made that call, at most}, from a trace of all of them."""
    by_thread = collections.Counter()
    for line in lines:
        thread, _, rest = line.partition(" ")
        call = rest.lstrip().partition("(")[0]
        by_thread[thread, call] += 1
        by_thread[thread, call, LOG] += rest.lstrip().startswith("write(1,")
    found = {}
    for name in fault_names():
        call, _error, place = parts_of(name)
        if place == CONFIG:
            found[name] = CONFIG_READS
        else:
            key = (call, LOG) if place == LOG else (call,)
            found[name] = min(max((count for who, count in by_thread.items() if who[1:] == key), default=0), CALLS_AT_MOST)
    return found


def go_round(gateway, known):
    for name in ROUND:
        known[name].loosely(gateway)


def known_steps(bench):
    with bench.ready_gateway(leaks=False) as gateway:
        found = {step.name: step for step in bench.learn(gateway)}
        end_well(gateway)
    return found


def cases_of(counts):
    return [f"{name}/{number}" for name, count in counts.items() for number in range(1, count + 1)]


def judge(tally, name, tracer):
    if tracer.injected():
        tally.passed(name)
    else:
        tally.not_reached(name)


def is_impossible(gateway, tracer):
    """epoll_ctl failed to take a descriptor out for want of memory, which Linux never does; libmicrohttpd ends the process then.
    strace may tell what was to be done and what came of it on two lines: libmicrohttpd's own one says which it was."""
    return gateway is not None and "Failed to remove FD from epoll set" in gateway.read_errors() and \
        any("epoll_ctl" in line for line in tracer.injected())


def story(trouble, tracer):
    return "\n  ".join([f"{trouble}", *(tracer.injected()[:6] if tracer is not None else [])])


# ---- in a process that serves ----

def find_in_service(bench):
    with bench.ready_gateway(leaks=False) as gateway:
        known = {step.name: step for step in bench.learn(gateway)}
        with Tracer(gateway, bench.folder, words_for(bench, gateway, "all", None)) as tracer:
            go_round(gateway, known)
        end_well(gateway)
    return cases_of(counts_in(tracer.lines()))


def prove(gateway, known, descriptors):
    steps.check_service(gateway)
    for name in PROOF:
        known[name].strictly(gateway)
    if gateway.descriptors() > descriptors + SPARE_DESCRIPTORS:
        raise Trouble(f"{gateway.descriptors()} descriptors are open, and {descriptors} were")


def fail_once(bench, gateway, known, descriptors, case):
    """The tracer, and what was wrong or None."""
    name, number = case.rsplit("/", 1)
    tracer = Tracer(gateway, bench.folder, words_for(bench, gateway, name, number))
    try:
        with tracer:
            go_round(gateway, known)
        prove(gateway, known, descriptors)
    except Trouble as trouble:
        return tracer, trouble
    return tracer, None


def serve(bench, cases, slot, tally):
    """Until one of them goes wrong."""
    with bench.ready_gateway(leaks=False) as gateway:
        known = {step.name: step for step in bench.learn(gateway)}
        descriptors = gateway.descriptors()
        while cases and not slot.is_over():
            case = cases.pop(0)
            tracer, trouble = fail_once(bench, gateway, known, descriptors, case)
            if trouble is not None and is_impossible(gateway, tracer):
                tally.impossible(f"calls/{bench.mode}/{case}")
                return
            if trouble is not None:
                tally.failed(f"calls/{bench.mode}/{case}", story(trouble, tracer))
                return
            judge(tally, f"calls/{bench.mode}/{case}", tracer)
        steps.check_rest(gateway)
        end_well(gateway)


def run_in_service(bench, cases, slot, tally):
    waiting = list(cases)
    while waiting and not slot.is_over():
        try:
            serve(bench, waiting, slot, tally)
        except Trouble as trouble:
            tally.failed(f"calls/{bench.mode}/the-end", f"{trouble}")


# ---- in a whole life ----

def served_at_last(gateway):
    """Each thread meets the fault at its own time: within some tries all of them have."""
    for tries_left in (3, 2, 1, 0):
        try:
            steps.check_service(gateway)
            return
        except Trouble:
            if tries_left == 0 or gateway.has_ended():
                raise


def is_ready(gateway, tracer):
    """False: the start was refused as it should be, or the log, which would say where it listens, is what failed."""
    is_log_lost = lambda: any(" write(1," in line for line in tracer.injected())  # noqa: E731
    wait_until(lambda: gateway.is_ready() or gateway.has_ended() or is_log_lost(), f"{gateway.name} starts")
    if gateway.has_ended():
        check_refused_start(gateway)
    elif not gateway.is_ready():
        time.sleep(UNHEARD_START_S)
        end_under_fault(gateway)
    return not gateway.has_ended()


def live(bench, known, name, number, keep):
    """keep(gateway, tracer) before anything can go wrong."""
    bench.control.disarm()
    bench.control.hold()
    with bench.gateway(leaks=False) as gateway:
        wait_until(bench.control.is_held, "the program comes to its main")
        tracer = Tracer(gateway, bench.folder, words_for(bench, gateway, name, number))
        keep((gateway, tracer))
        with tracer:
            bench.control.release()
            if not is_ready(gateway, tracer):
                return
            for part in ROUND:
                known[part].loosely(gateway)
            served_at_last(gateway)
            end_under_fault(gateway)


def end_under_fault(gateway):
    """0, or 1 with a word in the log about why."""
    code = gateway.stop()
    check_silent(gateway)
    if code not in (0, 1) or (code == 1 and " - ending: " not in gateway.read_log()):
        raise Trouble(f"it ended with {code} after SIGTERM")


def find_in_a_life(bench):
    seen = []
    live(bench, known_steps(bench), "all", None, seen.append)
    return cases_of(counts_in(seen[0][1].lines()))


def run_in_a_life(bench, cases, slot, tally):
    known = known_steps(bench)
    for case in cases:
        if slot.is_over():
            return
        seen, name = [(None, None)], f"calls-life/{bench.mode}/{case}"
        try:
            live(bench, known, *case.rsplit("/", 1), seen.append)
            judge(tally, name, seen[-1][1])
        except Trouble as trouble:
            gateway, tracer = seen[-1]
            if is_impossible(gateway, tracer):
                tally.impossible(name)
            else:
                tally.failed(name, story(trouble, tracer))
        finally:
            bench.control.release()
