"""The relief of external factors as a contract's terms: what may be written, by whom, and since when it holds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.cast import Cast
from tests.checks import assert_problem
from tests.make import make_actor
from tests.vendors.test_admin import contract_data, post, signed_in
from vendors import clock
from vendors.admin.relief import FIELDS as ADMIN_FIELDS
from vendors.calc.relief import ReliefRules
from vendors.models import ContractTerms
from vendors.queries.relief_terms import ReliefByDate
from vendors.services.contracts import change_contract
from vendors.services.relief_terms import FIELDS

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]
CONTRACT = "/api/v1/contracts/hanbit-2026/"
ALL = {
    "claim_days": 3,
    "answer_days": 2,
    "decision_days": 10,
    "methods": ["exclude", "cap"],
    "most_days": 3,
    "most_points": "2.5",
    "most_share": "10",
}


def stored(cast: Cast) -> Any:
    return ContractTerms.objects.get(contract=cast.contract).relief


def address(cast: Cast) -> str:
    return f"/admin/vendors/contract/{cast.contract.pk}/change/"


def test_both_sides_read_what_is_agreed(cast: Cast, api: Callable[[Any], Any]) -> None:
    sent = ALL | {"methods": ["cap", "exclude"], "most_points": 2.5, "most_share": "10.00"}
    answer = api(cast.manager).patch(CONTRACT, {"relief": sent}, format="json")

    assert answer.status_code == 200, answer.content
    assert api(cast.member).get(CONTRACT).json()["relief"] == ALL == stored(cast)
    assert set(ALL) == set(FIELDS)


def test_a_month_is_ruled_by_its_first_day_and_without_terms_nothing_changes(cast: Cast) -> None:
    options: dict[str, Any] = {"actor": make_actor(), "now": clock.now()}
    change_contract(cast.contract, {"relief": {"claim_days": 2}}, valid_from=date(2026, 11, 15), **options)

    rules = ReliefByDate([cast.contract.pk])
    assert rules.of_month(cast.contract.pk, date(2026, 11, 30)) == ReliefRules() == rules.of_month(0, date.max)
    assert rules.of_month(cast.contract.pk, date(2026, 12, 30)).claim_days == 2
    assert (ReliefRules().claim_days, ReliefRules().has_caps, ReliefRules().allows("replace")) == (5, False, True)


def test_a_stored_document_becomes_rules(cast: Cast) -> None:
    rules = ReliefRules.of(ALL)

    assert (rules.most_points, rules.most_share, rules.has_caps) == (Decimal("2.5"), Decimal(10), True)
    assert (rules.allows("cap"), rules.allows("replace")) == (True, False)


@pytest.mark.parametrize(
    ("relief", "code", "field"),
    [
        ([], "not_object", "relief"),
        ("five days", "not_object", "relief"),
        ({"days": 3}, "unknown_field", "relief.days"),
        ({"claim_days": 0}, "number_range", "relief.claim_days"),
        ({"claim_days": 31}, "number_range", "relief.claim_days"),
        ({"claim_days": True}, "number_range", "relief.claim_days"),
        ({"answer_days": "2"}, "number_range", "relief.answer_days"),
        ({"most_days": -1}, "number_range", "relief.most_days"),
        ({"methods": "cap"}, "invalid_choice", "relief.methods"),
        ({"methods": ["forgive"]}, "invalid_choice", "relief.methods"),
        ({"methods": [{}]}, "invalid_choice", "relief.methods"),
        ({"most_points": 101}, "number_range", "relief.most_points"),
        ({"most_points": "NaN"}, "number_range", "relief.most_points"),
        ({"most_points": "a lot"}, "number_range", "relief.most_points"),
        ({"most_share": True}, "number_range", "relief.most_share"),
        ({"most_share": {}}, "number_range", "relief.most_share"),
        ({"most_share": "1.23456"}, "too_many_decimals", "relief.most_share"),
    ],
)
def test_it_refuses_what_is_no_relief(
    cast: Cast, api: Callable[[Any], Any], relief: Any, code: str, field: str
) -> None:
    answer = api(cast.manager).patch(CONTRACT, {"relief": relief}, format="json")

    assert_problem(answer, 400, code, field=field)
    assert stored(cast) == {}


def test_zero_is_a_cap_and_empty_fields_are_off(cast: Cast, api: Callable[[Any], Any]) -> None:
    relief = {"most_days": 0, "most_points": "0.0", "claim_days": None, "methods": [], "most_share": ""}
    assert api(cast.manager).patch(CONTRACT, {"relief": relief}, format="json").status_code == 200

    assert stored(cast) == {"most_days": 0, "most_points": "0"}


def test_the_administration_has_a_field_with_a_label_for_every_part(cast: Cast) -> None:
    client = signed_in(cast.manager)
    typed = {f"relief.{name}": value for name, value in ALL.items()}

    page = client.get(address(cast)).content.decode()
    assert {name.removeprefix("relief.") for name in ADMIN_FIELDS} == set(FIELDS)
    assert all(f'name="{name}"' in page for name in ADMIN_FIELDS)
    assert 'name="relief"' not in page

    assert post(client, address(cast), contract_data(cast, **typed)).status_code == 302
    assert stored(cast) == ALL
    page = client.get(address(cast)).content.decode()
    assert "Most points of a KPI a month: 2.5" in page
    assert "Methods that are agreed: Take the slices out, Owe no more than a share of the forecast" in page
    assert post(client, address(cast), contract_data(cast, **typed | {"name": "New name"})).status_code == 302
    assert stored(cast) == ALL


def test_what_the_service_refuses_stands_on_its_field(cast: Cast) -> None:
    data = contract_data(cast, **{"relief.most_points": "1.23456", "closing.final": "7"})

    answer = post(signed_in(cast.manager), address(cast), data)

    assert list(answer.context_data["adminform"].form.errors) == ["relief.most_points"]
    assert stored(cast) == {}
