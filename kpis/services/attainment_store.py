"""Writes attainments in one statement, sorted by their key so that two writers never wait in a circle."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

import msgspec

from kpis.models import Attainment
from vendors import bulk

KEY = ("series_id", "start")


class AttainmentRow(msgspec.Struct, gc=False):
    """One attainment as it is stored: the columns of :class:`kpis.models.Attainment` but its explanation."""

    series_id: int
    start: date
    end: date
    value: Decimal | None
    adjusted_value: Decimal | None
    target: Decimal | None
    minimum: Decimal | None
    weight: Decimal | None
    attainment: Decimal | None
    score: Decimal | None
    status: str
    flags: list[str]
    volume: Decimal
    days_expected: int
    days_reported: int
    input_hash: str
    computed_at: datetime


Explained = tuple[AttainmentRow, bytes]
"""An attainment and its explanation as JSON text."""
_WRITTEN = (*(name for name in AttainmentRow.__struct_fields__ if name not in KEY), "explanation")


def store_attainments(rows: Sequence[Explained]) -> None:
    """Insert the attainments, or replace those of the same series and period."""
    ordered = sorted(rows, key=lambda row: (row[0].series_id, row[0].start))
    texts = [text for _row, text in ordered]
    bulk.store(Attainment, [row for row, _text in ordered], key=KEY, update=_WRITTEN, documents=("explanation", texts))
