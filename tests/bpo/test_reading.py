"""What readers of pages stumble on: periods nobody can know of, sums that mean nothing, differences without a unit."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import pytest
from django.utils.translation import override

from bpo.models import ActionPlan
from bpo.queries.explanation_page import LineWhy
from bpo.queries.lost import Lost
from bpo.queries.overview_words import _difference
from bpo.queries.projections import Projection
from bpo.templatetags.before_after import points_pair
from bpo.templatetags.waterfall import _kind, _marked
from kpis.calc.facts import Direction
from kpis.calc.projection import Course
from kpis.models import Submission
from kpis.queries.effect_words import _moved
from tests.bpo.pages_sample import AFTER, Programme, signed_in
from tests.make import make_kpi
from vendors.choices import Role
from vendors.models import Department


@pytest.mark.django_db
@pytest.mark.usefixtures("after_the_month")
def test_no_page_leads_to_a_period_that_has_not_begun(programme: Programme) -> None:
    client = signed_in(Role.MANAGER)
    contract = programme.contract.code
    for address in (
        "/overview/?on={}-01", "/client/?month={}", "/scorecards/?month={}", "/month-ends/?month={}",
        "/submissions/?month={}", "/quality/?month={}", f"/kpis/answer_rate/?contract={contract}&month={{}}",
    ):  # fmt: skip
        led = [b'rel="next"' in client.get(address.format(month)).content for month in ("2026-10", "2026-11")]
        assert led == [True, False], address
    assert "/overview/?on=2026-12-01" not in client.get("/overview/?on=2024-01-01").content.decode()
    assert b'href="?grain=month&amp;on=2026-11-01">' in client.get("/overview/?on=2024-01-01").content


def test_points_of_several_cards_are_told_a_card() -> None:
    lost = Lost(date(2026, 7, 1), None, [], 3, None, None, Decimal("60.5"), cards=2)

    assert lost.points_a_card == Decimal("30.25")
    assert Lost(date(2026, 7, 1), None, [], 3, None, None, None).points_a_card is None


def test_differences_carry_their_unit_in_the_readers_words() -> None:
    effect = cast(Any, SimpleNamespace(kpi=SimpleNamespace(label="상담 1만건당 민원"), unit="per 10000"))
    effect.change = Decimal("5.2")
    with override("ko"):
        assert [_difference(Decimal(size), "%") for size in ("1", "-0.5")] == ["+1.00%p", "−0.50%p"]
        assert _difference(Decimal("-1.5"), "s") == "−1.50초"
        assert _moved(effect) == "상담 1만건당 민원 +5.2 건/1만"


@pytest.mark.parametrize(
    ("direction", "value", "target", "best"),
    [(Direction.HIGHER, "96.7", "97", ("highest", "96.9")), (Direction.LOWER, "10.4", "9.6", ("lowest", "9.7"))],
)
def test_what_cannot_reach_its_target_is_not_told_to_end_at_it(
    direction: Direction, value: str, target: str, best: tuple[str, str]
) -> None:
    bounds = (Decimal(0), Decimal(100))
    course = Course(Decimal(value), Decimal(1000), Decimal(82), Decimal(target), direction, bounds)
    ahead = cast(Any, SimpleNamespace(course=course, rate=None, queue_days=1))
    found = Projection(ahead, course.value, course.needed, None)

    assert found.is_lost
    assert found.facts(1)[best[0]] == best[1]


def test_slices_of_one_day_say_whose_they_are_and_sums_what_they_are() -> None:
    slices = [{"factor": 1, "date": "2026-08-18", "measures": {}, "queue": number} for number in (1, 2)]
    figure = {"adjusted": {"slices": slices, "inputs": {"offered": 58240, "fee": 5}}}
    names, queues = {"offered": "인입호"}, {"1": "주문 전화", "2": "배송 전화"}
    why = LineWhy({}, {"figure": figure}, [], "", "", [], 0, [], names=names, queues=queues)

    assert [one["queue_name"] for one in why.slices] == ["주문 전화", "배송 전화"]
    assert why.adjusted_inputs == [("인입호", "58,240"), ("fee", "5")]


def test_a_step_is_coloured_by_the_better_side_and_nothing_has_no_arrow() -> None:
    sizes = [Decimal(size) for size in ("10.0", "-10.0", "0.0")]
    kinds = {direction: [_kind(size, direction) for size in sizes] for direction in Direction}

    assert kinds[Direction.HIGHER] == ["gain", "loss", "shift"]
    assert kinds[Direction.LOWER] == kinds[Direction.ZERO] == ["loss", "gain", "shift"]
    assert kinds[Direction.BAND] == ["shift", "shift", "shift"]
    assert [_marked(size, "x") for size in sizes] == ["▲ x", "▼ x", "x"]


def test_scores_before_and_after_have_two_places_unless_these_hide_the_change() -> None:
    with override("en"):
        texts = [re.sub("<[^>]+>", "", points_pair(pair)) for pair in (["76.7879", "109.2507"], ["5.0012", "5.0034"])]
        assert [text.replace("becomes", "") for text in texts] == ["76.79 → 109.25", "5.0012 → 5.0034"]


@pytest.mark.django_db
@pytest.mark.parametrize(("role", "is_theirs"), [(Role.MANAGER, True), (Role.DEPARTMENT, False)])
def test_a_department_says_our_only_to_itself(role: Role, is_theirs: bool) -> None:
    Department.objects.create(code="it", name="IT", name_ko="IT운영팀")

    text = signed_in(role).get("/departments/it/").content.decode()

    assert ("IT운영팀 일정의 영향" in text, "우리 부서 일정의 영향" in text) == (is_theirs, not is_theirs)


@pytest.mark.django_db
@pytest.mark.usefixtures("after_the_month")
def test_no_link_leads_where_its_reader_is_refused(programme: Programme) -> None:
    submission = Submission.objects.latest("received_at")
    plan = ActionPlan.objects.create(
        contract=programme.contract, kpi=make_kpi("nps"), title="NPS", owner="Lead",
        due_on=date(2026, 12, 1), check_on=date(2027, 1, 4), next_step="Ask",
        made_by="test", made_at=AFTER, changed_at=AFTER,
    )  # fmt: skip
    pages = {"analyst": (f"/submissions/{submission.pk}/", 'href="/submit/"'), "executive": ("/client/", "/forecasts/")}

    for role, (address, refused) in pages.items():
        assert refused not in signed_in(Role(role)).get(address).content.decode()
        assert refused in signed_in(Role.MANAGER).get(address).content.decode()
    assert "/kpis/nps/" not in signed_in(Role.MANAGER).get(f"/actions/{plan.pk}/").content.decode()
