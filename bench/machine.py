# SPDX-License-Identifier: MIT
"""machine - what a result was measured on: processor, kernel, and the versions of everything that took part."""
import os
import pathlib
import platform
import re
import subprocess

VERSIONS = {
    "nginx": ("nginx", "-v"),
    "haproxy": ("haproxy", "-v"),
    "go": ("go", "version"),
    "node": ("node", "--version"),
    "wrk": ("wrk", "-v"),
    "python3": ("python3", "--version"),
}
PACKAGES = ("libnginx-mod-http-lua", "python3-aiohttp", "python3-uvloop", "libmicrohttpd12", "libcurl4",
            "libcurl4t64", "libcjson1", "libhttp-parser2.9")


def first_line_of(arguments):
    """Of what a program says of itself; None: it is not there."""
    try:
        done = subprocess.run(arguments, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return next(iter((done.stdout or done.stderr).strip().splitlines()), "").strip() or None


def parse_packages(listing):
    """Of dpkg-query's lines "name version status"."""
    rows = (line.split() for line in listing.splitlines())
    return {row[0].split(":")[0]: row[1] for row in rows if len(row) == 3 and row[2] == "installed"}


def package_versions():
    try:
        done = subprocess.run(["dpkg-query", "--show", "--showformat=${Package} ${Version} ${db:Status-Status}\n",
                               *PACKAGES], capture_output=True, text=True, timeout=10, check=False)
    except OSError:
        return {}
    return parse_packages(done.stdout)


def versions(gateway):
    found = {name: first_line_of(arguments) for name, arguments in VERSIONS.items()}
    found["fanlight"] = first_line_of([gateway, "--version"])
    return {name: version for name, version in {**found, **package_versions()}.items() if version}


def value_of(text, name):
    match = re.search(rf"^{re.escape(name)}\s*[:=]\s*\"?(.*?)\"?$", text, re.MULTILINE)
    return match.group(1) if match else None


def describe():
    processor = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
    memory = pathlib.Path("/proc/meminfo").read_text(encoding="utf-8")
    release = pathlib.Path("/etc/os-release").read_text(encoding="utf-8")
    return {
        "cores": os.cpu_count(),
        "processor": value_of(processor, "model name"),
        "kernel": platform.release(),
        "system": value_of(release, "PRETTY_NAME"),
        "memory": value_of(memory, "MemTotal"),
        "load_average": os.getloadavg()[0],
    }
