# SPDX-License-Identifier: MIT
"""probe - single requests around the measurements: is the answer right, how long is it, how many connections did each worker take?"""
import http.client
import re
import socket

TIMEOUT_S = 10
ACCEPTED = re.compile(r'^fanlight_connections_accepted_total\{worker="(\d+)"\} (\d+)$', re.MULTILINE)


def fetch(port, target):
    """(status, body)"""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", target)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def answer_bytes(port, target):
    """How many bytes an answer is, head and body: the floor counts them instead of reading them."""
    with socket.create_connection(("127.0.0.1", port), TIMEOUT_S) as connection:
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode("ascii"))
        head = b""
        while b"\r\n\r\n" not in head:
            piece = connection.recv(65536)
            if not piece:
                raise ValueError(f"the backend ended the connection: {head[:200]!r}")
            head += piece
    head = head.split(b"\r\n\r\n")[0]
    return len(head) + 4 + content_length(head)


def content_length(head):
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise ValueError("the backend's answer has no Content-Length")


def accepted_of(metrics):
    """{worker: connections that it has accepted}, of the text of /metrics."""
    return dict((worker, int(count)) for worker, count in ACCEPTED.findall(metrics))


def fetch_accepted(admin_port):
    status, body = fetch(admin_port, "/metrics")
    return accepted_of(body.decode("utf-8")) if status == 200 else {}
