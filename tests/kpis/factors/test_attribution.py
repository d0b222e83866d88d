"""Attributed to another party: out of this vendor's adjusted figure, and on that party's card; no name leaks."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from kpis.models import FactorSlice
from kpis.services import factors
from kpis.services.factors.costs import costs_of
from kpis.services.factors.parties import party_of
from kpis.services.recalculation import drain
from tests.conftest import client_for
from tests.kpis.factors.world import NOW, SEPTEMBER, SLICE, World, make_world, month, outage, part
from tests.make import make_contract, make_queue, make_user, make_vendor
from vendors.authentication import actor_of
from vendors.choices import Role
from vendors.errors import Invalid
from vendors.models import Department

pytestmark = pytest.mark.django_db
END = SEPTEMBER.replace(month=10)


@pytest.fixture
def world() -> World:
    Department.objects.create(code="it", name="IT operations")
    make_contract(make_vendor("narae"), "narae-2026")
    return make_world()


def attributed(world: World, parameters: dict[str, Any], **fields: Any) -> Any:
    by = world.second_manager
    factor = outage(world, by=by, method="attribute", parameters=parameters, slices=[SLICE], **fields)
    factor = factors.approve(factor.pk, decision="Theirs", actor=world.manager, now=NOW)
    drain(now=NOW)
    return factor


@pytest.mark.parametrize(
    ("parameters", "party", "at_the_slice"),
    [
        ({"party": "client"}, ("client", "client"), {"party": "client"}),
        ({"party": "it"}, ("department", "it"), {"party": "it"}),
        ({"contract": "narae-2026"}, ("contract", "narae-2026"), {"party": "vendor"}),
        ({}, ("client", "client"), {"party": "client"}),
    ],
)
def test_the_figure_is_that_of_taking_out_and_the_party_is_kept(
    world: World, parameters: dict[str, Any], party: tuple[str, str], at_the_slice: dict[str, str]
) -> None:
    factor = attributed(world, parameters)

    assert month(world) == (Decimal("81.23"), Decimal("82.39"))
    assert party_of(factor) == party
    assert FactorSlice.objects.get().terms == at_the_slice


def test_unnamed_it_is_the_department_in_charge(world: World) -> None:
    factor = attributed(world, {}, department=Department.objects.get())

    assert party_of(factor) == ("department", "it")
    assert party_of(outage(world)) is None


@pytest.mark.parametrize(
    ("parameters", "code", "field"),
    [
        ({"party": "nobody"}, "unknown_department", "parameters.party"),
        ({"party": 7}, "invalid_choice", "parameters.party"),
        ({"party": ""}, "invalid_choice", "parameters.party"),
        ({"party": "it\0"}, "invalid_choice", "parameters.party"),
        ({"contract": "\ud800"}, "invalid_choice", "parameters.contract"),
        ({"contract": "nobody"}, "unknown_contract", "parameters.contract"),
        ({"contract": "voice-2026"}, "own_contract", "parameters.contract"),
        ({"party": "it", "contract": "narae-2026"}, "one_party", "parameters.contract"),
        ({"band": "10"}, "unknown_field", "parameters.band"),
    ],
)
def test_a_party_that_is_none_is_refused(world: World, parameters: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        attributed(world, parameters)

    assert (refused.value.code, refused.value.errors[0].field) == (code, field)


def test_a_vendor_neither_names_nor_reads_another_vendors_contract(world: World) -> None:
    with pytest.raises(Invalid) as refused:
        outage(world, method="attribute", parameters={"contract": "narae-2026"})
    assert refused.value.code == "unknown_contract"
    mine = outage(world, method="attribute", parameters={"party": "it"})
    with pytest.raises(Invalid):
        factors.change(mine.pk, {"parameters": {"contract": "narae-2026"}}, actor=world.member, now=NOW)

    factor = attributed(world, {"contract": "narae-2026"})
    member, manager = (
        client_for(make_user(role=role, vendor=of))
        for role, of in ((Role.VENDOR_MEMBER, world.contract.vendor), (Role.MANAGER, None))
    )

    address = f"/api/v1/external-factors/{factor.pk}/"
    assert member.get(address).json()["parameters"] == {"party": "vendor"}
    assert manager.get(address).json()["parameters"] == {"contract": "narae-2026"}
    assert "narae" not in member.get("/api/v1/external-factors/").content.decode()
    assert "narae" not in member.get("/api/v1/attainments/").content.decode()


def test_what_it_cost_is_counted_by_the_kpi_of_most_weight(world: World) -> None:
    factor = attributed(world, {"party": "it"})

    (cost,) = costs_of(SEPTEMBER, END, actor=world.manager, now=NOW)

    assert (cost.factor, cost.contract, cost.start, cost.days) == (factor, world.contract, SEPTEMBER, 1)
    assert (cost.kpi, cost.calls, cost.missed) == ("service_level", 1_000, 900)
    # 81.23 of 80 without the relief, 82.39 with it.
    assert cost.points == Decimal("1.45")
    assert (
        costs_of(SEPTEMBER, END, actor=actor_of(make_user(role=Role.VENDOR_MEMBER, vendor=make_vendor())), now=NOW)
        == []
    )


def test_of_several_factors_each_is_priced_as_if_it_alone_were_missing(world: World) -> None:
    attributed(world, {"party": "it"})
    good = outage(world, by=world.second_manager, slices=[part(offered=500, within=500)])
    factors.approve(good.pk, decision="As logged", actor=world.manager, now=NOW)
    drain(now=NOW)

    points = {cost.factor.pk: cost.points for cost in costs_of(SEPTEMBER, END, actor=world.manager, now=NOW)}

    # 82.25 with both; 82.39 without the good one, which lowers it; 81.07 without the outage; each of 80.
    assert month(world)[1] == Decimal("82.25")
    assert points[good.pk] == Decimal("-0.18")
    assert [value for pk, value in points.items() if pk != good.pk] == [Decimal("1.48")]


WHOLE = part()


@pytest.mark.parametrize(
    ("slices", "adjusted", "lost"),
    [
        # The day had 4,000 calls of which 1,200 were missed; the slice 1,000 of which 900 were. A whole day leaves
        # the figure once, with or without a part of it beside.
        ([WHOLE, WHOLE], "82.00", [(4_000, 1_200), (0, 0)]),
        ([SLICE, WHOLE], "82.00", [(1_000, 900), (3_000, 300)]),
        ([WHOLE, SLICE], "82.00", [(4_000, 1_200), (0, 0)]),
        ([SLICE, part(offered=500, within=450)], "82.33", [(1_000, 900), (500, 50)]),
    ],
    ids=["whole, whole", "part, whole", "whole, part", "part, part"],
)
def test_a_call_that_two_factors_touch_is_lost_once_and_the_first_approved_has_it(
    world: World, slices: list[Any], adjusted: str, lost: list[tuple[int, int]]
) -> None:
    found = [
        outage(world, by=world.second_manager, title=f"No {place}", slices=[one]) for place, one in enumerate(slices)
    ]
    for factor in found:
        factors.approve(factor.pk, decision="As logged", actor=world.manager, now=NOW)
    drain(now=NOW)

    costs = {cost.factor: cost for cost in costs_of(SEPTEMBER, END, actor=world.manager, now=NOW)}
    asked = costs_of(SEPTEMBER, END, actor=world.manager, now=NOW, factors=[found[1].pk])

    assert month(world)[1] == Decimal(adjusted)
    assert [(costs[factor].calls, costs[factor].missed) for factor in found] == lost
    assert asked == [costs[found[1]]]


def test_what_no_plain_ratio_counts_has_no_calls(world: World) -> None:
    queue = make_queue(make_contract(world.contract.vendor), "chat")
    factor = outage(world, by=world.second_manager, queues=[queue], method="attribute")
    factors.approve(factor.pk, decision="Theirs", actor=world.manager, now=NOW)

    (cost,) = costs_of(SEPTEMBER, END, actor=world.manager, now=NOW)
    assert (cost.calls, cost.missed, cost.points, cost.kpi) == (None, None, None, "")


def test_other_methods_than_taking_out_are_no_alternative_to_it(world: World) -> None:
    factor = outage(world, slices=[SLICE])

    assert "attribute" not in {one["method"] for one in factors.alternatives(factor, actor=world.manager, now=NOW)}
