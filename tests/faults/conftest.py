"""Installations to break: the setting up is done once, every test gets a copy of the database."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest

from tests import processes
from tests.faults.broker import Broker
from tests.processes import Installation

Installs = Callable[..., Installation]


@pytest.fixture(scope="session")
def ready_database() -> Iterator[str]:
    """The URL of a database after ``setup``; only ever copied."""
    with processes.database() as url, processes.installation({"DATABASE_URL": url, "SECRET_KEY": "of faults"}) as made:
        made.manage("setup")
        yield url


@pytest.fixture
def install(ready_database: str) -> Iterator[Installs]:
    """``install(redis_url)``: an installation with a database of its own, its web process running."""
    with contextlib.ExitStack() as stack:

        def make(redis_url: str = "") -> Installation:
            broker = {"REDIS_URL": redis_url} if redis_url else stack.enter_context(processes.broker())
            url = stack.enter_context(processes.database(template=ready_database))
            environment = {"DATABASE_URL": url, "SECRET_KEY": "of faults", **broker}
            made = stack.enter_context(processes.installation(environment))
            made.start_web()
            return made

        yield make


@pytest.fixture
def broker() -> Iterator[Broker]:
    """A Redis-compatible server that the test may freeze and kill."""
    server = Broker()
    yield server
    server.stop()
