# SPDX-License-Identifier: MIT
"""counts_trace - what strace wrote down, as numbers of system calls.

A call counts where it returns, so that one that waits while counting begins or ends (the event loop's wait for the next
request) is counted once. What the measurement itself causes is left out: a wait that our own SIGSTOP interrupted. So is what
happens now and then (libcurl looks at all its idle connections once a second): a figure is that of the leanest of many rounds.
"""
import collections
import re

# 4291  epoll_wait(8, [], 256, 0) = 0
WHOLE = re.compile(rb"^(\d+) +(\w+)\(.*\) += (.*)$")
# 4291  <... read resumed>"\1\0", 8) = 8
RESUMED = re.compile(rb"^(\d+) +<\.\.\. (\w+) resumed>.*\) += (.*)$")


# Added to the name of a receive that leaves the bytes where they are: is anything there?
LOOKING = " (looks)"


class Call(collections.namedtuple("Call", "thread name line")):
    """One system call that has returned: whose, which, and strace's line."""


def call_of(line):
    """The call that this line ends, or None: of a call that goes on, a signal, or a thread's end."""
    match = WHOLE.match(line) or RESUMED.match(line)
    if not match or is_interrupted(match[2], match[3]):
        return None
    name = match[2].decode() + (LOOKING if b"MSG_PEEK" in line else "")
    return Call(int(match[1]), name, line.decode(errors="replace").strip())


def is_interrupted(name, result):
    return b" EINTR " in result + b" " or result.startswith(b"? ERESTART") or name == b"restart_syscall"


def rounds_of(trace, offsets):
    """The calls that returned in each round, as lists: from the trace (bytes) and where in it the rounds begin and end."""
    position = 0
    ends = iter(offsets)
    end = next(ends)
    rounds = []
    for line in trace.splitlines(keepends=True):
        position += len(line)
        while position > end:
            end = next(ends, None)
            if end is None:
                return rounds
            rounds.append([])
        call = call_of(line)
        if rounds and call:
            rounds[-1].append(call)
    return rounds


def workers_of(trace):
    """The threads that accept connections: the gateway's workers."""
    calls = (call_of(line) for line in trace.splitlines())
    return {call.thread for call in calls if call and call.name == "accept4"}


def leanest(rounds):
    """The round with the fewest calls, whole: one in which nothing happened that is due to time and not to requests."""
    return min(rounds, key=len)


def per_request(calls, workers, requests):
    """{'worker': {name: number}, 'others': {name: number}}, most frequent first; so many requests made these calls."""
    found = {"worker": collections.Counter(), "others": collections.Counter()}
    for call in calls:
        found["worker" if call.thread in workers else "others"][call.name] += 1
    return {whose: {name: round(names[name] / requests, 3) for name in sorted(names, key=lambda name: (-names[name], name))}
            for whose, names in found.items()}
