from __future__ import annotations

import threading
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, connections

from kpis.models import Kpi, RecalculationMark, Target
from kpis.services.targets import create_target, end_target, update_target, warnings_of, weight_sum
from tests.conftest import NOW
from tests.make import make_actor, make_contract, make_kpi, make_queue, make_vendor
from vendors.choices import Role
from vendors.errors import Forbidden, Invalid
from vendors.models import AuditEntry, Contract

pytestmark = pytest.mark.django_db
JUNE = date(2026, 6, 1)
PERCENT = {"bounds": ["0", "100"]}


def ask(kpi: Kpi, contract: Contract | None, **fields: Any) -> Target:
    scope = {name: fields.pop(name) for name in ("queue", "period") if name in fields}
    return create_target(
        kpi=kpi, contract=contract, fields={"target": "90", **fields}, actor=make_actor(), now=NOW, **scope
    )


def refusal(kpi: Kpi, **fields: Any) -> tuple[str, str | None]:
    """Return code and field of the first thing that is wrong."""
    with pytest.raises(Invalid) as caught:
        ask(kpi, make_contract(), **fields)
    return caught.value.code, caught.value.errors[0].field


def higher(**fields: Any) -> Kpi:
    return make_kpi(**{**PERCENT, **fields})


def lower(**fields: Any) -> Kpi:
    return make_kpi(**{**PERCENT, "direction": "lower", **fields})


def test_it_fills_in_what_is_left_out() -> None:
    target = ask(higher(decimals=1), make_contract(starts_on=date(2026, 3, 1)))

    assert (target.valid_from, target.valid_until) == (date(2026, 3, 1), None)
    assert (target.series.period, target.attainment_mode, target.decimals) == ("month", "ratio", 1)
    assert (target.cap, target.weight, target.rounding, target.below_minimum) == (None, None, "half_up", "zero")
    assert (target.score_at_minimum, target.score_at_target, target.score_at_stretch) == (60, 100, 120)


def test_it_starts_a_programme_target_with_the_year() -> None:
    assert ask(higher(), None).valid_from == date(2026, 1, 1)


@pytest.mark.parametrize(
    ("direction", "fields", "mode"),
    [
        ("higher", {}, "ratio"),
        ("lower", {}, "linear_lower"),
        ("band", {"target": 80, "target_upper": 88}, "band"),
        ("zero", {"target": 0}, "zero"),
        ("info", {}, "ratio"),
    ],
)
def test_it_chooses_the_mode_by_direction(direction: str, fields: dict[str, Any], mode: str) -> None:
    assert ask(higher(direction=direction), make_contract(), **fields).attainment_mode == mode


@pytest.mark.parametrize(
    ("bounds", "levels"), [(["-100", "100"], (20, 35)), (["1", "5"], (4, 4.3)), (["1", "7"], (5, 5.5))]
)
def test_it_interpolates_on_scales_without_a_true_zero(bounds: list[str], levels: tuple[float, float]) -> None:
    target = ask(make_kpi(bounds=bounds), make_contract(), minimum=levels[0], target=levels[1])

    assert target.attainment_mode == "interpolate"


