"""The guide of external factors: its requests are sent, in its order, and answered as it says; its figures come out."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User

from tests.kpis.factors.surge import come_to
from tests.kpis.factors.world import NOW, SLICE, approved, make_world, month, part
from vendors.models import Department
from vendors.services.relief_terms import FIELDS

GUIDE = Path(__file__).resolve().parents[3] / "kpis" / "services" / "factors" / "README.md"
REQUEST = re.compile(r"```http\n(\w+): (\w+) (\S+)\n(?:(\{.*\})\n)?(\d{3})(?: (\w+))?\n```")
PEOPLE = {"vendor": "jisu", "department": "it", "manager": "mina"}


def _table(head: str) -> dict[str, str]:
    """Return the rows of the table whose first column is headed so."""
    text = GUIDE.read_text(encoding="utf-8").partition(f"| {head} | service level |\n")[2].partition("\n\n")[0]
    return dict(re.findall(r"^\| ([^|]+) \| ([\d.]+) \|$", text, re.MULTILINE))


@pytest.mark.django_db
def test_it_is_answered_as_it_says(api: Callable[[Any], Any]) -> None:
    text, number = GUIDE.read_text(encoding="utf-8"), ""
    found = REQUEST.findall(text)
    assert len(found) == text.count("```http") == 12
    with time_machine.travel(NOW, tick=False):
        make_world()
        Department.objects.create(code="marketing", name="Marketing")
        for who, method, address, body, status, code in found:
            client = api(User.objects.get(username=PEOPLE[who]))
            kind = "application/json" if body else ""
            answer = client.generic(method, address.replace("{id}", number), body, content_type=kind)
            assert answer.status_code == int(status), (address, answer.content)
            number = str(answer.json().get("id") or number)
            assert not code or answer.json()["code"] == code


@pytest.mark.django_db
def test_its_table_is_what_comes_out() -> None:
    rows = _table("what is out")
    world = make_world()
    assert rows.pop("nothing (gross)") == f"{month(world)[0]:.2f}"
    approved(world, SLICE)
    assert rows.pop("the slice") == f"{month(world)[1]:.2f}"
    # The whole day is out whatever part of it is out already.
    approved(world, part())
    assert rows == {"the whole day": f"{month(world)[1]:.2f}"}


@pytest.mark.django_db
@pytest.mark.parametrize("relief", _table("relief"))
def test_its_other_methods_come_to_what_it_says(relief: str) -> None:
    row = come_to(relief)

    assert f"{row:.2f}" == _table("relief")[relief]


def test_its_table_of_terms_has_every_field() -> None:
    text = GUIDE.read_text(encoding="utf-8").partition("| field of `relief` |")[2].partition("\n\n")[0]

    assert re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE) == list(FIELDS)
