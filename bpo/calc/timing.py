"""When people are told: quiet hours, free days, the morning's digest, working hours.

All moments are aware and in the recipient's own time zone; the answer is in the same zone.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

ONE_DAY = timedelta(days=1)
SATURDAY = 6
WORK_FROM, WORK_UNTIL = time(9), time(18)


@dataclass(frozen=True, slots=True)
class Hours:
    """When somebody is not to be disturbed: from one time of day to another, and on free days unless told otherwise.

    ``quiet_from`` later than ``quiet_until`` goes over midnight; the two the same means never quiet.
    """

    quiet_from: time = time(21)
    quiet_until: time = time(8)
    on_free_days: bool = False


def is_free(day: date, holidays: Collection[date]) -> bool:
    """Say whether a day is a Saturday, a Sunday or a holiday."""
    return day.isoweekday() >= SATURDAY or day in holidays


def next_allowed(at: datetime, hours: Hours, holidays: Collection[date]) -> datetime:
    """Return the first moment from ``at`` on at which a message may come."""
    moment = at
    while not hours.on_free_days and is_free(moment.date(), holidays):
        moment = _on(moment, moment.date() + ONE_DAY, time.min)
    if not _is_quiet(moment.time(), hours):
        return moment
    end = _on(moment, moment.date(), hours.quiet_until)
    if end <= moment:
        end = _on(moment, moment.date() + ONE_DAY, hours.quiet_until)
    return next_allowed(end, hours, holidays)


def next_digest(at: datetime, digest_at: time, hours: Hours, holidays: Collection[date]) -> datetime:
    """Return when the next digest goes out, later than ``at``; free days have none unless wanted."""
    day = at.date()
    while _on(at, day, digest_at) <= at or (not hours.on_free_days and is_free(day, holidays)):
        day += ONE_DAY
    return _on(at, day, digest_at)


def after_working_hours(at: datetime, count: int, holidays: Collection[date]) -> datetime:
    """Return the moment ``count`` working hours after ``at``: Monday to Friday, 9 to 18, no holidays."""
    left = timedelta(hours=count)
    day = at.date()
    while True:
        begin, end = max(at, _on(at, day, WORK_FROM)), _on(at, day, WORK_UNTIL)
        if not is_free(day, holidays) and begin < end:
            if left <= end - begin:
                return begin + left
            left -= end - begin
        day += ONE_DAY


def _is_quiet(moment: time, hours: Hours) -> bool:
    if hours.quiet_from <= hours.quiet_until:
        return hours.quiet_from <= moment < hours.quiet_until
    return moment >= hours.quiet_from or moment < hours.quiet_until


def _on(like: datetime, day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, like.tzinfo)
