"""The doubling test over every shipped KPI, and what it says of wrong ones."""

from __future__ import annotations

import pytest

from kpis.calc.doubling import LAST, LENGTH_DEPENDENT, RATIO, SUM, RollupCheck, RollupRefusal, check
from kpis.calc.facts import Rollup
from kpis.calc.formula import parse
from kpis.catalogue import shipped_kpis, shipped_measures

ROLLUPS = {row["code"]: Rollup(row["rollup"]) for row in shipped_measures()}
KPIS = {row.code: row.arithmetic for row in shipped_kpis()}
PERCENTILES = [code for code, row in KPIS.items() if row["aggregation"].startswith("percentile:")]
ARITHMETIC = [code for code in KPIS if code not in PERCENTILES]

MULTIPLIERS = {
    "ratio_of_sums": RATIO,
    "nps": RATIO,
    "person_time_rate": RATIO,
    "stock_ratio_last": RATIO,
    "flow_over_end_stock": RATIO,
    "sum": SUM,
    "last": LAST,
    "time_average": LAST,
}


def test_there_are_86_arithmetic_kpis_and_3_percentiles():
    assert (len(ARITHMETIC), len(PERCENTILES)) == (86, 3)


@pytest.mark.parametrize("code", ARITHMETIC)
def test_it_passes_every_shipped_kpi_with_its_kind_s_multipliers(code):
    result = check(parse(KPIS[code]["formula"], ROLLUPS), ROLLUPS, KPIS[code]["aggregation"])

    is_regulators = code == "external_complaints_per_100k"
    expected = LENGTH_DEPENDENT if is_regulators else MULTIPLIERS[KPIS[code]["aggregation"]]
    assert result == RollupCheck(KPIS[code]["aggregation"], expected)
    assert result.depends_on_length is is_regulators


@pytest.mark.parametrize("code", PERCENTILES)
def test_it_passes_percentiles_of_one_histogram(code):
    result = check(parse(KPIS[code]["formula"], ROLLUPS), ROLLUPS, "percentile:90")

    assert result == RollupCheck("percentile:90", None)


@pytest.mark.parametrize("code", ARITHMETIC)
def test_it_refuses_every_shipped_kpi_when_a_measure_rolls_up_wrongly(code):
    formula = parse(KPIS[code]["formula"], ROLLUPS)
    wrong = {Rollup.ADDITIVE: Rollup.STOCK, Rollup.STOCK: Rollup.ADDITIVE, Rollup.CALENDAR: Rollup.ADDITIVE}
    first = formula.measures[0]

    result = check(formula, {**ROLLUPS, first: wrong[ROLLUPS[first]]}, KPIS[code]["aggregation"])

    assert isinstance(result, RollupRefusal)


@pytest.mark.parametrize(
    ("formula", "kind", "found", "fitting"),
    [
        ("complaints_internal", "ratio_of_sums", SUM, ("sum",)),
        ("headcount_end", "sum", LAST, ("last",)),
        ("fte_days / calendar_days", "ratio_of_sums", LAST, ("time_average",)),
        ("100 * answered / offered", "sum", RATIO, ("ratio_of_sums", "person_time_rate", "nps")),
        ("100 * ticket_overdue_end / ticket_open_end", "last", RATIO, ("stock_ratio_last",)),
        ("100 * leavers / headcount_end", "ratio_of_sums", LENGTH_DEPENDENT, ("flow_over_end_stock",)),
        ("calendar_days", "sum", LENGTH_DEPENDENT, ()),
    ],
)
def test_it_names_what_it_found_and_the_kind_that_fits(formula, kind, found, fitting):
    result = check(parse(formula), ROLLUPS, kind)

    assert isinstance(result, RollupRefusal)
    assert (result.code, result.found, result.fitting) == ("wrong_rollup", found, fitting)


@pytest.mark.parametrize(
    ("formula", "kind"),
    [
        ("100 * answered / offered", "ratio_of_sums"),
        ("complaints_internal + complaints_external", "sum"),
        ("headcount_end", "last"),
        ("fte_days / calendar_days", "time_average"),
        ("100 * ticket_overdue_end / ticket_open_end", "ratio_of_sums"),
    ],
)
def test_it_chooses_the_kind_where_none_is_given(formula, kind):
    result = check(parse(formula), ROLLUPS, None)

    assert isinstance(result, RollupCheck)
    assert result.aggregation == kind


def test_it_never_chooses_the_kind_that_depends_on_the_length_of_the_period():
    result = check(parse("100 * leavers / headcount_end"), ROLLUPS, None)

    assert isinstance(result, RollupRefusal)
    assert result.fitting == ("flow_over_end_stock",)


@pytest.mark.parametrize(
    ("formula", "kind", "code"),
    [
        ("5", None, "no_measure"),
        ("offered", "average", "unknown_aggregation"),
        ("offered", "percentile:0", "unknown_aggregation"),
        ("offered", "percentile:100", "unknown_aggregation"),
        ("wait_hist", None, "histogram_in_formula"),
        ("wait_hist / offered", "ratio_of_sums", "histogram_in_formula"),
        ("offered", "percentile:90", "percentile_needs_histogram"),
        ("2 * wait_hist", "percentile:90", "percentile_needs_histogram"),
        ("offered + headcount_end", "sum", "no_multiplier"),
        ("100 * answered / offered + 5 * headcount_end", "ratio_of_sums", "no_multiplier"),
        ("offered + 1", "sum", "no_multiplier"),
        ("offered - offered", "sum", "no_multiplier"),
        ("1 / (offered - offered)", "ratio_of_sums", "no_multiplier"),
        ("offered * answered", "sum", "wrong_rollup"),
    ],
)
def test_it_refuses_with_a_code(formula, kind, code):
    result = check(parse(formula), ROLLUPS, kind)

    assert isinstance(result, RollupRefusal)
    assert result.code == code
