"""The users' guide to files says what is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kpis.api.feed_parsers import FILE_TYPES
from kpis.imports import FileKind
from kpis.imports.bounded import LIMITS
from kpis.imports.delimited import LONGEST_CELL
from kpis.imports.grids import MOST_COLUMNS
from kpis.imports.jobs import KEPT_FOR, MOST_AT_ONCE, MOST_ATTEMPTS
from kpis.imports.tables import LINES_BEFORE_HEADER
from kpis.imports.taking import MOST_FILE_BYTES
from kpis.services.submissions import MOST_FILE_ROWS

IMPORTS = Path(__file__).resolve().parents[2] / "kpis" / "imports"
GUIDE = (IMPORTS / "README.md").read_text(encoding="utf-8")
FILES = [*IMPORTS.rglob("*.py"), *IMPORTS.parent.glob("api/*.py")]
SOURCES = "".join(path.read_text(encoding="utf-8") for path in FILES)
MIB = 1024 * 1024


def section(title: str) -> str:
    return GUIDE.split(f"## {title}\n")[1].split("\n## ")[0]


def test_it_names_every_kind_and_media_type() -> None:
    assert re.findall(r"^\| `(\w+)` \|", section("What is accepted"), re.M) == [kind.value for kind in FileKind]
    named = re.findall(r"`((?:text|application)/[\w.-]+)`", section("What is accepted"))
    assert set(named) == set(FILE_TYPES)


@pytest.mark.parametrize(
    ("what", "limit"),
    [
        ("a file", f"{MOST_FILE_BYTES // MIB} MiB"),
        ("rows of figures", f"{MOST_FILE_ROWS:,}"),
        ("rows taken in while the sender waits", f"{MOST_AT_ONCE:,}"),
        ("columns", f"{MOST_COLUMNS}"),
        ("sheets", f"{LIMITS['sheets']}"),
        ("parts of an XLSX archive", f"{LIMITS['members']}"),
        ("unpacked", f"{LIMITS['unpacked'] // MIB} MiB, and {LIMITS['ratio']} times the file"),
        ("a cell", f"{LONGEST_CELL} characters"),
        ("reading, processor time", f"{LIMITS['seconds']} s"),
        ("reading, memory", f"{LIMITS['memory'] // MIB} MiB"),
    ],
)
def test_it_states_each_limit(what: str, limit: str) -> None:
    assert f"| {what} | {limit} |" in section("Limits")


def test_it_lists_refusals_that_exist_each_once() -> None:
    codes = re.findall(r"^\| `(\w+)` \| 4\d\d \|", section("What each refusal means"), re.M)

    assert len(codes) == len(set(codes)) > 30
    made = {"bad_xls", "bad_xlsx", "body_too_large"}
    assert [code for code in codes if f'"{code}"' not in SOURCES and code not in made] == []


def test_it_keeps_what_it_promises_of_large_files() -> None:
    assert (KEPT_FOR.days, MOST_ATTEMPTS, LINES_BEFORE_HEADER) == (7, 3, 20)
