"""Bodies sent in chunks: Django reads as much as ``Content-Length`` says, and without one nothing at all."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from typing import IO, Any

from django.conf import settings

IN_MEMORY = 1024 * 1024
PART = 64 * 1024

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


def with_length(application: Application) -> Application:
    """Give a request in chunks the length it turns out to have, reading no more than the largest body there may be."""

    def counted(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ.get("HTTP_TRANSFER_ENCODING", "").strip().lower() != "chunked" or environ.get("CONTENT_LENGTH"):
            return application(environ, start_response)
        with ExitStack() as opened:
            body = opened.enter_context(tempfile.SpooledTemporaryFile(max_size=IN_MEMORY))
            environ["CONTENT_LENGTH"] = str(_copy(environ["wsgi.input"], body))
            environ["wsgi.input"] = body
            return _Answer(application(environ, start_response), opened.pop_all())

    return counted


def _copy(stream: Any, body: IO[bytes]) -> int:
    """Copy what a body may hold at most, and one byte more; return its length, with ``body`` at its start.

    By the one byte more, whoever reads the body sees that it is over the limit.
    """
    length, most = 0, settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    while length <= most and (part := stream.read(min(PART, most + 1 - length))):
        body.write(part)
        length += len(part)
    body.seek(0)
    return length


class _Answer:
    """An answer that closes what was opened for its request once the server is done with it."""

    def __init__(self, parts: Iterable[bytes], opened: ExitStack) -> None:
        self._parts = parts
        opened.callback(getattr(parts, "close", lambda: None))
        self.close = opened.close

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._parts)
