"""The pages of targets: who sees and changes what, the check before storing, and the second person."""

from __future__ import annotations

import html
import json
import re
from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Sum
from django.test import Client

from kpis.models import Kpi, Target, TargetChange
from kpis.services.closing import close_month
from tests import make
from tests.bpo.pages_sample import AFTER, Programme, signed_in
from tests.checks import assert_constant_queries
from vendors.choices import Role
from vendors.models import ContractTerms

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("after_the_month")]

GRID = "/targets/hanbit-order/"
CELL = "v|answer_rate||12"


@pytest.fixture
def manager(programme: Programme) -> Client:
    return signed_in(Role.MANAGER, language="en")


def hidden(page: str, name: str) -> str:
    return html.unescape(re.findall(f'name="{name}" value="([^"]*)"', page)[0])


def checked(client: Client, data: dict[str, Any], status: int = 200) -> str:
    """Send the grid as the browser does, with the cells of ``data`` typed over."""
    page = client.get(GRID).content.decode()
    shown = {html.unescape(name): value for name, value in re.findall(r'name="(v\|[^"]*)" value="([^"]*)"', page)}
    form = {"way": "grid", "year": "2026", "level": "target", "goes_on": "1", "base": hidden(page, "base")}
    answer = client.post(f"{GRID}check/", {**form, **shown, **data})
    assert answer.status_code == status, answer.content.decode()[:3000]
    return str(answer.content.decode())


def stored(client: Client, page: str, **more: str) -> Any:
    form = {"year": "2026", "level": "target", "cells": hidden(page, "cells"), "goes_on": "1", **more}
    return client.post(f"{GRID}store/", form, follow=True)


def level() -> list[tuple[date, str]]:
    rows = Target.objects.filter(series__kpi__code="answer_rate").order_by("valid_from")
    return [(row.valid_from, f"{row.target.normalize():f}") for row in rows]


def test_it_shows_what_would_change_and_stores_nothing_before_it_is_told_to(manager: Client) -> None:
    page = checked(manager, {CELL: "96.5"})

    assert "What storing it would change" in page
    assert "from 1 December 2026" in page
    assert level() == [(date(2026, 1, 1), "95")]

    answer = stored(manager, page, note="Agreed in October")

    assert "The targets are stored" in answer.content.decode()
    assert level() == [(date(2026, 1, 1), "95"), (date(2026, 12, 1), "96.5")]
    assert "Agreed in October" in answer.content.decode()


def test_a_wrong_cell_is_named_and_marked(manager: Client) -> None:
    page = checked(manager, {CELL: "70"}, status=422)

    assert "Answer rate · 2026-12: Higher is better here" in html.unescape(page)
    assert 'aria-invalid="true"' in page
    assert "Store as shown" not in page


def test_a_closed_month_is_read_only_and_says_why(programme: Programme, manager: Client) -> None:
    close_month(contract="hanbit-order", start=date(2026, 10, 1), actor=make.make_actor(Role.MANAGER), now=AFTER)

    page = manager.get(GRID).content.decode()

    assert "v|answer_rate||10" not in page
    assert "This month is closed." in page
    cells = [{"kpi": "answer_rate", "queue": "", "level": "target", "month": "2026-10", "before": "95", "after": "99"}]
    answer = manager.post(f"{GRID}store/", {"year": "2026", "level": "target", "cells": json.dumps(cells)})
    assert answer.status_code == 400
    assert level() == [(date(2026, 1, 1), "95")]


def test_a_pasted_block_fills_the_grid(manager: Client) -> None:
    form = {"way": "paste", "year": "2026", "level": "target", "goes_on": "1"}
    block = "KPI\t수준\t11월\t12월\nAnswer rate\t\t96\t96\n서비스레벨(인입 기준)\t배점\t\t35"

    page = manager.post(f"{GRID}check/", {**form, "table": block}).content.decode()

    assert 'name="v|answer_rate||12" value="96"' in page
    assert '<span class="was">95</span>' in page
    assert len(json.loads(hidden(page, "cells"))) == 3
    assert "The weights sum to 95, not 100" in page
    assert [cell["level"] for cell in json.loads(hidden(page, "carried"))] == ["weight"]


