"""Correction requests as the API answers and the pages show them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db.models import Case, When

from bpo.choices import CorrectionStatus
from bpo.models import CorrectionRequest, Scorecard
from bpo.queries.cards import utc
from kpis.models import Measure
from vendors.actors import Capability
from vendors.models import Queue
from vendors.models.base import for_reader

if TYPE_CHECKING:
    from vendors.actors import Actor


def requests_for(actor: Actor) -> Any:
    """Return the requests that exist for ``actor``, the newest first."""
    visible = CorrectionRequest.objects.visible_to(actor.limited_to(Capability.READ_CORRECTIONS))
    return visible.select_related("contract__vendor", "submission").order_by("-filed_at", "-id")


def open_first(requests: Any) -> Any:
    """Return the requests with those that wait for a decision before all others, however old they are."""
    return requests.order_by(Case(When(status=CorrectionStatus.OPEN, then=0), default=1), "-filed_at", "-id")


def presented_request(request: CorrectionRequest) -> dict[str, Any]:
    """Return the request as JSON-able values."""
    return {
        "id": request.pk,
        "contract": request.contract.code,
        "vendor": request.contract.vendor.code,
        "start": request.start.isoformat(),
        "status": request.status,
        "reason": request.reason,
        "note": request.note,
        "changes": request.changes,
        "filed_by": request.filed_by,
        "filed_at": utc(request.filed_at),
        "decided_by": request.decided_by,
        "decided_at": utc(request.decided_at),
        "decision": request.decision,
        "effect": request.effect,
        "submission": str(request.submission_id) if request.submission_id else None,
    }


def versions_of_month(contract: int, start: date, actor: Actor) -> list[Scorecard]:
    """Return the versions of the month's card that exist for ``actor``, the newest first."""
    cards = Scorecard.objects.visible_to(actor.limited_to(Capability.READ_SCORECARDS))
    return list(cards.filter(contract=contract, start=start).order_by("-version"))


def named_changes(changes: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return changes with what their measures are called in the reader's language, and the names of their queues."""
    names = _measure_names(changes)
    queues = dict(Queue.objects.filter(code__in={one["queue"] for one in changes}).values_list("code", "name"))
    return [
        {
            **change,
            "name": names.get(change["measure"], change["measure"]),
            "queue_name": queues.get(change["queue"], change["queue"]),
        }
        for change in changes
    ]


def _measure_names(changes: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    codes = {change["measure"] for change in changes}
    rows = Measure.objects.filter(code__in=codes).values_list("code", "name", "name_ko")
    return {code: for_reader(name, korean) for code, name, korean in rows}
