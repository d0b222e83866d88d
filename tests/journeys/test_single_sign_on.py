"""Single sign-on and the second step, by a real provider, a real web process and a browser's cookies, over HTTP."""

from __future__ import annotations

import base64
import hmac
import re
import struct
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from typing import Any

import pytest

from tests import processes
from tests.browser.looking import PASSWORD, findings, settled, shot
from tests.journeys.oidc_provider import CLIENT, SECRET, OidcProvider, make_key, oidc_provider
from tests.processes import Installation

pytestmark = pytest.mark.slow

PEOPLE = """
from django.contrib.auth.models import User
from vendors.models import Membership
for name, fields in {
    "mina": {"email": "Mina@example.com", "is_staff": True}, "gone": {"email": "gone@example.com", "is_active": False},
    "one": {"email": "same@example.com"}, "two": {"email": "same@example.com"}, "dora": {"email": "dora@example.com"},
}.items():
    user = User.objects.create_user(name, password="correct horse battery", **fields)
    Membership.objects.create(user=user, role="executive")
"""
COUNT = """
from django.apps import apps
from django.contrib.auth.models import User
from vendors.models import Membership
print(User.objects.count(), Membership.objects.count(), User.objects.filter(is_superuser=True).count(),
      apps.get_model("socialaccount.SocialAccount").objects.count())
"""


@dataclass
class Visitor:
    """Somebody with a browser: it keeps cookies, follows redirects and fills in forms."""

    address: str
    cookies: CookieJar = field(default_factory=CookieJar)
    place: str = ""
    page: str = ""
    status: int = 0

    def open(self, path: str, **form: str) -> Visitor:
        data = urllib.parse.urlencode({**form, "csrfmiddlewaretoken": self._token()}).encode() if form else None
        headers = {"Accept-Language": "en", "Referer": self.address}
        request = urllib.request.Request(urllib.parse.urljoin(self.address, path), data, headers)
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))
        try:
            with opener.open(request, timeout=20) as answer:
                self.status, self.page, self.place = answer.status, answer.read().decode(), answer.url
        except urllib.error.HTTPError as error:
            with error:
                self.status, self.page, self.place = error.code, error.read().decode(), error.url
        return self

    def sign_in(self, name: str, password: str = PASSWORD) -> Visitor:
        return self.open("/sign-in/").open("/sign-in/", username=name, password=password)

    @property
    def is_in(self) -> bool:
        self.open("/today/")
        return "/sign-in/" not in self.place

    def _token(self) -> str:
        found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.page)
        return found[1] if found else ""


@pytest.fixture(scope="module")
def provider() -> Iterator[OidcProvider]:
    with oidc_provider() as running:
        yield running


@pytest.fixture(scope="module")
def product(provider: OidcProvider) -> Iterator[Installation]:
    """The product with both extras turned on, and five people who were invited."""
    about = {
        "SSO_ISSUER": provider.issuer, "SSO_CLIENT_ID": CLIENT, "SSO_CLIENT_SECRET": SECRET, "SSO_NAME": "Hana ID",
        "SECOND_STEP": "1", "SECRET_KEY": "of a journey", "SIGN_IN_TRIES_OF_ADDRESS": "0",
    }  # fmt: skip
    with processes.database() as url, processes.installation({**about, "DATABASE_URL": url}) as made:
        made.python("manage.py", "migrate", "-v", "0", seconds=240)
        made.python("manage.py", "shell", "-v", "0", "-c", PEOPLE)
        made.start_web()
        yield made


@pytest.fixture
def visitor(product: Installation) -> Visitor:
    return Visitor(f"http://127.0.0.1:{product.port}")


def test_the_person_with_the_verified_address_comes_in_and_nothing_else_changes(
    product: Installation, provider: OidcProvider, visitor: Visitor
) -> None:
    before = product.python("manage.py", "shell", "-v", "0", "-c", COUNT)
    provider.will_say(email="mina@EXAMPLE.com", email_verified=True, roles=["admin"], groups=["superuser"])

    assert 'href="/sso/?next=/scorecards/">Sign in with Hana ID' in visitor.open("/scorecards/").page
    visitor.open("/sso/?next=/scorecards/")

    assert (visitor.status, urllib.parse.urlsplit(visitor.place).path) == (200, "/scorecards/")
    assert "Executive" in visitor.page
    asked = provider.asked[-1]
    assert (asked["response_type"], asked["client_id"], asked["code_challenge_method"]) == ("code", CLIENT, "S256")
    assert product.python("manage.py", "shell", "-v", "0", "-c", COUNT) == before
    assert before.split()[2:] == ["0", "0"]


