"""Answers are sent compressed to whoever takes gzip: nothing in front of the service has to do it."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse
from django.middleware.gzip import GZipMiddleware

TEXT = ("text/", "image/svg+xml")
STRUCTURED = ("json", "javascript", "xml", "yaml", "openapi")
"""What the subtype of an application type ends with, or is, where it is text: ``problem+json``."""
LARGEST_FILE = 1_000_000
"""A static file beyond this is sent as it is."""


class CompressionMiddleware(GZipMiddleware):
    """Compress pages, answers of the API and static files; everything else is left as it is.

    Workbooks, PDF and archives are compressed already, and a download that is streamed must not wait for its end. The
    padding of the base class keeps the length from telling what a page holds (BREACH).
    """

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        if not is_text(response.headers.get("Content-Type", "")):
            return response
        if response.streaming:
            if not _is_small_file(request, response):
                return response
            response = _whole(response)
        return super().process_response(request, response)


def is_text(content_type: str) -> bool:
    """Say whether a media type is of text."""
    name = content_type.partition(";")[0].strip().lower()
    return name.startswith(TEXT) or (name.startswith("application/") and name.endswith(STRUCTURED))


def _is_small_file(request: HttpRequest, response: Any) -> bool:
    """Say whether a whole static file is answered: parts of one (206) and downloads are no such thing."""
    if request.method != "GET" or response.status_code != 200 or not isinstance(response, FileResponse):
        return False
    return int(response.headers.get("Content-Length", LARGEST_FILE + 1)) <= LARGEST_FILE


def _whole(response: FileResponse) -> HttpResponse:
    found = HttpResponse(b"".join(response))
    found.headers = response.headers
    response.close()
    return found
