"""Signing in and out, and the language of the pages."""

from __future__ import annotations

import pytest
from django.test import Client

from tests import make
from tests.bpo.pages_sample import signed_in
from vendors.choices import Role

pytestmark = pytest.mark.django_db

LIST = "/scorecards/"


@pytest.mark.parametrize("path", [LIST, "/scorecards/1/", "/scorecards/1/explain/", "/scorecards/1/share/"])
def test_it_sends_anonymous_readers_to_sign_in_and_back(client: Client, path: str) -> None:
    answer = client.get(path)

    assert answer.status_code == 302
    assert answer["Location"] == f"/sign-in/?next={path}"


def test_it_signs_in_and_returns_to_the_page_asked_for(client: Client) -> None:
    make.make_user("mina", Role.MANAGER)

    answer = client.post(
        f"/sign-in/?next={LIST}", {"username": "mina", "password": "correct horse battery", "next": LIST}
    )

    assert answer["Location"] == LIST


def test_it_does_not_say_which_of_name_and_password_is_wrong(client: Client) -> None:
    make.make_user("mina", Role.MANAGER)

    texts = {
        client.post("/sign-in/", {"username": name, "password": "wrong"})
        .content.decode()
        .split('role="alert"')[1][:400]
        for name in ("mina", "nobody-at-all")
    }

    assert len(texts) == 1


def test_it_never_redirects_to_another_site_after_sign_in(client: Client) -> None:
    make.make_user("mina", Role.MANAGER)

    answer = client.post(
        "/sign-in/", {"username": "mina", "password": "correct horse battery", "next": "https://evil.example/"}
    )

    assert answer["Location"] == "/"


def test_it_signs_out_only_by_post() -> None:
    client = signed_in(Role.MANAGER)

    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/")["Location"] == "/sign-in/"
    assert client.get(LIST).status_code == 302


def test_it_keeps_the_language_that_was_chosen(client: Client) -> None:
    client.post("/i18n/setlang/", {"language": "en", "next": "/sign-in/"})
    assert 'lang="en"' in client.get("/sign-in/").content.decode()

    client.post("/i18n/setlang/", {"language": "ko", "next": "/sign-in/"})
    assert '<html lang="ko"' in client.get("/sign-in/").content.decode()