def test_it_refuses_a_quotient_of_a_scale_that_can_be_negative() -> None:
    nps = make_kpi(bounds=["-100", "100"])

    assert refusal(nps, target=35, attainment_mode="ratio") == ("mode", "attainment_mode")
    assert refusal(nps, target=35) == ("minimum_required", "minimum")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"minimum": 91}, ("level_order", "minimum")),
        ({"stretch": 89}, ("level_order", "stretch")),
        ({"target": 101}, ("out_of_bounds", "target")),
        ({"target": 0}, ("mode", "attainment_mode")),
        ({"target": None}, ("number", "target")),
        ({"target": "NaN"}, ("number", "target")),
        ({"target": True}, ("number", "target")),
        ({"target": "1e30"}, ("number", "target")),
        ({"target": "90.123456789"}, ("number", "target")),
        ({"weight": 0}, ("weights", "weight")),
        ({"weight": -5}, ("weights", "weight")),
        ({"cap": 0}, ("cap", "cap")),
        ({"decimals": 9}, ("decimals", "decimals")),
        ({"decimals": -1}, ("decimals", "decimals")),
        ({"rounding": "up"}, ("choice", "rounding")),
        ({"attainment_mode": "linear_lower"}, ("mode", "attainment_mode")),
        ({"attainment_mode": "interpolate"}, ("minimum_required", "minimum")),
        ({"attainment_mode": "interpolate", "minimum": 90}, ("level_order", "minimum")),
        ({"attainment_mode": "interpolate", "minimum": 80, "stretch": 90}, ("level_order", "stretch")),
        ({"attainment_mode": "band"}, ("target_upper_required", "target_upper")),
        ({"attainment_mode": "band", "target_upper": 80}, ("level_order", "target_upper")),
        ({"attainment_mode": "tiers"}, ("tiers", "tiers")),
        ({"attainment_mode": "tiers", "tiers": []}, ("tiers", "tiers")),
        ({"attainment_mode": "tiers", "tiers": [[95, 100], [95, 90], [None, 0]]}, ("tiers", "tiers")),
        ({"attainment_mode": "tiers", "tiers": [[95, 100], [90, 90], [92, 80], [None, 0]]}, ("tiers", "tiers")),
        ({"attainment_mode": "tiers", "tiers": [[95, 100], [90, 80]]}, ("tiers", "tiers")),
        ({"attainment_mode": "tiers", "tiers": [[95, -1], [0, 0]]}, ("tiers", "tiers")),
        ({"attainment_mode": "tiers", "tiers": ["95"]}, ("tiers", "tiers")),
        ({"score_at_minimum": 110}, ("scores", "score_at_target")),
        ({"parameters": []}, ("parameters", "parameters")),
        ({"parameters": {"threshold_seconds": 0}}, ("parameters", "parameters")),
        ({"parameters": {"threshold_seconds": 2.5}}, ("parameters", "parameters")),
        ({"parameters": {"threshold_seconds": "soon"}}, ("parameters", "parameters")),
        ({"parameters": {"Bad name": 1}}, ("parameters", "parameters")),
        ({"parameters": {"nested": {"a": 1}}}, ("parameters", "parameters")),
        ({"valid_from": JUNE, "valid_until": JUNE}, ("empty_range", "valid_until")),
        ({"valid_from": date(2025, 1, 1), "valid_until": date(2026, 1, 1)}, ("outside_contract", "valid_from")),
        ({"period": "decade"}, ("choice", "period")),
    ],
)
def test_it_refuses_what_makes_no_sense(fields: dict[str, Any], expected: tuple[str, str]) -> None:
    assert refusal(higher(), **fields) == expected
    assert not Target.objects.exists()


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"target": 5, "minimum": 4}, ("level_order", "minimum")),
        ({"target": 5, "stretch": 6}, ("level_order", "stretch")),
        ({"target": 5, "attainment_mode": "ratio"}, ("mode", "attainment_mode")),
        ({"target": 0}, ("mode", "attainment_mode")),
        ({"target": 100, "attainment_mode": "complement"}, ("mode", "target")),
    ],
)
def test_it_reads_levels_the_other_way_where_lower_is_better(fields: dict[str, Any], expected: tuple[str, str]) -> None:
    assert refusal(lower(), **fields) == expected


def test_it_names_every_fault_at_once() -> None:
    with pytest.raises(Invalid) as caught:
        ask(higher(), make_contract(), minimum=95, weight=0, cap=-1)

    assert [error.code for error in caught.value.errors] == ["weights", "cap", "level_order"]
    assert all(str(error.detail).endswith(".") for error in caught.value.errors)


def test_it_keeps_a_points_table_highest_first() -> None:
    rows = [{"from": None, "score": 60}, {"from": "87", "score": "80"}, {"from": 90, "score": 90}]

    target = ask(higher(), make_contract(), attainment_mode="tiers", tiers=rows)

    assert target.tiers == [["90", "90"], ["87", "80"], [None, "60"]]


def test_it_takes_off_a_hundred_points_per_incident_unless_told() -> None:
    incidents = higher(direction="zero")

    assert ask(incidents, make_contract(), target=0).step == 100
    assert ask(incidents, make_contract(), target=0, step="40").step == 40
    assert refusal(incidents, target=0, step=0) == ("step", "step")


def test_it_refuses_overlapping_dates_and_names_the_cure() -> None:
    kpi, contract = higher(), make_contract()
    first = ask(kpi, contract)

    with pytest.raises(Invalid) as caught:
        ask(kpi, contract, valid_from=JUNE)

    assert caught.value.code == "overlap"
    for part in (str(first.pk), "2026-01-01", "2026-06-01", "valid_until"):
        assert part in str(caught.value.detail)


def test_it_does_not_ask_to_end_what_begins_no_earlier() -> None:
    kpi, contract = higher(), make_contract()
    ask(kpi, contract)

    with pytest.raises(Invalid) as caught:
        ask(kpi, contract)

    assert caught.value.code == "overlap"
    assert "valid_until" not in str(caught.value.detail)


