"""What every test may ask for: the cast, clients, a frozen clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import override_settings
from django.utils import translation
from rest_framework.test import APIClient

from tests.cast import Cast, client_for, make_cast

pytest_plugins = ["tests.legs", "tests.chromium", "tests.flushing", "tests.migrated"]

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
"""Monday noon in Seoul: the clock of every test that asks for ``frozen_clock``."""


@pytest.fixture(autouse=True, scope="session")
def no_request_rate() -> Iterator[None]:
    """With a clock that stands still, a module's requests all fall into one minute."""
    with override_settings(REQUESTS_PER_MINUTE=0):
        yield


@pytest.fixture(autouse=True)
def no_language() -> None:
    """A request leaves its language with its thread; the next test begins with the service's own."""
    translation.deactivate()


@pytest.fixture
def frozen_clock() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def cast(db: None) -> Cast:
    """Two vendors with a contract and a queue each, and everybody who may act."""
    return make_cast()


@pytest.fixture
def api() -> Callable[[Any], APIClient]:
    """``api(who)``: a client (English answers) for a user, the text of a key, or None for nobody."""
    return client_for


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """End what sessions a thread of a test may have left, so that PostgreSQL lets the test database go."""
    yield
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
