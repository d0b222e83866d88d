"""The guide of closing a month (bpo/README.md): its requests are sent, in its order, and answered as it says."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from kpis.services.recalculation import drain
from kpis.services.submissions import submit
from tests.cast import Cast
from tests.conftest import NOW
from tests.make import make_actor, make_kpi, make_target
from vendors.calc.closing import KOREAN_DEFAULT
from vendors.services.closing_terms import LIMITS, STEPS

GUIDE = Path(__file__).resolve().parent.parent.parent / "bpo" / "README.md"
REQUEST = re.compile(r"```http\n(\w+): (\w+) (\S+)\n(?:(\{.*\})\n)?(\d{3})(?: (\w+))?\n```")


@pytest.mark.django_db
@pytest.mark.usefixtures("frozen_clock")
def test_it_is_answered_as_it_says(cast: Cast, api: Callable[[Any], Any]) -> None:
    make_target(cast.contract, make_kpi("answer_share"), 90, weight=100)
    rows = [
        {"queue": cast.queue.code, "date": day, "measures": {"offered": 100, "answered": 90}}
        for day in ("2026-10-05", "2026-11-05")
    ]
    submit(actor=make_actor(), rows=rows, now=NOW)
    drain(now=NOW)
    clients = {"manager": api(cast.manager), "vendor": api(cast.member)}
    found = REQUEST.findall(GUIDE.read_text(encoding="utf-8"))
    number = ""

    for who, method, address, body, status, code in found:
        answer = clients[who].generic(
            method, address.replace("{id}", number), body, content_type="application/json" if body else ""
        )
        assert answer.status_code == int(status), (address, answer.content)
        document = answer.json()
        if code:
            assert code in {document["code"], *(error["code"] for error in document["errors"])}
        number = str(document.get("id") or number) if "correction" in address else number

    assert len(found) == GUIDE.read_text(encoding="utf-8").count("```http") >= 10


def test_its_table_has_every_field_and_the_default() -> None:
    rows = re.findall(r"^\| `(\w+)` \|.*\| ?`?([^|`]*?)`? ?\|$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE)

    assert [name for name, _ in rows] == ["daily_cutoff", *STEPS, "invoice_day", *LIMITS, "share_automatically"]
    assert {name: value for name, value in rows if value} == {k: str(v) for k, v in KOREAN_DEFAULT.items()}


@pytest.mark.django_db
@pytest.mark.usefixtures("frozen_clock")
def test_it_names_the_dates_of_november(cast: Cast, api: Callable[[Any], Any]) -> None:
    api(cast.manager).patch("/api/v1/contracts/hanbit-2026/", {"closing": "korean_default"}, format="json")

    november = api(cast.member).get("/api/v1/contracts/hanbit-2026/").json()["calendar"][1]

    days = [date.fromisoformat(november[f"{name}_on"]).day for name in STEPS]
    assert days == [2, 3, 8, 9]
    assert "closes on 2 December, is shared on the 3rd, open to objections until the 8th and final on the 9th" in (
        GUIDE.read_text(encoding="utf-8")
    )
