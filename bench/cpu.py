# SPDX-License-Identifier: MIT
"""cpu - what processes have used so far: processor time in nanoseconds, memory, and how busy each core is.

Processor time comes from each process's own clock (clock_getcpuclockid(3)): user and system time of all its threads,
those that have ended included, to the nanosecond. /proc/PID/stat counts in ticks of 10 ms, and
/proc/PID/task/*/schedstat forgets threads that ended and what runs since the last tick.
"""
import contextlib
import os
import pathlib
import resource
import time
from typing import NamedTuple


class Memory(NamedTuple):
    resident_bytes: int
    peak_bytes: int


class CoreTicks(NamedTuple):
    """Of /proc/stat since the machine started, in ticks."""

    busy: int
    idle: int


def clock_of(pid):
    """The clock of a process's processor time: what clock_getcpuclockid(3) works out."""
    return (~pid << 3) | 2


def tree_of(pid, proc=pathlib.Path("/proc")):
    """A process and all its children, theirs too, that are there now."""
    found = [pid]
    for task in (proc / str(pid) / "task").glob("*/children"):
        with contextlib.suppress(OSError):  # it has just ended
            for child in task.read_text(encoding="ascii").split():
                found += tree_of(int(child), proc)
    return found


def used_ns(pids):
    return sum(time.clock_gettime_ns(clock_of(pid)) for pid in pids)


def parse_memory(status):
    """Of /proc/PID/status."""
    fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    kibibytes = [int(fields[name].split()[0]) if name in fields else 0 for name in ("VmRSS", "VmHWM")]
    return Memory(*(amount * 1024 for amount in kibibytes))


def memory_of(pids, proc=pathlib.Path("/proc")):
    """The sum; pages that several of them share count for each."""
    each = [parse_memory((proc / str(pid) / "status").read_text(encoding="utf-8")) for pid in pids]
    return Memory(sum(memory.resident_bytes for memory in each), sum(memory.peak_bytes for memory in each))


def parse_cores(stat):
    """Of /proc/stat: {core: CoreTicks}. Guest time is in user time already; stolen time counts as busy."""
    cores = {}
    for line in stat.splitlines():
        name, *ticks = line.split()
        if name.startswith("cpu") and name != "cpu":
            user, nice, system, idle, iowait, irq, softirq, steal = (int(tick) for tick in ticks[:8])
            cores[int(name[3:])] = CoreTicks(user + nice + system + irq + softirq + steal, idle + iowait)
    return cores


def read_cores():
    return parse_cores(pathlib.Path("/proc/stat").read_text(encoding="ascii"))


def busy_share(before, after):
    """Of one core, between two readings: 0 to 1; None: no tick has passed."""
    busy = after.busy - before.busy
    passed = busy + after.idle - before.idle
    return busy / passed if passed > 0 else None


def allow_descriptors(most):
    """How many descriptors our children begin with: `most`, or what the system allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    count = min(most, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))
    return count


def cores_allowed():
    return sorted(os.sched_getaffinity(0))
