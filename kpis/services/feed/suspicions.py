"""Warns of figures that are possible and unlikely: the sender may know better, so they are stored all the same.

Costs one query and a bounded time, whatever the body's size: the newest days of the body are compared, each with the
same weekday of eight weeks and with the two days before it; where too few of these are known, with the totals of the
twelve months before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _

from kpis.calc.facts import Number
from kpis.calc.plausibility import ENOUGH, Usual, far_off, far_off_means
from kpis.services.feed import storing
from kpis.services.feed.checking import as_pair
from kpis.services.feed.facts import CleanRow, Context, Document, Key, MeasureRule, Problems
from kpis.services.feed.month_history import MonthMeans, months_before

MOST_VALUES = 1_000
"""Values of one body that are compared; of more, those of its newest days."""
WEEKS = range(1, 9)
LEAST_SAME = 3
"""Measures that must all repeat the day before; one or two do so by chance."""
LEAST_COUNT = 50
"""A queue smaller than that repeats itself, and answers every call, without anybody's mistake."""
ROUND = 100
BACK = (timedelta(days=1), timedelta(days=2))

Days = Mapping[Key, Document]


@dataclass(frozen=True, slots=True)
class _Look:
    """One queue-day that is compared."""

    row: CleanRow
    values: Mapping[str, Number]
    days: Days

    def before(self, *spans: timedelta) -> list[Document]:
        """Return what was reported so long before; days without a report are left out."""
        keys = (Key(self.row.key.queue_id, self.row.key.date - span) for span in spans)
        return [self.days[key] for key in keys if key in self.days]

    def two_days_before(self) -> list[Document]:
        """Return the two days before, or nothing where one of them is not reported."""
        found = self.before(*BACK)
        return found if len(found) == len(BACK) else []


def warn(context: Context, rows: Sequence[CleanRow], warnings: Problems) -> None:
    """Note what is unlikely about the rows of a body."""
    chosen = list(_newest(rows))
    if not chosen:
        return
    days = _days(chosen, rows)
    means = MonthMeans(days, context.closed)
    pairs = [found for relation in context.measures.relations if relation.is_hard and (found := as_pair(relation))]
    for row in sorted(chosen, key=lambda row: row.number):
        look = _Look(row, _numbers(row.values), days)
        if all(value == 0 for value in look.values.values()):
            _warn_of_zeros(context, look, warnings)
            continue
        _warn_of_values_far_off(context, look, means, warnings)
        _warn_of_yesterday_again(look, warnings)
        _warn_of_round_numbers(context, look, warnings)
        _warn_of_the_whole(context, pairs, look, warnings)


def _newest(rows: Sequence[CleanRow]) -> Iterator[CleanRow]:
    left = MOST_VALUES
    for row in sorted((row for row in rows if not row.key.is_month), key=lambda row: row.key.date, reverse=True):
        left -= len(row.values)
        if left < 0:
            return
        if _numbers(row.values):
            yield row


def _days(chosen: Iterable[CleanRow], rows: Iterable[CleanRow]) -> dict[Key, Document]:
    """Return the days that are compared with: as they are stored, and as the body says where it holds them."""
    spans = [*(timedelta(weeks=week) for week in WEEKS), *BACK]
    wanted = {Key(row.key.queue_id, row.key.date - span) for row in chosen for span in spans}
    wanted |= {
        Key(row.key.queue_id, month, True) for row in chosen for month in months_before(row.key.date.replace(day=1))
    }
    days = {key: day.measures for key, day in storing.read_days(wanted).items()}
    return days | {row.key: {**days.get(row.key, {}), **row.values} for row in rows if row.key in wanted}


def _numbers(document: Document) -> dict[str, Number]:
    return {code: number for code, value in document.items() if (number := _number(value)) is not None}


def _number(value: Any) -> Number | None:
    """Return a value of a document as a number; null where it is none (withdrawn, a histogram)."""
    if type(value) is int:
        return value
    return Decimal(value) if isinstance(value, str) else None


def _warn_of_zeros(context: Context, look: _Look, warnings: Problems) -> None:
    row, earlier = look.row, look.before(*(timedelta(weeks=week) for week in WEEKS), *BACK)
    closed = row.key.date in context.closed.get(row.queue.centre_id, ())
    is_open = row.key.date.isoweekday() in row.queue.open_weekdays and not (closed and row.queue.observes_holidays)
    if not is_open or (earlier and not any(any(day.values()) for day in earlier)):
        return
    text = _(
        "%(queue)s reports nothing but zeros on %(date)s, a day it is open by its calendar. If nobody called, leave it;"
        " if the figures are not known yet, send null, and the day counts as not reported."
    )
    warnings.add(row.number, "measures", "zero_on_open_day", text % _place(row))


