"""Holds rows against the context. Every bad row is named, with the field, a code and the cure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from django.utils.translation import gettext as _

from kpis.services.feed import wording
from kpis.services.feed.facts import CleanRow, Context, Document, Key, MeasureRule, Problems, QueueFacts
from kpis.services.feed.histograms import BadCounts, read_counts
from kpis.services.feed.numbers import LARGEST, BadNumber, is_blank, stored

ROW_FIELDS = ("queue", "date", "month", "measures")

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_AGENT = re.compile(
    r"(agent|operator|employee|staff|counsell?or|advisor|user|person|worker)s?(_?(id|ids|no|nr|number|name|code|email))?"
    r"|login(_?id)?|emp_?(id|no)|상담사.*|상담원.*|사번|직원.*"
)


class Validator:
    """Reads the rows of one body in order; :attr:`problems` and :attr:`warnings` collect what it meets."""

    def __init__(self, context: Context, row_word: str = "row") -> None:
        self.context = context
        self.problems = Problems()
        self.warnings = Problems()
        self.row_word = row_word
        self._seen: dict[Key, int] = {}
        self._grains: dict[tuple[int, int, int], bool] = {}
        self._days: dict[str, date] = {}
        self._suggestions: dict[str, tuple[str, str | None]] = {}

    def clean(self, rows: Sequence[object], numbers: Sequence[int] | None = None) -> list[CleanRow]:
        """Return the rows that are good in themselves; relations are checked after merging."""
        found = []
        for index, row in enumerate(rows):
            cleaned = self._row(row, numbers[index] if numbers else index)
            if cleaned is not None:
                found.append(cleaned)
        return found

    def _row(self, row: object, number: int) -> CleanRow | None:
        if not isinstance(row, Mapping):
            self.problems.add(number, None, "row_not_object", _("Each row is an object with queue, date and measures."))
            return None
        before = self.problems.count
        self._check_fields(row, number)
        queue = self._queue(row.get("queue"), number)
        day, is_month = self._date(row, number)
        values = self._values(row.get("measures"), number, day)
        contract = self._contract(queue, day, is_month, number) if queue and day else None
        if queue and day and contract is not None and values is not None:
            self._check_provided(contract, day, values, number)
        if self.problems.count > before or not (queue and day and values and contract is not None):
            return None
        key = Key(queue.id, day, is_month)
        if not self._is_first(key, number, queue):
            return None
        self._warn_if_closed(queue, key, values, number)
        return CleanRow(number=number, key=key, queue=queue, contract_id=contract, values=values)

    # The row's own fields --------------------------------------------------------------------------
    def _check_fields(self, row: Mapping[str, object], number: int) -> None:
        for name in row:
            if name in ROW_FIELDS:
                continue
            shown = wording.cut(name)
            if is_agent_field(name):
                self.problems.add(number, shown, "agent_field", wording.agent_field())
            else:
                text = wording.unknown("field", shown, ROW_FIELDS)
                self.problems.add(number, shown, "unknown_field", text, found=shown)

    def _queue(self, code: object, number: int) -> QueueFacts | None:
        queue = self.context.queues.get(code) if isinstance(code, str) else None
        if queue is not None:
            return queue
        if code is None:
            self.problems.add(number, "queue", "required", _("Name the queue by its code."))
        elif isinstance(code, str) and is_blank(code):
            self.problems.add(number, "queue", "blank", _("Name the queue by its code."))
        elif not isinstance(code, str) or code != code.strip():
            text = _("A queue's code is text without spaces around it.")
            self.problems.add(number, "queue", "code_format", text, found=code)
        else:
            text, near = self._unknown("queue", code)
            self.problems.add(number, "queue", "unknown_queue", text, found=code, expected=near)
        return None

    def _unknown(self, kind: str, code: str) -> tuple[str, str | None]:
        """Say that there is no such thing, and name the nearest of those the actor may know; found once a code."""
        name = f"{kind}:{wording.cut(code)}"
        if name not in self._suggestions:
            near = self._near(kind, code) if len(self._suggestions) < 50 else None
            self._suggestions[name] = wording.no_such(kind, code, near), near
        return self._suggestions[name]

    def _near(self, kind: str, code: str) -> str | None:
        if kind == "measure":
            return wording.nearest(code, tuple(self.context.measures.by_code))
        called = [known for known, name in self.context.known_queues.items() if name == code.strip()]
        return called[0] if len(called) == 1 else wording.nearest(code, tuple(self.context.known_queues))

    # Dates -----------------------------------------------------------------------------------------
    def _date(self, row: Mapping[str, object], number: int) -> tuple[date | None, bool]:
        raw, month = row.get("date"), row.get("month")
        if raw is not None and month is not None:
            self.problems.add(number, "month", "date_or_month", _("Give a date or a month, not both."))
            return None, False
        if month is not None:
            return self._month(month, number), True
        if type(raw) is date:
            return raw, False
        day = self._days.get(raw) if isinstance(raw, str) else None
        if day is None:
            day = self._new_day(raw, number)
        return day, False

    def _new_day(self, raw: object, number: int) -> date | None:
        if raw is None:
            self.problems.add(number, "date", "required", _("Give the date as 2026-03-02."))
            return None
        try:
            if not isinstance(raw, str) or not _DAY.fullmatch(raw):
                raise ValueError
            self._days[raw] = date.fromisoformat(raw)
        except ValueError:
            self.problems.add(number, "date", "bad_date", wording.bad_date(raw), found=raw, expected="YYYY-MM-DD")
            return None
        return self._days[raw]

    def _month(self, raw: object, number: int) -> date | None:
        try:
            if not isinstance(raw, str) or not _MONTH.fullmatch(raw):
                raise ValueError
            return date.fromisoformat(f"{raw}-01")
        except ValueError:
            text = _("Give the month as 2025-10.")
            self.problems.add(number, "month", "bad_date", text, found=raw, expected="YYYY-MM")
            return None

    def _contract(self, queue: QueueFacts, day: date, is_month: bool, number: int) -> int | None:
        """Return the contract of the queue-day, or note why the day cannot be reported."""
        field = "month" if is_month else "date"
        last = month_end(day) if is_month else day
        if last > queue.today or (is_month and last == queue.today):
            text = wording.future(day, queue, is_month)
            self.problems.add(number, field, "future_date", text, found=day, expected=f"<= {queue.today}")
            return None
        contract = queue.contract_on(day)
        if last < queue.opened_on or (contract is None and all(link[1] > day for link in queue.links)):
            self.problems.add(number, field, "before_contract", wording.before_contract(day, queue), found=day)
            return None
        if contract is None or (queue.closed_on and day > queue.closed_on):
            self.problems.add(number, field, "after_contract", wording.after_contract(day, queue), found=day)
            return None
        return contract

    # Values ----------------------------------------------------------------------------------------
    def _values(self, measures: object, number: int, day: date | None) -> Document | None:
        if not isinstance(measures, Mapping) or not measures:
            code = "required" if measures is None or measures == {} else "not_object"
            text = _('Give at least one figure, such as {"offered": 1200}.')
            self.problems.add(number, "measures", code, text)
            return None
        numbers, values = self.context.measures.numbers, {}
        for code, value in measures.items():
            if type(value) is int and 0 <= value <= LARGEST and code in numbers:
                values[code] = value
            else:
                self._slow_value(code, value, number, values, day)
        return values

    def _slow_value(self, code: str, value: object, number: int, values: Document, day: date | None) -> None:
        rule = self.context.measures.by_code.get(code)
        if rule is None:
            self._unknown_measure(code, number)
        elif rule.is_system:
            text = _("%(name)s is supplied by the service; leave it out.") % {"name": rule.name}
            self.problems.add(number, code, "system_measure", text)
        elif value is None:
            values[code] = None
        elif rule.is_histogram:
            self._histogram(rule, value, number, values, day)
        else:
            try:
                values[code] = stored(value, whole=rule.is_whole)
            except BadNumber as bad:
                text, wanted = wording.bad_number(bad.code, rule, value), wording.wanted_number(rule)
                self.problems.add(number, code, bad.code, text, found=value, expected=wanted)

    def _unknown_measure(self, code: str, number: int) -> None:
        shown = wording.cut(code)
        if is_agent_field(code):
            self.problems.add(number, shown, "agent_field", wording.agent_field())
        else:
            text, near = self._unknown("measure", code)
            self.problems.add(number, shown, "unknown_measure", text, found=shown, expected=near)

    def _histogram(self, rule: MeasureRule, value: object, number: int, values: Document, day: date | None) -> None:
        try:
            values[rule.code] = read_counts(rule, value, day)
        except BadCounts as bad:
            self.problems.add(number, rule.code, bad.code, bad.detail)

    # What the row is held against ------------------------------------------------------------------
    def _check_provided(self, contract: int, day: date, values: Document, number: int) -> None:
        for code, first, end in self.context.refused.get(contract, ()):
            if code in values and (first is None or first <= day) and (end is None or day < end):
                name = self.context.measures.by_code[code].name
                text = _("%(name)s is provided by somebody else under this contract; leave it out.") % {"name": name}
                self.problems.add(number, code, "measure_not_yours", text)

    def _is_first(self, key: Key, number: int, queue: QueueFacts) -> bool:
        """Note a row that repeats another of the body, or sets a month's total beside its days."""
        other = self._seen.setdefault(key, number)
        if other != number:
            places = self._place(other), self._place(number)
            text = wording.duplicate(self.row_word, *places, queue.code, key.date)
            self.problems.add(number, None, "duplicate_in_batch", text)
            return False
        month = (key.queue_id, key.date.year, key.date.month)
        if self._grains.setdefault(month, key.is_month) != key.is_month:
            text = wording.month_and_days(queue.code, key.date)
            self.problems.add(number, "month" if key.is_month else "date", "month_and_days", text)
            return False
        return True

    def _place(self, row: int) -> str:
        """Name a row as its sender finds it: by its sheet too, where several were read together."""
        sheet, line = self.problems.source.located(row) if self.problems.source else ("", row)
        return f"{sheet} {line}".strip()

    def _warn_if_closed(self, queue: QueueFacts, key: Key, values: Document, number: int) -> None:
        if key.is_month:
            return
        on_holiday = queue.observes_holidays and key.date in self.context.closed.get(queue.centre_id, ())
        if (on_holiday or key.date.isoweekday() not in queue.open_weekdays) and any(values.values()):
            text = _("%(queue)s is closed on %(date)s by its calendar; the figures are stored all the same.")
            filled = text % {"queue": queue.code, "date": key.date.isoformat()}
            self.warnings.add(number, "date", "holiday_value", filled)


def is_agent_field(name: object) -> bool:
    """Say whether a field would name one person; the service holds vendor-level figures only."""
    return isinstance(name, str) and _AGENT.fullmatch(name.strip().lower().replace("-", "_")) is not None


def month_end(first: date) -> date:
    """Return the last day of the month that begins on ``first``."""
    return (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
