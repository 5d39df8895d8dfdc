# SPDX-License-Identifier: MIT
"""options - script/bench's command line."""
import argparse
import pathlib

from bench import peers, works

QUICK = {"rounds": 1, "seconds": 0.4, "warm_up": 0.2, "clients": (16,)}
FULL = {"rounds": 3, "seconds": 1.2, "warm_up": 0.5, "clients": (16, 64)}

DESCRIPTION = """Measures servers side by side: what a request costs each of them in processor time, memory and
latency. Installs the servers from Debian, builds the gateway, and runs everything on loopback: the server under test
on one core, the load and the backend on another, turn and turn about, several rounds. bench/README.md says more."""


class Parser(argparse.ArgumentParser):
    def error(self, message):
        """One line, as everywhere here."""
        self.exit(2, f"{self.prog}: {message}; '{self.prog} --help' says more\n")


def names_of(allowed):
    def parse(text):
        names = [name for name in text.split(",") if name]
        for name in names:
            if name not in allowed:
                raise argparse.ArgumentTypeError(f"unknown '{name}': one of {', '.join(allowed)}")
        if not names:
            raise argparse.ArgumentTypeError(f"expected some of {', '.join(allowed)}")
        # In the table's order, once each.
        return tuple(name for name in allowed if name in names)
    return parse


def number(least, most, kind):
    def parse(text):
        try:
            value = kind(text)
        except ValueError:
            value = None
        if value is None or not least <= value <= most:
            raise argparse.ArgumentTypeError(f"'{text}': expected a number from {least} to {most}")
        return value
    return parse


def numbers(least, most):
    one = number(least, most, int)

    def parse(text):
        return tuple(sorted({one(part) for part in text.split(",")}))
    return parse


def parser():
    found = Parser(prog="script/bench", description=DESCRIPTION, allow_abbrev=False,
                   epilog="Exit: 0 all measured, 1 something failed, 2 wrong use, 130 interrupted.")
    found.add_argument("--works", type=names_of(works.WORKS), default=works.WORKS, metavar="WORK,...",
                       help=f"what is measured (default: all of {', '.join(works.WORKS)})")
    found.add_argument("--servers", type=names_of(peers.SERVERS), default=peers.SERVERS, metavar="SERVER,...",
                       help=f"who takes part (default: all of {', '.join(peers.SERVERS)})")
    found.add_argument("--rounds", type=number(1, 100, int), metavar="N",
                       help=f"how often each is measured; in-flight twice at most (default: {FULL['rounds']})")
    found.add_argument("--seconds", type=number(0.1, 600, float), metavar="S",
                       help=f"how long each time (default: {FULL['seconds']})")
    found.add_argument("--clients", type=numbers(1, 1000), metavar="N,...",
                       help="connections of the closed-loop works (default: 16,64)")
    found.add_argument("--json", type=pathlib.Path, metavar="FILE",
                       help="write every sample, machine and versions, too")
    found.add_argument("--quick", action="store_true",
                       help="one short round with 16 clients: does everything work? Its figures are noise")
    found.add_argument("--programs", type=pathlib.Path, metavar="DIRECTORY",
                       help="use the programs in it as they are: install and build nothing")
    found.add_argument("--counts", action="store_true",
                       help="instead: system calls and instructions a request, which are free of noise (bench/counts)")
    return found


def parse(arguments):
    parsed = parser().parse_args(arguments)
    defaults = QUICK if parsed.quick else FULL
    for name in ("rounds", "seconds", "clients"):
        if getattr(parsed, name) is None:
            setattr(parsed, name, defaults[name])
    parsed.warm_up = defaults["warm_up"]
    if parsed.counts:
        parser().error("argument --counts: goes first, and other options with it are those of bench/counts")
    if parsed.json and not parsed.json.parent.is_dir():
        parser().error(f"argument --json: there is no directory '{parsed.json.parent}'")
    return parsed
