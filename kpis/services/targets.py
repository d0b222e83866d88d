"""Targets: what we ask of a contract, a queue or the whole programme, by date and without overlap."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from kpis.calc.facts import PeriodKind
from kpis.models import Kpi, Target, TargetSeries
from kpis.services.marks import mark
from kpis.services.target_checks import check_values
from kpis.services.target_values import VALUE_FIELDS, Scale, Values, as_document, read_values, scale_of, with_defaults
from vendors.actors import ROLES_THAT_MAY, Actor, Capability
from vendors.clock import local_date
from vendors.errors import Conflict, Forbidden, Invalid, RowError
from vendors.models import Contract, ContractQueue, ContractTerms, Queue
from vendors.services.audit import record

SERIES_FIELDS = ("contract", "queue", "kpi", "period")
WHOLE = Decimal(100)


def create_target(
    *,
    kpi: Kpi,
    fields: Mapping[str, Any],
    actor: Actor,
    now: datetime,
    contract: Contract | None = None,
    queue: Queue | None = None,
    period: str = PeriodKind.MONTH,
) -> Target:
    """Ask for ``kpi`` from a date on. ``fields`` are the API's (levels, weight, mode, ``valid_from`` …).

    Without ``contract`` the target is the programme's. Raise :class:`Invalid`, code ``overlap`` where another
    version holds on one of its days, or :class:`Forbidden`.
    """
    require_write(actor, contract)
    start, end = _dates(fields, contract, now)
    _check_scope(contract, queue, period, start, end)
    values = settled_values(fields, scale_of(kpi, start))
    refuse_unapproved([contract], start, end)
    with transaction.atomic():
        series = _locked_series(contract, queue, kpi, period)
        _refuse_overlap(series, start, end)
        target = Target.objects.create(
            series=series, valid_from=start, valid_until=end, created_by_id=actor.user_id, **values
        )
        mark_days(contract, start, end)
        _record(actor, "create", target, now, _snapshot(target))
    return target


def update_target(*, target: Target, fields: Mapping[str, Any], actor: Actor, now: datetime) -> Target:
    """Change levels, rules or dates of one version. What it is about never changes (code ``immutable``)."""
    contract = target.series.contract
    require_write(actor, contract)
    _refuse_another_series(target, fields)
    with transaction.atomic():
        series = TargetSeries.objects.select_for_update().get(pk=target.series_id)
        target = Target.objects.select_related("series__contract", "series__kpi", "series__queue").get(pk=target.pk)
        before, old_range = _snapshot(target), (target.valid_from, target.valid_until)
        _apply(target, fields, contract, now)
        _refuse_overlap(series, target.valid_from, target.valid_until, besides=target.pk)
        refuse_unapproved([contract], *_union(old_range, (target.valid_from, target.valid_until)))
        target.save()
        mark_days(contract, *_union(old_range, (target.valid_from, target.valid_until)))
        _record(actor, "change", target, now, _changes(before, _snapshot(target)))
    return target


def end_target(*, target: Target, valid_until: date, actor: Actor, now: datetime) -> Target:
    """End one version: ``valid_until`` is the first day on which it no longer holds."""
    return update_target(target=target, fields={"valid_until": valid_until}, actor=actor, now=now)


def weight_sum(contract: Contract, day: date) -> Decimal:
    """Return the sum of the weights of the contract's monthly targets on ``day``; it should be 100."""
    monthly = Target.objects.filter(series__contract=contract, series__period=PeriodKind.MONTH).valid_on(day)
    return Decimal(monthly.aggregate(sum=Sum("weight"))["sum"] or 0)


def warnings_of(target: Target) -> list[RowError]:
    """Return what a manager should know of a stored target: weights of the card that do not sum to 100."""
    contract = target.series.contract
    if contract is None or target.weight is None or target.series.period != PeriodKind.MONTH:
        return []
    total = weight_sum(contract, target.valid_from)
    return [] if total == WHOLE else [weights_warning(total)]