def test_it_lets_versions_follow_each_other() -> None:
    kpi, contract = higher(), make_contract()

    first = ask(kpi, contract, valid_until=JUNE)
    second = ask(kpi, contract, valid_from=JUNE, target=92)

    assert first.series_id == second.series_id
    assert [target.target for target in first.series.targets.all()] == [90, 92]


def test_it_keeps_pooled_queue_and_programme_targets_apart() -> None:
    kpi, contract = higher(), make_contract()
    queue = make_queue(contract)

    made = [ask(kpi, contract), ask(kpi, contract, queue=queue), ask(kpi, None), ask(kpi, contract, period="week")]

    assert len({target.series_id for target in made}) == 4


def test_it_refuses_a_queue_of_another_contract() -> None:
    with pytest.raises(Invalid) as caught:
        ask(higher(), make_contract(), queue=make_queue(make_contract()))

    assert caught.value.code == "queue_not_in_contract"


def test_it_refuses_a_queue_without_a_contract() -> None:
    with pytest.raises(Invalid) as caught:
        ask(higher(), None, queue=make_queue())

    assert caught.value.code == "contract_required"


def test_it_changes_a_target_in_place_and_records_what_changed() -> None:
    target = ask(higher(), make_contract(), minimum=80)

    update_target(target=target, fields={"target": "92", "cap": 120}, actor=make_actor(), now=NOW)

    target.refresh_from_db()
    assert (target.target, target.minimum, target.cap) == (92, 80, 120)
    entry = AuditEntry.objects.first()
    assert entry is not None
    assert entry.changes == {"target": ["90", "92"], "cap": [None, "120"]}
    assert target.history.count() == 2


def test_it_never_changes_what_a_target_is_about() -> None:
    target = ask(higher(), make_contract())

    with pytest.raises(Invalid) as caught:
        update_target(target=target, fields={"kpi": higher(), "period": "week"}, actor=make_actor(), now=NOW)

    assert [(error.code, error.field) for error in caught.value.errors] == [
        ("immutable", "kpi"),
        ("immutable", "period"),
    ]


def test_it_refuses_an_update_into_another_version() -> None:
    kpi, contract = higher(), make_contract()
    first = ask(kpi, contract, valid_until=JUNE)
    ask(kpi, contract, valid_from=JUNE)

    with pytest.raises(Invalid) as caught:
        end_target(target=first, valid_until=date(2026, 7, 1), actor=make_actor(), now=NOW)

    assert caught.value.code == "overlap"


def test_it_marks_old_and_new_days_for_recalculation() -> None:
    contract = make_contract()
    target = ask(higher(), contract, valid_until=date(2026, 9, 1))
    RecalculationMark.objects.all().delete()

    end_target(target=target, valid_until=JUNE, actor=make_actor(), now=NOW)

    marks = RecalculationMark.objects.values_list("contract_id", "first_on", "last_on")
    assert list(marks) == [(contract.pk, date(2026, 1, 1), date(2026, 8, 31))]


def test_it_lets_only_managers_of_the_vendor_write() -> None:
    kpi, contract = higher(), make_contract()
    ours, theirs = make_actor(Role.MANAGER, contract.vendor), make_actor(Role.MANAGER, make_vendor())

    create_target(kpi=kpi, contract=contract, fields={"target": 90}, actor=ours, now=NOW)

    for actor, about in [(theirs, contract), (ours, None), (make_actor(Role.ANALYST), contract)]:
        with pytest.raises(Forbidden):
            create_target(kpi=higher(), contract=about, fields={"target": 90}, actor=actor, now=NOW)


def test_it_warns_of_weights_that_miss_a_hundred() -> None:
    contract = make_contract()
    first = ask(higher(), contract, weight=60)

    assert [warning.code for warning in warnings_of(first)] == ["weights"]

    second = ask(higher(), contract, weight=40, valid_from=JUNE)
    ask(higher(), contract, weight=7, period="week")
    assert (weight_sum(contract, JUNE), weight_sum(contract, date(2026, 5, 31))) == (Decimal(100), Decimal(60))
    assert warnings_of(second) == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
def test_it_lets_one_of_two_managers_win_who_write_at_once() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("needs PostgreSQL: SQLite lets one transaction write at a time")
    kpi, contract, barrier = higher(), make_contract(), threading.Barrier(6)
    answers: list[str] = []

    def write(day: date) -> None:
        barrier.wait()
        try:
            ask(kpi, contract, valid_from=day)
            answers.append("made")
        except Invalid as error:
            answers.append(error.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write, args=(date(2026, 1, day),)) for day in range(1, 7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    ranges = list(Target.objects.order_by("valid_from").values_list("valid_from", "valid_until"))
    assert sorted(answers) == ["made"] + ["overlap"] * 5
    assert len(ranges) == 1
