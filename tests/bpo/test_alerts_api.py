"""``alerts/``: who reads which, in whose language, what each step asks and does, and what it refuses."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from bpo.models import Alert, AlertEvent
from tests.cast import Cast, client_for
from tests.checks import assert_problem
from tests.conftest import NOW
from tests.make import make_kpi, make_target
from vendors.models import AuditEntry

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]

LIST = "/api/v1/alerts/"


def make_alert(cast: Cast, **fields: Any) -> Alert:
    """Raise an alert of the first vendor's service level in October."""
    series = make_target(cast.contract, make_kpi(), 80).series
    values = {
        "kind": "below_minimum", "severity": "critical", "subject": f"series:{series.pk}", "vendor": cast.vendor,
        "contract": cast.contract, "series": series, "kpi": series.kpi, "period": "month", "start": date(2026, 10, 1),
        "facts": {"value": "74", "target": "80", "minimum": "75", "unit": "%"}, "opened_at": NOW, "changed_at": NOW,
    }  # fmt: skip
    return Alert.objects.create(**values | fields)


def address(alert: Alert, action: str = "") -> str:
    return f"{LIST}{alert.pk}/{action}/" if action else f"{LIST}{alert.pk}/"


def listed(who: Any, **query: Any) -> list[int]:
    answer = client_for(who).get(LIST, query)
    assert answer.status_code == 200, answer.content
    return [row["id"] for row in answer.json()["results"]]


# Reading --------------------------------------------------------------------------------------------


def test_it_answers_the_fields_of_the_contract(cast: Cast) -> None:
    alert = make_alert(cast)

    (row,) = client_for(cast.manager).get(LIST).json()["results"]

    assert row["message"] == f"{alert.kpi.label} came to 74% in October 2026; the minimum level is 75%."
    assert {name: row[name] for name in ("kind", "severity", "contract", "kpi", "queue", "period", "start")} == {
        "kind": "below_minimum", "severity": "critical", "contract": "hanbit-2026", "kpi": alert.kpi.code,
        "queue": None, "period": "month", "start": "2026-10-01",
    }  # fmt: skip
    assert (row["status"], row["vendor"], row["opened_at"]) == ("open", "hanbit", "2026-11-23T03:00:00Z")


def test_its_message_is_in_the_readers_language(cast: Cast) -> None:
    alert = make_alert(cast)
    client = client_for(cast.member)

    english = client.get(address(alert)).json()["message"]
    korean = client.get(address(alert), headers={"accept-language": "ko"}).json()["message"]

    assert english != korean
    assert korean == f"2026년 10월 {alert.kpi.label} 실적 74%: 최소 수준 75% 미달"


@pytest.mark.parametrize(
    ("query", "is_there"),
    [
        ({"kind": "below_minimum"}, True),
        ({"kind": "below_target"}, False),
        ({"severity": "critical"}, True),
        ({"severity": "caution"}, False),
        ({"status": "open"}, True),
        ({"status": "resolved"}, False),
        ({"vendor": "hanbit"}, True),
        ({"vendor": "narae"}, False),
        ({"contract": "hanbit-2026"}, True),
        ({"contract": "nobodys"}, False),
        ({"queue": "hanbit-order-voice"}, True),
        ({"queue": "narae-order-voice"}, False),
        ({"kpi": "nobodys"}, False),
    ],
)
def test_it_is_found_by_what_it_is_about(cast: Cast, query: dict[str, str], is_there: bool) -> None:
    alert = make_alert(cast, queue=cast.queue)

    assert listed(cast.manager, **query) == ([alert.pk] if is_there else [])


def test_what_belongs_to_the_company_is_for_who_sees_all_vendors(cast: Cast) -> None:
    alert = make_alert(cast, vendor=None, contract=None)

    assert listed(cast.manager) == listed(cast.executive) == listed(cast.superuser) == [alert.pk]
    assert listed(cast.member) == listed(cast.manager_of_a) == []
    assert client_for(cast.manager_of_a).get(address(alert)).status_code == 404


def test_bad_queries_are_named(cast: Cast) -> None:
    client = client_for(cast.manager)

    for query in ({"kind": "siren"}, {"severity": "red"}, {"status": "done"}, {"colour": "red"}):
        assert_problem(client.get(LIST, query), 400, "bad_query", field=next(iter(query)))


# Steps ----------------------------------------------------------------------------------------------


def test_a_vendor_acknowledges_and_its_note_is_shared(cast: Cast) -> None:
    alert = make_alert(cast)

    answer = client_for(cast.member).post(address(alert, "acknowledge"), {"note": "On it"}, format="json")

    assert (answer.status_code, answer.json()["status"]) == (200, "acknowledged")
    (event,) = client_for(cast.executive).get(address(alert)).json()["events"]
    assert (event["action"], event["by"], event["note"], event["internal"]) == (
        "acknowledge", "user:member-of-a", "On it", False,
    )  # fmt: skip
    entry = AuditEntry.objects.get(action="alert.acknowledge")
    assert (entry.vendor, entry.changes) == (cast.vendor, {"status": ["open", "acknowledged"]})


