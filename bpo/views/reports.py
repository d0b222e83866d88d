"""The pages of reports: who gets which and when, a look at the next one, and sending it by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import BadRequest
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bpo.choices import ReportKind
from bpo.models import ReportSubscription
from bpo.queries.report_pages import sent_reports, subscription_page, subscription_rows
from bpo.queries.report_recipients import ALL_STAFF, recipients_of
from bpo.queries.report_schedule import last_period
from bpo.services import reports
from bpo.services.reports.composing import with_links
from bpo.views.access import PageRequest, page_for
from bpo.views.mail_pages import mail_page
from bpo.views.report_forms import SubscriptionForm, shown
from vendors import clock
from vendors.actors import Capability
from vendors.errors import DomainError

SHOWN = 20


@require_safe
@page_for(Capability.READ_REPORTS)
def report_list(request: PageRequest) -> HttpResponse:
    """Show the subscriptions to who sees to them, and what was sent lately."""
    may_manage = request.actor.may(Capability.MANAGE_REPORTS)
    rows = subscription_rows(request.actor, now=clock.now()) if may_manage else []
    context = {"rows": rows, "may_manage": may_manage, "sent": sent_reports(request.actor)[:SHOWN]}
    return render(request, "bpo/report_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@page_for(Capability.MANAGE_REPORTS)
def report_new(request: PageRequest) -> HttpResponse:
    """Make a subscription."""
    form = SubscriptionForm(request.POST or None, initial={"language": get_language() or "ko"})
    if request.method == "POST" and form.is_valid():
        data, users = form.data_of()
        try:
            made = reports.subscribe(data, users=users, actor=request.actor, now=clock.now())
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The report is set up; look at it before its day comes."))
            return redirect("bpo:report-detail", pk=made.pk)
    return render(request, "bpo/report_new.html", {"form": form}, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@page_for(Capability.MANAGE_REPORTS)
def report_detail(request: PageRequest, pk: int) -> HttpResponse:
    """Show a subscription, who gets it, and what was sent; change it."""
    subscription = _subscription(request, pk)
    form = SubscriptionForm(
        request.POST or None, initial=shown(subscription), named=subscription.users.all(), auto_id="id_%s"
    )
    if request.method == "POST" and form.is_valid():
        data, users = form.data_of()
        try:
            reports.change_subscription(pk, data, users=users, actor=request.actor, now=clock.now())
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The report was changed."))
            return redirect("bpo:report-detail", pk=pk)
    context = {
        "page": subscription_page(subscription, now=clock.now()),
        "form": form,
        "sent": sent_reports(request.actor).filter(subscription=pk)[:SHOWN],
    }
    return render(request, "bpo/report_detail.html", context, status=400 if form.errors else 200)


@require_safe
@page_for(Capability.MANAGE_REPORTS)
def report_preview(request: PageRequest, pk: int) -> HttpResponse:
    """Show the mail about the newest period that is over, in ``?language=``, as the first who gets it would."""
    subscription = _subscription(request, pk)
    language = request.GET.get("language", subscription.language)
    if language not in dict(settings.LANGUAGES):
        raise BadRequest
    recipients, _left_out = recipients_of(subscription)
    myself = request.actor if subscription.kind == ReportKind.EXECUTIVE else ALL_STAFF
    letter = reports.compose(
        subscription,
        last_period(subscription.period, clock.now()),
        actor=recipients[0].actor if recipients else myself,
        language=language,
        now=clock.now(),
        with_attachments=False,
    )
    overview = f"{reverse('bpo:overview')}?grain={subscription.period}"
    return mail_page(with_links(letter.html, opened=overview, stop="#"))


@require_POST
@page_for(Capability.MANAGE_REPORTS)
def report_step(request: PageRequest, pk: int, action: str) -> HttpResponse:
    """Send it now, send a test to oneself, have it rest or go on."""
    step = STEPS.get(action)
    if step is None:
        raise Http404
    subscription = _subscription(request, pk)
    try:
        messages.success(request, step(request, subscription))
    except DomainError as error:
        messages.error(request, str(error.detail))
    return redirect("bpo:report-detail", pk=pk)


def _send(request: PageRequest, subscription: ReportSubscription) -> str:
    made = reports.send_now(subscription, actor=request.actor, now=clock.now())
    text = ngettext("%(n)s mail is on its way.", "%(n)s mails are on their way.", made)
    return text % {"n": made}


def _test(request: PageRequest, subscription: ReportSubscription) -> str:
    person: Any = request.user
    assert isinstance(person, User)
    reports.send_test(subscription, user=person, now=clock.now())
    return _("A test mail is on its way; it arrives within a minute.")


def _rest(request: PageRequest, subscription: ReportSubscription) -> str:
    _turn(request, subscription, is_active=False)
    return _("The report rests; nothing is sent until it goes on.")


def _go_on(request: PageRequest, subscription: ReportSubscription) -> str:
    _turn(request, subscription, is_active=True)
    return _("The report goes on with the next period; nothing that was due meanwhile is sent.")


def _turn(request: PageRequest, subscription: ReportSubscription, *, is_active: bool) -> None:
    reports.change_subscription(subscription.pk, {"is_active": is_active}, actor=request.actor, now=clock.now())


STEPS: dict[str, Callable[[PageRequest, ReportSubscription], str]] = {
    "send": _send,
    "test": _test,
    "pause": _rest,
    "resume": _go_on,
}


def _subscription(request: PageRequest, pk: int) -> ReportSubscription:
    found: ReportSubscription = get_object_or_404(ReportSubscription.objects.visible_to(request.actor), pk=pk)
    return found
