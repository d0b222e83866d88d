"""Subscriptions and sent reports for tests, a document to attach, and a mail server that keeps what it gets."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from email import message_from_bytes
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from django.contrib.auth.models import User
from django.test.utils import override_settings

from bpo.models import Delivery, ReportSubscription, SentReport
from bpo.services.delivery import send_due
from bpo.services.reports import make_due
from bpo.services.reports.attaching import Attachment
from bpo.services.reports.links import make_link
from bpo.services.reports.making import store_files
from kpis.calc.periods import Period
from tests.bpo.pages_sample import SEOUL, Programme, make_programme, report
from vendors import clock
from vendors.actors import Actor
from vendors.errors import Forbidden

SINCE = datetime(2026, 11, 1, tzinfo=SEOUL)
BD7 = datetime(2026, 11, 10, 8, 30, tzinfo=SEOUL)
"""The seventh business day of November 2026, a Tuesday."""


@dataclass(frozen=True)
class Document:
    """An edition whose bytes say for whom it was made; one for all staff is not for analysts."""

    label: str = "Document"
    media_type: str = "application/pdf"
    refused: str = ""

    def render(self, actor: Actor, period: Period, language: str) -> bytes:
        if any(grant.role == self.refused for grant in actor.grants):
            raise Forbidden("role", "Not for this role.")
        return f"%PDF {actor.label} {period.start} {language}".encode()

    def file_name(self, period: Period, language: str) -> str:
        return f"보고_{period.start:%Y-%m}_{language}.pdf"


def make_months(*, september: int, october: int) -> Programme:
    """Make vendor hanbit with figures shifted by so many points in each month."""
    programme = make_programme(shift=october)
    report(programme, date(2026, 9, 1), shift=september)
    return programme


def make_subscription(name: str = "Monthly", users: Iterable[User] = (), **fields: Any) -> ReportSubscription:
    about = {"since": SINCE, "created_at": clock.now(), "created_by": "user:mina", "language": "en"}
    made = ReportSubscription.objects.create(name=name, **{**about, **fields})
    made.users.set(users)
    return made


def attachment(content: bytes = b"%PDF-1", name: str = "report.pdf", media_type: str = "application/pdf") -> Attachment:
    return Attachment("document", name, media_type, content)


def make_report(name: str = "Monthly", *, files: Iterable[Attachment] = (), **fields: Any) -> SentReport:
    """Make a report as it is kept once it was sent, without the figures behind it."""
    files = list(files)
    store_files([files])
    about: dict[str, Any] = {
        "subscription": make_subscription(name), "cause": "schedule", "slot": f"slot {SentReport.objects.count()}",
        "kind": "all_staff", "period": "month", "start": date(2026, 10, 1), "language": "en",
        "address": "all@example.com", "subject": name, "text": "A text %%OPEN%%", "html": "<p>%%OPEN%%</p>",
        "content": {"title": name, "period": "October 2026"}, "files": [one.as_dict() for one in files],
        "link_days": 30, "made_by": "system", "made_at": clock.now(),
    }  # fmt: skip
    report = SentReport.objects.create(**{**about, **fields})
    make_link(report, days=30, made_by="system", now=clock.now(), is_personal=True)
    whom = {"user": report.user} if report.user else {"address": report.address}
    Delivery.objects.create(kind="report", report=report, created_at=clock.now(), due_at=clock.now(), **whom)
    return report


def sent(now: datetime) -> dict[str, int]:
    """Make and send what is due; return the counts that are not 0."""
    return {name: count for name, count in {**make_due(now=now), **send_due(now=now)}.items() if count}


@dataclass
class Box:
    """A mail server: what it got."""

    port: int = 0
    got: list[Any] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.got.append(message_from_bytes(envelope.content, policy=default))
        return "250 kept"

    @contextmanager
    def running(self) -> Iterator[None]:
        controller = Controller(self, hostname="127.0.0.1", port=self.port)
        controller.start()
        try:
            yield
        finally:
            controller.stop()


@contextmanager
def mail_server() -> Iterator[Box]:
    """Have mails sent by SMTP to a port on which nothing listens until the box is running."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        box = Box(taken.getsockname()[1])
    smtp = {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend", "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": box.port, "EMAIL_USE_TLS": False, "EMAIL_HOST_USER": "", "EMAIL_HOST_PASSWORD": "",
    }  # fmt: skip
    with override_settings(**smtp):
        yield box
