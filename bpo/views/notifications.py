"""How one is told of alerts: a person's own settings, and the link in every mail that ends them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from bpo.models import Delivery, NotificationSettings
from bpo.services import delivery
from bpo.services.delivery.mails import user_of_token
from bpo.views.access import PageRequest, page_for
from vendors import clock
from vendors.actors import Actor, Capability
from vendors.models import Vendor

SHOWN = 10


class ClockField(forms.TimeField):
    """A time of day, to the minute."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
        super().__init__(widget=widget, input_formats=["%H:%M"], **kwargs)


class SettingsForm(forms.ModelForm):
    """A person's own settings; the vendors offered are those they see."""

    digest_at = ClockField(label=_("Digest at"))
    quiet_from = ClockField(label=_("Quiet from"))
    quiet_until = ClockField(label=_("Quiet until"))

    class Meta:
        model = NotificationSettings
        fields = [
            "wants_mail", "instant_from", "wants_digest", "digest_at", "quiet_from", "quiet_until", "on_free_days",
            "language", "vendors",
        ]  # fmt: skip
        labels = {
            "wants_mail": _("Send me mails about alerts"),
            "instant_from": _("Mailed at once"),
            "wants_digest": _("A digest of the rest, once a working day"),
            "on_free_days": _("Also on weekends and holidays"),
            "language": _("Language of the mails"),
            "vendors": _("Only these vendors (none chosen: all that I see)"),
        }
        widgets = {"vendors": forms.CheckboxSelectMultiple}

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        vendors = Vendor.objects.visible_to(actor.limited_to(Capability.READ_ALERTS))
        choice: Any = self.fields["vendors"]
        choice.queryset = vendors.filter(is_active=True).order_by("name")
        choice.label_from_instance = lambda vendor: vendor.label
        choice.help_text = ""


@require_http_methods(["GET", "HEAD", "POST"])
@page_for(Capability.READ_ALERTS)
def settings_page(request: PageRequest) -> HttpResponse:
    """Show and keep one's own settings, and what was sent lately."""
    wishes = delivery.wishes_of(_person(request))
    form = SettingsForm(request.POST or None, instance=wishes, actor=request.actor)
    if request.method == "POST" and form.is_valid():
        data = {name: form.cleaned_data[name] for name in form.Meta.fields if name != "vendors"}
        chosen = _chosen(form, wishes)
        delivery.change_wishes(_person(request), data, vendors=chosen, actor=request.actor, now=clock.now())
        messages.success(request, _("Your settings are kept."))
        return redirect("bpo:notifications")
    sent = Delivery.objects.filter(user=_person(request)).order_by("-created_at")[:SHOWN]
    status = 400 if form.is_bound else 200
    return render(request, "bpo/notifications.html", {"form": form, "sent": sent}, status=status)


def _chosen(form: SettingsForm, wishes: NotificationSettings) -> list[Vendor]:
    """Return the vendors chosen now, and those chosen before that are not offered: none would mean all."""
    offered: Any = form.fields["vendors"]
    before = wishes.vendors.exclude(pk__in=offered.queryset) if wishes.pk else []
    return [*form.cleaned_data["vendors"], *before]


@require_POST
@page_for(Capability.READ_ALERTS)
def test_mail(request: PageRequest) -> HttpResponse:
    """Have a test mail sent to oneself."""
    if _person(request).email:
        delivery.send_test(user=_person(request), now=clock.now())
        messages.success(request, _("A test mail is on its way; it arrives within a minute."))
    else:
        messages.error(request, _("Your account has no mail address; ask whoever manages the accounts."))
    return redirect("bpo:notifications")


# A mail program presses the button by itself (RFC 8058) and has no cookie; the token is the proof.
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """End the mails of whoever holds one; looking at the page alone ends nothing."""
    user = user_of_token(token)
    if user is None or not User.objects.filter(pk=user).exists():
        raise Http404
    if request.method == "POST":
        delivery.stop_mail(user, now=clock.now())
    return render(request, "bpo/notifications_stop.html", {"is_done": request.method == "POST"})


def _person(request: PageRequest) -> User:
    person: Any = request.user
    assert isinstance(person, User)
    return person
