"""Signing in and out."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView, PasswordResetConfirmView
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from vendors import clock
from vendors.guarding import GuardedSignIn
from vendors.services import second_step


class SignInForm(GuardedSignIn, AuthenticationForm):
    """User name and password; a wrong one is told in the same words whichever of the two is wrong."""

    error_messages = {
        "invalid_login": _("The user name or the password is wrong. Both distinguish capital and small letters."),
        "inactive": _("The user name or the password is wrong. Both distinguish capital and small letters."),
    }


PENDING = "second-step"
"""In the session: who gave the right password, and has yet to give a code."""


class SignIn(LoginView):
    template_name = "bpo/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_context_data(self, **given: Any) -> dict[str, Any]:
        return super().get_context_data(**given, has_sso=bool(settings.SSO_ISSUER), sso_name=settings.SSO_NAME)

    def form_valid(self, form: Any) -> HttpResponse:
        user = form.get_user()
        if not second_step.is_asked_of(user):
            return super().form_valid(form)
        given = {"user": user.pk, "hash": user.get_session_auth_hash(), "at": clock.now().timestamp()}
        self.request.session[PENDING] = {**given, "next": self.get_success_url()}
        return redirect("second-step")

    def form_invalid(self, form: Any) -> HttpResponse:
        answer = super().form_invalid(form)
        if form.locked_seconds:
            answer.status_code = 429
            answer.headers["Retry-After"] = str(form.locked_seconds)
        return answer


class SignOut(LogoutView):
    http_method_names = ["post", "options"]


class SetPassword(PasswordResetConfirmView):
    """Where the link of an invitation or a reset leads: the person, and nobody else, chooses the password."""

    template_name = "bpo/set_password.html"
    success_url = reverse_lazy("bpo:sign-in")
