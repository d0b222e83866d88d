"""Logs: one line an event, with the request's id, and never a secret."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cast import Cast, client_for
from vendors.logs import line_formatter, without_secrets

KEY = "bpo_live_0123abcd_" + "A" * 43


@pytest.fixture
def lines() -> Iterator[Any]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(line_formatter("json"))
    logging.getLogger().addHandler(handler)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logging.getLogger().removeHandler(handler)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (f"got {KEY} from", "got bpo_live_0123abcd_[hidden] from"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer [hidden]"),
        ("redis://user:hunter2@host/0", "redis://user:[hidden]@host/0"),
        ("redis://:hunter2@host/0", "redis://:[hidden]@host/0"),
        ("nothing to hide", "nothing to hide"),
    ],
)
def test_it_masks_secrets_in_texts(text: str, masked: str) -> None:
    assert without_secrets(text) == masked


def test_it_masks_values_by_their_name(lines: Any) -> None:
    logging.getLogger("x").info("event", extra={"password": "p", "api_key": "k", "sessionid": "s", "path": "/a/"})

    (line,) = lines()

    assert (line["password"], line["api_key"], line["sessionid"]) == ("[hidden]",) * 3
    assert line["path"] == "/a/"
    assert line["level"] == "info"


def test_nobody_writes_a_line_of_their_own(lines: Any) -> None:
    logging.getLogger("x").warning("name: %s", 'a\r\n{"event":"forged"}\x1b[31m')

    (line,) = lines()

    assert line["event"] == 'name: a\\r\\n{"event":"forged"}\\x1b[31m'


def test_it_logs_a_traceback_without_its_secrets(lines: Any) -> None:
    try:
        raise ValueError(f"bad key {KEY}")
    except ValueError:
        logging.getLogger("x").exception("failed")

    (line,) = lines()

    assert "Traceback" in line["exception"]
    assert "A" * 43 not in line["exception"]


@pytest.mark.django_db
def test_a_request_names_its_id_and_actor(cast: Cast, lines: Any) -> None:
    client = client_for(cast.member)

    client.get("/api/v1/vendors/narae/", headers={"x-request-id": "journey-42-abcdef"})

    assert {(line["request_id"], line["actor"]) for line in lines()} == {("journey-42-abcdef", "user:member-of-a")}


@pytest.mark.django_db
def test_a_refused_key_is_logged_by_its_prefix_only(lines: Any) -> None:
    client_for(KEY).get("/api/v1/me/")

    text = json.dumps(lines())

    assert "0123abcd" in text
    assert "A" * 43 not in text
