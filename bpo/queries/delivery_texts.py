"""What a message about alerts says: its lines in the recipient's language, and the form each messenger takes."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from bpo.choices import UNRESOLVED, AlertSeverity, DeliveryKind, WebhookPreset
from bpo.models import Alert, AlertEvent, Delivery
from bpo.queries.alert_words import action_word, message_of
from bpo.queries.cards import utc
from bpo.queries.recipients import Reader

MOST_LINES = 30
"""So many alerts are told one by one; the rest is counted."""
COLOURS = {"critical": "#B42318", "warning": "#B54708", "caution": "#344054"}
_RANK = {severity: rank for rank, severity in enumerate(AlertSeverity.values)}


@dataclass(frozen=True, slots=True)
class Line:
    """One alert as a message tells of it: how grave, whose, what is the matter, and the latest step."""

    alert: Alert
    steps: Sequence[AlertEvent]

    @property
    def severity(self) -> str:
        return str(self.alert.get_severity_display())

    @property
    def colour(self) -> str:
        return COLOURS[self.alert.severity]

    @property
    def vendor(self) -> str:
        return self.alert.vendor.label if self.alert.vendor else _("All vendors")

    @property
    def message(self) -> str:
        return message_of(self.alert)

    @property
    def step(self) -> str:
        return action_word(self.steps[-1].action)

    @property
    def address(self) -> str:
        return settings.SITE_URL + reverse("bpo:alert-detail", args=[self.alert.pk])

    def __str__(self) -> str:
        return f"[{self.severity}] {self.vendor} – {self.message} ({self.step})"


@dataclass(frozen=True, slots=True)
class Told:
    """The whole of a message: the gravest alert first; ``more`` is how many stand on the page only."""

    kind: str
    lines: Sequence[Line]
    more: int

    @property
    def count(self) -> int:
        return len(self.lines) + self.more

    @property
    def title(self) -> str:
        if self.kind == DeliveryKind.TEST:
            return _("A test: messages arrive here")
        if self.kind == DeliveryKind.DIGEST:
            return ngettext("Today: %(n)s alert", "Today: %(n)s alerts", self.count) % {"n": self.count}
        first = self.lines[0]
        if self.count == 1:
            return f"{first.severity}: {first.vendor} – {first.message}"
        return _("%(severity)s: %(vendor)s and others, %(n)s alerts") % {
            "severity": first.severity, "vendor": first.vendor, "n": self.count,
        }  # fmt: skip

    @property
    def more_text(self) -> str:
        return ngettext("%(n)s more on the page", "%(n)s more on the page", self.more) % {"n": self.more}

    @property
    def address(self) -> str:
        return settings.SITE_URL + reverse("bpo:alert-list")

    @property
    def texts(self) -> list[str]:
        """The message line by line."""
        return [*(str(line) for line in self.lines), *([self.more_text] if self.more else [])]


def told_of(delivery: Delivery, reader: Reader | None = None) -> Told:
    """Return what a message says, as its alerts stand now and as far as its ``reader`` may still read them."""
    steps: dict[Alert, list[AlertEvent]] = defaultdict(list)
    related = ("alert__vendor", "alert__kpi", "alert__contract", "alert__queue")
    for event in delivery.events.select_related(*related).order_by("id"):
        if reader is None or reader.may_read(event.alert):
            steps[event.alert].append(event)
    lines = sorted((Line(alert, events) for alert, events in steps.items()), key=_gravity)
    return Told(delivery.kind, lines[:MOST_LINES], max(0, len(lines) - MOST_LINES))


def _gravity(line: Line) -> tuple[bool, int, int]:
    return line.alert.status not in UNRESOLVED, -_RANK[line.alert.severity], line.alert.pk


def webhook_body(preset: str, delivery: Delivery, told: Told) -> tuple[bytes, str]:
    """Return the body of a webhook's request and its content type."""
    document = _FORMS[WebhookPreset(preset)](delivery, told)
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode(), "application/json; charset=utf-8"


def _generic(delivery: Delivery, told: Told) -> dict[str, Any]:
    return {
        "id": str(delivery.pk),
        "kind": delivery.kind,
        "title": told.title,
        "alerts": [_as_data(line) for line in told.lines],
        "more": told.more,
        "url": told.address,
    }


def _as_data(line: Line) -> dict[str, Any]:
    alert = line.alert
    return {
        "id": alert.pk,
        "kind": alert.kind,
        "severity": alert.severity,
        "status": alert.status,
        "vendor": alert.vendor.code if alert.vendor else None,
        "contract": alert.contract.code if alert.contract else None,
        "kpi": alert.kpi.code if alert.kpi else None,
        "message": line.message,
        "url": line.address,
        "steps": [{"action": step.action, "at": utc(step.at)} for step in line.steps],
    }


def _slack(_delivery: Delivery, told: Told) -> dict[str, Any]:
    lines = [f"• <{line.address}|{_escaped(str(line))}>" for line in told.lines]
    return {"text": "\n".join([f"*{_escaped(told.title)}*", *lines, *told.texts[len(lines) :]])}


def _escaped(text: str) -> str:
    """Take the meaning from the three characters that have one in a messenger's text."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("|", "¦")


def _teams(_delivery: Delivery, told: Told) -> dict[str, Any]:
    blocks = [{"type": "TextBlock", "text": told.title, "weight": "Bolder", "wrap": True}]
    blocks += [{"type": "TextBlock", "text": text, "wrap": True} for text in told.texts]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": blocks,
        "actions": [{"type": "Action.OpenUrl", "title": pgettext("button", "Open"), "url": told.address}],
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
    return {"type": "message", "attachments": [attachment]}


def _jandi(_delivery: Delivery, told: Told) -> dict[str, Any]:
    colour = told.lines[0].colour if told.lines else COLOURS["caution"]
    parts = [{"title": f"[{line.severity}] {line.vendor}", "description": line.message} for line in told.lines]
    parts += [{"title": told.more_text, "description": told.address}] if told.more else []
    return {"body": f"[{told.title}]({told.address})", "connectColor": colour, "connectInfo": parts}


def _naver_works(_delivery: Delivery, told: Told) -> dict[str, Any]:
    text = "\n".join(told.texts) or told.title
    return {
        "title": told.title,
        "body": {"text": text},
        "button": {"label": pgettext("button", "Open"), "url": told.address},
    }


def _kakao_work(_delivery: Delivery, told: Told) -> dict[str, Any]:
    text = "\n".join(told.texts) or told.title
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": told.title[:20], "style": "red"},
        {"type": "text", "text": text[:500]},
        {
            "type": "button", "text": pgettext("button", "Open"), "style": "default",
            "action": {"type": "open_system_browser", "name": "open", "value": told.address},
        },
    ]  # fmt: skip
    return {"text": told.title, "blocks": blocks}


_FORMS: Mapping[WebhookPreset, Callable[[Delivery, Told], dict[str, Any]]] = {
    WebhookPreset.GENERIC: _generic,
    WebhookPreset.SLACK: _slack,
    WebhookPreset.TEAMS: _teams,
    WebhookPreset.JANDI: _jandi,
    WebhookPreset.NAVER_WORKS: _naver_works,
    WebhookPreset.KAKAO_WORK: _kakao_work,
}
