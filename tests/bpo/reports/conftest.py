"""What the tests of reports share: a programme with two months, its readers, and a document to attach."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import time_machine
from django.contrib.auth.models import User

from bpo.reports.attachable import found_editions
from bpo.services.reports import offer_editions
from tests.bpo import pages_sample
from tests.bpo.pages_sample import Programme
from tests.bpo.reports.world import BD7, Document, make_months
from tests.make import make_user
from vendors.choices import Role


@dataclass
class Readers:
    """Who reads the programme of vendor hanbit, and who does not."""

    manager: User
    executive: User
    vendor_admin: User
    department: User


@pytest.fixture
def at_bd7() -> Iterator[None]:
    with time_machine.travel(BD7, tick=False):
        yield


@pytest.fixture(autouse=True)
def _low_minimum(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the sample's figures above every minimum as long as a test does not shift them."""
    monkeypatch.setitem(pages_sample.TARGETS, "fcr", {**pages_sample.TARGETS["fcr"], "minimum": 55})


@pytest.fixture
def two_months() -> Programme:
    """Make vendor hanbit with a September five points better than its October."""
    return make_months(september=5, october=0)


@pytest.fixture
def readers(two_months: Programme) -> Readers:
    return Readers(
        manager=make_user("mina", Role.MANAGER),
        executive=make_user("sora", Role.EXECUTIVE),
        vendor_admin=make_user("bora", Role.VENDOR_ADMIN, two_months.vendor),
        department=make_user("duri", Role.DEPARTMENT),
    )


@pytest.fixture
def documents() -> Iterator[None]:
    """Offer two documents, one of them for all staff."""
    offer_editions(lambda: {"board": Document(), "all_staff": Document("All staff", refused=Role.ANALYST)})
    yield
    offer_editions(found_editions)
