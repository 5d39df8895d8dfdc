# SPDX-License-Identifier: MIT
"""counts_trace - what strace wrote down, as numbers of system calls.

A call counts where it returns, so that one that waits while counting begins or ends (the event loop's wait for the next
request) is counted once. What the measurement itself causes is left out: a wait that our own SIGSTOP interrupted.
"""
import collections
import re

# 4291  epoll_wait(8, [], 256, 0) = 0
WHOLE = re.compile(rb"^(\d+) +(\w+)\(.*\) += (.*)$")
# 4291  <... read resumed>"\1\0", 8) = 8
RESUMED = re.compile(rb"^(\d+) +<\.\.\. (\w+) resumed>.*\) += (.*)$")


class Call(collections.namedtuple("Call", "thread name line")):
    """One system call that has returned: whose, which, and strace's line."""


def call_of(line):
    """The call that this line ends, or None: of a call that goes on, a signal, or a thread's end."""
    match = WHOLE.match(line) or RESUMED.match(line)
    if not match or is_interrupted(match[2], match[3]):
        return None
    return Call(int(match[1]), match[2].decode(), line.decode(errors="replace").strip())


def is_interrupted(name, result):
    return b" EINTR " in result + b" " or result.startswith(b"? ERESTART") or name == b"restart_syscall"


def calls_between(trace, start, end):
    """The calls that returned in this part of the trace: bytes, and two offsets in them."""
    position = 0
    calls = []
    for line in trace.splitlines(keepends=True):
        position += len(line)
        if start < position <= end:
            call = call_of(line)
            if call:
                calls.append(call)
    return calls


def workers_of(trace):
    """The threads that accept connections: the gateway's workers."""
    calls = (call_of(line) for line in trace.splitlines())
    return {call.thread for call in calls if call and call.name == "accept4"}


def per_request(calls, workers, requests):
    """{'worker': {name: number}, 'others': {name: number}}, most frequent first."""
    counted = {"worker": collections.Counter(), "others": collections.Counter()}
    for call in calls:
        counted["worker" if call.thread in workers else "others"][call.name] += 1
    return {whose: {name: round(number / requests, 3) for name, number in names.most_common()}
            for whose, names in counted.items()}
