# SPDX-License-Identifier: MIT
"""control - which allocation of a program fails, through the memory that it shares with failing_allocations.c."""
import mmap
import os
import struct
import subprocess

FRAMES = 24
FIRST, LAST, COUNT, FAILED, HOLD, DEPTH, PLACES = range(7)
WAIT, WAITS = 1, 2
ALL = 2 ** 63
# The wrapper, and what is only the way into the C library's own start.
OWN_FRAMES = ("is_to_fail", "remember_place", "__wrap_")


class Control:
    def __init__(self, path):
        self.path = path
        with open(path, "wb") as file:
            file.write(bytes(8 * (PLACES + FRAMES)))
        with open(path, "r+b") as file:
            self.memory = mmap.mmap(file.fileno(), 0)

    def get(self, field):
        return struct.unpack_from("=Q", self.memory, 8 * field)[0]

    def put(self, field, value):
        struct.pack_into("=Q", self.memory, 8 * field, value)

    def arm(self, first, last=None):
        """From now on the `first` allocation fails, and those up to `last`."""
        self.disarm()
        for field in (COUNT, FAILED, DEPTH):
            self.put(field, 0)
        self.put(LAST, last or first)
        self.put(FIRST, first)

    def disarm(self):
        self.put(FIRST, 0)

    def count_only(self):
        self.arm(ALL)

    def hold(self):
        """The next program that is started waits at the door of main."""
        self.put(HOLD, WAIT)

    def is_held(self):
        return self.get(HOLD) == WAITS

    def release(self):
        self.put(HOLD, 0)

    def offsets(self):
        return [self.get(PLACES + i) for i in range(min(self.get(DEPTH), FRAMES))]


def places(program, offsets):
    """The functions and lines that stood on the stack, the innermost first."""
    if not offsets:
        return []
    # A return address is behind its call.
    words = ["addr2line", "-f", "-e", os.fspath(program)] + [hex(max(offset - 1, 0)) for offset in offsets if offset < 2 ** 40]
    lines = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False).stdout.split("\n")
    found = []
    for function, line in zip(lines[::2], lines[1::2]):
        if function != "??" and not function.startswith(OWN_FRAMES):
            found.append(f"{function} ({os.path.basename(line).split(' ')[0]})")
    return found
