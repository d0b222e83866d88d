"""Checks that many tests share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext


def queries_of(call: Callable[[], Any]) -> list[str]:
    """Return the SQL of a call."""
    with CaptureQueriesContext(
        connection,
    ) as captured:
        call()
    return [query["sql"] for query in captured.captured_queries]


def assert_constant_queries(call: Callable[[], Any], grow: Callable[[], Any]) -> None:
    """Assert that ``call`` makes as many queries after ``grow`` (from 1 row to 5) as before, once warm."""
    call()
    before = queries_of(call)
    grow()
    after = queries_of(call)
    assert len(after) == len(before), "\n".join([f"{len(before)} queries became {len(after)}:", *after])


def assert_problem(response: Any, status: int, code: str, **error: Any) -> dict[str, Any]:
    """Assert a problem document of ``status`` and ``code`` (its own or one of its errors'); return it.

    ``error`` are members one of the errors must have: ``field="date", row=0``.
    """
    assert response.status_code == status, (response.status_code, response.content[:2000])
    assert response["Content-Type"].startswith("application/problem+json"), response["Content-Type"]
    document: dict[str, Any] = response.json()
    assert set(document) >= {"type", "title", "status", "detail", "code", "errors", "request_id"}
    assert document["status"] == status
    assert code in {document["code"], *(one["code"] for one in document["errors"])}, document
    if error:
        wanted = {"code": code, **error} if document["code"] != code or document["errors"] else error
        assert any(wanted.items() <= one.items() for one in document["errors"]), document
    return document
