"""Each page is light and paints at once: at most 150 KB are sent with all it loads, no script before its words."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from django.contrib.auth.models import User
from django.contrib.staticfiles import finders
from django.test import Client

from tests.bpo.pages_sample import AFTER
from tests.page_walk import make_pages

pytestmark = [pytest.mark.sqlite, pytest.mark.django_db]

TAKES = {"accept-encoding": "gzip"}
HEAVIEST = 150_000
LOADED = re.compile(r"<(?:link|img|script|source|iframe)\b[^>]*?(?:href|src)=\"([^\"]+)\"[^>]*>")
SCRIPT = re.compile(r"<script\b([^>]*)>")
DEFERRED = re.compile(r"\b(?:defer|async|type=\"module\")")


@pytest.fixture
def read() -> Iterator[dict[str, bytes]]:
    """Every page as it is sent to a manager's browser, and the sign-in page as it is to everybody's."""
    with time_machine.travel(AFTER, tick=False):
        pages = make_pages()
        manager, nobody = Client(headers=TAKES), Client(headers=TAKES)
        manager.force_login(User.objects.get(username="manager"))
        yield {name: (nobody if name == "sign-in" else manager).get(address).content for name, address in pages.items()}


def weight(sent: bytes) -> int:
    """Return the bytes a first visit loads: the page and every file it names, as they are sent."""
    files = {urlsplit(address).path for address in LOADED.findall(text_of(sent))}
    return len(sent) + sum(map(weight_of, files))


def text_of(sent: bytes) -> str:
    return gzip.decompress(sent).decode()


@cache
def weight_of(address: str) -> int:
    """Return how many bytes of a file are sent; a font or picture is as long as it is."""
    answer: Any = Client(headers=TAKES).get(address)
    assert answer.status_code == 200, f"{address} is no static file of the product"
    sent = b"".join(answer)
    answer.close()
    return len(sent)


def test_each_page_weighs_at_most_150_kilobytes_and_no_script_stands_before_its_words(read: dict[str, bytes]) -> None:
    too_heavy = {name: kilobytes for name, page in read.items() if (kilobytes := weight(page)) > HEAVIEST}
    blocking = {name: tags for name, page in read.items() if (tags := blocking_scripts(text_of(page)))}

    assert not too_heavy
    assert not blocking
    assert len(read) > 40


def blocking_scripts(page: str) -> list[str]:
    """Return the scripts that hold the first paint up: those neither deferred nor after everything."""
    return [tag for tag in SCRIPT.findall(page) if not DEFERRED.search(tag)]


def test_a_page_with_a_heavy_file_or_a_script_in_its_way_would_be_seen() -> None:
    page = '<link rel="stylesheet" href="/static/bpo/site.css"><script src="/static/bpo/site.css"></script>'
    sent, sheet = gzip.compress(page.encode()), finders.find("bpo/site.css")
    assert sheet is not None
    length = Path(sheet).stat().st_size

    assert len(sent) + length / 10 < weight(sent) < len(sent) + length / 2
    assert blocking_scripts(page) == [' src="/static/bpo/site.css"']
    assert blocking_scripts('<script defer src="/static/a.js"></script>') == []
