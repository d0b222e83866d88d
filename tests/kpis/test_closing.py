"""Closing a month, and what may no longer be sent then."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from kpis.models import Attainment, DailyMetric, MonthClose, Submission
from kpis.services import closing
from kpis.services.marks import mark
from kpis.services.recalculation import drain
from tests.cast import Cast
from tests.checks import assert_problem
from tests.conftest import NOW
from tests.kpis.closing_world import MANAGER, OCTOBER, a_contract, close, codes, reopen, row, send, stored
from tests.make import make_actor, make_contract, make_kpi, make_measure, make_target
from vendors.choices import Role
from vendors.errors import Conflict, Forbidden, Invalid, NotFound, Unprocessable
from vendors.models import AuditEntry

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]


# The act ----------------------------------------------------------------------------------------------


def test_it_says_who_closed_a_month_when_and_why_and_keeps_every_act() -> None:
    contract = a_contract()

    close(contract, reason="All figures are in")
    reopen(contract)
    close(contract)

    acts = MonthClose.objects.filter(contract=contract).order_by("number")
    assert [(act.number, act.is_closed, act.reason) for act in acts] == [
        (1, True, "All figures are in"),
        (2, False, "A file was lost"),
        (3, True, ""),
    ]
    assert {(act.by, act.at, act.way) for act in acts} == {("test:manager", NOW, "hand")}
    assert list(AuditEntry.objects.order_by("id").values_list("action", flat=True)) == [
        "close_month",
        "reopen_month",
        "close_month",
    ]


def test_it_refuses_what_cannot_be_closed_or_opened() -> None:
    contract = a_contract()
    close(contract)
    vendor = make_actor(Role.VENDOR_ADMIN, contract.vendor)
    narae = make_actor(Role.MANAGER, make_contract().vendor)

    for wanted, error, code in (
        ({"start": OCTOBER}, Conflict, "already_closed"),
        ({"start": date(2026, 11, 1)}, Conflict, "month_not_over"),
        ({"start": date(2026, 10, 2)}, Invalid, "not_a_month"),
        ({"start": date(2025, 10, 1)}, Invalid, "outside_contract"),
        ({"contract": "nobodys"}, NotFound, "not_found"),
        ({"actor": vendor}, Forbidden, "role"),
        ({"actor": narae}, NotFound, "not_found"),
    ):
        asked = {"contract": contract.code, "start": date(2026, 9, 1), "actor": MANAGER, "now": NOW} | wanted
        with pytest.raises(error) as refused:
            closing.close_month(**asked)
        assert refused.value.code == code
    with pytest.raises(Invalid):
        reopen(contract, reason=" ")
    reopen(contract)
    with pytest.raises(Conflict) as refused:
        reopen(contract)
    assert refused.value.code == "not_closed"


@pytest.mark.parametrize("statement", ["UPDATE kpis_monthclose SET is_closed = NOT is_closed", "DELETE FROM {}"])
def test_the_database_keeps_the_acts_as_they_were(statement: str) -> None:
    close(a_contract())

    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format("kpis_monthclose"))


# What a closed month refuses --------------------------------------------------------------------------


def test_a_closed_month_takes_no_new_and_no_changed_value_and_names_the_rows() -> None:
    contract = a_contract()
    send(row(contract, "2026-10-05"))
    close(contract)
    before = stored()

    with pytest.raises(Conflict) as refused:
        send(
            row(contract, "2026-11-02"),
            row(contract, "2026-10-05", 101),
            row(contract, "2026-10-06"),
            {"queue": f"{contract.code}-voice", "date": "2026-10-07", "measures": {"offered": 1}},
        )

    assert refused.value.code == "period_closed"
    assert codes(refused) == {(1, "period_closed"), (2, "period_closed"), (3, "period_closed")}
    assert stored() == before


def test_what_changes_nothing_may_be_sent_again_into_a_closed_month() -> None:
    contract = a_contract()
    send(row(contract, "2026-10-05"))
    close(contract)

    again = send(row(contract, "2026-10-05"), row(contract, "2026-11-02"))

    assert (again.new, again.changed, again.unchanged) == (1, 0, 1)


def test_partial_stores_the_open_days_and_names_the_closed_ones() -> None:
    contract = a_contract()
    close(contract)

    result = send(row(contract, "2026-10-05"), row(contract, "2026-11-02"), partial=True)

    assert (result.status, result.new, [error.code for error in result.errors]) == (
        "partly_accepted",
        1,
        ["period_closed"],
    )
    assert list(DailyMetric.objects.values_list("date", flat=True)) == [date(2026, 11, 2)]


def test_beside_other_faults_it_is_one_of_the_bad_rows() -> None:
    contract = a_contract()
    close(contract)

    with pytest.raises(Unprocessable) as refused:
        send(row(contract, "2026-10-05"), row(contract, "2026-11-02", 5, answered=9), row(contract, "2026-13-01"))

    assert {code for _row, code in codes(refused)} >= {"period_closed", "bad_date"}


def test_a_month_total_and_a_withdrawal_are_changes_too() -> None:
    contract = a_contract()
    send(row(contract, "2026-10-05"))
    close(contract)
    close(contract, date(2026, 9, 1))
    queue = f"{contract.code}-voice"

    for changed in (
        {"queue": queue, "date": "2026-10-05", "measures": {"offered": None}},
        {"queue": queue, "month": "2026-09", "measures": {"offered": 3000}},
    ):
        with pytest.raises(Conflict):
            send(changed)


def test_an_opened_month_takes_figures_again_and_only_that_contracts_was_closed() -> None:
    contract, other = a_contract(), a_contract()
    close(contract)
    assert send(row(other, "2026-10-05")).new == 1

    reopen(contract)

    assert send(row(contract, "2026-10-05")).new == 1


def test_a_dry_run_is_refused_like_the_real_one() -> None:
    contract = a_contract()
    close(contract)

    with pytest.raises(Conflict):
        send(row(contract, "2026-10-05"), dry_run=True)


def test_the_figures_of_a_closed_month_stay_as_they_are_whatever_is_drained() -> None:
    contract = a_contract()
    make_target(contract, make_kpi(formula="100 * answered / offered"), 90, weight=100)
    send(row(contract, "2026-10-05", answered=93))
    drain(now=NOW)
    close(contract)
    before = list(Attainment.objects.order_by("id").values())

    mark(contract_ids=[contract.pk], first_on=date(2026, 1, 1), last_on=date(2026, 12, 31))
    drain(now=NOW + timedelta(days=3))

    assert [row for row in Attainment.objects.order_by("id").values() if row["start"] == OCTOBER] == [
        row for row in before if row["start"] == OCTOBER
    ]


# The API ----------------------------------------------------------------------------------------------


def test_the_api_closes_refuses_with_409_and_opens_again(cast: Cast, api: Callable[[Any], Any]) -> None:
    make_measure("offered")
    manager, member = api(cast.manager), api(cast.ingest_key)
    month = {"contract": "hanbit-2026", "start": "2026-10-01"}
    figures = {"rows": [{"queue": "hanbit-order-voice", "date": "2026-10-05", "measures": {"offered": 5}}]}

    made = manager.post("/api/v1/closings/", month, format="json")
    assert made.status_code == 201
    assert made.json() | {"id": 0} == {
        "id": 0, "contract": "hanbit-2026", "start": "2026-10-01", "number": 1, "is_closed": True, "way": "hand",
        "by": "user:manager", "at": "2026-11-23T03:00:00Z", "reason": "",
    }  # fmt: skip
    problem = assert_problem(
        member.post("/api/v1/submissions/", figures, format="json"), 409, "period_closed", row=0, field="date"
    )
    assert "2026-10" in problem["detail"]
    assert_problem(manager.post("/api/v1/closings/", month, format="json"), 409, "already_closed")
    assert_problem(manager.post("/api/v1/closings/reopen/", month, format="json"), 400, "required", field="reason")
    opened = manager.post("/api/v1/closings/reopen/", {**month, "reason": "A file was lost"}, format="json")
    assert opened.json()["is_closed"] is False
    assert member.post("/api/v1/submissions/", figures, format="json").status_code == 201

    listed = api(cast.member).get("/api/v1/closings/?contract=hanbit-2026").json()
    assert [act["number"] for act in listed["results"]] == [2, 1]


def test_a_reason_is_read_where_the_value_is(cast: Cast, api: Callable[[Any], Any]) -> None:
    make_measure("offered")
    client = api(cast.member)
    figures: dict[str, Any] = {"queue": "hanbit-order-voice", "date": "2026-11-02", "measures": {"offered": 5}}
    client.post("/api/v1/submissions/", {"rows": [figures]}, format="json")
    figures["measures"] = {"offered": 6}

    body = {"rows": [figures], "reason": "misclassification", "note": "Two calls were internal"}
    receipt = client.post("/api/v1/submissions/", body, format="json").json()["id"]

    assert client.get(f"/api/v1/submissions/{receipt}/").json()["reason"] == "misclassification"
    query = "?queue=hanbit-order-voice&date=2026-11-02&measure=offered"
    assert client.get(f"/api/v1/daily-metrics/history/{query}").json()["results"][-1]["reason"] == "misclassification"
    wrong = client.post("/api/v1/submissions/", {"rows": [figures], "reason": "mood"}, format="json")
    assert_problem(wrong, 400, "invalid_choice", field="reason")
    csv = "queue,date,offered\nhanbit-order-voice,2026-11-02,7\n"
    sent = client.post("/api/v1/submissions/?reason=late_data", csv, content_type="text/csv")
    assert Submission.objects.get(pk=sent.json()["id"]).reason == "late_data"
