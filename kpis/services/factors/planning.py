"""Registering a whole plan of a department at once: all of it or nothing, and the same plan again changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from hashlib import sha256
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from kpis.choices import FactorKind
from kpis.models import ExternalFactor
from kpis.services.factors.filing import TO_BE_CHANGED, change, queues_of, register
from vendors.actors import Actor, Capability
from vendors.choices import service_names
from vendors.errors import DomainError, Forbidden, RowError, Unprocessable, cut
from vendors.models import Department, Queue

NEW, CHANGED, UNCHANGED, KEPT = "new", "changed", "unchanged", "kept"
"""What becomes of an event: ``kept`` is one whose factor is claimed or decided, and stays as it is."""


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """One event of a plan. ``row`` is the line it stands on, of a calendar the number of the event."""

    row: int
    title: str
    starts_at: datetime
    ends_at: datetime
    kind: str = ""
    services: tuple[str, ...] = ()
    expected_percent: int | None = None
    uid: str = ""


@dataclass(frozen=True, slots=True)
class Registered:
    """What became of one event."""

    row: int
    outcome: str
    factor: ExternalFactor
    queues: Sequence[Queue]


def services_of(actor: Actor) -> dict[str, list[Queue]]:
    """Return the queues an actor may name, by service (its code, or what it is called), and each under its own code."""
    rows = Queue.objects.visible_to(actor.limited_to(Capability.REGISTER_FACTORS)).select_related("centre__vendor")
    found: dict[str, list[Queue]] = {}
    for queue in rows.order_by("code"):
        for name in (service_names(queue.service) | {queue.code}) - {""}:
            found.setdefault(name, []).append(queue)
    return found


def register_plan(
    events: Sequence[PlannedRow],
    *,
    department: Department,
    kind: str = FactorKind.CAMPAIGN,
    services: Iterable[str] = (),
    errors: Sequence[RowError] = (),
    is_check: bool = False,
    actor: Actor,
    now: datetime,
) -> list[Registered]:
    """Register the events as planned factors of a department; return what became of each.

    ``kind`` and ``services`` hold for events that name none. An event is known again by its uid, or by its title and
    beginning. With ``is_check`` nothing is stored. Raises Forbidden, and Unprocessable with all that is wrong, where
    nothing is stored either; ``errors`` are those of the reading.
    """
    if not actor.may(Capability.REGISTER_FACTORS):
        raise Forbidden("forbidden", _("Your role does not register external factors."))
    known, wrong, done = services_of(actor), list(errors), []
    seen: dict[str, int] = {}
    with transaction.atomic():
        for event in events:
            key = _key(event, department, actor)
            try:
                if key in seen:
                    text = _("This event stands in row %(row)s already.") % {"row": seen[key]}
                    raise Unprocessable("duplicate_in_batch", text)
                seen[key] = event.row
                queues = _queues(event.services or tuple(services), known)
                done.append(_registered(event, queues, key, department, kind, actor, now))
            except DomainError as error:
                found = error.errors or [RowError(error.code, error.detail)]
                wrong += [RowError(one.code, one.detail, one.field, event.row) for one in found]
        if wrong:
            wrong.sort(key=lambda one: one.row or 0)
            raise Unprocessable("invalid_rows", _("Some events cannot be registered; nothing was."), wrong)
        if is_check:
            transaction.set_rollback(True)
    return done


def _registered(
    event: PlannedRow, queues: list[Queue], key: str, department: Department, kind: str, actor: Actor, now: datetime
) -> Registered:
    given: dict[str, Any] = {
        "title": event.title,
        "kind": event.kind or kind,
        "starts_at": event.starts_at,
        "ends_at": event.ends_at,
        "expected_percent": event.expected_percent,
    }
    factor = ExternalFactor.objects.filter(source_key=key).first()
    if factor is None:
        about = {**given, "department": department, "is_planned": True, "announced_at": now, "source_key": key}
        return Registered(event.row, NEW, register(about, queues=queues, actor=actor, now=now), queues)
    if factor.status not in TO_BE_CHANGED:
        return Registered(event.row, KEPT, factor, list(queues_of(factor)))
    if not _differs(factor, given, queues):
        return Registered(event.row, UNCHANGED, factor, queues)
    changed = change(factor.pk, given, queues=queues, actor=actor, now=now)
    return Registered(event.row, CHANGED, changed, queues)


def _differs(factor: ExternalFactor, given: Mapping[str, Any], queues: Sequence[Queue]) -> bool:
    if any(getattr(factor, name) != value for name, value in given.items()):
        return True
    return {queue.pk for queue in queues_of(factor)} != {queue.pk for queue in queues}


def _queues(names: Sequence[str], known: Mapping[str, list[Queue]]) -> list[Queue]:
    if not names:
        text = _("Name the services that will be called, in the row or for all rows.")
        raise Unprocessable("required", text, [RowError("required", text, "services")])
    for name in names:
        if name not in known:
            near = get_close_matches(name[:50], list(known), n=1)
            text = _("There is no service “%(name)s”.") % {"name": cut(name)}
            text += " " + _("Did you mean “%(name)s”?") % {"name": near[0]} if near else ""
            raise Unprocessable("unknown_service", text, [RowError("unknown_service", text, "services")])
    return list({queue.pk: queue for name in names for queue in known[name]}.values())


def _key(event: PlannedRow, department: Department, actor: Actor) -> str:
    """Return what an event is known by again: for one department, and for those who see the same vendors."""
    own = f"uid {event.uid}" if event.uid else f"at {event.title}\n{event.starts_at.timestamp()}"
    return sha256(f"plan\n{department.pk}\n{actor.sight}\n{own}".encode()).hexdigest()
