# SPDX-License-Identifier: MIT
"""client - one request of a client, and all that may come back: an answer, half of one, or nothing."""
import dataclasses
import re
import socket
import time

PATIENCE_S = 15


@dataclasses.dataclass
class Answer:
    """status: None if the connection ended without a byte. is_whole: the length that was announced is there."""
    status: int | None
    head: str = ""
    body: bytes = b""
    is_whole: bool = True
    is_late: bool = False

    def header(self, name):
        found = re.search(rf"(?im)^{name}:[ \t]*(.*?)\r?$", self.head)
        return found[1] if found else None

    def __str__(self):
        if self.is_late:
            return f"nothing more within {PATIENCE_S} s"
        if self.status is None:
            return "closed without an answer"
        return f"{self.status}{'' if self.is_whole else ' cut short'} {self.body[:200]!r}"


def dechunk(body):
    """(bytes, whether the last chunk is there)"""
    found = b""
    while True:
        line, separator, rest = body.partition(b"\r\n")
        if not separator:
            return found, False
        size = int(line, 16)
        if size == 0:
            return found, rest.startswith(b"\r\n")
        if len(rest) < size + 2:
            return found + rest[:size], False
        found, body = found + rest[:size], rest[size + 2:]


def parse(received, method, is_closed):
    """An Answer, or None as long as more must come. Behind it come what belongs to the next."""
    head, separator, rest = received.partition(b"\r\n\r\n")
    if not separator:
        return Answer(None if not received else 0, is_whole=not received) if is_closed else None
    text = head.decode("latin-1")
    status = int(text.split(" ", 2)[1])
    answer = Answer(status, text)
    length = answer.header("content-length")
    if method == "HEAD" or status in (204, 304) or 100 <= status < 200:
        return answer
    if length is not None:
        answer.body, answer.is_whole = rest[:int(length)], len(rest) >= int(length)
    elif "chunked" in (answer.header("transfer-encoding") or ""):
        answer.body, answer.is_whole = dechunk(rest)
    else:
        answer.body, answer.is_whole = rest, is_closed
    return answer if answer.is_whole or is_closed else None


def receive(connection, method, give_up):
    received = b""
    while True:
        connection.settimeout(max(give_up - time.monotonic(), 0.001))
        try:
            piece = connection.recv(65536)
        except TimeoutError:
            return Answer(None, received.decode("latin-1"), is_late=True)
        except ConnectionError:
            piece = b""
        received += piece
        answer = parse(received, method, not piece)
        if answer is not None:
            return answer


def connect(port):
    return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)


def request_bytes(method, target, headers=(), body=None):
    lines = [f"{method} {target} HTTP/1.1", "Host: torture", *headers]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + (body or b"")


def exchange(connection, sent):
    """Sends a request as bytes; a connection that is reset while it goes out may hold an answer all the same."""
    give_up = time.monotonic() + PATIENCE_S
    try:
        connection.settimeout(PATIENCE_S)
        connection.sendall(sent)
    except OSError:
        pass
    return receive(connection, sent.split(b" ", 1)[0].decode(), give_up)


def fetch(port, sent):
    try:
        with connect(port) as connection:
            return exchange(connection, sent)
    except ConnectionError:
        return Answer(None)
    except TimeoutError:
        return Answer(None, is_late=True)


def get(port, target):
    return fetch(port, request_bytes("GET", target))
