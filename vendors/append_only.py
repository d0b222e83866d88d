"""A migration operation that makes the database itself refuse to change or delete the rows of a table.

On SQLite a later migration that alters such a table makes it anew and loses the triggers: repeat the
operation in that migration (a test compares the tables with the triggers that exist).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.migrations.operations.base import Operation

MARK = "append_only"


def trigger_name(table: str, event: str) -> str:
    """Return the name of the trigger that guards ``table`` against ``event`` ("update", "delete")."""
    return f"{table}_{MARK}_{event}"


class AppendOnly(Operation):
    """Refuse UPDATE and DELETE on ``table``; with ``columns``, UPDATE of these columns only.

    What is refused raises ``IntegrityError`` on SQLite and PostgreSQL alike.
    """

    reversible = True
    reduces_to_sql = True

    def __init__(self, table: str, columns: Sequence[str] = ()) -> None:
        self.table = table
        self.columns = tuple(columns)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return self.__class__.__qualname__, [self.table], {"columns": self.columns} if self.columns else {}

    def state_forwards(self, app_label: str, state: Any) -> None:
        """The models do not change."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        # The same table may come again with other columns.
        self.database_backwards(app_label, schema_editor, from_state, to_state)
        make = _postgresql if schema_editor.connection.vendor == "postgresql" else _sqlite
        for statement in make(self.table, self.columns, schema_editor.quote_name):
            schema_editor.execute(statement, params=None)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        quote = schema_editor.quote_name
        is_postgresql = schema_editor.connection.vendor == "postgresql"
        of_table = f" ON {quote(self.table)}" if is_postgresql else ""
        for event in ("update", "delete"):
            name = quote(trigger_name(self.table, event))
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {name}{of_table}", params=None)
        if is_postgresql:
            schema_editor.execute(f"DROP FUNCTION IF EXISTS {quote(f'{self.table}_{MARK}')}()", params=None)

    def describe(self) -> str:
        return f"Refuse changes of {self.table} in the database"

    @property
    def migration_name_fragment(self) -> str:
        return f"{MARK}_{self.table}"


def _events(columns: Sequence[str], quote: Any) -> dict[str, str]:
    of_columns = f" OF {', '.join(quote(column) for column in columns)}" if columns else ""
    return {"update": f"UPDATE{of_columns}", "delete": "DELETE"}


def _sqlite(table: str, columns: Sequence[str], quote: Any) -> list[str]:
    return [
        f"CREATE TRIGGER {quote(trigger_name(table, name))} BEFORE {event} ON {quote(table)}"
        f" BEGIN SELECT RAISE(ABORT, 'rows of {table} are only ever added'); END"
        for name, event in _events(columns, quote).items()
    ]


def _postgresql(table: str, columns: Sequence[str], quote: Any) -> list[str]:
    function = quote(f"{table}_{MARK}")
    return [
        f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" RAISE EXCEPTION 'rows of {table} are only ever added' USING ERRCODE = 'integrity_constraint_violation';"
        " END $$",
        *(
            f"CREATE TRIGGER {quote(trigger_name(table, name))} BEFORE {event} ON {quote(table)}"
            f" FOR EACH ROW EXECUTE FUNCTION {function}()"
            for name, event in _events(columns, quote).items()
        ),
    ]
