"""Writes a report: subject, text and HTML, what its link opens, and the documents that go with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import pgettext

from bpo.models import ReportSubscription
from bpo.queries.report_content import Content, content_of
from bpo.services.reports.attaching import Attachment, attach
from kpis.calc.periods import Period
from vendors.actors import Actor

OPEN_MARK, STOP_MARK = "%%OPEN%%", "%%STOP%%"
"""Where the recipient's own links stand in a mail: put in when it is sent, never kept."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail as it is written; ``text`` and ``html`` hold the marks of the recipient's links."""

    subject: str
    text: str
    html: str
    content: Content
    attachments: Sequence[Attachment]


def compose(
    subscription: ReportSubscription,
    period: Period,
    *,
    actor: Actor,
    language: str,
    now: datetime,
    is_test: bool = False,
    with_attachments: bool = True,
) -> Letter:
    """Write the report about ``period`` as ``actor`` may see it; the documents in the order of the subscription."""
    keys = subscription.attachments if with_attachments else ()
    attachments = attach(keys, actor=actor, period=period, language=language)
    with translation.override(language):
        content = content_of(subscription.kind, actor, period, now=now)
        content |= {"name": subscription.name, "link_days": subscription.link_days}
        facts = {"content": content, "open": OPEN_MARK, "stop": STOP_MARK, "attachments": attachments}
        subject = f"{pgettext('subject', '[Test]')} {content['subject']}" if is_test else content["subject"]
        return Letter(
            " ".join(f"[BPO KPI] {subject}".split())[:300],
            render_to_string("bpo/mail_report.txt", facts),
            render_to_string("bpo/mail_report.html", facts),
            content,
            attachments,
        )


def with_links(body: str, *, opened: str, stop: str) -> str:
    """Return a mail's body with the recipient's own links."""
    return body.replace(OPEN_MARK, opened).replace(STOP_MARK, stop)
