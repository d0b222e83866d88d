"""A change of targets waits for a second person where the contract asks for one; no way leads round it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from kpis.models import Kpi, Target
from kpis.services import target_changes, targets
from kpis.services.target_set_application import apply_set
from kpis.services.target_sets import create_set
from tests import make
from tests.kpis.targets_world import MANAGER, NOW, OTHER, cell, make_asked, store, versions
from vendors.actors import Actor, Grant
from vendors.choices import Role
from vendors.errors import Conflict, Forbidden, Invalid, NotFound
from vendors.models import Contract, ContractTerms

pytestmark = pytest.mark.django_db


@pytest.fixture
def contract() -> Contract:
    return make_asked()


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
