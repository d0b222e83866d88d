from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from kpis.models import Kpi, RecalculationMark, Target, TargetSet, TargetSetApplication, TargetSetVersion
from kpis.services.target_set_application import Applied, apply_set
from kpis.services.target_set_items import changed_by, read_items, warnings_of_items
from kpis.services.target_sets import copy_set, create_set, new_version
from kpis.services.targets import create_target
from tests.checks import queries_of
from tests.conftest import NOW
from tests.make import make_actor, make_contract, make_kpi, make_vendor
from vendors.choices import Role
from vendors.errors import Forbidden, Invalid
from vendors.models import AuditEntry, Contract, ContractTerms

pytestmark = pytest.mark.django_db
JUNE, JULY = date(2026, 6, 1), date(2026, 7, 1)
PERCENT = {"bounds": ["0", "100"]}
ANSWERED = {"kpi": "answered_share", "minimum": "87", "target": "90", "stretch": "95", "weight": "60", "decimals": 1}
LOST = {"kpi": "lost_share", "minimum": "8", "target": "5", "weight": "40", "attainment_mode": "interpolate"}
GRADES = [{"grade": "P", "from": "80"}, {"grade": "F", "from": "0"}]


@pytest.fixture(autouse=True)
def _kpis(db: None) -> None:
    make_kpi("answered_share", **PERCENT)
    make_kpi("lost_share", "100 * abandoned / offered", direction="lower", **PERCENT)
    make_kpi("handling", "talk_s / answered", direction="band", bounds=["10", "3600"])
    make_kpi("score", "qa_score_sum / qa_evaluated", **PERCENT)


def make_set(*items: dict[str, Any], code: str = "ours", **fields: Any) -> TargetSetVersion:
    return create_set(
        code=code, name="Ours", items=list(items or (ANSWERED, LOST)), actor=make_actor(), now=NOW, **fields
    )


def give(version: TargetSetVersion, *contracts: Contract, day: date = JUNE, **fields: Any) -> list[Applied]:
    return apply_set(version=version, contracts=contracts, valid_from=day, actor=make_actor(), now=NOW, **fields)


def targets_of(contract: Contract) -> list[tuple[str, str, date, date | None]]:
    rows = Target.objects.filter(series__contract=contract).order_by("series__kpi__code", "valid_from")
    return [(row.series.kpi.code, f"{row.target.normalize():f}", row.valid_from, row.valid_until) for row in rows]


def change(item: dict[str, Any], percent: str) -> tuple[dict[str, Any], str | None]:
    """Return the document of the changed item and the code of the warning."""
    changed, warning = changed_by(read_items([item], JUNE)[0], Decimal(percent))
    return changed.as_document(), warning and warning.code


def test_it_stores_a_complete_document() -> None:
    version = make_set(policies={"grades": GRADES, "completeness_bar": "90.0"})

    assert version.number == 1
    assert version.items[0] == {
        **{"kpi": "answered_share", "period": "month", "attainment_mode": "ratio", "decimals": 1},
        **{"minimum": "87", "target": "90", "stretch": "95", "weight": "60", "rounding": "half_up"},
        **{"score_at_minimum": "60", "score_at_target": "100", "score_at_stretch": "120", "below_minimum": "zero"},
    }
    assert version.policies == {"grades": GRADES, "completeness_bar": "90"}


@pytest.mark.parametrize(
    ("items", "error"),
    [
        ([], (None, "items", "items")),
        ("answer_rate", (None, "items", "items")),
        ([ANSWERED, 5], (1, "items", "items")),
        ([ANSWERED, {"kpi": "nothing", "target": 1}], (1, "unknown_kpi", "kpi")),
        ([ANSWERED, {"kpi": ["list"], "target": 1}], (1, "unknown_kpi", "kpi")),
        ([ANSWERED, LOST, ANSWERED], (2, "duplicate_item", "kpi")),
        ([{**ANSWERED, "wieght": 5}], (0, "unknown_field", "wieght")),
        ([{**ANSWERED, "period": "decade"}], (0, "choice", "period")),
        ([{**ANSWERED, "minimum": 91}], (0, "level_order", "minimum")),
        ([{"kpi": "answered_share"}], (0, "required", "target")),
    ],
)
def test_it_refuses_wrong_items_by_row(items: Any, error: tuple[int | None, str, str]) -> None:
    with pytest.raises(Invalid) as caught:
        create_set(code="bad", name="Bad", items=items, actor=make_actor(), now=NOW)

    assert [(fault.row, fault.code, fault.field) for fault in caught.value.errors] == [error]
    assert not TargetSet.objects.exists()