@pytest.mark.parametrize(
    ("person", "words"),
    [
        ({"email": "nobody@example.com", "email_verified": True}, "Nobody was invited here"),
        ({"email": "gone@example.com", "email_verified": True}, "Nobody was invited here"),
        ({"email": "same@example.com", "email_verified": True}, "Nobody was invited here"),
        ({"email": "mina@example.com", "email_verified": False}, "not verified"),
        ({"email": "mina@example.com"}, "not verified"),
        ({"email_verified": True}, "not verified"),
    ],
)
def test_whom_the_provider_does_not_vouch_for_or_nobody_invited_stays_outside(
    provider: OidcProvider, visitor: Visitor, person: dict[str, Any], words: str
) -> None:
    provider.will_say(**person)

    visitor.open("/sso/")

    assert visitor.place.endswith("/sign-in/")
    assert words in visitor.page
    assert not visitor.is_in


@pytest.mark.parametrize(
    "wrong",
    [
        {"claims": {"nonce": "of another sign-in"}},
        {"claims": {"nonce": None}},
        {"claims": {"aud": "another service"}},
        {"claims": {"iss": "http://127.0.0.1:1"}},
        {"claims": {"exp": 1}},
        {"signs_with": make_key()},
    ],
    ids=lambda wrong: str(next(iter(wrong.get("claims", wrong)))),
)
def test_a_token_that_is_not_for_this_very_sign_in_is_refused(
    provider: OidcProvider, visitor: Visitor, wrong: dict[str, Any]
) -> None:
    provider.will_say(email="mina@example.com", email_verified=True, **wrong)

    visitor.open("/sso/")

    assert "Single sign-on did not succeed" in visitor.page
    assert not visitor.is_in


@pytest.mark.parametrize("query", ["code=code-1&state=forged", "code=code-1", "error=access_denied&state=x", ""])
def test_an_answer_nobody_asked_for_is_refused(provider: OidcProvider, visitor: Visitor, query: str) -> None:
    provider.will_say(email="mina@example.com", email_verified=True)

    visitor.open(f"/sso/callback/?{query}")

    assert (visitor.status, "did not succeed" in visitor.page, visitor.is_in) == (200, True, False)


def test_the_answer_to_one_browser_is_worth_nothing_in_another_and_nothing_twice(
    provider: OidcProvider, visitor: Visitor
) -> None:
    provider.will_say(email="mina@example.com", email_verified=True)
    visitor.open("/sso/")
    asked = provider.asked[-1]
    provider.codes["again"] = asked
    answer = f"/sso/callback/?code=again&state={asked['state']}"

    stranger = Visitor(visitor.address).open(answer)

    assert not stranger.is_in
    assert "did not succeed" in visitor.open(answer).page


