"""The form in which each messenger takes a message."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.utils import translation

from bpo.choices import WebhookPreset
from bpo.models import Delivery
from bpo.queries.delivery_texts import told_of, webhook_body
from bpo.services.delivery import dispatch
from tests.bpo.delivery.world import NOON, make_alert, make_webhook
from tests.make import make_vendor

pytestmark = pytest.mark.django_db

TITLE = "Critical: A & B <x> and others, 2 alerts"


@pytest.fixture
def message() -> Delivery:
    make_webhook("https://example.com", from_severity="caution")
    vendor = make_vendor(name="A & B <x>", name_ko="가나")
    make_alert(vendor, "caution")
    make_alert(vendor)
    dispatch(now=NOON)
    return Delivery.objects.get()


def body_of(message: Delivery, preset: str, language: str = "en") -> Any:
    with translation.override(language):
        body, media_type = webhook_body(preset, message, told_of(message))
    assert media_type == "application/json; charset=utf-8"
    return json.loads(body)


def test_slack_takes_a_text_whose_marks_mean_nothing(message: Delivery) -> None:
    lines = body_of(message, "slack")["text"].split("\n")

    assert lines[0] == "*Critical: A &amp; B &lt;x&gt; and others, 2 alerts*"
    assert lines[1].startswith("• <http://localhost:8000/alerts/")
    assert "|[Critical] A &amp; B &lt;x&gt; – Queue-days not sent" in lines[1]


def test_teams_takes_an_adaptive_card(message: Delivery) -> None:
    card = body_of(message, "teams")["attachments"][0]["content"]

    assert card["type"] == "AdaptiveCard"
    assert card["body"][0]["text"] == TITLE
    assert len(card["body"]) == 3
    assert card["actions"][0]["url"] == "http://localhost:8000/alerts/"


def test_jandi_takes_a_colour_and_parts(message: Delivery) -> None:
    document = body_of(message, "jandi", "ko")

    assert document["connectColor"] == "#B42318"
    assert [part["title"] for part in document["connectInfo"]] == ["[심각] 가나", "[주의] 가나"]


def test_naver_works_takes_a_title_a_text_and_a_button(message: Delivery) -> None:
    document = body_of(message, "naver_works", "ko")

    assert set(document) == {"title", "body", "button"}
    assert document["button"]["label"] == "열기"
    assert document["body"]["text"].count("\n") == 1


def test_kakao_work_takes_blocks_within_its_limits(message: Delivery) -> None:
    document = body_of(message, "kakao_work")

    assert [block["type"] for block in document["blocks"]] == ["header", "text", "button"]
    assert len(document["blocks"][0]["text"]) <= 20
    assert len(document["blocks"][1]["text"]) <= 500


@pytest.mark.parametrize("preset", WebhookPreset.values)
def test_every_form_says_something_in_a_test_too(preset: str) -> None:
    webhook = make_webhook("https://example.com")
    test = Delivery.objects.create(kind="test", webhook=webhook, created_at=NOON, due_at=NOON)

    assert "A test: messages" in json.dumps(body_of(test, preset))
