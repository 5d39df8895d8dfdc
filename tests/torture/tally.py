# SPDX-License-Identifier: MIT
"""tally - what came out, case by case."""
import threading

WORDS = ("passed", "failed", "skipped", "not reached", "impossible")


class Tally:
    """Threads: any."""

    def __init__(self, is_verbose=False):
        self.lock = threading.Lock()
        self.by_kind = {}
        self.sites = set()
        self.is_verbose = is_verbose

    def count(self, word, name, text):
        kind = "/".join(name.split("/", 2)[:2])
        with self.lock:
            self.by_kind.setdefault(kind, dict.fromkeys(WORDS, 0))[word] += 1
            if text:
                print(text, flush=True)

    def total(self, word):
        return sum(counts[word] for counts in self.by_kind.values())

    def passed(self, name, site=()):
        with self.lock:
            if site:
                self.sites.add(tuple(site))
        self.count("passed", name, f"passed {name}{''.join(' < ' + place for place in site)}" if self.is_verbose else None)

    def not_reached(self, name):
        """Nothing failed: what should have did not happen this time."""
        self.count("not reached", name, f"not reached {name}" if self.is_verbose else None)

    def impossible(self, name):
        """What failed never fails so on Linux."""
        self.count("impossible", name, f"impossible {name}" if self.is_verbose else None)

    def skipped(self, name, why):
        self.count("skipped", name, f"skipped {name}: {why}")

    def failed(self, name, why, site=()):
        where = "".join(f"\n    at {place}" for place in site)
        self.count("failed", name, f"FAILED {name}\n  {why}{where}\n  again: script/torture --case {name}")
