"""Which days a queue is open: weekdays, holidays, opening and closing; and where holidays come from."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from tests.checks import queries_of
from tests.make import make_centre, make_contract, make_queue
from tests.vendors.test_contracts_api import changes  # noqa: F401  # a fixture
from vendors.models import Holiday
from vendors.queries import holidays_for, open_days
from vendors.services.holidays import seed_holidays

pytestmark = pytest.mark.django_db

START, END = date(2026, 2, 1), date(2026, 3, 1)


def closed(queue: Any) -> set[date]:
    days = open_days(queue, holidays_for([queue.centre], START, END), START, END)
    return {START + timedelta(days=number) for number in range((END - START).days)} - set(days)


def test_a_queue_that_never_closes_is_open_every_day() -> None:
    seed_holidays("KR", [2026])

    assert closed(make_queue()) == set()


def test_it_leaves_out_weekdays_and_holidays() -> None:
    seed_holidays("KR", [2026])
    queue = make_queue(open_weekdays=[1, 2, 3, 4, 5], observes_holidays=True)

    weekends = {day for number in range(28) if (day := START + timedelta(days=number)).isoweekday() > 5}
    assert closed(queue) - weekends == {date(2026, 2, 16), date(2026, 2, 17), date(2026, 2, 18)}
    assert weekends <= closed(queue)


def test_the_last_day_is_open_and_the_end_is_not() -> None:
    queue = make_queue(opened_on=date(2026, 2, 3), closed_on=date(2026, 2, 5))

    assert open_days(queue, {}, START, END) == [date(2026, 2, 3), date(2026, 2, 4), date(2026, 2, 5)]
    assert open_days(queue, {}, date(2026, 2, 4), date(2026, 2, 5)) == [date(2026, 2, 4)]
    assert open_days(queue, {}, date(2026, 3, 1), date(2026, 4, 1)) == []


def test_a_centre_overrules_its_country() -> None:
    seed_holidays("KR", [2026])
    queue = make_queue(observes_holidays=True)
    Holiday.objects.create(centre=queue.centre, country="KR", date=date(2026, 2, 17), name="Open", is_open=True)
    Holiday.objects.create(centre=queue.centre, country="KR", date=date(2026, 2, 20), name="Founding day")

    assert closed(queue) == {date(2026, 2, 16), date(2026, 2, 18), date(2026, 2, 20)}


def test_another_country_has_other_holidays() -> None:
    centre = make_centre(country="US", timezone="America/New_York")
    contract = make_contract(centre.vendor)
    seed_holidays("KR", [2026])
    queue = make_queue(contract, centre=centre, observes_holidays=True)

    assert date(2026, 2, 16) in closed(queue)  # Presidents' Day
    assert date(2026, 2, 17) not in closed(queue)


def test_it_asks_the_database_once() -> None:
    centres = [make_centre() for _ in range(5)]

    assert len(queries_of(lambda: holidays_for(centres, START, END))) == 1


def test_seeding_names_the_days_in_both_languages() -> None:
    assert seed_holidays("KR", range(2026, 2027)) == 22

    new_year = Holiday.objects.get(date=date(2026, 2, 17))
    assert (new_year.name, new_year.name_ko) == ("Korean New Year", "설날")
    assert new_year.is_seeded


def test_seeding_twice_changes_nothing_and_keeps_what_people_changed() -> None:
    seed_holidays("KR", [2026])
    Holiday.objects.filter(date=date(2026, 2, 17)).update(is_open=True, name="We work", is_seeded=False)

    assert seed_holidays("KR", [2026]) == 0

    row = Holiday.objects.get(date=date(2026, 2, 17))
    assert (row.name, row.is_open) == ("We work", True)


def test_seeding_marks_the_contracts_it_concerns(changes: Any) -> None:  # noqa: F811
    contract = make_contract()
    make_queue(contract, observes_holidays=True)
    make_queue()

    seed_holidays("KR", [2026])

    assert changes == [(frozenset({contract.pk}), date(2026, 1, 1), date(2026, 12, 25))]
