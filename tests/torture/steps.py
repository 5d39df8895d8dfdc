# SPDX-License-Identifier: MIT
"""steps - what is asked of the gateway, one thing after the other, and what may come of it when something failed meanwhile.

A step is run undisturbed first: what it answers then is what it must answer whenever nothing fails. Under a fault it may be answered
the same, or with a 5xx, or lose its connection; it may not be answered wrongly, in part, or never.
"""
import json
import re
import signal
import time

from client import Answer, connect, exchange, fetch, get, request_bytes
from programs import Trouble, wait_until

OWN_FAULT = (500, 502, 503, 504)
RELOAD_S = 0.1
ELAPSED = re.compile(rb'"elapsed_ms":\d+')
RELOADS = re.compile(r'^fanlight_config_reloads_total\{result="(\w+)"\} (\d+)$', re.MULTILINE)


class Step:
    """One request. `repeats` of them go over the same connection."""

    def __init__(self, name, status, sent, repeats=1, varies=False, may_lack=()):
        self.name, self.status, self.sent, self.repeats = name, status, sent, repeats
        self.varies, self.may_lack = varies, may_lack
        self.body = None

    def port(self, gateway):
        return gateway.port

    def answers(self, gateway):
        if self.repeats == 1:
            return [fetch(self.port(gateway), self.sent)]
        found = []
        try:
            with connect(self.port(gateway)) as connection:
                for _ in range(self.repeats):
                    found.append(exchange(connection, self.sent))
        except ConnectionError:
            found.append(Answer(None))
        return found

    def learn(self, gateway):
        for answer in self.answers(gateway):
            if answer.status != self.status or not answer.is_whole:
                raise Trouble(f"{self.name} is answered {answer} although nothing failed")
            self.body = self.essence(answer.body)

    def strictly(self, gateway):
        for answer in self.answers(gateway):
            if not self.is_right(answer):
                gateway.must_live_on()
                raise Trouble(f"{self.name}, once nothing fails any more: {answer}")

    def loosely(self, gateway):
        for answer in self.answers(gateway):
            if not (self.is_right(answer) or self.is_honest(answer)):
                raise Trouble(f"{self.name}: {answer}")
            if answer.status is None:
                return

    @staticmethod
    def is_readable(answer):
        """Whatever its status is: what calls itself JSON is JSON, or nothing."""
        if "json" not in (answer.header("Content-Type") or "") or not answer.is_whole or not answer.body:
            return True
        try:
            json.loads(answer.body)
        except ValueError:
            return False
        return True

    def is_right(self, answer):
        if answer.status != self.status or not answer.is_whole:
            return False
        return self.is_readable(answer) if self.status != 200 else self.essence(answer.body) == self.body

    def essence(self, body):
        """What is the same each time."""
        if not self.varies:
            return ELAPSED.sub(b"", body)
        document = json.loads(body) if body[:1] in (b"{", b"[") else None
        return sorted(document) if isinstance(document, dict) else type(document)

    def is_honest(self, answer):
        if answer.is_late or not self.is_readable(answer):
            return False
        if answer.status is None or not answer.is_whole:
            return True  # the connection ended: a client sees that
        if answer.status in OWN_FAULT:
            return True
        return answer.status == 200 and (self.tells_what_failed(answer) or self.lacks_what_it_may(answer))

    def lacks_what_it_may(self, answer):
        return bool(self.may_lack) and self.essence(answer.body) == [name for name in self.body if name not in self.may_lack]

    @staticmethod
    def tells_what_failed(answer):
        if answer.header("Fanlight-Complete") != "false":
            return False
        try:
            return bool(json.loads(answer.body)["_errors"])
        except (ValueError, KeyError):
            return False


class AdminStep(Step):
    def port(self, gateway):
        return gateway.admin


class Events(Step):
    """A viewer of /events who sees a request end."""

    def __init__(self):
        super().__init__("events", 200, request_bytes("GET", "/events"))

    def answers(self, gateway):
        try:
            with connect(gateway.admin) as connection:
                connection.sendall(self.sent)
                return [self.watch(connection, gateway)]
        except ConnectionError:
            return [Answer(None)]

    @staticmethod
    def watch(connection, gateway):
        received = b""
        connection.settimeout(0.2)
        give_up = time.monotonic() + 15
        while time.monotonic() < give_up and b'"event":"done"' not in received:
            fetch(gateway.port, request_bytes("GET", "/hello"))  # some record may be the one that is lost
            try:
                piece = connection.recv(65536)
            except TimeoutError:
                continue
            if not piece:
                break
            received += piece
        is_whole = b'"event":"done"' in received
        return Answer(200 if received else None, is_whole=is_whole)

    def loosely(self, gateway):
        """While it fails no event may come at all: whoever was let in has time to see one of them, not more."""
        try:
            with connect(gateway.admin) as connection:
                connection.sendall(self.sent)
                connection.settimeout(1)
                connection.recv(65536)
                fetch(gateway.port, request_bytes("GET", "/hello"))
                connection.recv(65536)
        except (ConnectionError, TimeoutError):
            pass


class Burst(Step):
    """Many clients at once: more than one microhttpd daemon holds, and more calls than one of libcurl's groups."""

    CLIENTS = 40

    def __init__(self, target="/call/7"):
        super().__init__("burst", 200, request_bytes("GET", target))

    def answers(self, gateway):
        connections, found = [], []
        try:
            for _ in range(self.CLIENTS):
                connections.append(connect(gateway.port))
                connections[-1].sendall(self.sent)
            for connection in connections:
                found.append(exchange(connection, b""))
        except ConnectionError:
            found.append(Answer(None))
        for connection in connections:
            connection.close()
        return found

    def loosely(self, gateway):
        for answer in self.answers(gateway):
            if not (self.is_right(answer) or self.is_honest(answer)):
                raise Trouble(f"{self.name}: {answer}")


