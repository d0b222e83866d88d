"""Creating and changing measures and KPIs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation

from kpis.models import Attainment, Kpi, KpiVersion, Measure, RecalculationMark
from kpis.services.definitions import create_kpi, create_measure, update_kpi, update_measure
from tests.make import make_actor, make_contract, make_target
from vendors.errors import Conflict, DomainError, Invalid
from vendors.models import AuditEntry

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
LATER = date(2027, 1, 1)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True)
def _measures() -> None:
    for code, rollup in {
        "answered": "additive",
        "offered": "additive",
        "headcount_end": "stock",
        "calendar_days": "calendar",
        "wait_hist": "histogram",
    }.items():
        edges = [10, 20, 60] if rollup == "histogram" else None
        Measure.objects.create(code=code, name=code.title(), rollup=rollup, edges=edges)


def new_measure(**fields: Any) -> Measure:
    return create_measure(actor=make_actor(), now=NOW, fields={"code": "orders", "name": "Orders", **fields})


def new_kpi(**fields: Any) -> Kpi:
    default = {"code": "answer_rate", "name": "Answer rate", "formula": "100 * answered / offered"}
    return create_kpi(actor=make_actor(), now=NOW, fields={**default, **fields})


def change(kpi: Kpi, now: datetime = NOW, **fields: Any) -> KpiVersion:
    return update_kpi(kpi=kpi, actor=make_actor(), now=now, fields=fields)


def versions(kpi: Kpi) -> list[tuple[Any, ...]]:
    return list(kpi.versions.order_by("number").values_list("number", "formula", "valid_from", "valid_until"))


def compute_a_figure(kpi: Kpi, start: date, status: str = "met") -> None:
    target = make_target(make_contract(), kpi)
    Attainment.objects.create(
        series=target.series, start=start, end=date(2030, 1, 1), status=status, input_hash="", computed_at=NOW
    )


def test_it_creates_a_measure_with_defaults_and_an_audit_entry():
    measure = new_measure()

    assert (measure.unit, measure.rollup, measure.edges) == ("count", "additive", None)
    assert AuditEntry.objects.get().object_code == "orders"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"code": "offered"}, "duplicate"),
        ({"code": "lambda"}, "reserved_code"),
        ({"code": "Orders"}, "code_format"),
        ({"rollup": "histogram", "edges": []}, "edges"),
        ({"rollup": "histogram", "edges": [2, 1]}, "edges"),
        ({"rollup": "histogram", "edges": [0, 1]}, "edges"),
        ({"edges": [1]}, "edges"),
        ({"relations": "orders < offered"}, "relation_syntax"),
        ({"relations": "orders <= offred"}, "unknown_name"),
        ({"relations": "orders = offered = 5"}, "relation_syntax"),
        ({"relations": "orders * orders <= offered"}, "relation_not_linear"),
    ],
)
def test_it_refuses_a_wrong_measure(fields, code):
    with pytest.raises(Invalid) as refused:
        new_measure(**fields)

    assert refused.value.code == code
    assert not Measure.objects.filter(name="Orders").exists()


@pytest.mark.parametrize(("unit", "first", "last"), [("hours", 1, 336), ("시간", 1, 336), ("count", 5, 1200)])
def test_a_histogram_without_edges_gets_those_of_its_unit(unit, first, last):
    edges = new_measure(rollup="histogram", unit=unit).edges

    assert (edges[0], edges[-1]) == (first, last)


def test_a_measure_may_relate_to_itself_and_others():
    assert new_measure(relations="orders <= 2 * offered; soft orders <= answered").relations


def test_it_changes_names_and_relations_of_a_measure_but_never_its_meaning():
    measure = new_measure()

    update_measure(measure=measure, actor=make_actor(), now=NOW, fields={"name_ko": "주문", "unit": "count"})

    assert Measure.objects.get(code="orders").name_ko == "주문"
    for field, value in {"unit": "seconds", "rollup": "stock"}.items():
        with pytest.raises(Invalid, match="immutable") as refused:
            update_measure(measure=measure, actor=make_actor(), now=NOW, fields={field: value})
        assert "new measure" in str(refused.value.detail)


def test_it_creates_a_kpi_whose_first_version_has_no_beginning():
    kpi = new_kpi(valid_from=date(2026, 5, 1), bounds=[Decimal(0), Decimal("100.00")])

    version = kpi.versions.get()
    assert (version.number, version.valid_from, version.valid_until) == (1, None, None)
    assert (version.aggregation, version.decimals, version.bounds) == ("ratio_of_sums", 2, ["0", "100"])


@pytest.mark.parametrize(
    ("formula", "kind"),
    [
        ("offered", "sum"),
        ("headcount_end", "last"),
        ("offered / calendar_days", None),
        ("2 * answered / offered", None),
    ],
)
def test_it_chooses_the_aggregation_that_was_left_out(formula, kind):
    expected = kind or ("time_average" if "calendar" in formula else "ratio_of_sums")
    if "calendar" in formula:
        expected = "time_average"

    assert new_kpi(formula=formula).versions.get().aggregation == expected


def test_it_refuses_an_aggregation_that_does_not_fit_and_names_the_one_that_does():
    with pytest.raises(Invalid, match="wrong_rollup") as refused:
        new_kpi(formula="offered", aggregation="ratio_of_sums")

    detail = str(refused.value.detail)
    assert "must give 1 times" in detail
    assert "they give 2 and 2 times" in detail
    assert detail.endswith("The aggregation that fits is sum.")


def test_a_rate_that_depends_on_the_length_of_the_period_must_be_meant():
    with pytest.raises(Invalid, match="wrong_rollup") as refused:
        new_kpi(formula="100 * answered / headcount_end")
    assert "calendar_days" in str(refused.value.detail)

    assert new_kpi(formula="100 * answered / headcount_end", aggregation="flow_over_end_stock").pk


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"formula": "100 * answred / offered"}, "unknown_name"),
        ({"formula": "open('x')"}, "formula_forbidden"),
        ({"formula": ""}, "formula_syntax"),
        ({"formula": "1" + "+1" * 300}, "too_long"),
        ({"formula": "5"}, "no_measure"),
        ({"formula": "wait_hist"}, "histogram_in_formula"),
        ({"formula": "offered", "aggregation": "percentile:90"}, "percentile_needs_histogram"),
        ({"aggregation": "average"}, "unknown_aggregation"),
        ({"bounds": [100, 0]}, "bounds"),
        ({"bounds": [0]}, "bounds"),
        ({"bounds": ["x", None]}, "not_a_number"),
        ({"direction": "sideways"}, "invalid_choice"),
        ({"decimals": 9}, "decimals"),
        ({"min_measure": "nothing"}, "unknown_measure"),
        ({"min_measure": "wait_hist"}, "min_measure"),
        ({"code": "preview"}, "reserved_code"),
    ],
)
def test_it_refuses_a_wrong_kpi(fields, code):
    with pytest.raises(Invalid) as refused:
        new_kpi(**fields)

    assert refused.value.code == code
    assert refused.value.errors
    assert not Kpi.objects.exists()


def test_it_says_where_a_formula_is_wrong_and_that_a_kpi_is_no_measure():
    kpi = new_kpi()

    with pytest.raises(Invalid) as refused:
        change(kpi, formula="100 * answer_rate")

    assert refused.value.extra == {"position": 6}
    assert "is a KPI" in str(refused.value.detail)


def test_it_takes_a_percentile_of_a_histogram():
    assert new_kpi(formula="wait_hist", aggregation="percentile:90").versions.get().aggregation == "percentile:90"


def test_words_change_in_place():
    kpi = new_kpi()

    change(kpi, name="응대율", definition="Calls answered")

    kpi.refresh_from_db()
    assert (kpi.name, kpi.definition, kpi.versions.count()) == ("응대율", "Calls answered", 1)


def test_arithmetic_makes_a_version_from_today_and_leaves_the_former_as_it_was():
    kpi = new_kpi()
    compute_a_figure(kpi, date(2026, 10, 1))

    version = change(kpi, formula="99 * answered / offered")

    assert version.number == 2
    assert versions(kpi) == [
        (1, "100 * answered / offered", None, TODAY),
        (2, "99 * answered / offered", TODAY, None),
    ]
    mark = RecalculationMark.objects.filter(contract__isnull=False).get()
    assert mark.first_on == TODAY


def test_sending_the_same_arithmetic_again_changes_nothing():
    kpi = new_kpi(bounds=[0, 100])

    change(kpi, formula="100 * answered / offered", decimals=2, bounds=[Decimal(0), Decimal(100)])

    assert kpi.versions.count() == 1
    assert AuditEntry.objects.count() == 1


def test_a_version_that_has_not_begun_is_replaced():
    kpi = new_kpi()
    change(kpi, decimals=3, valid_from=LATER)

    change(kpi, decimals=4, valid_from=LATER)

    assert list(kpi.versions.order_by("number").values_list("decimals", "valid_from")) == [(2, None), (4, LATER)]


def test_a_version_fits_in_before_a_later_one():
    kpi = new_kpi()
    change(kpi, formula="3 * answered / offered", valid_from=LATER)

    change(kpi, formula="2 * answered / offered")

    assert versions(kpi) == [
        (1, "100 * answered / offered", None, TODAY),
        (2, "3 * answered / offered", LATER, None),
        (3, "2 * answered / offered", TODAY, LATER),
    ]


def test_a_day_of_the_past_may_be_named_and_the_periods_before_it_keep_their_definition():
    kpi = new_kpi()
    compute_a_figure(kpi, date(2025, 12, 1))
    compute_a_figure(kpi, date(2026, 2, 1))

    change(kpi, decimals=3, valid_from=date(2026, 1, 1))

    assert [(number, start, end) for number, _formula, start, end in versions(kpi)] == [
        (1, None, date(2026, 1, 1)),
        (2, date(2026, 1, 1), None),
    ]


def test_the_first_version_keeps_still_once_something_was_computed():
    kpi = new_kpi()
    compute_a_figure(kpi, date(2026, 2, 1))

    with pytest.raises(Conflict, match="past_definition"):
        change(kpi, decimals=4, valid_from=None)


def test_the_first_version_of_a_new_kpi_may_still_be_corrected_from_ever():
    kpi = new_kpi()

    change(kpi, formula="10 * answered / offered", valid_from=None)

    assert versions(kpi) == [(1, "10 * answered / offered", None, None)]


def test_a_date_before_a_later_version_is_refused():
    kpi = new_kpi()
    change(kpi, decimals=3, valid_from=LATER)

    with pytest.raises(Conflict, match="past_definition"):
        change(kpi, decimals=4, valid_from=date(2026, 1, 1))


def test_a_new_formula_chooses_its_aggregation_again_unless_one_is_sent():
    kpi = new_kpi()

    assert change(kpi, formula="offered").aggregation == "sum"
    with pytest.raises(DomainError, match="wrong_rollup"):
        change(kpi, formula="answered", aggregation="ratio_of_sums")


def test_the_channel_keeps_still_once_figures_exist():
    kpi = new_kpi()
    change(kpi, channel="chat")
    compute_a_figure(kpi, date(2026, 10, 1))

    with pytest.raises(Conflict):
        change(kpi, channel="voice")
