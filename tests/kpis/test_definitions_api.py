"""``measures/``, ``kpis/`` and ``kpis/preview/``."""

from __future__ import annotations

import pytest

from kpis.services.catalogue import load_catalogue
from tests.conftest import NOW
from tests.make import make_key, make_measure

API = "/api/v1/"


@pytest.fixture
def manager(cast, api, frozen_clock):
    for code in ("answered", "offered"):
        make_measure(code)
    make_measure("headcount_end", rollup="stock")
    return api(make_key("manager"))


def test_it_creates_reads_and_changes_a_measure(manager):
    made = manager.post(f"{API}measures/", {"code": "orders", "name": "Orders"}, format="json")
    changed = manager.patch(f"{API}measures/orders/", {"name_ko": "주문"}, format="json")

    assert made.status_code == 201
    assert changed.status_code == 200
    assert manager.get(f"{API}measures/orders/").json() == {
        "code": "orders",
        "name": "Orders",
        "name_ko": "주문",
        "unit": "count",
        "rollup": "additive",
        "relations": "",
        "edges": None,
        "edges_version": "",
        "edges_versions": [],
        "is_shipped": False,
    }


def test_it_makes_a_histogram_and_takes_its_own_answer_back(manager):
    body = {"code": "tat_hist", "name": "TAT", "rollup": "histogram", "edges": [1, "2.5", 4]}

    made = manager.post(f"{API}measures/", body, format="json")
    again = manager.patch(f"{API}measures/tat_hist/", {"edges": made.json()["edges"]}, format="json")
    other = manager.patch(f"{API}measures/tat_hist/", {"edges": [1, 2]}, format="json")

    assert made.json()["edges"] == ["1", "2.5", "4"]
    assert again.status_code == 200
    assert (other.status_code, other.json()["code"]) == (400, "immutable")


def test_it_creates_a_kpi_with_every_default(manager):
    body = {"code": "rate", "name": "Rate", "formula": "100 * answered / offered"}

    answer = manager.post(f"{API}kpis/", body, format="json")

    assert answer.status_code == 201
    shown = answer.json()
    assert {name: shown[name] for name in body} == body
    assert (shown["aggregation"], shown["direction"], shown["decimals"], shown["unit"]) == (
        "ratio_of_sums",
        "higher",
        2,
        "%",
    )
    assert (shown["bounds"], shown["valid_from"], shown["version"], shown["min_measure"]) == (None, None, 1, None)


def test_it_takes_and_shows_what_is_said_of_a_kpi_in_both_languages(manager):
    body = {"code": "rate", "name": "Rate", "formula": "100 * answered / offered", "definition": "Share answered."}
    korean = {"definition_ko": "응대한 비율", "variants_ko": "인입 기준\n응대 기준", "pitfalls_ko": ""}

    made = manager.post(f"{API}kpis/", body, format="json")
    changed = manager.patch(f"{API}kpis/rate/", korean, format="json")

    assert [made.json()[name] for name in korean] == ["", "", ""]
    assert {name: changed.json()[name] for name in korean} == korean
    assert (changed.json()["definition"], changed.json()["version"]) == ("Share answered.", 1)


def test_it_keeps_versions_by_date(manager):
    body = {"code": "rate", "name": "Rate", "formula": "100 * answered / offered", "bounds": [0, "100"]}
    manager.post(f"{API}kpis/", body, format="json")

    changed = manager.patch(f"{API}kpis/rate/", {"decimals": 4, "valid_from": "2027-01-01"}, format="json")

    assert (changed.json()["decimals"], changed.json()["valid_from"], changed.json()["version"]) == (4, "2027-01-01", 2)
    now = manager.get(f"{API}kpis/rate/").json()
    assert (now["decimals"], now["valid_until"], now["bounds"]) == (2, "2027-01-01", ["0", "100"])
    assert manager.get(f"{API}kpis/rate/?as_of=2027-03-01").json()["decimals"] == 4
    assert manager.get(f"{API}kpis/?as_of=2027-03-01").json()["results"][0]["decimals"] == 4
    assert manager.get(f"{API}kpis/?as_of=yesterday").json()["code"] == "bad_query"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"formula": "100 * answred / offered"}, "unknown_name"),
        ({"formula": "headcount_end", "aggregation": "sum"}, "wrong_rollup"),
        ({"formula": None}, "null"),
        ({"formula": 5}, "not_a_string"),
        ({"bounds": [1]}, "min_length"),
        ({"direction": "up"}, "invalid_choice"),
        ({"code": "Bad-Code"}, "code_format"),
        ({"versoin": 1}, "unknown_field"),
        ({"version": 1}, "read_only_field"),
        ({"decimals": -1}, "min_value"),
    ],
)
def test_it_refuses_with_a_problem_document(manager, change, code):
    body = {"code": "rate", "name": "Rate", "formula": "100 * answered / offered", **change}

    answer = manager.post(f"{API}kpis/", body, format="json")

    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["errors"][0]["code"] == code


