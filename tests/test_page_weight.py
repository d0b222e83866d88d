"""Each page is light and paints at once: at most 150 KB compressed with all it loads, no script before its words."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import time_machine
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.staticfiles import finders
from django.test import Client

from tests.bpo.pages_sample import AFTER
from tests.page_walk import make_pages

pytestmark = [pytest.mark.sqlite, pytest.mark.django_db]

HEAVIEST = 150_000
LOADED = re.compile(r"<(?:link|img|script|source|iframe)\b[^>]*?(?:href|src)=\"([^\"]+)\"[^>]*>")
SCRIPT = re.compile(r"<script\b([^>]*)>")
DEFERRED = re.compile(r"\b(?:defer|async|type=\"module\")")


@pytest.fixture
def read() -> Iterator[dict[str, str]]:
    """The text of every page, as a manager gets it, and the sign-in page as everybody does."""
    with time_machine.travel(AFTER, tick=False):
        pages = make_pages()
        manager, nobody = Client(), Client()
        manager.force_login(User.objects.get(username="manager"))
        yield {
            name: (nobody if name == "sign-in" else manager).get(address).content.decode()
            for name, address in pages.items()
        }


def weight(page: str) -> int:
    """Return the bytes a first visit loads: the page and every file it names, each compressed."""
    files = {urlsplit(address).path for address in LOADED.findall(page)}
    return sum(len(gzip.compress(content)) for content in [page.encode(), *map(content_of, files)])


def content_of(address: str) -> bytes:
    found = finders.find(address.removeprefix(f"/{settings.STATIC_URL.strip('/')}/"))
    assert found, f"{address} is no static file of the product"
    with open(found, "rb") as file:
        return file.read()


def test_each_page_weighs_at_most_150_kilobytes_and_no_script_stands_before_its_words(read: dict[str, str]) -> None:
    too_heavy = {name: kilobytes for name, page in read.items() if (kilobytes := weight(page)) > HEAVIEST}
    blocking = {name: tags for name, page in read.items() if (tags := blocking_scripts(page))}

    assert not too_heavy
    assert not blocking
    assert len(read) > 40


def blocking_scripts(page: str) -> list[str]:
    """Return the scripts that hold the first paint up: those neither deferred nor after everything."""
    return [tag for tag in SCRIPT.findall(page) if not DEFERRED.search(tag)]


def test_a_page_with_a_heavy_file_or_a_script_in_its_way_would_be_seen() -> None:
    page = '<link rel="stylesheet" href="/static/bpo/site.css"><script src="/static/bpo/site.css"></script>'

    assert weight(page) == len(gzip.compress(page.encode())) + len(gzip.compress(content_of("/static/bpo/site.css")))
    assert blocking_scripts(page) == [' src="/static/bpo/site.css"']
    assert blocking_scripts('<script defer src="/static/a.js"></script>') == []
