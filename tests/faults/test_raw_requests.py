"""What no client library sends, over a raw socket to a real gunicorn: lies about the length, halves, huge headers.

Whatever comes, one request has one outcome: a 4xx or a closed connection, nothing half stored, and the next client is
served.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from tests.faults.world import furnish
from tests.processes import Caller, Installation

pytestmark = pytest.mark.slow
PATH = "/api/v1/submissions/"
ROW = {"queue": "hanbit-voice", "date": "2026-03-02", "measures": {"offered": 10, "answered": 9}}
BODY = json.dumps({"rows": [ROW]}).encode()
SECONDS = 30
"""After which a connection that says nothing more must be closed."""


class Raw:
    """One connection."""

    def __init__(self, port: int, key: str) -> None:
        self.key = key
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=SECONDS + 15)

    def head(self, *headers: str, path: str = PATH, method: str = "POST") -> bytes:
        lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Api-Key {self.key}",
                 "Content-Type: application/json", *headers, "", ""]  # fmt: skip
        return "\r\n".join(lines).encode("latin-1")

    def send(self, *parts: bytes, half_close: bool = False) -> tuple[int, bytes]:
        """Send and return the first answer's status and all that came; 0 where the connection was closed without."""
        came = b""
        try:
            for part in parts:
                self.socket.sendall(part)
            if half_close:
                self.socket.shutdown(socket.SHUT_WR)
            while part := self.socket.recv(65_536):
                came += part
                if _is_whole(came):
                    break
        except ConnectionError:
            pass
        return (int(came.split(b" ", 2)[1]) if came.startswith(b"HTTP/") else 0), came


def _is_whole(came: bytes) -> bool:
    head, found, body = came.partition(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), 0
    )
    return bool(found) and len(body) >= length


@pytest.fixture(scope="module")
def running(ready_database: str) -> Iterator[tuple[Installation, Caller]]:
    """One installation for the module: what is refused leaves nothing behind."""
    from tests import processes

    with processes.broker() as broker, processes.database(template=ready_database) as url:
        environment = {"DATABASE_URL": url, "SECRET_KEY": "of faults", **broker}
        with processes.installation(environment) as installation:
            installation.start_web()
            manager = installation.caller(installation.manage("create_api_key", "--role", "manager"))
            furnish(manager, ["hanbit"])
            yield installation, manager


@contextmanager
def connection(running: tuple[Installation, Caller]) -> Iterator[Raw]:
    installation, manager = running
    raw = Raw(installation.port, manager.key)
    try:
        yield raw
    finally:
        raw.socket.close()


def stored(running: tuple[Installation, Caller]) -> int:
    """Return how many submissions there are; it also shows that the next client is served."""
    return int(running[1].get(PATH).body["count"])


def refused(answer: tuple[int, bytes], status: int, code: str) -> None:
    assert answer[0] == status, answer
    head, _, body = answer[1].partition(b"\r\n\r\n")
    assert b"application/problem+json" in head
    assert json.loads(body)["code"] == code


def test_a_length_that_is_too_low_cuts_the_body_and_nothing_is_stored(running: tuple[Installation, Caller]) -> None:
    """Row 34. What follows the cut is no request, and the connection is closed after it."""
    with connection(running) as raw:
        refused(raw.send(raw.head(f"Content-Length: {len(BODY) - 5}"), BODY), 400, "json_syntax")
    assert stored(running) == 0


def test_a_length_that_is_too_high_is_a_mismatch_though_what_came_can_be_read(
    running: tuple[Installation, Caller],
) -> None:
    """Row 34: the sender stopped half-way, as far as anybody can tell."""
    with connection(running) as raw:
        answer = raw.send(raw.head(f"Content-Length: {len(BODY) + 5}"), BODY, half_close=True)
    refused(answer, 400, "length_mismatch")
    assert stored(running) == 0


@pytest.mark.parametrize("length", ["-1", "abc", "1e3", "٣", "+5", "5, 6"])
def test_a_length_that_is_no_number_is_refused(running: tuple[Installation, Caller], length: str) -> None:
    """Row 35; by the web server, before the product sees it."""
    with connection(running) as raw:
        head = raw.head().replace(b"\r\n\r\n", f"\r\nContent-Length: {length}\r\n\r\n".encode())
        assert raw.send(head, BODY)[0] == 400
    assert stored(running) == 0


def test_two_lengths_and_a_length_beside_chunks_are_refused(running: tuple[Installation, Caller]) -> None:
    """What request smuggling begins with."""
    for headers in (("Content-Length: 5", "Content-Length: 6"), ("Content-Length: 5", "Transfer-Encoding: chunked")):
        with connection(running) as raw:
            assert raw.send(raw.head(*headers), b"0\r\n\r\n")[0] in (0, 400)
    assert stored(running) == 0


def test_chunks_without_an_end_are_counted(running: tuple[Installation, Caller]) -> None:
    """Row 36: no length, and more than a JSON body may hold."""
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    with connection(running) as raw:
        answer = raw.send(raw.head("Transfer-Encoding: chunked"), chunk * (8 * 16 + 1), b"0\r\n\r\n")
    refused(answer, 413, "body_too_large")
    assert stored(running) == 0


def test_a_body_in_chunks_is_read(running: tuple[Installation, Caller]) -> None:
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (BODY[:10], BODY[10:]))
    with connection(running) as raw:
        head = raw.head("Transfer-Encoding: chunked", path=f"{PATH}?dry_run=true")
        answer = raw.send(head, chunks, b"0\r\n\r\n")
    assert answer[0] == 200
    assert stored(running) == 0


@pytest.mark.parametrize(
    ("path", "headers", "statuses"),
    [
        (PATH, ("X-Long: " + "x" * 9_000,), (400, 431)),
        (PATH, tuple(f"X-{number}: 1" for number in range(200)), (400, 431)),
        (PATH + "?note=" + "x" * 5_000, (), (400, 414)),
    ],
    ids=["a header of 9 KB", "200 headers", "an address of 5 KB"],
)
def test_huge_heads_are_refused(
    running: tuple[Installation, Caller], path: str, headers: tuple[str, ...], statuses: tuple[int, ...]
) -> None:
    """Row 190; by the web server, before the product sees it."""
    with connection(running) as raw:
        assert raw.send(raw.head(*headers, f"Content-Length: {len(BODY)}", path=path), BODY)[0] in statuses
    assert stored(running) == 0


def test_headers_that_split_lines_are_refused(running: tuple[Installation, Caller]) -> None:
    for line in ("Idempotency-Key: a\x00b", "Idempotency-Key : a", "X: a\rSet-Cookie: b"):
        with connection(running) as raw:
            assert raw.send(raw.head(line, f"Content-Length: {len(BODY)}"), BODY)[0] in (0, 400)
    assert stored(running) == 0


def test_a_client_that_stops_talking_keeps_nobody_else_waiting(running: tuple[Installation, Caller]) -> None:
    """Half of the threads wait for bodies that never come; the others are answered."""
    idle = [Raw(running[0].port, running[1].key) for _ in range(5)]
    try:
        for raw in idle:
            raw.socket.sendall(raw.head("Content-Length: 1000") + b'{"rows"')
        started = time.monotonic()
        with ThreadPoolExecutor(3) as threads:
            counts = list(threads.map(lambda _: stored(running), range(12)))
        assert counts == [0] * 12
        assert time.monotonic() - started < SECONDS
    finally:
        for raw in idle:
            raw.socket.close()
