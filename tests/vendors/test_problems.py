"""Every error is a problem document in the reader's language; nothing under /api/ is ever HTML."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, OperationalError
from django.test import Client, override_settings
from rest_framework import exceptions, serializers
from rest_framework.test import APIRequestFactory

from tests.cast import Cast
from tests.checks import assert_problem
from vendors.api.problems import problem_response, row_errors
from vendors.errors import Conflict, Invalid, NotFound, RowError, Unprocessable

pytestmark = pytest.mark.django_db


class RowSerializer(serializers.Serializer[Any]):
    date = serializers.DateField()


class RowsSerializer(serializers.Serializer[Any]):
    rows = RowSerializer(many=True)
    days = serializers.ListField(child=serializers.IntegerField())


def answer(error: Exception, language: str = "en") -> Any:
    request = APIRequestFactory().get("/api/v1/x/", headers={"accept-language": language})
    response = problem_response(error, {"request": request})
    response.json = lambda: __import__("json").loads(response.content)
    return response


def test_it_maps_what_services_raise() -> None:
    row = RowError("unknown_queue", "There is no such queue.", "queue", 3)

    document = assert_problem(answer(Unprocessable("bad_rows", "One row is wrong.", [row])), 422, "bad_rows")

    assert document["type"] == "urn:bpo:problem:bad_rows"
    assert document["detail"] == "One row is wrong."
    assert document["errors"] == [
        {"row": 3, "field": "queue", "code": "unknown_queue", "detail": "There is no such queue."}
    ]
    assert assert_problem(answer(Invalid("formula", "Wrong.", position=7)), 400, "formula")["position"] == 7
    assert_problem(answer(NotFound("not_found", "No.")), 404, "not_found")


def test_it_turns_retry_after_into_a_header() -> None:
    response = answer(Conflict("in_progress", "Still running.", retry_after=5))

    assert response["Retry-After"] == "5"
    assert "retry_after" not in assert_problem(response, 409, "in_progress")


def test_it_names_rows_and_fields_of_serializers() -> None:
    serializer = RowsSerializer(data={"rows": [{"date": "2026-01-01"}, {"date": "x"}], "days": [1, "x"]})
    many = RowSerializer(data=[{"date": "2026-01-01"}, {}], many=True)
    assert not serializer.is_valid()
    assert not many.is_valid()

    found = {(error.row, error.field, error.code) for error in row_errors(serializer.errors)}

    assert found == {(1, "date", "invalid"), (None, "days.1", "invalid")}
    assert [(error.row, error.field, error.code) for error in row_errors(many.errors)] == [(1, "date", "required")]


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (IntegrityError("UNIQUE constraint failed: secret"), 409, "conflict"),
        (OperationalError("database is locked"), 503, "busy"),
        (exceptions.Throttled(wait=9), 429, "throttled"),
        (exceptions.NotAcceptable(), 406, "not_acceptable"),
        (exceptions.ParseError(), 400, "bad_request"),
        (exceptions.PermissionDenied(), 403, "role"),
    ],
)
def test_it_maps_the_rest(error: Exception, status: int, code: str) -> None:
    response = answer(error)

    assert "secret" not in response.content.decode()
    assert_problem(response, status, code)
    assert ("Retry-After" in response) == (status in (429, 503))


def test_a_fault_of_ours_is_logged_and_not_shown(cast: Cast, api: Any, monkeypatch: Any, caplog: Any) -> None:
    monkeypatch.setattr("vendors.services.parties.create_vendor", lambda *_, **__: {}["secret"])
    client = api(cast.manager)
    client.raise_request_exception = False

    response = client.post("/api/v1/vendors/", {"code": "x", "name": "X"})

    document = assert_problem(response, 500, "server_error")
    assert "secret" not in response.content.decode()
    assert document["request_id"] == response["X-Request-ID"]
    assert "unexpected error" in caplog.messages


def test_it_speaks_korean_unless_asked_otherwise() -> None:
    client = Client()

    korean = client.get("/api/v1/vendors/")
    english = client.get("/api/v1/vendors/", headers={"accept-language": "en-GB"})

    assert korean.json()["code"] == english.json()["code"] == "auth_required"
    assert english.json()["title"] == "Sign in first"
    assert korean["Content-Language"] == "ko"


@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_unknown_addresses_are_problems_too(debug: bool, method: str) -> None:
    with override_settings(DEBUG=debug):
        response = getattr(Client(), method)("/api/v1/nothing")

    document = assert_problem(response, 404, "not_found")
    assert document["request_id"]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1:x", "a b", "x\r\ny", ""])
@pytest.mark.parametrize("debug", [True, False])
def test_a_foreign_host_is_refused(host: str, debug: bool) -> None:
    with override_settings(DEBUG=debug, ALLOWED_HOSTS=["127.0.0.1"]):
        response = Client(HTTP_HOST=host).get("/api/v1/vendors/")

    assert_problem(response, 400, "bad_host")


@pytest.mark.parametrize("accept", ["application/xml", "text/html", "nonsense", "text/csv"])
def test_other_formats_are_not_acceptable(cast: Cast, api: Any, accept: str) -> None:
    response = api(cast.manager).get("/api/v1/vendors/", headers={"accept": accept})

    assert_problem(response, 406, "not_acceptable")


def test_there_is_no_browsable_api(cast: Cast, api: Any) -> None:
    assert_problem(api(cast.manager).get("/api/v1/vendors/?format=api"), 404, "not_found")


def test_the_schema_is_for_who_is_signed_in(cast: Cast, api: Any) -> None:
    assert_problem(api(None).get("/api/schema/"), 401, "auth_required")
    assert api(cast.member).get("/api/schema/?format=json").status_code == 200
