"""Files with more rows than are taken in while their sender waits, and sending them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from kpis.models import ImportJob

URL = "/api/v1/submissions/"
HEAD = "queue,date,offered,answered\n"


def lines(number: int, queue: str = "hanbit-order-voice", offered: int = 9) -> Iterator[str]:
    for place in range(number):
        yield f"{queue},{date(2026, 1, 1) + timedelta(days=place)},{offered},5\n"


def large(number: int = 3, **fields: Any) -> bytes:
    return (HEAD + "".join(lines(number, **fields))).encode()


def reads_content(queries: CaptureQueriesContext) -> bool:
    """Say whether a statement fetched the bytes of a file."""
    selected = (query["sql"].partition(" FROM ")[0] for query in queries.captured_queries)
    return any('"kpis_importjob"."content"' in columns for columns in selected)


def send(client: APIClient, content: bytes, query: str = "", **headers: str) -> Any:
    return client.generic("POST", URL + query, content, content_type="text/csv", headers=headers)


def queued(client: APIClient, content: bytes | None = None, query: str = "") -> ImportJob:
    answer = send(client, content if content is not None else large(), query)
    assert answer.status_code == 202, answer.content
    return ImportJob.objects.get(pk=answer.json()["job"])
