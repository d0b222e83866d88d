"""The guide of action plans: its requests are sent, in its order, and answered as it says."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cast import Cast
from tests.make import make_kpi

GUIDE = Path(__file__).resolve().parent.parent.parent / "bpo" / "services" / "plans" / "README.md"
REQUEST = re.compile(r"```http\n(\w+): (\w+) (\S+)\n(?:(\{.*\})\n)?(\d{3})(?: (\w+))?\n```")


@pytest.mark.django_db
@pytest.mark.usefixtures("frozen_clock")
def test_it_is_answered_as_it_says(cast: Cast, api: Callable[[Any], Any]) -> None:
    make_kpi("answer_share")
    clients = {"manager": api(cast.manager), "vendor": api(cast.member)}
    text, number = GUIDE.read_text(encoding="utf-8"), ""
    found = REQUEST.findall(text)

    for who, method, address, body, status, code in found:
        kind = "application/json" if body else ""
        answer = clients[who].generic(method, address.replace("{id}", number), body, content_type=kind)
        assert answer.status_code == int(status), (address, answer.content)
        assert not code or answer.json()["code"] == code
        number = str(answer.json().get("id") or number)

    assert len(found) == text.count("```http") == 8
