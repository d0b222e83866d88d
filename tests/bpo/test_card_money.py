"""What a card is worth: derived from the terms and the card, with every step; and what relief does to it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from rest_framework.test import APIClient

from bpo.models import FrozenScorecard, Scorecard, ScorecardLine
from bpo.queries import presented
from bpo.queries.overview import overview
from bpo.services import scorecards
from bpo.services.scorecards.freezing import verify_chains
from kpis.calc.facts import PeriodKind
from kpis.models import DailyMetric, TargetSeries
from kpis.services import factors
from kpis.services.effect import effect_of
from kpis.services.submissions import submit
from tests.bpo.money_world import BY_GRADE, PERCENTS, agree, by_kpi
from tests.bpo.pages_sample import signed_in
from tests.bpo.scorecard_world import (
    APRIL,
    IN_MAY,
    MANAGER,
    card_of,
    compute,
    finalised,
    korean_contract,
    report_april,
)
from tests.cast import client_for
from tests.conftest import NOW
from tests.make import (
    make_contract,
    make_figures,
    make_kpi,
    make_queue,
    make_target,
    make_user,
    make_vendor,
)
from vendors.choices import Role
from vendors.models import Contract, ContractQueue, Queue

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]


ARROW = '<span aria-hidden="true">→</span><span class="unseen">변경 후</span>'
MOVED = f"−6,000,000원 {ARROW} <strong>0원</strong>"


def money_of(card: Scorecard, who: Any = None) -> dict[str, Any]:
    answer = client_for(who or make_user(role=Role.MANAGER)).get(f"/api/v1/scorecards/{card.pk}/money/")
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def step(found: dict[str, Any], code: str) -> Any:
    return next(one for one in found["steps"] if one["code"] == code)


def test_a_card_is_worth_what_its_grade_earns_and_stays_byte_for_byte_what_it_was() -> None:
    contract = korean_contract()
    compute(contract)
    estimate = money_of(card_of(contract))
    card = finalised(contract)
    before = card_of(contract).frozen.document

    terms = agree(contract, {**BY_GRADE, "percents": {**PERCENTS, "B": Decimal("-0.5")}})

    found = money_of(card)
    assert (estimate["reason"], estimate["is_estimate"], estimate["payable"]) == ("no_terms", True, None)
    assert found["terms"] == {"id": terms.pk, "valid_from": "2026-04-01"}
    assert (found["is_estimate"], found["adjustment"], found["payable"]) == (False, "-600000", "119400000")
    assert (found["vat"], found["total"]) == ("11940000", "131340000")
    assert step(found, "grade")["inputs"] == {
        "score": "84", "between": "step", "fee": "120000000", "percent": "-0.5",
    }  # fmt: skip
    assert card_of(contract).frozen.document == before
    assert all(one.broken is None for one in verify_chains())
    assert "money" not in presented(card_of(contract))


def test_an_open_month_says_what_the_next_grade_lacks_and_earns() -> None:
    contract = korean_contract()
    agree(contract)
    compute(contract)

    found = money_of(card_of(contract))

    quality = next(line for line in presented(card_of(contract))["lines"] if line["kpi"] == "quality")
    assert found["is_estimate"] is True
    # 25 points of weight have room for 2.5 more; service level for 3.0, answer rate (30) for 6.0: it alone reaches A.
    assert (found["next_grade"]["grade"], found["next_grade"]["lacking"], found["next_grade"]["earns"]) == (
        "A", "6", "1800000",
    )  # fmt: skip
    assert found["next_grade"]["line"] != quality["id"]
    assert found["next_grade"]["needed"] == "20"


@pytest.mark.parametrize(("fields", "reason"), [({"is_pilot": True}, "pilot"), ({}, "no_score")])
def test_a_pilot_and_a_month_without_figures_are_worth_nothing_that_could_be_said(
    fields: dict[str, Any], reason: str
) -> None:
    contract = make_contract(starts_on=APRIL, **fields)
    make_queue(contract)
    make_target(contract, make_kpi("answer_rate"), 90, weight=100)
    agree(contract)
    compute(contract)

    found = money_of(card_of(contract))

    assert (found["reason"], found["adjustment"], found["steps"][1:]) == (reason, None, found["steps"][1:])


def minimum_80() -> tuple[Contract, Queue]:
    """The twenty days of contract mechanics §4: raw 77.43 %, and 82.00 % without the two days of the surge."""
    contract = make_contract(starts_on=APRIL, name="음성 상담")
    queue = make_queue(contract)
    kpi = make_kpi("service_level", formula="100 * answered / offered")
    make_target(contract, kpi, 85, minimum=80, weight=100)
    for number in range(20):
        figures = {"offered": 3000, "answered": 1500} if number < 2 else {"offered": 2000, "answered": 1640}
        make_figures(queue, APRIL + timedelta(days=number), **figures)
    return contract, queue


def test_relief_is_priced_before_it_is_approved_and_the_price_stays_with_the_decision() -> None:
    contract, queue = minimum_80()
    agree(contract, by_kpi(service_level=50))
    compute(contract)
    about = {
        "kind": "campaign", "title": "Sale", "starts_at": datetime(2026, 4, 1, tzinfo=UTC),
        "ends_at": datetime(2026, 4, 2, 10, tzinfo=UTC), "method": "exclude",
    }  # fmt: skip
    filed = factors.register(about, queues=[queue], actor=MANAGER, now=IN_MAY)
    manager = client_for(make_user(role=Role.MANAGER))
    path = f"/api/v1/external-factors/{filed.pk}/"

    (month,) = manager.post(f"{path}what-if/", {}, format="json").json()["months"]
    page = signed_in(Role.MANAGER, language="ko").get(f"/factors/{filed.pk}/").content.decode()
    approved = manager.post(f"{path}approve/", {"decision": "as announced"}, format="json")

    assert month["lines"][0]["adjusted_value"] == ["77.43", "82"]
    assert month["money"] == {
        "currency": "KRW", "adjustment": ["-6000000", "0"], "gain": "6000000", "reason": "",
    }  # fmt: skip
    assert MOVED in page
    assert "+6,000,000원" in page
    effect = approved.json()["history"][-1]["effect"]
    assert [(row["contract"], row["money"]["gain"]) for row in effect] == [(contract.code, "6000000")]
    assert_kept_for_who_sees_the_card(filed.pk, contract)


def assert_kept_for_who_sees_the_card(factor: int, contract: Contract) -> None:
    path, won = f"/factors/{factor}/", MOVED
    manager, department = signed_in(Role.MANAGER, language="ko"), signed_in(Role.DEPARTMENT, language="ko")
    vendor = signed_in(Role.VENDOR_ADMIN, contract.vendor, language="ko")

    assert won in manager.get(path).content.decode()
    assert won not in department.get(path).content.decode()
    assert won not in vendor.get(path).content.decode(), "the vendor was told of a draft"
    of_vendor = client_for(make_user(role=Role.VENDOR_ADMIN, vendor=contract.vendor))
    history = of_vendor.get(f"/api/v1/external-factors/{factor}/").json()["history"]
    assert history[-1]["effect"] == []


def test_a_fee_by_volume_is_billed_by_the_month_total_as_it_was_known_when_the_card_was_frozen() -> None:
    contract, queue = minimum_80()
    contract.terms.update(completeness_bar=0)
    fee = {"kind": "unit", "price": Decimal(1200), "measure": "answered"}
    agree(contract, {"fees": [fee]})
    compute(contract)
    card = card_of(contract)
    assert money_of(card)["fee"] == str(1200 * 32_520)
    scorecards.share(card.pk, actor=MANAGER, now=NOW)
    scorecards.finalise(card.pk, accept_missing="agreed", actor=MANAGER, now=NOW)

    rows = [{"queue": queue.code, "date": "2026-04-20", "measures": {"answered": 1700}}]
    submit(actor=MANAGER, rows=rows, now=NOW + timedelta(days=1), note="late")
    assert DailyMetric.objects.get(queue=queue, date=date(2026, 4, 20)).measures["answered"] == 1700

    assert money_of(card)["fee"] == str(1200 * 32_520)


def test_a_final_month_stays_what_it_was_frozen_as_wherever_its_money_is_told() -> None:
    contract, queue = minimum_80()
    contract.terms.update(completeness_bar=0)
    agree(contract, by_kpi(service_level=50))
    compute(contract)
    card = card_of(contract)
    scorecards.share(card.pk, actor=MANAGER, now=NOW)
    scorecards.finalise(card.pk, accept_missing="agreed", actor=MANAGER, now=NOW)
    Contract.objects.filter(pk=contract.pk).update(is_pilot=True, currency="USD")
    rows = [{"queue": queue.code, "date": "2026-04-01", "measures": {"answered": 3000}}]

    result = submit(actor=MANAGER, rows=rows, now=NOW, dry_run=True)
    (month,) = effect_of(result.days, actor=MANAGER, now=NOW)
    (row,) = overview(MANAGER, PeriodKind.MONTH, APRIL, now=NOW).rows

    found = money_of(card)
    assert (found["currency"], found["adjustment"], found["reason"]) == ("KRW", "-6000000", "")
    assert (month["money"]["currency"], month["money"]["adjustment"]) == ("KRW", ["-6000000", "0"])
    assert row.money is not None
    assert (row.money.currency, row.money.adjustment, row.money.reason) == ("KRW", -6_000_000, "")


def test_the_third_month_below_the_minimum_in_a_row_costs_double() -> None:
    contract, _queue = minimum_80()
    agree(contract, by_kpi(service_level=50) | {"repeat_from": 3, "repeat_multiplier": Decimal(2)})
    compute(contract)
    series = TargetSeries.objects.get(contract=contract)
    card = card_of(contract)

    def before(month: int, value: str, status: str = "below_minimum") -> None:
        made = Scorecard.objects.create(contract=contract, start=date(2026, month, 1))
        ScorecardLine.objects.create(
            scorecard=made, kind="kpi", series=series, value=value, adjusted_value=value, minimum=80, status=status,
            weight=100, explanation={"label": {"direction": "higher"}},
        )  # fmt: skip

    before(3, "70")
    assert money_of(card)["adjustment"] == "-6000000"
    before(2, "70", "no_volume")
    before(1, "70")

    found = money_of(card)
    assert step(found, "repeat")["inputs"] == {"in_a_row": "3", "multiplier": "2"}
    assert found["adjustment"] == "-12000000"


def test_what_comes_after_a_month_is_final_does_not_make_its_chain_another() -> None:
    contract, _queue = minimum_80()
    contract.terms.update(completeness_bar=0)
    agree(contract, by_kpi(service_level=50) | {"repeat_from": 2, "repeat_multiplier": Decimal(2)})
    compute(contract)
    series = TargetSeries.objects.get(contract=contract)

    def march(version: int, value: str, status: str, frozen_at: datetime | None) -> None:
        about = {"contract": contract, "version": version, "status": status}
        made = Scorecard.objects.create(start=date(2026, 3, 1), **about)
        ScorecardLine.objects.create(
            scorecard=made, kind="kpi", series=series, value=value, adjusted_value=value, minimum=80, weight=100,
            explanation={"label": {"direction": "higher"}},
        )  # fmt: skip
        if frozen_at:
            FrozenScorecard.objects.create(
                scorecard=made, contract=contract, sequence=50 * version, document="{}", sha256="-", frozen_by="-",
                frozen_at=frozen_at,
            )  # fmt: skip

    march(1, "70", "superseded", NOW - timedelta(days=2))
    card = card_of(contract)
    scorecards.share(card.pk, actor=MANAGER, now=NOW)
    scorecards.finalise(card.pk, accept_missing="agreed", actor=MANAGER, now=NOW)
    march(2, "90", "final", NOW + timedelta(days=1))
    march(3, "90", "draft", None)

    assert money_of(card)["adjustment"] == "-12000000"
    Scorecard.objects.filter(pk=card.pk).update(status="draft")
    assert money_of(card)["adjustment"] == "-6000000"


def test_a_fee_by_volume_adds_up_any_number_of_queues() -> None:
    contract, queue = minimum_80()
    agree(contract, {"fees": [{"kind": "unit", "price": Decimal(1), "measure": "answered"}]})
    compute(contract)
    names = [f"q{number}" for number in range(1_200)]
    about = {"centre": queue.centre, "service": queue.service, "channel": queue.channel, "opened_on": APRIL}
    made = Queue.objects.bulk_create(Queue(code=name, name=name, **about) for name in names)
    ContractQueue.objects.bulk_create(ContractQueue(contract=contract, queue=one, valid_from=APRIL) for one in made)
    make_figures(made[-1], APRIL, answered=7)

    assert money_of(card_of(contract))["fee"] == str(32_520 + 7)


def test_the_page_says_it_in_one_line_that_opens_to_the_steps_for_who_may_see_it() -> None:
    contract = korean_contract()
    agree(contract, {**BY_GRADE, "percents": {**PERCENTS, "B": Decimal("-0.5")}})
    compute(contract)
    card = card_of(contract)
    finalised(contract)

    for client in (
        signed_in(Role.EXECUTIVE, language="ko"),
        signed_in(Role.VENDOR_ADMIN, contract.vendor, language="ko"),
    ):
        page = client.get(f"/scorecards/{card.pk}/").content.decode()
        assert "감액 <strong>−600,000원</strong> · 등급 B (−0.5%)" in page
        assert "120,000,000원" in page
    assert signed_in(Role.VENDOR_ADMIN, make_vendor()).get(f"/scorecards/{card.pk}/").status_code == 404
    outsider: APIClient = client_for(make_user(role=Role.VENDOR_ADMIN, vendor=make_vendor()))
    assert outsider.get(f"/api/v1/scorecards/{card.pk}/money/").status_code == 404


def test_an_unreported_kpi_is_a_default_once_the_month_is_over() -> None:
    contract = korean_contract(without="quality")
    agree(contract, by_kpi(quality=50))
    report_april(make_queue(contract), days=1, answer_rate_sum=920, answer_rate_n=10)
    compute(contract)

    found = money_of(card_of(contract))

    assert step(found, "kpi")["inputs"]["outcome"] == "default"
    assert found["adjustment"] == "-6000000"
