"""Plans of departments: broadcast schedules, promotions and releases as a table (CSV, paste) or a calendar (ICS).

A table has a header with ``title``, ``starts_at``, ``ends_at`` and, as wanted, ``kind``, ``services``,
``expected_percent`` and ``uid``, in English or Korean. A moment without a zone is local; a date alone is the whole day.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kpis.choices import FactorKind
from kpis.imports.encodings import decode
from kpis.imports.tables import table_of
from kpis.imports.words import plain
from kpis.imports.workbooks import read_workbook
from kpis.services.factors.planning import PlannedRow
from vendors.errors import Invalid, RowError, TooLarge, cut

MOST_ROWS = 200
LONGEST_TITLE = 200
FIRST_YEAR, LAST_YEAR = 2000, 2100
COLUMNS = {
    "title": ("title", "name", "summary", "제목", "일정", "일정명", "내용", "프로그램"),
    "kind": ("kind", "type", "종류", "구분", "유형"),
    "starts_at": ("starts_at", "start", "begins", "from", "시작", "시작일시", "시작일", "방송시작"),
    "ends_at": ("ends_at", "end", "ends", "until", "to", "종료", "종료일시", "종료일", "방송종료"),
    "services": ("services", "service", "queues", "업무", "업무그룹", "대상업무"),
    "expected_percent": ("expected_percent", "expected", "percent", "예상변화", "예상콜변화", "예상증감", "예상증가율"),
    "uid": ("uid", "id", "번호", "식별자", "일정번호"),
}
NEEDED = {"title": gettext_lazy("Title"), "starts_at": gettext_lazy("Begins"), "ends_at": gettext_lazy("Ends")}
"""What a table must have, by the name a reader knows it under; each is also a word of :data:`COLUMNS`."""
_COLUMN = {plain(word): name for name, words in COLUMNS.items() for word in words}
_SEPARATORS = re.compile(r"[;|/\n]")
_PERCENT = re.compile(r"[+]?(-?[0-9]{1,4}) ?%?")
_CALENDAR = re.compile(rb"(?:\xef\xbb\xbf)?\s*BEGIN:VCALENDAR", re.IGNORECASE)


@dataclass(slots=True)
class Plan:
    """The events of a file, and what in it could not be read, with the cure."""

    rows: list[PlannedRow] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)


def read_plan(body: bytes) -> Plan:
    """Read a calendar or a table; raises Invalid or TooLarge where it is neither, has no row or more than 200."""
    return _calendar(body) if _CALENDAR.match(body) else _table(body)


def _table(body: bytes) -> Plan:
    tab = "\t" if b"\t" in body and not body.startswith(b"PK") else None
    table = table_of(read_workbook(body, delimiter=tab), is_header=_is_header)
    columns = {_COLUMN[plain(cell)]: place for place, cell in enumerate(table.header) if plain(cell) in _COLUMN}
    missing = [name for name in NEEDED if name not in columns]
    if missing:
        text = _("The first line names the columns; “%(name)s” is missing.") % {"name": NEEDED[missing[0]]}
        raise Invalid("missing_column", text, [RowError("missing_column", text, missing[0], 1)])
    _check_number(len(table.records))
    found = Plan(errors=list(table.errors))
    for record in table.records:
        cells = {name: record.cells[place].strip() for name, place in columns.items()}
        _add(found, record.line, lambda line=record.line, cells=cells: _row(line, cells))
    return found


def _is_header(cells: Iterable[str]) -> bool:
    return {"title", "starts_at"} <= {_COLUMN.get(plain(cell), "") for cell in cells}


def _row(line: int, cells: Mapping[str, str]) -> PlannedRow:
    return PlannedRow(
        row=line,
        title=_title(cells["title"]),
        starts_at=_moment(cells["starts_at"], "starts_at"),
        ends_at=_moment(cells["ends_at"], "ends_at", is_end=True),
        kind=_kind(cells.get("kind", "")),
        services=_services(_SEPARATORS.split(cells.get("services", ""))),
        expected_percent=_percent(cells.get("expected_percent", "")),
        uid=cells.get("uid", "")[:200],
    )


def _calendar(body: bytes) -> Plan:
    text, _encoding = decode(body)
    try:
        events = list(icalendar.Calendar.from_ical(text).walk("VEVENT"))
    except (ValueError, KeyError, IndexError, RecursionError) as error:
        detail = _("This calendar cannot be read; export it anew as an .ics file.")
        raise Invalid("ics_syntax", detail, [RowError("ics_syntax", detail, "text")]) from error
    events = [event for event in events if str(event.get("STATUS", "")).upper() != "CANCELLED"]
    _check_number(len(events))
    found = Plan()
    for number, event in enumerate(events, 1):
        _add(found, number, lambda number=number, event=event: _event(number, event))
    return found


def _event(number: int, event: Any) -> PlannedRow:
    if "RRULE" in event or "RDATE" in event:
        raise _wrong("recurring", _("It recurs; export the single dates, or write them as a table."), "starts_at")
    starts, ends = _property(event, "DTSTART"), _property(event, "DTEND")
    if starts is None:
        raise _wrong("required", _("It has no beginning."), "starts_at")
    if ends is None:
        length = _property(event, "DURATION")
        ends = starts + (length if isinstance(length, timedelta) else _usual_length(starts))
    words = [str(word) for one in _listed(event.get("CATEGORIES")) for word in getattr(one, "cats", [one])]
    kinds = [kind for word in words if (kind := _known_kind(word))]
    uid, recurrence = str(event.get("UID", "")).strip(), _property(event, "RECURRENCE-ID")
    return PlannedRow(
        row=number,
        title=_title(str(event.get("SUMMARY", ""))),
        starts_at=_aware(starts, "starts_at"),
        ends_at=_aware(ends, "ends_at"),
        kind=kinds[0] if kinds else "",
        services=_services(word for word in words if not _known_kind(word)),
        uid=f"{uid} {recurrence or ''}".strip()[:200],
    )


def _property(event: Any, name: str) -> Any:
    """Return a property's moment, day or length; null where it is absent. Raises ValueError."""
    value = event.get(name)
    if value is None:
        return None
    return value.dt