@pytest.mark.parametrize("following", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_it_leads_nowhere_else(provider: OidcProvider, visitor: Visitor, following: str) -> None:
    provider.will_say(email="mina@example.com", email_verified=True)

    visitor.open(f"/sso/?next={urllib.parse.quote(following)}")

    assert visitor.place.startswith(visitor.address)
    assert visitor.is_in


@pytest.mark.parametrize(
    ("state", "words"), [("is_down", "cannot be reached"), ("goes_down", "Single sign-on did not succeed")]
)
def test_a_provider_that_does_not_answer_leads_back_to_the_password(
    provider: OidcProvider, visitor: Visitor, monkeypatch: pytest.MonkeyPatch, state: str, words: str
) -> None:
    provider.will_say(email="mina@example.com", email_verified=True)
    monkeypatch.setattr(provider, "is_down", False)
    monkeypatch.setattr(provider, state, True)

    visitor.open("/sso/")

    assert (visitor.status, words in visitor.page, visitor.is_in) == (200, True, False)


def code_of(secret: str, step: int = 0) -> str:
    """Return what an authenticator shows (RFC 6238, RFC 4226), ``step`` half minutes from now."""
    counter = struct.pack(">Q", int(time.time()) // 30 + step)
    digest = hmac.digest(base64.b32decode(secret), counter, "sha1")
    place = digest[-1] & 15
    return f"{(int.from_bytes(digest[place : place + 4]) & 0x7FFFFFFF) % 1_000_000:06}"


def enrol(visitor: Visitor, name: str) -> tuple[str, list[str]]:
    """Register a device; return its secret and the recovery codes."""
    visitor.sign_in(name).open("/second-step/settings/")
    secret = re.search(r'<code class="code secret">([A-Z2-7]{32})</code>', visitor.page)
    assert secret is not None
    assert 'src="data:image/svg+xml;base64,' in visitor.page
    assert visitor.open("/second-step/settings/", code="000000").status == 400
    visitor.open("/second-step/settings/", code=code_of(secret[1]), do="enrol")
    return secret[1], re.findall(r'<code class="code">(\d{8})</code>', visitor.page)


def test_a_password_then_needs_a_code_which_counts_once(
    product: Installation, visitor: Visitor, again: Callable[[], Visitor]
) -> None:
    secret, recovery = enrol(visitor, "mina")
    assert len(recovery) == 10

    # The code of the registration has been used; neither it nor the password alone signs in.
    late = again().sign_in("mina")
    assert "/second-step/" in late.place
    assert not again().sign_in("mina").is_in
    assert "not right, or it was used" in late.open("/second-step/", code=code_of(secret)).page
    late.open("/second-step/", code=code_of(secret, 1))
    assert late.is_in

    with_paper = again().sign_in("mina")
    with_paper.open("/second-step/", code=f"{recovery[0][:4]} {recovery[0][4:]}")
    assert with_paper.is_in
    twice = again().sign_in("mina").open("/second-step/", code=recovery[0])
    assert not twice.is_in

    admin = again().open("/admin/login/").open("/admin/login/", username="mina", password=PASSWORD, next="/admin/")
    assert "asks for a code after the password" in admin.page

    # The secret is not in the database in words.
    stored = "from allauth.mfa.models import Authenticator; print([row.data for row in Authenticator.objects.all()])"
    assert secret not in product.python("manage.py", "shell", "-v", "0", "-c", stored)

    assert "signs in by the password alone" in product.manage("end_second_step", "mina")
    assert again().sign_in("mina").is_in


def test_a_person_draws_new_recovery_codes_and_ends_the_second_step_by_a_code(
    visitor: Visitor, again: Callable[[], Visitor]
) -> None:
    _secret, old = enrol(visitor, "one")
    page = "/second-step/settings/"

    assert "10 recovery codes are left" in visitor.open(page).page
    assert visitor.open(page, code=old[0], do="nothing").status == 400
    assert visitor.open(page, code="000000", do="end").status == 400
    new = re.findall(r'<code class="code">(\d{8})</code>', visitor.open(page, code=old[0], do="codes").page)

    assert len(new) == 10
    assert not set(new) & set(old)
    assert not again().sign_in("one").open("/second-step/", code=old[1]).is_in
    visitor.open(page)
    assert "alone signs you in again" in visitor.open(page, code=new[0], do="end").page
    assert again().sign_in("one").is_in


def test_codes_are_guessed_five_times_and_no_more(visitor: Visitor, again: Callable[[], Visitor]) -> None:
    _secret, recovery = enrol(visitor, "dora")
    guesser = again().sign_in("dora")

    statuses = [guesser.open("/second-step/", code="000000").status for _ in range(6)]

    assert statuses == [200] * 5 + [429]
    assert guesser.open("/second-step/", code=recovery[0]).status == 429
    assert again().sign_in("dora").open("/second-step/", code=recovery[0]).status == 429


def test_without_a_right_password_there_is_no_second_step(again: Callable[[], Visitor]) -> None:
    assert "/sign-in/" in again().open("/second-step/").place
    assert again().sign_in("two", "wrong").open("/second-step/").place.endswith("/sign-in/")


@pytest.mark.browser
def test_axe_finds_nothing_serious_in_its_pages(product: Installation, chromium: Any) -> None:
    context = chromium.new_context(base_url=f"http://127.0.0.1:{product.port}", locale="ko-KR", reduced_motion="reduce")
    page, found = context.new_page(), {}

    def look(state: str) -> None:
        found[state] = findings(settled(page))
        shot(page, f"second-step-{len(found)}")

    def give(code: str, button: str) -> None:
        page.fill("#id_code", code)
        with page.expect_navigation():
            page.click(button)

    def sign_in() -> None:
        page.goto("/sign-in/")
        page.fill("#id_username", "two")
        page.fill("#id_password", PASSWORD)
        with page.expect_navigation():
            page.click(".sign-in button")

    sign_in()
    page.goto("/second-step/settings/")
    secret = page.inner_text("form code")
    look("a device to register")
    give("000000", "[value=enrol]")
    look("a wrong code of the device")
    give(code_of(secret), "[value=enrol]")
    look("recovery codes")
    paper = page.inner_text(".codes li >> nth=0")
    page.goto("/second-step/settings/")
    look("the second step is on")
    context.clear_cookies()
    sign_in()
    look("a code to sign in")
    give("000000", ".sign-in button")
    assert page.locator("[role=alert]").count() == 1
    look("a wrong code to sign in")
    give(paper, ".sign-in button")
    context.close()

    assert page.url.endswith("/overview/")
    assert not {state: wrong for state, wrong in found.items() if wrong}
    assert len(found) == 6


@pytest.fixture
def again(product: Installation) -> Callable[[], Visitor]:
    """Return a function that starts another browser."""
    return lambda: Visitor(f"http://127.0.0.1:{product.port}")
