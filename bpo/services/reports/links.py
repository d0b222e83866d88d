"""Links that open a sent report without a log-in: signed, known by their hash alone, for some days, revocable."""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime, timedelta

from django.core import signing
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from bpo.models import ReportLink, SentReport
from bpo.queries.report_recipients import refusal
from vendors.actors import Actor, Capability
from vendors.authentication import actor_of
from vendors.errors import Conflict, Forbidden, NotFound
from vendors.services.audit import record

OPEN = "bpo.reports.open"
"""The salt of the links that open a report."""
MOST_LINKS = 20
"""Made by hand, for one report."""


def token_of(link_id: uuid.UUID) -> str:
    """Return the token of a link; nobody makes it without the secret of the service, which is why none is kept."""
    return signing.Signer(salt=OPEN, sep=".").sign(link_id.hex)


def hash_of(token: str) -> str:
    """Return as what a token is kept."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def make_link(
    report: SentReport, *, days: int, made_by: str, now: datetime, is_personal: bool = False, purpose: str = ""
) -> ReportLink:
    """Make a link that opens the report for ``days`` days."""
    link_id = uuid.uuid4()
    return ReportLink.objects.create(
        id=link_id,
        report=report,
        token_hash=hash_of(token_of(link_id)),
        is_personal=is_personal,
        purpose=purpose,
        created_by=made_by[:200],
        created_at=now,
        expires_at=now + timedelta(days=days),
    )


@transaction.atomic
def share(report_id: uuid.UUID, *, purpose: str, actor: Actor, now: datetime) -> tuple[ReportLink, str]:
    """Make a link to pass on; return it with its token, which is shown this once. Raises Conflict beyond twenty."""
    report = _report(report_id, actor)
    if report.links.filter(is_personal=False).count() >= MOST_LINKS:
        text = _("One report has at most %(most)s links made by hand.") % {"most": MOST_LINKS}
        raise Conflict("too_many_links", text)
    made = make_link(report, days=report.link_days, made_by=actor.label, now=now, purpose=purpose)
    record(actor=actor, action="report_link.make", obj=report, now=now, changes={"for": purpose})
    return made, token_of(made.pk)


@transaction.atomic
def revoke(link_id: uuid.UUID, *, actor: Actor, now: datetime) -> ReportLink:
    """End a link at once; ending it again changes nothing. Raises NotFound."""
    _check(actor)
    link: ReportLink | None = ReportLink.objects.select_for_update().filter(pk=link_id).first()
    if link is None:
        raise NotFound("not_found", _("There is no such link."))
    if link.revoked_at is None:
        link.revoked_at, link.revoked_by = now, actor.label[:200]
        link.save(update_fields=["revoked_at", "revoked_by"])
        record(actor=actor, action="report_link.revoke", obj=link.report, now=now, changes={"link": str(link.pk)})
    return link


def open_report(token: str, *, now: datetime, is_counted: bool = True) -> ReportLink | None:
    """Return the link of a token with its report, and count it; null where it is wrong, has expired or was revoked.

    The link of a mail ends with the right to have it: when the account is closed, or the role is lost or shrinks.
    """
    try:
        signing.Signer(salt=OPEN, sep=".").unsign(token)
    except signing.BadSignature:
        return None
    live = ReportLink.objects.filter(token_hash=hash_of(token), revoked_at__isnull=True, expires_at__gt=now)
    link: ReportLink | None = live.select_related("report__user").first()
    if link is None or (link.is_personal and not may_have(link.report)):
        return None
    if is_counted:
        live.update(opened=F("opened") + 1, opened_at=now)
    return link


def may_have(report: SentReport) -> bool:
    """Say whether the recipient may have it still: who left, has another address or sees less by now may not."""
    user = report.user
    if user is None:
        return True
    actor = actor_of(user)
    if user.email.lower() != report.address or refusal(report.kind, user, actor):
        return False
    return SentReport.objects.within_sight_of(actor).filter(pk=report.pk).exists()


def _report(report_id: uuid.UUID, actor: Actor) -> SentReport:
    _check(actor)
    report: SentReport | None = SentReport.objects.visible_to(actor).select_for_update().filter(pk=report_id).first()
    if report is None:
        raise NotFound("not_found", _("There is no such report."))
    return report


def _check(actor: Actor) -> None:
    if actor.api_key_id is not None or not actor.may(Capability.MANAGE_REPORTS):
        raise Forbidden("role", _("Your role does not include this function."))
