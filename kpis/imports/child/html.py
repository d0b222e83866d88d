"""HTML tables, as groupware exports them under names ending in .xls."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

from .bounds import Limits, Refused
from .writing import Writer


class TableParser(HTMLParser):
    """Collects the outermost tables of a page; spanned cells stay empty."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(convert_charrefs=True)
        self.limits = limits
        self.tables: list[dict[int, dict[int, str]]] = []
        self.merged: list[list[list[int]]] = []
        self.depth = self.line = self.column = self.skipped = 0
        self.lines = 0
        self.taken: set[tuple[int, int]] = set()
        self.text: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style"):
            self.skipped += 1
        elif tag == "table":
            self.depth += 1
            if self.depth == 1:
                self._begin_table()
        elif self.depth == 1 and tag == "tr":
            self._close_cell()
            self.line, self.column = self.line + 1, 0
            self.lines += 1
            if self.lines > self.limits.lines:
                raise Refused("too_many_rows")
        elif self.depth == 1 and tag in ("td", "th"):
            self._begin_cell(dict(attrs))
        elif tag in ("br", "p", "div") and self.text:
            self.text.append(" ")

    def _begin_table(self) -> None:
        self.tables.append({})
        self.merged.append([])
        self.taken, self.line, self.column = set(), 0, 0
        if len(self.tables) > self.limits.sheets:
            raise Refused("too_many_sheets")

    def _begin_cell(self, attributes: dict[str, str | None]) -> None:
        self._close_cell()
        self.line = max(self.line, 1)
        self.column += 1
        while (self.line, self.column) in self.taken:
            self.column += 1
        if self.column > self.limits.columns:
            raise Refused("too_many_columns")
        right = self.column + min(_span(attributes, "colspan"), self.limits.columns) - 1
        bottom = self.line + min(_span(attributes, "rowspan"), 1_000) - 1
        if (right, bottom) != (self.column, self.line):
            self.merged[-1].append([self.line, self.column, bottom, right])
            self.taken.update((y, x) for y in range(self.line, bottom + 1) for x in range(self.column, right + 1))
            if len(self.taken) > 200_000:
                raise Refused("dimension")
        self.text = []
        self.place = (self.line, self.column)

    def _close_cell(self) -> None:
        if self.text is None:
            return
        text = " ".join("".join(self.text).split())
        if text:
            line, column = self.place
            self.tables[-1].setdefault(line, {})[column] = text
        self.text = None

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self.skipped = max(0, self.skipped - 1)
        elif tag in ("td", "th", "tr") and self.depth == 1:
            self._close_cell()
        elif tag == "table" and self.depth:
            if self.depth == 1:
                self._close_cell()
            self.depth -= 1

    def handle_data(self, data: str) -> None:
        if self.text is not None and not self.skipped:
            self.text.append(data)


def _span(attributes: dict[str, str | None], name: str) -> int:
    text = attributes.get(name) or "1"
    return max(1, int(text)) if re.fullmatch("[0-9]{1,7}", text) else 1


def read_html(content: bytes, writer: Writer, limits: Limits) -> None:
    """Print the tables of a page (UTF-8) that hold something."""
    parser = TableParser(limits)
    parser.feed(content.decode())
    parser.close()
    found = [(cells, merged) for cells, merged in zip(parser.tables, parser.merged, strict=True) if cells]
    if not found:
        raise Refused("no_table")
    for place, (cells, merged) in enumerate(found, start=1):
        writer.sheet(f"Table {place}", False, _dense(cells), 0, {"merged": merged})


def _dense(cells: dict[int, dict[int, str]]) -> Iterator[list[Any]]:
    for line in range(1, max(cells) + 1):
        row = cells.get(line, {})
        yield [row.get(column, "") for column in range(1, max(row, default=0) + 1)]