def test_preview_evaluates_a_formula(manager):
    body = {"formula": "100 * answered / offered", "measures": {"answered": 860, "offered": "1060"}}

    answer = manager.post(f"{API}kpis/preview/", body, format="json")

    assert answer.status_code == 200
    assert answer.json() == {"value": "81.13", "measures": ["answered", "offered"], "denominator": "offered"}


def test_preview_answers_null_for_a_division_by_zero(manager):
    body = {"formula": "answered / offered", "measures": {"answered": 1, "offered": 0}}

    assert manager.post(f"{API}kpis/preview/", body, format="json").json()["value"] is None


@pytest.mark.parametrize(
    ("formula", "code", "position"),
    [
        ("100 * (answered", "formula_syntax", 6),
        ("", "formula_syntax", 0),
        ("  ", "formula_syntax", 0),
        ("answered.__class__", "formula_forbidden", 8),
        ("answered / nothing", "unknown_name", 11),
        ("answered / headcount_end", "missing_measure", 11),
        ("1" + "+1" * 300, "too_long", 500),
        ("answered * " * 19 + "answered", "overflow", 0),
    ],
)
def test_preview_says_where_a_formula_is_wrong(manager, formula, code, position):
    body = {"formula": formula, "measures": {"answered": "999999999999999999999", "offered": 1}}

    answer = manager.post(f"{API}kpis/preview/", body, format="json")

    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer.json()["position"] == answer.json()["errors"][0]["position"] == position


@pytest.mark.parametrize("path", ["measures/", "kpis/"])
def test_only_who_manages_all_vendors_writes_and_everybody_reads(cast, api, path):
    make_measure("offered")
    body = {"code": "orders", "name": "Orders", "formula": "offered"}
    if path == "measures/":
        del body["formula"]

    assert api(None).get(f"{API}{path}").status_code == 401
    for kind in ("executive", "analyst"):
        client = api(make_key(kind))
        assert client.get(f"{API}{path}").status_code == 200
        assert client.post(f"{API}{path}", body, format="json").status_code == 403
    assert api(make_key("manager")).post(f"{API}{path}", body, format="json").status_code == 201


@pytest.mark.parametrize("path", ["measures/", "kpis/"])
def test_lists_take_a_constant_number_of_queries(manager, path, django_assert_max_num_queries):
    load_catalogue(NOW)
    manager.get(f"{API}{path}?page_size=1")

    with django_assert_max_num_queries(8):
        answer = manager.get(f"{API}{path}?page_size=100")

    assert len(answer.json()["results"]) >= 89


def test_a_histogram_needs_no_edges(manager):
    answer = manager.post("/api/v1/measures/", {"code": "tat", "name": "TAT", "unit": "hours", "rollup": "histogram"})

    assert answer.status_code == 201
    assert answer.json()["edges"][-1] == "336"


def test_bounds_are_also_read_as_the_catalogue_writes_them(manager):
    body = {"code": "share", "name": "Share", "formula": "100 * answered / offered", "bounds": "0:100"}

    answer = manager.post("/api/v1/kpis/", body)

    assert answer.status_code == 201
    assert answer.json()["bounds"] == ["0", "100"]


def test_the_form_of_a_measure_code_is_said_as_it_is(manager):
    answer = manager.post("/api/v1/measures/", {"code": "Not-This", "name": "x"}, headers={"Accept-Language": "en"})

    assert answer.json()["errors"][0]["code"] == "code_format"
    assert "lower-case" in answer.json()["detail"]
