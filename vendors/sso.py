"""Single sign-on by OpenID Connect. Loaded only where the extra is installed and a provider is configured.

The provider says who somebody is, by a signed token with a verified e-mail address; who may come in, and what they
may do here, is decided here alone: nobody is created and no role changes. Nothing of the provider is kept.
"""

from __future__ import annotations

import logging
from typing import Any

import jwt
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, get_adapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Client, OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from requests import RequestException

log = logging.getLogger("sso")

ID = "sso"
NEXT = "sso-next"
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Signatures by a key of which only the provider has the secret half."""
LEEWAY = 60
"""Seconds by which the clocks of provider and service may differ."""
UNREADABLE = (RequestException, OAuth2Error, AttributeError, KeyError, TypeError, ValueError)
"""What the library raises where the provider does not answer, or its documents are not what they should be."""


class Adapter(DefaultSocialAccountAdapter):
    """Opens no accounts, and leads everybody whom the provider's answer does not let in back to the sign-in page."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Any = None, extra_context: Any = None
    ) -> None:
        log.warning("sso_refused", extra={"reason": str(exception or error)})
        raise ImmediateHttpResponse(_refused(request, _("Single sign-on did not succeed. Please try again.")))


class Client(OAuth2Client):
    """Asks for a token that is bound to this very sign-in."""

    def get_redirect_url(self, authorization_url: str, scope: Any, extra_params: dict[str, Any]) -> str:
        return super().get_redirect_url(authorization_url, scope, {**extra_params, "nonce": nonce_of(self.state)})


class Protocol(OpenIDConnectOAuth2Adapter):
    """OpenID Connect as this service speaks it: code with PKCE, and the signed token as the only source."""

    client_class = Client

    def get_provider(self) -> OpenIDConnectProvider:
        return _provider(self.request)

    def get_callback_url(self, request: HttpRequest, app: Any) -> str:
        return request.build_absolute_uri(reverse("sso-callback"))

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **given: Any) -> None:
        """Sign somebody in by the token; what follows in the library (its own accounts) is left out."""
        claims = self._claims(str(given["response"].get("id_token", "")))
        raise ImmediateHttpResponse(_signed_in(request, claims))

    def _claims(self, token: str) -> dict[str, Any]:
        """Return what the token says. Raises OAuth2Error where it does not hold here and now."""
        known = self.openid_config
        if known["issuer"].rstrip("/") != settings.SSO_ISSUER.rstrip("/"):
            raise OAuth2Error("the configuration is another issuer's")
        with get_adapter().get_requests_session() as session:
            answer = session.get(known["jwks_uri"])
            answer.raise_for_status()
        try:
            keys = jwt.PyJWKSet.from_dict(answer.json())
            claims: dict[str, Any] = jwt.decode(
                token, keys[jwt.get_unverified_header(token).get("kid", "")], algorithms=ALGORITHMS,
                audience=settings.SSO_CLIENT_ID, issuer=known["issuer"], leeway=LEEWAY,
                options={"require": ["exp", "iat", "iss", "aud", "sub", "nonce"]},
            )  # fmt: skip
        except (jwt.PyJWTError, KeyError, ValueError) as error:
            raise OAuth2Error(f"the token does not hold: {error}") from error
        if not constant_time_compare(str(claims["nonce"]), nonce_of(self.request.GET.get("state", ""))):
            raise OAuth2Error("the token belongs to another sign-in")
        return claims


class Provider(OpenIDConnectProvider):
    oauth2_adapter_class = Protocol
    pkce_enabled_default = True


def _provider(request: HttpRequest) -> Provider:
    about = {"server_url": settings.SSO_ISSUER.rstrip("/"), "scope": ["openid", "email"]}
    app = SocialApp(
        provider="openid_connect", provider_id=ID, name=settings.SSO_NAME,
        client_id=settings.SSO_CLIENT_ID, secret=settings.SSO_CLIENT_SECRET, settings=about,
    )  # fmt: skip
    return Provider(request, app=app)


def nonce_of(state: str | None) -> str:
    """Return the nonce that belongs to a state, which is random, of one session, and used up by one answer."""
    return salted_hmac("vendors.sso.nonce", state or "").hexdigest()


@never_cache
@require_safe
def begin(request: HttpRequest) -> HttpResponse:
    """Send somebody to the provider; ``?next=`` is where they wanted to go."""
    following = request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(following, {request.get_host()}, require_https=request.is_secure())
    request.session[NEXT] = following if is_ours else ""
    try:
        answer: HttpResponse = _provider(request).redirect(request, process="login")
    except UNREADABLE as error:
        log.warning("sso_unreachable", extra={"reason": str(error)})
        return _refused(request, _("The single sign-on service cannot be reached. Use your password, or try later."))
    return answer


@never_cache
@require_safe
def callback(request: HttpRequest) -> HttpResponse:
    """Take the provider's answer."""
    view = OAuth2CallbackView.adapter_view(Protocol(request, ID))
    try:
        answer: HttpResponse = view(request)
    except UNREADABLE as error:
        log.warning("sso_unreadable", extra={"reason": repr(error)})
        return _refused(request, _("Single sign-on did not succeed. Please try again."))
    return answer


def _signed_in(request: HttpRequest, claims: dict[str, Any]) -> HttpResponse:
    """Sign the one person in whose verified address the token names, or say why not."""
    email = str(claims.get("email") or "").strip()
    if not email or claims.get("email_verified") not in (True, "true"):
        return _refused(request, _("Your e-mail address is not verified there, so it opens no account here."))
    found = list(User.objects.filter(email__iexact=email, is_active=True)[:2])
    if len(found) != 1:
        log.warning("sso_unknown", extra={"found": len(found)})
        return _refused(request, _("Nobody was invited here with your address. Ask the BPO manager of your programme."))
    following = request.session.pop(NEXT, "")
    login(request, found[0], backend="django.contrib.auth.backends.ModelBackend")
    return redirect(following or settings.LOGIN_REDIRECT_URL)


def _refused(request: HttpRequest, text: str) -> HttpResponse:
    messages.error(request, text)
    return redirect(settings.LOGIN_URL)
