"""Signing in and out."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView, PasswordResetConfirmView
from django.http import HttpResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from vendors.guarding import GuardedSignIn


class SignInForm(GuardedSignIn, AuthenticationForm):
    """User name and password; a wrong one is told in the same words whichever of the two is wrong."""

    error_messages = {
        "invalid_login": _("The user name or the password is wrong. Both distinguish capital and small letters."),
        "inactive": _("The user name or the password is wrong. Both distinguish capital and small letters."),
    }


class SignIn(LoginView):
    template_name = "bpo/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

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
