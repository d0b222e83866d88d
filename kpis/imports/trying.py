"""A dry run of a file through a layout: the first rows as they would be stored, and everything the checks would say."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.conf import settings

from kpis.imports.joining import grid_for
from kpis.imports.layouts import FeedRows, Layout, read_layout
from kpis.imports.opening import Grid, open_as
from kpis.imports.profiles import newest
from kpis.imports.reading import rows_of
from kpis.models import ImportProfile
from kpis.services.feed.numbers import BadNumber, stored
from kpis.services.submissions import MOST_FILE_ROWS, submit
from vendors.actors import Actor
from vendors.clock import local_date
from vendors.errors import DomainError, RowError

MOST_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Trial:
    """What a file would become. ``rows`` counts queue-days, ``skipped`` lines left out by reason."""

    rows: int = 0
    preview: Sequence[Mapping[str, Any]] = ()
    skipped: Mapping[str, int] = field(default_factory=dict)
    derived: Sequence[str] = ()
    measures: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """What the file holds figures of, by queue."""
    changed: int = 0
    """How many values would replace others that are stored."""
    totals: Mapping[str, str] = field(default_factory=dict)
    """By measure, the sum of the file."""
    warnings: Sequence[RowError] = ()
    errors: Sequence[RowError] = ()

    def as_dict(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "preview": list(self.preview),
            "skipped": dict(self.skipped),
            "derived": list(self.derived),
            "warnings": [warning.as_dict() for warning in self.warnings],
            "errors": [error.as_dict() for error in self.errors],
        }


def try_profile(
    content: bytes,
    profile: ImportProfile,
    *,
    actor: Actor,
    now: datetime,
    encoding: str | None = None,
    filename: str = "",
) -> Trial:
    """Read a file through a profile with all checks and store nothing; raise as reading does where it does not fit."""
    layout = read_layout(newest(profile).mapping)
    book = open_as(content, layout, encoding=encoding, filename=filename)
    return try_layout(layout, grid_for(book, layout), actor=actor, now=now)


def try_layout(layout: Layout, grid: Grid, *, actor: Actor, now: datetime) -> Trial:
    """Read a grid through a layout with all checks and store nothing; raise Invalid where the two do not fit."""
    feed = rows_of(layout, grid, today=local_date(now, settings.TIME_ZONE))
    return Trial(
        rows=len(feed.rows),
        preview=[_shown(feed, at) for at in range(min(MOST_SHOWN, len(feed.rows)))],
        skipped=dict(Counter(reason for _line, reason in feed.skipped)),
        derived=feed.source.derived,
        measures=_held(feed),
        **_checked(feed, actor, now),
    )


def _checked(feed: FeedRows, actor: Actor, now: datetime) -> dict[str, Any]:
    """Return what submitting it would come to, as members of a trial."""
    try:
        result = submit(
            actor=actor,
            rows=feed.rows,
            numbers=feed.numbers,
            found=feed.errors,
            source=feed.source,
            now=now,
            dry_run=True,
            partial=True,
            most_rows=MOST_FILE_ROWS,
        )
    except DomainError as error:
        return {"errors": error.errors or [RowError(error.code, error.detail)]}
    return {name: getattr(result, name) for name in ("changed", "totals", "warnings", "errors")}


def _held(feed: FeedRows) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for row in feed.rows:
        found[row["queue"]].update(row["measures"])
    return {queue: frozenset(codes) for queue, codes in found.items()}


def _shown(feed: FeedRows, at: int) -> dict[str, Any]:
    row = feed.rows[at]
    sheet, line = feed.source.located(feed.numbers[at])
    key = {name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()}
    return {
        "line": line,
        **({"sheet": sheet} if sheet else {}),
        **key,
        "measures": {code: _stored(value) for code, value in row["measures"].items()},
    }


def _stored(value: Any) -> Any:
    try:
        return stored(value, whole=False)
    except BadNumber:
        return str(value)
