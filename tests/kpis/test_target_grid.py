"""Targets changed month by month: versions, locks, refusals, and a second person where a contract asks for one."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from kpis.imports.target_tables import read_target_file, read_target_table, write_target_table
from kpis.models import Kpi, RecalculationMark, Target, TargetChange
from kpis.queries.target_bench import replayed
from kpis.queries.target_grid import Lock, load_grid
from kpis.services import target_changes, target_grid, targets
from kpis.services.closing import close_month
from kpis.services.target_grid import Cell
from kpis.services.target_set_application import apply_set
from kpis.services.target_sets import create_set
from tests import make
from tests.checks import queries_of
from vendors.actors import Actor, Grant
from vendors.choices import Role
from vendors.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from vendors.models import AuditEntry, Contract, ContractTerms

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)
MANAGER = make.make_actor(Role.MANAGER)
OTHER = Actor(label="test:other", grants=(Grant(Role.MANAGER),))


@pytest.fixture
def contract() -> Contract:
    made = make.make_contract(make.make_vendor("hanbit"), "hanbit-2026")
    kpi = make.make_kpi("answer_rate", unit="%", bounds=["0", "100"])
    Kpi.objects.update(name="Answer rate", name_ko="응대율")
    make.make_target(made, kpi, 90, weight=100, minimum=80)
    return made


def cell(month: str, after: str, before: str = "90", level: str = "target", kpi: str = "answer_rate") -> Cell:
    return Cell(kpi, "", level, date.fromisoformat(f"{month}-01"), before, after)


def store(contract: Contract, *cells: Cell, year: int = 2026, actor: Actor = MANAGER, **options: Any) -> TargetChange:
    given = {"goes_on": True, "final": {}, "actor": actor, "now": NOW, **options}
    return target_changes.change_targets(contract, year, cells, **given)


def versions(contract: Contract) -> list[tuple[str, str, str]]:
    rows = Target.objects.filter(series__contract=contract).order_by("series__kpi__code", "valid_from")
    return [(f"{row.valid_from}", f"{row.valid_until or ''}", f"{row.target.normalize():f}") for row in rows]


def faults(contract: Contract, *cells: Cell, **options: Any) -> dict[str, str]:
    with pytest.raises(DomainError) as refusal:
        store(contract, *cells, **options)
    return {error.code: str(error.detail) for error in refusal.value.errors}


def test_it_begins_versions_from_the_months_that_change(contract: Contract) -> None:
    change = store(contract, cell("2026-11", "92"), cell("2026-12", "92"), note="New year's agreement")

    assert versions(contract) == [("2026-01-01", "2026-11-01", "90"), ("2026-11-01", "", "92")]
    assert Target.objects.get(valid_from=date(2026, 11, 1)).minimum == 80
    assert (change.status, change.note, len(change.cells)) == ("stored", "New year's agreement", 2)
    assert AuditEntry.objects.get(action="change_targets").vendor == contract.vendor
    mark = RecalculationMark.objects.get()
    assert (mark.contract, mark.first_on) == (contract, date(2026, 11, 1))


def test_december_may_end_with_the_year(contract: Contract) -> None:
    store(contract, cell("2026-12", "92"), goes_on=False)

    assert versions(contract)[-2:] == [("2026-12-01", "2027-01-01", "92"), ("2027-01-01", "", "90")]


def test_every_change_stays_readable_in_the_history_of_the_target(contract: Contract) -> None:
    store(contract, cell("2026-11", "92"))
    store(contract, cell("2026-11", "90", "92"))

    assert versions(contract) == [("2026-01-01", "", "90")]
    assert Target.history.filter(history_type="-").count() == 2


def test_an_emptied_month_has_no_target(contract: Contract) -> None:
    store(contract, cell("2026-11", ""))

    assert versions(contract) == [("2026-01-01", "2026-11-01", "90"), ("2026-12-01", "", "90")]


def test_a_kpi_that_was_not_asked_begins_with_what_fits_it(contract: Contract) -> None:
    make.make_kpi("aht", "handle_s / answered", direction="lower", unit="s")

    store(contract, cell("2026-12", "240", "", kpi="aht"))

    made = Target.objects.get(series__kpi__code="aht")
    assert (made.valid_from, made.valid_until, made.attainment_mode) == (date(2026, 12, 1), None, "linear_lower")


def test_a_closed_month_a_final_one_and_one_outside_are_refused_with_the_reason(contract: Contract) -> None:
    close_month(contract=contract.code, start=date(2026, 3, 1), actor=MANAGER, now=NOW)
    Contract.objects.update(ends_on=date(2026, 11, 30))
    contract.refresh_from_db()

    found = faults(
        contract,
        cell("2026-03", "92"),
        cell("2026-04", "92"),
        cell("2026-12", "92"),
        final={date(2026, 4, 1): Lock("final")},
    )

    assert set(found) == {"closed", "final", "outside"}
    assert found["closed"].startswith(("Answer rate · 2026-03: ", "응대율 · 2026-03: "))
    assert versions(contract) == [("2026-01-01", "", "90")]


def test_december_does_not_go_on_into_closed_months(contract: Contract) -> None:
    Contract.objects.update(starts_on=date(2025, 1, 1))
    Target.objects.update(valid_from=date(2025, 1, 1))
    contract.refresh_from_db()
    close_month(contract=contract.code, start=date(2026, 1, 1), actor=MANAGER, now=NOW)

    assert set(faults(contract, cell("2025-12", "92"), year=2025)) == {"closed"}
    store(contract, cell("2025-12", "92"), year=2025, goes_on=False)
    assert versions(contract)[1] == ("2025-12-01", "2026-01-01", "92")


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (cell("2026-11", "150"), "out_of_bounds"),
        (cell("2026-11", "70"), "level_order"),
        (cell("2026-11", "abc"), "number"),
        (cell("2026-11", "92", "91"), "changed_meanwhile"),
        (cell("2027-11", "92"), "wrong_year"),
        (cell("2026-11", "92", level="parameters"), "unknown_level"),
        (cell("2026-11", "92", kpi="nothing"), "unknown_kpi"),
        (cell("2026-11", "0", "100", level="weight"), "weights"),
    ],
)
def test_it_refuses_what_makes_no_target_and_names_the_place(contract: Contract, wrong: Cell, code: str) -> None:
    assert code in faults(contract, wrong)
    assert TargetChange.objects.count() == 0


def test_a_cell_that_stands_twice_says_one_thing(contract: Contract) -> None:
    assert set(faults(contract, cell("2026-11", "92"), cell("2026-11", "93"))) == {"duplicate"}
    assert len(store(contract, cell("2026-11", "92"), cell("2026-11", "92.0")).cells) == 1


def test_levels_without_a_target_are_refused(contract: Contract) -> None:
    make.make_kpi("aht", "handle_s / answered", direction="lower")

    assert set(faults(contract, cell("2026-12", "240", "", level="minimum", kpi="aht"))) == {"required"}


def test_nothing_that_differs_is_no_change(contract: Contract) -> None:
    with pytest.raises(Invalid) as refusal:
        store(contract)

    assert refusal.value.code == "nothing_changes"


def test_too_many_cells_are_refused(contract: Contract, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target_grid, "MOST_CELLS", 1)

    assert set(faults(contract, cell("2026-11", "92"), cell("2026-12", "92"))) == {"too_many"}


def test_it_warns_of_weights_that_do_not_sum_to_a_hundred(contract: Contract) -> None:
    grid = load_grid(contract, 2026, {})

    plan = target_grid.plan_change(grid, [cell("2026-11", "95", "100", level="weight")], goes_on=True)

    assert [warning.code for warning in plan.warnings] == ["weights"]
    assert "2026-11" in str(plan.warnings[0].detail)


def test_only_a_manager_of_the_vendor_changes_targets(contract: Contract) -> None:
    stranger = make.make_actor(Role.MANAGER, make.make_vendor())

    for actor in (stranger, make.make_actor(Role.VENDOR_ADMIN, contract.vendor), make.make_actor(Role.EXECUTIVE)):
        with pytest.raises(Forbidden):
            store(contract, cell("2026-11", "92"), actor=actor)


def test_the_number_of_queries_does_not_grow_with_the_cells(contract: Contract) -> None:
    one = queries_of(lambda: store(contract, cell("2026-11", "92")))
    many = queries_of(lambda: store(contract, *(cell(f"2026-{month:02}", f"8{month}") for month in range(1, 10))))

    assert len(many) <= len(one) + 1


@pytest.fixture
def strict(contract: Contract) -> Contract:
    ContractTerms.objects.filter(contract=contract).update(target_approval=True)
    return contract


def test_where_the_contract_asks_for_it_a_change_waits_for_a_second_person(strict: Contract) -> None:
    change = store(strict, cell("2026-12", "92"))

    assert change.status == "waiting"
    assert versions(strict) == [("2026-01-01", "", "90")]
    with pytest.raises(Forbidden) as refusal:
        target_changes.approve_change(change.pk, final={}, actor=MANAGER, now=NOW)
    assert refusal.value.code == "own_change"

    done = target_changes.approve_change(change.pk, final={}, actor=OTHER, now=NOW)

    assert (done.status, done.decided_by) == ("approved", "test:other")
    assert versions(strict)[-1] == ("2026-12-01", "", "92")
    with pytest.raises(Conflict) as again:
        target_changes.return_change(change.pk, reason="no", actor=OTHER, now=NOW)
    assert again.value.code == "decided"


def test_the_person_behind_a_key_approves_nothing_of_their_own(strict: Contract) -> None:
    user = make.make_user("mina", Role.MANAGER)
    change = store(strict, cell("2026-12", "92"), actor=Actor("user:mina", (Grant(Role.MANAGER),), user_id=user.pk))
    by_key = Actor("key:1a2b", (Grant(Role.MANAGER),), user_id=user.pk)

    with pytest.raises(Forbidden):
        target_changes.approve_change(change.pk, final={}, actor=by_key, now=NOW)
    with pytest.raises(Forbidden):
        target_changes.return_change(change.pk, reason="no", actor=by_key, now=NOW)


def test_it_is_returned_with_a_reason_or_taken_back_by_who_proposed_it(strict: Contract) -> None:
    first, second = store(strict, cell("2026-12", "92")), store(strict, cell("2026-12", "93"))

    with pytest.raises(Invalid):
        target_changes.return_change(first.pk, reason="  ", actor=OTHER, now=NOW)
    with pytest.raises(Forbidden):
        target_changes.withdraw_change(second.pk, actor=OTHER, now=NOW)
    returned = target_changes.return_change(first.pk, reason="Too steep", actor=OTHER, now=NOW)
    withdrawn = target_changes.withdraw_change(second.pk, actor=MANAGER, now=NOW)

    assert (returned.status, returned.reason, withdrawn.status) == ("returned", "Too steep", "withdrawn")
    assert versions(strict) == [("2026-01-01", "", "90")]


def test_what_changed_meanwhile_is_not_overwritten_by_an_approval(strict: Contract) -> None:
    first, second = store(strict, cell("2026-12", "92")), store(strict, cell("2026-12", "93"))
    target_changes.approve_change(first.pk, final={}, actor=OTHER, now=NOW)

    with pytest.raises(Conflict) as refusal:
        target_changes.approve_change(second.pk, final={}, actor=OTHER, now=NOW)

    assert refusal.value.code == "cannot_apply"
    assert [error.code for error in refusal.value.errors] == ["changed_meanwhile"]
    assert versions(strict)[-1][2] == "92"


def test_only_managers_who_see_the_contract_decide(strict: Contract) -> None:
    change = store(strict, cell("2026-12", "92"))

    with pytest.raises(NotFound):
        target_changes.approve_change(
            change.pk, final={}, actor=make.make_actor(Role.MANAGER, make.make_vendor()), now=NOW
        )
    with pytest.raises(Forbidden):
        target_changes.approve_change(change.pk, final={}, actor=make.make_actor(Role.VENDOR_ADMIN), now=NOW)


def test_no_other_way_goes_round_the_second_person(strict: Contract) -> None:
    kpi, row = make.make_kpi("aht", "handle_s / answered", direction="lower"), Target.objects.get()
    options: dict[str, Any] = {"actor": MANAGER, "now": NOW}
    version = create_set_of(kpi)
    ways = [
        lambda: targets.create_target(kpi=kpi, contract=strict, fields={"target": "240"}, **options),
        lambda: targets.update_target(target=row, fields={"target": "91"}, **options),
        lambda: apply_set(version=version, contracts=[strict], valid_from=date(2026, 12, 1), **options),
    ]

    for way in ways:
        with pytest.raises(Conflict) as refusal:
            way()
        assert refusal.value.code == "approval_required"
    assert versions(strict) == [("2026-01-01", "", "90")]


def create_set_of(kpi: Kpi) -> Any:
    items = [{"kpi": kpi.code, "target": "240", "weight": "100"}]
    return create_set(code="set", name="Set", items=items, actor=MANAGER, now=NOW)


def test_terms_that_ask_later_leave_earlier_months_alone(contract: Contract) -> None:
    ContractTerms.objects.filter(contract=contract).update(valid_until=date(2027, 1, 1))
    ContractTerms.objects.create(contract=contract, valid_from=date(2027, 1, 1), target_approval=True)

    assert store(contract, cell("2026-11", "91"), goes_on=False).status == "stored"
    assert store(contract, cell("2026-12", "91")).status == "waiting"


@pytest.mark.parametrize("column", ["contract_id", "cells", "goes_on", "note", "proposed_by", "proposed_at", "year"])
def test_what_was_proposed_is_never_changed_afterwards(contract: Contract, column: str) -> None:
    store(contract, cell("2026-11", "92"))

    for statement in (f"UPDATE kpis_targetchange SET {column} = {column}", "DELETE FROM kpis_targetchange"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


# Tables --------------------------------------------------------------------------------------------------------------


def read(contract: Contract, text: str, level: str = "target") -> tuple[dict[str, str], list[str]]:
    found = read_target_table(text, load_grid(contract, 2026, {}), level, list(Kpi.objects.all()))
    cells = {f"{one.kpi} {one.level} {one.month:%m}": one.after for one in found.cells}
    return cells, [error.code for error in found.errors]


def test_a_pasted_block_begins_with_the_name_of_the_kpi(contract: Contract) -> None:
    values = "\t".join(["90"] * 10 + ["91.5%", "92"])

    assert read(contract, f"응대율\t{values}") == (
        {"answer_rate target 11": "91.5", "answer_rate target 12": "92"},
        [],
    )
    assert read(contract, f"answer_rate\t{values}") == read(contract, values) == read(contract, f"응대율\t{values}")


def test_months_are_named_as_people_write_them(contract: Contract) -> None:
    wanted = {"answer_rate target 11": "91", "answer_rate target 12": "92"}

    for header in ("11월\t12월", "2026-11\t2026-12", "2026년 11월\t2026.12", "Nov\tDecember", "26-11\t26/12"):
        assert read(contract, f"지표\t{header}\n응대율\t91\t92") == (wanted, []), header


def test_a_blank_leaves_a_month_and_a_dash_empties_it(contract: Contract) -> None:
    assert read(contract, "KPI\t11월\t12월\n응대율\t\t-") == ({"answer_rate target 12": ""}, [])


def test_a_column_names_the_level(contract: Contract) -> None:
    assert read(contract, "KPI,수준,12월\n응대율,최소 수준,82\n응대율,배점,50") == (
        {"answer_rate minimum 12": "82", "answer_rate weight 12": "50"},
        [],
    )


def test_what_cannot_be_read_names_its_line_and_its_cure(contract: Contract) -> None:
    text = "contract,kpi,level,2026-12\nother,answer_rate,,95\n,없는 지표,,95\n,answer_rate,highest,95\n"
    found = read_target_table(text, load_grid(contract, 2026, {}), "target", list(Kpi.objects.all()))

    assert [(error.code, error.row) for error in found.errors] == [
        ("other_contract", 2),
        ("unknown_kpi", 3),
        ("unknown_level", 4),
    ]


@pytest.mark.parametrize(
    ("text", "code"), [("", "empty"), (" \t\n", "empty"), ("kpi\t12월\n" + "a\t1\n" * 1001, "too_many_rows")]
)
def test_a_text_without_a_table_is_refused(contract: Contract, text: str, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read(contract, text)
    assert refusal.value.code == code


def test_rows_without_a_header_have_twelve_months(contract: Contract) -> None:
    assert read(contract, "응대율\t91\t92")[1] == ["column_count"]
    assert read(contract, "\n".join("\t".join(["90"] * 12) for _ in range(2)))[1] == ["too_many_rows"]


def test_what_is_exported_comes_back_in_and_changes_nothing(contract: Contract) -> None:
    Kpi.objects.update(name="=1+1", name_ko="=1+1")
    grid = load_grid(contract, 2026, {})
    text = write_target_table(grid)

    found = read_target_file(("\ufeff" + text).encode(), grid, "target", list(Kpi.objects.all()))

    assert (found.cells, found.errors) == ([], [])
    assert text.splitlines()[0] == "contract,kpi,queue,level,name," + ",".join(f"2026-{n:02}" for n in range(1, 13))
    assert text.splitlines()[1].startswith("hanbit-2026,answer_rate,,target,'=1+1,90,90")
    changed = read_target_file(
        text.replace("target,'=1+1,90", "target,'=1+1,95").encode(), grid, "weight", [*Kpi.objects.all()]
    )
    assert [(one.level, one.month.month, one.before, one.after) for one in changed.cells] == [("target", 1, "90", "95")]


# Bench ---------------------------------------------------------------------------------------------------------------


def test_the_bench_judges_every_month_as_its_card_is_judged(contract: Contract) -> None:
    queue = make.make_queue(contract, "hanbit-order-voice")
    for month, answered in ((8, 95), (9, 91), (10, 85)):
        make.make_figures(queue, date(2026, month, 1), is_month=True, offered=100, answered=answered)

    row = replayed(Kpi.objects.get(), [contract], Decimal(92), now=NOW)[0]

    assert len(row.months) == 12
    assert (row.months[0].month, row.months[-1].month) == (date(2025, 11, 1), date(2026, 10, 1))
    assert [(one.value, str(one.status)) for one in row.months[-3:]] == [
        (Decimal("95.00"), "met"),
        (Decimal("91.00"), "below_target"),
        (Decimal("85.00"), "below_target"),
    ]
    assert (row.tally.known, row.tally.met, row.tally.met_now) == (3, 1, 2)
    assert row.tally.closest_miss is not None
    assert row.tally.closest_miss.month == date(2026, 9, 1)


def test_the_bench_reads_as_much_for_one_contract_as_for_many(contract: Contract) -> None:
    kpi = Kpi.objects.get()
    make.make_queue(contract)
    one = queries_of(lambda: replayed(kpi, [contract], Decimal(92), now=NOW))
    others = [make.make_contract() for _ in range(4)]
    for other in others:
        make.make_target(other, kpi, 90)
        make.make_queue(other)

    assert len(queries_of(lambda: replayed(kpi, [contract, *others], Decimal(92), now=NOW))) == len(one)
