"""The second step of a password: the code at sign-in, and the page where a person registers a device."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.models import User
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from bpo.views.access import PageRequest, holds_nul, page_for
from bpo.views.session import PENDING
from vendors import clock, totp
from vendors.addresses import client_address
from vendors.services import second_step
from vendors.services.audit import record
from vendors.services.sign_in import WINDOW

LIFE = timedelta(minutes=10)
"""How long a right password waits for its code."""
SECRET = "second-step-secret"
LONGEST_CODE = 20


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """Ask somebody who gave the right password for a code of their device, or a recovery code."""
    now = clock.now()
    user = _pending(request, now)
    if user is None:
        return redirect(settings.LOGIN_URL)
    problem, status = "", 200
    if request.method == "POST":
        problem, status = _tried(request, user, now)
        if not problem:
            following = request.session.pop(PENDING)["next"]
            login(request, user, backend="django.contrib.auth.backends.ModelBackend")
            return redirect(following)
    return _answer(request, "bpo/second_step.html", {"problem": problem}, status)


def _answer(request: HttpRequest, template: str, context: dict[str, Any], status: int) -> HttpResponse:
    answer = render(request, template, context, status=status)
    if status == 429:
        answer.headers["Retry-After"] = str(int(WINDOW.total_seconds()))
    return answer


def _pending(request: HttpRequest, now: datetime) -> User | None:
    """Return who has yet to give a code; nobody whose password changed meanwhile, or who waited too long."""
    kept = request.session.get(PENDING)
    if not kept or now.timestamp() - kept["at"] > LIFE.total_seconds():
        return None
    user: User | None = User.objects.filter(pk=kept["user"], is_active=True).first()
    if user is None or not constant_time_compare(kept["hash"], user.get_session_auth_hash()):
        return None
    return user


def _tried(request: HttpRequest, user: User, now: datetime) -> tuple[str, int]:
    """Count a try and look at its code; return what is wrong, and the status to say it with."""
    given, address = _given(request), client_address(request)
    if not given:
        return _("Write the code."), 200
    if second_step.locked_until(user.pk, address, now) is not None:
        return _("Too many wrong codes. Try again in 15 minutes."), 429
    if not totp.check(user, given, now=now):
        return _("This code is not right, or it was used already. Wait for the next one."), 200
    second_step.succeeded(user.pk, address)
    return "", 200


def _given(request: HttpRequest) -> str:
    """Return the code as it was typed, without the blanks people read it by."""
    text = "" if holds_nul(request.POST) else request.POST.get("code", "")
    return "".join(text.split())[:LONGEST_CODE]


@require_http_methods(["GET", "HEAD", "POST"])
@page_for()
def own_settings(request: PageRequest) -> HttpResponse:
    """Register a device (``do=enrol``), draw new recovery codes (``codes``), or end the second step (``end``)."""
    user, now = User.objects.get(username=request.user.get_username()), clock.now()
    is_on = second_step.is_asked_of(user)
    context: dict[str, Any] = {"problem": "", "codes": None}
    status = 200
    if request.method == "POST":
        act = _enrol if not is_on else _change
        context["codes"], context["problem"], status = act(request, user, now)
        if not context["problem"] and context["codes"] is None:
            messages.success(request, _("Your password alone signs you in again."))
            return redirect("second-step-settings")
        is_on = second_step.is_asked_of(user)
    if not is_on:
        secret = request.session.setdefault(SECRET, totp.new_secret())
        context |= {"secret": secret, "picture": totp.picture_of(user, secret)}
    context |= {"is_on": is_on, "left": totp.left_codes(user)}
    return _answer(request, "bpo/second_step_settings.html", context, status)


Done = tuple[list[str] | None, str, int]
"""The recovery codes to show, what is wrong, and the status to say it with."""


def _enrol(request: PageRequest, user: User, now: datetime) -> Done:
    secret = request.session.get(SECRET)
    codes = totp.enrol(user, secret, _given(request), now=now) if secret else None
    if codes is None:
        return None, _("This code is not right. Look whether the clock of your device is."), 400
    del request.session[SECRET]
    record(actor=request.actor, action="second_step.begin", obj=user, now=now)
    return codes, "", 200


def _change(request: PageRequest, user: User, now: datetime) -> Done:
    """End the second step or draw new recovery codes; either asks for a code, so that an open screen is not enough."""
    wish = request.POST.get("do")
    if wish not in ("codes", "end"):
        raise BadRequest
    problem, status = _tried(request, user, now)
    if problem:
        return None, problem, max(status, 400)
    record(actor=request.actor, action=f"second_step.{wish}", obj=user, now=now)
    if wish == "codes":
        return totp.new_codes(user), "", 200
    totp.remove(user)
    return None, "", 200
