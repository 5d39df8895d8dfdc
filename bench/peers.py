# SPDX-License-Identifier: MIT
"""peers - the servers that stand side by side, and how each is started: one table, a function for each.

Every one gets the same: a port, a backend, a case, and a file for its request log or none.
"""
import os
import pathlib
import pwd
from dataclasses import dataclass, field

from bench import works

HERE = pathlib.Path(__file__).with_name("peers")
# Debian's own, which its packages are for.
PYTHON = "/usr/bin/python3"
# Where Debian has them.
NGINX_MODULES = "/usr/lib/nginx/modules"


@dataclass
class Site:
    """Where one server is started."""

    scratch: pathlib.Path
    programs: pathlib.Path
    case: works.Case
    port: int
    admin_port: int
    backend_port: int
    descriptors: int  # that a process may open
    call_bytes: int = 1  # how long the backend's answer is, head and body
    log_file: pathlib.Path = None


@dataclass
class Launch:
    arguments: list
    stdout: pathlib.Path = None  # where it writes its log by itself
    environment: dict = field(default_factory=dict)


def fill(name, words):
    """A template of peers/ with its @words@ filled in."""
    text = (HERE / name).read_text(encoding="utf-8")
    for word, value in words.items():
        text = text.replace(f"@{word}@", str(value))
    return text


def write_config(site, name, text):
    path = site.scratch / name
    path.write_text(text, encoding="utf-8")
    return path


def nginx_user():
    """Started by root, it would change to somebody who cannot read the scratch folder."""
    return f"user {pwd.getpwuid(0).pw_name};" if os.geteuid() == 0 else ""


def lua_modules():
    """With their whole path: a relative one would be looked for in the scratch folder."""
    return "\n".join(f"load_module {NGINX_MODULES}/{name}.so;" for name in ("ndk_http_module", "ngx_http_lua_module"))


def nginx_words(site):
    return {
        "user": nginx_user(),
        "scratch": site.scratch,
        "descriptors": site.descriptors,
        "connections": site.descriptors,
        "port": site.port,
    }


def launch_nginx(site):
    is_fan_out = site.case.calls > 1
    log = f"{site.log_file} combined buffer=64k flush=1s" if site.log_file else "off"
    text = fill("nginx.conf", {
        **nginx_words(site),
        "modules": lua_modules() if is_fan_out else "",
        "workers": site.case.workers,
        "access_log": log,
        "backend_port": site.backend_port,
        "fan_out": (HERE / "nginx_fan_out.conf").read_text(encoding="utf-8") if is_fan_out else "",
    })
    path = write_config(site, "nginx.conf", text)
    return Launch(["nginx", "-p", site.scratch, "-e", "stderr", "-c", path])


def launch_haproxy(site):
    text = fill("haproxy.cfg", {
        "connections": (site.descriptors - 200) // 2,
        "log": "log stdout format raw local0" if site.log_file else "",
        "log_format": "option httplog" if site.log_file else "",
        "port": site.port,
        "backend_port": site.backend_port,
    })
    # Not with -q: that would take away its log, too.
    return Launch(["haproxy", "-db", "-f", write_config(site, "haproxy.cfg", text)], stdout=site.log_file)


def launch_go(site):
    arguments = [site.programs / "go_proxy", "-listen", f"127.0.0.1:{site.port}",
                 "-backend", f"http://127.0.0.1:{site.backend_port}"]
    if site.log_file:
        arguments += ["-log", site.log_file]
    return Launch(arguments, environment={"GOMAXPROCS": str(site.case.workers)})


def launch_script(interpreter, name, site):
    arguments = [interpreter, HERE / name, site.port, site.backend_port]
    return Launch(arguments + ([site.log_file] if site.log_file else []))


def launch_node(site):
    return launch_script("node", "proxy.js", site)


def launch_aiohttp(site):
    return launch_script(PYTHON, "proxy_aiohttp.py", site)


def launch_floor(site):
    size = works.SIZES.get(site.case.target)
    body_bytes = size + len('{"res":}') if size else len('{"res":{"message":"success"}}') * max(site.case.calls, 1)
    target = "/task1" if site.case.calls > 1 else site.case.target
    return Launch([site.programs / "bench_floor", "--listen", f"127.0.0.1:{site.port}",
                   "--backend", f"http://127.0.0.1:{site.backend_port}{target}",
                   "--calls", site.case.calls, "--call-bytes", site.call_bytes,
                   "--body-bytes", len("Hello world") if site.case.calls == 0 else body_bytes])


def launch_fanlight(mode, site):
    """Guards, account, JSON check, metrics and the admin listener are on, as they always are."""
    return Launch([site.programs / "gateway", "--mode", mode, "--workers", site.case.workers,
                   "--listen", f"127.0.0.1:{site.port}", "--admin", f"127.0.0.1:{site.admin_port}",
                   "--backend", f"http://127.0.0.1:{site.backend_port}",
                   "--log-level", "info" if site.log_file else "error"], stdout=site.log_file)


LAUNCHES = {
    "floor": launch_floor,
    "nginx": launch_nginx,
    "haproxy": launch_haproxy,
    "go": launch_go,
    "node": launch_node,
    "aiohttp": launch_aiohttp,
    "fanlight-async": lambda site: launch_fanlight("async", site),
    "fanlight-wire": lambda site: launch_fanlight("wire", site),
}
# The program without which a server cannot be started: installed, or built by us.
PROGRAMS = {"nginx": "nginx", "haproxy": "haproxy", "node": "node", "aiohttp": PYTHON}
BUILT = {"floor": "bench_floor", "go": "go_proxy", "fanlight-async": "gateway", "fanlight-wire": "gateway"}
OURS = "fanlight-"
SERVERS = tuple(LAUNCHES)


def backend_answer(case):
    if case.kind == works.CONSTANT_RATE:
        # A timer for each request that waits, and no thread.
        return (f"content_by_lua_block {{ ngx.sleep({case.delay_ms / 1000}) "
                "ngx.header['Content-Length'] = 21 ngx.print('{\"message\":\"success\"}') }")
    return "return 200 '{\"message\":\"success\"}';"


def launch_backend(site):
    bodies = site.scratch / "bodies"
    bodies.mkdir(exist_ok=True)
    for name, size in works.SIZES.items():
        (bodies / name.lstrip("/")).write_bytes(works.body_of(size))
    text = fill("nginx_backend.conf", {
        **nginx_words(site),
        "modules": lua_modules() if site.case.kind == works.CONSTANT_RATE else "",
        "answer": backend_answer(site.case),
    })
    path = write_config(site, "nginx.conf", text)
    return Launch(["nginx", "-p", site.scratch, "-e", "stderr", "-c", path])
