"""Run the suite on SQLite and then on PostgreSQL with a Redis-compatible server: ``python -m tests``.

Anything else on the command line goes to pytest (``python -m tests --only postgresql tests/kpis -k feed``).
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from tests import services
from tests.processes import fresh_database

ROOT = Path(__file__).resolve().parent.parent
SERVICE_NAMES = ("DATABASE_URL", "REDIS_URL", "BROKER_FILES")
NO_TESTS = 5


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one leg came to."""

    leg: str
    code: int
    seconds: float
    counts: dict[str, int]

    def __str__(self) -> str:
        counts = ", ".join(f"{count} {what}" for what, count in self.counts.items() if count) or "nothing ran"
        return f"{self.leg:<22} {'passed' if self.code == 0 else 'FAILED':<7} {counts} in {self.seconds:.0f} s"


def main(arguments: list[str] | None = None) -> int:
    """Run the legs asked for; return 0 only if every one of them passed."""
    parser = argparse.ArgumentParser(prog="python -m tests", description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=["sqlite", "postgresql"], help="run one leg")
    parser.add_argument("-n", "--processes", default="", help="processes of pytest-xdist (default 2; 0: none)")
    chosen, rest = parser.parse_known_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)

    processes = chosen.processes or ("0" if _names_one_file(rest) else "2")
    outcomes = []
    if chosen.only != "postgresql":
        outcomes.append(_run_leg("SQLite", dict.fromkeys(SERVICE_NAMES, ""), processes, rest))
    if chosen.only != "sqlite":
        with services.running() as running, _migrated(running.environment()) as environment:
            outcomes.append(_run_leg("PostgreSQL and Redis", environment, processes, rest))

    print("\n" + "\n".join(str(outcome) for outcome in outcomes), flush=True)
    return max(outcome.code for outcome in outcomes)


def _names_one_file(arguments: list[str]) -> bool:
    """Say whether the tests asked for are so few that starting more processes costs more than it gives."""
    return sum(".py" in argument for argument in arguments) == 1


@contextlib.contextmanager
def _migrated(environment: dict[str, str]) -> Iterator[dict[str, str]]:
    """Migrate a database from nothing; what the leg makes of databases begins as a copy (tests/migrated.py)."""
    with fresh_database(environment["DATABASE_URL"]) as url:
        command = [sys.executable, "manage.py", "migrate", "-v", "0"]
        subprocess.run(command, cwd=ROOT, env={**os.environ, **environment, "DATABASE_URL": url}, check=True)
        yield {**environment, "MIGRATED_DATABASE": url}


def _run_leg(leg: str, environment: dict[str, str], processes: str, arguments: list[str]) -> Outcome:
    print(f"\n=== {leg} ===", flush=True)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", f"--junitxml={report}", f"-n{processes}", *arguments]
        pytest = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environment})
        code = _wait(pytest)
        counts = _counts(report)
    return Outcome(leg, 0 if code == NO_TESTS and arguments else code, time.monotonic() - started, counts)


def _wait(process: subprocess.Popen[bytes]) -> int:
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.send_signal(signal.SIGINT)
        return process.wait() or 130


def _counts(report: Path) -> dict[str, int]:
    with contextlib.suppress(FileNotFoundError, ElementTree.ParseError):
        suite = ElementTree.parse(report).getroot().find("testsuite")
        if suite is not None:
            numbers = {name: int(suite.get(name, "0")) for name in ("tests", "failures", "errors", "skipped")}
            passed = 2 * numbers["tests"] - sum(numbers.values())
            return {"passed": passed, **{name: numbers[name] for name in ("failures", "errors", "skipped")}}
    return {}


if __name__ == "__main__":
    raise SystemExit(main())
