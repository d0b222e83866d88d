"""The part of every sign-in form that counts tries: the pages' own and the administration's."""

from __future__ import annotations

from math import ceil
from typing import Any

from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from vendors import clock
from vendors.addresses import client_address
from vendors.services import second_step, sign_in


class GuardedSignIn:
    """Mixin of an AuthenticationForm. ``locked_seconds`` says how long nobody may try, where there were too many."""

    request: Any
    cleaned_data: dict[str, Any]
    locked_seconds = 0

    def clean(self) -> Any:
        if not (self.cleaned_data.get("username") and self.cleaned_data.get("password")):
            return super().clean()  # type: ignore[misc]
        name, address, now = self.cleaned_data["username"], client_address(self.request), clock.now()
        until = sign_in.locked_until(name, address, now)
        if until is not None:
            self.locked_seconds = ceil((until - now).total_seconds())
            raise ValidationError(_too_many(ceil(self.locked_seconds / 60)), code="locked")
        cleaned = super().clean()  # type: ignore[misc]
        sign_in.succeeded(name, address)
        return cleaned


def _too_many(minutes: int) -> str:
    text = ngettext(
        "Too many wrong tries. Try again in %(minutes)s minute; a manager can send you a link for a new password.",
        "Too many wrong tries. Try again in %(minutes)s minutes; a manager can send you a link for a new password.",
        minutes,
    )
    return text % {"minutes": minutes}


class GuardedAdminSignIn(GuardedSignIn, AdminAuthenticationForm):
    """The administration's own form, counted with the same counters. It cannot ask for a second step."""

    def confirm_login_allowed(self, user: Any) -> None:
        super().confirm_login_allowed(user)
        if second_step.is_asked_of(user):
            raise ValidationError(
                _("Your account asks for a code after the password: sign in on the first page of the service."),
                code="second_step",
            )
