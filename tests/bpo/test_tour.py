"""The guided tour: its stops open for whoever is shown them, and no other page knows of it."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client

from bpo.queries.tour import tour_of
from bpo.services.demonstration.cast import VENDORS
from bpo.services.demonstration.filling import steps
from bpo.services.setup import load_shipped_data
from tests.bpo.pages_sample import signed_in
from tests.make import make_actor
from vendors.choices import Role
from vendors.models import Vendor

pytestmark = [pytest.mark.sqlite, pytest.mark.django_db]

NOW = datetime(2026, 11, 23, 12, tzinfo=ZoneInfo("Asia/Seoul"))


@pytest.fixture
def _demonstration(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Four months of the vendor the story is about, so that its outage lies in a month with a card."""
    monkeypatch.setattr("bpo.services.demonstration.story.MONTHS", 4)
    with time_machine.travel(NOW, tick=False):
        load_shipped_data(now=NOW)
        others = {vendor.code for vendor in VENDORS if vendor.code != "hanbit"}
        for step in steps(now=NOW):
            if step.label.partition(" ")[2] not in others:
                step.run()
        yield


def addresses(client: Client) -> list[str]:
    page = client.get("/tour/").content.decode().partition('class="panel tour-stops"')[2].partition("</ol>")[0]
    return [address.replace("&amp;", "&") for address in re.findall(r'href="([^"]+)"', page)]


@pytest.mark.usefixtures("_demonstration")
def test_every_stop_opens_for_whoever_is_shown_it() -> None:
    counts = {}
    for role, vendor in ((Role.MANAGER, None), (Role.EXECUTIVE, None), (Role.VENDOR_ADMIN, "hanbit")):
        client = signed_in(role, Vendor.objects.get(code=vendor) if vendor else None, language="en")
        stops = addresses(client)
        counts[role] = len(stops)
        for number, address in enumerate(stops, start=1):
            page = client.get(address)
            assert page.status_code == 200, address
            assert f"Guided tour · {number} of {len(stops)}" in page.content.decode()
    assert counts[Role.MANAGER] == 9
    assert counts[Role.EXECUTIVE] == 6
    assert counts[Role.VENDOR_ADMIN] == 8
    assert "/tour/" in client.get("/today/").content.decode()
    for number in ("0", "99", "x", "²"):
        assert "Guided tour ·" not in client.get(f"/alerts/?tour={number}").content.decode()


def test_without_a_demonstration_it_says_how_to_get_one() -> None:
    client = signed_in(Role.MANAGER, language="en")

    assert "up --demo" in client.get("/tour/").content.decode()
    assert "/tour/" not in client.get("/today/").content.decode()
    assert "Guided tour ·" not in client.get("/alerts/?tour=1").content.decode()
    assert tour_of(make_actor(Role.MANAGER)) == []
