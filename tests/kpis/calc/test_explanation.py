import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from kpis.calc.explanation import recompute
from kpis.calc.facts import Direction, Edges, KpiRule, MissingDays, QueueDay, Rollup, Rounding, TargetRule
from kpis.calc.judge import judge
from tests.kpis.calc.figures import AFTER, MARCH, RATE, day, decimals, open_in, target, tiers

HISTOGRAM = KpiRule(
    "wait_p90",
    "wait_hist",
    "percentile:90",
    Direction.LOWER,
    rollups={"wait_hist": Rollup.HISTOGRAM},
    edges=(Edges((Decimal(10), Decimal(20))),),
)
BACKLOG = KpiRule(
    "backlog",
    "open_end * calendar_days / cases",
    direction=Direction.LOWER,
    rollups={"open_end": Rollup.STOCK, "calendar_days": Rollup.CALENDAR},
)
SUM = KpiRule("complaints", "hits", "sum", Direction.ZERO)
LEVELS = (
    target(80, "interpolate", minimum=75, stretch=90, cap=110),
    target(80, rounding=Rounding.TRUNCATE, decimals=0),
    target(5, "linear_lower", minimum=8),
    target(5, "inverse"),
    target(90, "tiers", tiers=tiers((90, 100), (None, 40))),
    target(80, "band", target_upper=88, minimum=70, minimum_upper=92),
    target(0, "zero", step="0.5", minimum=2),
)
DOCUMENTS = st.fixed_dictionaries(
    {
        "hits": st.integers(0, 50) | decimals(0, 50, places=2),
        "cases": st.integers(0, 100),
        "open_end": st.integers(0, 9),
        "wait_hist": st.binary(min_size=3, max_size=3).map(lambda counts: tuple(count % 10 for count in counts)),
    }
)


def explained(judgement):
    """The explanation as somebody else gets it: through JSON."""
    return json.loads(json.dumps(judgement.explanation()))


def told(judgement):
    assessment = judgement.assessment
    return {
        name: None if getattr(assessment, name) is None else str(getattr(assessment, name))
        for name in ("value", "attainment", "score")
    }


@given(
    st.lists(DOCUMENTS, max_size=6),
    st.sampled_from([RATE, HISTOGRAM, BACKLOG, SUM]),
    st.lists(st.sampled_from(LEVELS), max_size=2),
    st.sampled_from(MissingDays),
)
def test_it_lets_anybody_recompute_the_number(documents, rule, levels, policy):
    days = [QueueDay(1, date(2026, 3, i + 1), document) for i, document in enumerate(documents)]
    if len(levels) == 2:
        levels = [replace(levels[0], valid_until=date(2026, 3, 4)), replace(levels[1], valid_from=date(2026, 3, 4))]

    judgement = judge(rule, levels, days, open_in(MARCH), MARCH, today=AFTER, policy=policy)

    explanation = explained(judgement)
    assert recompute(explanation) == told(judgement)
    assert {name: explanation["result"][name] for name in ("value", "attainment", "score")} == told(judgement)


def test_it_recomputes_nothing_of_nothing_and_a_value_without_a_target():
    of_nothing = explained(judge(RATE, [target(80)], [], open_in(MARCH), MARCH, today=AFTER))
    untargeted = explained(judge(RATE, [], [day(1, hits=2, cases=3)], open_in(MARCH), MARCH, today=AFTER))

    assert recompute(of_nothing) == {"value": None, "attainment": None, "score": None}
    assert recompute(untargeted) == {"value": "66.67", "attainment": None, "score": None}


def test_it_recomputes_what_missing_days_were_counted_as():
    judgement = judge(
        RATE,
        [target(80, minimum=50)],
        [day(number, hits=9, cases=10) for number in range(1, 31)],
        open_in(MARCH),
        MARCH,
        today=AFTER,
        policy=MissingDays.ZERO,
    )

    explanation = explained(judgement)
    assert explanation["imputation"]["days"] == 1
    assert recompute(explanation) == told(judgement)


def test_it_needs_nothing_but_the_inputs_to_find_another_answer():
    explanation = explained(judge(RATE, [target(80)], [day(1, hits=8, cases=10)], open_in(MARCH), MARCH, today=AFTER))
    explanation["inputs"]["hits"] = 4

    assert recompute(explanation) == {"value": "40.00", "attainment": "50.0000", "score": "50.0000"}


def test_it_shows_every_step_without_an_exponent():
    days = [day(1, hits=Decimal("1E+3"), cases=1500), day(2, hits=3)]

    explanation = explained(
        judge(RATE, [target(80)], days, {1: {date(2026, 3, n) for n in (1, 2)}}, MARCH, today=AFTER)
    )

    assert explanation["formula"] == "100 * hits / cases"
    assert explanation["inputs"] == {"hits": "1000", "cases": 1500}
    assert explanation["days"]["missing_days"] == [{"queue": 1, "date": "2026-03-02"}]
    assert explanation["rounding"]["unrounded"].startswith("66.66666666")
    assert explanation["result"]["value"] == "66.67"
    assert explanation["result"]["status"] == "below_target"


def test_it_keeps_both_versions_of_a_changed_target():
    levels = [
        TargetRule(Decimal(70), valid_until=date(2026, 3, 11)),
        TargetRule(Decimal(80), valid_from=date(2026, 3, 11)),
    ]
    days = [day(1, hits=7, cases=10), day(12, hits=24, cases=30)]

    explanation = explained(judge(RATE, levels, days, open_in(MARCH), MARCH, today=AFTER))

    assert [(one["target"], one["weight"]) for one in explanation["target_versions"]] == [("70", "10"), ("80", "30")]
    assert explanation["target"]["target"] == "77.5"
