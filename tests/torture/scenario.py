# SPDX-License-Identifier: MIT
"""scenario - the configurations, and the backend's answers, that the gateway is driven with."""
import json
import socket

ANSWERS = {
    "/users/7": {"id": 9007199254740993, "name": "Ada", "segment": "gold", "favourites": [11, 12, 13]},
    "/items/*": {"name": "something"},
    "/advice/*": ["buy"],
}
MODES = ("async", "wire", "sync", "threads", "mixed")
# So that nothing a fault left undone is waited for longer than a client's patience in client.py.
DEADLINE = "5s"
QUICK = "80ms"


def closed_port():
    """A bound socket that never listens, and its port: who connects is refused."""
    holder = socket.socket()
    holder.bind(("127.0.0.1", 0))
    return holder, holder.getsockname()[1]


def routes():
    """Each kind of call, and each way in which one fails."""
    user = {"backend": "users", "path": "/users/{id}"}
    return [
        {"path": "/hello", "respond": {"text": "Hello world"}},
        {"path": "/headers", "respond": {"json": {"a": 1}, "headers": {"X-One": "1", "X-Two": "2"}}},
        {"path": "/call/{id}", "calls": {
            "res": {**user, "forward_headers": ["X-One"], "headers": {"X-Two": "id {id} {query.page}"}}}},
        {"path": "/fan/{id}", "calls": {
            "one": user, "two": user, "three": {**user, "as": "text"},
            "down": {"backend": "down", "path": "/", "required": False, "default": []}}},
        {"path": "/graph/{id}", "calls": {
            "user": user,
            "advice": {"backend": "users", "path": "/advice/{user.segment}", "required": False},
            "items": {"backend": "users", "path": "/items/{each}?p={query.page}", "each": "{user.favourites}"},
            "order": {"backend": "users", "path": "/orders", "method": "POST", "required": False,
                      "body": {"user": "{user.id}", "note": "for {user.name}", "all": "{user.favourites}"}}}},
        {"path": "/failed", "calls": {
            "bad": {"backend": "users", "path": "/x?status=500"}, "late": {"backend": "users", "path": "/x?delay=1s"}}},
        {"path": "/refused", "calls": {"down": {"backend": "down", "path": "/"}}},
        {"path": "/timeout", "calls": {"late": {"backend": "users", "path": "/x?delay=20s", "timeout": QUICK}}},
        {"path": "/pass/{id}", "pass": True, "calls": {"user": {**user, "path": "/users/{id}?f={query.f}&status={query.s}"}}},
        {"path": "/body", "methods": ["POST"], "calls": {
            "echo": {"backend": "users", "path": "/x?bytes=20", "method": "POST", "body": "request"}}},
        {"path": "/large", "calls": {"large": {"backend": "users", "path": "/x?bytes=300000"}}},
        {"path": "/fault/{fault}", "calls": {
            "bad": {"backend": "faulty", "path": "/users/7?fault={fault}"}}},
        {"path": "/line", "calls": {name: {"backend": "narrow", "path": "/x?delay=5ms"} for name in ("a", "b", "c")}},
    ]


def configuration(ports, mode):
    users, faulty, down = (f"http://127.0.0.1:{ports[name]}" for name in ("users", "faulty", "down"))
    return {
        "listen": "127.0.0.1:0", "admin": "127.0.0.1:0", "mode": mode, "threads": 3, "blocking": "two,res,order",
        "deadline": DEADLINE, "drain_timeout": "20s", "allow_explain": True, "allow_mode_override": True,
        "limits": {"body_bytes": 65536},
        "backends": {
            "users": {"servers": [users], "timeout": "4s"},
            "faulty": {"servers": [faulty], "timeout": "300ms"},
            "narrow": {"servers": [users + "/v2"], "timeout": "4s", "max_in_flight": 1, "queue": 8, "queue_timeout": "3s"},
            "down": {"servers": [down]},
        },
        "routes": routes(),
    }


def write_files(folder, ports, mode):
    """The configuration's file."""
    path = folder / "gateway.json"
    path.write_text(json.dumps(configuration(ports, mode), indent=1))
    return path


def write_answers(folder):
    path = folder / "answers.json"
    path.write_text(json.dumps(ANSWERS))
    return path
