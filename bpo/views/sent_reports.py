"""The archive of reports: what was sent to whom, as it was, with its files, and the links that open it."""

from __future__ import annotations

import uuid
from email.utils import format_datetime
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.core.mail import EmailMultiAlternatives
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from bpo.models import ReportFile, SentReport
from bpo.queries.report_pages import sent_reports
from bpo.services import reports
from bpo.services.delivery.mails import attach_files
from bpo.services.reports.composing import with_links
from bpo.views.access import PageRequest, page_for
from bpo.views.mail_pages import mail_page
from vendors import clock
from vendors.actors import Capability
from vendors.errors import DomainError

ON_A_PAGE = 50


class ShareForm(forms.Form):
    """For whom a link is made."""

    purpose = forms.CharField(
        label=gettext_lazy("For whom"), max_length=100, help_text=gettext_lazy("A name, so that it can be ended later.")
    )


@require_safe
@page_for(Capability.READ_REPORTS)
def sent_report_list(request: PageRequest) -> HttpResponse:
    """List what was sent, of ``?subscription=`` where given, the newest first."""
    rows = sent_reports(request.actor)
    chosen = request.GET.get("subscription", "")
    if chosen:
        if not chosen.isascii() or not chosen.isdecimal() or len(chosen) > 18:
            raise BadRequest
        rows = rows.filter(subscription=int(chosen))
    page = Paginator(rows, ON_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "bpo/sent_report_list.html", {"page": page, "subscription": chosen})


@require_safe
@page_for(Capability.READ_REPORTS)
def sent_report_detail(request: PageRequest, pk: uuid.UUID) -> HttpResponse:
    """Show one report: to whom, how far it got, what went with it, and the links that open it."""
    return _detail(request, _report(request, pk), ShareForm())


@require_safe
@page_for(Capability.READ_REPORTS)
def sent_report_mail(request: PageRequest, pk: uuid.UUID) -> HttpResponse:
    """Show the mail as it was sent; in place of the recipient's own links stand those of the reader."""
    report = _report(request, pk)
    return mail_page(with_links(report.html, opened=reverse("bpo:sent-report-page", args=[pk]), stop="#"))


@require_safe
@page_for(Capability.READ_REPORTS)
def sent_report_page(request: PageRequest, pk: uuid.UUID) -> HttpResponse:
    """Show what the report's link opens."""
    report = _report(request, pk)
    with translation.override(report.language):
        return render(request, "bpo/report_open.html", {"content": report.content})


@require_safe
@page_for(Capability.READ_REPORTS)
def sent_report_eml(request: PageRequest, pk: uuid.UUID) -> HttpResponse:
    """Hand out the mail with its attachments as one file, as mail programs keep it; without the recipient's links."""
    report = _report(request, pk)
    mail = EmailMultiAlternatives(
        report.subject, report.text, settings.DEFAULT_FROM_EMAIL, [report.address],
        headers={"Date": format_datetime(report.made_at), "Message-ID": f"<{report.delivery.pk}@archive>"},
    )  # fmt: skip
    mail.attach_alternative(report.html, "text/html")
    attach_files(mail, report)
    return _download(mail.message().as_bytes(), "message/rfc822", f"{report.start}_{report.language}.eml")


@require_safe
@page_for(Capability.READ_REPORTS)
def sent_report_file(request: PageRequest, pk: uuid.UUID, sha256: str) -> HttpResponse:
    """Hand out one attachment, byte for byte."""
    report = _report(request, pk)
    about = next((file for file in report.files if file["sha256"] == sha256), None)
    if about is None:
        raise Http404
    content = bytes(get_object_or_404(ReportFile, pk=sha256).content)
    return _download(content, about["media_type"], about["name"])


@require_POST
@page_for(Capability.MANAGE_REPORTS)
def sent_report_share(request: PageRequest, pk: uuid.UUID) -> HttpResponse:
    """Make a link to pass on; it is shown in this one answer."""
    report = _report(request, pk)
    form = ShareForm(request.POST)
    if not form.is_valid():
        return _detail(request, report, form, status=400)
    try:
        link, token = reports.share(pk, purpose=form.cleaned_data["purpose"], actor=request.actor, now=clock.now())
    except DomainError as error:
        form.add_error(None, str(error.detail))
        return _detail(request, report, form, status=error.status)
    address = settings.SITE_URL + reverse("bpo:report-open", args=[token])
    return _detail(request, report, ShareForm(), status=201, made=link, address=address)


@require_POST
@page_for(Capability.MANAGE_REPORTS)
def sent_report_revoke(request: PageRequest, pk: uuid.UUID) -> HttpResponse:
    """End a link at once."""
    try:
        link = reports.revoke(pk, actor=request.actor, now=clock.now())
    except DomainError as error:
        raise Http404 from error
    messages.success(request, _("The link opens nothing any more."))
    return redirect("bpo:sent-report-detail", pk=link.report_id)


def _detail(
    request: PageRequest, report: SentReport, form: ShareForm, *, status: int = 200, **more: Any
) -> HttpResponse:
    may_manage = request.actor.may(Capability.MANAGE_REPORTS)
    context = {
        "report": report,
        "may_manage": may_manage,
        "links": report.links.all() if may_manage else [],
        "attempts": report.delivery.attempts.all() if may_manage else [],
        "form": form,
        "now": clock.now(),
    }
    return render(request, "bpo/sent_report_detail.html", context | more, status=status)


def _report(request: PageRequest, pk: uuid.UUID) -> SentReport:
    rows = SentReport.objects.visible_to(request.actor).select_related("subscription", "user", "delivery")
    found: SentReport = get_object_or_404(rows, pk=pk)
    return found


def _download(content: bytes, media_type: str, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=media_type)
    answer.headers["Content-Disposition"] = content_disposition_header(True, name)
    return answer
