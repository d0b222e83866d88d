"""Who provides which measure, set on the contract by date."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from kpis.models import RecalculationMark
from tests.cast import Cast
from tests.checks import assert_problem
from tests.make import make_measure
from vendors.models import MeasureProvision

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]

PATH = "/api/v1/contracts/hanbit-2026/"


@pytest.fixture
def patch(cast: Cast, api: Callable[[Any], Any]) -> Callable[..., Any]:
    for code in ("csat_sum", "offered"):
        make_measure(code)
    return lambda **body: api(cast.manager).patch(PATH, body, format="json")


def test_it_names_the_provider_and_a_second_source_with_tolerances(patch: Callable[..., Any]) -> None:
    both = {"provider": "client", "second": "vendor", "tolerance_percent": "1.5"}

    answer = patch(providers={"csat_sum": "third_party", "offered": both})

    assert answer.status_code == 200
    assert answer.json()["providers"] == {
        "csat_sum": {
            "provider": "third_party", "second": None, "tolerance_percent": None, "tolerance_absolute": None
        },
        "offered": {**both, "tolerance_absolute": None},
    }  # fmt: skip
    assert RecalculationMark.objects.exists()


def test_a_change_from_a_day_ends_what_held_before_and_leaves_the_rest(patch: Callable[..., Any]) -> None:
    patch(providers={"csat_sum": "client", "offered": "client"})

    answer = patch(providers={"offered": "vendor"}, valid_from="2026-07-01")

    shown = {code: row["provider"] for code, row in answer.json()["providers"].items()}
    assert shown == {"csat_sum": "client", "offered": "vendor"}
    rows = MeasureProvision.objects.filter(measure="offered").order_by("valid_until")
    assert {(row.owner, row.valid_from, row.valid_until) for row in rows} == {
        ("client", None, date(2026, 7, 1)),
        ("vendor", date(2026, 7, 1), None),
    }
    assert_problem(patch(providers={"offered": "client"}, valid_from="2026-06-01"), 400, "before_latest")


@pytest.mark.parametrize("provider", ["third_party", "client"])
def test_a_new_provider_leaves_one_that_ended_before_where_it_ended(
    cast: Cast, patch: Callable[..., Any], provider: str
) -> None:
    """From March to July nobody is named, so the vendor provides it: the client's turn must not grow back over that."""
    ended = MeasureProvision.objects.create(
        contract=cast.contract, measure="offered", owner="client", valid_until=date(2026, 3, 1)
    )

    patch(providers={"offered": provider}, valid_from="2026-07-01")

    ended.refresh_from_db()
    assert ended.valid_until == date(2026, 3, 1)
    assert MeasureProvision.objects.get(valid_from=date(2026, 7, 1)).owner == provider


@pytest.mark.parametrize(
    ("providers", "code"),
    [
        ({"offered": "nobody"}, "invalid_choice"),
        ({"nothing": "client"}, "unknown_measure"),
        ({"offered": {"provider": "client", "second": "client"}}, "same_source"),
        ({"offered": {"provider": "client", "who": 1}}, "unknown_field"),
        ({"offered": {"provider": "client", "second": "vendor", "tolerance_percent": "-1"}}, "not_a_number"),
        (["offered"], "not_object"),
        ({"offered": None}, "unknown_field"),
    ],
)
def test_it_refuses_what_it_cannot_hold(patch: Callable[..., Any], providers: Any, code: str) -> None:
    assert_problem(patch(providers=providers), 400, code)
    assert not MeasureProvision.objects.exists()
