"""A migrated database that everybody begins with: a copy takes a tenth of migrating. A plugin of conftest.py.

On SQLite it is kept between runs, in pytest's cache folder under a digest of everything that makes the tables; a
change of any of it makes another. On PostgreSQL ``python -m tests`` migrates one database, from nothing, before the
tests begin. Where it is stands in ``MIGRATED_DATABASE``, also for the processes that tests start
(tests/processes.py). ``migrate`` still runs over every copy, and finds nothing to do.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django
import pytest
from django.conf import settings
from django.db.backends.sqlite3.creation import DatabaseCreation

ROOT = Path(__file__).resolve().parent.parent
_create = DatabaseCreation._create_test_db
_create_and_migrate = DatabaseCreation.create_test_db
_held: list[sqlite3.Connection] = []
"""An in-memory database lives as long as somebody is connected to it."""


def pytest_configure(config: pytest.Config) -> None:
    """Have test databases start from the copy, where there is one, and leave one behind where there is none."""
    if settings.DATABASES["default"]["ENGINE"].endswith("postgresql"):
        template = urlsplit(os.environ.get("MIGRATED_DATABASE", "")).path.strip("/")
        settings.DATABASES["default"].setdefault("TEST", {})["TEMPLATE"] = template or None
        return
    cache = getattr(config, "cache", None)
    copy = cache.mkdir("migrated") / f"{_digest()}.sqlite3" if cache else None
    os.environ["MIGRATED_DATABASE"] = f"sqlite:///{copy}" if copy and copy.exists() else ""

    def create(self: Any, verbosity: int, autoclobber: bool, keepdb: bool = False) -> str:
        name = _create(self, verbosity, autoclobber, keepdb)
        if copy is not None and copy.exists():
            _held.append(sqlite3.connect(name, uri=True, check_same_thread=False))
            with sqlite3.connect(copy) as source:
                source.backup(_held[-1])
        return str(name)

    def create_and_migrate(self: Any, *arguments: Any, **options: Any) -> str:
        name = _create_and_migrate(self, *arguments, **options)
        if copy is not None and not copy.exists():
            unfinished = copy.with_suffix(f".{os.getpid()}")
            with sqlite3.connect(unfinished) as target:
                self.connection.connection.backup(target)
            unfinished.rename(copy)
            os.environ["MIGRATED_DATABASE"] = f"sqlite:///{copy}"
        return str(name)

    DatabaseCreation._create_test_db = create  # type: ignore[method-assign]
    DatabaseCreation.create_test_db = create_and_migrate  # type: ignore[method-assign]


def _digest() -> str:
    digest = hashlib.sha256(f"{django.__version__} {sqlite3.sqlite_version} {settings.INSTALLED_APPS}".encode())
    made_by = [path for app in ("vendors", "kpis", "bpo") for path in (ROOT / app).rglob("*.py")]
    for path in sorted(made_by):
        if {"migrations", "models"} & set(path.parts) or path.stem in ("append_only", "models"):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:32]
