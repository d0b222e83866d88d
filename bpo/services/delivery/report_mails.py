"""Sends a report as it was written, with the recipient's own links, to who may still have it."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse

from bpo.choices import ReportCause
from bpo.models import Delivery, SentReport
from bpo.services.delivery.mails import attach_files, mail_to
from bpo.services.reports.composing import with_links
from bpo.services.reports.links import may_have, token_of
from bpo.services.reports.stopping import has_ended, stop_token


def is_wanted(report: SentReport) -> bool:
    """Say whether the recipient still gets it: who may not have it any more, or ended it since, does not."""
    return may_have(report) and (report.cause == ReportCause.TEST or not has_ended(report))


def send_report(delivery: Delivery, report: SentReport) -> str:
    """Send the report; return to whom. Raise as the mail server does."""
    link = report.links.get(is_personal=True)
    links = {
        "opened": settings.SITE_URL + reverse("bpo:report-open", args=[token_of(link.pk)]),
        "stop": settings.SITE_URL + reverse("bpo:report-stop", args=[stop_token(report.pk)]),
    }
    mail = mail_to(report.address, report.subject, delivery, links["stop"])
    mail.body = with_links(report.text, **links)
    mail.attach_alternative(with_links(report.html, **links), "text/html")
    attach_files(mail, report)
    mail.send()
    return report.address
