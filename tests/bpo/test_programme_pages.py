"""The pages that set a programme up: names and ticks, levels, what was made, and undoing it."""

from __future__ import annotations

import html
import io
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from python_calamine import CalamineWorkbook

from bpo.models import Scorecard, SetUp
from kpis.models import DailyMetric, Target
from kpis.services.recalculation import drain
from tests.bpo.pages_sample import AFTER, signed_in
from tests.bpo.programme_world import OCTOBER, made
from tests.checks import assert_constant_queries
from tests.make import make_submission, make_vendor
from vendors.choices import Role
from vendors.models import Contract, Queue, Vendor

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shipped")]

FORM = {"vendors": "한빛컨택\n 다온씨에스 \n", "month": "2026-10", "service": ["order", "chat"], "voice_set": "order"}


@pytest.fixture
def manager() -> Client:
    return signed_in(Role.MANAGER, language="en")


def hidden(page: str) -> dict[str, Any]:
    """Return the fields of the grid as the browser sends them on."""
    found: dict[str, Any] = {}
    for tag in re.findall(r"<input [^>]*>", page):
        field = re.search(r'name="([^"]*)" value="([^"]*)"', tag)
        if field and ('type="checkbox"' not in tag or " checked" in tag):
            found.setdefault(html.unescape(field[1]), []).append(html.unescape(field[2]))
    return found


def test_three_pages_lead_to_a_scorecard_with_the_sample(manager: Client) -> None:
    assert "With a pasted column of services no ticks are needed here." in manager.get("/start/").content.decode()
    grid = manager.post("/start/", FORM).content.decode()
    assert 'name="t|order|answer_rate|0" value="90"' in grid
    assert 'aria-label="Answer rate, 다온씨에스"' in grid

    page = manager.post("/start/create/", hidden(grid), follow=True)

    found = SetUp.objects.get()
    assert "Your programme is set up." in page.content.decode()
    assert "One file for all, even of several sheets" in page.content.decode()
    assert "Queue-days that have come" in page.content.decode()
    assert Contract.objects.count() == 4
    address = f"/start/{found.pk}/sample.xlsx?contract=hanbitkeontaek-order-2026"
    book = manager.get(address)
    assert book["Content-Disposition"].endswith('filename="sample_hanbitkeontaek-order-2026_2026-10.xlsx"')
    rows = CalamineWorkbook.from_filelike(io.BytesIO(book.content)).get_sheet_by_index(0).to_python()
    assert len(rows) == 32

    file = SimpleUploadedFile("sample.xlsx", book.content)
    check = manager.post("/submit/?contract=hanbitkeontaek-order-2026&way=file", {"file": file}, follow=True)
    assert "31 queue-days can be submitted." in check.content.decode()
    manager.post(f"{check.request['PATH_INFO']}send/", follow=True)
    drain(now=AFTER)

    assert DailyMetric.objects.count() == 31
    card = Scorecard.objects.get(contract__code="hanbitkeontaek-order-2026", start=OCTOBER)
    assert card.score is not None
    assert card.score > 60
    assert f"/scorecards/{card.pk}/" in manager.get(f"/start/{found.pk}/").content.decode()
    assert manager.post(f"/start/{found.pk}/undo/").status_code == 409


def test_who_has_no_programme_yet_is_led_to_it(manager: Client) -> None:
    assert 'href="/start/"' in manager.get("/today/").content.decode().partition("<main")[2]
    made()
    assert 'href="/start/"' not in manager.get("/today/").content.decode().partition("<main")[2]


def test_a_wrong_level_is_shown_at_its_place(manager: Client) -> None:
    fields = hidden(manager.post("/start/", FORM).content.decode()) | {"t|order|answer_rate|1": "ninety"}

    answer = manager.post("/start/create/", fields)

    assert answer.status_code == 400
    assert "다온씨에스 · Answer rate: Write a number" in answer.content.decode()
    assert 'value="ninety"' in answer.content.decode()
    assert not Vendor.objects.exists()


def test_who_does_what_is_asked_beside_the_levels(manager: Client) -> None:
    pasted = FORM | {"vendors": "한빛컨택\t주문\n\t채팅\n다온씨에스\t채팅\n", "service": []}
    grid = manager.post("/start/", pasted).content.decode()
    assert "Who does what?" in grid
    assert "t|chat|csat|1" in grid
    assert "t|order|csat|1" not in grid
    assert "within 240" in grid

    fields = hidden(grid) | {"w|order|answer_rate": "0"}
    assert manager.post("/start/create/", fields).status_code == 400
    back = manager.post("/start/", hidden(grid) | {"back": "1"}).content.decode()
    assert "다온씨에스\tChat service" in back
    manager.post("/start/create/", hidden(grid))

    assert Contract.objects.count() == 3


def test_a_vendor_without_a_tick_is_mended_where_the_ticks_are_and_nothing_typed_is_lost(manager: Client) -> None:
    fields = hidden(manager.post("/start/", FORM).content.decode())
    fields |= {"t|order|answer_rate|0": "91", "t|order|answer_rate|1": "88.5", "w|order|csat": "12", "h|1|chat": "six"}
    del fields["d|1"]

    for address in ("/start/", "/start/create/"):
        answer = manager.post(address, fields)
        page = answer.content.decode()
        assert (answer.status_code, Vendor.objects.exists()) == (400, False)
        assert "다온씨에스 does none of the services" in page
        assert "Who does what?" in page

    again = hidden(page)
    assert "d|1" not in again
    manager.post("/start/create/", again | {"d|1": ["order", "chat"]})

    levels = Target.objects.filter(series__kpi__code="answer_rate").order_by("target")
    assert [str(level.target.normalize()) for level in levels] == ["88.5", "91"]
    assert Queue.objects.filter(channel="chat", open_weekdays=[1, 2, 3, 4, 5, 6]).count() == 1


