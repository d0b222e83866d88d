"""The scorecard as a file: one printed page, and a workbook whose numbers are numbers."""

from __future__ import annotations

import io
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pandas as pd
import pypdf
import pytest
from django.test import Client

from bpo.models import Scorecard
from bpo.queries import cards_for, presented
from tests.bpo.scorecard_world import (
    IN_MAY,
    KOREAN_CARD,
    MANAGER,
    card_of,
    compute,
    finalised,
    korean_contract,
    service_level_contract,
)
from tests.cast import Cast, client_for
from tests.make import make_user
from vendors.choices import Role

EVIL = '=HYPERLINK("http://evil.example","x") #set page(width: 1cm)'


@pytest.fixture
def card(db: None) -> Scorecard:
    contract = korean_contract()
    contract.vendor.name_ko = contract.vendor.name = EVIL
    contract.vendor.save()
    compute(contract)
    return finalised(contract)


@pytest.fixture
def manager(card: Scorecard) -> Any:
    client: Any = client_for(user := make_user("manager", Role.MANAGER))
    client.user = user
    return client


def text_of(pdf: bytes) -> str:
    """Return the words of a PDF in reading order, each parted by one space."""
    return " ".join(" ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages).split())


def fetch(client: Any, card: Scorecard, kind: str, language: str = "ko") -> bytes:
    answer = client.get(f"/api/v1/scorecards/{card.pk}.{kind}", headers={"accept-language": language})
    assert answer.status_code == 200, answer.content
    assert f"_2026-04_v1.{kind}" in answer["Content-Disposition"]
    return bytes(answer.content)


def test_the_printed_page_is_one_and_has_the_figures_of_the_card(card: Scorecard, manager: Any) -> None:
    pdf = fetch(manager, card, "pdf")

    text = text_of(pdf)
    assert len(pypdf.PdfReader(io.BytesIO(pdf)).pages) == 1
    for word in ("월 평가표", "2026년 4월", "확정", "84.00", "작성", "검토", "승인", card.frozen.sha256):
        assert word in text
    for line in presented(cards_for(MANAGER).get(pk=card.pk))["lines"]:
        assert f"{Decimal(line['points']):.2f}" in text
        assert line["name_ko"] or line["name"] in text


def test_it_is_complete_in_english(card: Scorecard, manager: Any) -> None:
    text = text_of(fetch(manager, card, "pdf", "en"))

    assert "April 2026" in text
    assert "Sum before gates" in text
    assert not any("가" <= letter <= "힣" for letter in text)


def test_what_a_vendor_is_called_is_text_and_never_markup(card: Scorecard, manager: Any) -> None:
    assert EVIL in text_of(fetch(manager, card, "pdf"))

    sheet = pd.read_excel(io.BytesIO(fetch(manager, card, "xlsx")), header=None, engine="calamine")

    assert str(sheet.iloc[0, 0]).startswith(EVIL)


def test_the_same_card_is_the_same_bytes(card: Scorecard, manager: Any, frozen_clock: Any) -> None:
    before = {kind: fetch(manager, card, kind) for kind in ("pdf", "xlsx")}

    frozen_clock.move_to(IN_MAY + timedelta(days=200))

    later = client_for(manager.user)
    assert {kind: fetch(later, card, kind) for kind in ("pdf", "xlsx")} == before


def test_the_numbers_of_the_workbook_are_those_of_the_api(card: Scorecard, manager: Any) -> None:
    content = fetch(manager, card, "xlsx", "en")

    table = pd.read_excel(io.BytesIO(content), header=9, engine="calamine").set_index("KPI")
    lines = manager.get(f"/api/v1/scorecards/{card.pk}/").json()["lines"]
    assert len(lines) == len(KOREAN_CARD)
    for line in lines:
        row = table.loc[line["name"]]
        named = {"Target": "target", "Minimum": "minimum", "Actual": "value", "Score": "score", "Points": "points"}
        for column, field in named.items():
            assert Decimal(str(row[column])) == Decimal(line[field]), (line["kpi"], column)
    assert table.loc["Sum before gates", "Points"] == 84


def test_an_executive_gets_the_final_card_and_no_draft(card: Scorecard, cast: Cast) -> None:
    executive = client_for(cast.executive)
    contract = service_level_contract()
    compute(contract)

    assert executive.get(f"/api/v1/scorecards/{card.pk}.pdf").status_code == 200
    assert executive.get(f"/api/v1/scorecards/{card_of(contract).pk}.pdf").status_code == 404


@pytest.mark.parametrize("kind", ["pdf", "xlsx"])
def test_the_page_links_to_the_files(card: Scorecard, kind: str) -> None:
    client = Client()
    client.force_login(make_user("reader", Role.MANAGER))
    address = f"/scorecards/{card.pk}.{kind}"

    assert address in client.get(f"/scorecards/{card.pk}/").content.decode()
    answer = client.get(address)

    assert (answer.status_code, answer.content[:2]) == (200, {"pdf": b"%P", "xlsx": b"PK"}[kind])