def test_weights_are_brought_to_a_hundred_in_one_press_where_a_kpi_is_taken_out(manager: Client) -> None:
    page = checked(manager, {CELL: ""})
    assert "Bring these weights to 100" in page
    form = {"way": "whole", "year": "2026", "level": "target", "goes_on": "1", "cells": hidden(page, "cells")}

    whole = manager.post(f"{GRID}check/", form).content.decode()
    assert "not 100" not in whole.partition('id="grid"')[0]
    stored(manager, whole)

    december = Target.objects.valid_on(date(2026, 12, 15)).filter(series__contract__code="hanbit-order")
    november = Target.objects.valid_on(date(2026, 11, 15)).filter(series__contract__code="hanbit-order")
    assert "answer_rate" not in december.values_list("series__kpi__code", flat=True)
    assert "answer_rate" in november.values_list("series__kpi__code", flat=True)
    assert [rows.aggregate(sum=Sum("weight"))["sum"] for rows in (december, november)] == [100, 90]
    assert manager.post(f"{GRID}check/", form | {"cells": "x"}).status_code == 400


def test_a_kpi_that_is_pasted_and_not_asked_yet_becomes_a_row(manager: Client) -> None:
    make.make_kpi("abandon_rate", "100 * abandoned / offered", direction="lower")
    form = {"way": "paste", "year": "2026", "level": "target", "goes_on": "1", "table": "kpi\t12월\nabandon_rate\t5"}

    page = manager.post(f"{GRID}check/", form).content.decode()
    stored(manager, page)

    assert Target.objects.get(series__kpi__code="abandon_rate").valid_from == date(2026, 12, 1)
    assert "v|nps||12" not in manager.get(f"{GRID}?add=nps").content.decode()
    assert "v|abandon_rate||12" in manager.get(GRID).content.decode()


def test_the_export_comes_back_in(manager: Client) -> None:
    sent = manager.get(f"{GRID}export.csv?year=2026")
    text = sent.content.decode("utf-8-sig").replace(",95,95\r\n", ",95,97\r\n", 1)
    assert sent["Content-Disposition"] == 'attachment; filename="targets-hanbit-order-2026.csv"'

    form = {"way": "file", "year": "2026", "level": "target", "file": SimpleUploadedFile("t.csv", text.encode())}
    page = manager.post(f"{GRID}check/", form).content.decode()

    assert [cell["after"] for cell in json.loads(hidden(page, "cells"))] == ["97"]
    assert manager.post(f"{GRID}check/", {"way": "file", "year": "2026", "level": "target"}).status_code == 400


def test_nothing_that_differs_is_said_so(manager: Client) -> None:
    assert "Nothing differs from what is stored." in checked(manager, {}, status=400)


def test_a_second_person_approves_where_the_contract_asks_for_it(programme: Programme, manager: Client) -> None:
    ContractTerms.objects.update(target_approval=True)
    page = checked(manager, {CELL: "96"})
    assert "Propose as shown" in page

    answer = stored(manager, page)

    change = TargetChange.objects.get()
    assert "You proposed this change, so somebody else decides it." in answer.content.decode()
    assert level() == [(date(2026, 1, 1), "95")]
    assert manager.post(f"/targets/changes/{change.pk}/approve/").status_code == 403
    second = signed_in(Role.MANAGER, language="en")
    assert "Changes of targets to approve" not in manager.get("/today/").content.decode()
    assert "Changes of targets to approve" in second.get("/today/").content.decode()
    assert "hanbit-order" in second.get("/targets/").content.decode()
    assert second.post(f"/targets/changes/{change.pk}/return/", {"reason": " "}).status_code == 400
    assert second.post(f"/targets/changes/{change.pk}/nothing/").status_code == 404

    answer = second.post(f"/targets/changes/{change.pk}/approve/", follow=True)

    assert "Approved. The targets hold" in answer.content.decode()
    assert level()[-1] == (date(2026, 12, 1), "96")
    assert second.post(f"/targets/changes/{change.pk}/return/", {"reason": "no"}).status_code == 409


def test_a_change_is_returned_or_taken_back(programme: Programme, manager: Client) -> None:
    ContractTerms.objects.update(target_approval=True)
    stored(manager, checked(manager, {CELL: "96"}))
    stored(manager, checked(manager, {CELL: "97"}))
    second, first = TargetChange.objects.all()
    other = signed_in(Role.MANAGER, language="en")

    returned = other.post(f"/targets/changes/{first.pk}/return/", {"reason": "Too steep"}, follow=True)
    withdrawn = manager.post(f"/targets/changes/{second.pk}/withdraw/", follow=True)

    assert "Too steep" in returned.content.decode()
    assert "Taken back." in withdrawn.content.decode()
    assert level() == [(date(2026, 1, 1), "95")]


