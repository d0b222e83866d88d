"""The link in a report's mail: it opens what was sent, to who has it, for some days, and tells nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.apps import apps
from django.core import mail
from django.db import connection
from django.test import Client, override_settings

from bpo.models import ReportLink, ReportOptOut, SentReport
from bpo.services import reports
from bpo.services.reports.links import hash_of, token_of
from tests.bpo.pages_sample import Programme
from tests.bpo.reports.conftest import Readers
from tests.bpo.reports.world import BD7, make_report, make_subscription, sent
from tests.checks import queries_of
from tests.make import make_actor, make_contract, make_user, make_vendor
from vendors.choices import Role
from vendors.errors import DomainError

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_bd7")]

MANAGER = make_actor(Role.MANAGER)


def link_of(message: Any, word: str = "open") -> str:
    found = re.search(rf"http://localhost:8000(/reports/{word}/[^/]+/)", str(message.body))
    assert found is not None
    return found[1]


def test_the_link_of_the_mail_opens_what_was_sent_without_a_log_in(readers: Readers) -> None:
    make_subscription(users=[readers.manager])
    sent(BD7)
    report = SentReport.objects.get()
    path = link_of(mail.outbox[0])
    report_again = report.content["sentences"][0]["text"]

    answer = Client().get(path)

    page = answer.content.decode()
    assert answer.status_code == 200
    assert report_again in page
    assert report.content["decision"]["text"] in page
    for anchor in ("programme", "contracts", "moved", "disturbed", "decision"):
        assert f'id="{anchor}"' in page
    assert re.findall(r'href="([^"#]+)"', page) == ["/static/bpo/site.css", "/static/bpo/mark.svg"]
    assert "<form" not in page
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert "no-store" in answer.headers["Cache-Control"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]


def test_it_is_in_the_reports_language_whatever_the_browser_asks(readers: Readers) -> None:
    make_subscription(users=[readers.manager], language="ko")
    sent(BD7)

    page = Client(headers={"accept-language": "en"}).get(link_of(mail.outbox[0])).content.decode()

    assert '<html lang="ko">' in page
    assert "경영 요약 · 2026년 10월" in page


def test_openings_are_counted_and_looking_ahead_is_not() -> None:
    link = make_report().links.get()
    path = f"/reports/open/{token_of(link.pk)}/"

    Client().head(path)
    Client().get(path)
    Client().get(path)

    link.refresh_from_db()
    assert (link.opened, link.opened_at) == (2, BD7)


def test_only_its_hash_is_kept() -> None:
    link = make_report().links.get()
    token = token_of(link.pk)

    assert link.token_hash == hash_of(token)
    kept = " ".join(str(value) for row in (link, link.report) for value in vars(row).values())
    assert token not in kept
    assert "%%OPEN%%" in link.report.text


def test_wrong_expired_and_revoked_links_get_the_same_answer() -> None:
    expired, revoked = make_report("Expired").links.get(), make_report("Revoked").links.get()
    ReportLink.objects.filter(pk=expired.pk).update(expires_at=BD7)
    reports.revoke(revoked.pk, actor=MANAGER, now=BD7)
    unknown = make_report("Unknown").links.get()
    ReportLink.objects.filter(pk=unknown.pk).update(token_hash="0" * 64)
    tokens = [token_of(link.pk) for link in (expired, revoked, unknown)]
    tokens += ["nonsense", tokens[0][:-1], "%00", "한글", "a" * 500]

    answers = [Client(headers={"accept-language": "en"}).get(f"/reports/open/{token}/") for token in tokens]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert "ask whoever sees to the reports" in answers[0].content.decode()
    assert all(answer.headers["Referrer-Policy"] == "no-referrer" for answer in answers)


def test_it_holds_to_the_last_moment_of_its_days() -> None:
    path = f"/reports/open/{token_of(make_report().links.get().pk)}/"

    for after, status in ((timedelta(days=30) - timedelta(seconds=1), 200), (timedelta(days=30), 404)):
        with time_machine.travel(BD7 + after, tick=False):
            assert Client().get(path).status_code == status


@pytest.mark.parametrize(
    "change",
    [
        lambda user: type(user).objects.filter(pk=user.pk).update(is_active=False),
        lambda user: type(user).objects.filter(pk=user.pk).update(email="other@example.com"),
        lambda user: user.memberships.all().delete(),
        lambda user: user.memberships.update(vendor=make_vendor()),
    ],
)
def test_the_mails_link_ends_with_the_right_to_have_it(readers: Readers, change: Callable[[Any], Any]) -> None:
    make_subscription(users=[readers.executive])
    sent(BD7)
    path = link_of(mail.outbox[0])
    assert Client().get(path).status_code == 200

    change(readers.executive)

    assert Client().get(path).status_code == 404
    assert ReportLink.objects.get().opened == 1


@pytest.mark.parametrize(
    ("kind", "was_of", "is_of", "opens"),
    [
        ("executive", None, "hanbit", False),
        ("executive", None, None, True),
        ("executive", "hanbit", "hanbit", True),
        ("executive", "hanbit", None, True),
        ("executive", "hanbit", "narae", False),
        ("all_staff", None, "hanbit", True),
    ],
)
def test_an_earlier_report_is_opened_as_far_as_its_recipient_sees_today(
    two_months: Programme, kind: str, was_of: str | None, is_of: str | None, opens: bool
) -> None:
    vendors = {"hanbit": two_months.vendor, "narae": make_vendor("narae"), None: None}
    reader = make_user("jisu", Role.ANALYST, vendors[was_of])
    make_subscription(kind=kind, users=[reader])
    sent(BD7)
    report, path = SentReport.objects.get(), link_of(mail.outbox[0])
    assert Client().get(path).status_code == 200

    reader.memberships.update(vendor=vendors[is_of])

    browser = Client()
    browser.force_login(reader)
    archived = [f"/reports/sent/{report.pk}/", f"/reports/sent/{report.pk}/page/", f"/api/v1/sent-reports/{report.pk}/"]
    assert {browser.get(one).status_code for one in archived} == {200 if opens else 404}
    assert Client().get(path).status_code == (200 if opens else 404)
    assert browser.get("/api/v1/sent-reports/").json()["count"] == int(opens)


@override_settings(SIGN_IN_TRIES_OF_ADDRESS=3)
def test_guessing_is_limited_and_right_links_are_not() -> None:
    path = f"/reports/open/{token_of(make_report().links.get().pk)}/"

    assert [Client().get(path).status_code for _number in range(5)] == [200] * 5
    assert [Client().get("/reports/open/guess/").status_code for _number in range(4)] == [404, 404, 404, 429]
    assert Client().get(path).status_code == 429
    assert Client().get("/reports/stop/guess/").headers["Retry-After"] == "900"


def test_a_link_to_pass_on_is_made_for_somebody_and_ended_on_its_own() -> None:
    report = make_report()
    link, token = reports.share(report.pk, purpose="The board", actor=MANAGER, now=BD7)

    assert Client().get(f"/reports/open/{token}/").status_code == 200
    reports.revoke(link.pk, actor=MANAGER, now=BD7)
    reports.revoke(link.pk, actor=MANAGER, now=BD7 + timedelta(days=1))

    link.refresh_from_db()
    assert (link.revoked_at, link.purpose) == (BD7, "The board")
    assert Client().get(f"/reports/open/{token}/").status_code == 404
    assert Client().get(f"/reports/open/{token_of(report.links.get(is_personal=True).pk)}/").status_code == 200


def test_who_does_not_see_to_reports_makes_and_ends_no_link(two_months: Programme) -> None:
    report = make_report()

    for actor in (make_actor(Role.EXECUTIVE), make_actor(Role.MANAGER, two_months.vendor)):
        with pytest.raises(DomainError, match="role"):
            reports.share(report.pk, purpose="x", actor=actor, now=BD7)
        with pytest.raises(DomainError, match="role"):
            reports.revoke(report.links.get().pk, actor=actor, now=BD7)
    for _number in range(20):
        reports.share(report.pk, purpose="x", actor=MANAGER, now=BD7)
    with pytest.raises(DomainError, match="too_many_links"):
        reports.share(report.pk, purpose="x", actor=MANAGER, now=BD7)
    with pytest.raises(DomainError, match="not_found"):
        reports.revoke(report.pk, actor=MANAGER, now=BD7)


def test_the_link_at_the_foot_ends_the_report_by_a_press_and_begins_it_again() -> None:
    make_subscription("All", kind="all_staff", addresses=["all@example.com"])
    sent(BD7)
    message = mail.outbox[0]
    path = link_of(message, "stop")
    assert message.extra_headers["List-Unsubscribe"] == f"<http://localhost:8000{path}>"
    browser = Client(enforce_csrf_checks=True)

    assert "End this report" in browser.get(path).content.decode()
    assert not ReportOptOut.objects.exists()
    pressed = browser.post(path, {"List-Unsubscribe": "One-Click"})
    assert "is sent to all@example.com no more" in pressed.content.decode()
    assert ReportOptOut.objects.get().address == "all@example.com"
    browser.post(path, {"step": "again"})
    assert not ReportOptOut.objects.exists()
    assert browser.get("/reports/stop/wrong/").status_code == 404


def test_opening_costs_a_handful_of_queries() -> None:
    path = f"/reports/open/{token_of(make_report().links.get().pk)}/"
    Client().get(path)

    assert len(queries_of(lambda: Client().get(path))) <= 5


def test_reports_sent_before_are_of_the_vendors_they_name() -> None:
    judge = import_module("bpo.migrations.0019_add_sight_of_sent_reports").judge
    hanbit, narae = make_vendor("hanbit", name_ko="한빛"), make_vendor("narae")
    for vendor, name in ((hanbit, "Calls"), (narae, "Chats"), (make_vendor("double", name="Narae"), "Chats")):
        make_contract(vendor, name=name)
    rows = {
        "named": [{"vendor": "한빛", "name": "Calls"}, {"vendor": "Hanbit", "name": "Calls"}],
        "doubtful": [{"vendor": "Hanbit", "name": "Calls"}, {"vendor": "Narae", "name": "Chats"}],
        "unknown": [{"vendor": "Hanbit", "name": "Renamed"}],
        "empty": [],
    }
    made = {name: make_report(name, kind="executive", content={"contracts": rows[name]}) for name in rows}
    made["staff"] = make_report("staff", kind="all_staff")

    execute = connection.cursor().execute
    judge(
        apps,
        SimpleNamespace(
            connection=connection,
            execute=lambda sql, params=None: execute(sql),
            quote_name=connection.ops.quote_name,
        ),
    )

    for report in made.values():
        report.refresh_from_db()
    assert {name: (one.is_of_all, set(one.vendors.all())) for name, one in made.items()} == {
        "named": (False, {hanbit}), "doubtful": (True, set()), "unknown": (True, set()), "empty": (True, set()),
        "staff": (False, set()),
    }  # fmt: skip
