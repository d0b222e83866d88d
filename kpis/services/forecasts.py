"""Locking forecasts of volume: what a later claim for relief is held against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from kpis.calc.facts import PeriodKind
from kpis.calc.periods import period_of
from kpis.choices import Forecaster
from kpis.models import Forecast, Measure
from vendors.actors import Actor, Capability
from vendors.errors import Forbidden, Invalid, NotFound, RowError, Unprocessable
from vendors.models import Queue
from vendors.queries.people import person_of
from vendors.services.audit import record

MOST_ROWS = 5_000
MOST_BAND = Decimal(1000)


@transaction.atomic
def lock_forecasts(
    rows: Sequence[Mapping[str, Any]],
    *,
    grain: str,
    measure: str = "offered",
    band: Decimal = Decimal(10),
    forecaster: str = Forecaster.CLIENT,
    locked_at: datetime | None = None,
    actor: Actor,
    now: datetime,
) -> list[Forecast]:
    """Store forecasts ``{"queue", "start", "volume"}``: all of them or none. What is stored is locked.

    ``locked_at`` is for forecasts that were agreed before they are entered here. A forecast of the same period that
    was locked earlier stays readable; the newest one locked before the period counts. Raises Forbidden, NotFound for
    a queue that does not exist for the actor, Invalid, and Unprocessable with every bad row.
    """
    _check(rows, measure, band, locked_at, now)
    queues = _queues({str(row["queue"]) for row in rows}, actor)
    kind = PeriodKind(grain)
    errors = [error for place, row in enumerate(rows) if (error := _problem(place, row, kind))]
    names = [(row["queue"], row["start"]) for row in rows]
    errors += [
        RowError("duplicate_in_batch", _("This period stands twice; give it once."), "start", place)
        for place, name in enumerate(names)
        if name in set(names[:place])
    ]
    if errors:
        raise Unprocessable("invalid_rows", _("Some forecasts cannot be stored."), errors)
    made = Forecast.objects.bulk_create(
        Forecast(
            queue=queues[row["queue"]],
            measure=measure,
            grain=grain,
            start=row["start"],
            volume=row["volume"],
            band=band,
            forecaster=forecaster,
            locked_at=locked_at or now,
            recorded_at=now,
            recorded_by=actor.label[:200],
            user_id=person_of(actor),
        )
        for row in rows
    )
    about = {"grain": grain, "measure": measure, "rows": len(made), "forecaster": forecaster}
    record(actor=actor, action="forecast.lock", obj=made[0], now=now, vendor=made[0].queue.centre.vendor, changes=about)
    return made


def _check(rows: Sequence[Any], measure: str, band: Decimal, locked_at: datetime | None, now: datetime) -> None:
    if not rows:
        raise _wrong("rows", "empty_batch", _("There are no rows: send at least one forecast."))
    if len(rows) > MOST_ROWS:
        text = _("Send at most %(most)s forecasts at once.") % {"most": f"{MOST_ROWS:,}"}
        raise _wrong("rows", "too_many_rows", text)
    if not Measure.objects.filter(code=measure).exists():
        raise _wrong("measure", "unknown_measure", _("There is no measure “%(given)s”.") % {"given": measure[:50]})
    if not 0 <= band <= MOST_BAND:
        raise _wrong("band", "out_of_range", _("The band is a percentage from 0 to 1,000."))
    if locked_at is not None and locked_at > now:
        raise _wrong("locked_at", "in_the_future", _("A forecast is not locked later than now."))


def _queues(codes: set[str], actor: Actor) -> dict[str, Queue]:
    rows = Queue.objects.visible_to(actor.limited_to(Capability.WRITE_SETUP)).select_related("centre__vendor")
    found = {queue.code: queue for queue in rows.filter(code__in=codes)}
    if not actor.may(Capability.WRITE_SETUP):
        raise Forbidden("forbidden", _("Your role does not include this function."))
    missing = sorted(codes - found.keys())
    if missing:
        raise NotFound("unknown_queue", _("There is no queue “%(given)s”.") % {"given": missing[0][:64]})
    return found


def _problem(place: int, row: Mapping[str, Any], kind: PeriodKind) -> RowError | None:
    start: date = row["start"]
    if period_of(kind, start).start != start:
        text = _("A forecast begins on the first day of its week or month: %(first)s.")
        return RowError("not_a_start", text % {"first": period_of(kind, start).start.isoformat()}, "start", place)
    if row["volume"] < 0:
        return RowError("negative", _("A volume is 0 or more."), "volume", place)
    return None


def _wrong(field: str, code: str, detail: str) -> Invalid:
    return Invalid(code, detail, [RowError(code, detail, field)])
