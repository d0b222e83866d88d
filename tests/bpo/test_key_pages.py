"""The page of API keys: who sees which, what it shows once, what its steps do."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from tests.cast import Cast, client_for
from tests.checks import assert_constant_queries
from tests.conftest import NOW
from tests.make import make_key, make_vendor
from vendors.models import ApiKey

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]

LIST = "/keys/"
NEW = {"owner": "hanbit", "name": "야간 배치", "scopes": ["ingest", "read"], "networks": "203.0.113.7\n10.0.0.0/8"}


def browser(who: Any, language: str = "ko") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(who)
    return client


def prefix_of(text: str) -> str:
    return text.split("_")[2]


def shown_key(answer: Any) -> str:
    return re.search(r'value="(bpo_(?:live|test)_[^"]+)"', answer.content.decode())[1]  # type: ignore[index]


@pytest.mark.parametrize(
    ("who", "status"),
    [("admin", 200), ("manager", 200), ("manager_of_a", 200), ("superuser", 200),
     ("member", 403), ("analyst", 403), ("executive", 403), ("department", 403)],
)  # fmt: skip
def test_it_is_for_those_who_manage_keys(cast: Cast, who: str, status: int) -> None:
    assert browser(getattr(cast, who)).get(LIST).status_code == status


def test_it_shows_the_keys_of_ones_own_vendor_only(cast: Cast) -> None:
    text = browser(cast.admin).get(LIST).content.decode()
    assert prefix_of(cast.ingest_key) in text
    assert prefix_of(cast.outsider_key) not in text
    assert prefix_of(cast.outsider_key) in browser(cast.manager).get(LIST).content.decode()
    for path in ("", "rotate/", "revoke/"):
        answer = browser(cast.admin).post(f"{LIST}{prefix_of(cast.outsider_key)}/{path}", {})
        assert answer.status_code == 404


@pytest.mark.parametrize(("sandbox", "scheme"), [("", "bpo_live_"), ("on", "bpo_test_")])
def test_it_makes_a_key_and_shows_it_once(cast: Cast, sandbox: str, scheme: str) -> None:
    client = browser(cast.admin)

    made = client.post(LIST, {**NEW, "is_sandbox": sandbox})

    assert made.status_code == 201
    assert "no-store" in made.headers["Cache-Control"]
    text = shown_key(made)
    assert text.startswith(scheme)
    key = ApiKey.objects.get(prefix=prefix_of(text))
    assert (key.vendor, key.networks, key.is_sandbox) == (cast.vendor, ["10.0.0.0/8", "203.0.113.7"], bool(sandbox))
    for path in (LIST, f"{LIST}{key.prefix}/"):
        assert text.split("_", 3)[3] not in client.get(path).content.decode()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"owner": "narae"}, "narae"),
        ({"scopes": []}, "필수"),
        ({"networks": "300.1.1.1"}, "300.1.1.1"),
        ({"expires_on": "2020-01-01"}, "만료"),
    ],
)
def test_it_says_what_is_wrong_and_makes_nothing(cast: Cast, change: dict[str, Any], words: str) -> None:
    before = ApiKey.objects.count()
    answer = browser(cast.admin).post(LIST, {**NEW, **change})
    assert answer.status_code == 400
    assert words in answer.content.decode()
    assert ApiKey.objects.count() == before


def test_a_manager_of_all_makes_the_clients_own_feed(cast: Cast) -> None:
    answer = browser(cast.manager).post(LIST, {**NEW, "owner": "", "scopes": ["ingest"]})
    assert ApiKey.objects.get(prefix=prefix_of(shown_key(answer))).kind == "client"
    # To others the choice does not exist.
    refused = browser(cast.manager_of_a).post(LIST, {**NEW, "owner": "", "scopes": ["ingest"]})
    assert refused.status_code in (400, 403)


def test_it_rotates_and_says_until_when_the_old_one_works(cast: Cast) -> None:
    prefix = prefix_of(cast.ingest_key)
    made = browser(cast.admin).post(f"{LIST}{prefix}/rotate/", {"old_ends_on": "2026-12-01"})

    assert made.status_code == 201
    assert "2026년 12월 1일" in made.content.decode()
    assert client_for(shown_key(made)).get("/api/v1/me/").status_code == 200
    late = browser(cast.admin).post(f"{LIST}{prefix}/rotate/", {"old_ends_on": "2027-12-01"})
    assert late.status_code == 400


def test_it_names_a_key_anew_and_changes_its_addresses(cast: Cast) -> None:
    prefix = prefix_of(cast.ingest_key)
    client = browser(cast.admin)
    assert client.post(f"{LIST}{prefix}/", {"name": "ACD", "networks": "10.1.2.3"}).status_code == 302
    assert ApiKey.objects.get(prefix=prefix).networks == ["10.1.2.3"]
    assert client.post(f"{LIST}{prefix}/", {"name": "ACD", "networks": "x"}).status_code == 400


def test_it_revokes(cast: Cast) -> None:
    prefix = prefix_of(cast.ingest_key)
    client = browser(cast.admin)
    assert client.get(f"{LIST}{prefix}/revoke/").status_code == 405
    assert client.post(f"{LIST}{prefix}/revoke/").status_code == 302
    assert client_for(cast.ingest_key).get("/api/v1/me/").status_code == 401
    page = client.get(f"{LIST}{prefix}/").content.decode()
    assert "revoke/" not in page


def test_it_shows_every_state_and_that_a_key_was_exposed(cast: Cast) -> None:
    keys = ApiKey.objects.filter(vendor=cast.vendor).order_by("pk")
    keys.filter(pk=keys[0].pk).update(expires_at=NOW + timedelta(days=1), exposed_at=NOW)
    keys.filter(pk=keys[1].pk).update(expires_at=NOW - timedelta(days=1))
    text = browser(cast.admin, "en").get(LIST).content.decode()
    assert all(word in text for word in ("Ends soon", "Expired", "rotate it"))


def test_it_makes_a_constant_number_of_queries(cast: Cast) -> None:
    client = browser(cast.manager)
    assert_constant_queries(
        lambda: client.get(LIST), lambda: [make_key("vendor", make_vendor(), ("ingest",)) for _ in range(4)]
    )
