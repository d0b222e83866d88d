"""Real web, worker and scheduler processes against a real database and broker, and nobody left behind.

An :class:`Installation` is a folder, an environment and the processes started for it. Each process runs in a
group of its own with its output in a file; :meth:`Installation.stop` ends every group by its number.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

from tests import services
from tests.services import free_port

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 45
STOP_SECONDS = 15
WITHOUT_RATE = {"REQUESTS_PER_MINUTE": "0"}
"""Tests ask ten times a second whether something is done; those of the limit set their own."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back over HTTP, and how long it took."""

    status: int
    body: Any
    seconds: float


@dataclass(slots=True)
class Caller:
    """A machine with an API key, talking HTTP."""

    address: str
    key: str = ""

    def get(self, path: str, **query: Any) -> Answer:
        return self._send("GET", f"{path}?{urllib.parse.urlencode(query)}" if query else path)

    def post(self, path: str, **body: Any) -> Answer:
        return self._send("POST", path, body)

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Answer:
        headers = {"Content-Type": "application/json", "Accept-Language": "en"}
        if self.key:
            headers["Authorization"] = f"Api-Key {self.key}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.address + path, data, headers, method=method)
        started = time.monotonic()
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                status, text = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                status, text = error.code, error.read()
        return Answer(status, json.loads(text), time.monotonic() - started)


@dataclass
class Installation:
    """One installation of the product for as long as a test needs it."""

    folder: Path
    environment: dict[str, str]
    port: int = field(default_factory=free_port)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def manage(self, *arguments: str) -> str:
        """Run a management command to its end and return what it printed."""
        return self.python("manage.py", *arguments)

    def python(self, *arguments: str, given: str = "", seconds: int = 60) -> str:
        """Run Python in this installation's environment; ``given`` is its standard input."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.environment,
            input=given,
            capture_output=True,
            text=True,
            timeout=seconds,
        )
        assert done.returncode == 0, f"{arguments} failed:\n{done.stdout}\n{done.stderr}"
        return done.stdout.strip()

    def caller(self, key: str = "") -> Caller:
        return Caller(f"http://127.0.0.1:{self.port}", key)

    def start_web(self) -> None:
        """Start gunicorn and wait until it answers."""
        command = ["-m", "gunicorn", "config.wsgi:application", "--bind", f"127.0.0.1:{self.port}"]
        command += ["--worker-class", "gthread", "--workers", "1", "--threads", "10", "--log-level", "warning"]
        self._start("web", [*command, "--no-control-socket"])
        self.wait(lambda: self.caller().get("/healthz").status == 200, "answer of the web process", START_SECONDS)

    def start_worker(self, name: str = "worker") -> None:
        """Start a worker with one pool process; does not wait."""
        options = ["--concurrency", "1", "--without-gossip", "--without-mingle", "--hostname", f"{name}@localhost"]
        self._start(name, ["-m", "celery", "-A", "config", "worker", "--loglevel", "INFO", *options])

    def start_beat(self, name: str = "beat") -> None:
        """Start a scheduler; does not wait."""
        schedule = str(self.folder / f"{name}-schedule")
        options = ["--schedule", schedule, "--pidfile", "", "--loglevel", "INFO"]
        self._start(name, ["-m", "celery", "-A", "config", "beat", *options])

    def _start(self, name: str, arguments: list[str]) -> None:
        with self.log_file(name).open("ab") as output:
            self.running[name] = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env={**self.environment, "PYTHONUNBUFFERED": "1"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def log_file(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def log(self, name: str) -> str:
        return self.log_file(name).read_text(errors="replace")

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a process and everybody it started."""
        os.killpg(self.running[name].pid, number)

    def terminate(self, *names: str) -> dict[str, int]:
        """Ask processes politely to end, as an operator does; return their exit codes."""
        asked = {name: self.running.pop(name) for name in names}
        for process in asked.values():
            process.terminate()
        try:
            return {name: process.wait(STOP_SECONDS) for name, process in asked.items()}
        finally:
            for process in asked.values():
                _end(process)

    def kill(self, name: str) -> None:
        """``kill -9`` a process and everybody it started."""
        _end(self.running.pop(name))

    def stop(self) -> None:
        """End everything that is still running."""
        for name in list(self.running):
            self.kill(name)

    def wait(self, ready: Callable[[], object], what: str, seconds: float) -> float:
        """Wait until ``ready()``; return the seconds it took, or fail with the logs."""
        started = time.monotonic()
        while True:
            with contextlib.suppress(OSError):
                if ready():
                    return time.monotonic() - started
            if time.monotonic() - started > seconds:
                logs = "\n".join(f"--- {path.name}\n{path.read_text()[-3000:]}" for path in self.folder.glob("*.log"))
                raise AssertionError(f"No {what} within {seconds} s\n{logs}")
            time.sleep(0.1)


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@contextlib.contextmanager
def installation(environment: Mapping[str, str]) -> Iterator[Installation]:
    """Yield an installation in a new folder; whatever it started is ended afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="bpo-installation-"))
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "DJANGO"))}
    made = Installation(
        folder, {**plain, "VAR_DIR": str(folder), "LOG_FORMAT": "console", **WITHOUT_RATE, **environment}
    )
    try:
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def database(template: str = "") -> Iterator[str]:
    """Yield the URL of a fresh database where this leg's databases are: a copy of ``template``, by default of the
    migrated one (tests/migrated.py), or empty where there is none yet.
    """
    url = os.environ.get("DATABASE_URL", "")
    template = template or os.environ.get("MIGRATED_DATABASE", "")
    if url.startswith("postgres"):
        with fresh_database(url, template) as fresh:
            yield fresh
        return
    with tempfile.TemporaryDirectory(prefix="bpo-database-") as folder:
        path = Path(folder) / "bpo.sqlite3"
        if template:
            shutil.copy(template.removeprefix("sqlite:///"), path)
        yield f"sqlite:///{path}"


@contextlib.contextmanager
def fresh_database(url: str, template: str = "") -> Iterator[str]:
    """Yield the URL of a new database of the PostgreSQL server at ``url``: empty, or a copy of ``template``."""
    parts = urlsplit(url)
    name = f"processes_{os.getpid()}_{time.monotonic_ns()}"
    copied = f' TEMPLATE "{urlsplit(template).path.strip("/")}"' if template else ""
    with psycopg.connect(urlunsplit(parts._replace(path="/postgres")), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"{copied}')
        try:
            yield urlunsplit(parts._replace(path=f"/{name}"))
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextlib.contextmanager
def broker() -> Iterator[dict[str, str]]:
    """Yield the environment that names a broker of this leg's kind, used by nobody else: a server or a folder."""
    with contextlib.ExitStack() as stack:
        if os.environ.get("REDIS_URL"):
            yield {"REDIS_URL": stack.enter_context(services.valkey())}
            return
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bpo-broker-")))
        for name in ("queue", "control"):
            (folder / name).mkdir()
        yield {"REDIS_URL": "", "BROKER_FILES": "1", "BROKER_DIR": str(folder)}
