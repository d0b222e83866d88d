"""The value of a cell becomes text."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

MARGINS = " \t\r\n\u00a0"


def shown(value: Any) -> str:
    """Return a cell's value as text: ISO dates, H:MM:SS, plain decimals of at most 15 digits."""
    if isinstance(value, str):
        return value.strip(MARGINS)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return number(value)
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return duration(
            timedelta(hours=value.hour, minutes=value.minute, seconds=value.second + value.microsecond / 1e6)
        )
    return duration(value) if isinstance(value, timedelta) else ""


def number(value: float) -> str:
    """Return a number as Excel keeps it (15 digits), without exponent and float noise."""
    if isinstance(value, float) and not value.is_integer():
        text = format(value, ".15g")
        if "e" in text:
            text = format(value, f".{max(0, 14 - int(text.partition('e')[2]))}f").rstrip("0").rstrip(".")
        return text if text.strip("-0.") else "0"
    if abs(value) < 1e15:
        return str(int(value))
    digits, _e, power = format(value, ".14e").partition("e")
    return str(int(digits.replace(".", "")) * 10 ** (int(power) - 14))


def moment(value: datetime) -> str:
    """Return a date, or a date and time to the second; the last millisecond of a day stays on that day."""
    if value.microsecond >= 999_500:
        value = value.replace(microsecond=0) + timedelta(seconds=1)
    value = value.replace(microsecond=0, tzinfo=None)
    return value.date().isoformat() if value.time() == time(0) else value.isoformat(sep=" ")


def duration(value: timedelta) -> str:
    """Return ``H:MM:SS``, rounded to the second."""
    seconds = round(abs(value).total_seconds())
    sign = "-" if value < timedelta(0) and seconds else ""
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
