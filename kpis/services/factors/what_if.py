"""What approving a factor would do to figures, score and grade: computed, and not stored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from kpis.choices import FactorMethod
from kpis.models import ExternalFactor
from kpis.services.effect import effect_of_slices, months_of
from kpis.services.factors.filing import check_relievable, queues_of
from kpis.services.factors.limits import CapUse, check_method, uses_of
from kpis.services.factors.methods import surges_hidden_by_grain, treatments_of
from kpis.services.factors.slices import check_fit, slices_of
from vendors.actors import Actor, Capability
from vendors.errors import DomainError
from vendors.models import Queue

SAME_FIGURES = frozenset({FactorMethod.EXCLUDE, FactorMethod.ATTRIBUTE})
"""Methods that differ in whose card the slice moves to, and in no figure of this one."""


def what_if(factor: ExternalFactor, *, actor: Actor, now: datetime) -> list[dict[str, Any]]:
    """Return, for each contract and month, the figures and points before and after (:func:`effect_of_slices`).

    Of the queues that ``actor`` may read results of. Raises Unprocessable for slices that are no part of their day,
    and Conflict where the kind of event or the method gives no relief.
    """
    check_relievable(factor)
    return _effect(factor, _queues(factor, actor), None, actor, now)


def caps(factor: ExternalFactor, *, actor: Actor, now: datetime) -> list[CapUse]:
    """Return how much of each cap of the contracts' terms approval would use; raises as :func:`what_if` does."""
    queues = _queues(factor, actor)
    if not queues:
        return []
    slices = treatments_of(factor, queues, now=now)
    check_fit(slices)
    return uses_of(slices, now=now)


def alternatives(factor: ExternalFactor, *, actor: Actor, now: datetime) -> list[dict[str, Any]]:
    """Return what other methods would do: ``{"method", "months", "code", "detail"}``, a code where one gives none."""
    queues = _queues(factor, actor)
    others = (method for method in FactorMethod.values if method != factor.method)
    return [
        _alternative(factor, queues, method, actor, now)
        for method in others
        if not {method, factor.method} <= SAME_FIGURES
    ]


def hidden_surges(factor: ExternalFactor, *, actor: Actor) -> list[dict[str, str]]:
    """Return the surges that a coarse forecast hides (:func:`surges_hidden_by_grain`), of the actor's queues."""
    queues = _queues(factor, actor)
    return surges_hidden_by_grain(factor, queues) if queues else []


def _queues(factor: ExternalFactor, actor: Actor) -> list[Queue]:
    return [queue for queue in queues_of(factor) if actor.may(Capability.READ_RESULTS, queue.centre.vendor_id)]


def _alternative(
    factor: ExternalFactor, queues: Sequence[Queue], method: str, actor: Actor, now: datetime
) -> dict[str, Any]:
    try:
        check_method(method, months_of(slices_of(factor, queues)))
        months = _effect(factor, queues, method, actor, now)
    except DomainError as error:
        return {"method": method, "months": [], "code": error.code, "detail": str(error.detail)}
    return {"method": method, "months": months, "code": "", "detail": ""}


def _effect(
    factor: ExternalFactor, queues: Sequence[Queue], method: str | None, actor: Actor, now: datetime
) -> list[dict[str, Any]]:
    if not queues:
        return []
    slices = treatments_of(factor, queues, method=method, now=now)
    check_fit(slices)
    return effect_of_slices(slices, actor=actor, now=now)
