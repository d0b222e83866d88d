"""Missing KPIs, gates and grades in the administration: rows and choices, and no JSON."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cast import Cast
from tests.vendors.test_admin import contract_data, errors, post, signed_in
from vendors.models import ContractTerms
from vendors.models.contracts import default_grades

pytestmark = pytest.mark.django_db


def address(cast: Cast) -> str:
    return f"/admin/vendors/contract/{cast.contract.pk}/change/"


def terms(cast: Cast) -> ContractTerms:
    return ContractTerms.objects.get(contract=cast.contract)


def rows(name: str, *given: dict[str, str]) -> dict[str, str]:
    return {f"{name}-{number}-{key}": value for number, row in enumerate(given) for key, value in row.items()}


def test_the_page_shows_rows_and_choices_in_words(cast: Cast) -> None:
    page = signed_in(cast.manager).get(address(cast)).content.decode()

    assert 'name="grades-0-grade" value="S"' in page
    assert 'name="grades-6-grade"' in page
    assert "takes the incentive away" in page
    assert "left out, its weight goes to the other KPIs" in page
    assert "S: 95, A: 90, B: 80, C: 70, D: 0" in page
    assert 'name="grades"' not in page
    assert 'name="missing_policy"' not in page


def test_what_was_typed_in_rows_is_stored(cast: Cast) -> None:
    grades = rows("grades", {"grade": "A", "from": "90"}, {"grade": "", "from": ""}, {"grade": "B", "from": "0"})
    gates = rows(
        "gates",
        {"label": "Leak", "kind": "cap_grade", "value": "B", "kpi": "leaks", "above": "0"},
        {"label": "Blackout", "kind": "zero_incentive", "value": ""},
    )

    answer = post(
        signed_in(cast.manager),
        address(cast),
        contract_data(cast, **grades, **gates, **{"missing_policy.no_data": "minimum"}),
    )

    assert answer.status_code == 302, errors(answer)
    found = terms(cast)
    assert found.grades == [{"grade": "A", "from": "90"}, {"grade": "B", "from": "0"}]
    assert found.gates == [
        {"kind": "cap_grade", "value": "B", "label": "Leak", "kpi": "leaks", "above": "0"},
        {"kind": "zero_incentive", "value": "", "label": "Blackout"},
    ]
    assert found.missing_policy == {"no_volume": "renormalise", "client_caused": "renormalise", "no_data": "minimum"}


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        (rows("grades", {"grade": "A", "from": "90"}), "grades"),
        (rows("grades", {"grade": "A", "from": "x"}), "grades"),
        (rows("gates", {"kind": "cap_grade", "value": "Z"}), "gates"),
        (rows("gates", {"label": "nothing else"}), "gates"),
        ({"missing_policy.no_data": "nonsense"}, "missing_policy.no_data"),
    ],
)
def test_a_refusal_stands_at_its_table_with_what_was_typed(cast: Cast, typed: dict[str, Any], field: str) -> None:
    answer = post(signed_in(cast.manager), address(cast), contract_data(cast, **typed))

    assert answer.status_code == 200
    assert list(answer.context_data["adminform"].form.errors) == [field]
    assert terms(cast).grades == default_grades()
    page = answer.content.decode()
    assert all(value in page for value in typed.values() if value != "nonsense")


def test_emptied_tables_keep_the_grades_and_take_the_gates_out(cast: Cast) -> None:
    gate = {"kind": "zero_incentive", "value": "", "label": "Blackout"}
    ContractTerms.objects.filter(contract=cast.contract).update(gates=[gate])

    answer = post(signed_in(cast.manager), address(cast), contract_data(cast))

    assert answer.status_code == 302, errors(answer)
    assert (terms(cast).gates, terms(cast).grades) == ([], default_grades())


def test_what_is_sent_as_it_stands_changes_nothing(cast: Cast) -> None:
    gates = [{"kind": "cap_score", "value": "80", "label": "", "kpi": "leaks", "above": "0"}]
    ContractTerms.objects.filter(contract=cast.contract).update(gates=gates)
    client = signed_in(cast.manager)
    form = client.get(address(cast)).context_data["adminform"].form  # type: ignore[attr-defined]
    policy = {name: form[name].value() for name in form.fields if name.startswith("missing_policy.")}
    stored = terms(cast)

    typed = rows("gates", *stored.gates) | rows("grades", *stored.grades) | policy
    answer = post(client, address(cast), contract_data(cast, **typed))

    assert answer.status_code == 302, errors(answer)
    again = terms(cast)
    assert (again.gates, again.grades, again.missing_policy) == (stored.gates, stored.grades, stored.missing_policy)
