"""The pages of alerts: the inbox by vendor and day, one alert with its facts and history, and its steps."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from bpo.models import Alert, AlertEvent
from tests.bpo.alerts_world import IN_MARCH, compute, make_monthly, report
from tests.cast import Cast
from tests.checks import assert_constant_queries
from tests.conftest import NOW
from tests.make import make_contract, make_kpi, make_target, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]

LIST = "/alerts/"


def raise_alert(contract: Any, /, **fields: Any) -> Alert:
    kpi = fields.pop("kpi", None) or make_kpi()
    series = make_target(contract, kpi, 80).series
    values = {
        "kind": "below_minimum", "severity": "critical", "subject": f"series:{series.pk}", "vendor": contract.vendor,
        "contract": contract, "series": series, "kpi": kpi, "period": "month", "start": date(2026, 10, 1),
        "facts": {"value": "74", "target": "80", "minimum": "75", "unit": "%"}, "opened_at": NOW, "changed_at": NOW,
    }  # fmt: skip
    return Alert.objects.create(**values | fields)


def reader(person: Any, language: str = "en") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(person)
    return client


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


# The inbox ------------------------------------------------------------------------------------------


def test_the_inbox_is_grouped_by_vendor_and_day_with_grave_ones_first(cast: Cast) -> None:
    raise_alert(cast.contract, severity="caution", kpi=make_kpi("kpi_light"))
    raise_alert(cast.contract, kpi=make_kpi("kpi_grave"), opened_at=NOW - timedelta(minutes=5))
    raise_alert(cast.contract, kpi=make_kpi("kpi_old"), opened_at=NOW - timedelta(days=1))
    raise_alert(cast.other_contract, kpi=make_kpi("kpi_other"))
    raise_alert(cast.contract, vendor=None, contract=None, kpi=make_kpi("kpi_programme"))

    page = text_of(reader(cast.manager).get(LIST))

    order = [
        "Hanbit",
        "23 November 2026",
        "kpi_grave",
        "kpi_light",
        "22 November 2026",
        "kpi_old",
        "Narae",
        "kpi_other",
    ]
    places = [page.index(word, page.index("Show")) for word in order]
    assert places == sorted(places)
    assert "kpi_programme" in page[page.index("The company as a whole") :]


def test_what_is_alike_and_not_critical_is_one_line_that_opens_and_is_seen_at_once(cast: Cast) -> None:
    for number in range(4):
        raise_alert(cast.contract, kind="projected_to_miss", severity="warning", kpi=make_kpi(f"kpi_{number}"))
    critical = raise_alert(cast.contract, kpi=make_kpi("kpi_grave"))
    theirs = raise_alert(cast.other_contract, kpi=make_kpi("kpi_theirs"))
    client = reader(cast.member, "en")

    page = client.get(LIST).content.decode()
    folded = re.findall(r'name="alert" value="(\d+)"', page)
    answer = client.post(f"{LIST}acknowledge/", {"alert": [*folded, theirs.pk, "x"]}, follow=True)

    assert page.count("<details>") == 1
    assert "Heading for a miss: 4 alerts" in text_of(client.get(LIST))
    assert len(folded) == 4
    assert "Seen: 4." in text_of(answer)
    assert set(Alert.objects.filter(pk__in=folded).values_list("status", flat=True)) == {"acknowledged"}
    assert {alert.status for alert in Alert.objects.filter(pk__in=[critical.pk, theirs.pk])} == {"open"}
    assert reader(cast.executive).post(f"{LIST}acknowledge/", {"alert": folded}).status_code == 403


def test_it_says_kind_severity_and_status_in_words_with_shapes(cast: Cast) -> None:
    raise_alert(cast.contract)

    english, korean = (reader(cast.manager, language).get(LIST) for language in ("en", "ko"))

    assert all(
        word in text_of(english) for word in ("Critical", "Below the minimum", "Open", "the minimum level is 75%")
    )
    assert all(word in text_of(korean) for word in ("심각", "최소 수준 미달", "미확인", "2026년 10월"))
    assert '<span class="mark critical"><svg' in english.content.decode()


def test_what_is_resolved_is_shown_where_it_is_asked_for(cast: Cast) -> None:
    raise_alert(cast.contract, status="resolved", kpi=make_kpi("kpi_done"))
    client = reader(cast.manager)

    assert "Nothing waits" in text_of(client.get(LIST))
    for query in ({"status": ""}, {"status": "resolved"}, {"status": "resolved", "vendor": "hanbit", "kind": ""}):
        assert "kpi_done" in text_of(client.get(LIST, query)), query
    for query in ({"status": "open"}, {"status": "", "severity": "caution"}, {"status": "", "kind": "incomplete"}):
        assert "No alert fits these filters" in text_of(client.get(LIST, query)), query


def test_a_choice_that_does_not_exist_is_none(cast: Cast) -> None:
    raise_alert(cast.contract, kpi=make_kpi("kpi_there"))

    page = text_of(reader(cast.manager).get(LIST, {"severity": "red", "kind": "siren", "vendor": "nobody"}))

    assert "kpi_there" in page


def test_a_vendor_sees_its_own_alone_and_a_department_nothing(cast: Cast) -> None:
    raise_alert(cast.contract, kpi=make_kpi("kpi_ours"))
    alert = raise_alert(cast.other_contract, kpi=make_kpi("kpi_theirs"))
    client = reader(cast.member)

    page = text_of(client.get(LIST))

    assert "kpi_ours" in page
    assert "kpi_theirs" not in page
    assert client.get(f"{LIST}{alert.pk}/").status_code == 404
    assert client.post(f"{LIST}{alert.pk}/acknowledge/").status_code == 404
    assert reader(cast.department).get(LIST).status_code == 403
    assert Client().get(LIST).status_code == 302


def test_its_entry_stands_in_the_navigation_of_who_may_open_it(cast: Cast) -> None:
    entry = '<a href="/alerts/"'

    assert entry in reader(cast.manager).get("/scorecards/").content.decode()
    assert f'{entry} aria-current="page"' in reader(cast.member).get(LIST).content.decode()
    assert entry not in reader(cast.department).get("/scorecards/").content.decode()


def test_it_is_seen_from_the_list_with_one_click(cast: Cast) -> None:
    alert = raise_alert(cast.contract)
    client = reader(cast.member)
    assert f'action="{LIST}{alert.pk}/acknowledge/"' in client.get(LIST).content.decode()

    answer = client.post(f"{LIST}{alert.pk}/acknowledge/", {"from_list": "1"}, follow=True)

    assert answer.redirect_chain == [(LIST, 302)]
    page = text_of(answer)
    assert "The alert is acknowledged." in page
    assert "Seen" in page
    assert "/acknowledge/" not in answer.content.decode()


# One alert ------------------------------------------------------------------------------------------


def test_a_projection_shows_what_is_behind_it() -> None:
    contract, queue = make_monthly()
    report(queue, date(2026, 2, 1), date(2026, 3, 19), 760, stray=20)
    compute(contract, now=IN_MARCH)

    alert = Alert.objects.get(kind="projected_to_miss")
    answer = reader(make_user("boss", "manager")).get(f"{LIST}{alert.pk}/")

    page = text_of(answer)

    assert re.search(r"is heading for 75\.\d\d% in March 2026; the target is 80%\. The rest needs 86\.50%\.", page)
    for words in ("Needed for the rest 86.50%", "Misses allowed in all 6,200", "Queue-days still to come 12", "Raised"):
        assert words in page, words
    assert 'href="/scorecards/?month=2026-03"' in answer.content.decode()


@pytest.mark.parametrize(
    ("kind", "facts", "link"),
    [
        ("feed_missing", {"count": 3, "day": "2026-11-20", "queues": ["a", "b"]}, "/completeness/hanbit/"),
        ("incomplete", {"reported": 1, "expected": 9, "percent": "11.1", "bar": "95"}, "/completeness/hanbit/"),
        ("corrected_late", {"count": 2, "day": "2026-11-20"}, "/completeness/hanbit/"),
        ("reconciliation", {"count": 1, "day": "2026-11-20"}, "/reconciliations/"),
        ("target_expiring", {"day": "2026-11-30"}, None),
        ("key_expiring", {"key": "1a2b", "day": "2026-11-30"}, "/keys/"),
    ],
)
@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_kind_has_words_and_a_place_to_go(
    cast: Cast, kind: str, facts: dict[str, Any], link: str | None, language: str
) -> None:
    alert = raise_alert(cast.contract, kind=kind, facts=facts)

    answer = reader(cast.manager, language).get(f"{LIST}{alert.pk}/")

    assert answer.status_code == 200
    assert "%(" not in answer.content.decode()
    assert link is None or f'class="button" href="{link}"' in answer.content.decode()


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        ({"outcome": "out_of_reach", "needed": "130", "highest": "78"}, "cannot reach its target of 80%"),
        ({"outcome": None, "needed": None}, "only settles"),
        ({"outcome": "needed", "needed": "86.5"}, "The rest needs 86.5%"),
    ],
)
@pytest.mark.parametrize(
    ("period", "name"),
    [
        ("week", "the week from 1 October 2026"),
        ("quarter", "quarter 4 of 2026"),
        ("year", "2026"),
        ("day", "1 October"),
    ],
)
def test_a_projection_says_how_it_stands_in_which_period(
    cast: Cast, outcome: dict[str, Any], words: str, period: str, name: str
) -> None:
    facts = {"projected": "76", "target": "80", "unit": "%", "direction": "higher", **outcome}
    alert = raise_alert(cast.contract, kind="projected_to_miss", period=period, facts=facts)

    page = text_of(reader(cast.manager).get(f"{LIST}{alert.pk}/"))

    assert words in page
    assert name in page


# Steps ----------------------------------------------------------------------------------------------


def test_a_manager_assigns_puts_off_and_resolves_with_notes(cast: Cast) -> None:
    alert, client = raise_alert(cast.contract), reader(cast.manager)
    here = f"{LIST}{alert.pk}/"
    assert all(f"{here}{action}/" in client.get(here).content.decode() for action in ("assign", "snooze", "resolve"))

    client.post(f"{here}assign/", {"assignee": "member-of-a", "note": "Please look"})
    client.post(f"{here}snooze/", {"until": "2026-12-01", "note": "Between us", "internal": "on"})
    page = text_of(client.post(f"{here}resolve/", {"note": "Two more agents"}, follow=True))

    assert "The alert is resolved." in page
    assert all(words in page for words in ("Please look", "Between us", "Internal", "Two more agents", "→ member-of-a"))
    vendor = text_of(reader(cast.member).get(here))
    assert "Please look" in vendor
    assert "Between us" not in vendor


def test_a_vendor_has_one_step_and_no_internal_note(cast: Cast) -> None:
    alert, client = raise_alert(cast.contract), reader(cast.member)

    page = client.get(f"{LIST}{alert.pk}/").content.decode()

    assert f"{LIST}{alert.pk}/acknowledge/" in page
    assert not any(f"/{action}/" in page for action in ("assign", "snooze", "resolve"))
    assert "internal" not in page
    refused = client.post(f"{LIST}{alert.pk}/resolve/", {"note": "done"})
    assert refused.status_code == 403
    assert Alert.objects.get().status == "open"


def test_a_reader_has_no_step(cast: Cast) -> None:
    alert = raise_alert(cast.contract)

    page = reader(cast.executive).get(f"{LIST}{alert.pk}/")

    assert "A BPO manager takes the next step." in text_of(page)
    assert "<form" not in page.content.decode().split('id="main"')[1]


@pytest.mark.parametrize(
    ("action", "data", "words"),
    [
        ("assign", {"assignee": "outsider"}, "Select a valid choice"),
        ("snooze", {"until": "2020-01-01"}, "Name a day after today"),
        ("snooze", {"until": "soon"}, "Enter a valid date"),
        ("resolve", {"note": ""}, "This field is required"),
    ],
)
def test_what_is_wrong_is_said_at_its_form(cast: Cast, action: str, data: dict[str, str], words: str) -> None:
    alert = raise_alert(cast.contract)

    answer = reader(cast.manager).post(f"{LIST}{alert.pk}/{action}/", data)

    assert answer.status_code == 400
    assert words in text_of(answer)
    assert AlertEvent.objects.count() == 0


def test_a_step_that_came_too_late_says_so(cast: Cast) -> None:
    alert = raise_alert(cast.contract, status="resolved")

    answer = reader(cast.manager).post(f"{LIST}{alert.pk}/resolve/", {"note": "done"})

    assert answer.status_code == 409
    assert "does not allow this" in text_of(answer)


def test_steps_that_do_not_exist_and_steps_that_are_only_opened(cast: Cast) -> None:
    alert, client = raise_alert(cast.contract), reader(cast.manager)

    assert client.get(f"{LIST}{alert.pk}/explode/").status_code == 404
    assert client.get(f"{LIST}{alert.pk}/resolve/").headers["Location"] == f"{LIST}{alert.pk}/"


def test_any_number_of_alerts_takes_the_same_number_of_queries(cast: Cast) -> None:
    alert, client = raise_alert(cast.contract), reader(cast.manager)

    def grow() -> None:
        for number in range(4):
            other = raise_alert(make_contract())
            Alert.objects.filter(pk=other.pk).update(assignee=cast.manager)
            AlertEvent.objects.create(alert=alert, action="open", by=f"user:{number}", at=NOW)

    assert_constant_queries(lambda: client.get(LIST), grow)
    assert_constant_queries(lambda: client.get(f"{LIST}{alert.pk}/"), grow)
