"""Correction requests and month ends over the API and on their pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from bpo.models import CorrectionRequest
from bpo.views import corrections
from kpis.models import Submission
from kpis.services.recalculation import drain
from tests.bpo.corrections_world import a_closed_april, file, row
from tests.bpo.scorecard_world import card_of, finalised, service_level_contract
from tests.checks import assert_problem
from tests.conftest import NOW
from tests.make import make_contract, make_kpi, make_target, make_user
from vendors.choices import Role

pytestmark = pytest.mark.django_db


def test_the_api_leads_from_filing_to_the_decision(api: Callable[[Any], Any], frozen_clock: Any) -> None:
    contract = a_closed_april()
    vendor = api(make_user("jisu", Role.VENDOR_MEMBER, contract.vendor))
    manager = api(make_user("mina", Role.MANAGER))
    body = {"rows": [row(contract)], "reason": "late_data", "note": "Arrived on the 3rd"}

    shown = vendor.post("/api/v1/correction-requests/preview/", body, format="json")
    assert shown.json()["effect"][0]["lines"][0]["value"] == ["86.25", "87.5"]
    made = vendor.post("/api/v1/correction-requests/", body, format="json")
    assert made.status_code == 201
    address = f"/api/v1/correction-requests/{made.json()['id']}/"
    assert_problem(manager.post(f"{address}refuse/", {}, format="json"), 400, "required", field="decision")
    accepted = manager.post(f"{address}accept/", {"decision": "Seen"}, format="json")
    assert accepted.status_code == 200, accepted.content
    assert_problem(manager.post(f"{address}accept/"), 409, "decided")

    read = vendor.get(address).json()
    assert (read["status"], read["decided_by"], read["decision"]) == ("accepted", "user:mina", "Seen")
    assert vendor.get(f"/api/v1/submissions/{read['submission']}/").json()["reason"] == "late_data"
    listed = vendor.get(f"/api/v1/correction-requests/?status=accepted&contract={contract.code}").json()
    assert listed["count"] == 1


def test_the_pages_file_show_the_effect_and_decide(client: Any, frozen_clock: Any) -> None:
    contract = a_closed_april()
    finalised(contract)
    queue = contract.queues.get().code
    jisu = make_user("jisu", Role.VENDOR_MEMBER, contract.vendor)
    client.force_login(jisu)
    client.cookies["django_language"] = "en"
    form = client.get(f"/corrections/new/?queue={queue}&date=2026-04-15").content.decode()
    assert 'value="1500"' in form
    sent = {
        "queue": queue,
        "date": "2026-04-15",
        "value-in_time": "1900",
        "value-offered": "3000",
        "reason": "late_data",
    }

    shown = client.post("/corrections/new/", sent | {"do": "preview"}).content.decode()
    assert "109.38" in shown
    assert not CorrectionRequest.objects.exists()
    wrong = client.post("/corrections/new/", sent | {"value-in_time": "9,9x", "do": "file"})
    assert (wrong.status_code, CorrectionRequest.objects.count()) == (422, 0)
    client.post("/corrections/new/", sent | {"do": "file"})
    request = CorrectionRequest.objects.get()
    page = client.get(f"/corrections/{request.pk}/").content.decode()
    assert "somebody else decides it" in page
    assert f"/corrections/{request.pk}/accept/" not in page

    client.force_login(make_user("mina", Role.MANAGER))
    client.cookies["django_language"] = "en"
    assert client.post(f"/corrections/{request.pk}/refuse/", {"decision": ""}).status_code == 400
    client.post(f"/corrections/{request.pk}/accept/", {"decision": ""})
    drain(now=NOW)
    page = client.get(f"/corrections/{request.pk}/").content.decode()
    receipt = Submission.objects.get(way="correction")
    assert f'<a href="/submissions/{receipt.pk}/">{receipt.number}</a>' in page
    first, second = card_of(contract, 1), card_of(contract, 2)
    assert f"/scorecards/{first.pk}/differences/?to={second.pk}" in page
    assert f"#{request.pk}" in client.get("/corrections/").content.decode()


def test_another_vendors_request_does_not_exist(client: Any, frozen_clock: Any) -> None:
    request = file(a_closed_april())
    other = make_contract()
    client.force_login(make_user("narae", Role.VENDOR_ADMIN, other.vendor))

    assert client.get(f"/corrections/{request.pk}/").status_code == 404
    assert client.post(f"/corrections/{request.pk}/withdraw/").status_code == 404
    assert f"#{request.pk}" not in client.get("/corrections/").content.decode()


def test_the_page_of_month_ends_closes_and_opens(client: Any, frozen_clock: Any) -> None:
    contract = service_level_contract(closing={"feed_closed": 2, "final": 7, "invoice_day": 10})
    client.force_login(make_user("mina", Role.MANAGER))
    month = {"contract": contract.code, "month": "2026-04"}

    assert client.post("/month-ends/close/", month).status_code == 302
    assert client.post("/month-ends/close/", month).status_code == 409
    assert client.post("/month-ends/reopen/", month).status_code == 400
    assert client.post("/month-ends/reopen/", month | {"reason": "파일 누락"}).status_code == 302
    page = client.get("/month-ends/?month=2026-04").content.decode()
    assert "파일 누락" in page
    assert client.get("/month-ends/?month=nothing").status_code == 400
    client.force_login(make_user("jisu", Role.VENDOR_MEMBER, contract.vendor))
    assert client.post("/month-ends/close/", month).status_code == 403
    assert "마감 해제</button>" not in client.get("/month-ends/?month=2026-04").content.decode()


def test_the_list_begins_with_what_waits_however_old_it_is(
    api: Callable[[Any], Any], frozen_clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract = a_closed_april()
    waits = file(contract)
    for number in range(3):
        later = file(contract, row(contract, in_time=1000 + number), now=NOW)
        CorrectionRequest.objects.filter(pk=later.pk).update(status="refused")
    monkeypatch.setattr(corrections, "MOST_LISTED", 2)

    answer = api(make_user("mina", Role.MANAGER)).get("/corrections/")

    assert answer.context["requests"][0] == waits
    assert len(answer.context["requests"]) == 2
    assert "Only the newest are listed" in answer.content.decode()


def test_the_form_names_what_the_contract_asks_of_the_queue_on_that_day(client: Any, frozen_clock: Any) -> None:
    contract = a_closed_april()
    queue = contract.queues.get()
    make_target(contract, make_kpi(formula="chat_answered / chat_offered", channel="chat"))
    make_target(contract, make_kpi(formula="mails_answered / mails"), valid_from=date(2026, 5, 1))
    client.force_login(make_user("jisu", Role.VENDOR_MEMBER, contract.vendor))
    queue.channel = "voice"
    queue.save()

    form = client.get(f"/corrections/new/?queue={queue.code}&date=2026-04-15").content.decode()

    assert 'name="value-in_time"' in form
    assert "chat_answered" not in form
    assert "mails" not in form
