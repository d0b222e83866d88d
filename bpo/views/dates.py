"""Months and days as they stand in the addresses of pages."""

from __future__ import annotations

from datetime import date

from django.core.exceptions import BadRequest

FIRST_YEAR, LAST_YEAR = 2000, 2100
"""What pages show lies between these, and so do the days around it that they count with."""


def month_of(text: str) -> date | None:
    """Read ``2026-10``; nothing is no month. Raises BadRequest."""
    try:
        return day_of(f"{text}-01") if text else None
    except ValueError as error:
        raise BadRequest from error


def day_of(text: str) -> date:
    """Read ``2026-10-05``. Raises ValueError."""
    day = date.fromisoformat(text)
    if len(text) != len("2026-10-05") or not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(text)
    return day


def within_years(day: date) -> date | None:
    """Return a day that pages show, null for one beyond."""
    return day if FIRST_YEAR <= day.year <= LAST_YEAR else None
