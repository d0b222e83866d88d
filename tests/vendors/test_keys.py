"""API keys: how they are made, stored, refused and rotated."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from tests.cast import Cast, client_for
from tests.checks import assert_problem, queries_of
from tests.conftest import NOW
from tests.make import make_key, make_vendor
from vendors.actors import SYSTEM
from vendors.errors import Conflict, Invalid
from vendors.models import ApiKey, AuditEntry, Vendor
from vendors.services.keys import issue_key, revoke_key

pytestmark = pytest.mark.django_db

ME = "/api/v1/me/"


def issue(**options: Any) -> tuple[ApiKey, str]:
    return issue_key(**{"actor": SYSTEM, "now": datetime.now(UTC), "kind": "manager", **options})


def test_it_stores_a_keyed_hash_and_never_the_key() -> None:
    key, text = issue()

    assert re.fullmatch(r"bpo_live_[0-9a-f]{8}_[A-Za-z0-9_-]{43}", text)
    assert text.split("_", 3)[3] not in str(ApiKey.objects.values().get())
    assert re.fullmatch(r"[0-9a-f]{64}", key.digest)
    assert text not in str(list(AuditEntry.objects.values()))


def test_the_hash_depends_on_the_pepper(settings: Any) -> None:
    _key, text = issue()
    assert client_for(text).get(ME).status_code == 200

    settings.API_KEY_PEPPER = "another"

    assert_problem(client_for(text).get(ME), 401, "auth_invalid")


def test_every_wrong_key_gets_the_same_answer(cast: Cast) -> None:
    revoked, revoked_text = issue(kind="executive")
    revoke_key(actor=SYSTEM, key=revoked, now=datetime.now(UTC))
    _key, expired_text = issue(expires_at=datetime.now(UTC) + timedelta(days=1))
    ApiKey.objects.filter(expires_at__isnull=False).update(expires_at=datetime(2020, 1, 1, tzinfo=UTC))
    suspended_text = make_key("vendor", make_vendor("gone"), ("read",))
    Vendor.objects.filter(code="gone").update(is_active=False)
    right = cast.manager_key
    wrong_secret = right[:-4] + ("AAAA" if not right.endswith("AAAA") else "BBBB")
    unknown = "bpo_live_00000000_" + "A" * 43

    answers = [client_for(text).get(ME) for text in (revoked_text, expired_text, suspended_text, wrong_secret, unknown)]

    for answer in answers:
        assert_problem(answer, 401, "auth_invalid")
        assert answer["WWW-Authenticate"] == "Api-Key"
    assert len({str({**answer.json(), "request_id": ""}) for answer in answers}) == 1


@pytest.mark.parametrize(
    "header",
    [
        "Api-Key",
        "Api-Key ",
        "Bearer ",
        "Bearer x",
        "Basic dXNlcjpwYXNz",
        "Api-Key x",
        "Api-Key bpo_live_1_2",
        "Api-Key 한빛",
        "Api-Key a\x00b",
        "Api-Key " + "x" * 100_000,
        "Api-Key bpo_live_00000000_" + "A" * 43 + ", Api-Key bpo_live_00000000_" + "A" * 43,
    ],
)
def test_it_names_a_malformed_header(header: str) -> None:
    client = client_for(None)

    answer = client.get(ME, HTTP_AUTHORIZATION=header)

    assert_problem(answer, 401, "auth_malformed")


@pytest.mark.parametrize("name", ["api_key", "API_KEY", "apikey", "key"])
def test_it_refuses_a_key_in_the_address(cast: Cast, name: str) -> None:
    assert_problem(client_for(None).get(f"{ME}?{name}={cast.manager_key}"), 400, "key_in_url")


def test_it_refuses_two_credentials(cast: Cast) -> None:
    client = client_for(cast.manager)
    client.credentials(HTTP_AUTHORIZATION=f"Api-Key {cast.manager_key}")

    assert_problem(client.get(ME), 400, "two_credentials")


def test_a_session_needs_csrf_to_write(cast: Cast) -> None:
    from rest_framework.test import APIClient

    client = APIClient(enforce_csrf_checks=True)
    client.force_login(cast.manager)

    assert_problem(client.post("/api/v1/vendors/", {"code": "x", "name": "X"}), 403, "csrf")
    assert client.get(ME).status_code == 200


def test_it_notes_the_last_use_once_a_minute(frozen_clock: Any) -> None:
    _key, text = issue(now=NOW)
    client = client_for(text)

    def used() -> Any:
        return ApiKey.objects.get().last_used_at

    client.get(ME)
    assert used() == NOW
    frozen_clock.shift(59)
    assert not [sql for sql in queries_of(lambda: client.get(ME)) if sql.startswith("UPDATE")]
    frozen_clock.shift(2)
    client.get(ME)
    assert used() == NOW + timedelta(seconds=61)


def test_a_busy_database_does_not_stop_a_request(monkeypatch: Any) -> None:
    _key, text = issue()

    def busy(*_: Any, **__: Any) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr("vendors.querysets.VendorScopedQuerySet.update", busy)

    assert client_for(text).get(ME).status_code == 200


def test_it_keeps_two_live_keys_for_rotation() -> None:
    vendor = make_vendor()
    first, _text = issue(kind="vendor", vendor=vendor, scopes=["ingest"])
    issue(kind="vendor", vendor=vendor, scopes=["ingest"])

    with pytest.raises(Conflict, match="two_live_keys"):
        issue(kind="vendor", vendor=vendor, scopes=["ingest"])
    issue(kind="vendor", vendor=vendor, scopes=["ingest", "read"])
    revoke_key(actor=SYSTEM, key=first, now=datetime.now(UTC))
    issue(kind="vendor", vendor=vendor, scopes=["ingest"])

    assert ApiKey.objects.count() == 4


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"kind": "root"}, "key_kind"),
        ({"kind": "vendor"}, "key_vendor"),
        ({"kind": "client"}, "key_scopes"),
        ({"kind": "client", "scopes": ["read"]}, "key_scopes"),
        ({"kind": "manager", "scopes": ["read"]}, "key_scopes"),
        ({"expires_at": datetime(2020, 1, 1, tzinfo=UTC)}, "expires_in_the_past"),
    ],
)
def test_it_refuses_keys_that_mean_nothing(options: dict[str, Any], code: str) -> None:
    with pytest.raises(Invalid) as caught:
        issue(**options)

    assert caught.value.code == code


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("create_api_key", *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("arguments", "role", "vendor", "scopes"),
    [
        (["--role", "manager"], "manager", None, []),
        (["--role", "executive"], "executive", None, []),
        (["--role", "analyst", "--name", "BI"], "analyst", None, []),
        (["--vendor", "daon", "--scope", "ingest"], "vendor_ingest_key", "daon", ["ingest"]),
        (["--vendor", "daon", "--scope", "read", "--scope", "ingest"], "vendor_ingest_key", "daon", ["ingest", "read"]),
        (["--client", "--scope", "ingest"], "client_ingest_key", None, ["ingest"]),
    ],
)
def test_the_command_prints_the_key_alone(
    arguments: list[str], role: str, vendor: str | None, scopes: list[str]
) -> None:
    make_vendor("daon")

    printed = run(*arguments)

    assert re.fullmatch(r"bpo_live_[0-9a-f]{8}_[A-Za-z0-9_-]{43}\n", printed)
    me = client_for(printed.strip()).get(ME).json()
    assert (me["role"], me["vendor"], me["scopes"]) == (role, vendor, scopes)


def test_the_command_speaks_json() -> None:
    document = json.loads(run("--role", "manager", "--json", "--expires-in-days", "30"))

    assert document["key"].startswith("bpo_live_")
    assert document["kind"] == "manager"
    assert document["expires_at"] is not None


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--role", "root"],
        ["--vendor", "nobody", "--scope", "ingest"],
        ["--vendor", "daon"],
        ["--client"],
        ["--client", "--scope", "read"],
        ["--role", "manager", "--client", "--scope", "ingest"],
        ["--role", "manager", "--expires-in-days", "0"],
    ],
)
def test_the_command_fails_with_a_return_code(arguments: list[str]) -> None:
    make_vendor("daon")

    with pytest.raises(CommandError) as caught:
        run(*arguments)

    assert caught.value.returncode > 0
    assert not ApiKey.objects.exists()


def test_me_says_who_asks(cast: Cast) -> None:
    person = client_for(cast.admin).get(ME).json()
    machine = client_for(cast.outsider_key).get(ME).json()

    assert (person["kind"], person["name"], person["role"], person["vendor"]) == (
        "user",
        "admin-of-a",
        "vendor_admin",
        "hanbit",
    )
    assert person["vendors"] == ["hanbit"]
    assert person["language"] == "en"
    assert "acknowledge" in person["capabilities"]
    assert machine["kind"] == "key"
    assert machine["scopes"] == ["ingest", "read"]
    assert {role["role"] for role in machine["roles"]} == {"vendor_ingest_key", "vendor_read_key"}
    assert machine["all_vendors"] is False


def test_people_of_a_suspended_vendor_may_do_nothing(cast: Cast) -> None:
    Vendor.objects.filter(code="hanbit").update(is_active=False)

    assert client_for(cast.member).get(ME).json()["roles"] == []
    assert_problem(client_for(cast.member).get("/api/v1/vendors/"), 403, "role")
