"""Public holidays: seeded from the calendar library, overruled by people."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import transaction
from holidays import country_holidays, list_supported_countries

from vendors.actors import Actor
from vendors.models import Centre, Contract, Holiday, Vendor
from vendors.services.audit import record
from vendors.services.changes import setup_changed
from vendors.services.parties import assign

KOREAN = "ko"
ENGLISH = "en_US"


@transaction.atomic
def seed_holidays(country: str, years: Iterable[int]) -> int:
    """Add the public holidays of ``country`` and of every country in use that are not there yet.

    Idempotent, and people's edits win: a day that has a row already, changed or not, stays as it is; a day is put
    out of use by marking it open. Returns how many days are new.
    """
    years = sorted(set(years))
    countries = {country, *Centre.objects.values_list("country", flat=True)} & set(list_supported_countries())
    return sum(_seed(one, years) for one in sorted(countries))


def _seed(country: str, years: list[int]) -> int:
    names = _names(country, years, ENGLISH)
    korean = _names(country, years, KOREAN) if country == "KR" else {}
    known = set(Holiday.objects.filter(country=country, centre__isnull=True).values_list("date", flat=True))
    new = [
        Holiday(country=country, date=day, name=name, name_ko=korean.get(day, ""), is_seeded=True)
        for day, name in sorted(names.items())
        if day not in known
    ]
    Holiday.objects.bulk_create(new, ignore_conflicts=True)
    if new:
        tell_calendar_changed(new[0].date, new[-1].date, country=country)
    return len(new)


@transaction.atomic
def add_holiday(data: dict[str, Any], *, actor: Actor, now: datetime) -> Holiday:
    """Add a day of ``date``, ``name``, ``country`` or one ``centre`` (whose country it takes), ``is_open``."""
    centre = data.get("centre")
    holiday = Holiday.objects.create(**{**data, **({"country": centre.country} if centre else {})})
    record(actor=actor, action="create", obj=holiday, now=now, vendor=_vendor_of(holiday), changes=data)
    _tell(holiday)
    return holiday


@transaction.atomic
def change_holiday(holiday: Holiday, data: dict[str, Any], *, actor: Actor, now: datetime) -> Holiday:
    """Change the names of a day, or whether it is open after all; what it is a day of never changes."""
    changed = assign(holiday, data)
    if changed:
        about = {"date": holiday.date, "country": holiday.country, "centre": holiday.centre}
        record(actor=actor, action="change", obj=holiday, now=now, vendor=_vendor_of(holiday), changes=about | changed)
    if "is_open" in changed:
        _tell(holiday)
    return holiday


def _vendor_of(holiday: Holiday) -> Vendor | None:
    return holiday.centre.vendor if holiday.centre else None


def _tell(holiday: Holiday) -> None:
    tell_calendar_changed(holiday.date, holiday.date, country=holiday.country, centre=holiday.centre)


def _names(country: str, years: list[int], language: str) -> dict[date, str]:
    """Return the holidays' names in ``language``, or in the country's own where the library lacks it."""
    try:
        found = country_holidays(country, years=years, language=language)
    except NotImplementedError:
        found = country_holidays(country, years=years)
    return {day: name[:200] for day, name in found.items()}


def tell_calendar_changed(
    first_on: date, last_on: date, *, country: str | None = None, centre: Centre | None = None
) -> None:
    """Tell the layers above that days became open or closed for queues that observe holidays.

    Call it inside the transaction that changes Holiday rows, for their country or their one centre.
    """
    contracts = Contract.objects.filter(queue_links__queue__observes_holidays=True)
    if centre is not None:
        contracts = contracts.filter(queue_links__queue__centre=centre)
    else:
        contracts = contracts.filter(queue_links__queue__centre__country=country)
    setup_changed(contracts.values_list("pk", flat=True).distinct(), first_on, last_on)
