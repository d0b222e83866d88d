"""Answers are kept until something is written: the same reader is answered from memory, and never what is past."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.core.cache import caches
from django.db import transaction
from django.test import Client
from rest_framework.test import APIClient

from bpo.models import Scorecard
from tests.bpo.pages_sample import AFTER, Programme, make_programme
from tests.cast import client_for
from tests.checks import queries_of
from tests.make import make_key, make_user
from vendors.kept import Committed
from vendors.models import Membership

pytestmark = pytest.mark.django_db(transaction=True)
A_SESSION_A_USER_AND_ITS_ROLES = 3
PAGES = ["/overview/?on=2026-10-01", "/scorecards/{pk}/", "/kpis/answer_rate/?contract=hanbit-order", "/compare/"]


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    caches["kept"].clear()
    with time_machine.travel(AFTER, tick=False):
        yield


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have nobody write: the snapshot is of the whole server, on which other tests run beside this one."""
    monkeypatch.setattr(Committed, "template", "'quiet'")


@pytest.fixture
def programme() -> Programme:
    return make_programme()


@pytest.fixture
def card(programme: Programme) -> Scorecard:
    return Scorecard.objects.get(contract=programme.contract)


def reader(role: str = "manager", language: str = "en", name: str = "") -> Client:
    """Sign somebody in who has been here before: the first page hands out the secret of forms, and is not kept."""
    client = Client(headers={"accept-language": language})
    client.force_login(make_user(name, role=role))
    client.get("/overview/")
    return client


def read(client: Client | APIClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


@pytest.mark.postgres
@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("address", PAGES)
def test_a_page_is_computed_once_while_nothing_is_written(card: Scorecard, address: str) -> None:
    client, address = reader(), address.format(pk=card.pk)
    first = read(client, address)

    assert len(queries_of(lambda: read(client, address))) == A_SESSION_A_USER_AND_ITS_ROLES
    assert read(client, address) == first


@pytest.mark.postgres
@pytest.mark.usefixtures("quiet")
def test_an_answer_of_the_api_is_computed_once_while_nothing_is_written(card: Scorecard) -> None:
    client = client_for(make_key("manager"))
    address = f"/api/v1/scorecards/{card.pk}/"
    read(client, address)
    first = client.get(address)
    again = client.get(address)

    assert len(queries_of(lambda: read(client, address))) == 1
    assert again.content == first.content
    assert again.headers["Content-Type"] == first.headers["Content-Type"]
    assert again.headers["Vary"] == first.headers["Vary"]


@pytest.mark.postgres
def test_every_commit_gives_the_state_another_name(card: Scorecard) -> None:
    names = []
    for number in range(5):
        card.lines.update(comment=f"Note {number}")
        names.append(Scorecard.objects.annotate(name=Committed()).values_list("name", flat=True)[0])

    assert len(set(names)) == 5


@pytest.mark.postgres
def test_whatever_is_written_is_seen_at_once(card: Scorecard) -> None:
    client, address = reader(), f"/scorecards/{card.pk}/"
    read(client, address)

    card.lines.update(comment="Storm on the 12th.")

    assert "Storm on the 12th." in read(client, address)


@pytest.mark.postgres
def test_what_is_not_committed_is_never_kept(card: Scorecard) -> None:
    client, address = reader(), f"/scorecards/{card.pk}/"
    with transaction.atomic():
        card.lines.update(comment="Storm on the 12th.")
        assert "Storm on the 12th." in read(client, address)
        transaction.set_rollback(True)

    assert "Storm on the 12th." not in read(client, address)


@pytest.mark.postgres
@pytest.mark.usefixtures("quiet")
def test_each_reader_has_answers_of_their_own(card: Scorecard) -> None:
    address = f"/scorecards/{card.pk}/"
    manager, korean, analyst = reader(name="mina"), reader(language="ko"), reader("analyst", name="juno")
    pages = [read(client, address) for client in (manager, korean, analyst)]

    assert [read(client, address) for client in (manager, korean, analyst)] == pages
    assert len(set(pages)) == 3
    assert "mina" not in pages[2]
    assert "juno" in pages[2]


@pytest.mark.postgres
def test_who_lost_a_role_is_shown_nothing_of_before(card: Scorecard) -> None:
    client, address = reader(), f"/scorecards/{card.pk}/"
    read(client, address)

    Membership.objects.all().delete()

    assert client.get(address).status_code == 403


@pytest.mark.postgres
def test_a_form_of_a_kept_page_is_taken(card: Scorecard) -> None:
    client = Client(enforce_csrf_checks=True, headers={"accept-language": "en"})
    client.force_login(make_user(role="manager"))
    address = f"/scorecards/{card.pk}/"
    for _time in range(3):
        page = read(client, address)
    token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', page)
    assert token is not None

    shared = client.post(f"{address}share/", {"csrfmiddlewaretoken": token[1]})

    assert shared.status_code == 302, shared.content
    assert Scorecard.objects.get(pk=card.pk).status == "shared"


@pytest.mark.postgres
@pytest.mark.usefixtures("quiet")
def test_what_is_told_once_is_not_kept(card: Scorecard) -> None:
    client = reader()
    address = f"/scorecards/{card.pk}/"
    client.post(f"{address}share/")

    told, after = read(client, address), read(client, address)

    assert 'role="status"' in told
    assert 'role="status"' not in after
    assert read(client, address) == after


@pytest.mark.postgres
@pytest.mark.usefixtures("quiet")
def test_an_answer_is_kept_for_a_minute_at_most(card: Scorecard) -> None:
    client, address = reader(), "/overview/?on=2026-10-01"
    read(client, address)

    with time_machine.travel(AFTER + timedelta(seconds=61), tick=False):
        assert len(queries_of(lambda: read(client, address))) > A_SESSION_A_USER_AND_ITS_ROLES


@pytest.mark.sqlite
def test_nothing_is_kept_on_sqlite(card: Scorecard) -> None:
    client, address = reader(), f"/scorecards/{card.pk}/"
    read(client, address)

    assert len(queries_of(lambda: read(client, address))) > A_SESSION_A_USER_AND_ITS_ROLES
