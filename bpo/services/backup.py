"""Backup and restore: one zip for either database, with every table as JSON lines and its SHA-256.

A backup is one consistent snapshot. A restore happens in one transaction: everything, or nothing. The secrets
are not in it; API keys stay valid where ``API_KEY_PEPPER`` (or ``SECRET_KEY``) stays the same.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from django.apps import apps
from django.conf import settings
from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.utils.translation import gettext as _

from vendors.errors import Conflict, Invalid

FORMAT = 1
MANIFEST = "manifest.json"
BATCH = 1_000
LEFT_OUT = frozenset({"django_session"})
"""People sign in again after a restore."""
MADE_BY_MIGRATE = frozenset({"django_content_type", "auth_permission"})

Model = type[models.Model]
Progress = Callable[[str], None]


def backup(path: Path, *, now: datetime, progress: Progress = lambda table: None) -> dict[str, int]:
    """Write everything to a new file at ``path``; return the rows of each table."""
    path.touch(mode=0o600, exist_ok=False)
    try:
        tables = _write(path, now=now, progress=progress)
    except BaseException:
        path.unlink()
        raise
    return {name: table["rows"] for name, table in tables.items()}


def _write(path: Path, *, now: datetime, progress: Progress) -> dict[str, dict[str, Any]]:
    tables: dict[str, dict[str, Any]] = {}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive, _snapshot():
        for model in _models():
            progress(model._meta.db_table)
            with archive.open(f"{model._meta.db_table}.jsonl", "w", force_zip64=True) as file:
                tables[model._meta.db_table] = _dump(model, file)
        manifest = {
            "format": FORMAT,
            "made_at": now,
            "migrations": _migrations(),
            "pepper": pepper_fingerprint(),
            "tables": tables,
        }
        archive.writestr(MANIFEST, msgspec.json.encode(manifest))
    return tables


def restore(path: Path, *, replace: bool, progress: Progress = lambda table: None) -> dict[str, Any]:
    """Put back what ``path`` holds; return the rows of each table and whether the pepper is the same.

    Raises Invalid where the file is damaged or of another version, Conflict where the database holds data and
    ``replace`` is false.
    """
    with zipfile.ZipFile(path) as archive:
        manifest = _read_manifest(archive)
        with transaction.atomic():
            if not replace:
                _require_empty()
            with without_triggers():
                for model in reversed(_models()):
                    _execute(f"DELETE FROM {_quoted(model._meta.db_table)}")
                for model in _models():
                    progress(model._meta.db_table)
                    _load(model, archive, manifest["tables"])
            _reset_sequences()
    rows = {name: table["rows"] for name, table in manifest["tables"].items()}
    return {"tables": rows, "same_pepper": manifest["pepper"] == pepper_fingerprint()}


def digests() -> dict[str, str]:
    """Return the SHA-256 of every table as a backup would write it: equal databases have equal digests."""

    class Nowhere:
        def write(self, line: bytes) -> None:
            pass

    return {model._meta.db_table: _dump(model, Nowhere())["sha256"] for model in _models()}


def pepper_fingerprint() -> str:
    """Return what tells two peppers apart without giving one away."""
    return hashlib.sha256(f"backup:{settings.API_KEY_PEPPER}".encode()).hexdigest()[:16]


def _models() -> list[Model]:
    every = apps.get_models(include_auto_created=True)
    return [model for model in every if model._meta.managed and model._meta.db_table not in LEFT_OUT]


def _migrations() -> list[str]:
    return sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations())


@contextmanager
def _snapshot() -> Iterator[None]:
    with transaction.atomic():
        if connection.vendor == "postgresql":
            _execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _dump(model: Model, file: Any) -> dict[str, Any]:
    names = [field.attname for field in model._meta.concrete_fields]
    digest, count = hashlib.sha256(), 0
    rows = model._base_manager.order_by("pk").values_list(*names)
    for row in rows.iterator(chunk_size=BATCH):
        line = msgspec.json.encode(row, order="sorted") + b"\n"
        file.write(line)
        digest.update(line)
        count += 1
    return {"columns": names, "rows": count, "sha256": digest.hexdigest()}


def _read_manifest(archive: zipfile.ZipFile) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = msgspec.json.decode(archive.read(MANIFEST))
    except (KeyError, msgspec.DecodeError) as error:
        raise Invalid("not_a_backup", _("The file is not a backup of this product.")) from error
    if manifest.get("format") != FORMAT or manifest["migrations"] != _migrations():
        text = _("The backup comes from another version. Restore it with that version, then upgrade.")
        raise Invalid("other_version", text)
    return manifest


def _require_empty() -> None:
    for model in _models():
        if model._meta.db_table not in MADE_BY_MIGRATE and model._base_manager.exists():
            text = _(
                "The database holds data (%(table)s). Name an empty one by DATABASE_URL, or add --yes to replace it."
            )
            raise Conflict("not_empty", text % {"table": model._meta.db_table})


def _load(model: Model, archive: zipfile.ZipFile, tables: dict[str, dict[str, Any]]) -> None:
    table = model._meta.db_table
    fields = {field.attname: field for field in model._meta.concrete_fields}
    columns = [fields[name] for name in tables[table]["columns"]]
    names = ", ".join(_quoted(field.column or field.attname) for field in columns)
    insert = f"INSERT INTO {_quoted(table)} ({names}) VALUES ({', '.join(['%s'] * len(columns))})"
    digest = hashlib.sha256()
    batch: list[list[Any]] = []
    with archive.open(f"{table}.jsonl") as file, connection.cursor() as cursor:
        for line in file:
            digest.update(line)
            row = msgspec.json.decode(line)
            batch.append([_stored(field, value) for field, value in zip(columns, row, strict=True)])
            if len(batch) == BATCH:
                cursor.executemany(insert, batch)
                batch.clear()
        if batch:
            cursor.executemany(insert, batch)
    if digest.hexdigest() != tables[table]["sha256"]:
        raise Invalid("damaged", _("The backup is damaged: %(table)s differs from its checksum.") % {"table": table})


def _stored(field: models.Field[Any, Any], value: Any) -> Any:
    target = field.target_field if isinstance(field, models.ForeignKey) else field
    return target.get_db_prep_save(target.to_python(value), connection)


@contextmanager
def without_triggers() -> Iterator[None]:
    """Hold off the triggers that keep append-only tables append-only; only a restore may replace their rows."""
    if connection.vendor == "postgresql":
        tables = [_quoted(model._meta.db_table) for model in _models()]
        for table in tables:
            _execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield
        # Deferred foreign keys are checked now: a table with pending checks cannot be altered.
        _execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in tables:
            _execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = cursor.fetchall()
    for name, _sql in triggers:
        _execute(f"DROP TRIGGER {_quoted(name)}")
    yield
    for _name, sql in triggers:
        _execute(sql)


def _reset_sequences() -> None:
    for statement in connection.ops.sequence_reset_sql(no_style(), _models()):
        _execute(statement)


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)
