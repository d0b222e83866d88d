"""Targets changed month by month: versions, locks and refusals."""

from __future__ import annotations

from datetime import date

import pytest

from kpis.models import RecalculationMark, Target, TargetChange
from kpis.queries.target_grid import Lock, load_grid
from kpis.services import target_grid
from kpis.services.closing import close_month
from kpis.services.target_grid import Cell
from tests import make
from tests.checks import queries_of
from tests.kpis.targets_world import MANAGER, NOW, cell, faults, make_asked, store, versions
from vendors.choices import Role
from vendors.errors import Forbidden, Invalid
from vendors.models import AuditEntry, Contract

pytestmark = pytest.mark.django_db


@pytest.fixture
def contract() -> Contract:
    return make_asked()


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
