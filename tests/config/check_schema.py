#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check_schema - holds docs/configuration.schema.json to what the gateway's reader accepts and refuses.

usage: check_schema.py [SOURCE_FOLDER]

  tests/config/good/*.json       must be valid; and each key that the schema has must stand in some of them, so that it
                                 is one that the reader knows
  tests/config/bad/*.json        must be refused, but for those that tests/config/beyond-schema.txt names: they must
                                 be valid, or no JSON at all where it says so
  docs/configuration.md          every block of json in it must be valid
  examples/**/*.json             those that have routes must be valid; the others are backends' answers

The reader itself is held to the same files by unit tests. Prints what was judged. Exit: 0 all as it should be, 1 not,
77 the module jsonschema (Debian's python3-jsonschema) is missing.
"""
import json
import pathlib
import re
import sys

EXIT_SKIPPED = 77
NO_JSON = "is not JSON"

try:
    from jsonschema import Draft202012Validator
except ImportError as error:
    print(f"skipped: {error}; Debian's package is python3-jsonschema")
    sys.exit(EXIT_SKIPPED)


def refuse_constant(name):
    raise ValueError(f"{name} is no JSON")


def read_json(data):
    """The value, or ValueError. Without the module's own liberties: a byte order mark, NaN."""
    return json.loads(data.decode("utf-8"), parse_constant=refuse_constant)


def place_of(error):
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.absolute_path).lstrip(".")


def objects_of(config):
    """Each object whose keys are known, with where the schema has them."""
    routes = config.get("routes", [])
    calls = [call for route in routes for call in route.get("calls", {}).values()]
    yield "", [config]
    yield "limits", [config.get("limits", {})]
    yield "backend", config.get("backends", {}).values()
    yield "route", routes
    yield "respond", [route.get("respond", {}) for route in routes]
    yield "call", calls
    yield "backend_tls", [backend.get("tls", {}) for backend in config.get("backends", {}).values()]
    yield "front_tls", [config.get("tls", {})]


class Judge:
    def __init__(self, folder):
        self.folder = folder
        schema = read_json((folder / "docs/configuration.schema.json").read_bytes())
        Draft202012Validator.check_schema(schema)
        self.schema = schema
        self.validator = Draft202012Validator(schema)
        self.findings = []

    def expect(self, is_right, what):
        if not is_right:
            self.findings.append(what)

    def faults(self, value):
        return [f"{place_of(error)}: {error.message[:200]}" for error in self.validator.iter_errors(value)]

    def files(self, name):
        files = sorted((self.folder / "tests/config" / name).glob("*.json"))
        self.expect(files, f"tests/config/{name} has no file")
        return files

    def beyond(self):
        """Of each name in beyond-schema.txt, why."""
        reasons = {}
        for line in (self.folder / "tests/config/beyond-schema.txt").read_text(encoding="utf-8").splitlines():
            name, _, reason = line.partition(" ")
            if name and not name.startswith("#"):
                self.expect(name not in reasons, f"beyond-schema.txt: {name} stands twice")
                self.expect(reason.strip(), f"beyond-schema.txt: {name} has no reason")
                reasons[name] = reason.strip()
        return reasons

    def judge_keys(self, configs):
        unseen = {}
        for place, objects in (pair for config in configs for pair in objects_of(config)):
            for keys in objects:
                unseen.setdefault(place, set(self.known_keys(place))).difference_update(keys)
        for place, keys in unseen.items():
            self.expect(not keys, f"no file of good has {', '.join(sorted(keys))} of {place or 'the top level'}")

    def known_keys(self, place):
        return (self.schema["$defs"][place] if place else self.schema)["properties"]

    def judge_good(self):
        files = self.files("good")
        configs = [read_json(file.read_bytes()) for file in files]
        for file, config in zip(files, configs):
            for fault in self.faults(config):
                self.findings.append(f"good/{file.name}: {fault}")
        self.judge_keys(configs)
        return len(files)

    def judge_bad_file(self, file, reason):
        try:
            value = read_json(file.read_bytes())
        except (ValueError, RecursionError):
            self.expect(reason == NO_JSON, f"bad/{file.name} is no JSON: beyond-schema.txt must say that it {NO_JSON}")
            return
        self.expect(reason != NO_JSON, f"bad/{file.name} is JSON, and beyond-schema.txt says that it {NO_JSON}")
        faults = self.faults(value)
        if reason is None:
            self.expect(faults, f"bad/{file.name} is valid for the schema")
        else:
            self.expect(not faults, f"bad/{file.name} is not beyond the schema: {'; '.join(faults)}")

    def judge_bad(self):
        files = self.files("bad")
        reasons = self.beyond()
        for file in files:
            self.judge_bad_file(file, reasons.pop(file.stem, None))
        for name in reasons:
            self.findings.append(f"beyond-schema.txt: there is no bad/{name}.json")
        return len(files)

    def judge_documentation(self):
        text = (self.folder / "docs/configuration.md").read_text(encoding="utf-8")
        blocks = re.findall(r"^```json\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
        self.expect(blocks, "docs/configuration.md has no block of json")
        for number, block in enumerate(blocks, 1):
            for fault in self.faults(read_json(block.encode("utf-8"))):
                self.findings.append(f"docs/configuration.md, block {number}: {fault}")
        return len(blocks)

    def judge_examples(self):
        count = 0
        for file in sorted((self.folder / "examples").rglob("*.json")):
            value = read_json(file.read_bytes())
            if isinstance(value, dict) and "routes" in value:
                count += 1
                for fault in self.faults(value):
                    self.findings.append(f"{file.relative_to(self.folder)}: {fault}")
        self.expect(count, "examples has no configuration")
        return count


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[2])
    judge = Judge(folder)
    print(f"good: {judge.judge_good()} files judged")
    print(f"bad: {judge.judge_bad()} files judged")
    print(f"docs/configuration.md: {judge.judge_documentation()} blocks judged")
    print(f"examples: {judge.judge_examples()} files judged")
    for finding in judge.findings:
        print(finding)
    return 1 if judge.findings else 0


if __name__ == "__main__":
    sys.exit(main())
