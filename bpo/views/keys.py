"""The page of API keys: for the administrators of a vendor and for BPO managers."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from bpo.views.access import PageRequest, page_for
from bpo.views.key_forms import AddressesForm, KeyForm, RotateForm
from vendors import clock
from vendors.actors import Actor, Capability
from vendors.choices import KeyKind
from vendors.errors import DomainError
from vendors.models import ApiKey, Vendor
from vendors.services import keys


@require_http_methods(["GET", "HEAD", "POST"])
@page_for(Capability.MANAGE_KEYS)
def key_list(request: PageRequest) -> HttpResponse:
    """List the keys, newest first, and make one (its text is shown in this one answer)."""
    form = KeyForm(request.POST or None, owners=_owners(request.actor))
    if request.method == "POST" and form.is_valid():
        try:
            return _shown_once(
                request, keys.issue_key(actor=request.actor, now=clock.now(), **_new(form, request.actor))
            )
        except DomainError as error:
            form.add_error(None, str(error.detail))
    found = [(key, state_of(key, clock.now())) for key in _keys(request.actor)]
    status = 400 if form.is_bound else 200
    return render(request, "bpo/key_list.html", {"keys": found, "form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@page_for(Capability.MANAGE_KEYS)
def key_detail(request: PageRequest, prefix: str) -> HttpResponse:
    """Show one key; name it anew, say from which addresses it is taken."""
    key = _key(request.actor, prefix)
    addresses = AddressesForm(
        request.POST or None, initial={"name": key.name, "networks": "\n".join(key.networks)}, auto_id="change-%s"
    )
    if request.method == "POST" and addresses.is_valid():
        try:
            keys.change_key(actor=request.actor, key=key, now=clock.now(), **addresses.cleaned_data)
        except DomainError as error:
            addresses.add_error("networks", str(error.detail))
        else:
            messages.success(request, _("The key was changed."))
            return redirect("bpo:key-detail", prefix=prefix)
    return _detail(request, key, addresses=addresses, status=400 if addresses.is_bound else 200)


@require_POST
@page_for(Capability.MANAGE_KEYS)
def key_rotate(request: PageRequest, prefix: str) -> HttpResponse:
    """Make the key that follows this one; this one ends on the day named."""
    key, form = _key(request.actor, prefix), RotateForm(request.POST, auto_id="rotate-%s")
    if form.is_valid():
        try:
            end = _end_of(form.cleaned_data["old_ends_on"])
            return _shown_once(
                request, keys.rotate_key(actor=request.actor, key=key, now=clock.now(), old_ends_at=end), followed=key
            )
        except DomainError as error:
            form.add_error(None, str(error.detail))
    return _detail(request, key, rotate=form, status=400)


@require_POST
@page_for(Capability.MANAGE_KEYS)
def key_revoke(request: PageRequest, prefix: str) -> HttpResponse:
    """End the key now."""
    key = _key(request.actor, prefix)
    keys.revoke_key(actor=request.actor, key=key, now=clock.now())
    messages.success(request, _("The key %(prefix)s is revoked.") % {"prefix": key.prefix})
    return redirect("bpo:key-list")


def state_of(key: ApiKey, now: datetime) -> str:
    """Return ``live``, ``ending`` (an end is set), ``expired`` or ``revoked``."""
    if key.revoked_at:
        return "revoked"
    if key.expires_at is None:
        return "live"
    return "ending" if key.expires_at > now else "expired"


def _keys(actor: Actor) -> Any:
    mine = ApiKey.objects.visible_to(actor.limited_to(Capability.MANAGE_KEYS))
    return mine.select_related("vendor").order_by("-created_at", "-id")


def _key(actor: Actor, prefix: str) -> ApiKey:
    key: ApiKey = get_object_or_404(_keys(actor), prefix=prefix)
    return key


def _owners(actor: Actor) -> list[tuple[str, str]]:
    """Return whom a key may speak for: the vendors whose keys the actor manages, and the client's own feed."""
    scope = actor.limited_to(Capability.MANAGE_KEYS)
    vendors = Vendor.objects.visible_to(scope).filter(is_active=True).order_by("name")
    owners = [(vendor.code, vendor.label) for vendor in vendors]
    return [*owners, ("", _("The client's own feed, all vendors"))] if scope.sees_all_vendors else owners


def _new(form: KeyForm, actor: Actor) -> dict[str, Any]:
    given = form.cleaned_data
    vendor = Vendor.objects.get(code=given["owner"]) if given["owner"] else None
    return {
        "kind": KeyKind.VENDOR if vendor else KeyKind.CLIENT,
        "vendor": vendor,
        "expires_at": _end_of(given["expires_on"]),
        **{name: given[name] for name in ("name", "scopes", "networks", "is_sandbox")},
    }


def _end_of(day: date | None) -> datetime | None:
    return datetime.combine(day, time(23, 59, 59), ZoneInfo(settings.TIME_ZONE)) if day else None


def _shown_once(request: PageRequest, made: tuple[ApiKey, str], followed: ApiKey | None = None) -> HttpResponse:
    key, text = made
    return render(request, "bpo/key_made.html", {"key": key, "text": text, "followed": followed}, status=201)


def _detail(request: PageRequest, key: ApiKey, *, status: int, **forms: Any) -> HttpResponse:
    now = clock.now()
    initial = {"name": key.name, "networks": "\n".join(key.networks)}
    shown = {
        "addresses": AddressesForm(initial=initial, auto_id="change-%s"),
        "rotate": RotateForm(auto_id="rotate-%s", initial={"old_ends_on": (now + keys.OVERLAP).date()}),
        **forms,
    }
    state = state_of(key, now)
    context = {"key": key, "state": state, "is_live": state in ("live", "ending"), **shown}
    return render(request, "bpo/key_detail.html", context, status=status)
