"""Which tests belong to this run: by database, by broker, and what a skip means. A plugin of conftest.py."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

REFERENCE_DATA = Path(__file__).resolve().parent.parent.parent / "shared"
LEFT_OUT = pytest.StashKey[int]()
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")


def pytest_configure(config: pytest.Config) -> None:
    """Let the test client speak plain HTTP also where a database URL makes the product ask for HTTPS."""
    settings.SECURE_SSL_REDIRECT = settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = False
    # Every test client would otherwise list all static files before its first request.
    settings.WHITENOISE_AUTOREFRESH = True
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what the other leg runs: a test that needs PostgreSQL is no skip on SQLite, and arithmetic that
    knows no database is tested once."""
    postgresql = settings.DATABASES["default"]["ENGINE"].endswith("postgresql")
    absent = {
        marker
        for marker, there in {"postgres": postgresql, "sqlite": not postgresql, "broker": settings.REDIS_URL}.items()
        if not there
    }
    others = [
        item
        for item in items
        if any(item.get_closest_marker(marker) for marker in absent) or (postgresql and "calc" in item.path.parts)
    ]
    if others:
        config.hook.pytest_deselected(items=others)
        config.stash[LEFT_OUT] = len(others)
        items[:] = [item for item in items if item not in set(others)]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over from a worker of pytest-xdist how many it left out: each of them collects all tests."""
    node.config.stash[LEFT_OUT] = getattr(node, "workeroutput", {}).get("left_out", 0)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say how many were left out; pytest itself does not where workers run the tests."""
    if left_out := config.stash.get(LEFT_OUT, 0):
        terminalreporter.write_line(f"{left_out} tests belong to the other leg alone and were left out.")


def _missing(terminal: object) -> list[str]:
    """Return why tests were skipped, where that is a fault: never for reference data that are not there."""
    reasons = sorted({str(report.longrepr[2]) for report in terminal.stats.get("skipped", [])})  # type: ignore[attr-defined]
    return [reason for reason in reasons if REFERENCE_DATA.exists() or "shared" not in reason.lower()]


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """With ``NO_SKIPS=1`` a skipped test fails the run."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = session.config.stash.get(LEFT_OUT, 0)
    terminal = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("NO_SKIPS") == "1" and terminal and not hasattr(session.config, "workerinput"):
        reasons = _missing(terminal)
        if reasons and exitstatus == 0:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
            terminal.write_line("\nNO_SKIPS=1, but tests were skipped: " + "; ".join(reasons), red=True)
