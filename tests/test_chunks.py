"""Bodies in chunks: given their length, and let go of when the answer is."""

from __future__ import annotations

import io
from collections.abc import Iterable
from contextlib import closing
from typing import Any

import pytest

from config.chunks import IN_MEMORY, with_length
from config.settings import DATA_UPLOAD_MAX_MEMORY_SIZE as MOST_BYTES

CHUNKED = {"HTTP_TRANSFER_ENCODING": "chunked"}


class Application:
    """Reads what ``CONTENT_LENGTH`` says, as Django does, and remembers it."""

    def __init__(self) -> None:
        self.input: Any = None
        self.body = b""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        self.input = environ["wsgi.input"]
        self.body = self.input.read(int(environ.get("CONTENT_LENGTH") or 0))
        if self.body == b"break":
            raise RuntimeError
        return [b"answer"]


@pytest.mark.parametrize("size", [0, 5, IN_MEMORY + 1])
def test_it_gives_a_body_in_chunks_its_length(size: int) -> None:
    application = Application()

    answer = with_length(application)({**CHUNKED, "wsgi.input": io.BytesIO(b"x" * size)}, None)

    assert (b"".join(answer), application.body) == (b"answer", b"x" * size)
    assert not application.input.closed
    answer.close()  # type: ignore[attr-defined]
    assert application.input.closed


def test_it_reads_one_byte_more_than_a_body_may_have() -> None:
    application = Application()

    with closing(with_length(application)({**CHUNKED, "wsgi.input": io.BytesIO(b"x" * (MOST_BYTES + 100))}, None)):
        pass

    assert len(application.body) == MOST_BYTES + 1


def test_it_lets_go_of_the_body_when_the_application_breaks() -> None:
    application = Application()

    with pytest.raises(RuntimeError):
        with_length(application)({**CHUNKED, "wsgi.input": io.BytesIO(b"break")}, None)

    assert application.input.closed


def test_it_leaves_a_body_with_a_length_alone() -> None:
    application, body = Application(), io.BytesIO(b"plain")

    answer = with_length(application)({"CONTENT_LENGTH": "5", "wsgi.input": body}, None)

    assert (answer, application.input, application.body) == ([b"answer"], body, b"plain")