def test_an_internal_note_never_reaches_the_vendor(cast: Cast) -> None:
    alert = make_alert(cast)
    note = {"note": "They said so last month too", "internal": True}

    client_for(cast.manager).post(address(alert, "acknowledge"), note, format="json")

    for who in (cast.manager, cast.executive, cast.analyst, cast.manager_of_a):
        assert len(client_for(who).get(address(alert)).json()["events"]) == 1
    for who in (cast.member, cast.admin, cast.read_key):
        answer = client_for(who).get(address(alert))
        assert answer.json()["events"] == []
        assert "last month" not in answer.content.decode()
    assert listed(cast.member) == [alert.pk]


def test_a_vendor_writes_no_internal_note(cast: Cast) -> None:
    alert = make_alert(cast)

    answer = client_for(cast.member).post(address(alert, "acknowledge"), {"internal": True}, format="json")

    assert_problem(answer, 400, "internal", field="internal")
    assert AlertEvent.objects.count() == 0


def test_a_manager_assigns_puts_off_and_resolves(cast: Cast) -> None:
    alert, client = make_alert(cast), client_for(cast.manager)

    assigned = client.post(address(alert, "assign"), {"assignee": "member-of-a"}, format="json").json()
    snoozed = client.post(address(alert, "snooze"), {"until": "2026-11-30", "note": "a week"}, format="json").json()
    resolved = client.post(address(alert, "resolve"), {"note": "Two more agents"}, format="json").json()

    assert (assigned["status"], assigned["assignee"]) == ("assigned", "member-of-a")
    assert (snoozed["status"], snoozed["snoozed_until"]) == ("snoozed", "2026-11-29T15:00:00Z")
    assert (resolved["status"], resolved["resolved_at"], resolved["snoozed_until"]) == (
        "resolved", "2026-11-23T03:00:00Z", None,
    )  # fmt: skip
    assert [event["action"] for event in resolved["events"]] == ["assign", "snooze", "resolve"]
    alert.refresh_from_db()
    assert alert.is_live, "its condition is for the service to see"


@pytest.mark.parametrize(
    ("action", "body", "code", "field"),
    [
        ("assign", {}, "required", "assignee"),
        ("assign", {"assignee": "nobody"}, "unknown_person", "assignee"),
        ("assign", {"assignee": "outsider"}, "unknown_person", "assignee"),
        ("assign", {"assignee": "executive"}, "unknown_person", "assignee"),
        ("snooze", {}, "required", "until"),
        ("snooze", {"until": "soon"}, "bad_date", "until"),
        ("snooze", {"until": "2026-11-23"}, "until", "until"),
        ("snooze", {"until": "2027-03-01"}, "until", "until"),
        ("resolve", {}, "required", "note"),
        ("resolve", {"note": " "}, "blank", "note"),
        ("resolve", {"note": "x" * 2001}, "too_long", "note"),
        ("acknowledge", {"note": 5}, "not_a_string", "note"),
        ("acknowledge", {"internal": "perhaps"}, "not_a_boolean", "internal"),
        ("acknowledge", {"colour": "red"}, "unknown_field", "colour"),
    ],
)
def test_bad_bodies_are_named_and_change_nothing(
    cast: Cast, action: str, body: dict[str, Any], code: str, field: str
) -> None:
    alert = make_alert(cast)

    answer = client_for(cast.manager).post(address(alert, action), body, format="json")

    assert_problem(answer, 400, code, field=field)
    alert.refresh_from_db()
    assert (alert.status, AlertEvent.objects.count()) == ("open", 0)


@pytest.mark.parametrize("action", ["acknowledge", "assign", "snooze", "resolve"])
def test_a_resolved_alert_takes_no_further_step(cast: Cast, action: str) -> None:
    alert = make_alert(cast, status="resolved")
    bodies = {"assign": {"assignee": "manager"}, "snooze": {"until": "2026-11-30"}, "resolve": {"note": "again"}}

    answer = client_for(cast.manager).post(address(alert, action), bodies.get(action, {}), format="json")

    assert_problem(answer, 409, "wrong_status")


def test_who_reads_only_takes_no_step(cast: Cast) -> None:
    alert = make_alert(cast)

    for who in (cast.executive, cast.analyst, cast.read_key, cast.department, cast.ingest_key):
        answer = client_for(who).post(address(alert, "acknowledge"), {}, format="json")
        assert answer.status_code == 403, who
    for action in ("assign", "snooze", "resolve"):
        assert client_for(cast.admin).post(address(alert, action), {}, format="json").status_code == 403


def test_another_vendors_alert_does_not_exist(cast: Cast) -> None:
    alert = make_alert(cast)
    stranger = client_for(cast.outsider)

    assert listed(cast.outsider) == []
    assert stranger.get(address(alert)).status_code == 404
    assert stranger.post(address(alert, "acknowledge"), {}, format="json").status_code == 404
