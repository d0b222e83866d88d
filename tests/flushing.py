"""Emptying a test database whose append-only tables refuse DELETE. A plugin of conftest.py.

``TransactionTestCase`` empties the tables after each test: by TRUNCATE on PostgreSQL, which the triggers let
through, by DELETE on SQLite, which they refuse. Only tests take the triggers off for that moment.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.sqlite3.base import DatabaseOperations

from vendors.append_only import MARK

_flush = DatabaseOperations.execute_sql_flush


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


DatabaseOperations.execute_sql_flush = _flush_append_only_tables_too  # type: ignore[method-assign]