class Leaves(Step):
    """A client that leaves while its call runs."""

    def __init__(self):
        super().__init__("leaves", 200, request_bytes("GET", "/timeout"))

    def answers(self, gateway):
        try:
            with connect(gateway.port) as connection:
                connection.sendall(self.sent)
                time.sleep(0.01)
        except ConnectionError:
            pass
        return [Answer(200, body=b"")]


class Reload(Step):
    """The counters say what became of it: the log may be what fails."""

    def __init__(self):
        super().__init__("reload", 200, b"")

    def answers(self, gateway):
        before = self.wait_for(gateway, lambda counts: True)
        gateway.signal(signal.SIGHUP)
        after = self.wait_for(gateway, lambda counts: counts != before)
        return [Answer(200 if after.get("good", 0) > before.get("good", 0) else 500)]

    def loosely(self, gateway):
        """While it fails nothing may be told: it has time to be done, not more."""
        gateway.signal(signal.SIGHUP)
        time.sleep(RELOAD_S)
        gateway.must_live()

    @staticmethod
    def wait_for(gateway, is_enough):
        found = {}

        def look():
            gateway.must_live()
            text = get(gateway.admin, "/metrics").body.decode()
            found.clear()
            found.update({result: int(count) for result, count in RELOADS.findall(text)})
            return found and is_enough(found)
        wait_until(look, "a reload is counted", 15)
        return dict(found)


def all_steps():
    """Each with what it has learned: for one gateway."""
    ask, post = request_bytes, request_bytes("POST", "/body", ["Content-Type: text/plain"], b"x" * 6000)
    fault = {name: ask("GET", f"/fault/{name}") for name in ("reset-mid", "garbage", "close-next", "extra-bytes", "drip")}
    return [
        Step("hello", 200, ask("GET", "/hello"), repeats=2),
        Step("headers", 200, ask("GET", "/headers")),
        Step("call", 200, ask("GET", "/call/7?page=2", ["X-One: 1"]), repeats=2),
        Step("explain", 200, ask("GET", "/call/7", ["Fanlight-Explain: 1"]), varies=True, may_lack=["_explain"]),
        Step("fan", 200, ask("GET", "/fan/7")),
        Step("graph", 200, ask("GET", "/graph/7?page=3")),
        Step("failed", 502, ask("GET", "/failed")),
        Step("refused", 502, ask("GET", "/refused")),
        Step("timeout", 504, ask("GET", "/timeout")),
        Step("pass", 200, ask("GET", "/pass/7"), repeats=2),
        Step("pass-head", 200, ask("HEAD", "/pass/7")),
        Step("body", 200, post),
        Step("large", 200, ask("GET", "/large")),
        Step("line", 200, ask("GET", "/line")),
        Step("other-path", 404, ask("GET", "/nowhere")),
        Step("other-method", 405, ask("DELETE", "/hello")),
        Step("ambiguous", 400, b"GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
        Step("too-long", 413, b"POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 70000\r\n\r\n"),
        Step("long-target", 200, ask("GET", "/call/7?page=" + "y" * 3000)),
        Step("reset-mid", 502, fault["reset-mid"]),
        Step("garbage", 502, fault["garbage"]),
        Step("close-next", 200, fault["close-next"], repeats=2),
        Step("extra-bytes", 200, fault["extra-bytes"], repeats=2),
        Step("drip", 504, fault["drip"]),
        Leaves(),
        Burst(),
        AdminStep("admin-health", 200, ask("GET", "/healthz")),
        AdminStep("admin-metrics", 200, ask("GET", "/metrics"), varies=True),
        AdminStep("admin-config", 200, ask("GET", "/config")),
        AdminStep("admin-requests", 200, ask("GET", "/requests"), varies=True),
        AdminStep("admin-other", 404, ask("GET", "/nowhere")),
        Events(),
        Reload(),
    ]


def backend_steps():
    ask = request_bytes
    return [
        Step("hello", 200, ask("GET", "/hello"), repeats=2),
        Step("answer", 200, ask("GET", "/users/7"), repeats=2),
        Step("any", 200, ask("GET", "/items/5?delay=exp(1ms)")),
        Step("status", 503, ask("GET", "/x?status=503")),
        Step("bytes", 200, ask("GET", "/x?bytes=300000")),
        Step("echo", 200, ask("POST", "/x?echo=1", ["Content-Type: text/plain"], b"x" * 6000)),
        Step("wrong", 400, ask("GET", "/x?delay=never")),
        Step("close-next", 200, ask("GET", "/users/7?fault=close-next")),
        Step("extra-bytes", 200, ask("GET", "/users/7?fault=extra-bytes")),
        Step("bad-json", 200, ask("GET", "/users/7?fault=bad-json")),
        Burst("/users/7"),
    ]


def check_service(gateway):
    """It lives, and both of its listeners answer."""
    gateway.must_live()
    for port, target in ((gateway.port, "/hello"), (gateway.admin, "/healthz")):
        answer = get(port, target)
        if answer.status != 200:
            gateway.must_live_on()
            raise Trouble(f"{target} is answered {answer}")


GAUGES = re.compile(r"^(fanlight_[a-z_]*in_flight[a-z_]*|fanlight_[a-z_]*queued?[a-z_]*)(\{[^}]*\})? (\d+)$", re.MULTILINE)


def busy_gauges(gateway):
    answer = get(gateway.admin, "/metrics")
    return [name + labels for name, labels, value in GAUGES.findall(answer.body.decode()) if value != "0"]


def check_rest(gateway):
    """Nothing is under way any more."""
    wait_until(lambda: not busy_gauges(gateway), "what is in flight comes to an end", 15)
