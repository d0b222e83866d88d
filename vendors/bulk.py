"""Writes many rows of a model in one statement.

Rows are instances of the model, or plain records (a :class:`msgspec.Struct`) with one attribute a column: a
thousand of those are made in a tenth of the time. A column of documents may come beside the records, as JSON text.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import msgspec
from django.db import connection, models

_TYPES: dict[str, str] = {
    "DecimalField": "numeric",
    "DateField": "date",
    "DateTimeField": "timestamptz",
    "PositiveIntegerField": "integer",
    "PositiveSmallIntegerField": "smallint",
    "BooleanField": "boolean",
    "BigAutoField": "bigint",
    "ForeignKey": "bigint",
    "OneToOneField": "bigint",
    "FloatField": "double precision",
}
"""Column types by field; every other field is text."""
_SEPARATOR = b"\x1f"
"""Stands in no JSON text."""


def store(
    model: type[models.Model],
    rows: Sequence[Any],
    *,
    key: tuple[str, ...] = (),
    update: tuple[str, ...] = (),
    documents: tuple[str, Sequence[bytes]] | None = None,
) -> None:
    """Insert ``rows`` in their order; one whose ``key`` is stored already changes its columns ``update`` instead.

    Sort them by the key, so that two writers never wait for each other in a circle. Ids are the database's,
    and not read back, unless the id is the key. ``documents`` names a column and gives its JSON text for each record.
    """
    if not rows:
        return
    if connection.vendor == "postgresql":
        beside = documents[0] if documents else ""
        _execute(*_statement(model, key, update, beside), rows, documents[1] if documents else None)
        return
    instances = _instances(model, rows, documents)
    if key:
        model._base_manager.bulk_create(instances, update_conflicts=True, unique_fields=key, update_fields=update)
    else:
        model._base_manager.bulk_create(instances)


def create(
    model: type[models.Model], rows: Sequence[Any], *, documents: tuple[str, Sequence[bytes]] | None = None
) -> list[int]:
    """Insert the rows in their order and return their ids, which instances are given too; else as :func:`store`."""
    if not rows:
        return []
    if connection.vendor != "postgresql":
        instances = _instances(model, rows, documents)
        model._base_manager.bulk_create(instances)
        return [instance.pk for instance in instances]
    are_instances = isinstance(rows[0], models.Model)
    for field in model._meta.concrete_fields if are_instances else ():
        if getattr(field, "auto_now_add", False):
            for row in rows:
                field.pre_save(row, add=True)
    sql, names = _statement(model, (), (), documents[0] if documents else "")
    ids = [pk for (pk,) in _execute(f"{sql} RETURNING id", names, rows, documents[1] if documents else None)]
    for row, pk in zip(rows, ids, strict=True) if are_instances else ():
        row.pk, row._state.adding = pk, False
    return ids


def _execute(
    sql: str, names: Sequence[str], rows: Sequence[Any], documents: Sequence[bytes] | None = None
) -> list[tuple[int]]:
    """Send the rows as one JSON text: escaping each value, and each document, would cost more than computing them."""
    are_records = isinstance(rows[0], msgspec.Struct)
    given = rows if are_records else [{name: getattr(row, name) for name in names} for row in rows]
    values = [msgspec.json.encode(given).decode()]
    if documents is not None:
        values.append(_SEPARATOR.join(documents).decode())
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else []


def _instances(
    model: type[models.Model], rows: Sequence[Any], documents: tuple[str, Sequence[bytes]] | None
) -> list[models.Model]:
    found = [row if isinstance(row, models.Model) else model(**msgspec.structs.asdict(row)) for row in rows]
    if documents:
        for instance, text in zip(found, documents[1], strict=True):
            setattr(instance, documents[0], msgspec.json.decode(text))
    return found


def _type(field: Any) -> str:
    if isinstance(field, models.JSONField):
        return str(field.db_type(connection))
    return _TYPES.get(field.get_internal_type(), "text")


@lru_cache(maxsize=32)
def _statement(
    model: type[models.Model], key: tuple[str, ...], update: tuple[str, ...], beside: str
) -> tuple[str, list[str]]:
    """Return the SQL and the attributes it takes; the documents of the column ``beside`` are its second parameter."""
    fields = [field for field in model._meta.concrete_fields if not field.primary_key or field.column in key]
    names = ", ".join(f'"{field.column}"' for field in fields)
    types = ", ".join(f'"{field.column}" {_type(field)}' for field in fields if field.column != beside)
    if beside:
        # Nested in the rows they would be parsed and written out once more: twice the time of the whole statement.
        texts = f"unnest(string_to_array(%s, chr({_SEPARATOR[0]})))"
        values = ", ".join(f'"{field.column}"' + ("::json" if field.column == beside else "") for field in fields)
        given = ", ".join([*(f'"{field.column}"' for field in fields if field.column != beside), f'"{beside}"'])
        rows = f"SELECT {values} FROM ROWS FROM (json_to_recordset(%s::json) AS ({types}), {texts}) AS rows({given})"
    else:
        rows = f"SELECT {names} FROM json_to_recordset(%s::json) AS rows({types})"
    sql = f'INSERT INTO "{model._meta.db_table}" ({names}) {rows}'
    if key:
        written = ", ".join(f'"{name}" = excluded."{name}"' for name in update)
        sql += f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {written}"
    return sql, [str(field.column) for field in fields if field.column != beside]