def _warn_of_values_far_off(context: Context, look: _Look, means: MonthMeans, warnings: Problems) -> None:
    same_weekday = look.before(*(timedelta(weeks=week) for week in WEEKS))
    for code, value in look.values.items():
        rule = context.measures.by_code[code]
        history = [number for day in same_weekday if (number := _number(day.get(code))) is not None]
        if len(history) < ENOUGH and rule.is_additive:
            _warn_beside_months(look, rule, value, means, warnings)
        elif usual := far_off(value, history):
            text = _far_off(rule.name, value, usual, look.row.key.date, len(same_weekday))
            usually = f"{usual.low}..{usual.high}"
            warnings.add(look.row.number, code, "suspicious_value", text, found=value, expected=usually)


def _warn_beside_months(look: _Look, rule: MeasureRule, value: Number, means: MonthMeans, warnings: Problems) -> None:
    of_months = means.of(look.row.queue, look.row.key.date, rule.code)
    if usual := far_off_means(value, of_months):
        low, high = _rounded(usual.low), _rounded(usual.high)
        text = _far_off_means(rule.name, value, low, high, len(of_months))
        warnings.add(look.row.number, rule.code, "suspicious_value", text, found=value, expected=f"{low}..{high}")


def _rounded(mean: Number) -> Decimal:
    return Decimal(mean).quantize(Decimal("0.1") if mean < 10 else Decimal(1))


def _far_off(name: str, value: Number, usual: Usual, day: date, weeks: int) -> str:
    text = _(
        "%(name)s is %(given)s; on the last %(weeks)s days of that weekday (%(weekday)s) it was %(low)s to %(high)s,"
        " usually about %(middle)s. If it is right, leave it; if not, send the day again with the right figure."
    )
    shown = {"given": value, "low": usual.low, "high": usual.high, "middle": round(usual.middle)}
    filling: dict[str, Any] = {key: f"{number:,}" for key, number in shown.items()}
    return text % {**filling, "name": name, "weeks": weeks, "weekday": WEEKDAYS[day.weekday()]}


def _far_off_means(name: str, value: Number, low: Number, high: Number, months: int) -> str:
    text = _(
        "%(name)s is %(given)s. Too few days are known to compare it with; by month totals (%(months)s) a day open"
        " brought %(usual)s on the mean, which is a coarse measure. If it is right, leave it; if not, send the day"
        " again with the right figure."
    )
    usual = f"{low:,}" if low == high else f"{low:,}–{high:,}"
    return text % {"name": name, "given": f"{value:,}", "months": months, "usual": usual}


def _warn_of_yesterday_again(look: _Look, warnings: Problems) -> None:
    for before in look.before(BACK[0]):
        same = len(look.values) >= LEAST_SAME and all(
            _number(before.get(code)) == value for code, value in look.values.items()
        )
        if same and max(look.values.values()) >= LEAST_COUNT:
            text = _(
                "%(queue)s reports on %(date)s exactly the figures of the day before (%(count)s of them). Check whether"
                " a day was sent twice; if so, send this one again with its own figures."
            )
            filling = {**_place(look.row), "count": len(look.values)}
            warnings.add(look.row.number, "measures", "same_as_day_before", text % filling)


def _warn_of_round_numbers(context: Context, look: _Look, warnings: Problems) -> None:
    earlier = look.two_days_before()
    for code, value in look.values.items():
        if earlier and _is_round(value) and all(_is_round(_number(day.get(code))) for day in earlier):
            text = _(
                "%(name)s is a round hundred for the third day (%(given)s). Report counts as they were counted, not"
                " estimated; send the days again if these are estimates."
            )
            filling = {"name": context.measures.by_code[code].name, "given": f"{value:,}"}
            warnings.add(look.row.number, code, "round_numbers", text % filling)


def _is_round(value: Number | None) -> bool:
    return value is not None and value >= ROUND and value % ROUND == 0


def _warn_of_the_whole(context: Context, pairs: Iterable[tuple[str, str]], look: _Look, warnings: Problems) -> None:
    days = (look.row.values, *look.two_days_before())
    if len(days) < 1 + len(BACK):
        return
    for part, whole in pairs:
        if all(_is_the_whole(day, part, whole) for day in days):
            text = _(
                "%(part)s equals %(whole)s for the third day (%(given)s): 100 percent each time. Check that both are"
                " counted on their own; send the days again if one was copied from the other."
            )
            names = context.measures.by_code
            filling = {"part": names[part].name, "whole": names[whole].name, "given": f"{look.values[part]:,}"}
            warnings.add(look.row.number, part, "always_the_whole", text % filling)


def _is_the_whole(day: Document, part: str, whole: str) -> bool:
    value = _number(day.get(part))
    return value is not None and value >= LEAST_COUNT and value == _number(day.get(whole))


def _place(row: CleanRow) -> dict[str, str]:
    return {"queue": row.queue.code, "date": row.key.date.isoformat()}
