"""The page of one scorecard: at most fifteen queries, the session's and the reader's own among them, at any size."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from bpo.models import Dispute, Scorecard
from bpo.queries import blockers
from bpo.queries.blockers import KnownOfMonth
from bpo.queries.card_reading import read_card
from bpo.queries.pages import card_page
from bpo.services import scorecards
from kpis.choices import SubmissionWay
from kpis.models import RecalculationMark
from kpis.services import factors
from kpis.services.marks import mark
from kpis.services.recalculation import drain
from tests import make
from tests.bpo.money_world import agree
from tests.bpo.pages_sample import AFTER, MONTH, SEOUL, Programme, make_programme, report, signed_in
from tests.checks import assert_constant_queries, queries_of
from vendors.actors import Actor
from vendors.authentication import actor_of
from vendors.choices import Role
from vendors.models import ContractTerms, Holiday

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("after_the_month")]

MOST = 15
MANAGER = make.make_actor(Role.MANAGER)
CLOSING = {"feed_closed": 3, "shared": 4, "objections": 3, "final": 8}


@pytest.fixture
def programme(programme: Programme) -> Programme:
    """A contract with a closing calendar, a day of history before its targets, and a month that is whole."""
    ContractTerms.objects.filter(contract=programme.contract).update(closing=CLOSING)
    for day in (30, 31):
        programme_day(programme, date(2026, 10, day))
    make.make_figures(programme.queue, date(2026, 8, 3), offered=100, answered=90, answered_within_threshold=80)
    mark(contract_ids=[programme.contract.pk], first_on=MONTH, last_on=date(2026, 10, 31))
    drain(now=AFTER)
    scorecards.refresh(contract_id=programme.contract.pk, starts=[MONTH], now=AFTER)
    return programme


def programme_day(programme: Programme, day: date) -> None:
    first = programme.queue.daily_metrics.get(date=MONTH)
    make.make_figures(programme.queue, day, **first.measures)


def shared(programme: Programme) -> Scorecard:
    card = programme.card()
    judged = card.lines.filter(kind="judged").get()
    scorecards.judge(card.pk, line=judged.pk, score=90, evidence="x", actor=MANAGER, now=AFTER)
    return scorecards.share(card.pk, actor=MANAGER, now=AFTER)


def disputed(programme: Programme) -> None:
    card, vendor = programme.card(), make.make_actor(Role.VENDOR_ADMIN, programme.vendor)
    for line in card.lines.all()[:3]:
        scorecards.dispute(card.pk, line=line.pk, reason="x", actor=vendor, now=AFTER)


def resolved(programme: Programme) -> None:
    card = programme.card()
    for dispute in Dispute.objects.filter(line__scorecard=card):
        scorecards.resolve(card.pk, dispute=dispute.pk, accepted=False, resolution="x", actor=MANAGER, now=AFTER)


def final(programme: Programme) -> Scorecard:
    return scorecards.finalise(programme.card().pk, actor=MANAGER, now=AFTER)


def corrected(programme: Programme, answered: int = 1) -> None:
    """Begin another version beside the final one."""
    row = programme.queue.daily_metrics.get(date=MONTH)
    row.measures |= {"answered_within_threshold": answered}
    row.save()
    report(programme, days=0)


def test_it_takes_at_most_fifteen_queries_from_draft_to_correction_whoever_reads(programme: Programme) -> None:
    agree(programme.contract, valid_from=MONTH)
    path = f"/scorecards/{programme.card().pk}/"
    manager, executive = (signed_in(role) for role in (Role.MANAGER, Role.EXECUTIVE))
    vendor = signed_in(Role.VENDOR_ADMIN, programme.vendor)

    take_at_most_fifteen(path, manager)
    for step in (shared, disputed, resolved):
        step(programme)
        take_at_most_fifteen(path, manager, vendor)
    for last in (final, corrected):
        last(programme)
        take_at_most_fifteen(path, manager, vendor, executive)
    take_at_most_fifteen(f"/scorecards/{programme.card().pk}/", manager)


def take_at_most_fifteen(path: str, *clients: Client) -> None:
    for client in clients:
        text = client.get(path).content.decode()
        asked = queries_of(lambda reader=client: reader.get(path))
        assert len(asked) <= MOST, "\n".join(asked)
        assert 'id="calendar"' in text
        assert 'id="worth"' in text
        assert any("kpis_dailymetric" in one for one in asked), "the months before the targets are not read"


def test_it_takes_as_many_with_more_versions_factors_and_contracts(programme: Programme) -> None:
    card, client = shared(programme), signed_in(Role.MANAGER)
    final(programme)

    def grow() -> None:
        make_programme("narae", "나래")
        outage(programme)
        for answered in (1, 2):
            corrected(programme, answered)
            scorecards.share(programme.card().pk, actor=MANAGER, now=AFTER)
            final(programme)
        assert programme.card().version == 3

    assert_constant_queries(lambda: client.get(f"/scorecards/{card.pk}/"), grow)


def test_what_is_put_to_a_contract_from_elsewhere_stands_on_its_card_alone(programme: Programme) -> None:
    other, client = make_programme("narae", "나래"), signed_in(Role.MANAGER)
    registrar = actor_of(make.make_user(role=Role.MANAGER))
    agree(programme.contract, valid_from=MONTH)

    outage(other, registrar, method="attribute", parameters={"contract": programme.contract.code})

    own, others = (f"/scorecards/{one.card().pk}/" for one in (other, programme))
    assert ['id="put"' in client.get(path).content.decode() for path in (own, others)] == [False, True]
    take_at_most_fifteen(others, client)


def outage(programme: Programme, registrar: Actor | None = None, **fields: Any) -> None:
    """Have an outage of 5 October approved; where no registrar is named, its vendor registers and claims it."""
    start = datetime(2026, 10, 5, 9, tzinfo=SEOUL)
    about = {"kind": "outage", "title": "교환기 장애", "starts_at": start, "ends_at": start + timedelta(hours=2)}
    slices = [{"queue": programme.queue.code, "date": "2026-10-05", "measures": None}]
    vendor, now = make.make_actor(Role.VENDOR_ADMIN, programme.vendor), start + timedelta(days=1)
    given = {**about, "slices": slices, **fields}
    made = factors.register(given, queues=[programme.queue], actor=registrar or vendor, now=now)
    if registrar is None:
        factors.claim(made.pk, evidence="ticket", actor=vendor, now=now)
    factors.approve(made.pk, decision="as logged", actor=MANAGER, now=AFTER)
    drain(now=AFTER)


PENDING = (
    (date(2026, 9, 1), date(2026, 9, 30), False),
    (date(2026, 9, 20), date(2026, 10, 1), True),
    (date(2026, 10, 31), date(2026, 11, 2), True),
    (date(2025, 10, 5), date(2026, 12, 1), True),
    (date(2026, 11, 1), date(2026, 11, 3), False),
    (date(2025, 10, 1), date(2025, 10, 31), False),
)


def test_what_the_page_reads_along_blocks_what_finalising_reads_itself(programme: Programme) -> None:
    shared(programme)
    disputed(programme)
    for first, last, is_pending in PENDING:
        RecalculationMark.objects.all().delete()
        mark(contract_ids=[programme.contract.pk], first_on=first, last_on=last)

        found = read_card(programme.card().pk, MANAGER)

        assert found is not None
        page = card_page(found[0], MANAGER, found[1])
        assert found[1].is_pending is is_pending
        known = KnownOfMonth(page.calendar.zones, found[1].is_pending)
        assert blockers(found[0], AFTER, known) == blockers(programme.card(), AFTER)


def test_the_closing_rules_are_those_of_the_months_first_day(programme: Programme) -> None:
    terms = ContractTerms.objects.get(contract=programme.contract)
    for since, days in ((date(2026, 10, 1), 5), (date(2026, 10, 2), 6)):
        ContractTerms.objects.create(contract=terms.contract, valid_from=since, closing={"feed_closed": days})
    Holiday.objects.all().delete()

    found = read_card(programme.card().pk, MANAGER)

    assert found is not None
    assert found[1].closing.feed_closed == 5


def test_it_says_whether_the_figures_are_simulated(programme: Programme) -> None:
    card = programme.card()
    assert not read_card(card.pk, MANAGER)[1].is_simulated

    make.make_submission(vendor=programme.vendor, way=SubmissionWay.DEMONSTRATION)

    assert read_card(card.pk, MANAGER)[1].is_simulated


def test_another_vendors_card_does_not_exist(programme: Programme) -> None:
    other = make_programme("narae", "나래")

    assert read_card(shared(programme).pk, make.make_actor(Role.VENDOR_ADMIN, other.vendor)) is None
    assert read_card(0, MANAGER) is None
