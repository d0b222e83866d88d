"""How large the effect of a factor was, in figures, in a sentence, on its page; and the days nothing explains."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import translation

from kpis.models import ExternalFactor
from kpis.queries.effect_words import sentence
from kpis.queries.effects import ContractEffect, effects_of, suggestions
from kpis.services import factors
from tests.cast import client_for
from tests.checks import queries_of
from tests.make import make_actor, make_contract, make_figures, make_kpi, make_queue, make_target, make_user
from vendors.choices import Role
from vendors.models import Queue

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
HIT = (date(2026, 11, 17), date(2026, 11, 18))
WEEK = (1000, 900, 880, 890, 950, 400, 300)
MANAGER = make_actor(Role.MANAGER)


@pytest.fixture(autouse=True)
def _clock() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def queue() -> Queue:
    return make_series("hanbit", days=110)


def make_series(code: str, days: int) -> Queue:
    """Make a queue whose calls are +41 % and in time −17 points on two days of last week."""
    contract = make_contract(code=code, starts_on=date(2026, 1, 1))
    made = make_queue(contract, f"{code}-voice")
    kpi = make_kpi(f"{code}_level", "100 * within / offered", bounds=[0, 100])
    make_target(contract, kpi, 80, weight=100)
    for number in range(days):
        day = TODAY - timedelta(days=days - number)
        offered = round(WEEK[day.weekday()] * (1 + 0.02 * ((number * 7) % 5 - 2)))
        share = 0.82 + 0.01 * ((number * 3) % 5 - 2)
        if day in HIT:
            offered, share = round(WEEK[day.weekday()] * 1.41), 0.65
        make_figures(made, day, offered=offered, within=round(offered * share))
    return made


def campaign(queue: Queue) -> ExternalFactor:
    about = {"kind": "campaign", "title": "Sale"}
    times = {
        "starts_at": datetime(2026, 11, 16, 15, tzinfo=UTC),
        "ends_at": datetime(2026, 11, 18, 15, tzinfo=UTC),
    }
    return factors.register({**about, **times}, queues=[queue], actor=MANAGER, now=NOW)


def effect(queue: Queue) -> ContractEffect:
    (found,) = effects_of(campaign(queue), MANAGER, now=NOW)
    return found


def test_volume_and_kpi_of_the_factors_days_are_held_against_their_weekdays_past(queue: Queue) -> None:
    found = effect(queue)

    assert found.volume.change == pytest.approx(0.41, abs=0.03)
    assert found.volume.is_sure
    assert found.volume.days == 2
    (kpi,) = found.kpis
    assert float(kpi.change) == pytest.approx(-17, abs=1)
    assert kpi.is_sure
    assert kpi.actual - kpi.expected == kpi.change
    assert [day.date for day in found.days if day.is_affected] == list(HIT)
    assert found.days[0].date == HIT[0] - timedelta(days=14)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("ko", ("물량 +4", "%, 오차 ±", ", 2일", "−17", "%p")),
        ("en", ("volume +4", "% ± ", "for 2 days", "−17", "points")),
    ],
)
def test_it_is_said_in_a_plain_sentence(queue: Queue, language: str, words: tuple[str, ...]) -> None:
    with translation.override(language):
        said = sentence(effect(queue))

    assert all(word in said for word in words), said


def test_what_changed_nothing_says_so(queue: Queue) -> None:
    about = {"kind": "other", "title": "Nothing much"}
    times = {"starts_at": datetime(2026, 11, 10, 0, tzinfo=UTC), "ends_at": datetime(2026, 11, 10, 5, tzinfo=UTC)}
    made = factors.register({**about, **times}, queues=[queue], actor=MANAGER, now=NOW)

    (found,) = effects_of(made, MANAGER, now=NOW)

    with translation.override("en"):
        assert sentence(found).startswith("no sure change of volume")


def test_too_short_a_past_says_nothing() -> None:
    assert effects_of(campaign(make_series("narae", days=20)), MANAGER, now=NOW) == []


def test_somebody_of_another_vendor_learns_nothing(queue: Queue) -> None:
    stranger = make_actor(Role.VENDOR_ADMIN, make_contract().vendor)

    assert effects_of(campaign(queue), stranger, now=NOW) == []
    assert suggestions(stranger, now=NOW) == []


def test_the_days_are_suggested_until_somebody_registers_what_they_were(queue: Queue) -> None:
    found = suggestions(MANAGER, now=NOW)

    assert [one.odd.date for one in found] == [HIT[1], HIT[0]]
    assert found[0].queues == ("hanbit-voice",)
    campaign(queue)
    assert suggestions(MANAGER, now=NOW) == []


def test_a_rejected_factor_explains_nothing(queue: Queue) -> None:
    made = factors.register(
        {"kind": "outage", "title": "x", "starts_at": datetime(2026, 11, 16, 15, tzinfo=UTC),
         "ends_at": datetime(2026, 11, 18, 15, tzinfo=UTC)},
        queues=[queue], actor=make_actor(Role.VENDOR_ADMIN, queue.centre.vendor), now=NOW,
    )  # fmt: skip
    factors.claim(made.pk, evidence="x", actor=make_actor(Role.VENDOR_ADMIN, queue.centre.vendor), now=NOW)
    factors.reject(made.pk, decision="no", actor=MANAGER, now=NOW)

    assert len(suggestions(MANAGER, now=NOW)) == 2


def test_the_api_answers_both(queue: Queue) -> None:
    factor = campaign(queue)
    client = client_for(make_user("mina", Role.MANAGER))
    other = make_series("narae", days=110)

    answer = client.get(f"/api/v1/external-factors/{factor.pk}/effect/", headers={"accept-language": "en"}).json()
    suggested = client.get("/api/v1/external-factors/suggestions/").json()["results"]

    assert answer["effects"][0]["sentence"].startswith("volume +4")
    assert Decimal(answer["effects"][0]["kpis"][0]["change"]) < -15
    assert {row["contract"] for row in suggested} == {"narae"}
    assert suggested[0]["queues"] == [other.code]


def test_the_pages_show_both_and_a_suggestion_fills_the_form_in(queue: Queue) -> None:
    client = Client(headers={"accept-language": "ko"})
    client.force_login(make_user("mina", Role.MANAGER))

    listed = client.get("/factors/").content.decode()
    form = client.get("/factors/new/", {"date": "2026-11-17", "queue": "hanbit-voice"}).content.decode()

    assert "아직 설명되지 않은 날" in listed
    assert "/factors/new/?date=2026-11-17&amp;queue=hanbit-voice" in listed
    assert 'value="2026-11-17T00:00"' in form
    assert client.get("/factors/new/", {"date": "nonsense"}).status_code == 200
    factor = campaign(queue)
    page = client.get(f"/factors/{factor.pk}/").content.decode()
    assert "영향 크기" in page
    assert page.count('class="hit"') == 2


def test_suggestions_cost_the_same_whatever_the_number_of_contracts(queue: Queue) -> None:
    few = len(queries_of(lambda: suggestions(MANAGER, now=NOW)))
    for number in range(3):
        make_series(f"vendor{number}", days=40)

    assert len(queries_of(lambda: suggestions(MANAGER, now=NOW))) == few
