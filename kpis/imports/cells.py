"""One cell of a foreign file, read as people write it: 1,234건, 3분 20초, 2026. 3. 2.(월), N/A.

Nothing is guessed: a notation with two readings (26.3.2, 3/2) needs the order that the profile names.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

BLANKS = frozenset(
    {"", "-", "--", "–", "—", "―", "n/a", "na", "#n/a", "null", "none", "nil", ".", "미집계", "해당없음"}
)
"""What stands in a cell where nothing was reported."""
UNITS = frozenset(
    {"건", "콜", "호", "통", "회", "명", "개", "원", "초", "점", "일", "件", "人"}
    | {"s", "sec", "secs", "seconds", "krw", "calls"}
)
SECONDS_A_DAY = 86_400
LONGEST = 64

_NUMBER = re.compile(
    r"(?P<sign>[-+]?)(?P<whole>[0-9]{1,3}(?:[, ][0-9]{3})+|[0-9]+)(?P<rest>\.[0-9]+)?(?:[eE](?P<e>[-+]?[0-9]{1,2}))?"
)
_CLOCK = re.compile(r"(?P<first>[0-9]{1,6}):(?P<second>[0-9]{1,2})(?::(?P<third>[0-9]{1,2}(?:\.[0-9]+)?))?")
_SPOKEN = re.compile(
    r"(?:(?P<h>[0-9]+)(?:시간|hrs?|h))?(?:(?P<m>[0-9]+)(?:분|min|m))?(?:(?P<s>[0-9]+(?:\.[0-9]+)?)(?:초|sec|s))?", re.I
)
_WEEKDAY = re.compile(
    r"[(\[]?(?:[월화수목금토일月火水木金土日]|mon|tue|wed|thu|fri|sat|sun)(?:요일|曜日|[a-z]*day)?[)\]]?\.?$", re.I
)
_TIME_OF_DAY = re.compile(r"[T ][0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?$")
_THREE = re.compile(r"([0-9]{1,4})(?:[./-]|년|年)([0-9]{1,2})(?:[./-]|월|月)([0-9]{1,4})(?:[.]|일|日)?")
_TWO = re.compile(r"([0-9]{1,4})(?:[./-]|년|年|월|月)([0-9]{1,2})(?:[.]|월|月|일|日)?")
_ONE = re.compile(r"([0-9]{1,2})(?:월|月)?")
ORDERS = ("ymd", "dmy", "mdy", "md", "dm", "excel")
_EPOCH = date(1899, 12, 30)


class BadCell(ValueError):
    """A cell that cannot be read as what its column holds. ``code`` says why."""

    def __init__(self, code: str, cell: str) -> None:
        super().__init__(code)
        self.code = code
        self.cell = cell[:50]


def plain_text(cell: str) -> str:
    """Return a cell in its plainest characters: full-width digits and signs as ASCII ones."""
    return cell if cell.isascii() else unicodedata.normalize("NFKC", cell).replace("−", "-").strip()


def is_blank(cell: str, more: Collection[str] = ()) -> bool:
    """Say whether a cell says that nothing was reported."""
    text = plain_text(cell).casefold()
    return text in BLANKS or text in more


def number(cell: str, decimal: str = ".") -> Decimal:
    """Read a number with thousands separators and the unit behind it: ``1,234건``, ``₩1,000``, ``12.5초``."""
    value, unit = _number_and_unit(cell, decimal)
    if unit and unit not in UNITS:
        raise BadCell("percent_sign" if unit == "%" else "not_a_number", cell)
    return value


def percent(cell: str, decimal: str = ".") -> Decimal:
    """Read a percentage, with its sign or without, as a share: ``91.2 %`` and ``91.2`` are 0.912."""
    value, unit = _number_and_unit(cell, decimal)
    if unit not in ("", "%"):
        raise BadCell("not_a_number", cell)
    return value / 100


def ratio(cell: str, decimal: str = ".") -> Decimal:
    """Read a share of one: ``0.912``; one with its sign, ``91.2 %``, is the same."""
    value, unit = _number_and_unit(cell, decimal)
    if unit not in ("", "%"):
        raise BadCell("not_a_number", cell)
    return value / 100 if unit else value


def duration(cell: str, decimal: str = ".") -> Decimal:
    """Read seconds: ``1:02:03``, ``2:03`` (minutes and seconds), ``3분 20초``, or a plain number of seconds."""
    return _duration(cell, decimal, two=(60, 1))


def hours_minutes(cell: str, decimal: str = ".") -> Decimal:
    """Read seconds as :func:`duration` does, except that two parts are hours and minutes."""
    return _duration(cell, decimal, two=(3600, 60))


def day_fraction(cell: str, decimal: str = ".") -> Decimal:
    """Read a time as a spreadsheet keeps it, a fraction of a day, as whole seconds half up."""
    return (number(cell, decimal) * SECONDS_A_DAY).quantize(Decimal(1), ROUND_HALF_UP)


KINDS: dict[str, Callable[[str, str], Decimal]] = {
    "number": number,
    "percent": percent,
    "ratio": ratio,
    "duration": duration,
    "hours_minutes": hours_minutes,
    "day_fraction": day_fraction,
}


def _number_and_unit(cell: str, decimal: str) -> tuple[Decimal, str]:
    text = plain_text(cell).lstrip("₩$\\ ")
    if decimal == ",":
        text = text.replace(".", " ").replace(",", ".")
    match = _NUMBER.match(text)
    if match is None or len(text) > LONGEST:
        raise BadCell("number_too_long" if len(text) > LONGEST else "not_a_number", cell)
    digits = re.sub("[, ]", "", match["whole"])
    value = Decimal(f"{match['sign']}{digits}{match['rest'] or ''}{'E' + match['e'] if match['e'] else ''}")
    return value, text[match.end() :].strip().casefold()


def _duration(cell: str, decimal: str, *, two: tuple[int, int]) -> Decimal:
    text = re.sub(r"\s+", "", plain_text(cell))
    clock = _CLOCK.fullmatch(text)
    if clock:
        return _on_the_clock(clock, two)
    spoken = _SPOKEN.fullmatch(text)
    if spoken and any(spoken.groups()):
        return Decimal(spoken["h"] or 0) * 3600 + Decimal(spoken["m"] or 0) * 60 + Decimal(spoken["s"] or 0)
    return number(cell, decimal)


def _on_the_clock(match: re.Match[str], two: tuple[int, int]) -> Decimal:
    first, second = int(match["first"]), int(match["second"])
    third = Decimal(match["third"] or 0)
    if second >= 60 or third >= 60:
        raise BadCell("bad_duration", match.string)
    if match["third"] is None:
        return Decimal(first * two[0] + second * two[1])
    return first * 3600 + second * 60 + third


@lru_cache(maxsize=4096)
def day(cell: str, order: str | None = None, year: int | None = None, today: date | None = None) -> date:
    """Read a day: ISO, 2026년 3월 2일, 2026. 3. 2.(월), 2026/3/2, 20260302; others by ``order`` or strptime's codes.

    ``order`` is one of :data:`ORDERS`: which part comes first, ``excel`` the number of days a spreadsheet counts; what
    is clear by itself is read whatever it says.
    A day without its year (``md``, ``dm``, 3월 2일) is of ``year``; where that is left out, it is the newest that is
    not after ``today``. Two-digit years are of this century. Raises :class:`BadCell`.
    """
    text = plain_text(cell)
    # Only a day that names its month may lack its year here: 3/2 is not read otherwise than the order says.
    for named, of_year in ((order, year), *([(None, year if _names_month(text) else None)] if order else ())):
        with suppress(ValueError, ArithmeticError):
            return _day(text, named, of_year, today)
    raise BadCell("bad_date", cell)


def _day(text: str, order: str | None, year: int | None, today: date | None) -> date:
    if order and "%" in order:
        return datetime.strptime(text, order).date()  # noqa: DTZ007 - only its date is kept
    if order == "excel":
        return _EPOCH + timedelta(days=int(Decimal(text)))
    text = re.sub(r"\s+", "", _WEEKDAY.sub("", _TIME_OF_DAY.sub("", text).strip()))
    if re.fullmatch("[0-9]{8}", text) and order in (None, "ymd"):
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    match = _THREE.fullmatch(text)
    if match:
        return _ordered(match.groups(), order)
    pair = _TWO.fullmatch(text)
    if pair is None or order not in (None, "md", "dm"):
        raise ValueError(text)
    parts = [int(part) for part in pair.groups()]
    first, second = reversed(parts) if order == "dm" else parts
    if year is not None:
        return date(year, first, second)
    if today is None or not (order or _names_month(text)):
        raise ValueError(text)
    return _newest(first, second, today)


def _names_month(text: str) -> bool:
    """Say whether a date says itself which of its numbers is the month."""
    return "월" in text or "月" in text


def _newest(month: int, day: int, today: date) -> date:
    """Return the newest day of this name that is not after ``today``; 29 February may lie eight years back."""
    for year in range(today.year, today.year - 9, -1):
        with suppress(ValueError):
            found = date(year, month, day)
            if found <= today:
                return found
    raise ValueError(month, day)


def _ordered(parts: tuple[str, ...], order: str | None) -> date:
    if len(parts[0]) == 4:
        order = "ymd"
    if order not in ("ymd", "dmy", "mdy"):
        raise ValueError(parts)
    named = dict(zip(order, parts, strict=True))
    if len(named["y"]) not in (2, 4):
        raise ValueError(parts)
    return date(int(named["y"]) + (2000 if len(named["y"]) == 2 else 0), int(named["m"]), int(named["d"]))


@lru_cache(maxsize=1024)
def month(cell: str, order: str | None = None, year: int | None = None, today: date | None = None) -> str:
    """Read a month as ``2025-10``: 2025.10, 2025년 10월, 202510, 25.10 (``ymd``), 10월 as :func:`day` finds a year.

    A day stands for its month where it is the first, as spreadsheets keep months. Raises :class:`BadCell`.
    """
    text = re.sub(r"\s+", "", plain_text(cell))
    match = re.fullmatch("([0-9]{4})([0-9]{2})", text) or _TWO.fullmatch(text)
    try:
        if match and (len(match[1]) == 4 or (order == "ymd" and len(match[1]) == 2)):
            return f"{date(int(match[1]) + (0 if len(match[1]) == 4 else 2000), int(match[2]), 1):%Y-%m}"
        alone = _ONE.fullmatch(text)
        if alone and year:
            return f"{date(year, int(alone[1]), 1):%Y-%m}"
        if alone and today and _names_month(text):
            return f"{_newest(int(alone[1]), 1, today):%Y-%m}"
        first = day(cell, order, year, today)
    except (ValueError, ArithmeticError):
        raise BadCell("bad_date", cell) from None
    if first.day != 1:
        raise BadCell("bad_date", cell)
    return f"{first:%Y-%m}"
