"""What the closing calendar of a contract's terms allows, and the months it closes."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from kpis.models import MonthClose, Submission
from kpis.services import closing
from tests.conftest import NOW
from tests.kpis.closing_world import NEXT_MONTH, OCTOBER, a_contract, codes, reopen, row, send
from vendors.errors import Invalid, Unprocessable

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]


# The limits of the calendar ---------------------------------------------------------------------------


def test_a_change_needs_a_reason_once_its_free_days_are_over() -> None:
    contract = a_contract(closing={"free_correction_days": 3})
    send(row(contract, "2026-11-19"), row(contract, "2026-11-20"))

    assert send(row(contract, "2026-11-20", 101)).changed == 1
    with pytest.raises(Unprocessable) as refused:
        send(row(contract, "2026-11-19", 101))
    assert codes(refused) == {(0, "reason_required")}
    send(row(contract, "2026-11-18"))  # first reported: nothing is replaced, no reason is needed
    result = send(row(contract, "2026-11-19", 101), reason="late_data")

    assert Submission.objects.get(pk=result.id).reason == "late_data"


def test_after_its_correction_days_a_value_is_changed_by_request_only() -> None:
    contract = a_contract(closing={"correction_days": 10})
    send(row(contract, "2026-11-12"), row(contract, "2026-11-13"))

    assert send(row(contract, "2026-11-13", 101)).changed == 1
    with pytest.raises(Unprocessable) as refused:
        send(row(contract, "2026-11-12", 101), reason="late_data")
    assert codes(refused) == {(0, "correction_window")}


def test_after_the_back_fill_days_a_value_is_not_first_reported() -> None:
    contract = a_contract(closing={"backfill_days": 5})

    assert send(row(contract, "2026-11-18")).new == 1
    with pytest.raises(Unprocessable) as refused:
        send(row(contract, "2026-11-17"))
    assert codes(refused) == {(0, "backfill_window")}


def test_without_terms_nothing_is_too_old() -> None:
    contract = a_contract()
    send(row(contract, "2026-01-02"))

    assert send(row(contract, "2026-01-02", 101), row(contract, "2026-01-03")).changed == 1


def test_a_reason_is_one_of_the_list_and_other_needs_a_note() -> None:
    contract = a_contract()

    for options in ({"reason": "because"}, {"reason": "other"}, {"reason": "other", "note": " "}):
        with pytest.raises(Invalid):
            send(row(contract, "2026-11-02"), **options)
    assert send(row(contract, "2026-11-02"), reason="other", note="Sent to the wrong queue").new == 1


# The calendar closes ----------------------------------------------------------------------------------


def test_the_calendar_closes_a_month_when_its_day_is_over_and_once_only() -> None:
    contract, without = a_contract(closing={"feed_closed": 2}, valid_from=date(2026, 11, 1)), a_contract()

    assert closing.close_due_months(now=NEXT_MONTH) == []
    (act,) = closing.close_due_months(now=NEXT_MONTH + timedelta(minutes=1))
    assert closing.close_due_months(now=NEXT_MONTH + timedelta(hours=1)) == []

    assert (act.contract_id, act.start, act.way, act.by) == (contract.pk, date(2026, 11, 1), "schedule", "system")
    assert not MonthClose.objects.filter(contract=without).exists()


def test_the_calendar_leaves_a_month_alone_that_was_opened_by_hand() -> None:
    contract = a_contract(closing={"feed_closed": 2})
    closing.close_due_months(now=NOW)
    reopen(contract)

    assert closing.close_due_months(now=NOW + timedelta(days=1)) == []


def test_the_calendar_catches_up_for_a_quarter_and_reaches_no_further_back() -> None:
    contract = a_contract(closing={"feed_closed": 2})

    closing.close_due_months(now=NOW)

    closed = MonthClose.objects.filter(contract=contract).order_by("start").values_list("start", flat=True)
    assert list(closed) == [date(2026, 8, 1), date(2026, 9, 1), OCTOBER]


def test_the_calendar_closes_no_month_outside_the_contract() -> None:
    a_contract(closing={"feed_closed": 2}, starts_on=date(2026, 10, 15))
    a_contract(closing={"feed_closed": 2}, ends_on=date(2026, 8, 31))

    closing.close_due_months(now=NOW)

    assert sorted(MonthClose.objects.values_list("start", flat=True)) == [date(2026, 8, 1), OCTOBER]
