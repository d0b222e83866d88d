"""What stays with a claim or a decision: what it does, or would do, to scores, grades and money."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from kpis.models import ExternalFactor
from kpis.queries.relief import Slice
from kpis.services.effect import effect_of_slices
from kpis.services.factors.methods import treatments_of
from kpis.services.factors.slices import check_fit
from vendors.actors import SYSTEM
from vendors.errors import DomainError
from vendors.models import Contract, Queue

KEPT = ("contract", "start", "score", "grade", "money")


def kept_effect(slices: Iterable[Slice], *, now: datetime) -> dict[str, Any]:
    """Return ``{"effect": rows}`` of the months with a card, with the ids of contract and vendor; else nothing."""
    months = [month for found in effect_of_slices(slices, actor=SYSTEM, now=now) for month in _with_next(found)]
    contracts = Contract.objects.filter(code__in={month["contract"] for month in months})
    ids = {code: {"id": pk, "vendor": vendor} for pk, code, vendor in contracts.values_list("pk", "code", "vendor_id")}
    rows = [{name: month[name] for name in KEPT} | ids[month["contract"]] for month in months]
    return {"effect": rows} if rows else {}


def _with_next(month: dict[str, Any]) -> Iterable[dict[str, Any]]:
    """Return the months whose card changes: that of the slices, and the next where a carried figure counts there."""
    following = month["next"]
    cards = [month, {"contract": month["contract"], **following}] if following else [month]
    return [card for card in cards if card["score"]]


def claimed_effect(factor: ExternalFactor, queues: Sequence[Queue], *, now: datetime) -> dict[str, Any]:
    """Return what approval of the claim as it stands would do; nothing where it could not be approved as it is."""
    try:
        slices = treatments_of(factor, queues, now=now)
        check_fit(slices)
    except DomainError:
        return {}
    return kept_effect(slices, now=now)
