"""Makes and changes webhooks; their signing secret is shown once, when one is made."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from bpo.models import Webhook
from bpo.services.delivery.addresses import check_address
from vendors.actors import Actor, Capability
from vendors.errors import Conflict, Forbidden, NotFound
from vendors.models import Vendor
from vendors.services.audit import record

MOST_WEBHOOKS = 20
"""Of one vendor, and as many of the company's own."""
CHANGEABLE = ("name", "preset", "url", "from_severity", "language", "is_active")


@transaction.atomic
def make_webhook(data: dict[str, Any], *, vendor: Vendor | None, actor: Actor, now: datetime) -> Webhook:
    """Make a webhook of a vendor, or of the company; raise ``url_forbidden`` or Conflict ``too_many_webhooks``."""
    _check_right(actor, vendor)
    if Webhook.objects.filter(vendor=vendor).count() >= MOST_WEBHOOKS:
        text = _("There are %(most)s webhooks already; change one that is no longer used.")
        raise Conflict("too_many_webhooks", text % {"most": MOST_WEBHOOKS})
    check_address(data["url"], may_be_own=_sees_all(actor))
    secret = secrets.token_urlsafe(32)
    made = Webhook.objects.create(vendor=vendor, secret=secret, created_by=actor.label[:200], created_at=now, **data)
    record(actor=actor, action="webhook.make", obj=made, now=now, vendor=vendor, changes=_shown(data))
    return made


@transaction.atomic
def change_webhook(webhook_id: int, data: dict[str, Any], *, actor: Actor, now: datetime) -> Webhook:
    """Change what of a webhook may change; raise as :func:`make_webhook` does, NotFound for another vendor's."""
    visible = Webhook.objects.visible_to(actor.limited_to(Capability.MANAGE_WEBHOOKS))
    webhook: Webhook | None = (
        visible.select_for_update(of=("self",)).select_related("vendor").filter(pk=webhook_id).first()
    )
    if webhook is None:
        raise NotFound("not_found", _("There is no such webhook."))
    _check_right(actor, webhook.vendor)
    if "url" in data:
        check_address(data["url"], may_be_own=_sees_all(actor))
    for name in data:
        setattr(webhook, name, data[name])
    webhook.save(update_fields=[*data])
    record(actor=actor, action="webhook.change", obj=webhook, now=now, vendor=webhook.vendor, changes=_shown(data))
    return webhook


def _sees_all(actor: Actor) -> bool:
    return actor.limited_to(Capability.MANAGE_WEBHOOKS).sees_all_vendors


def _check_right(actor: Actor, vendor: Vendor | None) -> None:
    """Refuse keys, and whoever does not see all vendors for a webhook that hears of every one."""
    if (
        actor.api_key_id is not None
        or not actor.may(Capability.MANAGE_WEBHOOKS, vendor.pk if vendor else None)
        or (vendor is None and not _sees_all(actor))
    ):
        raise Forbidden("role", _("Your role does not include this function."))


def _shown(data: dict[str, Any]) -> dict[str, Any]:
    """Return the changes for the audit trail: an address is a secret and does not stand in it."""
    return {name: [None, "…" if name == "url" else str(value)] for name, value in data.items()}
