"""Emptying a test database after a test that committed. A plugin of conftest.py.

Append-only tables refuse DELETE by triggers; only tests take these off for that moment. PostgreSQL's TRUNCATE passes
them, but makes the files of every table and index anew, some hundred, where most tables hold no row: half a second.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.postgresql.base import DatabaseOperations as PostgreSQL
from django.db.backends.sqlite3.base import DatabaseOperations as SQLite

from vendors.append_only import MARK

_flush = SQLite.execute_sql_flush
_truncate = PostgreSQL.sql_flush


def _delete_where_it_may(self: Any, style: Any, tables: list[str], **options: Any) -> list[str]:
    """Only a superuser, as whom the tests' own server runs, may take triggers and foreign keys off for a moment."""
    with self.connection.cursor() as cursor:
        cursor.execute("SHOW is_superuser")
        if cursor.fetchone() != ("on",):
            return list(_truncate(self, style, tables, **options))
    deletes = [f"DELETE FROM {self.quote_name(table)}" for table in tables]
    return ["; ".join(["SET LOCAL session_replication_role = replica", *deletes])]


def _flush_append_only_tables_too(self: Any, sql_list: list[str]) -> None:
    with self.connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE %s", [f"%{MARK}%"])
        triggers = cursor.fetchall()
        for name, _sql in triggers:
            cursor.execute(f'DROP TRIGGER "{name}"')
        try:
            _flush(self, sql_list)
        finally:
            for _name, sql in triggers:
                cursor.execute(sql)


SQLite.execute_sql_flush = _flush_append_only_tables_too  # type: ignore[method-assign]
PostgreSQL.sql_flush = _delete_where_it_may  # type: ignore[method-assign]
