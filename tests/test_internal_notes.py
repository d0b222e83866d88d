"""What the client's side writes for itself reaches no vendor: by no page, document, API address, mail or webhook.

The history of a factor and the comment of a scorecard's line are read by both sides; a line's comment is the client's
own while its card is a draft, and a plan while it is not shared.
"""

from __future__ import annotations

import io
import zipfile
from datetime import date, timedelta
from typing import Any

import pypdf
import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import reverse

from bpo.models import ActionPlan, Alert, Delivery, ScorecardLine
from bpo.queries.delivery_texts import told_of, webhook_body
from bpo.services import alerts, plans
from bpo.services.delivery import deliver
from tests.bpo.delivery.world import make_alert, make_webhook
from tests.bpo.pages_sample import AFTER
from tests.cast import client_for
from tests.everything import MANAGER, World
from tests.page_walk import make_walk
from tests.tenancy import CELLS, ROUTES, A, send

pytestmark = pytest.mark.django_db

WORD = "KEEP-THIS-AMONG-US"
KINDS = ("detail", "explain", "pdf", "xlsx")
NOTED = ("alert-detail", "action-plan-detail")


def write_it_everywhere(world: World) -> int:
    """Write the word into all that only the client's side reads; return the alert that people are told of."""
    told = make_alert(world.cast.vendor, "critical", AFTER)
    noted: dict[str, Any] = {"note": WORD, "internal": True, "actor": MANAGER, "now": AFTER}
    for alert in Alert.objects.filter(vendor=world.cast.vendor, status="open").exclude(pk=told.pk):
        alerts.acknowledge(alert.pk, **noted)
        alerts.assign(alert.pk, assignee="manager", **noted)
        alerts.snooze(alert.pk, until=date(2026, 11, 25), **noted)
    alerts.acknowledge(told.pk, **noted)
    for plan in ActionPlan.objects.filter(contract__vendor=world.cast.vendor):
        plans.note(plan.pk, **noted)
    unshared = ActionPlan.objects.filter(is_shared=False, contract__vendor=world.cast.vendor)
    assert unshared.update(title=WORD, facts=WORD, effect=WORD, next_step=WORD, cause_note=WORD, owner=WORD)
    drafts = ScorecardLine.objects.filter(scorecard__status="draft", scorecard__contract__vendor=world.cast.vendor)
    assert drafts.update(comment=WORD, evidence=WORD)
    return told.pk


def text_of(answer: Any) -> str:
    """Return all that an answer says: of a PDF its words, of an office document the text of its parts."""
    content = b"".join(answer) if answer.streaming else answer.content
    if content.startswith(b"%PDF"):
        return " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            return "".join(parts.read(name).decode(errors="replace") for name in parts.namelist())
    return bytes(content).decode(errors="replace")


def noted(world: World, told: int) -> list[str]:
    """Return the pages and documents of what was written on."""
    keys = world.keys[A]
    found = [reverse("bpo:alert-detail", args=[told])]
    found += [reverse("bpo:plan-detail", args=[keys[name]]) for name in ("action-plan", "unshared-plan")]
    for card in (keys["draft"], keys["shared"]):
        found += [reverse(f"bpo:scorecard-{name}", args=[card]) for name in KINDS]
    return found


def said(answers: dict[str, Any]) -> set[str]:
    """Return which of the answers say the word."""
    return {way for way, answer in answers.items() if WORD in text_of(answer)}


def test_what_is_internal_reaches_no_vendor_by_any_way() -> None:
    reads = [route for method, route in CELLS if method == "GET"]
    with time_machine.travel(AFTER, tick=False):
        world, pages = make_walk()
        make_webhook("https://vendor.example/hook", world.cast.vendor, from_severity="caution")
        told = write_it_everywhere(world)
        browsers = {name: Client() for name in ("manager", "admin", "member")}
        for name, browser in browsers.items():
            browser.force_login(getattr(world.cast, name))
        more = [*pages.values(), reverse("bpo:overview-file", args=["overview_xlsx"])]
        seen = {
            name: {
                address: browser.get(address) for address in [*noted(world, told), *(more if name == "admin" else [])]
            }
            for name, browser in browsers.items()
        }
        asked = {
            name: {route: send(client_for(world.who(name)), "GET", ROUTES[route], world, A) for route in routes}
            for name, routes in (("manager", NOTED), ("admin", reads), ("read_key", reads))
        }
        deliver(now=AFTER + timedelta(minutes=5))

    assert not said(seen["admin"]) | said(seen["member"]) | said(asked["admin"]) | said(asked["read_key"])
    # The client's own side does read it there: the word is where it was looked for.
    shared = [reverse(f"bpo:scorecard-{kind}", args=[world.keys[A]["shared"]]) for kind in KINDS]
    assert said(seen["manager"]) == set(noted(world, told)) - set(shared)
    assert said(asked["manager"]) == set(NOTED)
    mails = [sent for sent in mail.outbox if set(sent.to) & {world.cast.admin.email, world.cast.member.email}]
    assert mails
    assert not [sent.subject for sent in mails if WORD in sent.message().as_string()]
    posts = Delivery.objects.filter(webhook__vendor=world.cast.vendor, events__isnull=False).distinct()
    bodies = [webhook_body(one.webhook.preset, one, told_of(one))[0].decode() for one in posts]
    assert bodies
    assert WORD not in "".join(bodies)
