"""What a month is worth, on the scorecard's printed page and in its workbook: for who reads money, and for no other."""

from __future__ import annotations

import io
from decimal import Decimal

import pypdf
import pytest
import time_machine
from python_calamine import CalamineWorkbook

from bpo.queries.card_reading import read_card
from bpo.queries.money_panel import money_panel
from bpo.queries.pages import card_page
from bpo.reports.scorecard_print import printed
from tests.bpo.money_world import BY_GRADE, PERCENTS, agree
from tests.bpo.pages_sample import AFTER, MONTH, Programme, make_programme, signed_in
from tests.bpo.scorecard_world import MANAGER
from tests.cast import client_for
from tests.make import make_actor, make_user
from vendors.choices import Role
from vendors.models import Contract

pytestmark = pytest.mark.django_db


@pytest.fixture
def programme() -> Programme:
    programme = make_programme()
    agree(programme.contract, BY_GRADE, MONTH)
    return programme


def sheets_of(content: bytes) -> dict[str, list[list[object]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


@time_machine.travel(AFTER, tick=False)
def test_the_printed_page_says_what_the_month_is_worth_with_every_step(programme: Programme) -> None:
    address = f"/scorecards/{programme.card().pk}.pdf"

    content = signed_in(Role.MANAGER, language="ko").get(address).content

    pages = pypdf.PdfReader(io.BytesIO(content)).pages
    text = pages[0].extract_text()
    worth = 1_200_000 * PERCENTS[programme.card().grade]
    assert len(pages) == 1
    assert "120,000,000원" in text
    assert f"{abs(worth):,.0f}원" in text


@time_machine.travel(AFTER, tick=False)
def test_the_workbook_holds_the_amounts_of_the_api_as_numbers(programme: Programme) -> None:
    client = client_for(make_user(role=Role.MANAGER))
    address = f"/api/v1/scorecards/{programme.card().pk}"
    told = client.get(f"{address}/money/").json()

    rows = sheets_of(client.get(f"{address}.xlsx").content)["Money"]

    amounts = [row[2] for row in rows[3:]]
    assert amounts == [float(step["amount"]) for step in told["steps"]]
    assert rows[2][2] == "Amount (KRW)"


@time_machine.travel(AFTER, tick=False)
def test_who_reads_no_money_is_told_none_on_paper(programme: Programme) -> None:
    address = f"/scorecards/{programme.card().pk}"
    department = signed_in(Role.DEPARTMENT, language="en")

    papers = department.get(f"{address}.xlsx"), department.get(f"{address}.pdf")

    # A card that is not final is no page of theirs at all; what they are shown is without money.
    assert {paper.status_code for paper in papers} <= {200, 404}
    read = read_card(programme.card().pk, MANAGER)
    assert read is not None
    page = card_page(read[0], MANAGER, read[1])
    assert money_panel(page, make_actor(Role.DEPARTMENT), now=AFTER) is None
    assert printed(page, None)["money"] is None


@time_machine.travel(AFTER, tick=False)
def test_a_pilot_says_on_paper_that_it_is_worth_none(programme: Programme) -> None:
    Contract.objects.filter(pk=programme.contract.pk).update(is_pilot=True)

    rows = sheets_of(signed_in(Role.MANAGER, language="en").get(f"/scorecards/{programme.card().pk}.xlsx").content)

    assert rows["Money"][0][0] == "A pilot is worth no money."


@time_machine.travel(AFTER, tick=False)
def test_the_overview_on_paper_says_what_the_month_costs(programme: Programme) -> None:
    agree(programme.contract, {**BY_GRADE, "percents": dict.fromkeys(PERCENTS, Decimal(-2))}, MONTH)
    manager = signed_in(Role.MANAGER, language="en")

    paper = manager.get("/overview/overview_pdf/?on=2026-10-01").content
    rows = next(iter(sheets_of(manager.get("/overview/overview_xlsx/?on=2026-10-01").content).values()))

    assert "−₩2,400,000" in pypdf.PdfReader(io.BytesIO(paper)).pages[0].extract_text()
    assert ["Expected reductions of the month (KRW)", -2_400_000] in [row[:2] for row in rows]
