"""Guessing passwords: five tries in 15 minutes for an account, fifty from one address, one account like another."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine
from django.test import Client

from tests.make import make_user
from vendors.choices import Role
from vendors.models import UsageCounter

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]

PASSWORD = "correct horse battery"
URL = "/sign-in/"


@pytest.fixture(autouse=True)
def _mina(db: None) -> None:
    make_user("mina", Role.MANAGER, is_staff=True)


def attempt(name: str = "mina", password: str = "wrong", address: str = "198.51.100.1", url: str = URL) -> Any:
    client = Client(headers={"accept-language": "ko"})
    return client.post(url, {"username": name, "password": password}, REMOTE_ADDR=address)


@pytest.mark.parametrize("name", ["mina", "nobody"])
def test_the_sixth_try_is_refused_whether_the_account_exists_or_not(name: str) -> None:
    assert [attempt(name).status_code for _ in range(5)] == [200] * 5

    refused = attempt(name)

    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "900")
    assert "15분 뒤에" in refused.content.decode()


def test_the_right_password_does_not_help_while_it_is_locked_and_does_afterwards(
    frozen_clock: time_machine.Coordinates,
) -> None:
    for _ in range(5):
        attempt()
    assert attempt(password=PASSWORD).status_code == 429

    frozen_clock.shift(15 * 60 - 1)
    late = attempt(password=PASSWORD)
    assert (late.status_code, late.headers["Retry-After"]) == (429, "1")
    frozen_clock.shift(1)
    assert attempt(password=PASSWORD).status_code == 302


def test_the_fifth_try_may_be_the_right_one_and_counting_begins_anew() -> None:
    for _ in range(2):
        assert [attempt().status_code for _ in range(4)] == [200] * 4
        assert attempt(password=PASSWORD).status_code == 302


def test_writing_the_name_differently_is_the_same_account() -> None:
    for name in ("mina", "MINA", " mina ", "ｍｉｎａ", "Mina"):
        attempt(name)
    assert attempt().status_code == 429


def test_an_empty_password_counts_nothing_and_resets_nothing() -> None:
    for _ in range(5):
        attempt()
    assert attempt(password="").status_code == 200
    assert attempt().status_code == 429


def test_another_account_is_not_meant() -> None:
    make_user("jisu", Role.MANAGER)
    for _ in range(6):
        attempt()
    assert attempt("jisu", PASSWORD).status_code == 302


@pytest.mark.parametrize(("tries", "status"), [(49, 200), (50, 429)])
def test_one_address_guesses_at_fifty_accounts(tries: int, status: int) -> None:
    for number in range(tries):
        attempt(f"user-{number}")

    assert attempt("somebody").status_code == status
    assert attempt("somebody", address="198.51.100.2").status_code == 200


def test_a_whole_centre_signs_in_from_one_address(settings: Any) -> None:
    settings.SIGN_IN_TRIES_OF_ADDRESS = 3
    assert [attempt(password=PASSWORD).status_code for _ in range(5)] == [302] * 5


def test_the_administrations_own_form_counts_too() -> None:
    for _ in range(5):
        attempt(url="/admin/login/")

    refused = attempt(password=PASSWORD, url="/admin/login/")
    assert "15분 뒤에" in refused.content.decode()
    assert attempt().status_code == 429


def test_nothing_that_was_typed_is_kept() -> None:
    attempt("a-password-by-mistake")
    assert not UsageCounter.objects.filter(subject__contains="mistake").exists()


def test_zero_is_no_limit(settings: Any) -> None:
    settings.SIGN_IN_TRIES = 0
    assert {attempt().status_code for _ in range(10)} == {200}
