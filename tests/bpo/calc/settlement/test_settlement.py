"""The worked figures of contract mechanics (§1, §2, §4, §8, §9, §10) and mathematics §4.10, and what always holds."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bpo.calc.grades import DEFAULT_GRADES, grade_of
from bpo.calc.settlement import LineFact, MoneyRules, MonthFacts, Outcome, Statement, rules_of, settle
from bpo.calc.settlement.facts import chain_of
from bpo.calc.settlement.statement import whole

FEES = [{"kind": "fixed", "label": "Monthly fee", "price": "120000000"}]
PERCENTS = {"S": "3", "A": "1.5", "B": "0", "C": "-3", "D": "-7"}
POOL = {"answer_rate": 60, "service_level": 50, "csat": 40, "quality": 30, "tat": 20}


def by_grade(**more: Any) -> MoneyRules:
    return rules_of({"fees": FEES, "scheme": "grade", "percents": PERCENTS, **more})


def by_kpi(severity: str = "step", floor: str | None = None, **more: Any) -> MoneyRules:
    rows = [{"kpi": kpi, "share": str(share), "severity": severity, "floor": floor} for kpi, share in POOL.items()]
    return rules_of({"fees": FEES, "scheme": "kpi", "at_risk": "10", "allocations": rows, **more})


def line(kpi: str = "service_level", value: str | None = "72", **more: Any) -> LineFact:
    about: dict[str, Any] = {"minimum": Decimal(75), "is_lower_better": False, "status": "below_minimum", **more}
    return LineFact(kpi, about.pop("queue", None), None if value is None else Decimal(value), **about)


def month(score: str | None = "84.00", *lines: LineFact, **more: Any) -> MonthFacts:
    total = None if score is None else Decimal(score)
    grade = "" if total is None else grade_of(total)
    return MonthFacts(total, more.pop("grade", grade), lines=lines, **more)


def amount(statement: Statement, code: str) -> Any:
    return next(step.amount for step in statement.steps if step.code == code)


@pytest.mark.parametrize(
    ("score", "won"),
    [("84.00", 0), ("95", 3_600_000), ("90", 1_800_000), ("79.99", -3_600_000), ("69.99", -8_400_000)],
)
def test_by_grade_the_table_of_section_9_holds(score: str, won: int) -> None:
    statement = settle(by_grade(), month(score))

    assert statement.adjustment == won
    assert statement.payable == 120_000_000 + won


@pytest.mark.parametrize(
    ("score", "won"),
    [("80", 0), ("79.99", -3600), ("75", -1_800_000), ("70", -3_600_000), ("0", -8_400_000), ("100", 3_600_000)],
)
def test_linear_terms_have_no_cliff_at_an_edge(score: str, won: int) -> None:
    assert settle(by_grade(between="linear"), month(score)).adjustment == won


@pytest.mark.parametrize("between", ["step", "linear"])
def test_a_grade_that_a_gate_lowered_earns_no_more_than_its_own(between: str) -> None:
    assert settle(by_grade(between=between), month("96", grade="B")).adjustment == 0


def test_a_gate_that_takes_the_incentive_takes_additions_and_no_reduction() -> None:
    gated = settle(by_grade(), month("96", has_incentive=False))

    assert gated.adjustment == 0
    assert [step.code for step in gated.steps if step.code == "no_incentive"]
    assert settle(by_grade(), month("75", has_incentive=False)).adjustment == -3_600_000


@pytest.mark.parametrize(
    ("defaults", "won"), [(["service_level"], -6_000_000), (["service_level", "answer_rate"], -12_000_000)]
)
def test_by_kpi_the_pool_of_section_1_is_capped_at_the_amount_at_risk(defaults: list[str], won: int) -> None:
    statement = settle(by_kpi(), month("70", *[line(kpi) for kpi in defaults]))

    assert statement.adjustment == won
    assert amount(statement, "at_risk") == 12_000_000


@pytest.mark.parametrize(
    ("value", "minimum", "floor", "is_lower", "won"),
    [
        ("72", "75", "70", False, -3_600_000),
        ("75", "75", "70", False, 0),
        ("78", "75", "70", False, 0),
        ("69", "75", "70", False, -6_000_000),
        ("4", "0", "10", True, -2_400_000),
        ("11", "0", "10", True, -6_000_000),
        ("0", "0", "10", True, 0),
        ("72", "75", "76", False, -6_000_000),
    ],
    ids=["3/5", "at minimum", "below expected", "beyond floor", "mirrored", "mirrored beyond", "zero is met", "no way"],
)
def test_a_slide_runs_from_the_minimum_to_the_floor(
    value: str, minimum: str, floor: str, is_lower: bool, won: int
) -> None:
    one = line(value=value, minimum=Decimal(minimum), is_lower_better=is_lower)

    assert settle(by_kpi("slide", floor), month("70", one)).adjustment == won


def test_a_slide_that_names_no_floor_costs_all() -> None:
    assert settle(by_kpi("slide"), month("70", line())).adjustment == -6_000_000


def test_the_third_default_in_a_row_costs_double_and_reaches_the_cap() -> None:
    rules = by_kpi(repeat_from=3, repeat_multiplier="2")
    second, third = (month("70", line(), chains={("service_level", None): before}, volumes={}) for before in (1, 2))

    assert settle(rules, second).adjustment == -6_000_000
    assert settle(rules, third).adjustment == -12_000_000


def test_the_third_miss_of_mathematics_4_10() -> None:
    allocations = [{"kpi": "service_level", "share": "30"}]
    fees = [{"kind": "fixed", "price": "100000000"}]
    rules = rules_of(
        {"fees": fees, "scheme": "kpi", "at_risk": "10", "allocations": allocations, "repeat_from": 3,
         "repeat_multiplier": "1.5"}
    )  # fmt: skip

    statement = settle(rules, month("70", line(), chains={("service_level", None): 2}))

    assert statement.adjustment == -4_500_000
    assert amount(statement, "at_risk") == 10_000_000


@pytest.mark.parametrize(
    ("past", "before"),
    [
        (["default", "default", "met", "default"], 2),
        (["default", "excused", "no_volume", None, "default", "met"], 2),
        (["met", "default"], 0),
        ([], 0),
    ],
)
def test_an_excused_month_and_one_without_volume_neither_count_nor_end_a_chain(
    past: list[str | None], before: int
) -> None:
    assert chain_of(None if one is None else Outcome(one) for one in past) == before


@pytest.mark.parametrize(
    ("one", "is_over", "outcome"),
    [
        (line(status="low_volume"), True, "low_volume"),
        (line(value=None, status="no_volume"), True, "no_volume"),
        (line(value=None, status="no_data"), True, "default"),
        (line(value=None, status="no_data"), False, "not_reported"),
        (line(value=None, status="carried"), True, "carried"),
        (line(is_excused=True), True, "excused"),
        (line(minimum=None), True, "no_minimum"),
        (line(is_lower_better=None), True, "no_minimum"),
        (line(value="76", status="met"), True, "met"),
        (line(status="provisional"), False, "default"),
    ],
)
def test_only_a_default_is_reduced(one: LineFact, is_over: bool, outcome: str) -> None:
    statement = settle(by_kpi(), month("70", one, is_over=is_over))

    assert one.outcome(is_over=is_over) == outcome
    assert statement.adjustment == (-6_000_000 if outcome == "default" else 0)


def test_the_pooled_line_counts_and_of_queues_alone_the_worst() -> None:
    good, bad = line(value="90", status="met", queue="a"), line(queue="b")

    assert settle(by_kpi(), month("70", good, bad)).adjustment == -6_000_000
    assert settle(by_kpi(), month("70", good, bad, line(value="90", status="met"))).adjustment == 0
    of_a_queue = rules_of(
        {"fees": FEES, "scheme": "kpi", "at_risk": "10",
         "allocations": [{"kpi": "service_level", "queue": "a", "share": "50"}]}
    )  # fmt: skip
    assert settle(of_a_queue, month("70", good, bad)).adjustment == 0
    assert amount(settle(of_a_queue, month("70", bad)), "kpi") == 0


@pytest.mark.parametrize("queue", [None, "a"])
@pytest.mark.parametrize(
    ("carried_in", "own", "won"),
    [
        (line(value="90", status="met"), line(), -6_000_000),
        (line(), line(value="90", status="met"), -6_000_000),
        (line(value="90", status="met"), line(status="carried"), 0),
        (line(), line(value=None, status="carried"), -6_000_000),
        (line(value=None, status="no_volume"), line(value="90", status="met"), 0),
    ],
)
def test_a_kpi_judged_twice_costs_by_the_worse_and_what_is_carried_on_is_not_judged(
    carried_in: LineFact, own: LineFact, won: int, queue: str | None
) -> None:
    rows = [{"kpi": "service_level", "queue": queue, "share": "50"}]
    rules = rules_of({"fees": FEES, "scheme": "kpi", "at_risk": "10", "allocations": rows})
    twice = [replace(one, queue=queue) for one in (carried_in, own)]

    assert settle(rules, month("70", *twice)).adjustment == won
    assert settle(rules, month("70", *reversed(twice))).adjustment == won


@pytest.mark.parametrize(("own", "outcome"), [(line(), "default"), (line(status="carried"), "met")])
def test_a_chain_follows_the_worse_of_what_a_month_judged(own: LineFact, outcome: str) -> None:
    past = month("70", line(value="90", status="met"), own)

    found = past.line("service_level", None)

    assert found is not None
    assert found.outcome(is_over=True) == outcome


@pytest.mark.parametrize("values", [("74", "72"), ("72", "74")])
def test_of_several_queues_in_default_the_one_that_costs_most_counts(values: tuple[str, str]) -> None:
    lines = [line(value=value, queue=queue) for queue, value in zip("ab", values, strict=True)]

    assert settle(by_kpi("slide", "70"), month("70", *lines)).adjustment == -3_600_000


def test_by_kpi_a_month_without_a_score_is_settled_and_its_bonus_alone_is_not_reached() -> None:
    excused = [line(kpi, value=None, status="no_data", is_excused=True) for kpi in POOL]
    plain = settle(by_kpi(), month(None, *excused))
    unreported = settle(by_kpi(), month(None, line(value=None, status="no_data")))
    gated = settle(with_bonus(), month(None, *excused))

    assert (plain.reason, plain.payable) == ("", 120_000_000)
    assert unreported.adjustment == -6_000_000
    assert (gated.payable, amount(gated, "bonus")) == (120_000_000, 0)


def with_bonus() -> MoneyRules:
    row = {"kpi": "service_level", "share": "50", "severity": "slide", "floor": "70", "is_critical": True}
    return rules_of(
        {"fees": FEES, "scheme": "kpi", "at_risk": "10", "allocations": [row], "bonus": "1", "bonus_from": "70"}
    )


def test_relief_is_worth_the_reduction_and_the_bonus_of_section_10() -> None:
    gross = settle(with_bonus(), month("84", line(value="72")))
    relieved = settle(with_bonus(), month("84", line(value="82")))

    assert (gross.adjustment, gross.payable, gross.vat) == (-3_600_000, 116_400_000, 11_640_000)
    assert gross.total == 128_040_000
    assert relieved.payable == 121_200_000
    assert relieved.payable - gross.payable == 4_800_000


@pytest.mark.parametrize(
    ("facts", "void"),
    [
        (month("69.99", line(value="90")), "below"),
        (month("84", line(value="72")), "critical_default"),
        (month("84", line(value="90"), has_incentive=False), "no_incentive"),
        (month("84", line(value="90")), ""),
    ],
)
def test_a_bonus_is_void_for_a_reason(facts: MonthFacts, void: str) -> None:
    bonus = next(step for step in settle(with_bonus(), facts).steps if step.code == "bonus")

    assert (bonus.inputs["void"], bonus.amount) == (void, 0 if void else 1_200_000)


@pytest.mark.parametrize(("came", "billed"), [("33000", 36_000), ("38000", 38_000)])
def test_at_least_ninety_per_cent_of_the_forecast_are_billed(came: str, billed: int) -> None:
    fee = {"kind": "unit", "price": "1200", "measure": "answered", "agreed_volume": "40000", "minimum_share": "90"}

    statement = settle(rules_of({"fees": [fee]}), month(None, volumes={"answered": Decimal(came)}))

    assert statement.fee == statement.payable == 1200 * billed


def test_a_fee_adds_up_its_lines_and_is_unknown_where_one_is() -> None:
    rules = rules_of(
        {"fees": [*FEES, {"kind": "head", "price": "2190000", "heads": "12.5"},
                  {"kind": "unit", "price": "0.5", "measure": "answered"}]}
    )  # fmt: skip

    assert rules.measures == {"answered"}
    assert settle(rules, month(None, volumes={"answered": Decimal(3)})).fee == 147_375_002
    unknown = settle(rules, month(None))
    assert (unknown.payable, unknown.total, unknown.reason) == (None, None, "fee_unknown")


@pytest.mark.parametrize(
    ("rules", "facts", "reason"),
    [
        (by_grade(), month(None), "no_score"),
        (by_grade(percents={"S": "3"}), month("84"), "grade_without_percent"),
    ],
)
def test_what_is_not_known_is_no_zero(rules: MoneyRules, facts: MonthFacts, reason: str) -> None:
    statement = settle(rules, facts)

    assert (statement.adjustment, statement.payable, statement.reason) == (None, None, reason)


@pytest.mark.parametrize(
    "document",
    [{"fees": [{"kind": "fixed"}]}, {"fees": [{"kind": "gift", "price": "1"}]}, {"at_risk": "much"}, {"percents": 3}],
)
def test_terms_that_cannot_be_read_are_refused(document: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"cannot be read|valid FeeKind"):
        rules_of(document)


@pytest.mark.parametrize(("exact", "rounded"), [("0.5", 1), ("-0.5", -1), ("-0.4", 0), ("3600000.4999", 3_600_000)])
def test_an_amount_is_rounded_once_half_away_from_zero(exact: str, rounded: int) -> None:
    assert whole(Decimal(exact)) == rounded
    assert not str(whole(Decimal(exact))).startswith("-0")


def test_every_step_keeps_what_went_in_and_what_came_out() -> None:
    steps = settle(with_bonus(), month("84", line(value="72"))).steps

    assert [step.code for step in steps] == [
        "fee_fixed", "fee", "at_risk", "kpi", "cap", "bonus", "rounded", "payable", "vat",
    ]  # fmt: skip
    kpi = next(step for step in steps if step.code == "kpi")
    assert kpi.inputs == {
        "queue": None, "outcome": "default", "value": Decimal(72), "minimum": Decimal(75), "floor": Decimal(70),
        "share": Decimal(50), "severity": Decimal("0.6"),
    }  # fmt: skip
    assert kpi.amount == 3_600_000


values = st.decimals("0", "100", places=2)


@given(
    found=st.lists(values, min_size=5, max_size=5),
    chains=st.integers(0, 5),
    severity=st.sampled_from(["step", "slide"]),
)
def test_no_month_is_reduced_by_more_than_is_at_risk(found: list[Decimal], chains: int, severity: str) -> None:
    rules = by_kpi(severity, "60", repeat_from=2, repeat_multiplier="3")
    lines = [line(kpi, str(value)) for kpi, value in zip(POOL, found, strict=True)]
    before = {(kpi, None): chains for kpi in POOL}

    statement = settle(rules, month("70", *lines, chains=before))

    assert statement.adjustment is not None
    assert -12_000_000 <= statement.adjustment <= 0


@given(lower=values, higher=values, between=st.sampled_from(["step", "linear"]))
def test_a_better_score_is_never_worth_less(lower: Decimal, higher: Decimal, between: str) -> None:
    lower, higher = sorted((lower, higher))
    rules = by_grade(between=between)
    one, other = settle(rules, month(str(lower))), settle(rules, month(str(higher)))

    assert one.adjustment is not None
    assert other.adjustment is not None
    assert -8_400_000 <= one.adjustment <= other.adjustment <= 3_600_000


@given(lower=values, higher=values)
def test_a_better_value_never_costs_more(lower: Decimal, higher: Decimal) -> None:
    lower, higher = sorted((lower, higher))
    rules, facts = by_kpi("slide", "60"), month("70", line(value="0"))
    one, other = (settle(rules, replace(facts, lines=[line(value=str(value))])) for value in (lower, higher))

    assert one.adjustment is not None
    assert other.adjustment is not None
    assert one.adjustment <= other.adjustment


def test_the_usual_table_is_the_grade_table() -> None:
    assert set(PERCENTS) == {row.grade for row in DEFAULT_GRADES}
