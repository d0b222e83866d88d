"""What is compressed on its way out, and what is not."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import FileResponse, HttpResponse
from django.test import Client, RequestFactory

from tests.cast import Cast
from tests.make import make_kpi
from vendors.compression import CompressionMiddleware

pytestmark = pytest.mark.django_db
TAKES = {"accept-encoding": "gzip, deflate"}


@pytest.fixture
def manager(cast: Cast) -> Client:
    user: User = cast.manager
    for number in range(3):
        make_kpi(f"share_{number}")
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


def body_of(answer: Any) -> bytes:
    body = b"".join(answer)
    answer.close()
    return body


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/vendors-none/", 404),
        ("/today/", 200),
        ("/api/v1/kpis/", 200),
        ("/api/schema/", 200),
        ("/static/bpo/site.css", 200),
    ],
)
def test_text_is_compressed_for_who_takes_it(manager: Client, path: str, status: int) -> None:
    plain, packed = manager.get(path), manager.get(path, headers=TAKES)
    read = [body_of(one) for one in (plain, packed)]

    assert (plain.status_code, packed.status_code) == (status, status)
    assert "Content-Encoding" not in plain.headers
    assert packed["Content-Encoding"] == "gzip"
    assert int(packed["Content-Length"]) == len(read[1]) < len(read[0])
    assert abs(len(gzip.decompress(read[1])) - len(read[0])) < 300  # an id, a masked token
    assert "Accept-Encoding" in packed["Vary"]
    assert packed.headers.get("ETag", 'W/"').startswith('W/"')
    assert packed["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/daily-metrics/?format=csv",
        "/static/unfold/fonts/inter/Inter-Regular.woff2",
        "/healthz",
    ],
)
def test_downloads_what_is_compressed_already_and_short_answers_are_left_alone(manager: Client, path: str) -> None:
    answer = manager.get(path, headers=TAKES)

    assert body_of(answer)
    assert answer.status_code == 200
    assert "Content-Encoding" not in answer.headers


def test_a_part_of_a_file_is_the_part_that_was_asked_for(manager: Client) -> None:
    answer: Any = manager.get("/static/bpo/site.css", headers={**TAKES, "range": "bytes=0-99"})

    assert (answer.status_code, answer.headers.get("Content-Encoding")) == (206, None)
    assert len(body_of(answer)) == 100


def test_the_length_of_the_same_page_varies_and_its_tag_is_weak() -> None:
    request = RequestFactory().get("/", headers=TAKES)
    page = HttpResponse("한" * 5_000, headers={"ETag": '"a"'})
    sent = [CompressionMiddleware(lambda _request: HttpResponse(page.content, headers={"ETag": '"a"'}))(request)]
    sent += [CompressionMiddleware(lambda _request: HttpResponse(page.content))(request) for _number in range(20)]

    assert sent[0]["ETag"] == 'W/"a"'
    assert len({len(answer.content) for answer in sent}) > 1


@pytest.mark.parametrize("length", ["1000001", None])
def test_a_large_file_is_sent_as_it_comes(length: str | None) -> None:
    headers = {"Content-Length": length} if length else {}
    file = FileResponse(iter([b"a" * 500]), content_type="text/css", headers=headers)
    if not length:
        file.headers.pop("Content-Length", None)

    assert CompressionMiddleware(lambda _request: file)(RequestFactory().get("/", headers=TAKES)) is file


@pytest.mark.parametrize(
    ("kind", "is_packed"),
    [
        ("text/html; charset=utf-8", True),
        ("application/problem+json", True),
        ("image/svg+xml", True),
        ("application/pdf", False),
        ("application/zip", False),
        ("image/png", False),
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", False),
    ],
)
def test_only_text_is_compressed(kind: str, is_packed: bool) -> None:
    middleware = CompressionMiddleware(lambda _request: HttpResponse(b"a" * 5_000, content_type=kind))

    answer = middleware(RequestFactory().get("/", headers=TAKES))

    assert ("Content-Encoding" in answer.headers) is is_packed
    assert len(answer.content) == 5_000 or is_packed