def test_words_and_rest_days_of_each_vendor_are_kept(manager: Client) -> None:
    pasted = FORM | {"vendors": "업체\t업무\n한빛컨택\t대표번호\n한빛컨택\tA/S접수\n다온\t반반\n", "service": []}
    grid = manager.post("/start/", pasted).content.decode()
    assert "Left out as the heading: 업체 · 업무" in grid
    assert "대표번호, A/S접수" in grid
    fields = hidden(grid) | {"as|반반": "backoffice"}
    again = hidden(manager.post("/start/", fields).content.decode())
    assert again["d|1"] == ["backoffice"]

    manager.post("/start/create/", again | {"as|반반": "backoffice", "h|0|care": "six", "h|1|backoffice": "six_open"})

    rows = Queue.objects.order_by("code").values_list("name", "service", "open_weekdays", "observes_holidays")
    assert {(name, service, len(days), rest) for name, service, days, rest in rows} == {
        ("대표번호", "care", 6, True), ("A/S접수", "care", 6, True), ("반반", "backoffice", 6, False),
    }  # fmt: skip
    assert manager.post("/start/create/", fields | {"h|0|care": "never"}).status_code == 400


def test_how_a_kpi_is_left_out_stands_above_the_levels(manager: Client) -> None:
    grid = manager.post("/start/", FORM).content.decode()

    before, said, after = grid.partition("Leave a KPI out: empty its weight")

    assert said
    assert "start-grid" not in before
    assert "start-grid" in after


def test_what_the_first_page_gets_wrong_is_said_there(manager: Client) -> None:
    answer = manager.post("/start/", FORM | {"vendors": "한빛\n한빛", "service": []})

    assert answer.status_code == 400
    assert "Line 2 · “한빛” stands twice." in answer.content.decode()
    assert "Tick at least one service." in answer.content.decode()
    assert manager.post("/start/create/", FORM | {"vendors": ""}).status_code == 400
    assert manager.post("/start/", FORM | {"month": "2024-01"}).status_code == 400
    assert manager.post("/start/", FORM | {"month": "x"}).status_code == 400
    assert manager.post("/start/", FORM | {"back": "1"}).status_code == 200


def test_undo_is_one_press(manager: Client) -> None:
    found = made()

    answer = manager.post(f"/start/{found.pk}/undo/", follow=True)

    assert "Everything of this set-up was taken away again." in answer.content.decode()
    page = manager.get(f"/start/{found.pk}/").content.decode().partition("<main")[2]
    assert "This set-up was undone; nothing of it counts." in page
    assert "Bring in October" not in page
    assert 'href="/start/"' in page
    assert not Contract.objects.exists()


def test_a_vendor_of_an_undone_set_up_is_offered_in_no_filter(manager: Client) -> None:
    make_vendor()
    make_vendor()
    found = made()
    option = f'value="{found.made["vendors"][0]}"'
    lists = ("/scorecards/", "/submissions/")
    assert all(option in manager.get(address).content.decode() for address in lists)

    manager.post(f"/start/{found.pk}/undo/")

    assert not any(option in manager.get(address).content.decode() for address in lists)


def test_a_suspended_vendor_with_a_card_and_a_submission_is_offered_still(manager: Client) -> None:
    found = made()
    drain(now=AFTER)
    make_submission(vendor=Vendor.objects.get())
    Vendor.objects.update(is_active=False)
    make_vendor()
    make_vendor()

    for address in ("/scorecards/", "/submissions/"):
        assert f'value="{found.made["vendors"][0]}"' in manager.get(address).content.decode()


def test_nobody_else_finds_the_pages() -> None:
    found = made()
    vendor = Vendor.objects.get()
    for role, of in ((Role.ANALYST, None), (Role.MANAGER, vendor), (Role.VENDOR_ADMIN, vendor), (Role.EXECUTIVE, None)):
        client = signed_in(role, of)
        for address in ("/start/", f"/start/{found.pk}/", f"/start/{found.pk}/sample.xlsx?contract=x"):
            assert client.get(address).status_code == 403
        for address in ("/start/", "/start/create/", f"/start/{found.pk}/undo/"):
            assert client.post(address, FORM).status_code == 403


def test_an_address_of_nothing_is_not_found(manager: Client) -> None:
    found = made(services={"outbound": "five"})

    assert manager.get("/start/999/").status_code == 404
    assert manager.get(f"/start/{found.pk}/sample.xlsx?contract=other").status_code == 404
    assert manager.get(f"/start/{found.pk}/sample.xlsx?contract={found.made['contracts'][0]}").status_code == 404


def test_the_page_of_what_was_made_costs_as_much_for_many(manager: Client) -> None:
    found = made("a")

    def grow() -> None:
        more = made("b", "c", "d", "e")
        drain(now=AFTER)
        codes = found.made["contracts"] + more.made["contracts"]
        SetUp.objects.filter(pk=found.pk).update(made={**found.made, "contracts": codes})

    drain(now=AFTER)
    assert_constant_queries(lambda: manager.get(f"/start/{found.pk}/"), grow)
