"""``manage.py up`` with real processes: starts, answers, survives one death, stops without leaving anybody."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests import processes
from tests.services import free_port

pytestmark = [pytest.mark.slow, pytest.mark.sqlite]
ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 90


class Running:
    """One ``manage.py up`` in a folder of its own."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.port = free_port()
        self.output = folder / "output.txt"
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
        environment |= {"VAR_DIR": str(folder), "DATABASE_URL": "", "REDIS_URL": "", "SECRET_KEY": ""}
        command = [sys.executable, "manage.py", "up", "--port", str(self.port), *options]
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
            )
        self.seen: dict[int, psutil.Process] = {}

    def children(self) -> dict[str, psutil.Process]:
        """Return its direct children by what they are; everybody ever seen below it is remembered."""
        with contextlib.suppress(psutil.NoSuchProcess):
            parent = psutil.Process(self.process.pid)
            self.seen |= {child.pid: child for child in parent.children(recursive=True)}
            return {_kind(child): child for child in parent.children()}
        return {}

    def get(self, path: str) -> tuple[int, bytes]:
        address = f"http://127.0.0.1:{self.port}{path}"
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=5) as answer:
            return answer.status, answer.read()
        return 0, b""

    def wait(self, ready: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not ready():
            text = self.output.read_text()
            assert time.monotonic() < deadline, f"no {what} within {PATIENCE} s:\n{text}"
            assert self.process.poll() is None, f"ended early:\n{text}"
            time.sleep(0.2)


def _lives(process: psutil.Process) -> bool:
    """Say whether a process still runs; one that ended and that nobody has collected yet (a zombie) does not."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    return False


def _kind(process: psutil.Process) -> str:
    with contextlib.suppress(psutil.Error):
        words = process.cmdline()
        return next((name for name in ("gunicorn", "worker", "beat") if name in words), "")
    return ""


@contextlib.contextmanager
def _up(folder: Path) -> Iterator[Running]:
    running = Running(folder)
    yield running
    if running.process.poll() is None:
        running.process.send_signal(signal.SIGINT)
        running.process.wait(60)


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Running]:
    """``manage.py up`` where nothing is yet."""
    with _up(tmp_path) as running:
        yield running


@pytest.fixture
def up_again() -> Iterator[Running]:
    """``manage.py up`` where the database has been migrated before."""
    with processes.database() as url, _up(Path(url.removeprefix("sqlite:///")).parent) as running:
        yield running


def test_it_serves_survives_a_death_and_leaves_nobody_behind(up: Running, tmp_path: Path) -> None:
    up.wait(lambda: "Open http://" in up.output.read_text(), "address")
    up.wait(lambda: up.get("/readyz")[0] == 200, "readiness")
    assert json.loads(up.get("/healthz")[1]) == {"status": "ok"}
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0

    first = up.children()["worker"]
    first.kill()
    up.wait(lambda: up.children().get("worker", first).pid != first.pid, "second worker")
    up.children()
    up.process.send_signal(signal.SIGINT)

    assert up.process.wait(60) == 0
    assert not [process for process in up.seen.values() if _lives(process)]
    assert "Stopped." in up.output.read_text()


def test_it_gives_up_when_a_process_dies_twice(up_again: Running) -> None:
    up_again.wait(lambda: "Open http://" in up_again.output.read_text(), "address")

    first = up_again.children()["beat"]
    first.kill()
    up_again.wait(lambda: up_again.children().get("beat", first).pid != first.pid, "second scheduler")
    up_again.children()["beat"].kill()

    assert up_again.process.wait(60) == 1
    assert not [process for process in up_again.seen.values() if _lives(process)]
    assert re.search("beat died again", up_again.output.read_text())


def test_it_says_so_when_the_port_is_taken(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        command = [sys.executable, "manage.py", "up", "--port", str(port)]
        environment = {**os.environ, "VAR_DIR": str(tmp_path), "DATABASE_URL": "", "REDIS_URL": "", "SECRET_KEY": ""}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)

    assert done.returncode == 2
    assert f"Port {port} on 127.0.0.1 is taken" in done.stderr
    assert not (tmp_path / "bpo.sqlite3").exists()
