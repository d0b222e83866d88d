"""Every page is walked: each address of the pages is a page, an act or a file, and each page opens for a manager."""

from __future__ import annotations

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client

from bpo.urls import urlpatterns
from tests.bpo.pages_sample import AFTER
from tests.page_walk import ACTS, FILES, LEADS_ON, make_pages

pytestmark = pytest.mark.django_db


def test_every_address_is_a_page_or_named_as_something_else() -> None:
    assert {pattern.name for pattern in urlpatterns} >= ACTS | FILES | LEADS_ON

    with time_machine.travel(AFTER, tick=False):
        pages = make_pages()
        client = Client()
        client.force_login(User.objects.get(username="manager"))
        answers = {name: client.get(address) for name, address in pages.items()}

    assert {name: answer.status_code for name, answer in answers.items() if answer.status_code != 200} == {
        "sign-in": 302
    }
