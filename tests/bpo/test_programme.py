"""Setting up a programme from names and ticks: what is made, what is refused, and undoing it as a whole."""

from __future__ import annotations

import html
import io
import re
from datetime import date
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Sum
from django.test import Client
from django.utils.translation import override
from python_calamine import CalamineWorkbook

from bpo.models import Alert, Scorecard, SetUp
from bpo.services import programme
from bpo.services.programme import Wish, create_programme, read_names, undo_programme
from kpis.models import DailyMetric, Target, TargetSet
from kpis.services.catalogue import load_catalogue
from kpis.services.recalculation import drain
from kpis.services.target_sets import load_target_sets
from tests import make
from tests.bpo.pages_sample import AFTER, signed_in
from tests.checks import assert_constant_queries
from vendors.choices import Role
from vendors.errors import Conflict, Forbidden, Invalid, NotFound
from vendors.models import AuditEntry, Centre, Contract, Queue, Vendor

pytestmark = pytest.mark.django_db

MANAGER = make.make_actor(Role.MANAGER)
OCTOBER = date(2026, 10, 1)
SIX = ("한빛컨택", "다온씨에스", "누리링크", "미르서비스", "새벽케어", "Orion CS")
INBOUND = (
    "answer_rate", "service_level", "qa_score", "business_critical_accuracy", "csat", "complaint_rate",
    "privacy_incident_count",
)  # fmt: skip
NO_TARGETS = {("inbound", kpi, 0): "" for kpi in INBOUND}
FORM = {"vendors": "한빛컨택\n 다온씨에스 \n", "month": "2026-10", "service": ["order", "chat"], "voice_set": "order"}


@pytest.fixture(autouse=True)
def _catalogue() -> Any:
    with time_machine.travel(AFTER, tick=False):
        load_catalogue(AFTER)
        load_target_sets(AFTER)
        yield


def wish(*names: str, **more: Any) -> Wish:
    return Wish(**{"vendors": names or ("한빛컨택",), "month": OCTOBER, "services": {"order": "every"}, **more})


def made(*names: str, **more: Any) -> SetUp:
    return create_programme(wish(*names, **more), actor=MANAGER, now=AFTER)


def test_six_names_and_four_ticks_become_a_programme() -> None:
    services = {"order": "every", "care": "six", "chat": "every", "backoffice": "five"}

    found = made(*SIX, services=services, voice_set="order")

    assert (Vendor.objects.count(), Centre.objects.count()) == (6, 6)
    assert (Contract.objects.count(), Queue.objects.count()) == (18, 24)
    assert found.made["vendors"][0] == "hanbitkeontaek"
    contract = Contract.objects.get(code="hanbitkeontaek-order-2026")
    assert (contract.starts_on, contract.ends_on, contract.is_pilot) == (date(2026, 1, 1), date(2026, 12, 31), True)
    assert sorted(contract.queues.values_list("service", flat=True)) == ["care", "order"]
    assert Queue.objects.get(code="hanbitkeontaek-care").open_weekdays == [1, 2, 3, 4, 5, 6]
    targets = Target.objects.filter(series__contract=contract)
    assert {row.valid_from for row in targets} == {OCTOBER}
    assert sum(row.weight for row in targets) == 100
    assert AuditEntry.objects.filter(action="set_up").count() == 1


def test_nothing_is_late_before_the_next_month() -> None:
    made()

    first, second = Contract.objects.get().terms.order_by("pk")
    assert first.closing == {}
    assert second.valid_from == date(2026, 12, 1)
    assert second.closing["final"] == 7
    assert second.grades[0] == {"grade": "S", "from": "95"}