def weights_warning(total: Decimal) -> RowError:
    """Return the warning that weights sum to ``total`` and not to 100."""
    text = _(
        "The weights sum to %(sum)s, not 100. They are scaled; a scorecard cannot be finalised until it is mended."
    )
    return RowError("weights", text % {"sum": f"{total.normalize():f}"}, "weight")


def settled_values(fields: Mapping[str, Any], scale: Scale, kept: Values | None = None) -> Values:
    """Read, complete and check target fields over those ``kept``; raise :class:`Invalid` with every fault."""
    values, errors = read_values(fields)
    if not errors:
        values = with_defaults({**(kept or {}), **values}, scale)
        errors = check_values(values, scale)
    refuse(errors)
    return values


def refuse(errors: Iterable[RowError]) -> None:
    """Raise :class:`Invalid` with all ``errors``, headed by the first, if there are any."""
    found = list(errors)
    if found:
        raise Invalid(found[0].code, found[0].detail, found)


def may_for_all(actor: Actor, capability: Capability) -> bool:
    """Say whether the actor may do it for the company as a whole, not only for some vendors."""
    return actor.is_superuser or any(
        grant.vendor_id is None and grant.role in ROLES_THAT_MAY[capability] for grant in actor.grants
    )


def require_write(actor: Actor, contract: Contract | None) -> None:
    """Raise :class:`Forbidden` unless the actor may set targets of ``contract`` (null: of the programme)."""
    if contract is None:
        if not may_for_all(actor, Capability.WRITE_SETUP):
            raise Forbidden("role", _("Targets of the whole programme are set by a manager of all vendors."))
    elif not actor.may(Capability.WRITE_SETUP, contract.vendor_id):
        raise Forbidden("role", _("Targets are set by a manager of this vendor."))


def asks_for_approval(contracts: Iterable[Contract | None], start: date, end: date | None) -> bool:
    """Say whether the terms of a day of ``[start, end)`` want a second person for changes of targets."""
    terms = ContractTerms.objects.filter(contract__in=[one for one in contracts if one], target_approval=True)
    return bool(terms.overlapping(start, end or date.max).exists())


def refuse_unapproved(contracts: Iterable[Contract | None], start: date, end: date | None) -> None:
    """Raise Conflict ``approval_required`` where the terms want a second person: such a change is proposed instead."""
    if asks_for_approval(contracts, start, end):
        text = _(
            "The contract asks for a second person to approve changes of targets. Propose the change on the page "
            "of targets, where somebody else approves it."
        )
        raise Conflict("approval_required", text)


def mark_days(contract: Contract | None, start: date, end: date | None) -> None:
    """Ask for the figures of ``[start, end)`` to be computed anew."""
    mark(
        contract_ids=[contract.pk if contract else None],
        first_on=start,
        last_on=None if end is None else end - timedelta(days=1),
    )


def _dates(fields: Mapping[str, Any], contract: Contract | None, now: datetime) -> tuple[date, date | None]:
    start = fields.get("valid_from")
    if start is None:
        start = contract.starts_on if contract else local_date(now, settings.TIME_ZONE).replace(month=1, day=1)
    end = fields.get("valid_until")
    _refuse_empty(start, end)
    if contract and ((end and end <= contract.starts_on) or (contract.ends_on and start > contract.ends_on)):
        raise Invalid(
            "outside_contract",
            _("The contract runs from %(start)s to %(end)s; choose dates within it.")
            % {"start": contract.starts_on, "end": contract.ends_on or "…"},
            [RowError("outside_contract", _("Choose dates within the contract."), "valid_from")],
        )
    return start, end


def _refuse_empty(start: date, end: date | None) -> None:
    if end is not None and end <= start:
        text = _("valid_until is the first day it no longer holds and must come after valid_from (%(start)s).")
        refuse([RowError("empty_range", text % {"start": start}, "valid_until")])


