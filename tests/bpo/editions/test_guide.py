"""The guide of documents (bpo/reports/README.md): its table is complete, its requests are answered as it says."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bpo.reports.editions import EDITIONS
from tests.bpo.pages_sample import Programme
from tests.make import make_user
from vendors.choices import Role

GUIDE = (Path(__file__).resolve().parents[3] / "bpo" / "reports" / "README.md").read_text(encoding="utf-8")
REQUEST = re.compile(r"```http\n(\w+): (GET) (\S+)\n(\d{3})(?: (\S+))?\n```")


def test_its_table_has_every_document() -> None:
    assert re.findall(r"^\| `(\w+)` \|", GUIDE, re.MULTILINE) == list(EDITIONS)


@pytest.mark.django_db
@pytest.mark.usefixtures("after_the_month")
def test_it_is_answered_as_it_says(programme: Programme, api: Callable[[Any], Any]) -> None:
    clients = {
        "manager": api(make_user("manager", Role.MANAGER)),
        "vendor": api(make_user("vendor", Role.VENDOR_ADMIN, programme.vendor)),
    }
    found = REQUEST.findall(GUIDE)

    for who, method, address, status, told in found:
        answer = clients[who].generic(method, address)
        assert answer.status_code == int(status), address
        if status == "200" and told:
            assert answer["Content-Disposition"] == f'attachment; filename="{told}"'
        elif told:
            assert answer.json()["code"] == told

    assert len(found) == GUIDE.count("```http") == 5
