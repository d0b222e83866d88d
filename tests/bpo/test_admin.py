"""Scorecards are moved on from the administration by their services only."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from django.utils import translation

from bpo.choices import CorrectionStatus
from bpo.models import JudgedItem, Scorecard
from tests.bpo.test_alerts_api import make_alert
from tests.cast import Cast
from tests.vendors.test_admin import signed_in
from vendors.admin.words import ACTIONS, action_word
from vendors.models import AuditEntry

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[2]


def make_card(cast: Cast) -> Scorecard:
    return Scorecard.objects.create(contract=cast.contract, start=date(2026, 2, 1))


def test_it_shares_a_card_and_refuses_to_do_it_twice(cast: Cast) -> None:
    card = make_card(cast)
    client = signed_in(cast.manager_of_a)
    data = {"action": "share", "_selected_action": [card.pk]}

    client.post("/admin/bpo/scorecard/", data)
    again = client.post("/admin/bpo/scorecard/", data, follow=True)

    card.refresh_from_db()
    assert card.status == "shared"
    assert "does not allow this" in again.content.decode()
    assert AuditEntry.objects.filter(action="scorecard.share").count() == 1


def test_it_refuses_to_finalise_a_draft_and_says_why(cast: Cast) -> None:
    card = make_card(cast)
    client = signed_in(cast.manager_of_a)

    answer = client.post(f"/admin/bpo/scorecard/{card.pk}/finalise/", {"_form_submitted": "1"})

    card.refresh_from_db()
    assert (answer.status_code, card.status) == (200, "draft")
    assert "HX-Redirect" not in answer


def test_it_offers_an_analyst_no_action(cast: Cast) -> None:
    card = make_card(cast)
    client = signed_in(cast.analyst)

    client.post("/admin/bpo/scorecard/", {"action": "share", "_selected_action": [card.pk]})
    dialog = client.post(f"/admin/bpo/scorecard/{card.pk}/finalise/", {"_form_submitted": "1"})

    card.refresh_from_db()
    assert (card.status, dialog.status_code) == ("draft", 403)


def test_it_links_to_the_page_of_the_card(cast: Cast) -> None:
    card = make_card(cast)

    page = signed_in(cast.manager).get(f"/admin/bpo/scorecard/{card.pk}/change/").content.decode()

    assert f'href="/scorecards/{card.pk}/"' in page


def test_it_adds_a_judged_item(cast: Cast) -> None:
    data = {"contract": cast.contract.pk, "kind": "judged", "name": "Cooperation", "weight": "10"}

    answer = signed_in(cast.manager_of_a).post("/admin/bpo/judgeditem/add/", data)

    assert answer.status_code == 302
    assert JudgedItem.objects.get().name == "Cooperation"


def test_it_acknowledges_alerts_and_refuses_to_do_it_twice(cast: Cast) -> None:
    alert = make_alert(cast)
    client = signed_in(cast.manager_of_a)
    data = {"action": "acknowledge", "_selected_action": [alert.pk]}

    client.post("/admin/bpo/alert/", data)
    again = client.post("/admin/bpo/alert/", data, follow=True)

    alert.refresh_from_db()
    assert alert.status == "acknowledged"
    assert "does not allow this" in again.content.decode()
    assert list(alert.events.values_list("action", "by")) == [("acknowledge", "user:manager-of-a")]


def test_it_offers_an_analyst_no_step_on_an_alert_and_nobody_a_form(cast: Cast) -> None:
    alert = make_alert(cast)

    signed_in(cast.analyst).post("/admin/bpo/alert/", {"action": "acknowledge", "_selected_action": [alert.pk]})
    typed = signed_in(cast.manager).post(f"/admin/bpo/alert/{alert.pk}/change/", {"status": "resolved"})

    alert.refresh_from_db()
    assert (alert.status, typed.status_code) == ("open", 403)


def test_the_trail_calls_every_act_by_a_word() -> None:
    written = {
        found
        for app in ("bpo", "kpis", "vendors")
        for path in (ROOT / app).rglob("*.py")
        for found in re.findall(r'action="([a-z_]+\.[a-z_]+)"', path.read_text())
    }

    assert written
    assert written <= set(ACTIONS)
    assert {f"correction.{status}" for status in CorrectionStatus.values if status != "open"} <= set(ACTIONS)
    with translation.override("ko"):
        assert action_word("factor.approve") == "승인"
        assert action_word("report_subscription.make") == "정기 보고 등록"
