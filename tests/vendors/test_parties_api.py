"""``vendors/`` and ``centres/`` of the REST API."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cast import Cast
from tests.checks import assert_constant_queries, assert_problem
from tests.make import make_centre, make_vendor
from vendors.models import AuditEntry, Centre, Vendor

pytestmark = pytest.mark.django_db

VENDORS = "/api/v1/vendors/"
CENTRES = "/api/v1/centres/"


def test_it_creates_reads_and_changes_a_vendor(cast: Cast, api: Any) -> None:
    client = api(cast.manager_key)

    created = client.post(VENDORS, {"code": "daon", "name": "Daon", "name_ko": "다온"})
    changed = client.patch(f"{VENDORS}daon/", {"is_active": False})

    assert created.status_code == 201, created.content
    assert created.json() == {"code": "daon", "name": "Daon", "name_ko": "다온", "is_active": True}
    assert changed.json()["is_active"] is False
    assert client.get(f"{VENDORS}daon/").json() == changed.json()
    assert [entry.action for entry in AuditEntry.objects.filter(object_code="daon")] == ["change", "create"]


def test_it_lists_only_what_the_actor_may_see(cast: Cast, api: Any) -> None:
    seen = {
        name: [row["code"] for row in api(getattr(cast, name)).get(VENDORS).json()["results"]]
        for name in ("manager", "manager_of_a", "member", "outsider", "read_key", "client_key", "department")
    }

    assert seen == {
        "manager": ["hanbit", "narae"],
        "manager_of_a": ["hanbit"],
        "member": ["hanbit"],
        "outsider": ["narae"],
        "read_key": ["hanbit"],
        "client_key": ["hanbit", "narae"],
        "department": ["hanbit", "narae"],
    }


@pytest.mark.parametrize("path", [f"{VENDORS}narae/", f"{CENTRES}narae-busan/"])
def test_it_answers_another_vendors_object_like_one_that_does_not_exist(cast: Cast, api: Any, path: str) -> None:
    client = api(cast.member)

    foreign, missing = client.get(path), client.get(f"{path[:-2]}zzz/")

    assert_problem(foreign, 404, "not_found")
    without_id = [{**answer.json(), "request_id": ""} for answer in (foreign, missing)]
    assert without_id[0] == without_id[1]


@pytest.mark.parametrize(
    "who", ["executive", "analyst", "department", "admin", "member", "outsider", "ingest_key", "read_key", "client_key"]
)
def test_it_refuses_setup_to_roles_without_it(cast: Cast, api: Any, who: str) -> None:
    client = api(getattr(cast, who))

    for answer in (
        client.post(CENTRES, {"code": "x", "vendor": "hanbit", "name": "X"}),
        client.patch(f"{CENTRES}hanbit-seoul/", {"name": "X"}),
        client.patch(f"{CENTRES}narae-busan/", {"name": "X"}),
        client.post(VENDORS, {"code": "x", "name": "X"}),
    ):
        assert answer.status_code == 403
        assert answer.json()["code"] == ("scope" if who.endswith("key") else "role")


def test_it_asks_everybody_to_sign_in_before_anything_else(cast: Cast, api: Any) -> None:
    client = api(None)

    for answer in (
        client.get(VENDORS),
        client.get(f"{VENDORS}hanbit/?unknown=1"),
        client.post(VENDORS, b"{", content_type="text/plain"),
        client.delete(f"{VENDORS}hanbit/"),
        client.get(VENDORS, headers={"accept": "application/xml"}),
    ):
        assert_problem(answer, 401, "auth_required")
        assert answer["WWW-Authenticate"] == "Api-Key"


def test_it_lets_a_manager_of_one_vendor_work_for_that_vendor_only(cast: Cast, api: Any) -> None:
    client = api(cast.manager_of_a)

    assert client.post(CENTRES, {"code": "hanbit-2", "vendor": "hanbit", "name": "Two"}).status_code == 201
    assert client.patch(f"{CENTRES}hanbit-2/", {"name": "Zwei"}).status_code == 200
    assert_problem(client.patch(f"{CENTRES}narae-busan/", {"name": "X"}), 404, "not_found")
    assert_problem(client.post(VENDORS, {"code": "x", "name": "X"}), 403, "role")
    foreign = client.post(CENTRES, {"code": "y", "vendor": "narae", "name": "Y"})
    missing = client.post(CENTRES, {"code": "y", "vendor": "nobody", "name": "Y"})
    assert_problem(foreign, 400, "unknown_vendor", field="vendor")
    assert_problem(missing, 400, "unknown_vendor", field="vendor")


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"name": "X"}, "required", "code"),
        ({"code": "x x", "name": "X"}, "code_format", "code"),
        ({"code": "x ", "name": "X"}, "code_format", "code"),
        ({"code": "x" * 65, "name": "X"}, "too_long", "code"),
        ({"code": "hanbit-seoul", "name": "X"}, "unique", "code"),
        ({"code": "х", "name": "X"}, "code_format", "code"),
        ({"code": "x", "name": "​"}, "blank", "name"),
        ({"code": "x", "name": "ㅤ"}, "blank", "name"),
        ({"code": "x", "name": " "}, "blank", "name"),
        ({"code": "x", "name": "a‮b"}, "bidi_control", "name"),
        ({"code": "x", "name": "a⁦b"}, "bidi_control", "name"),
        ({"code": "x", "name": "a\x1b[31m"}, "control_char", "name"),
        ({"code": "x", "name": "a\nb"}, "control_char", "name"),
        ({"code": "x", "name": "a�"}, "replacement_char", "name"),
        ({"code": "x", "name": "a\ue000"}, "bad_char", "name"),
        ({"code": "x", "name": "a￾"}, "bad_char", "name"),
        ({"code": "x", "name": "a" + "́" * 400}, "too_long", "name"),
        ({"code": "x", "name": "a" + "̵" * 100}, "too_many_marks", "name"),
        ({"code": "x", "name": "X" * 201}, "too_long", "name"),
        ({"code": "x", "name": 5}, "not_a_string", "name"),
        ({"code": "x", "name": None}, "null", "name"),
        ({"code": "x", "name": "X", "timezone": "Asia/Soul"}, "unknown_timezone", "timezone"),
        ({"code": "x", "name": "X", "country": "KOR"}, "too_long", "country"),
        ({"code": "x", "name": "X", "country": "kr"}, "bad_country", "country"),
        ({"code": "x", "name": "X", "nmae": "X"}, "unknown_field", "nmae"),
        ({"code": "x", "name": "X", "__proto__": {}}, "unknown_field", "__proto__"),
        ({"code": "x", "name": "X", "id": 5}, "unknown_field", "id"),
    ],
)
def test_it_names_what_is_wrong_with_a_centre(
    cast: Cast, api: Any, body: dict[str, Any], code: str, field: str
) -> None:
    answer = api(cast.manager).post(CENTRES, {"vendor": "hanbit", **body})

    assert_problem(answer, 400, code, field=field)
    assert Centre.objects.count() == 2


def test_it_suggests_the_field_that_was_meant(cast: Cast, api: Any) -> None:
    answer = api(cast.manager).post(CENTRES, {"vendor": "hanbit", "code": "x", "nmae": "X"})

    assert "“name”" in answer.json()["errors"][0]["detail"]


def test_it_lists_at_most_twenty_unknown_fields_and_cuts_their_names(cast: Cast, api: Any) -> None:
    client = api(cast.manager)

    many = client.post(VENDORS, {f"f{number}": 1 for number in range(10_000)})
    long = client.post(VENDORS, {"k" * 1_000_000: 1})

    assert len(many.json()["errors"]) == 20
    assert len(long.json()["errors"][0]["field"]) == 50


def test_it_never_changes_a_code_or_the_vendor_of_a_centre(cast: Cast, api: Any) -> None:
    client = api(cast.manager)

    assert_problem(client.patch(f"{CENTRES}hanbit-seoul/", {"code": "other"}), 400, "immutable", field="code")
    assert_problem(client.patch(f"{CENTRES}hanbit-seoul/", {"vendor": "narae"}), 400, "immutable", field="vendor")
    assert client.patch(f"{CENTRES}hanbit-seoul/", {"code": "hanbit-seoul", "name": "S"}).status_code == 200


@pytest.mark.parametrize("method", ["put", "delete", "trace"])
def test_it_knows_no_other_methods(cast: Cast, api: Any, method: str) -> None:
    answer = getattr(api(cast.superuser), method)(f"{VENDORS}hanbit/")

    assert_problem(answer, 405, "method")
    assert Vendor.objects.filter(code="hanbit").exists()


def test_it_takes_no_method_from_a_header(cast: Cast, api: Any) -> None:
    answer = api(cast.manager).post(VENDORS, {"code": "x", "name": "X"}, headers={"x-http-method-override": "DELETE"})

    assert answer.status_code == 201


@pytest.mark.parametrize("code", ["9" * 5000, "-1", "%00", "１", "..%2f", "a/b", "hanbit%0A", "Hanbit", "h%ff"])
def test_it_knows_nothing_under_a_weird_code(cast: Cast, api: Any, code: str) -> None:
    assert_problem(api(cast.manager).get(f"{VENDORS}{code}/"), 404, "not_found")


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("page=0", 400, "bad_page"),
        ("page=-1", 400, "bad_page"),
        ("page=abc", 400, "bad_page"),
        ("page=１", 400, "bad_page"),
        ("page=1" + "0" * 30, 400, "bad_page"),
        ("page_size=201", 400, "bad_page"),
        ("page=99", 404, "not_found"),
        ("ordering=password", 400, "bad_query"),
        ("is_active=maybe", 400, "bad_query"),
        ("is_active=true&is_active=false", 400, "bad_query"),
        ("is_active=%00", 400, "bad_query"),
        ("is_active=%ff", 400, "bad_query"),
        ("%00=1", 400, "bad_query"),
    ],
)
def test_it_reads_queries_strictly(cast: Cast, api: Any, query: str, status: int, code: str) -> None:
    assert_problem(api(cast.manager).get(f"{VENDORS}?{query}"), status, code)


def test_it_answers_pages(cast: Cast, api: Any) -> None:
    answer = api(cast.manager).get(f"{VENDORS}?page_size=1&page=2").json()

    assert answer["count"] == 2
    assert answer["next"] is None
    assert answer["previous"].endswith(f"{VENDORS}?page_size=1")
    assert [row["code"] for row in answer["results"]] == ["narae"]


def test_it_filters_by_a_vendor_nobody_may_see_without_a_word(cast: Cast, api: Any) -> None:
    answer = api(cast.member).get(f"{CENTRES}?vendor=narae")

    assert answer.json()["results"] == []


def test_its_lists_make_a_constant_number_of_queries(cast: Cast, api: Any) -> None:
    client = api(cast.manager)

    assert_constant_queries(lambda: client.get(VENDORS), lambda: [make_vendor() for _ in range(4)])
    assert_constant_queries(lambda: client.get(CENTRES), lambda: [make_centre() for _ in range(4)])
