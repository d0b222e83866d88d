"""The target sets that come with the product."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from kpis.models import TargetSet
from kpis.services.catalogue import load_catalogue
from kpis.services.target_set_application import apply_set
from kpis.services.target_set_items import read_items, warnings_of_items
from kpis.services.target_sets import latest, load_target_sets, new_version
from tests.conftest import NOW
from tests.make import make_actor, make_contract

pytestmark = pytest.mark.django_db
JUNE = date(2026, 6, 1)


@pytest.fixture(autouse=True)
def _catalogue(db: None) -> None:
    load_catalogue(NOW)


def test_it_loads_five_sets_once() -> None:
    assert load_target_sets(NOW) == 5
    assert load_target_sets(NOW) == 0
    assert set(TargetSet.objects.values_list("code", flat=True)) == {
        *("inbound", "order", "chat", "backoffice", "outbound"),
    }


def test_it_ships_six_to_eight_kpis_that_weigh_a_hundred() -> None:
    load_target_sets(NOW)

    for target_set in TargetSet.objects.all():
        version = latest(target_set)
        items = read_items(version.items, JUNE)
        assert 6 <= len(items) <= 8
        assert warnings_of_items(items) == []
        assert not any(item.kpi.needs_labour_review for item in items)
        assert [row["from"] for row in version.policies["grades"]] == ["95", "90", "80", "70", "0"]
        assert target_set.name_ko != target_set.name
        assert {item.values["cap"] for item in items} == {Decimal(120)}


def test_it_leaves_a_set_alone_that_people_have_changed() -> None:
    load_target_sets(NOW)
    chat = TargetSet.objects.get(code="chat")
    new_version(target_set=chat, items=latest(chat).items[:2], actor=make_actor(), now=NOW)

    assert load_target_sets(NOW) == 0
    assert len(latest(chat).items) == 2


def test_it_gives_every_shipped_set_to_a_contract_two_per_cent_up() -> None:
    load_target_sets(NOW)

    for target_set in TargetSet.objects.all():
        [result] = apply_set(
            version=latest(target_set),
            contracts=[make_contract()],
            valid_from=JUNE,
            actor=make_actor(),
            now=NOW,
            percent_change=Decimal(2),
        )
        assert {warning.code for warning in result.warnings} <= {"unchanged"}
