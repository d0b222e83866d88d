"""The shape of the code: layers, foreign keys, the clock, migrations."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import models

ROOT = Path(__file__).resolve().parent.parent
HEIGHT = {"vendors": 0, "kpis": 1, "bpo": 2}
LONGEST_FILE, LONGEST_FUNCTION = 400, 60
CLOCKS = {"now", "today", "utcnow"}
MAY_READ_THE_CLOCK = {"vendors/clock.py", "bpo/management/supervisor.py"}


def own_models() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if model._meta.app_label in HEIGHT]


def sources() -> list[Path]:
    files = [path for app in (*HEIGHT, "config") for path in (ROOT / app).rglob("*.py")]
    return [path for path in files if "migrations" not in path.parts]


def test_imports_go_down_only() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout + done.stderr


def test_foreign_keys_go_down_only() -> None:
    upward = [
        f"{field.model.__name__}.{field.name}"
        for model in own_models()
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey | models.ManyToManyField)
        and HEIGHT.get(field.related_model._meta.app_label, -1) > HEIGHT[model._meta.app_label]
    ]

    assert not upward


def test_every_model_says_what_a_row_is() -> None:
    silent = [
        model.__name__
        for model in own_models()
        if not model.__name__.startswith("Historical")
        and (not model.__doc__ or model.__doc__.startswith(f"{model.__name__}("))
    ]

    assert not silent


@pytest.mark.django_db
def test_migrations_are_complete() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_only_the_clock_reads_the_clock() -> None:
    readers = {
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources()
        if str(path.relative_to(ROOT)) not in MAY_READ_THE_CLOCK
        for node in ast.walk(ast.parse(path.read_text()))
        if reads_a_clock(node)
    }

    assert not readers


def reads_a_clock(node: ast.AST) -> bool:
    """Say whether it calls ``now``, ``utcnow`` or ``today()``, other than through ``vendors.clock``."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLOCKS):
        return False
    is_ours = isinstance(node.func.value, ast.Name) and node.func.value.id == "clock"
    return not is_ours and not (node.func.attr == "today" and node.args)


def test_services_and_calc_do_not_ask_for_the_time() -> None:
    """Only entrances call ``clock.now``; below them the moment is an argument."""
    inner = [
        path for path in sources() if {"services", "queries", "calc", "models"} & set(path.relative_to(ROOT).parts)
    ]
    askers = [str(path.relative_to(ROOT)) for path in inner if "clock.now(" in path.read_text()]

    assert not askers


def test_files_and_functions_stay_short() -> None:
    long_files = [str(path) for path in sources() if len(path.read_text().splitlines()) > LONGEST_FILE]
    long_functions = [f"{path.name}:{name} {length}" for path in sources() for name, length in functions(path)]

    assert not long_files
    assert not long_functions


def functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > LONGEST_FUNCTION:
                yield node.name, length


def test_rows_that_may_be_there_already_are_written_in_few_places() -> None:
    """Two such writes in different orders wait for each other for ever: each of these sorts its rows or has one.

    ``store`` of vendors/bulk.py takes rows its callers have sorted; whoever adds a place sorts there, or uses it.
    """
    places = {
        str(path.relative_to(ROOT))
        for path in sources()
        if re.search(r"ON CONFLICT|update_conflicts=True|ignore_conflicts=True", path.read_text("utf-8"))
    }
    assert places <= {
        "vendors/bulk.py",
        "vendors/services/holidays.py",
        "vendors/services/usage.py",
        "kpis/services/feed/idempotency.py",
        "kpis/services/feed/receipts.py",
        "kpis/services/feed/storing.py",
        "kpis/services/target_set_application.py",
    }
