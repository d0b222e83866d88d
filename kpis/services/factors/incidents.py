"""Incidents of another system: what was opened and resolved becomes one factor, to the minute."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import transaction
from django.utils.translation import gettext as _

from kpis.choices import FactorKind
from kpis.models import ExternalFactor
from kpis.services.factors.filing import TO_BE_CHANGED, change, register
from vendors.actors import Actor, Capability, Grant
from vendors.choices import Role
from vendors.errors import Conflict, Forbidden, Invalid, RowError
from vendors.models import Department, Queue

OPENED, RESOLVED = "opened", "resolved"
MINUTE = timedelta(minutes=1)


@transaction.atomic
def report_incident(
    *,
    incident: str,
    event: str,
    at: datetime,
    title: str = "",
    queues: Sequence[Queue] = (),
    department: Department | None = None,
    opened_at: datetime | None = None,
    actor: Actor,
    now: datetime,
) -> ExternalFactor:
    """Register an incident that was opened, or end the one that was resolved; the same again changes nothing.

    Until it is resolved its end is a minute after its beginning. A resolution that comes without its opening names
    ``opened_at``. Raises Forbidden, Invalid, and Conflict ``not_opened``.
    """
    if not actor.may(Capability.REPORT_INCIDENTS):
        raise Forbidden("forbidden", _("Your role does not include this function."))
    # A key that reports incidents registers nothing else.
    acting = replace(actor, grants=(*actor.grants, Grant(Role.DEPARTMENT))) if actor.api_key_id else actor
    key = _key(incident, actor)
    factor: ExternalFactor | None = ExternalFactor.objects.select_for_update().filter(source_key=key).first()
    began = _minute(at) if event == OPENED else _minute(opened_at) if opened_at else None
    if factor is None:
        if began is None:
            text = _("This incident was not opened here; send its opening too, or `opened_at`.")
            raise Conflict("not_opened", text)
        ends_at = began + MINUTE if event == OPENED else _end(at)
        about = {
            "kind": FactorKind.OUTAGE,
            "title": title or incident,
            "starts_at": began,
            "ends_at": ends_at,
            "department": department,
            "source_key": key,
        }
        return register(about, queues=queues, actor=acting, now=now)
    if event == OPENED or factor.status not in TO_BE_CHANGED or factor.ends_at == _end(at):
        return factor
    if _end(at) <= factor.starts_at:
        text = _("It ends before it began.")
        raise Invalid("date_order", text, [RowError("date_order", text, "at")])
    return change(factor.pk, {"ends_at": _end(at)}, actor=acting, now=now)


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def _end(moment: datetime) -> datetime:
    """Return the end of the minute something was resolved in: the beginning of the next one unless it is one."""
    return _minute(moment) if moment == _minute(moment) else _minute(moment) + MINUTE


def _key(incident: str, actor: Actor) -> str:
    return sha256(f"incident\n{actor.sight}\n{incident}".encode()).hexdigest()
