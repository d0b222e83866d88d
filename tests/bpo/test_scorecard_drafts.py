"""A draft follows its figures: lines, missing KPIs, judged lines, gates, completeness."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from bpo.models import Scorecard, ScorecardEvent
from bpo.queries import cards_for, presented
from bpo.services import scorecards
from kpis.models import Attainment, Target
from tests.bpo.scorecard_world import (
    APRIL,
    IN_APRIL,
    IN_MAY,
    KOREAN_CARD,
    MANAGER,
    add_items,
    card_of,
    compute,
    korean_contract,
    make_attainment,
    report_april,
    service_level_contract,
)
from tests.make import make_contract, make_figures, make_kpi, make_queue, make_target
from vendors.errors import Invalid
from vendors.models import AuditEntry

pytestmark = pytest.mark.django_db


def shown(contract: Any) -> dict[str, Any]:
    return presented(cards_for(MANAGER).get(pk=card_of(contract).pk))


def test_it_comes_to_the_worked_card_of_84_points() -> None:
    contract = korean_contract()

    compute(contract)

    card = shown(contract)
    assert (card["score"], card["grade"]) == ("84.0000", "B")
    assert {line["kpi"]: line["points"] for line in card["lines"]} == {
        code: points for code, (*_rest, points) in KOREAN_CARD.items()
    }
    assert [line["kpi"] for line in card["lines"]] == [
        "answer_rate",
        "quality",
        "service_level",
        "satisfaction",
        "accuracy",
    ]
    assert (card["completeness"], card["weight_covered"]) == ("100.0000", "100.0000")
    assert not card["is_provisional"]


@pytest.mark.parametrize(
    ("treatment", "score", "grade"),
    [("zero", "67.0000", "D"), ("renormalise", "83.7500", "B"), ("full", "87.0000", "B")],
)
def test_it_treats_a_missing_kpi_as_the_contract_says(treatment: str, score: str, grade: str) -> None:
    contract = korean_contract(without="service_level", missing_policy={"no_data": treatment})

    compute(contract)

    card = shown(contract)
    assert (card["score"], card["grade"]) == (score, grade)
    assert card["weight_covered"] == "80.0000"
    missing = next(line for line in card["lines"] if line["kpi"] == "service_level")
    assert (missing["status"], missing["value"], missing["score"]) == ("no_data", None, None)


def test_it_makes_a_draft_when_the_month_has_begun_and_none_before() -> None:
    contract = service_level_contract()

    compute(contract, IN_APRIL)

    assert list(Scorecard.objects.values_list("start", "status", "version")) == [(APRIL, "draft", 1)]
    assert shown(contract)["is_provisional"]


def test_it_refuses_a_month_that_has_not_begun_or_is_no_month() -> None:
    contract = service_level_contract()

    for start, code in ((date(2026, 6, 1), "month_not_begun"), (date(2026, 4, 2), "not_a_month")):
        with pytest.raises(Invalid) as refused:
            scorecards.make(contract=contract.code, start=start, actor=MANAGER, now=IN_MAY)
        assert refused.value.code == code


def test_it_refuses_a_month_without_weighted_targets() -> None:
    contract = make_contract()
    make_target(contract, make_kpi())

    with pytest.raises(Invalid) as refused:
        scorecards.make(contract=contract.code, start=APRIL, actor=MANAGER, now=IN_MAY)

    assert refused.value.code == "no_targets"


def test_it_is_written_once_for_the_same_figures(django_assert_num_queries: Any) -> None:
    contract = service_level_contract()
    compute(contract)
    computed_at = card_of(contract).computed_at

    assert scorecards.refresh(contract_id=contract.pk, starts=[APRIL], now=IN_MAY) == []

    assert card_of(contract).computed_at == computed_at


def test_it_reads_a_year_of_months_in_as_many_queries_as_one(django_assert_max_num_queries: Any) -> None:
    contract = service_level_contract()
    compute(contract)

    with django_assert_max_num_queries(16):
        scorecards.refresh(contract_id=contract.pk, starts=[date(2026, m, 1) for m in range(1, 6)], now=IN_MAY)


def test_it_makes_and_changes_cards_of_many_contracts_in_as_many_queries_as_of_one() -> None:
    def statements(ids: list[int]) -> int:
        Attainment.objects.update(score=F("score") - 1)
        with CaptureQueriesContext(connection) as captured:
            scorecards.refresh_many(months={pk: [APRIL] for pk in ids}, now=IN_MAY)
        return len(captured)

    contracts = [service_level_contract() for _ in range(6)]
    for contract in contracts:
        make_attainment(contract.target_series.get())
    counts = []
    for ids in ([contracts[0].pk], [contract.pk for contract in contracts[1:]]):
        counts.append((statements(ids), statements(ids)))

    assert counts[0] == counts[1]
    assert Scorecard.objects.count() == 6
    scores = set(Scorecard.objects.filter(contract__in=ids).values_list("lines__score", flat=True))
    assert scores == set(Attainment.objects.filter(series__contract__in=ids).values_list("score", flat=True))
    logged = AuditEntry.objects.filter(action="scorecard.create")
    assert {int(pk) for pk in logged.values_list("object_code", flat=True)} == {
        *Scorecard.objects.values_list("id", flat=True)
    }
    assert ScorecardEvent.objects.filter(action="create").count() == logged.count() == 6


def test_it_follows_a_late_figure() -> None:
    contract = service_level_contract(blank=15)
    compute(contract)
    assert shown(contract)["lines"][0]["value"] == "90.00"

    make_figures(contract.queues.get(), date(2026, 4, 15), in_time=1500, offered=3000)
    compute(contract)

    assert shown(contract)["lines"][0]["value"] == "86.25"


def test_it_keeps_a_queues_own_line_beside_the_pooled_one() -> None:
    contract = make_contract(starts_on=APRIL)
    queue, other = make_queue(contract), make_queue(contract)
    kpi = make_kpi(formula="100 * in_time / offered")
    make_target(contract, kpi, 80, weight=60)
    make_target(contract, kpi, 80, weight=40, queue=other)
    report_april(queue, in_time=90, offered=100)
    report_april(other, in_time=70, offered=100)

    compute(contract)

    lines = {line["queue"]: line["value"] for line in shown(contract)["lines"]}
    assert lines == {None: "80.00", other.code: "70.00"}


def test_it_takes_the_lowest_completeness_of_its_kpis() -> None:
    contract = make_contract(starts_on=APRIL)
    queue = make_queue(contract)
    make_target(contract, make_kpi(formula="100 * in_time / offered"), 80, weight=50)
    make_target(contract, make_kpi(formula="solved / contacts"), 1, weight=50)
    report_april(queue, in_time=90, offered=100)
    for number in range(1, 16):
        day = date(2026, 4, number)
        row = queue.daily_metrics.get(date=day)
        row.measures |= {"solved": 1, "contacts": 1}
        row.save()

    compute(contract)

    assert shown(contract)["completeness"] == "50.0000"


def test_it_scores_judged_lines_and_adds_capped_points() -> None:
    contract = service_level_contract()
    Target.objects.update(weight=80)
    add_items(contract)
    compute(contract)
    _kpi, judged, bonus = sorted(
        shown(contract)["lines"], key=lambda line: ["kpi", "judged", "adjustment"].index(line["kind"])
    )
    pk = card_of(contract).pk

    scorecards.judge(pk, line=judged["id"], score=Decimal(75), evidence="minutes", actor=MANAGER, now=IN_MAY)
    scorecards.judge(pk, line=bonus["id"], points=Decimal("-2.5"), evidence="letter", actor=MANAGER, now=IN_MAY)

    card = shown(contract)
    points = {line["kind"]: line["points"] for line in card["lines"]}
    assert points["judged"] == "15.0000"
    assert points["adjustment"] == "-2.5000"
    assert Decimal(card["score"]) == sum(map(Decimal, points.values()))
    entered = next(line for line in card["lines"] if line["kind"] == "judged")
    assert (entered["evidence"], entered["entered_by"], entered["status"]) == ("minutes", MANAGER.label, "scored")


@pytest.mark.parametrize(
    ("kind", "entry", "code"),
    [
        ("judged", {"score": Decimal(101)}, "out_of_range"),
        ("judged", {"points": Decimal(1)}, "wrong_entry"),
        ("adjustment", {"points": Decimal("5.01")}, "out_of_range"),
        ("adjustment", {"score": Decimal(5)}, "wrong_entry"),
        ("kpi", {"score": Decimal(100)}, "not_judged"),
    ],
)
def test_it_refuses_an_entry_the_line_does_not_take(kind: str, entry: dict[str, Decimal], code: str) -> None:
    contract = service_level_contract()
    add_items(contract)
    compute(contract)
    card = card_of(contract)

    line = card.lines.get(kind=kind).pk

    with pytest.raises(Invalid) as refused:
        scorecards.judge(card.pk, line=line, evidence="minutes", actor=MANAGER, now=IN_MAY, **entry)

    assert refused.value.code == code


def test_it_keeps_entries_when_figures_arrive() -> None:
    contract = service_level_contract(blank=15)
    judged, _bonus = add_items(contract)
    compute(contract)
    card = card_of(contract)
    line = card.lines.get(item=judged).pk
    scorecards.judge(card.pk, line=line, score=Decimal(75), evidence="minutes", actor=MANAGER, now=IN_MAY)

    make_figures(contract.queues.get(), date(2026, 4, 15), in_time=1500, offered=3000)
    compute(contract)

    assert card.lines.get(item=judged).pk == line
    assert card.lines.get(item=judged).score == 75


GATES = [
    {"kind": "cap_grade", "value": "B", "label": "Privacy incident"},
    {"kind": "cap_score", "value": "60", "label": "Leaks", "kpi": "leaks", "above": "0"},
]


def gated_contract(leaks: int) -> Any:
    contract = service_level_contract(gates=GATES)
    make_target(contract, make_kpi("leaks", formula="leaks", direction="zero"), 0, attainment_mode="zero", step=40)
    for row in contract.queues.get().daily_metrics.all():
        row.measures["leaks"] = leaks if row.date == APRIL else 0
        row.save()
    compute(contract)
    return contract


def test_it_applies_an_automatic_gate_by_the_kpis_value() -> None:
    quiet, leaking = shown(gated_contract(0)), None
    assert (quiet["score"], quiet["grade"]) == ("107.8125", "S")

    Attainment.objects.all().delete()
    from kpis.models import Kpi

    Kpi.objects.filter(code="leaks").update(code="leaks_before")
    leaking = shown(gated_contract(2))

    assert (leaking["score_before_gates"], leaking["grade_before_gates"]) == ("107.8125", "S")
    assert (leaking["score"], leaking["grade"]) == ("60.0000", "D")
    assert [gate["holds"] for gate in leaking["gates"]] == [True]


def test_it_applies_an_approved_gate_and_takes_it_back() -> None:
    contract = gated_contract(0)
    pk = card_of(contract).pk

    scorecards.approve_gate(pk, gate="Privacy incident", evidence="report 7", actor=MANAGER, now=IN_MAY)

    card = shown(contract)
    assert (card["grade_before_gates"], card["grade"]) == ("S", "B")
    approved = next(gate for gate in card["gates"] if gate["source"] == "approved")
    assert (approved["evidence"], approved["approved_by"]) == ("report 7", MANAGER.label)

    scorecards.withdraw_gate(pk, event=approved["event"], reason="another vendor", actor=MANAGER, now=IN_MAY)

    assert shown(contract)["grade"] == "S"


def test_it_survives_terms_nobody_can_read() -> None:
    contract = service_level_contract(grades=[{"grade": "S"}], gates=[{"kind": "explode", "kpi": "x"}])

    compute(contract)

    assert {"code": "unreadable_terms", "about": "grades"} in shown(contract)["warnings"]
