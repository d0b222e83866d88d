"""Whether a queue-day may still be sent or changed: closed months, and the limits of the closing calendar."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from django.utils.translation import gettext as _

from kpis.queries.closing import Month, closed_months
from kpis.services.feed.facts import Problems
from kpis.services.feed.merging import Merged
from kpis.services.feed.validation import month_end
from vendors.calc.closing import ClosingRules
from vendors.queries.closing import RulesByDate

PERIOD_CLOSED = "period_closed"


def check_periods(merged: Sequence[Merged], problems: Problems, *, has_reason: bool, asks_age: bool = True) -> None:
    """Note every queue-day that would change and may not. Call it with the queues locked.

    ``period_closed``: its month is closed. ``correction_window`` and ``backfill_window``: it is too old to be
    changed, or first reported. ``reason_required``: it is old enough that a change needs a reason. Without
    ``asks_age`` only closed months are looked for.
    """
    storing = [day for day in merged if day.is_stored]
    if not storing:
        return
    by_month: dict[Month, list[Merged]] = defaultdict(list)
    for day in storing:
        by_month[day.row.contract_id, day.row.key.date.replace(day=1)].append(day)
    closed = closed_months(by_month)
    rules = RulesByDate({contract for contract, _first in by_month} if asks_age else ())
    for month, days in by_month.items():
        in_force = rules.on(*month)
        for day in days:
            if month in closed:
                _note(day, problems, PERIOD_CLOSED, _closed(month[1]))
            else:
                _check_age(day, in_force, problems, has_reason)


def _check_age(day: Merged, rules: ClosingRules, problems: Problems, has_reason: bool) -> None:
    if rules.asks_nothing_of_a_value:
        return
    key = day.row.key
    last = month_end(key.date) if key.is_month else key.date
    age = (day.row.queue.today - last).days
    if day.new and _over(age, rules.backfill_days):
        text = _("Figures may be sent for %(days)s days after their day. File a correction request for older ones.")
        _note(day, problems, "backfill_window", text % {"days": rules.backfill_days})
    if not day.changed:
        return
    if _over(age, rules.correction_days):
        text = _("Figures may be changed for %(days)s days after their day. File a correction request for older ones.")
        _note(day, problems, "correction_window", text % {"days": rules.correction_days})
    elif _over(age, rules.free_correction_days) and not has_reason:
        text = _("A figure of more than %(days)s days ago is changed only with a reason; send “reason” with the rows.")
        _note(day, problems, "reason_required", text % {"days": rules.free_correction_days})


def _over(age: int, limit: int | None) -> bool:
    return limit is not None and age > limit


def _closed(start: date) -> str:
    text = _("%(month)s is closed. File a correction request, or ask the BPO manager to open the month again.")
    return text % {"month": f"{start:%Y-%m}"}


def _note(day: Merged, problems: Problems, code: str, text: str) -> None:
    problems.add(day.row.number, "month" if day.row.key.is_month else "date", code, text)


def only_closed(codes: Iterable[str]) -> bool:
    """Say whether closed months are all that is wrong."""
    return set(codes) == {PERIOD_CLOSED}
