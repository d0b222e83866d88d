"""``action-plans/`` over the API: made, found, shared, moved; and what the vendor is not answered."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from bpo.models import Alert
from bpo.services import plans
from kpis.services import factors
from tests.bpo.plans_world import MANAGER
from tests.cast import Cast, client_for, make_cast
from tests.checks import assert_problem
from tests.conftest import NOW
from tests.make import make_kpi

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]
PLANS = "/api/v1/action-plans/"
BODY = {
    "contract": "hanbit-2026", "title": "A second line", "facts": "Calls waited", "effect": "12 points",
    "next_step": "Ask for a second line", "cause": "system", "owner": "Site manager", "due_on": "2026-12-01",
}  # fmt: skip


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def manager(cast: Cast) -> APIClient:
    return client_for(cast.manager)


@pytest.fixture
def member(cast: Cast) -> APIClient:
    return client_for(cast.member)


def made(client: APIClient, **fields: Any) -> dict[str, Any]:
    answer = client.post(PLANS, {**BODY, **fields})
    assert answer.status_code == 201, answer.content
    document: dict[str, Any] = answer.json()
    return document


def ids(client: APIClient, query: str = "") -> list[int]:
    return [row["id"] for row in client.get(f"{PLANS}{query}").json()["results"]]


def test_it_is_answered_as_it_was_made(manager: APIClient) -> None:
    kpi = make_kpi("wait")
    plan = made(manager, kpi=kpi.code, kind="prevention")

    assert plan.items() >= {**BODY, "kpi": "wait", "kind": "prevention", "vendor": "hanbit"}.items()
    assert plan.items() >= {"check_on": "2027-01-05", "status": "open", "outcome": "", "is_shared": False}.items()
    assert plan["before_after"] is None
    assert [event["action"] for event in plan["events"]] == ["make"]


def test_nothing_of_a_draft_and_no_internal_note_reaches_the_vendor(manager: APIClient, member: APIClient) -> None:
    plan = made(manager)
    address = f"{PLANS}{plan['id']}/"
    assert member.get(PLANS).json()["count"] == 0
    assert_problem(member.get(address), 404, "not_found")
    assert_problem(member.post(f"{address}start/"), 404, "not_found")

    assert manager.post(f"{address}share/").status_code == 200
    manager.post(f"{address}note/", {"note": "keep quiet", "internal": True})
    manager.post(f"{address}note/", {"note": "for both"})

    answer = member.get(address)
    assert b"keep quiet" not in answer.content
    assert [event["note"] for event in answer.json()["events"]] == ["", "for both"]
    assert member.get(PLANS).json()["count"] == 1


def test_it_is_moved_by_the_vendor_and_checked_by_the_bpo_side(manager: APIClient, member: APIClient) -> None:
    address = f"{PLANS}{made(member)['id']}/"

    assert_problem(member.post(f"{address}finish/", {"note": "x"}), 409, "wrong_status")
    assert member.post(f"{address}start/", {"on": "2026-11-20"}).json()["started_on"] == "2026-11-20"
    assert_problem(member.post(f"{address}finish/", {}), 400, "required", field="note")
    assert member.post(f"{address}finish/", {"note": "Ordered"}).json()["status"] == "done"
    assert_problem(member.post(f"{address}check/", {"outcome": "effective", "note": "x"}), 403, "role")
    assert_problem(manager.post(f"{address}check/", {"outcome": "great", "note": "x"}), 400, "invalid_choice")
    checked = manager.post(f"{address}check/", {"outcome": "effective", "note": "Nobody waited"}).json()
    assert (checked["status"], checked["outcome"]) == ("checked", "effective")


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"contract": "narae-2099"}, "unknown_contract", "contract"),
        ({"contract": None}, "required", "contract"),
        ({"kpi": "no_such"}, "unknown_kpi", "kpi"),
        ({"alert": 999}, "unknown_alert", "alert"),
        ({"external_factor": 999}, "unknown_external_factor", "external_factor"),
        ({"scorecard": "x"}, "not_integer", "scorecard"),
        ({"due_on": "2020-01-01"}, "due_on", "due_on"),
        ({"cause": "laziness"}, "invalid_choice", "cause"),
        ({"status": "done"}, "unknown_field", "status"),
        ({"title": ""}, "blank", "title"),
    ],
)
def test_bad_input_names_the_field(manager: APIClient, fields: dict[str, Any], code: str, field: str) -> None:
    assert_problem(manager.post(PLANS, {**BODY, **fields}), 400, code, field=field)
    assert ids(manager) == []


def test_it_is_found_by_each_filter(manager: APIClient, cast: Cast) -> None:
    late = made(manager, due_on="2026-11-23", owner="Kim, site manager")["id"]
    other = made(manager, contract="narae-2026", kind="improvement", kpi=make_kpi("wait").code)["id"]
    manager.post(f"{PLANS}{other}/start/")

    for query, found in {
        "?vendor=hanbit": [late], "?contract=narae-2026": [other], "?kpi=wait": [other], "?owner=kim": [late],
        "?kind=improvement": [other], "?status=open": [late], "?overdue=false": [late, other], "?overdue=true": [],
        "?alert=1": [], "?outcome=effective": [], "?external_factor=999999999": [],
    }.items():  # fmt: skip
        assert ids(manager, query) == found, query
    for query in ("?overdue=yes", "?alert=x", "?alert=0", "?status=late", "?who=kim"):
        assert_problem(manager.get(f"{PLANS}{query}"), 400, "bad_query")


def test_what_it_refers_to_is_answered_only_to_whom_it_exists_for(cast: Cast, manager: APIClient) -> None:
    times = {"starts_at": NOW - timedelta(hours=2), "ends_at": NOW}
    event = factors.register({"kind": "outage", "title": "Down", **times}, queues=[cast.queue], actor=MANAGER, now=NOW)
    alert = Alert.objects.create(
        kind="below_target", severity="caution", subject="x", vendor=cast.vendor, contract=cast.contract,
        opened_at=NOW, changed_at=NOW,
    )  # fmt: skip
    plan = made(manager, alert=alert.pk, external_factor=event.pk)
    plans.share(plan["id"], actor=MANAGER, now=NOW)

    seen = client_for(cast.department).get(f"{PLANS}{plan['id']}/").json()
    assert (seen["alert"], seen["external_factor"]) == (None, event.pk)
    seen = client_for(cast.member).get(f"{PLANS}{plan['id']}/").json()
    assert (seen["alert"], seen["external_factor"]) == (alert.pk, event.pk)


def test_an_alert_tells_what_it_was_settled_with_as_far_as_the_reader_may_see_it(
    cast: Cast, manager: APIClient, member: APIClient
) -> None:
    alert = Alert.objects.create(
        kind="below_target", severity="caution", subject="x", vendor=cast.vendor, contract=cast.contract,
        opened_at=NOW, changed_at=NOW,
    )  # fmt: skip
    draft = made(manager)["id"]
    address = f"/api/v1/alerts/{alert.pk}/"

    assert_problem(manager.post(f"{address}resolve/", {"note": "x", "action_plan": 999}), 400, "unknown_action_plan")
    told = manager.post(f"{address}resolve/", {"note": "x", "cause": "system", "action_plan": draft}).json()["events"]
    assert (told[-1]["cause"], told[-1]["action_plan"], told[-1]["external_factor"]) == ("system", draft, None)
    assert member.get(address).json()["events"][-1]["action_plan"] is None
    assert manager.get(f"{PLANS}{draft}/").json()["alert"] == alert.pk
