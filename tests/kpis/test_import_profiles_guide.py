"""Every example of the guide to import profiles is so."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from kpis.imports import Layout, read_layout, rows_of
from kpis.imports.opening import read_grid
from kpis.services.feed.numbers import stored

GUIDE = (Path(__file__).resolve().parents[2] / "kpis" / "imports" / "profiles.md").read_text(encoding="utf-8")
BLOCKS = r"```csv\n(.*?)```\n\n```json\n(.*?)```\n\n```rows\n(.*?)```"
EXAMPLES = re.findall(rf"## ([^\n]+)\n(?:(?!\n## ).)*?{BLOCKS}", GUIDE, re.S)


def shown(row: dict[str, Any]) -> dict[str, Any]:
    key = {name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()}
    return {**key, "measures": {code: stored(value, whole=False) for code, value in row["measures"].items()}}


def test_it_has_an_example_for_every_kind_of_rule() -> None:
    assert len(EXAMPLES) == GUIDE.count("```csv") == 7


@pytest.mark.parametrize(("title", "text", "mapping", "rows"), EXAMPLES, ids=[example[0] for example in EXAMPLES])
def test_it_reads_the_example_as_it_says(title: str, text: str, mapping: str, rows: str) -> None:
    layout = read_layout(mapping)

    feed = rows_of(layout, read_grid(text.encode(), delimiter=layout.delimiter))

    assert [shown(row) for row in feed.rows] == json.loads(rows)
    assert feed.errors == []


def test_it_names_every_member_of_a_mapping() -> None:
    unnamed = [name for name in Layout.__struct_fields__ if f"`{name}`" not in GUIDE and f'"{name}"' not in GUIDE]

    assert unnamed == []