def _check_scope(contract: Contract | None, queue: Queue | None, period: str, start: date, end: date | None) -> None:
    if period not in list(PeriodKind):
        refuse([RowError("choice", _("Choose one of: %(words)s.") % {"words": ", ".join(PeriodKind)}, "period")])
    if queue is None:
        return
    if contract is None:
        refuse(
            [RowError("contract_required", _("Name the contract too: a target of a queue is part of one."), "contract")]
        )
    links = ContractQueue.objects.filter(contract=contract, queue=queue).overlapping(start, end or date.max)
    if not links.exists():
        text = _("This queue is not under the contract in that time. Link it first, or choose other dates.")
        refuse([RowError("queue_not_in_contract", text, "queue")])


def _locked_series(contract: Contract | None, queue: Queue | None, kpi: Kpi, period: str) -> TargetSeries:
    """Return the series, made if need be, locked until the transaction ends."""
    scope = {"contract": contract, "queue": queue, "kpi": kpi, "period": str(period)}
    key = TargetSeries.key_of(contract.pk if contract else None, queue.pk if queue else None, kpi.pk, str(period))
    made, _created = TargetSeries.objects.get_or_create(key=key, defaults=scope)
    series: TargetSeries = TargetSeries.objects.select_for_update().get(pk=made.pk)
    series.contract, series.queue, series.kpi = contract, queue, kpi
    return series


def _refuse_overlap(series: TargetSeries, start: date, end: date | None, besides: int | None = None) -> None:
    others = Target.objects.filter(series=series).overlapping(start, end or date.max)
    other = others.exclude(pk=besides or 0).first()
    if other is None:
        return
    if other.valid_from < start:
        text = _(
            "Target %(id)s holds from %(start)s until %(end)s. End it first (PATCH its valid_until to %(new)s or "
            "earlier), change it in place, or choose dates it does not cover."
        )
    else:
        text = _(
            "Target %(id)s holds from %(start)s until %(end)s. Change it in place (PATCH), or choose dates it does "
            "not cover."
        )
    end_text = other.valid_until or _("further notice")
    detail = text % {"id": other.pk, "start": other.valid_from, "end": end_text, "new": start}
    refuse([RowError("overlap", detail, "valid_from")])


def _refuse_another_series(target: Target, fields: Mapping[str, Any]) -> None:
    changed = [name for name in SERIES_FIELDS if name in fields and fields[name] != getattr(target.series, name)]
    text = _("What a target is about never changes. End this one and make a new target.")
    refuse(RowError("immutable", text, name) for name in changed)


def _apply(target: Target, fields: Mapping[str, Any], contract: Contract | None, now: datetime) -> None:
    dates = {name: fields.get(name, getattr(target, name)) for name in ("valid_from", "valid_until")}
    target.valid_from, target.valid_until = _dates(dates, contract, now)
    kept = {name: getattr(target, name) for name in VALUE_FIELDS}
    values = settled_values(fields, scale_of(target.series.kpi, target.valid_from), kept)
    for name, value in values.items():
        setattr(target, name, value)


def _union(one: tuple[date, date | None], two: tuple[date, date | None]) -> tuple[date, date | None]:
    ends = (one[1], two[1])
    return min(one[0], two[0]), None if None in ends else max(end for end in ends if end)


def _snapshot(target: Target) -> dict[str, Any]:
    values = as_document({name: getattr(target, name) for name in VALUE_FIELDS})
    until = target.valid_until and target.valid_until.isoformat()
    return {**values, "valid_from": target.valid_from.isoformat(), "valid_until": until}


def _changes(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return {name: [before.get(name), after.get(name)] for name in names}


def _record(actor: Actor, action: str, target: Target, now: datetime, changes: dict[str, Any]) -> None:
    contract = target.series.contract
    vendor = contract.vendor if contract else None
    record(actor=actor, action=action, obj=target, now=now, vendor=vendor, changes=changes)
