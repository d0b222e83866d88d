"""The pages of webhooks: for the administrators of a vendor and for BPO managers."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from bpo.choices import AlertSeverity, WebhookPreset
from bpo.models import Webhook
from bpo.queries.deliveries import address_hint
from bpo.services import delivery
from bpo.views.access import PageRequest, page_for
from bpo.views.forms import offer
from vendors import clock
from vendors.actors import Actor, Capability
from vendors.errors import DomainError
from vendors.models import Vendor

SHOWN = 20


class WebhookForm(forms.Form):
    """What of a webhook may change; its address is only written, never shown."""

    name = forms.CharField(label=_("Name"), max_length=100, help_text=_("Such as: room of the voice team."))
    preset = forms.ChoiceField(label=_("Messenger"), choices=WebhookPreset.choices)
    url = forms.CharField(
        label=_("Address"),
        max_length=2000,
        widget=forms.URLInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("As the messenger gives it; it begins with https://."),
    )
    from_severity = forms.ChoiceField(
        label=_("From severity"), choices=AlertSeverity.choices, initial=AlertSeverity.WARNING
    )
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)


class NewWebhookForm(WebhookForm):
    owner = forms.ChoiceField(label=_("Alerts of"), required=False)
    field_order = ("owner",)

    def __init__(self, *args: Any, owners: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "owner", owners)
        if not self.is_bound and owners:
            self.fields["owner"].initial = owners[0][0]


class ChangeWebhookForm(WebhookForm):
    is_active = forms.BooleanField(label=_("Active: messages are sent"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["url"].required = False
        self.fields["url"].help_text = _("Empty: as it is.")


@require_http_methods(["GET", "HEAD", "POST"])
@page_for(Capability.MANAGE_WEBHOOKS)
def webhook_list(request: PageRequest) -> HttpResponse:
    """List the webhooks and make one (its signing secret is shown in this one answer)."""
    form = NewWebhookForm(request.POST or None, owners=_owners(request.actor))
    if request.method == "POST" and form.is_valid():
        data = dict(form.cleaned_data)
        vendor = Vendor.objects.filter(code=data.pop("owner")).first()
        try:
            made = delivery.make_webhook(data, vendor=vendor, actor=request.actor, now=clock.now())
        except DomainError as error:
            form.add_error("url" if error.code.startswith("url") else None, str(error.detail))
        else:
            return render(request, "bpo/webhook_made.html", {"webhook": made}, status=201)
    found = [(webhook, address_hint(webhook.url)) for webhook in _webhooks(request.actor)]
    status = 400 if form.is_bound else 200
    return render(request, "bpo/webhook_list.html", {"webhooks": found, "form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@page_for(Capability.MANAGE_WEBHOOKS)
def webhook_detail(request: PageRequest, pk: int) -> HttpResponse:
    """Show one webhook with what went out; change it."""
    webhook = _webhook(request.actor, pk)
    shown = {name: getattr(webhook, name) for name in ("name", "preset", "from_severity", "language", "is_active")}
    form = ChangeWebhookForm(request.POST or None, initial=shown)
    if request.method == "POST" and form.is_valid():
        data = {name: value for name, value in form.cleaned_data.items() if name != "url" or value}
        try:
            delivery.change_webhook(pk, data, actor=request.actor, now=clock.now())
        except DomainError as error:
            form.add_error("url" if error.code.startswith("url") else None, str(error.detail))
        else:
            messages.success(request, _("The webhook was changed."))
            return redirect("bpo:webhook-detail", pk=pk)
    context = {
        "webhook": webhook,
        "hint": address_hint(webhook.url),
        "form": form,
        "sent": webhook.deliveries.order_by("-created_at")[:SHOWN],
    }
    return render(request, "bpo/webhook_detail.html", context, status=400 if form.is_bound else 200)


@require_POST
@page_for(Capability.MANAGE_WEBHOOKS)
def webhook_test(request: PageRequest, pk: int) -> HttpResponse:
    """Have a test message sent."""
    delivery.send_test(webhook=_webhook(request.actor, pk), now=clock.now())
    messages.success(request, _("A test message is on its way; what came of it stands below within a minute."))
    return redirect("bpo:webhook-detail", pk=pk)


def _webhooks(actor: Actor) -> Any:
    mine = Webhook.objects.visible_to(actor.limited_to(Capability.MANAGE_WEBHOOKS))
    return mine.select_related("vendor").order_by("name", "id")


def _webhook(actor: Actor, pk: int) -> Webhook:
    webhook: Webhook = get_object_or_404(_webhooks(actor), pk=pk)
    return webhook


def _owners(actor: Actor) -> list[tuple[str, str]]:
    """Return whose alerts a webhook may hear of: the actor's vendors, and all where they see all."""
    scope = actor.limited_to(Capability.MANAGE_WEBHOOKS)
    vendors = Vendor.objects.visible_to(scope).filter(is_active=True).order_by("name")
    owners = [(vendor.code, vendor.label) for vendor in vendors]
    return [("", str(_("All vendors"))), *owners] if scope.sees_all_vendors else owners
