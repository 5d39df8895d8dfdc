# SPDX-License-Identifier: MIT
"""counts_callgrind - reads a profile of valgrind's callgrind: instructions by function, file and library, and who calls whom.

Format: https://valgrind.org/docs/manual/cl-format.html, as far as callgrind writes it with one event (Ir).
"""
import collections
import os
import re

NAME = re.compile(r"^\((\d+)\)(?: (.*))?$")
ALLOCATORS = ("malloc", "calloc", "realloc")

Function = collections.namedtuple("Function", "object name")


class Profile:
    """own: instructions of a function itself, by (Function, source file). edges: (caller, callee) -> [calls, inclusive]."""

    def __init__(self):
        self.own = collections.Counter()
        self.edges = collections.defaultdict(lambda: [0, 0])

    def total(self):
        return sum(self.own.values())


class Reader:
    """Goes through the lines; what a line means depends on those above it."""

    def __init__(self):
        self.profile = Profile()
        self.names = {"ob": {}, "fl": {}, "fn": {}}
        self.object = self.file = self.callee_object = self.callee = ""
        self.function = None
        self.calls = None

    def name(self, kind, text):
        """Names are written once, as '(7) name', and then as '(7)'."""
        match = NAME.match(text)
        if not match:
            return text
        if match[2] is not None:
            self.names[kind][match[1]] = match[2]
        return self.names[kind][match[1]]

    def read(self, line):
        key, separator, value = line.partition("=")
        if separator and key in self.FIELDS:
            self.FIELDS[key](self, value)
        elif line and line[0] in "0123456789+-*":
            self.cost(int(line.split()[1]))

    def set_object(self, text):
        self.object = self.name("ob", text)

    def set_file(self, text):
        self.file = self.name("fl", text)

    def set_function(self, text):
        self.function = Function(self.object, without_recursion(self.name("fn", text)))
        self.callee_object = self.object

    def set_callee_object(self, text):
        self.callee_object = self.name("ob", text)

    def set_callee_file(self, text):
        self.name("fl", text)

    def set_callee(self, text):
        self.callee = Function(self.callee_object, without_recursion(self.name("fn", text)))
        self.callee_object = self.object

    def set_calls(self, text):
        self.calls = int(text.split()[0])

    def cost(self, instructions):
        if self.calls is None:
            self.profile.own[self.function, self.file] += instructions
            return
        edge = self.profile.edges[self.function, self.callee]
        edge[0] += self.calls
        edge[1] += instructions
        self.calls = None

    FIELDS = {"ob": set_object, "fl": set_file, "fi": set_file, "fe": set_file, "fn": set_function, "cob": set_callee_object,
              "cfi": set_callee_file, "cfl": set_callee_file, "cfn": set_callee, "calls": set_calls}


def without_recursion(name):
    """A function that calls itself is written as name, name'2, …."""
    return re.sub(r"'\d+$", "", name)


def read_profile(lines):
    reader = Reader()
    for line in lines:
        reader.read(line.rstrip("\n"))
    return reader.profile


def part_of(function, file, program):
    """Which part of the process an instruction belongs to, for the table of parts."""
    library = os.path.basename(function.object)
    if "memset" in function.name:
        return "memset"
    if library == program:
        return program
    if library.startswith("libc.so") and re.search(r"/malloc/[a-z_]+\.c$", file):
        return "malloc family"
    if library.startswith(("libc.so", "ld-linux", "libpthread")):
        return "libc, rest"
    return library.split(".so")[0] if ".so" in library else "other"


def parts(profile, program):
    """{part: [its own instructions, those and what it has libc do]}."""
    shares = collections.defaultdict(lambda: [0, 0])
    for (function, file), instructions in profile.own.items():
        part = shares[part_of(function, file, program)]
        part[0] += instructions
        part[1] += instructions
    for (caller, callee), (_calls, inclusive) in profile.edges.items():
        if is_libc(callee) and not is_libc(caller):
            shares[part_of(caller, "", program)][1] += inclusive
    return dict(shares)


def is_libc(function):
    return os.path.basename(function.object).startswith(("libc.so", "ld-linux"))


def allocations(profile):
    """{malloc, calloc, realloc: calls}; those that one of them makes of another are not counted."""
    counted = dict.fromkeys(ALLOCATORS, 0)
    for (caller, callee), (calls, _inclusive) in profile.edges.items():
        if callee.name in counted and is_libc(callee) and caller.name not in ALLOCATORS:
            counted[callee.name] += calls
    return counted


def memset_instructions(profile):
    """[instructions, the function that the processor got]: callgrind counts each step of 'rep stosb', which costs next to nothing."""
    found = collections.Counter()
    for (function, _file), instructions in profile.own.items():
        if "memset" in function.name and is_libc(function):
            found[function.name] += instructions
    return [sum(found.values()), max(found, key=found.get, default="none")]


def top_files(profile, program, count):
    """The program's source files that cost most, [(name, instructions)]; inlined code is its file's."""
    found = collections.Counter()
    for (function, file), instructions in profile.own.items():
        if os.path.basename(function.object) == program:
            found[os.path.basename(file)] += instructions
    return found.most_common(count)


def top_functions(profile, program, count):
    """The program's functions that cost most, [(name, instructions, those and what it has libc do)], by the latter."""
    own = collections.Counter()
    for (function, _file), instructions in profile.own.items():
        own[function] += instructions
    with_libc = own.copy()
    for (caller, callee), (_calls, inclusive) in profile.edges.items():
        if is_libc(callee):
            with_libc[caller] += inclusive
    found = [(function.name, own[function], total) for function, total in with_libc.most_common()
             if os.path.basename(function.object) == program]
    return found[:count]


def top_allocating(profile, count):
    """Who allocates most often, [('library: function', calls)]. A jump through a table, which is in no library, is its callers'."""
    callers = collections.defaultdict(collections.Counter)
    for (caller, callee), (calls, _inclusive) in profile.edges.items():
        callers[callee][caller] += calls
    found = collections.Counter()
    for allocator in [callee for callee in callers if callee.name in ALLOCATORS and is_libc(callee)]:
        for caller, calls in callers[allocator].items():
            for asker, number in (callers[caller] if caller.object == "???" else {caller: calls}).items():
                if asker.name not in ALLOCATORS:
                    found[f"{os.path.basename(asker.object).split('.so')[0]}: {asker.name}"] += number
    return found.most_common(count)
