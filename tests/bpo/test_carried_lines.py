"""What settles after its month's card is final counts on the next month's card, and says so: worked by hand.

Answer rate (weight 85) is settled at once, first-contact resolution (weight 15) after 14 days. April's card is final
on business day 7 of May, the 11th; April's resolution is settled on the 15th.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from bpo.models import Scorecard
from bpo.queries import blockers, differences, explained, presented
from bpo.queries.cards import with_parts
from bpo.services import scorecards
from bpo.services.money import price
from kpis.services import factors
from kpis.services.effect import effect_of, effect_of_slices
from kpis.services.factors.costs import costs_of
from kpis.services.factors.methods import treatments_of
from kpis.services.submissions import submit
from tests.bpo.money_world import BY_GRADE, agree
from tests.bpo.scorecard_world import APRIL, MANAGER, compute
from tests.make import make_contract, make_figures, make_kpi, make_queue, make_target, make_user
from vendors.models import Contract

pytestmark = pytest.mark.django_db
MAY = date(2026, 5, 1)
CALENDAR = {"feed_closed": 2, "shared": 3, "objections_end": 6, "final": 7, "invoice_day": 10}


def at(month: int, day: int) -> datetime:
    return datetime(2026, month, day, 3, 0, tzinfo=UTC)


def a_contract(closing: dict[str, Any] | None = None, **fields: Any) -> Contract:
    """April: 90 % answered, 60 % resolved at first; May: 80 % and 70 %. Each target is 100, each score the value."""
    closing = CALENDAR if closing is None else closing
    contract = make_contract(starts_on=APRIL, completeness_bar=Decimal(0), closing=closing, **fields)
    queue = make_queue(contract)
    levels = {"attainment_mode": "ratio", "cap": 100}
    make_target(contract, make_kpi("answer_rate"), 100, weight=85, **levels)
    fcr = make_kpi("fcr", formula="100 * resolved / closed", settle_days=14)
    make_target(contract, fcr, 100, weight=15, **levels)
    for start, days, answered, resolved in ((APRIL, 30, 90, 60), (MAY, 31, 80, 70)):
        for number in range(days):
            figures = {"offered": 100, "answered": answered, "closed": 100, "resolved": resolved}
            make_figures(queue, start + timedelta(days=number), **figures)
    return contract


def newest(contract: Contract, start: date) -> Scorecard:
    return with_parts(Scorecard.objects.filter(contract=contract, start=start)).order_by("version").last()


def lines(card: Scorecard) -> dict[tuple[str, str], dict[str, Any]]:
    return {(line["kind"], line["kpi"]): line for line in presented(card)["lines"]}


def finalise(contract: Contract, start: date, now: datetime) -> Scorecard:
    card = newest(contract, start)
    scorecards.share(card.pk, actor=MANAGER, now=now)
    scorecards.finalise(card.pk, actor=MANAGER, now=now)
    return newest(contract, start)


def test_aprils_card_leaves_the_unsettled_line_out_and_says_that_it_counts_next_month() -> None:
    contract = a_contract()
    compute(contract, at(5, 12))

    card = newest(contract, APRIL)

    fcr = lines(card)["kpi", "fcr"]
    assert (fcr["status"], fcr["flags"], fcr["value"], fcr["points"]) == ("carried", ["settles_later"], None, None)
    assert (fcr["weight"], fcr["effective_weight"], fcr["target"]) == ("15", "0.0000", "100")
    # 90 with all of the weight; 85 of 100 points of weight have a score.
    assert (card.score, card.weight_covered) == (Decimal("90.0000"), Decimal("85.0000"))
    assert "weights_not_100" not in [warning["code"] for warning in card.composition["warnings"]]


def test_mays_card_has_aprils_settled_figure_beside_its_own_lines() -> None:
    contract = a_contract()
    compute(contract, at(6, 20))

    card = newest(contract, MAY)

    found = lines(card)
    assert found["kpi", "fcr"]["status"] == "carried"
    carried = found["carried", "fcr"]
    assert (carried["carried_from"], carried["value"], carried["score"]) == ("2026-04-01", "60.00", "60.0000")
    assert (carried["weight"], carried["effective_weight"], carried["points"]) == ("15", "15.0000", "9.0000")
    # 0.85 × 80 + 0.15 × 60 = 68 + 9
    assert (card.score, card.weight_covered) == (Decimal("77.0000"), Decimal("100.0000"))


def test_april_can_be_final_while_its_line_is_unsettled_and_stays_so_when_it_settles() -> None:
    contract = a_contract()
    compute(contract, at(5, 12))
    april = finalise(contract, APRIL, at(5, 12))
    document = april.frozen.document
    assert lines(newest(contract, MAY))["carried", "fcr"]["status"] == "provisional"

    compute(contract, at(5, 20))

    april = newest(contract, APRIL)
    assert (april.version, april.status, april.is_stale, april.frozen.document) == (1, "final", False, document)
    assert lines(newest(contract, MAY))["carried", "fcr"]["status"] == "below_target"


def test_a_correction_of_the_carried_figure_makes_version_2_of_the_card_it_counts_on() -> None:
    contract = a_contract()
    compute(contract, at(6, 20))
    finalise(contract, APRIL, at(6, 20))
    may = finalise(contract, MAY, at(6, 20))
    rows = [{"queue": contract.queues.get().code, "date": "2026-04-15", "measures": {"resolved": 90}}]

    submit(actor=MANAGER, rows=rows, now=at(6, 21))
    compute(contract, at(6, 21))

    assert newest(contract, APRIL).version == 1
    second = newest(contract, MAY)
    assert second.version == 2
    # 29 days of 60 and one of 90: 61 %, 0.15 of which is 9.15.
    (line,) = differences(may, second)["lines"]
    assert line["kind"] == "carried"
    assert {row["field"]: row["new"] for row in line["fields"]} | {} == {
        "value": "61.00",
        "adjusted_value": "61",
        "attainment": "61.0000",
        "score": "61.0000",
        "points": "9.1500",
    }


def test_the_effect_names_the_card_on_which_a_carried_figure_counts() -> None:
    contract = a_contract()
    compute(contract, at(6, 20))
    rows = [{"queue": contract.queues.get().code, "date": "2026-04-15", "measures": {"resolved": 90}}]

    result = submit(actor=MANAGER, rows=rows, now=at(6, 21), dry_run=True)
    (month,) = effect_of(result.days, actor=MANAGER, now=at(6, 21))

    assert month["score"] == ["90.0000", "90.0000"]
    assert month["lines"][0]["value"] == ["60", "61"]
    assert month["next"] == {
        "start": "2026-05-01", "score": ["77.0000", "77.1500"], "grade": ["C", "C"], "money": None,
    }  # fmt: skip


def test_what_a_carried_figure_is_worth_stands_on_the_card_it_counts_on_and_is_kept() -> None:
    contract = a_contract()
    agree(contract, {**BY_GRADE, "between": "linear"})
    queue = contract.queues.get()
    rows = [{"queue": queue.code, "date": "2026-04-15", "measures": {"resolved": 0}}]
    submit(actor=MANAGER, rows=rows, now=at(6, 19))
    compute(contract, at(6, 20))
    about = {
        "kind": "campaign", "title": "Sale", "starts_at": datetime(2026, 4, 14, 16, tzinfo=UTC),
        "ends_at": datetime(2026, 4, 15, 10, tzinfo=UTC), "method": "exclude",
    }  # fmt: skip
    factor = factors.register(about, queues=[queue], actor=MANAGER, now=at(6, 20))

    (month,) = effect_of_slices(treatments_of(factor, [queue], now=at(6, 20)), actor=MANAGER, now=at(6, 20))
    factors.approve(factor.pk, decision="yes", actor=replace(MANAGER, label="user:second"), now=at(6, 20))
    compute(contract, at(6, 20))
    costs = costs_of(APRIL, MAY, actor=MANAGER, now=at(6, 20))
    (kept,) = [event.document["effect"] for event in factor.events.all() if event.document.get("effect")]

    # 58 becomes 60 of weight 15: 0.3 points of May's, at 0.3 % of 120,000,000 a point between C and B.
    assert (month["money"]["gain"], month["next"]["money"]["gain"]) == ("0", "108000")
    assert [(row["start"], row["money"]["gain"]) for row in kept] == [("2026-04-01", "0"), ("2026-05-01", "108000")]
    assert list(price(costs, now=at(6, 20)).values()) == [108_000]


def test_the_explanation_holds_what_the_carried_figure_was_made_of() -> None:
    contract = a_contract()
    compute(contract, at(6, 20))

    found = {(row["kind"], row["kpi"]): row for row in explained(newest(contract, MAY))["lines"]}

    carried = found["carried", "fcr"]
    assert carried["figure"]["period"]["start"] == "2026-04-01"
    assert carried["submissions"]["count"] == 30
    assert found["kpi", "fcr"]["figure"] == {}


def test_without_a_day_for_the_final_card_nothing_is_carried_and_the_line_is_waited_for() -> None:
    contract = a_contract(closing={"feed_closed": 2})
    compute(contract, at(5, 12))

    card = newest(contract, APRIL)
    assert lines(card)["kpi", "fcr"]["status"] == "provisional"
    scorecards.share(card.pk, actor=MANAGER, now=at(5, 12))
    assert "lines_provisional" in {found.code for found in blockers(newest(contract, APRIL), at(5, 12))}
    assert ("carried", "fcr") not in lines(newest(contract, MAY))


def test_the_last_month_of_a_contract_waits_for_its_figures() -> None:
    contract = a_contract(ends_on=date(2026, 5, 31))
    compute(contract, at(6, 20))

    found = lines(newest(contract, MAY))

    assert (found["kpi", "fcr"]["status"], found["carried", "fcr"]["value"]) == ("below_target", "60.00")
    # All three lines count, of 115 points of weight: (85 × 80 + 15 × 70 + 15 × 60) ÷ 115
    assert newest(contract, MAY).score == Decimal("76.0870")


def test_a_carried_line_that_nobody_reported_counts_as_the_contract_says() -> None:
    contract = a_contract()
    contract.queues.get().daily_metrics.filter(date__lt=MAY).delete()
    compute(contract, at(6, 20))

    carried = lines(newest(contract, MAY))["carried", "fcr"]

    assert (carried["status"], carried["points"]) == ("no_data", "0.0000")


def test_the_pages_say_where_the_line_counts(client: Any) -> None:
    contract = a_contract()
    compute(contract, at(6, 20))
    client.force_login(make_user("mina", "manager"))

    april, may = (client.get(f"/scorecards/{newest(contract, start).pk}/").content.decode() for start in (APRIL, MAY))

    assert "다음 달 반영" in april
    assert "전월 이월" in may
    assert "2026년 4월" in may
    assert client.get(f"/scorecards/{newest(contract, MAY).pk}/explain/").status_code == 200