def test_a_level_of_ones_own_takes_minimum_and_stretch_along() -> None:
    made(targets={("inbound", "answer_rate", 0): "92", ("inbound", "csat", 0): "97", ("inbound", "qa_score", 0): "90"})

    levels = {
        row.series.kpi.code: tuple(f"{level.normalize():f}" if level else None for level in levels)
        for row in Target.objects.select_related("series__kpi")
        for levels in [(row.minimum, row.target, row.stretch)]
    }
    assert levels["answer_rate"] == ("89", "92", "97")
    assert levels["csat"] == ("92", "97", None)
    assert levels["qa_score"] == ("85", "90", "95")


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"vendors": ()}, "vendors"),
        ({"vendors": ("한빛", "한빛")}, "twice"),
        ({"vendors": ("가" * 101,)}, "too_long"),
        ({"vendors": tuple(map(str, range(31)))}, "vendors"),
        ({"vendors": ("Narae",)}, "exists"),
        ({"services": {}}, "services"),
        ({"services": {"order": "never"}}, "services"),
        ({"voice_set": "chat"}, "voice_set"),
        ({"targets": {("inbound", "answer_rate", 0): "many"}}, "number"),
        ({"targets": {("inbound", "answer_rate", 0): "120"}}, "out_of_bounds"),
        ({"weights": {("inbound", "answer_rate"): "heavy"}}, "weight"),
        ({"weights": {("inbound", "answer_rate"): "0"}}, "weight"),
        ({"does": {0: frozenset()}}, "does_nothing"),
        ({"targets": NO_TARGETS}, "no_target"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_made(more: dict[str, Any], code: str) -> None:
    make.make_vendor("narae", name="Narae")

    with pytest.raises(Invalid) as refusal:
        create_programme(wish(**more), actor=MANAGER, now=AFTER)

    assert code in {error.code for error in refusal.value.errors}
    assert (Vendor.objects.count(), SetUp.objects.count()) == (1, 0)


def test_a_vendor_may_do_without_a_service_a_kpi_and_with_another_weight() -> None:
    does = {0: frozenset({"order"}), 1: frozenset({"chat"})}
    targets = {("inbound", "answer_rate", 0): "", ("chat", "csat", 0): "not asked"}

    found = made(
        "한빛컨택", "다온씨에스", services={"order": "every", "chat": "every"}, does=does,
        targets=targets, weights={("inbound", "csat"): "40"},
    )  # fmt: skip

    assert found.made["contracts"] == ["daonssieseu-chat-2026", "hanbitkeontaek-inbound-2026"]
    assert sorted(Queue.objects.values_list("code", flat=True)) == ["daonssieseu-chat", "hanbitkeontaek-order"]
    rows = Target.objects.filter(series__contract__code__startswith="hanbit")
    weights = dict(rows.values_list("series__kpi__code", "weight"))
    assert "answer_rate" not in weights
    # 40 beside the 60 of the five that are left of the set, brought to a sum of 100.
    assert sum(weights.values()) == 100
    assert weights["csat"] / weights["qa_score"] == 2


def test_a_kpi_whose_weight_is_emptied_counts_for_nobody() -> None:
    made("한빛컨택", "다온씨에스", weights={("inbound", "csat"): ""})

    assert not Target.objects.filter(series__kpi__code="csat").exists()
    sums = Target.objects.values("series__contract").annotate(sum=Sum("weight")).order_by()
    assert [row["sum"] for row in sums] == [100, 100]


@pytest.mark.parametrize(
    ("text", "names", "does"),
    [
        ("한빛컨택\n\n 다온  씨에스 \n", ("한빛컨택", "다온 씨에스"), {}),
        ("한빛컨택\t주문\n\tCS\n다온\t채팅", ("한빛컨택", "다온"), {0: ["order", "care"], 1: ["chat"]}),
        ("한빛컨택\t주문\n한빛컨택\t배송/반품\n", ("한빛컨택",), {0: ["order", "delivery", "returns"]}),
        ("한빛컨택\t12,430\n한빛컨택\n", ("한빛컨택", "한빛컨택"), {}),
        ("\t주문\n", (), {}),
        ("업체\t센터\t업무\n한빛\t부산\t주문/배송\n한빛\t부산\t주문/배송", ("한빛",), {0: ["order", "delivery"]}),
        ("업체\t업무\n한빛\t주문\n업체\t업무\n다온\t채팅", ("한빛", "다온"), {0: ["order"], 1: ["chat"]}),
        (
            "업체명\n한빛  고객 상담 전화\n다온, 채팅\nAcme, Inc.",
            ("한빛", "다온", "Acme, Inc."),
            {0: ["care"], 1: ["chat"]},
        ),
        ("다온\t대표번호·A/S접수\n다온\t심사\n다온\t톡채널", ("다온",), {0: ["care", "backoffice", "chat"]}),
        ("한빛 / 해피콜 팀\n다온\t무엇\t부산", ("한빛", "다온"), {0: ["outbound"], 1: ["care"]}),
    ],
)
def test_names_are_read_as_they_are_pasted(text: str, names: tuple[str, ...], does: dict[int, list[str]]) -> None:
    found = read_names(text)

    assert (tuple(found.names), {place: list(mine) for place, mine in found.called.items()}) == (names, does)


def test_the_own_name_of_a_service_is_read_back_as_one() -> None:
    with override("ko"):
        for one in programme.SERVICES:
            assert read_names(f"다온\t{one.label}, {one.label}").called == {0: {one.key: [""]}}


def test_what_is_read_of_a_paste_is_said() -> None:
    found = read_names("업체\t업무\t비고\n다온\t대표번호/A/S접수\n\t무엇", {"A/S접수": "backoffice"})
    assert (found.heading, found.joined) == ("업체 · 업무 · 비고", 1)
    assert found.guessed == {"대표번호": "care", "A/S접수": "backoffice", "무엇": "care"}
    assert found.unsure == {"무엇"}
    assert read_names("다온\t채팅\t60석").left_out == ["60석"]


def test_a_set_that_is_not_loaded_is_named() -> None:
    TargetSet.objects.filter(code="inbound").update(code="renamed")

    with pytest.raises(Invalid) as refusal:
        made()
    assert refusal.value.code == "no_set"


def test_levels_for_nobody_are_left_out() -> None:
    made(targets={("inbound", "nothing", 0): "1", ("inbound", "answer_rate", 7): "1", ("chat", "csat", 0): "1"})

    assert Target.objects.get(series__kpi__code="answer_rate").target == 90


def test_it_is_undone_as_a_whole_and_the_same_names_may_come_again() -> None:
    found = made("한빛컨택", "다온씨에스")
    drain(now=AFTER)
    assert Scorecard.objects.count() == 4
    Alert.objects.create(
        kind="incomplete", severity="caution", subject="contract:1", opened_at=AFTER, changed_at=AFTER,
        contract=Contract.objects.first(), vendor=Vendor.objects.first(),
    )  # fmt: skip

    undo_programme(found.pk, actor=MANAGER, now=AFTER)

    for model in (Contract, Queue, Centre, Target, Scorecard):
        assert not model.objects.exists(), model
    assert set(Vendor.objects.values_list("is_active", flat=True)) == {False}
    assert Alert.objects.get().status == "resolved"
    with pytest.raises(Conflict) as again:
        undo_programme(found.pk, actor=MANAGER, now=AFTER)
    assert again.value.code == "undone"

    made("한빛컨택")
    assert Vendor.objects.count() == 2
    assert Contract.objects.get().vendor.is_active


def test_it_is_not_undone_once_figures_have_come() -> None:
    found = made()
    make.make_figures(Queue.objects.get(), date(2026, 10, 5), offered=10)

    with pytest.raises(Conflict) as refusal:
        undo_programme(found.pk, actor=MANAGER, now=AFTER)

    assert refusal.value.code == "figures_came"
    assert Contract.objects.exists()


def test_it_is_not_undone_where_other_work_hangs_on_it() -> None:
    found = made()
    drain(now=AFTER)
    Scorecard.objects.update(status="shared")

    with pytest.raises(Conflict) as refusal:
        undo_programme(found.pk, actor=MANAGER, now=AFTER)

    assert refusal.value.code == "in_use"
    assert Target.objects.exists()


def test_only_a_manager_of_all_vendors_sets_up_and_undoes() -> None:
    found = made()
    for actor in (make.make_actor(Role.MANAGER, Vendor.objects.get()), make.make_actor(Role.ANALYST)):
        with pytest.raises(Forbidden):
            create_programme(wish("나래"), actor=actor, now=AFTER)
        with pytest.raises(Forbidden):
            undo_programme(found.pk, actor=actor, now=AFTER)
    with pytest.raises(NotFound):
        undo_programme(found.pk + 1, actor=MANAGER, now=AFTER)


# Pages ---------------------------------------------------------------------------------------------------------------


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
    assert manager.get("/start/").status_code == 200
    grid = manager.post("/start/", FORM).content.decode()
    assert 'name="t|order|answer_rate|0" value="90"' in grid
    assert 'aria-label="Answer rate, 다온씨에스"' in grid

    page = manager.post("/start/create/", hidden(grid), follow=True)

    found = SetUp.objects.get()
    assert "Your programme is set up." in page.content.decode()
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
    assert "undone" in manager.get(f"/start/{found.pk}/").content.decode()
    assert not Contract.objects.exists()


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


def test_every_service_has_its_days_and_its_set() -> None:
    assert {service.days for service in programme.SERVICES} <= set(programme.DAYS)
    everything = {service.key: service.days for service in programme.SERVICES}

    assert set(programme.items_of(wish(services=everything))) == {"inbound", "chat", "outbound", "backoffice"}
