"""Where the real data of the tests stand: beside the project, never copied into it."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


def shared_file(name: str) -> Path:
    """Return a file of the shared data, or skip the test where it is absent."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"shared data are absent: {name}")
    return path


def shared_rows(name: str) -> list[dict[str, str]]:
    """Return the rows of a shared CSV file."""
    with shared_file(name).open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))