def _usual_length(starts: date) -> timedelta:
    """Return how long an event without an end is: a day where it is one, else an hour."""
    return timedelta(hours=1) if isinstance(starts, datetime) else timedelta(days=1)


def _listed(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]


def _add(found: Plan, row: int, read: Any) -> None:
    try:
        found.rows.append(read())
    except Invalid as error:
        found.errors += [RowError(one.code, one.detail, one.field, row) for one in error.errors]
    except (ValueError, TypeError, OverflowError):
        # A property of a calendar that is broken says so when it is read.
        found.errors.append(RowError("bad_moment", _("The time cannot be read."), "starts_at", row))


def _title(text: str) -> str:
    title = " ".join(text.split())
    if not title:
        raise _wrong("required", _("It has no title."), "title")
    if len(title) > LONGEST_TITLE:
        raise _wrong("too_long", _("A title has at most %(most)s characters.") % {"most": LONGEST_TITLE}, "title")
    return title


def _moment(text: str, name: str, *, is_end: bool = False) -> datetime:
    written = text.strip().replace(".", "-").replace("/", "-") if text[:4].isdigit() else text
    try:
        if len(written) == len("2026-12-01"):
            day = date.fromisoformat(written)
            # The end of a whole day is the beginning of the next one.
            return _aware(day + timedelta(days=1) if is_end else day, name)
        return _aware(datetime.fromisoformat(written), name)
    except (ValueError, OverflowError):
        text = _("Write the time as 2026-12-01 20:00, or a day as 2026-12-01; “%(given)s” is neither.")
        raise _wrong("bad_moment", text % {"given": cut(written)}, name) from None


def _aware(given: date, name: str) -> datetime:
    moment = given if isinstance(given, datetime) else datetime.combine(given, time.min)
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        text = _("The year lies between %(first)s and %(last)s.") % {"first": FIRST_YEAR, "last": LAST_YEAR}
        raise _wrong("bad_moment", text, name)
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(settings.TIME_ZONE))


def _kind(text: str) -> str:
    if not text:
        return ""
    kind = _known_kind(text)
    if not kind:
        words = ", ".join(FactorKind.values)
        raise _wrong("invalid_choice", _("Choose one of: %(choices)s.") % {"choices": words}, "kind")
    return kind


def _known_kind(text: str) -> str:
    """Return the kind a word names in either language; nothing where it names none."""
    for language in ("en", "ko"):
        with translation.override(language):
            for value, label in FactorKind.choices:
                if plain(text) in (plain(value), plain(str(label))):
                    return str(value)
    return ""


def _services(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word.strip() for word in words if word.strip()))


def _percent(text: str) -> int | None:
    if not text:
        return None
    found = _PERCENT.fullmatch(text)
    if found is None or not -100 <= int(found[1]) <= 1000:
        raise _wrong("out_of_range", _("Write a whole number from -100 to 1000, such as +30."), "expected_percent")
    return int(found[1])


def _check_number(rows: int) -> None:
    if not rows:
        raise Invalid("no_rows", _("There is nothing in it: no event was found."))
    if rows > MOST_ROWS:
        raise TooLarge("too_many_rows", _("At most %(most)s events at once.") % {"most": MOST_ROWS})


def _wrong(code: str, detail: str, name: str) -> Invalid:
    return Invalid(code, detail, [RowError(code, detail, name)])
