"""Reports are made once for each period, on their business day, and reach everybody once, whatever dies on the way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.core.management.base import CommandError

from bpo.models import Delivery, JobRun, NotificationSettings, ReportFile, ReportLink, SentReport
from bpo.services import reports
from bpo.services.delivery import send_due
from bpo.services.reports import making
from bpo.tasks import send_reports
from tests.bpo.pages_sample import MONTH, SEOUL, Programme
from tests.bpo.reports.conftest import Readers
from tests.bpo.reports.world import BD7, mail_server, make_subscription, sent
from tests.make import make_actor, make_user
from vendors.authentication import actor_of
from vendors.choices import Role
from vendors.errors import Conflict, Forbidden, Invalid

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_bd7")]

MINUTE = timedelta(minutes=1)


def test_it_goes_out_once_to_everybody(readers: Readers) -> None:
    NotificationSettings.objects.create(user=readers.executive, language="ko")
    make_subscription(users=[readers.manager, readers.executive])

    assert sent(BD7 - MINUTE) == {}
    assert sent(BD7) == {"made": 2, "sent": 2}
    assert sent(BD7 + MINUTE) == {}

    assert sorted(message.to[0] for message in mail.outbox) == ["mina@example.com", "sora@example.com"]
    english, korean = sorted(mail.outbox, key=lambda message: message.to[0])
    assert "Executive overview · October 2026" in english.subject
    assert "경영 요약 · 2026년 10월" in korean.subject
    assert "잠정" in korean.subject
    assert JobRun.objects.filter(name=making.JOB).count() == 1


def test_what_was_due_before_it_was_set_up_or_while_it_rested_is_not_sent(readers: Readers) -> None:
    subscription = make_subscription(users=[readers.manager], since=BD7 + MINUTE)
    actor = actor_of(readers.manager)

    assert sent(BD7 + timedelta(days=1)) == {}

    reports.change_subscription(subscription.pk, {"is_active": False}, actor=actor, now=BD7)
    assert sent(BD7 + timedelta(days=29)) == {}
    reports.change_subscription(subscription.pk, {"is_active": True}, actor=actor, now=BD7 + timedelta(days=35))
    assert sent(BD7 + timedelta(days=36)) == {}
    assert sent(datetime(2027, 1, 12, 9, tzinfo=SEOUL)) == {"made": 1, "sent": 1}


def test_after_a_standstill_only_the_newest_is_made(readers: Readers) -> None:
    make_subscription(users=[readers.manager], period="week", business_day=1)

    assert sent(BD7) == {"made": 1, "sent": 1}

    assert SentReport.objects.get().start == date(2026, 11, 2)


def test_a_crash_while_it_is_made_makes_nothing_and_the_next_round_all(
    readers: Readers, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_subscription(users=[readers.manager, readers.executive])
    store: Callable[..., Any] = making._store

    def dies(*given: Any) -> Any:
        if given[1].address.startswith("sora"):
            raise MemoryError
        return store(*given)

    with monkeypatch.context() as patch:
        patch.setattr(making, "_store", dies)
        assert reports.make_due(now=BD7) == {"made": 0, "not_made": 1}
        with pytest.raises(CommandError):
            call_command("send_reports")

    assert not SentReport.objects.exists()
    assert not JobRun.objects.filter(name=making.JOB).exists()
    assert sent(BD7 + MINUTE) == {"made": 2, "sent": 2}


def test_one_that_cannot_be_made_holds_up_no_other(readers: Readers, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = make_subscription("First", [readers.manager]), make_subscription("Second", [readers.manager])
    compose = making.compose

    def sometimes(subscription: Any, *given: Any, **named: Any) -> Any:
        if subscription.pk == first.pk:
            raise ValueError
        return compose(subscription, *given, **named)

    monkeypatch.setattr(making, "compose", sometimes)

    assert reports.make_due(now=BD7) == {"made": 1, "not_made": 1}
    assert SentReport.objects.get().subscription == second


def test_a_mail_server_that_is_down_loses_nothing_and_sends_nothing_twice(readers: Readers) -> None:
    make_subscription(users=[readers.manager, readers.executive])
    make_subscription("All", kind="all_staff", addresses=["all@example.com"])
    with mail_server() as box:
        assert sent(BD7) == {"made": 3, "failed": 1}
        with box.running():
            for minutes in range(1, 60):
                send_due(now=BD7 + minutes * MINUTE)

    assert sorted(message["To"] for message in box.got) == ["all@example.com", "mina@example.com", "sora@example.com"]
    assert {message["Message-ID"] for message in box.got} == {
        f"<{pk}@localhost>" for pk in Delivery.objects.values_list("pk", flat=True)
    }
    assert set(Delivery.objects.values_list("status", flat=True)) == {"sent"}


@pytest.mark.usefixtures("documents")
def test_documents_go_with_it_and_are_kept_once(readers: Readers) -> None:
    other = readers.department
    other.memberships.update(role=Role.EXECUTIVE)
    make_subscription(users=[readers.manager, readers.executive, other], attachments=["board"])

    assert sent(BD7)["sent"] == 3

    files = {report.user.username: report.files for report in SentReport.objects.select_related("user")}
    assert files["mina"][0]["name"] == "보고_2026-10_en.pdf"
    assert files["mina"][0]["sha256"] != files["sora"][0]["sha256"]
    assert files["sora"] == files["duri"]
    assert ReportFile.objects.count() == 2
    attached = {message.to[0]: message.attachments[0] for message in mail.outbox}
    name, content, media_type = attached["mina@example.com"]
    assert (name, media_type) == ("보고_2026-10_en.pdf", "application/pdf")
    assert content == bytes(ReportFile.objects.get(pk=files["mina"][0]["sha256"]).content)


def test_a_document_that_is_not_for_somebody_is_left_out_for_them(readers: Readers, documents: None) -> None:
    analyst = make_user("jisu", Role.ANALYST)
    make_subscription(users=[readers.executive, analyst], attachments=["board", "all_staff", "gone"])

    assert sent(BD7)["sent"] == 2

    attached = {message.to[0]: len(message.attachments) for message in mail.outbox}
    assert attached == {"sora@example.com": 2, "jisu@example.com": 1}


def test_sending_by_hand_takes_the_place_of_the_schedule(readers: Readers) -> None:
    subscription = make_subscription(users=[readers.manager])
    actor = actor_of(readers.manager)

    assert reports.send_now(subscription, actor=actor, now=BD7 - MINUTE) == 1

    with pytest.raises(Conflict, match="sent_already"):
        reports.send_now(subscription, actor=actor, now=BD7)
    assert sent(BD7) == {"sent": 1}


def test_who_would_send_by_hand_must_see_to_all_vendors_and_have_recipients(
    readers: Readers, two_months: Programme
) -> None:
    subscription = make_subscription()

    with pytest.raises(Invalid, match="no_recipient"):
        reports.send_now(subscription, actor=actor_of(readers.manager), now=BD7)
    for actor in (actor_of(readers.executive), make_actor(Role.MANAGER, two_months.vendor)):
        with pytest.raises(Forbidden):
            reports.send_now(subscription, actor=actor, now=BD7)


def test_a_test_goes_to_oneself_alone_and_leaves_the_schedule_as_it_is(readers: Readers) -> None:
    subscription = make_subscription(users=[readers.executive])

    reports.send_test(subscription, user=readers.manager, now=BD7 - MINUTE)

    assert send_due(now=BD7 - MINUTE)["sent"] == 1
    assert mail.outbox[0].to == ["mina@example.com"]
    assert mail.outbox[0].subject.startswith("[BPO KPI] [Test] ")
    assert sent(BD7) == {"made": 1, "sent": 1}


def test_what_comes_on_its_day_keeps_quiet_hours(readers: Readers) -> None:
    make_subscription(users=[readers.manager])
    late = BD7.replace(hour=23)

    assert sent(late) == {"made": 1}
    assert Delivery.objects.get().due_at == BD7.replace(hour=8, minute=0) + timedelta(days=1)


def test_the_command_and_the_task_do_the_same(readers: Readers, capsys: pytest.CaptureFixture[str]) -> None:
    make_subscription(users=[readers.manager])

    assert send_reports() == {"made": 1, "not_made": 0}
    call_command("send_reports", json=True)
    call_command("send_reports")

    out = capsys.readouterr().out
    assert '"sent": 1' in out
    assert "0 mails written; 0 sent" in out
    assert ReportLink.objects.filter(report=SentReport.objects.get(), is_personal=True).count() == 1
    assert SentReport.objects.get().start == MONTH
