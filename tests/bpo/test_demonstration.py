"""The demonstration: the same every time, plausible, whole, and labelled."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command

from bpo.models import ActionPlan, MoneyTerms, Scorecard
from bpo.services.demonstration import filling
from bpo.services.demonstration.cast import CENTRES, CONTRACTS, QUEUES, VENDORS, vendor_of
from bpo.services.demonstration.figures import correction_of, measures_of
from bpo.services.demonstration.filling import is_filled, steps
from bpo.services.demonstration.money import TERMS
from bpo.services.demonstration.plans import tell_plans
from bpo.services.demonstration.story import Story
from bpo.services.scorecards import verify_chains
from bpo.services.setup import load_shipped_data
from kpis.choices import SubmissionWay
from kpis.models import Attainment, DailyMetric, FactorEvent, MetricRevision, Submission

LAST = date(2026, 11, 22)
NOW = datetime(2026, 11, 23, 12, tzinfo=ZoneInfo("Asia/Seoul"))
STORY = Story.until(LAST, {date(2026, 10, 5), date(2026, 10, 9)})


def month_of(code: str, month: int) -> list[tuple[date, dict[str, int]]]:
    queue = next(queue for queue in QUEUES if queue.code == code)
    days = [date(2026, month, 1) + timedelta(days=number) for number in range(28)]
    return [(day, figures) for day in days if (figures := measures_of(queue, day, STORY))]


def share(rows: list[tuple[date, dict[str, int]]], part: str, whole: str) -> float:
    return 100 * sum(row[part] for _, row in rows) / sum(row[whole] for _, row in rows)


def test_it_has_the_size_it_promises() -> None:
    assert (len(VENDORS), len(CENTRES), len(QUEUES)) == (5, 8, 14)
    assert {queue.channel.value for queue in QUEUES} == {"voice", "chat", "email", "backoffice"}
    assert all("simulated" in vendor.name and "가상" in vendor.name_ko for vendor in VENDORS)
    assert (STORY.first_on, STORY.last_on) == (date(2025, 11, 1), LAST)


def test_it_tells_the_same_day_the_same_way_every_time() -> None:
    queue = QUEUES[0]
    days = [date(2026, 6, 1) + timedelta(days=number) for number in range(28)]

    forwards = [measures_of(queue, day, STORY) for day in days]
    backwards = [measures_of(queue, day, STORY) for day in reversed(days)]

    assert forwards == backwards[::-1]
    assert len({str(figures) for figures in forwards}) > 20


def test_it_has_a_weekday_shape_and_more_scatter_than_pure_chance() -> None:
    rows = month_of("nuri-delivery-voice", 6)
    mondays = [row["offered"] for day, row in rows if day.weekday() == 0]
    sundays = [row["offered"] for day, row in rows if day.weekday() == 6]
    mean = sum(mondays) / len(mondays)

    assert mean > 3 * sum(sundays) / len(sundays)
    assert sum((volume - mean) ** 2 for volume in mondays) / (len(mondays) - 1) > mean


def test_its_outage_and_its_campaign_can_be_seen() -> None:
    queue = next(queue for queue in QUEUES if queue.code == "hanbit-order-voice")
    outage = [(STORY.outage_on, measures_of(queue, STORY.outage_on, STORY) or {})]
    sale = [row for row in month_of(queue.code, 9) if STORY.campaign[0] <= row[0] <= STORY.campaign[1]]

    assert share(outage, "answered", "offered") < 60 < share(sale, "answered_within_threshold", "offered") + 20
    assert share(sale, "answered_within_threshold", "offered") < share(
        month_of(queue.code, 6), "answered_within_threshold", "offered"
    )


def test_its_new_vendor_ramps_up() -> None:
    opened = STORY.opened_on(vendor_of(QUEUES[-1]))
    first, now = month_of("saebyeok-order-voice", opened.month), month_of("saebyeok-order-voice", 10)

    assert sum(row["offered"] for _, row in first) < 0.6 * sum(row["offered"] for _, row in now)
    assert not month_of("saebyeok-order-voice", 5)


def test_it_closes_offices_on_holidays_and_forgets_some_days() -> None:
    office = dict(month_of("daon-care-email", 10))

    assert date(2026, 10, 5) not in office
    assert all(day.weekday() < 5 for day in office)
    queues = [queue for queue in QUEUES if len(queue.open_weekdays) == 7]
    days = [date(2026, 1, 1) + timedelta(days=number) for number in range(150)]
    told = sum(measures_of(queue, day, STORY) is not None for queue in queues[:3] for day in days)
    assert 0 < 3 * len(days) - told < 0.03 * 3 * len(days)


def test_a_correction_only_adds_late_answers() -> None:
    queue = QUEUES[0]
    days = [date(2026, 1, 1) + timedelta(days=number) for number in range(200)]
    told = [(day, row) for day in days if (row := measures_of(queue, day, STORY))]
    late = [(row, correction) for day, row in told if (correction := correction_of(queue, day, row))]

    assert 0 < len(late) < 0.06 * len(told)
    assert all(after["csat_responses"] > before["csat_responses"] for before, after in late)


@pytest.mark.django_db
def test_it_fills_in_and_can_be_resumed(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """Three months instead of thirteen: the same steps, in a fraction of the time."""
    monkeypatch.setattr("bpo.services.demonstration.story.MONTHS", 3)
    load_shipped_data(now=NOW)
    half = len(steps(now=NOW)) // 2

    for step in steps(now=NOW)[:half]:
        step.run()
    for step in steps(now=NOW):
        step.run()
    counts = [model.objects.count() for model in (DailyMetric, Submission, MetricRevision, Attainment, Scorecard)]
    for step in steps(now=NOW):
        step.run()

    assert is_filled()
    assert all(counts)
    again = [model.objects.count() for model in (DailyMetric, Submission, MetricRevision, Attainment, Scorecard)]
    assert again == counts
    assert set(Submission.objects.values_list("way", flat=True)) == {SubmissionWay.DEMONSTRATION}
    assert not Attainment.objects.filter(status="no_data").exists()
    cards = Scorecard.objects.filter(contract__code__in=CONTRACTS)
    assert {"draft", "shared", "disputed", "final"} <= set(cards.values_list("status", flat=True))
    assert all(card.score is not None for card in cards)
    assert all(chain.links and not chain.broken for chain in verify_chains())
    assert ActionPlan.objects.filter(is_shared=True).count() == 2
    assert set(MoneyTerms.objects.values_list("contract__code", flat=True)) == set(TERMS)
    assert any("effect" in event.document for event in FactorEvent.objects.filter(action="claim"))


@pytest.mark.django_db
def test_its_action_plans_are_told_as_far_as_their_contracts_are_there() -> None:
    tell_plans(STORY, NOW)

    assert not ActionPlan.objects.exists()


def test_the_command_goes_through_the_steps(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    done: list[str] = []
    step = filling.Step("one", lambda: done.append("one"))
    monkeypatch.setattr("bpo.management.commands.demo.steps", lambda *, now: [step])

    call_command("demo")

    assert done == ["one"]
    assert "simulated" in capsys.readouterr().out
