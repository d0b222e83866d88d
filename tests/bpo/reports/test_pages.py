"""The pages of reports: setting one up, looking at it, sending it, and the archive of what was sent."""

from __future__ import annotations

import hashlib
import html
import re
from base64 import b64encode
from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
import time_machine
from django.test import Client

from bpo.models import ReportLink, ReportSubscription, SentReport
from bpo.services.doctor import examine
from tests.bpo.pages_sample import Programme, make_programme, signed_in
from tests.bpo.reports.conftest import Readers
from tests.bpo.reports.world import BD7, attachment, make_report, make_subscription, sent
from tests.checks import assert_constant_queries
from tests.make import make_user
from vendors.choices import Role

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_bd7")]

GIVEN = {
    "name": "Board", "kind": "executive", "period": "month", "business_day": "7", "at": "08:30", "language": "en",
    "link_days": "14", "addresses": "",
}  # fmt: skip


def browser_of(user: Any, language: str = "en") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(user)
    return client


def test_a_manager_sets_one_up_and_sees_its_next_date_and_who_gets_it(readers: Readers) -> None:
    browser = browser_of(readers.manager)
    assert "No report comes by itself yet" in browser.get("/reports/").content.decode()

    made = browser.post("/reports/new/", {**GIVEN, "users": ["sora"], "roles": ["manager"]}, follow=True)

    page = made.content.decode()
    assert "9 December 2026, 08:30" in page
    assert "sora@example.com" in page
    assert "mina@example.com" in page
    subscription = ReportSubscription.objects.get()
    assert (subscription.link_days, subscription.created_by) == (14, "user:mina")
    assert "9 December 2026, 08:30" in browser.get("/reports/").content.decode()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"business_day": "16"}, "business_day"),
        ({"name": ""}, "name"),
        ({"at": "25:00"}, "at"),
        ({"roles": ["vendor_admin"]}, "roles"),
        ({"addresses": "all@example.com"}, "addresses"),
        ({"users": ["nobody"]}, "users"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(readers: Readers, wrong: dict[str, Any], field: str) -> None:
    browser = browser_of(readers.manager)

    answer = browser.post("/reports/new/", {**GIVEN, **wrong})

    assert answer.status_code == 400
    assert answer.context["form"].errors.keys() == {field}
    assert not ReportSubscription.objects.exists()


def test_a_change_keeps_what_was_not_touched_and_refuses_like_a_new_one(readers: Readers) -> None:
    subscription = make_subscription(users=[readers.executive], roles=["manager"], link_days=14)
    browser = browser_of(readers.manager)
    path = f"/reports/{subscription.pk}/"
    form = browser.get(path).context["form"]
    same = {name: value for name, value in form.initial.items() if value not in (None, [])}

    assert browser.post(path, {**same, "at": "08:30", "name": "Renamed"}).status_code == 302
    assert browser.post(path, {**same, "at": "08:30", "addresses": "a@example.com"}).status_code == 400

    subscription.refresh_from_db()
    assert (subscription.name, subscription.roles, subscription.since) == ("Renamed", ["manager"], subscription.since)
    assert [user.username for user in subscription.users.all()] == ["sora"]


def test_it_is_sent_tested_paused_and_resumed_from_its_page(readers: Readers) -> None:
    subscription = make_subscription(users=[readers.executive])
    browser = browser_of(readers.manager)
    path = f"/reports/{subscription.pk}/"

    told = [
        browser.post(f"{path}{step}/", follow=True).content.decode()
        for step in ("test", "send", "send", "pause", "resume")
    ]

    for page, words in zip(
        told, ("A test mail is on its way", "1 mail is on its way", "was sent already", "rests", "goes on"), strict=True
    ):
        assert words in page
    assert sorted(SentReport.objects.values_list("cause", "address")) == [
        ("asked", "sora@example.com"),
        ("test", "mina@example.com"),
    ]
    assert browser.post(f"{path}unknown/").status_code == 404
    assert browser.get(f"{path}send/").status_code == 405


def test_the_preview_is_the_mail_with_its_styles_let_through_by_hash(readers: Readers) -> None:
    subscription = make_subscription()
    browser = browser_of(readers.manager)
    path = f"/reports/{subscription.pk}/preview/"

    answer = browser.get(path, {"language": "ko"})

    page, policy = answer.content.decode(), answer.headers["Content-Security-Policy"]
    assert "결정해 주실 사항 한 가지" in page
    assert "%%" not in page.replace("100%", "")
    for style in re.findall(r'\sstyle="([^"]*)"', page):
        digest = hashlib.sha256(html.unescape(style).encode()).digest()
        assert f"'sha256-{b64encode(digest).decode()}'" in policy
    assert "unsafe-inline" not in policy
    assert "default-src 'none'" in policy
    assert browser.get(path, {"language": "xx"}).status_code == 400
    assert not SentReport.objects.exists()


def test_the_preview_shows_what_the_first_who_gets_it_would_see(readers: Readers, two_months: Programme) -> None:
    make_programme("narae", "나래")
    of_one = make_user("jisu", Role.MANAGER, two_months.vendor)
    browser = browser_of(readers.manager)

    seen = [
        "나래" in browser.get(f"/reports/{make_subscription(users=[user]).pk}/preview/").content.decode()
        for user in (readers.executive, of_one)
    ]

    assert seen == [True, False]


def test_one_that_is_due_and_was_not_made_is_told_of(readers: Readers) -> None:
    subscription = make_subscription(users=[readers.manager])
    browser = browser_of(readers.manager)
    path = f"/reports/{subscription.pk}/"
    words = "The report about October 2026 is due and could not be made yet"

    assert words not in browser.get(path).content.decode()
    with time_machine.travel(BD7 + timedelta(minutes=11), tick=False):
        assert words in browser.get(path).content.decode()
        assert doctor_says(BD7 + timedelta(minutes=11)) == ("warning", "Monthly")
        sent(BD7 + timedelta(minutes=11))
        assert words not in browser.get(path).content.decode()
        assert doctor_says(BD7 + timedelta(minutes=11)) == ("ok", "")


def doctor_says(now: datetime) -> tuple[str, str]:
    """Return how grave the doctor finds the reports, and which it names."""
    finding = next(one for one in examine(now=now) if one.name == "reports")
    return finding.level, "Monthly" if "Monthly" in finding.detail else ""


def test_a_long_list_of_recipients_is_counted(readers: Readers) -> None:
    addresses = [f"a{number}@example.com" for number in range(53)]
    subscription = make_subscription(kind="all_staff", addresses=addresses)

    page = browser_of(readers.manager).get(f"/reports/{subscription.pk}/").content.decode()

    assert "and 3 more" in page


def test_an_executive_finds_what_was_sent_to_them_and_nothing_else(readers: Readers) -> None:
    make_subscription(users=[readers.executive, readers.manager])
    sent(BD7)
    own = SentReport.objects.get(user=readers.executive)
    other = SentReport.objects.get(user=readers.manager)
    browser = browser_of(readers.executive)

    page = browser.get("/reports/").content.decode()

    assert f"/reports/sent/{own.pk}/" in page
    assert f"/reports/sent/{other.pk}/" not in page
    assert "Set up a report" not in page
    for part in ("", "mail/", "page/", "mail.eml"):
        assert browser.get(f"/reports/sent/{own.pk}/{part}").status_code == 200
        assert browser.get(f"/reports/sent/{other.pk}/{part}").status_code == 404
    detail = browser.get(f"/reports/sent/{own.pk}/").content.decode()
    assert "Links that open it" not in detail
    for path in ("/reports/new/", "/reports/1/", "/reports/1/preview/"):
        assert browser.get(path).status_code == 403
    assert browser.post(f"/reports/sent/{own.pk}/links/", {"purpose": "x"}).status_code == 403


def test_a_vendors_people_departments_and_managers_of_one_vendor_manage_nothing(two_months: Programme) -> None:
    report = make_report()
    for role, vendor, status in (
        (Role.VENDOR_ADMIN, two_months.vendor, 403),
        (Role.DEPARTMENT, None, 403),
        (Role.MANAGER, two_months.vendor, 200),
    ):
        browser = signed_in(role, vendor)
        assert browser.get("/reports/").status_code == status
        assert browser.get("/reports/new/").status_code == 403
        assert browser.get(f"/reports/sent/{report.pk}/").status_code == (404 if status == 200 else 403)
        assert browser.post(f"/reports/links/{report.links.get().pk}/revoke/").status_code == 403


def test_the_archive_hands_out_what_was_sent_byte_for_byte(readers: Readers) -> None:
    file = attachment(b"%PDF-1.7 \x00\xff")
    page = attachment("<p>한빛 없음</p>".encode(), "보고.html", "text/html; charset=utf-8")
    report = make_report("All staff", files=[file, page], address="all@example.com")
    browser = browser_of(readers.manager)
    path = f"/reports/sent/{report.pk}/"

    answer = browser.get(f"{path}files/{file.sha256}/")
    mail = message_from_bytes(browser.get(f"{path}mail.eml").content, policy=default)

    assert answer.content == file.content
    assert 'filename="report.pdf"' in answer.headers["Content-Disposition"]
    first, second = mail.iter_attachments()
    assert first.get_content() == file.content
    assert second.get_payload(decode=True) == page.content
    assert (second.get_filename(), second["Content-Type"].content_type) == ("보고.html", "text/html")
    assert mail.get_body(("plain",)).get_content().strip() == report.text
    assert mail.get_body(("html",)).get_content().strip() == report.html
    assert browser.get(f"{path}files/{'0' * 64}/").status_code == 404


def test_a_link_to_pass_on_is_shown_once_opens_and_is_ended(readers: Readers) -> None:
    report = make_report()
    browser = browser_of(readers.manager)
    path = f"/reports/sent/{report.pk}/"

    assert browser.post(f"{path}links/", {"purpose": ""}).status_code == 400
    shown = browser.post(f"{path}links/", {"purpose": "The board"})

    assert shown.status_code == 201
    address = re.search(r"http://localhost:8000(/reports/open/[^\"]+)", shown.content.decode())
    assert address is not None
    assert address[1] not in browser.get(path).content.decode()
    assert Client().get(address[1]).status_code == 200
    link = ReportLink.objects.get(purpose="The board")
    ended = browser.post(f"/reports/links/{link.pk}/revoke/", follow=True)
    assert "The link opens nothing any more." in ended.content.decode()
    assert Client().get(address[1]).status_code == 404
    assert browser.post(f"/reports/links/{report.pk}/revoke/").status_code == 404


def test_the_archive_has_pages_and_is_narrowed_to_one_report(readers: Readers) -> None:
    for number in range(51):
        make_report(f"Report {number}")
    browser = browser_of(readers.manager)
    chosen = ReportSubscription.objects.get(name="Report 3")

    assert 'rel="next"' in browser.get("/reports/sent/").content.decode()
    assert len(browser.get("/reports/sent/", {"page": "2"}).context["page"].object_list) == 1
    assert len(browser.get("/reports/sent/", {"subscription": chosen.pk}).context["page"].object_list) == 1
    assert browser.get("/reports/sent/", {"subscription": "x"}).status_code == 400


@pytest.mark.parametrize("path", ["/reports/", "/reports/sent/"])
def test_the_lists_cost_as_much_for_many_as_for_one(readers: Readers, path: str) -> None:
    browser = browser_of(readers.manager)
    make_report("One", user=make_user("reader", Role.EXECUTIVE))

    def more() -> None:
        for number in range(4):
            make_report(f"Report {number}", user=make_user(f"reader-{number}", Role.EXECUTIVE))

    assert_constant_queries(lambda: browser.get(path), more)