def test_the_vendor_reads_its_targets_and_changes_nothing(programme: Programme, manager: Client) -> None:
    ContractTerms.objects.update(target_approval=True)
    stored(manager, checked(manager, {CELL: "96"}), note="Between us")
    waiting = TargetChange.objects.get()
    vendor = signed_in(Role.VENDOR_ADMIN, programme.vendor)

    page = vendor.get(GRID).content.decode()

    assert "응대율" in page
    assert '<input name="v|' not in page
    assert "Between us" not in page
    assert vendor.get(f"/targets/changes/{waiting.pk}/").status_code == 404
    for address in (f"{GRID}check/", f"{GRID}store/", f"/targets/changes/{waiting.pk}/approve/"):
        assert vendor.post(address).status_code == 403


def test_another_vendors_targets_do_not_exist(programme: Programme, manager: Client) -> None:
    stored(manager, checked(manager, {CELL: "96"}))
    change = TargetChange.objects.get()
    stranger = make.make_vendor()
    outsider, their_manager = signed_in(Role.VENDOR_ADMIN, stranger), signed_in(Role.MANAGER, stranger)

    for client in (outsider, their_manager):
        for address in (GRID, f"{GRID}export.csv", f"/targets/changes/{change.pk}/"):
            assert client.get(address).status_code == 404
        assert "hanbit" not in client.get("/targets/").content.decode()
    for address in (f"{GRID}check/", f"{GRID}store/", f"/targets/changes/{change.pk}/approve/"):
        assert their_manager.post(address).status_code == 404
    assert signed_in(Role.DEPARTMENT).get("/targets/").status_code == 403
    assert Client().get(GRID).status_code == 302


def test_the_bench_tells_how_often_a_level_would_have_been_met(programme: Programme, manager: Client) -> None:
    page = manager.get(f"{GRID}?kpi=answer_rate&value=92").content.decode()

    assert "met in 1 of 1 months that can be told; by the targets that held it was 0." in page
    assert '<svg class="strip"' in page
    page = manager.get(f"{GRID}?kpi=answer_rate&value=94").content.decode()
    assert "October 2026: 92.97%, 1.03 off" in page
    assert "cannot be above the target" in html.unescape(
        manager.get(f"{GRID}?kpi=answer_rate&value=80").content.decode()
    )
    assert "Write a number" in manager.get(f"{GRID}?kpi=answer_rate&value=x").content.decode()


@pytest.mark.parametrize(
    "address", ["?year=x", "?year=1999", "?year=99999", "?year=²026", "?level=parameters", "?year=20266"]
)
def test_an_address_that_means_nothing_is_refused(manager: Client, address: str) -> None:
    assert manager.get(f"{GRID}{address}").status_code == 400


MONTH_OF_ONE_DIGIT = {**dict.fromkeys(("kpi", "queue", "level", "before", "after"), "a"), "month": "2026-1"}


@pytest.mark.parametrize("cells", ["", "x", "[1]", "{}", '[{"kpi": 1}]', "[" * 5000, json.dumps([MONTH_OF_ONE_DIGIT])])
def test_a_form_that_no_page_sends_is_refused(manager: Client, cells: str) -> None:
    answer = manager.post(f"{GRID}store/", {"year": "2026", "level": "target", "cells": cells})

    assert answer.status_code == 400


@pytest.mark.parametrize("address", ["/targets/", f"{GRID}?kpi=answer_rate&value=92"])
def test_the_pages_cost_as_much_for_many_rows_as_for_few(programme: Programme, manager: Client, address: str) -> None:
    def grow() -> None:
        for number in range(4):
            kpi = make.make_kpi(f"kpi_{number}")
            make.make_target(programme.contract, kpi, 50, valid_until=date(2026, 6, 1))
            make.make_target(programme.contract, kpi, 51, valid_from=date(2026, 6, 1), weight=1)
            waiting = {"proposed_by": "user:mina", "proposed_at": AFTER, "status": "waiting"}
            TargetChange.objects.create(contract=programme.contract, year=2026, cells=[], **waiting)
            other = make.make_contract(code=f"other-{number}")
            make.make_target(other, Kpi.objects.get(code="answer_rate"), 90)
            make.make_queue(other)

    assert_constant_queries(lambda: manager.get(address), grow)
