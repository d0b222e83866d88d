"""Sheets of several vendors as they are read, for the tests of what is proposed for them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from kpis.imports.grids import Record, Sheet, Workbook
from kpis.imports.joining import joined
from kpis.imports.kinds import FileKind
from kpis.imports.opening import open_sample
from kpis.imports.proposals import Proposal
from kpis.imports.proposing import propose
from tests.cast import Cast
from tests.make import make_actor, make_queue
from vendors.choices import Channel, Role

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
OURS, THEIRS, CHAT = "hanbit-order-voice", "narae-order-voice", "hanbit-chat"
OCTOBER = date(2026, 10, 1)


def make_chat(cast: Cast) -> Any:
    """Call both queues of orders so, and make a queue of chats beside the first."""
    for queue in (cast.queue, cast.other_queue):
        queue.name, queue.service = "주문 전화", "order"
        queue.save()
    return make_queue(cast.contract, CHAT, name="채팅 상담", service="care", channel=Channel.CHAT)


def proposed(text: str, month: date | None = OCTOBER) -> Proposal:
    grid, delimiter = open_sample(text.encode())
    return propose(grid, actor=make_actor(Role.MANAGER), vendor=None, now=NOW, delimiter=delimiter, month=month)


def workbook(sheets: dict[str, list[list[Any]]]) -> Workbook:
    """Return a workbook of sheets as a file of them is read."""
    found = []
    for name, lines in sheets.items():
        records = [Record(line, [str(cell) for cell in cells]) for line, cells in enumerate(lines, 1)]
        found.append(Sheet(name=name, is_hidden=False, rows=records))
    return Workbook(FileKind.XLSX, found)


def rows(proposal: Proposal) -> list[tuple[str, str, dict[str, Any]]]:
    assert proposal.trial is not None
    assert not proposal.trial.errors
    return [(row["queue"], row.get("month") or row["date"], row["measures"]) for row in proposal.trial.preview]


def read_together(book: Workbook) -> Proposal:
    grid = joined(book, [sheet.name for sheet in book.sheets])
    return propose(grid, actor=make_actor(Role.MANAGER), vendor=None, now=NOW)
