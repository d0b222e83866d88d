"""Keys over the API: shown once, rotated without a gap, taken from named addresses only, never in an address."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from rest_framework.test import APIClient

from tests.cast import Cast
from tests.checks import assert_problem
from tests.conftest import NOW
from tests.make import make_key
from vendors import clock
from vendors.models import ApiKey, AuditEntry

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]
Api = Callable[[Any], APIClient]

URL = "/api/v1/api-keys/"
ME = "/api/v1/me/"
NEW = {"kind": "vendor", "vendor": "hanbit", "scopes": ["ingest", "read"], "name": "nightly job"}


def row_of(text: str) -> ApiKey:
    return ApiKey.objects.get(prefix=text.split("_")[2])


def test_a_vendors_administrator_makes_a_key_and_sees_it_once(api: Api, cast: Cast) -> None:
    client = api(cast.admin)
    made = client.post(URL, NEW)

    assert made.status_code == 201
    text = made.json()["key"]
    assert api(text).get(ME).json()["scopes"] == ["ingest", "read"]
    listed = client.get(URL)
    assert text.split("_", 3)[3] not in listed.content.decode()
    assert "key" not in client.get(f"{URL}{made.json()['prefix']}/").json()
    assert AuditEntry.objects.filter(action="issue_key", vendor=cast.vendor).exists()


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"vendor": "narae"}, 400, "unknown_vendor"),
        ({"kind": "manager", "vendor": None, "scopes": []}, 403, "role"),
        ({"kind": "client", "vendor": None, "scopes": ["ingest"]}, 403, "role"),
        ({"scopes": []}, 400, "key_scopes"),
        ({"scopes": ["write"]}, 400, "invalid_choice"),
        ({"networks": ["10.0.0.1/33"]}, 400, "bad_network"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, 400, "expires_in_the_past"),
        ({"digest": "x"}, 400, "unknown_field"),
        ({"prefix": "x"}, 400, "read_only_field"),
    ],
)
def test_it_refuses_what_it_may_not_make(api: Api, cast: Cast, change: dict[str, Any], status: int, code: str) -> None:
    before = ApiKey.objects.count()
    assert_problem(api(cast.admin).post(URL, {**NEW, **change}), status, code)
    assert ApiKey.objects.count() == before


def test_keys_manage_no_keys(api: Api, cast: Cast) -> None:
    key = row_of(cast.ingest_key)
    assert_problem(api(cast.manager_key).post(URL, NEW), 403, "role")
    assert_problem(api(cast.manager_key).post(f"{URL}{key.prefix}/revoke/", {}), 403, "role")
    assert_problem(api(cast.ingest_key).get(URL), 403, "scope")


def test_a_key_is_rotated_without_a_gap(api: Api, cast: Cast, frozen_clock: time_machine.Coordinates) -> None:
    old = cast.ingest_key
    answer = api(cast.admin).post(f"{URL}{row_of(old).prefix}/rotate/", {})

    assert answer.status_code == 201
    new = answer.json()["key"]
    assert answer.json()["scopes"] == ["ingest"]
    assert [api(text).get(ME).status_code for text in (old, new)] == [200, 200]
    assert row_of(old).expires_at == NOW + timedelta(days=7)
    assert_problem(api(cast.admin).post(f"{URL}{row_of(new).prefix}/rotate/", {}), 409, "two_live_keys")

    frozen_clock.shift(timedelta(days=7))
    assert [api(text).get(ME).status_code for text in (old, new)] == [401, 200]
    assert_problem(api(cast.admin).post(f"{URL}{row_of(old).prefix}/rotate/", {}), 409, "key_not_live")


@pytest.mark.parametrize("days", [-1, 0, 91])
def test_the_old_key_ends_within_90_days(api: Api, cast: Cast, days: int) -> None:
    end = (NOW + timedelta(days=days)).isoformat()
    path = f"{URL}{row_of(cast.ingest_key).prefix}/rotate/"
    assert_problem(api(cast.admin).post(path, {"old_ends_at": end}), 400, "overlap")
    assert api(cast.admin).post(path, {"old_ends_at": (NOW + timedelta(days=90)).isoformat()}).status_code == 201


def test_a_revoked_key_ends_at_once(api: Api, cast: Cast) -> None:
    path = f"{URL}{row_of(cast.ingest_key).prefix}/revoke/"
    assert [api(cast.admin).post(path, {}).status_code for _ in range(2)] == [200, 200]
    assert_problem(api(cast.ingest_key).get(ME), 401, "auth_invalid")


# Addresses -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("networks", "address", "status"),
    [
        ([], "198.51.100.9", 200),
        (["203.0.113.7"], "203.0.113.7", 200),
        (["203.0.113.7"], "203.0.113.8", 403),
        (["203.0.113.0/24", "2001:db8::/32"], "203.0.113.255", 200),
        (["203.0.113.0/24", "2001:db8::/32"], "2001:db8::1", 200),
        (["203.0.113.0/24"], "::ffff:203.0.113.9", 200),
        (["203.0.113.0/24"], "not an address", 403),
    ],
)
def test_a_key_is_taken_from_its_addresses_only(
    api: Api, cast: Cast, networks: list[str], address: str, status: int
) -> None:
    path = f"{URL}{row_of(cast.ingest_key).prefix}/"
    assert api(cast.admin).patch(path, {"networks": networks}).status_code == 200

    answer = api(cast.ingest_key).get(ME, REMOTE_ADDR=address)

    assert answer.status_code == status
    if status == 403:
        assert address in assert_problem(answer, 403, "address")["detail"]


def test_a_forwarded_address_is_believed_as_far_as_the_proxies_wrote_it(api: Api, cast: Cast, settings: Any) -> None:
    ApiKey.objects.filter(prefix=cast.ingest_key.split("_")[2]).update(networks=["203.0.113.7"])
    client, forged = api(cast.ingest_key), {"HTTP_X_FORWARDED_FOR": "203.0.113.7"}
    assert client.get(ME, REMOTE_ADDR="10.0.0.1", **forged).status_code == 403

    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": 1}
    assert client.get(ME, REMOTE_ADDR="10.0.0.1", **forged).status_code == 200
    behind = {"HTTP_X_FORWARDED_FOR": "203.0.113.7, 198.51.100.1"}
    assert client.get(ME, REMOTE_ADDR="10.0.0.1", **behind).status_code == 403


# Never in an address ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["api_key", "key", "token", "authorization", "x"])
def test_a_key_in_an_address_is_refused_under_every_name_and_noted(
    api: Api, cast: Cast, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    text = make_key("vendor", cast.vendor, ("ingest", "read"))

    answer = api(None).get(f"{ME}?{name}={text}")

    document = assert_problem(answer, 400, "key_in_url")
    assert text not in caplog.text + answer.content.decode()
    assert "rotate" in document["detail"]
    assert row_of(text).exposed_at == clock.now()


def test_a_wrong_key_in_an_address_notes_nothing(api: Api, cast: Cast) -> None:
    wrong = cast.ingest_key[:-3] + "AAA"
    assert_problem(api(None).get(f"{ME}?x={wrong}"), 400, "key_in_url")
    assert row_of(cast.ingest_key).exposed_at is None