@pytest.mark.parametrize(
    ("policies", "field"),
    [
        ({"grade": []}, "policies.grade"),
        ({"grades": []}, "policies.grades"),
        ({"grades": [{"grade": "S", "from": "90"}]}, "policies.grades"),
        ({"grades": [{"grade": "S", "from": "90"}, {"grade": "A", "from": "95"}]}, "policies.grades"),
        ({"completeness_bar": 101}, "policies.completeness_bar"),
        ({"missing_policy": {"no_data": "guess"}}, "policies.missing_policy"),
        ({"missing_day_policy": "ignore"}, "policies.missing_day_policy"),
        ({"missing_day_grace_days": 1.5}, "policies.missing_day_grace_days"),
        ({"gates": {}}, "policies.gates"),
        ([], "policies"),
    ],
)
def test_it_refuses_wrong_policies(policies: Any, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        new_version(target_set=make_set().target_set, policies=policies, actor=make_actor(), now=NOW)

    assert caught.value.errors[0].field == field


def test_it_refuses_a_code_that_is_taken() -> None:
    make_set()

    with pytest.raises(Invalid, match="unique"):
        make_set()


def test_it_versions_the_whole_and_keeps_what_is_not_given() -> None:
    first = make_set(policies={"grades": GRADES})

    second = new_version(target_set=first.target_set, items=[ANSWERED], actor=make_actor(), now=NOW)

    first.refresh_from_db()
    assert (second.number, len(second.items), second.policies) == (2, 1, first.policies)
    assert len(first.items) == 2


def test_it_makes_no_version_of_a_new_name_or_of_nothing_new() -> None:
    first = make_set()

    same = new_version(target_set=first.target_set, items=[ANSWERED, LOST], name="New", actor=make_actor(), now=NOW)

    assert same.pk == first.pk
    assert TargetSet.objects.get().name == "New"


def test_it_leaves_sets_to_managers_of_all_vendors() -> None:
    with pytest.raises(Forbidden):
        create_set(code="a", name="A", items=[ANSWERED], actor=make_actor(Role.MANAGER, make_vendor()), now=NOW)


def test_it_warns_of_weights_and_of_counting_a_vendors_people() -> None:
    Kpi.objects.filter(code="score").update(needs_labour_review=True)
    items = read_items([ANSWERED, {"kpi": "score", "target": 90, "weight": "39.9"}], JUNE)

    assert [(warning.code, warning.row) for warning in warnings_of_items(items)] == [
        ("weights", None),
        ("labour_review", 1),
    ]
    assert warnings_of_items(read_items([ANSWERED, LOST], JUNE)) == []


def test_it_makes_levels_more_demanding_by_direction() -> None:
    higher, lower = change(ANSWERED, "2")[0], change(LOST, "2")[0]

    assert [higher[name] for name in ("minimum", "target", "stretch")] == ["88.7", "91.8", "96.9"]
    assert [lower[name] for name in ("minimum", "target")] == ["7.84", "4.9"]


def test_it_makes_levels_more_lenient_by_a_negative_percentage() -> None:
    higher, lower = change(ANSWERED, "-10")[0], change(LOST, "-10")[0]

    assert (higher["target"], lower["target"]) == ("81", "5.5")


def test_it_narrows_a_band_around_its_middle() -> None:
    band = {"kpi": "handling", "minimum": 180, "minimum_upper": 420, "target": 240, "target_upper": 330}

    changed = change(band, "10")[0]

    assert [changed[name] for name in ("minimum", "target", "target_upper", "minimum_upper")] == [
        *("192", "244.5", "325.5", "408"),
    ]


def test_it_moves_the_rows_of_a_points_table() -> None:
    tiers = {"kpi": "score", "target": 90, "attainment_mode": "tiers", "tiers": [[90, 100], [80, 70], [None, 0]]}

    assert change(tiers, "1")[0]["tiers"] == [["90.9", "100"], ["80.8", "70"], [None, "0"]]


def test_it_holds_a_stretch_level_at_the_end_of_the_scale() -> None:
    assert change({**ANSWERED, "target": "93"}, "6") == (
        {**read_items([ANSWERED], JUNE)[0].as_document(), "minimum": "92.2", "target": "98.6", "stretch": "100"},
        None,
    )


def test_it_leaves_an_item_alone_that_would_leave_its_scale() -> None:
    item = {"kpi": "score", "minimum": 98, "target": "99.5", "attainment_mode": "interpolate"}

    document, warning = change(item, "5")

    assert (document["target"], document["minimum"], warning) == ("99.5", "98", "unchanged")


def test_it_copies_a_set_with_a_percentage() -> None:
    version = make_set(policies={"grades": GRADES})

    copied, unchanged = copy_set(
        version=version, code="next", name="Next", percent_change=Decimal(2), actor=make_actor(), now=NOW
    )

    assert (copied.target_set.code, copied.number, copied.policies) == ("next", 1, version.policies)
    assert [item["target"] for item in copied.items] == ["91.8", "4.9"]
    assert unchanged == []


@pytest.mark.parametrize("percent", ["51", "-60", "0.0001", "NaN"])
def test_it_refuses_a_change_that_is_a_slip(percent: str) -> None:
    with pytest.raises(Invalid, match="percent_change"):
        give(make_set(), make_contract(), percent_change=Decimal(percent))


def test_it_gives_a_contract_targets_policies_and_marks() -> None:
    contract = make_contract()
    version = make_set(policies={"grades": GRADES})

    [result] = give(version, contract)

    assert result.counts() == {"created": 2, "replaced": 0, "ended": 0, "removed": 0}
    assert result.warnings == []
    assert targets_of(contract) == [("answered_share", "90", JUNE, None), ("lost_share", "5", JUNE, None)]
    assert Target.objects.filter(application=TargetSetApplication.objects.get()).count() == 2
    assert set(RecalculationMark.objects.values_list("contract_id", "first_on")) == {(contract.pk, JUNE)}
    assert AuditEntry.objects.filter(action="apply_target_set").count() == 1
    assert all(target.history.count() == 1 for target in Target.objects.all())


def test_it_begins_new_terms_on_the_date_and_keeps_what_the_set_does_not_name() -> None:
    contract = make_contract(missing_day_policy="zero")

    give(make_set(policies={"grades": GRADES}), contract)

    old, new = ContractTerms.objects.filter(contract=contract).order_by("id")
    assert (old.valid_from, old.valid_until, new.valid_from, new.valid_until) == (None, JUNE, JUNE, None)
    assert (new.grades, new.missing_day_policy) == (GRADES, "zero")
    assert old.grades != GRADES


def test_it_closes_what_held_and_replaces_what_starts_on_the_day() -> None:
    contract = make_contract()
    version = make_set()
    give(version, contract, day=JUNE)
    [before] = give(version, contract, day=JULY)

    [again] = give(version, contract, day=JULY, percent_change=Decimal(2))

    assert before.counts() == {"created": 2, "replaced": 0, "ended": 2, "removed": 0}
    assert again.counts() == {"created": 0, "replaced": 2, "ended": 0, "removed": 0}
    assert targets_of(contract) == [
        ("answered_share", "90", JUNE, JULY),
        ("answered_share", "91.8", JULY, None),
        ("lost_share", "5", JUNE, JULY),
        ("lost_share", "4.9", JULY, None),
    ]


def test_it_ends_kpis_the_new_set_lacks_but_nothing_made_by_hand() -> None:
    contract = make_contract()
    by_hand = Kpi.objects.get(code="score")
    create_target(kpi=by_hand, contract=contract, fields={"target": 90}, actor=make_actor(), now=NOW)
    give(make_set(), contract, day=JUNE)

    [result] = give(make_set(ANSWERED, code="short"), contract, day=JULY)

    assert [target.series.kpi.code for target in result.ended] == ["answered_share", "lost_share"]
    assert targets_of(contract)[-2:] == [
        ("lost_share", "5", JUNE, JULY),
        ("score", "90", date(2026, 1, 1), None),
    ]
    assert [warning.code for warning in result.warnings] == ["weights"]


def test_it_removes_kpis_that_would_end_on_the_day_they_start() -> None:
    contract = make_contract()
    give(make_set(), contract)

    [result] = give(make_set(ANSWERED, code="short"), contract)

    assert result.removed_kpis == ["lost_share"]
    assert targets_of(contract) == [("answered_share", "90", JUNE, None)]


def test_it_holds_until_a_target_that_is_planned_for_later() -> None:
    contract = make_contract()
    create_target(
        kpi=Kpi.objects.get(code="answered_share"),
        contract=contract,
        fields={"target": 95, "valid_from": JULY},
        actor=make_actor(),
        now=NOW,
    )

    [result] = give(make_set(), contract)

    assert targets_of(contract)[:2] == [("answered_share", "90", JUNE, JULY), ("answered_share", "95", JULY, None)]
    assert [warning.code for warning in result.warnings] == ["later_target"]


def test_it_takes_overrides_of_one_contract_over_the_percentage() -> None:
    ours, theirs = make_contract(), make_contract()

    give(make_set(), ours, theirs, percent_change=Decimal(2), overrides={ours.code: {"lost_share": {"target": "3"}}})

    assert targets_of(ours)[1][1] == "3"
    assert targets_of(theirs)[1][1] == "4.9"


def test_an_override_of_null_leaves_the_kpi_out() -> None:
    ours, theirs = make_contract(code="ours-2026"), make_contract(code="theirs-2026")

    give(make_set(), ours, theirs, overrides={ours.code: {"lost_share": None}})

    assert not Target.objects.filter(series__contract=ours, series__kpi__code="lost_share").exists()
    assert Target.objects.filter(series__contract=theirs, series__kpi__code="lost_share").exists()


@pytest.mark.parametrize(
    ("overrides", "code"),
    [
        ({"elsewhere": {}}, "unknown_contract"),
        ({"ours-2026": {"score": {"target": 1}}}, "unknown_kpi"),
        ({"ours-2026": {"lost_share": {"goal": 1}}}, "unknown_field"),
        ({"ours-2026": {"lost_share": {"target": 9}}}, "level_order"),
        ({"ours-2026": {"lost_share": {"target": "x"}}}, "number"),
        ({"ours-2026": {"lost_share": 5}}, "overrides"),
        ({"ours-2026": []}, "overrides"),
        (["ours-2026"], "overrides"),
        ([], "overrides"),
    ],
)
def test_it_refuses_overrides_that_do_not_fit(overrides: Any, code: str) -> None:
    version, contract = make_set(), make_contract(code="ours-2026")

    with pytest.raises(Invalid) as caught:
        give(version, contract, overrides=overrides)

    assert caught.value.code == code
    assert not Target.objects.exists()


def test_it_refuses_all_contracts_where_one_does_not_fit() -> None:
    over = make_contract(ends_on=date(2026, 5, 31))

    with pytest.raises(Invalid, match="outside_contract"):
        give(make_set(), make_contract(), over)

    assert not Target.objects.exists()


def test_it_refuses_a_manager_of_another_vendor() -> None:
    contract = make_contract()

    with pytest.raises(Forbidden):
        apply_set(
            version=make_set(),
            contracts=[contract],
            valid_from=JUNE,
            actor=make_actor(Role.MANAGER, make_vendor()),
            now=NOW,
        )


def test_it_asks_as_often_for_eight_kpis_as_for_one_and_evenly_by_contract() -> None:
    kpis = [make_kpi(**PERCENT) for _ in range(8)]
    small = make_set({"kpi": kpis[0].code, "target": 90}, policies={"grades": GRADES}, code="small")
    large = make_set(*({"kpi": kpi.code, "target": 90} for kpi in kpis), policies={"grades": GRADES}, code="large")

    def count(version: TargetSetVersion, number: int) -> int:
        contracts = [make_contract() for _ in range(number)]
        return len(queries_of(lambda: give(version, *contracts)))

    counts = [count(large, number) for number in (1, 2, 3, 4)]
    steps = {later - earlier for earlier, later in pairwise(counts)}

    assert count(small, 1) == counts[0]
    assert len(steps) == 1
    assert steps.pop() <= 12  # its terms with their history, its lines in the audit trail
