"""What approved external factors take out of the figures: gross and adjusted side by side."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from bpo.models import Scorecard
from kpis.calc.explanation import recompute
from kpis.calc.facts import Rollup
from kpis.models import Attainment
from kpis.services import factors
from kpis.services.marks import mark
from kpis.services.recalculation import drain
from kpis.services.submissions import submit
from tests.checks import queries_of
from tests.kpis.factors.world import NOW, OUTAGE, SLICE, World, approved, attainment, make_world, month, outage, part
from tests.make import make_contract, make_figures, make_kpi, make_measure, make_queue, make_target
from vendors.actors import SYSTEM

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.mark.parametrize(
    ("slices", "adjusted"), [((), "82.00"), ((part(),), "82.00"), ((SLICE,), "82.39")], ids=["touched", "day", "part"]
)
def test_the_slice_leaves_numerator_and_denominator(world: World, slices: tuple[Any, ...], adjusted: str) -> None:
    approved(world, *slices)

    assert month(world) == (Decimal("81.23"), Decimal(adjusted))
    row = attainment(world)
    assert row.flags == ["adjusted"]
    assert row.attainment == row.score == round(Decimal(adjusted) / 80 * 100, 4)
    assert row.explanation["result"]["value"] == "81.23"
    assert recompute(row.explanation["adjusted"])["value"] == adjusted
    assert [one["date"] for one in row.explanation["adjusted"]["slices"]] == [OUTAGE.isoformat()]


@pytest.mark.parametrize("order", [1, -1], ids=["day first", "part first"])
def test_a_whole_day_replaced_holds_for_its_parts_too(world: World, order: int) -> None:
    """Replaced by the target of 80 the last day is 3,200 of 4,000, also where another outage replaces a part of it."""
    for one in [part(), SLICE][::order]:
        factor = outage(
            world, by=world.second_manager, slices=[one], method="replace", parameters={"by": "target"}, title=str(one)
        )
        factors.approve(factor.pk, decision="Seen", actor=world.manager, now=NOW)
    drain(now=NOW)

    assert month(world) == (Decimal("81.23"), Decimal("81.87"))


def test_nothing_changes_before_it_is_approved(world: World) -> None:
    factor = outage(world, slices=[SLICE])
    factors.claim(factor.pk, evidence="Ticket 4711", actor=world.member, now=NOW)
    drain(now=NOW)

    assert month(world) == (Decimal("81.23"), Decimal("81.23"))
    assert "adjusted" not in attainment(world).explanation


def test_a_day_that_is_taken_out_stays_out_also_where_that_lowers_the_figure(world: World) -> None:
    """A good day whose slice was better than the rest: 900 of 1,000 in time."""
    approved(world, part(offered=1_000, within=900))

    assert month(world) == (Decimal("81.23"), Decimal("81.08"))


def test_it_applies_to_every_kpi_that_counts_the_measures(world: World) -> None:
    make_target(world.contract, make_kpi("not_in_time", "100 * (offered - within) / offered", direction="lower"), 20)
    make_target(world.contract, make_kpi("calls", "offered"), 60_000)
    mark(contract_ids=[world.contract.pk], first_on=date(2026, 9, 1))
    approved(world, SLICE)

    found = Attainment.objects.filter(start=date(2026, 9, 1), series__kpi__code__in=["not_in_time", "calls"])
    values = {row.series.kpi.code: (row.value, row.adjusted_value) for row in found.select_related("series__kpi")}
    assert values["not_in_time"] == (Decimal("18.77"), Decimal("17.61"))
    assert values["calls"] == (62_000, 61_000)


def test_stocks_and_what_tolerates_nothing_are_not_relieved(world: World) -> None:
    make_measure("backlog", rollup=Rollup.STOCK)
    make_measure("leaks")
    for code, formula, direction in (("backlog_eom", "backlog", "lower"), ("privacy", "leaks", "zero")):
        make_target(world.contract, make_kpi(code, formula, direction=direction), 0)
    rows = [{"queue": "voice", "date": OUTAGE.isoformat(), "measures": {"backlog": 7, "leaks": 1}}]
    submit(actor=SYSTEM, rows=rows, now=NOW)
    approved(world)

    for code in ("backlog_eom", "privacy"):
        row = Attainment.objects.get(series__kpi__code=code, start=date(2026, 9, 1))
        assert row.value == row.adjusted_value
        assert "adjusted" not in row.flags


def test_the_draft_of_the_card_follows_and_the_month_before_does_not_move(world: World) -> None:
    make_figures(world.queue, date(2026, 8, 31), offered=100, within=50)
    mark(contract_ids=[world.contract.pk], first_on=date(2026, 8, 1))
    drain(now=NOW)
    before = attainment(world, date(2026, 8, 1))
    card = Scorecard.objects.get(contract=world.contract, start=date(2026, 9, 1))

    approved(world, SLICE)

    line = Scorecard.objects.get(pk=card.pk).lines.get(series__isnull=False)
    assert (line.value, line.adjusted_value) == (Decimal("81.23"), Decimal("82.39"))
    assert line.score == Decimal("102.9875")
    assert attainment(world, date(2026, 8, 1)).computed_at == before.computed_at


def test_a_day_corrected_below_its_slice_is_said_and_takes_nothing_out(world: World) -> None:
    approved(world, SLICE)
    rows = [{"queue": "voice", "date": OUTAGE.isoformat(), "measures": {"offered": 900, "within": 90}}]
    submit(actor=SYSTEM, rows=rows, note="wrong export", now=NOW)
    drain(now=NOW)

    row = attainment(world)
    assert row.value == row.adjusted_value
    assert row.flags == ["relief_does_not_fit"]
    assert len(row.explanation["adjusted"]["slices_that_do_not_fit"]) == 1


def test_where_everything_is_taken_out_the_vendor_is_not_judged() -> None:
    world = make_world()
    other = make_contract()
    queue = make_queue(other, "chat")
    make_target(other, make_kpi("answered_rate", "100 * within / offered"), 80, weight=100)
    make_figures(queue, OUTAGE, offered=10, within=1)
    world.queue = queue
    factor = outage(world, by=world.manager, slices=[{"queue": "chat", "date": OUTAGE.isoformat()}])
    factors.approve(factor.pk, decision="All of it", actor=world.second_manager, now=NOW)
    drain(now=NOW)

    row = Attainment.objects.get(series__contract=other, start=date(2026, 9, 1))
    assert (row.value, row.adjusted_value, row.score, row.status) == (Decimal("10.00"), None, None, "no_data")
    assert row.flags == ["adjusted", "client_caused"]


def test_relief_costs_one_query_of_a_drain(world: World) -> None:
    def drained() -> list[str]:
        mark(contract_ids=[world.contract.pk], first_on=date(2026, 9, 1))
        Attainment.objects.all().delete()
        return queries_of(lambda: drain(now=NOW))

    without = drained()
    approved(world, SLICE)

    assert len(drained()) == len(without)
