"""Suspending, capping and replacing: held against a forecast that was locked before the days came."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from kpis.calc.explanation import recompute
from kpis.models import Attainment, DailyMetric, FactorSlice, Forecast
from kpis.services import factors
from kpis.services.forecasts import lock_forecasts
from kpis.services.marks import mark
from kpis.services.recalculation import drain
from tests.kpis.factors.surge import LOCKED, NOW, SEPTEMBER, SURGE, World, approved, forecast, make_world, surge
from tests.make import make_contract, make_figures, make_kpi, make_measure, make_queue, make_target
from vendors.errors import Conflict, Invalid, Unprocessable

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.mark.parametrize(
    ("method", "adjusted"), [("suspend", "82.00"), ("cap", "80.50"), ("exclude", "82.00"), ("replace", "81.71")]
)
def test_the_worked_figures_come_out(world: World, method: str, adjusted: str) -> None:
    forecast(world)

    row = approved(world, method)

    # Replaced by the target of 80 they are 18 days of 1,640 in 2,000 and two of 2,400 in 3,000.
    assert (row.value, row.adjusted_value) == (Decimal("77.43"), Decimal(adjusted))
    assert row.flags == ["adjusted"]
    assert recompute(row.explanation["adjusted"])["value"] == adjusted
    assert [one["date"] for one in row.explanation["adjusted"]["slices"]] == [day.isoformat() for day in SURGE]


def test_a_monthly_forecast_gives_no_relief_and_says_what_it_hides(world: World) -> None:
    forecast(world, "month", 40_000)
    factor = surge(world, "cap")

    with pytest.raises(Conflict) as error:
        factors.approve(factor.pk, decision="Seen", actor=world.manager, now=NOW)

    assert error.value.code == "within_band"
    assert factors.hidden_surges(factor, actor=world.manager) == [
        {"queue": "voice", "date": day.isoformat(), "grain": "month", "above_percent": "50.00"} for day in SURGE
    ]


def test_770_of_1400_against_a_forecast_of_1000_are_70_per_cent(world: World) -> None:
    contract = make_contract(world.contract.vendor, "other")
    queue = make_queue(contract, "chat")
    make_target(contract, make_kpi("chat_level", "100 * within / offered"), 80, weight=100)
    make_figures(queue, SURGE[0], offered=1_400, within=770)
    rows = [{"queue": "chat", "start": SURGE[0], "volume": Decimal(1_000)}]
    lock_forecasts(rows, grain="day", locked_at=LOCKED, actor=world.manager, now=NOW)
    mark(contract_ids=[contract.pk], first_on=SEPTEMBER)

    approved(World(contract, queue, world.manager, world.second), "cap")

    row = Attainment.objects.get(series__contract=contract, series__period="month", start=SEPTEMBER)
    assert (row.value, row.adjusted_value) == (Decimal("55.00"), Decimal("70.00"))


@pytest.mark.parametrize(
    ("parameters", "adjusted"),
    [(None, "80.357"), ({"by": "target"}, "80.333"), ({"by": "average"}, "80.367")],
    ids=["exclude", "target", "average"],
)
def test_a_slice_leaves_or_is_replaced(world: World, parameters: dict[str, str] | None, adjusted: str) -> None:
    """23,100 of 30,000 with a slice of 600 of 2,000 (mathematics §4.8); the 28 days before came to 80.5."""
    contract = make_contract(world.contract.vendor, "other")
    queue = make_queue(contract, "chat")
    make_target(contract, make_kpi("chat_level", "100 * within / offered"), 80, weight=100, decimals=3)
    make_figures(queue, date(2026, 8, 31), offered=1_000, within=805)
    make_figures(queue, date(2026, 9, 1), offered=30_000, within=23_100)
    mark(contract_ids=[contract.pk], first_on=SEPTEMBER)
    method = {"method": "replace", "parameters": parameters} if parameters else {"method": "exclude"}
    times = {"starts_at": datetime(2026, 9, 1, 1, tzinfo=UTC), "ends_at": datetime(2026, 9, 1, 3, tzinfo=UTC)}
    part = {"queue": "chat", "date": "2026-09-01", "measures": {"offered": 2_000, "within": 600}}
    data = {"kind": "outage", "title": "Outage", "slices": [part], **times, **method}
    factor = factors.register(data, queues=[queue], actor=world.second, now=NOW)

    factors.approve(factor.pk, decision="Seen", actor=world.manager, now=NOW)
    drain(now=NOW)

    row = Attainment.objects.get(series__contract=contract, series__period="month", start=SEPTEMBER)
    assert (row.value, row.adjusted_value) == (Decimal("77.000"), Decimal(adjusted))


def test_what_is_bad_beyond_the_limit_is_let_off(world: World) -> None:
    """600 abandoned of 3,000: of the 800 beyond 2,200 all 600 are let off on each of the two days."""
    make_measure("abandoned", relations="abandoned <= offered", name="Abandoned")
    make_target(world.contract, make_kpi("abandonment", "100 * abandoned / offered", direction="lower"), 5, weight=10)
    for row in DailyMetric.objects.all():
        row.measures["abandoned"] = 600 if row.date in SURGE else 100
        row.save()
    mark(contract_ids=[world.contract.pk], first_on=SEPTEMBER)
    forecast(world)
    factor = surge(world, "cap")
    factors.approve(factor.pk, decision="Seen", actor=world.manager, now=NOW)
    drain(now=NOW)

    row = Attainment.objects.get(series__kpi__code="abandonment", series__period="month", start=SEPTEMBER)
    assert (row.value, row.adjusted_value) == (Decimal("7.14"), Decimal("4.46"))


def test_the_vendors_own_forecast_and_one_that_came_late_give_no_relief(world: World) -> None:
    factor = surge(world, "suspend")
    codes = []
    for fields in ({"locked_at": NOW}, {"forecaster": "vendor"}):
        forecast(world, **fields)
        with pytest.raises(Conflict) as error:
            factors.approve(factor.pk, decision="Seen", actor=world.manager, now=NOW)
        codes.append(error.value.code)

    assert codes == ["no_forecast", "vendor_forecast"]


def test_the_newest_forecast_locked_in_time_counts(world: World) -> None:
    forecast(world, volume=3_000)
    forecast(world, volume=2_000, locked_at=LOCKED + timedelta(days=1))

    assert approved(world, "suspend").adjusted_value == Decimal("82.00")


def test_another_share_may_be_agreed(world: World) -> None:
    forecast(world)

    # 1.2 of 2,000 are 2,400: 32,520 of 18 × 2,000 + 2 × 2,400.
    assert approved(world, "cap", parameters={"share": "1.2"}).adjusted_value == Decimal("79.71")


def test_what_if_shows_every_method_side_by_side_and_stores_nothing(world: World) -> None:
    forecast(world)
    factor = surge(world, "exclude")

    months = factors.what_if(factor, actor=world.manager, now=NOW)
    others = factors.alternatives(factor, actor=world.manager, now=NOW)

    def adjusted(found: Any) -> Any:
        return found[0]["lines"][0]["adjusted_value"]

    assert adjusted(months) == ["77.43", "82"]
    assert {one["method"]: adjusted(one["months"])[1] for one in others} == {
        "suspend": "82",
        "cap": "80.5",
        "replace": "81.71",
    }
    assert not FactorSlice.objects.exists()


def test_what_if_says_why_a_method_gives_no_relief(world: World) -> None:
    others = factors.alternatives(surge(world, "exclude"), actor=world.manager, now=NOW)

    assert {one["method"]: one["code"] for one in others} == {
        "suspend": "no_forecast",
        "cap": "no_forecast",
        "replace": "",
    }


@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        ("exclude", {"share": "1.1"}),
        ("cap", {"share": "0.5"}),
        ("cap", {"share": "NaN"}),
        ("cap", {"share": True}),
        ("replace", {"by": "magic"}),
        ("suspend", ["band"]),
        ("suspend", {"band": "-1"}),
    ],
)
def test_parameters_of_another_kind_are_refused(world: World, method: str, parameters: Any) -> None:
    with pytest.raises(Invalid):
        surge(world, method, parameters=parameters)


def test_forecasts_are_stored_whole_or_not_at_all(world: World) -> None:
    bad = [
        {"queue": "voice", "start": date(2026, 9, 2), "volume": Decimal(5)},
        {"queue": "voice", "start": date(2026, 9, 1), "volume": Decimal(-5)},
        {"queue": "voice", "start": date(2026, 9, 1), "volume": Decimal(5)},
    ]
    with pytest.raises(Unprocessable) as error:
        lock_forecasts(bad, grain="month", actor=world.manager, now=NOW)

    assert [(one.code, one.row) for one in error.value.errors] == [
        ("not_a_start", 0), ("negative", 1), ("duplicate_in_batch", 2),
    ]  # fmt: skip
    assert not Forecast.objects.exists()
