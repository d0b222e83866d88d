"""Today: by role what waits, with where it is done, and nothing of anybody else's."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from bpo.models import Alert
from bpo.services import scorecards
from kpis.models import DailyMetric, RefusedFeed
from tests.bpo.pages_sample import AFTER, Programme, signed_in
from tests.checks import assert_constant_queries
from tests.make import make_actor, make_contract, make_submission, make_vendor
from vendors.choices import Role
from vendors.models import Vendor

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("after_the_month")]

PAGE = "/today/"


def raise_alert(vendor: Vendor, severity: str = "critical", kind: str = "key_expiring") -> Alert:
    facts = {"key": "abc", "day": "2026-11-30", "count": 3}
    subject = f"test:{Alert.objects.count()}"
    return Alert.objects.create(
        kind=kind, severity=severity, subject=subject, vendor=vendor, facts=facts, opened_at=AFTER, changed_at=AFTER
    )


def text_of(client: Client) -> str:
    answer = client.get(PAGE)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_manager_sees_what_only_managers_do(programme: Programme) -> None:
    raise_alert(programme.vendor)

    text = text_of(signed_in(Role.MANAGER))

    assert "심각 알림" in text
    assert "검토 요청할 평가표" in text
    assert f"/scorecards/{programme.card().pk}/" in text
    assert "상호 확인할 평가표" not in text


def test_a_vendor_sees_its_own_and_never_anothers(programme: Programme) -> None:
    other = make_vendor("narae", name_ko="나래")
    RefusedFeed.objects.create(vendor=other, refused_at=AFTER, submitted_by="x", way="api", row_count=7)
    RefusedFeed.objects.create(vendor=programme.vendor, refused_at=AFTER, submitted_by="x", way="api", row_count=5)
    raise_alert(other)
    scorecards.share(programme.card().pk, actor=make_actor(Role.MANAGER), now=AFTER)

    text = text_of(signed_in(Role.VENDOR_ADMIN, programme.vendor))

    assert "검토할 평가표" in text
    assert "반려: 5행" in text
    assert "7행" not in text
    assert "나래" not in text


def test_who_was_refused_and_then_got_through_has_nothing_left_to_do(programme: Programme) -> None:
    ours = programme.vendor
    for rows, vendor, sender, way in (
        (5, ours, "x", "file"), (6, None, "mina", "file"), (7, ours, "y", "file"), (8, ours, "key", "api"),
    ):  # fmt: skip
        RefusedFeed.objects.create(vendor=vendor, refused_at=AFTER, submitted_by=sender, way=way, row_count=rows)
    later = AFTER + timedelta(minutes=1)
    for vendor, sender in ((ours, "x"), (None, "mina"), (make_vendor("narae"), "y"), (ours, "key")):
        make_submission(vendor=vendor, submitted_by=sender, received_at=later)

    assert re.findall(r"반려: \d행", text_of(signed_in(Role.MANAGER))) == ["반려: 8행", "반려: 7행"]


@pytest.mark.parametrize("role", [Role.MANAGER, Role.VENDOR_MEMBER, Role.EXECUTIVE, Role.ANALYST, Role.DEPARTMENT])
@pytest.mark.parametrize(("language", "words"), [("ko", "지금 할 일이 없습니다"), ("en", "Nothing waits for you")])
def test_where_nothing_waits_it_says_so(role: Role, language: str, words: str) -> None:
    there = make_contract().vendor
    vendor = there if role == Role.VENDOR_MEMBER else None

    assert words in text_of(signed_in(role, vendor, language=language))


def test_the_day_is_that_of_the_reader_from_midnight_on() -> None:
    with time_machine.travel(datetime(2026, 11, 26, 15, 30, tzinfo=UTC), tick=False):
        assert "11월 27일(금)" in text_of(signed_in(Role.MANAGER))


def test_the_month_of_a_scorecard_is_written_out(programme: Programme) -> None:
    card = programme.card()

    assert f" · {card.start.year}년 {card.start.month}월" in text_of(signed_in(Role.MANAGER))


def test_somebody_without_a_role_is_told_whom_to_ask() -> None:
    assert "역할" in text_of(signed_in(None))


def test_many_of_a_kind_are_counted_and_the_first_shown(programme: Programme) -> None:
    for _number in range(7):
        raise_alert(programme.vendor)

    text = text_of(signed_in(Role.MANAGER))

    assert "7건 모두 보기" in text
    assert "?severity=critical" in text


@pytest.mark.parametrize(
    ("role", "where"),
    [(Role.MANAGER, "/today/"), (Role.EXECUTIVE, "/overview/"), (Role.ANALYST, "/overview/"), (None, "/today/")],
)
def test_one_arrives_at_the_page_of_ones_work(role: Role | None, where: str) -> None:
    assert signed_in(role).get("/").headers["Location"] == where


def test_it_costs_the_same_whatever_waits(programme: Programme) -> None:
    client = signed_in(Role.MANAGER)
    for severity in ("critical", "warning"):
        raise_alert(programme.vendor, severity)

    def grow() -> None:
        for _number in range(4):
            raise_alert(make_vendor())

    assert_constant_queries(lambda: client.get(PAGE), grow)


def test_a_vendor_is_led_to_the_form_of_each_day_it_has_not_sent(programme: Programme) -> None:
    DailyMetric.objects.filter(date=date(2026, 10, 30)).delete()
    with time_machine.travel(datetime(2026, 10, 31, 1, tzinfo=UTC), tick=False):
        sent, manager = text_of(signed_in(Role.VENDOR_MEMBER, programme.vendor)), text_of(signed_in(Role.MANAGER))

    assert "제출할 실적" in sent
    assert "/submit/?contract=hanbit-order&amp;date=2026-10-30" in sent
    assert "10월 30일(금)" in sent
    assert "date=2026-10-29" not in sent
    assert "제출할 실적" not in manager
