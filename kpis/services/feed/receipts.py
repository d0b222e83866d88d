"""The receipt of a submission: its number, and the totals its sender compares with a report of their own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, localcontext
from itertools import islice
from typing import Any

from django.conf import settings
from django.db import connection

from kpis.calc.rounding import EXACT
from kpis.models import Submission
from kpis.services.feed.body import Body
from kpis.services.feed.facts import CleanRow, Document, Maker, MeasureRule
from kpis.services.feed.merging import Merged
from kpis.services.feed.results import SubmissionResult
from vendors.clock import local_date

_NEXT = """
INSERT INTO kpis_receiptcounter (date, last) VALUES (%s, 1)
ON CONFLICT (date) DO UPDATE SET last = kpis_receiptcounter.last + 1 RETURNING last
"""

MOST_CHANGES = 100
"""Replaced values an answer lists; all are kept as revisions."""

Totals = dict[str, str]
"""By measure: the sum as a decimal string."""


def next_number(now: datetime) -> str:
    """Return the next receipt number of the day: ``2026-1125-0042``.

    Holds the day's counter until the transaction ends, so take it last: then nobody waits for more than a
    commit, and a submission that fails leaves no gap.
    """
    day = local_date(now, settings.TIME_ZONE)
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, [day.isoformat() if connection.vendor == "sqlite" else day])
        return f"{day:%Y-%m%d}-{cursor.fetchone()[0]:04}"


def write(body: Body, vendors: Sequence[int], result: SubmissionResult) -> None:
    """Keep the receipt of what was stored of a body for ``vendors``; it names who sent it, and who confirmed it."""
    maker = body.maker or Maker(body.actor.label, body.actor.user_id, body.actor.api_key_id)
    Submission.objects.bulk_create(
        [
            Submission(
                id=result.id,
                number=result.number,
                vendor_id=vendors[0] if len(vendors) == 1 else None,
                received_at=body.now,
                submitted_by=maker.label,
                confirmed_by=body.actor.label if body.maker else None,
                api_key_id=maker.api_key_id,
                user_id=maker.user_id,
                way=body.way,
                note=body.note,
                reason=body.reason or None,
                body_hash=body.body_hash,
                file_name=body.file_name or None,
                row_count=result.rows,
                result=result.as_kept(),
                profile_version_id=body.source.profile_version_id,
                derived=list(body.source.derived) or None,
            )
        ]
    )


def totals_of(rows: Iterable[Document]) -> Totals:
    """Return the sum of every measure over the values of rows; withdrawn values and histograms left out."""
    # Rows of one file have the same columns nearly always: summed column by column that is several times faster.
    columns: dict[tuple[str, ...], list[tuple[Any, ...]]] = defaultdict(list)
    for row in rows:
        columns[tuple(row)].append(tuple(row.values()))
    sums: dict[str, Any] = {}
    with localcontext(EXACT):
        for codes, values in columns.items():
            for code, column in zip(codes, zip(*values, strict=True), strict=True):
                total = _sum(column)
                if total is not None:
                    sums[code] = sums.get(code, 0) + total
    return {code: f"{Decimal(total):f}" for code, total in sorted(sums.items())}


def _sum(column: tuple[Any, ...]) -> Any:
    try:
        return sum(column)
    except TypeError:
        numbers = [value if isinstance(value, int) else Decimal(value) for value in column if _is_number(value)]
        return sum(numbers) if numbers else None


def _is_number(value: object) -> bool:
    return isinstance(value, int | str)


def spans_of(rows: Iterable[CleanRow]) -> dict[int, tuple[date, date]]:
    """Return the first and the last day the rows report for each contract; a month counts as its first day."""
    days: dict[int, set[date]] = defaultdict(set)
    for row in rows:
        days[row.contract_id].add(row.key.date)
    return {contract: (min(found), max(found)) for contract, found in sorted(days.items())}


def changes_of(merged: Iterable[Merged], rules: Mapping[str, MeasureRule]) -> list[dict[str, Any]]:
    """Return the first values that would replace others, with the names of their measures; null is not reported."""
    found = (
        {
            "queue": day.row.queue.code,
            "date": day.row.key.date,
            "measure": rules[code].name,
            "old": old,
            "new": new,
        }
        for day in merged
        for code, (old, new, revision) in day.changes.items()
        if revision > 1
    )
    return list(islice(found, MOST_CHANGES))
