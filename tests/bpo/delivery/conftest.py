"""What the tests of sending share: a vendor, and a receiver on this machine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test.utils import override_settings

from tests.bpo.delivery.world import Receiver, receiver
from tests.make import make_vendor
from vendors.models import Vendor


@pytest.fixture
def vendor() -> Vendor:
    return make_vendor("hanbit", name="Hanbit", name_ko="한빛")


@pytest.fixture
def room() -> Iterator[Receiver]:
    """A receiver on this machine that the settings allow."""
    with receiver() as made, override_settings(WEBHOOK_HOSTS_ALLOWED=["127.0.0.1"]):
        yield made
