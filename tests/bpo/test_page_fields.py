"""The forms of the pages: every field has a label, and what describes it is there."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.test import Client

from kpis.models import Reconciliation
from kpis.services.submissions import submit
from tests import make
from tests.bpo.completeness_sample import NOW, make_sample
from tests.bpo.corrections_world import a_closed_april, file
from tests.bpo.pages_sample import make_programme
from vendors.actors import KeyRole
from vendors.choices import Role
from vendors.models import MeasureProvision

pytestmark = pytest.mark.django_db


def day() -> str:
    make_sample()
    return "/completeness/narae/2026-11-23/"


def scorecard() -> str:
    return f"/scorecards/{make_programme().card().pk}/"


def correction() -> str:
    return f"/corrections/{file(a_closed_april()).pk}/"


def reconciliation() -> str:
    make.make_measure("offered")
    contract = make.make_contract()
    make.make_queue(contract, "voice")
    MeasureProvision.objects.create(contract=contract, measure="offered", owner="client", second="vendor")
    for actor, offered in ((make.make_actor(KeyRole.CLIENT_INGEST), 1000), (make.make_actor(), 1030)):
        submit(actor=actor, rows=[{"queue": "voice", "date": "2026-03-16", "measures": {"offered": offered}}], now=NOW)
    return f"/reconciliations/{Reconciliation.objects.get().pk}/"


@pytest.mark.parametrize("make_page", [day, scorecard, correction, reconciliation])
def test_what_a_field_refers_to_is_on_the_page_once(make_page: Callable[[], str]) -> None:
    with time_machine.travel(NOW, tick=False):
        client = Client()
        client.force_login(make.make_user(role=Role.MANAGER))
        text = client.get(make_page()).content.decode()

    ids = Counter(re.findall(r'\sid="([^"]+)"', text))
    named: set[Any] = {
        name for names in re.findall(r'\s(?:aria-describedby|for)="([^"]+)"', text) for name in names.split()
    }
    assert any(name.endswith("_helptext") for name in named)
    assert {name: ids[name] for name in named} == dict.fromkeys(named, 1)
