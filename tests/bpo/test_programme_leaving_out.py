"""KPIs that nobody has figures of are taken off the contracts of a set-up in one press, and weights make 100 again."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client

from bpo.models import SetUp
from bpo.services.programme import Wish, create_programme, leave_out
from kpis.models import Target, TargetChange
from kpis.services.recalculation import drain
from tests.bpo.pages_sample import AFTER, signed_in
from tests.bpo.programme_world import MANAGER, OCTOBER, fields_of
from vendors.choices import Role
from vendors.models import Contract

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shipped")]

SHEET = """일자,운영업체,업무,인입,응대,20초내응대
2026-10-01,한빛컨택,주문 전화,100,90,80
2026-10-01,누리,주문 전화,50,45,40
"""


@pytest.fixture
def manager() -> Client:
    return signed_in(Role.MANAGER, language="ko")


@pytest.fixture
def made(shipped: None, manager: Client) -> SetUp:
    wish = Wish(("한빛컨택", "누리"), OCTOBER, {"order": "every"})
    found = create_programme(wish, actor=MANAGER, now=AFTER)
    address = f"/start/{found.pk}/sheet/"
    page = manager.post(address, {"table": SHEET, "do": "keep"}, follow=True).content.decode()
    assert manager.post(address, fields_of(page, do="take")).status_code == 302
    return found


def asked(contract: Contract) -> dict[str, Decimal | None]:
    targets = Target.objects.filter(series__contract=contract).valid_on(OCTOBER)
    return dict(targets.values_list("series__kpi__code", "weight"))


def test_the_page_names_them_and_one_press_takes_them_off(manager: Client, made: SetUp) -> None:
    page = manager.get(f"/start/{made.pk}/").content.decode()
    assert "수치가 없는 지표" in page
    assert 'name="kpi" value="qa_score"' in page
    assert 'name="kpi" value="answer_rate"' not in page
    ticked = [part.split('"')[0] for part in page.split('name="kpi" value="')[1:]]

    answer = manager.post(f"/start/{made.pk}/leave-out/", {"kpi": ticked}, follow=True)

    drain(now=AFTER)
    assert "계약 2건의 목표를 바꾸었습니다" in answer.content.decode()
    assert 'name="kpi"' not in answer.content.decode()
    for contract in Contract.objects.filter(code__in=made.made["contracts"]):
        weights = asked(contract)
        assert set(weights) == {"service_level", "answer_rate"}
        assert sum(weight or 0 for weight in weights.values()) == 100
        card = contract.scorecards.get(start=OCTOBER)
        assert {line.series.kpi.code for line in card.lines.select_related("series__kpi")} == set(weights)
    assert TargetChange.objects.count() == 2


def test_what_is_unticked_stays(manager: Client, made: SetUp) -> None:
    before = asked(Contract.objects.get(code=made.made["contracts"][0]))

    manager.post(f"/start/{made.pk}/leave-out/", {"kpi": ["qa_score"]})

    after = asked(Contract.objects.get(code=made.made["contracts"][0]))
    assert set(before) - set(after) == {"qa_score"}
    assert sum(weight or 0 for weight in after.values()) == 100


def test_a_kpi_that_has_figures_is_never_taken_off(manager: Client, made: SetUp) -> None:
    manager.post(f"/start/{made.pk}/leave-out/", {"kpi": ["answer_rate", "nonsense"]})

    assert "answer_rate" in asked(Contract.objects.get(code=made.made["contracts"][0]))
    assert not TargetChange.objects.exists()


def test_a_contract_that_would_have_no_kpi_left_stays_as_it_was(made: SetUp) -> None:
    first, second = made.made["contracts"]
    every = asked(Contract.objects.get(code=second))

    done = leave_out(made.pk, {first: {"qa_score"}, second: set(every)}, actor=MANAGER, now=AFTER)

    assert (done.changed, len(done.as_they_were)) == (1, 1)
    assert "qa_score" not in asked(Contract.objects.get(code=first))
    assert asked(Contract.objects.get(code=second)) == every


def test_it_is_for_who_sets_programmes_up(made: SetUp) -> None:
    assert signed_in(Role.EXECUTIVE).post(f"/start/{made.pk}/leave-out/", {"kpi": "qa_score"}).status_code == 403
