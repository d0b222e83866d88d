"""Targets seen by month, and the versions that remain when months are given other values.

A version holds its values on ``[start, end)``; ``end`` null is until further notice. What somebody changes in a grid
of months is laid over what holds there; equal neighbours become one version again, so that twelve equal months are
one version and not twelve.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from kpis.calc.periods import Period, PeriodKind, periods_between

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Version:
    """What holds on ``[start, end)``. ``origin`` names the stored version it comes from, null for a new one."""

    start: date
    end: date | None
    values: Values
    origin: int | None = None
    is_changed: bool = False

    def touches(self, start: date, end: date | None) -> bool:
        """Say whether it holds on a day of ``[start, end)``."""
        return (end is None or self.start < end) and (self.end is None or self.end > start)


@dataclass(frozen=True, slots=True)
class Change:
    """Other values for the days of ``[start, end)``, over what holds there; ``values`` null is no target there."""

    start: date
    end: date | None
    values: Values | None


def months_of(year: int) -> tuple[Period, ...]:
    """Return the twelve months of a year."""
    return tuple(periods_between(PeriodKind.MONTH, date(year, 1, 1), date(year, 12, 31)))


def holding(versions: Iterable[Version], start: date, end: date) -> list[Version]:
    """Return the versions that hold on a day of ``[start, end)``, in order."""
    found = [version for version in versions if version.touches(start, end)]
    return sorted(found, key=lambda version: version.start)


def tail_end(versions: Sequence[Version], start: date, end: date) -> date | None:
    """Return until when a change of the period ``[start, end)`` goes on where it is not to stop with it.

    What held throughout goes on as far as it did; where nothing is planned on ``end``, until the next planned version;
    and no further than ``end`` where another version begins there.
    """
    after = holding(versions, end, date.max)
    if after and after[0].start < end:
        return after[0].end
    return after[0].start if after else None


def replanned(versions: Sequence[Version], changes: Iterable[Change], fresh: Values) -> tuple[Version, ...]:
    """Return the versions that remain once ``changes``, which do not overlap, are laid over ``versions``.

    Days on which nothing held begin with ``fresh``. Versions no change touches stay as they are.
    """
    pieces = list(versions)
    for change in changes:
        pieces = [piece for version in pieces for piece in _outside(version, change)] + _inside(pieces, change, fresh)
    return _joined(sorted(pieces, key=lambda version: version.start))


def _outside(version: Version, change: Change) -> list[Version]:
    if not version.touches(change.start, change.end):
        return [version]
    found = []
    if version.start < change.start:
        found.append(replace(version, end=change.start))
    if change.end is not None and (version.end is None or version.end > change.end):
        found.append(replace(version, start=change.end))
    return found


def _inside(versions: Sequence[Version], change: Change, fresh: Values) -> list[Version]:
    """Return what holds on the days of the change: the parts of versions, and what lay empty between them."""
    if change.values is None:
        return []
    found, at = [], change.start
    for version in holding(versions, change.start, change.end or date.max):
        if version.start > at:
            found.append(Version(at, version.start, {**fresh, **change.values}, is_changed=True))
        start = max(at, version.start)
        end = change.end if version.end is None else min(version.end, change.end or date.max)
        found.append(Version(start, end, {**version.values, **change.values}, version.origin, is_changed=True))
        if end is None:
            return found
        at = end
    if change.end is None or at < change.end:
        found.append(Version(at, change.end, {**fresh, **change.values}, is_changed=True))
    return found


def _joined(pieces: Sequence[Version]) -> tuple[Version, ...]:
    """Join neighbours of the same values; two versions that nobody changed stay two."""
    found: list[Version] = []
    for piece in pieces:
        before = found[-1] if found else None
        if before and before.end == piece.start and before.values == piece.values and _may_join(before, piece):
            found[-1] = replace(before, end=piece.end, is_changed=before.is_changed or piece.is_changed)
        else:
            found.append(piece)
    return tuple(found)


def _may_join(one: Version, other: Version) -> bool:
    return one.is_changed or other.is_changed or one.origin == other.origin
