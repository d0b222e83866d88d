"""The sweep: a new local day is begun once, and what is marked is computed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from bpo.models import JobRun
from bpo.services.sweep import begin_days, sweep
from kpis.models import Attainment
from kpis.services.marks import mark
from tests.make import make_centre, make_contract, make_kpi, make_queue, make_target

pytestmark = pytest.mark.django_db

NOON_IN_SEOUL = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def test_it_begins_each_zones_day_once() -> None:
    make_centre(timezone="Asia/Seoul")
    make_centre(timezone="America/New_York")

    slots = begin_days(now=NOON_IN_SEOUL)

    assert sorted(slots) == ["America/New_York 2026-11-22", "Asia/Seoul 2026-11-23"]
    assert begin_days(now=NOON_IN_SEOUL + timedelta(minutes=30)) == []
    assert begin_days(now=NOON_IN_SEOUL + timedelta(hours=4)) == ["America/New_York 2026-11-23"]
    assert JobRun.objects.count() == 3


def test_it_moves_open_periods_on_and_settles_those_that_are_over() -> None:
    contract = make_contract()
    make_queue(contract)
    make_target(contract, make_kpi(settle_days=3), 90)
    mark(contract_ids=[contract.pk], first_on=None)
    sweep(now=NOON_IN_SEOUL)

    sweep(now=NOON_IN_SEOUL + timedelta(days=9))

    november = Attainment.objects.get(start=date(2026, 11, 1))
    assert (november.days_expected, november.status) == (30, "no_data")
    assert Attainment.objects.get(start=date(2026, 12, 1)).days_expected == 1


def test_it_does_nothing_twice() -> None:
    contract = make_contract()
    make_queue(contract)
    make_target(contract, make_kpi(), 90)
    mark(contract_ids=[contract.pk], first_on=None)
    sweep(now=NOON_IN_SEOUL)
    before = list(Attainment.objects.order_by("id").values())

    done = sweep(now=NOON_IN_SEOUL)

    assert (done["days_begun"], done["written"]) == ([], 0)
    assert list(Attainment.objects.order_by("id").values()) == before
