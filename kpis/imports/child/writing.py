"""What is printed: sheets as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, TextIO

from .bounds import Limits, Refused
from .cells import shown

CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class Writer:
    """Prints sheets row by row, so that a large one is never held twice."""

    def __init__(self, out: TextIO, limits: Limits) -> None:
        self.out, self.limits = out, limits
        self.characters = 0
        self.is_first = True

    def sheet(
        self, name: str, is_hidden: bool, rows: Iterator[list[Any]], left: int = 0, notes: dict[str, Any] | None = None
    ) -> None:
        """Print one sheet. ``rows`` are all of its lines from the first, ``left`` the empty columns before them."""
        notes = notes or {}
        errors: dict[int, dict[int, str]] = notes.pop("errors", {})
        self.out.write("" if self.is_first else ",")
        self.is_first = False
        self.out.write(json.dumps({"name": name, "is_hidden": is_hidden, **notes}, ensure_ascii=False)[:-1])
        self.out.write(', "rows": [')
        printed = 0
        for line, row in enumerate(rows, start=1):
            cells = [""] * left + [shown(value) for value in row]
            for column, text in errors.get(line, {}).items():
                cells += [""] * (column - len(cells))
                cells[column - 1] = text
            while cells and not cells[-1]:
                cells.pop()
            if not cells:
                continue
            self._check(name, line, cells)
            printed += 1
            if printed > self.limits.lines:
                raise Refused("too_many_rows", name)
            self.out.write(("," if printed > 1 else "") + json.dumps([line, cells], ensure_ascii=False))
        self.out.write("]}")

    def _check(self, name: str, line: int, cells: list[str]) -> None:
        if len(cells) > self.limits.columns:
            raise Refused("too_many_columns", name)
        text = "".join(cells)
        self.characters += len(text)
        if self.characters > self.limits.texts:
            raise Refused("too_heavy", name)
        if CONTROL.search(text):
            raise Refused("control_char", str(line))
        if "\ufffd" in text:
            raise Refused("replacement_char", str(line))
