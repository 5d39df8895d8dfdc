# SPDX-License-Identifier: MIT
"""counts_table - the counted figures as text."""

from bench.counts_limits import number


def lines_of(mode, work, shape, figures, top_count=0, with_calls=False):
    """One mode, work and shape: what a client's request costs, and where that goes."""
    yield (f"{mode}, {work}, {shape}: {number(figures['system_calls'])} system calls and {number(figures['look_calls'])} that look,"
           f" {number(figures['lock_calls'])} for locks, {number(figures['memory_calls'])} for memory, {figures['instructions']} instructions and {figures['memset']} of memset,"
           f" {number(figures['allocations'])} allocations")
    for whose, names in figures["by_name"].items():
        if names:
            yield f"  {whose:8} " + ", ".join(f"{name} {number(count)}" for name, count in names.items())
    yield "  " + ", ".join(f"{name} {number(calls)}" for name, calls in figures["by_allocator"].items())
    yield from part_lines(figures)
    if top_count:
        yield from top_lines(figures, top_count)
    if with_calls:
        yield "  the calls of a round, by thread:"
        yield from (f"    {line}" for line in figures["cycle"])


def top_lines(figures, count):
    yield "  the gateway's functions: with what they have libc do, and by themselves"
    yield from (f"    {with_libc:8} {own:8}  {name}" for name, own, with_libc in figures["functions"][:count])
    yield "  the gateway's source files, inlined code where it stands"
    yield from (f"    {own:8}  {name}" for name, own in figures["files"][:count])
    yield "  who allocates"
    yield from (f"    {number(calls):>8}  {name}" for name, calls in figures["allocating"][:count])


def part_lines(figures):
    whole = figures["instructions"]
    yield f"  {'instructions by part':22} {'own':>9}       {'with what it has libc do':>24}"
    for name, (own, with_libc) in sorted(figures["parts"].items(), key=lambda part: -part[1][0]):
        if name == "memset":
            continue
        more = f"{with_libc:24}" if with_libc != own else ""
        yield f"  {name:22} {own:9} {own / whole * 100:4.0f} % {more}".rstrip()


def summary(results):
    """One line for each mode, work and shape."""
    yield f"{'a request of a client':28} {'system calls':>12} {'looks':>6} {'locks':>7} {'memory':>6} {'instructions':>12} {'memset':>7} {'allocations':>11}"
    for mode, works in results.items():
        for work, shapes in works.items():
            for shape, figures in shapes.items():
                yield (f"{f'{mode} {work} {shape}':28} {number(figures['system_calls']):>12} {number(figures['look_calls']):>6} {number(figures['lock_calls']):>7} {number(figures['memory_calls']):>6}"
                       f" {figures['instructions']:12} {figures['memset']:7} {number(figures['allocations']):>11}")
