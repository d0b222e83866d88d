"""Months, named by their first day."""

from __future__ import annotations

from datetime import date, timedelta


def month_before(day: date) -> date:
    """Return the first day of the month before the one of ``day``."""
    return (day.replace(day=1) - timedelta(days=1)).replace(day=1)


def month_after(day: date) -> date:
    """Return the first day of the month after the one of ``day``: where that one ends, half-open."""
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)
