"""Every answer carries an id and the security headers."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.cast import Cast

pytestmark = pytest.mark.django_db


def test_it_echoes_a_well_formed_id() -> None:
    response = Client().get("/api/v1/me/", headers={"x-request-id": "journey-42-abcdef"})

    assert response["X-Request-ID"] == "journey-42-abcdef"
    assert response.json()["request_id"] == "journey-42-abcdef"


@pytest.mark.parametrize("given", ["", "short", "x" * 65, "a b c d e f", "<script>alert", "a\r\nSet-Cookie: x"])
def test_it_makes_its_own_id_otherwise(given: str) -> None:
    response = Client().get("/api/v1/me/", headers={"x-request-id": given})

    assert response["X-Request-ID"] != given
    assert len(response["X-Request-ID"]) == 32


@pytest.mark.parametrize(
    "path", ["/api/v1/vendors/", "/api/v1/nothing/", "/api/schema/", "/api/docs/", "/admin/login/", "/nothing/"]
)
@pytest.mark.parametrize("host", ["testserver", "evil.example"])
def test_every_answer_has_the_security_headers(path: str, host: str) -> None:
    response: Any = Client(HTTP_HOST=host).get(path)

    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    assert response["X-Frame-Options"] == "DENY"
    assert "camera=()" in response["Permissions-Policy"]
    assert "Server" not in response
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "http" not in policy
    assert ("unsafe" in policy) == path.startswith("/admin/")
    assert ("unsafe-eval" in policy) == path.startswith("/admin/")
    if path.startswith("/api/"):
        assert "no-store" in response["Cache-Control"]


def test_the_page_of_the_api_asks_no_other_host(cast: Cast, api: Any) -> None:
    response = api(cast.member).get("/api/docs/", headers={"accept": "text/html"})

    page = response.content.decode()
    assert response.status_code == 200
    assert 'src="http' not in page
    assert 'href="http' not in page
