"""The log of refused feeds: which queue-days they named, by whom, what was wrong, and never a figure."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.utils.translation import override

from kpis.calc.completeness import DayState
from kpis.models import DailyMetric, RefusedDay, RefusedFeed
from kpis.queries.refusal_words import REFUSAL_WORDS, refusal_word
from kpis.services import drafts
from kpis.services.feed import validation
from kpis.services.submissions import submit
from tests.kpis.test_completeness import NOW, on, report
from tests.make import make_actor, make_contract, make_kpi, make_queue, make_target
from vendors.choices import Role
from vendors.errors import Unprocessable
from vendors.models import Contract, Queue

pytestmark = pytest.mark.django_db


@pytest.fixture
def contract(db: None) -> Contract:
    made = make_contract()
    make_target(made, make_kpi("answer_share", formula="100 * answered / offered"), 80)
    return made


@pytest.fixture
def queue(contract: Contract) -> Queue:
    return make_queue(contract, "voice")


def test_a_refused_feed_leaves_its_queue_days_and_codes_but_no_figures(contract: Contract, queue: Queue) -> None:
    with pytest.raises(Unprocessable):
        report(contract, date(2026, 3, 16), offered=10, answered=-11)

    feed = RefusedFeed.objects.get()
    assert on(contract, date(2026, 3, 16)).state is DayState.REJECTED
    assert (feed.vendor, feed.submitted_by, feed.row_count) == (contract.vendor, "test:vendor_member", 1)
    assert feed.codes == {"out_of_bounds": 1}
    assert not DailyMetric.objects.exists()


def test_a_day_that_is_reported_in_the_end_is_reported(contract: Contract, queue: Queue) -> None:
    with pytest.raises(Unprocessable):
        report(contract, date(2026, 3, 16), offered=10, answered=-1)
    report(contract, date(2026, 3, 16), offered=10, answered=9)

    found = on(contract, date(2026, 3, 16))
    assert (found.state, found.refusals) == (DayState.REPORTED, 1)


def test_a_dry_run_leaves_no_trace_and_the_same_body_is_noted_once(contract: Contract, queue: Queue) -> None:
    rows = [{"queue": "voice", "date": "2026-03-16", "measures": {"offered": -1}}]
    for dry_run in (True, False, False):
        with pytest.raises(Unprocessable):
            submit(actor=make_actor(Role.VENDOR_MEMBER, contract.vendor), rows=rows, now=NOW, dry_run=dry_run)

    assert RefusedFeed.objects.count() == RefusedDay.objects.count() == 1


def test_of_a_partly_accepted_feed_only_the_bad_rows_are_noted(contract: Contract, queue: Queue) -> None:
    rows = [
        {"queue": "voice", "date": f"2026-03-{day}", "measures": {"offered": offered}}
        for day, offered in ((16, 10), (17, -1))
    ]
    actor = make_actor(Role.VENDOR_MEMBER, contract.vendor)

    submit(actor=actor, rows=rows, now=NOW, partial=True)

    assert [row.date for row in RefusedDay.objects.all()] == [date(2026, 3, 17)]
    assert RefusedFeed.objects.get().row_count == 1


def test_a_refused_draft_is_noted_although_its_transaction_is_given_up(contract: Contract, queue: Queue) -> None:
    actor = make_actor(Role.VENDOR_MEMBER, contract.vendor)
    rows = [{"queue": "voice", "date": "2026-03-16", "measures": {"offered": -1}}]
    draft = drafts.keep(actor=actor, contract=contract, rows=rows, now=NOW, way="form", body_hash="0" * 64)

    with pytest.raises(Unprocessable):
        drafts.send(draft.pk, actor=actor, now=NOW)

    assert [row.date for row in RefusedDay.objects.all()] == [date(2026, 3, 16)]


def test_a_refusal_is_noted_whole_or_not_at_all(
    contract: Contract, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: Any, **_options: Any) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(RefusedDay.objects, "bulk_create", broken)
    with pytest.raises(OperationalError):
        report(contract, date(2026, 3, 16), offered=-1)

    assert not RefusedFeed.objects.exists()


def test_a_queue_that_does_not_exist_for_the_sender_is_not_noted(contract: Contract, queue: Queue) -> None:
    foreign = make_queue(make_contract(), "theirs")
    rows = [{"queue": code, "date": "2026-03-16", "measures": {"offered": 1}} for code in ("voice", foreign.code, "no")]
    with pytest.raises(Unprocessable):
        submit(actor=make_actor(Role.VENDOR_MEMBER, contract.vendor), rows=rows, now=NOW)

    assert [row.queue for row in RefusedDay.objects.all()] == [queue]


def test_every_code_a_feed_is_refused_with_has_words_in_both_languages() -> None:
    """The codes of single rows, as the sources of the feed name them."""
    folder = Path(validation.__file__).parent
    lines = [line for path in folder.glob("*.py") for line in path.read_text(encoding="utf-8").splitlines()]
    raised = [line for line in lines if re.search(r"problems\.add\(|BadCounts\(|BadNumber\(", line)]
    fields = {"date", "measures", "month", "name", "queue"}
    named = {word for line in raised for word in re.findall(r'"([a-z_]+)"', line)} - fields
    assert {"unknown_queue", "bad_date", "not_a_list", "too_precise", "month_and_days"} <= named
    named |= {"relation_broken", "zero_denominator", "numerator_gt_denominator", "sum_differs"}
    named |= {"period_closed", "backfill_window", "correction_window", "reason_required"}

    assert named <= REFUSAL_WORDS.keys(), named - REFUSAL_WORDS.keys()
    with override("en"):
        english = {code: str(word) for code, word in REFUSAL_WORDS.items()}
    with override("ko"):
        assert all(str(word) != english[code] for code, word in REFUSAL_WORDS.items())
    assert refusal_word("made_up") == "made_up"
