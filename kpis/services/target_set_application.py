"""Applying a target set to contracts from a date: many targets at once, in one transaction, without typing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from kpis.calc.facts import PeriodKind
from kpis.models import Target, TargetSeries, TargetSetApplication, TargetSetVersion
from kpis.services.marks import mark
from kpis.services.target_set_items import Item, overridden, read_items
from kpis.services.target_sets import changed_items, check_percent
from kpis.services.target_values import VALUE_FIELDS
from kpis.services.targets import WHOLE, refuse, refuse_unapproved, require_write, weights_warning
from vendors.actors import Actor
from vendors.errors import Invalid, RowError
from vendors.models import Contract
from vendors.services.audit import record
from vendors.services.contracts import change_contract

Overrides = Mapping[str, Mapping[str, Mapping[str, Any] | None]]
DATES = ("valid_from", "valid_until")


@dataclass(slots=True)
class Applied:
    """What applying a set did to one contract."""

    contract: Contract
    application: TargetSetApplication
    created: list[Target] = field(default_factory=list)
    replaced: list[Target] = field(default_factory=list)
    ended: list[Target] = field(default_factory=list)
    removed: list[Target] = field(default_factory=list)
    warnings: list[RowError] = field(default_factory=list)

    @property
    def removed_kpis(self) -> list[str]:
        return [target.series.kpi.code for target in self.removed]

    def counts(self) -> dict[str, int]:
        return {name: len(getattr(self, name)) for name in ("created", "replaced", "ended", "removed")}


def apply_set(
    *,
    version: TargetSetVersion,
    contracts: Sequence[Contract],
    valid_from: date,
    actor: Actor,
    now: datetime,
    percent_change: Decimal = Decimal(0),
    overrides: Overrides | None = None,
) -> list[Applied]:
    """Give ``contracts`` the targets and policies of ``version`` from ``valid_from`` on.

    A target that held is ended on that date, one that starts on it takes the new levels, one that is planned
    for later stays and bounds the new one. Targets of a set applied before that this one lacks are ended.
    ``overrides`` are ``{contract code: {KPI code: target fields}}``, over the percentage; null leaves the KPI out. All
    or nothing; the number of queries does not grow with the items. Raise ``Invalid``, also where terms begin after
    ``valid_from`` (``before_latest``), ``Forbidden``, or ``Conflict`` ``approval_required``.
    """
    overrides = {} if overrides is None else overrides
    check_percent(percent_change)
    _check_contracts(contracts, valid_from, actor)
    refuse_unapproved(contracts, valid_from, None)
    items, unchanged = changed_items(read_items(version.items, valid_from), percent_change)
    planned = _items_by_contract(contracts, items, overrides)
    with transaction.atomic():
        series = _lock_series(contracts, items)
        held = _targets_from(series.values(), valid_from)
        results = [
            Applied(contract, application, warnings=list(unchanged))
            for contract, application in zip(
                contracts, _applications(version, contracts, valid_from, percent_change, actor), strict=True
            )
        ]
        for result in results:
            _plan(result, planned[result.contract.pk], series, held, valid_from, actor)
        _store(results, actor)
        _apply_policies(contracts, version.policies, valid_from, actor, now)
        mark(contract_ids=[contract.pk for contract in contracts], first_on=valid_from, last_on=None)
        _warn_of_weights(results, valid_from)
        _record(results, version, actor, now)
    return results


def _check_contracts(contracts: Sequence[Contract], valid_from: date, actor: Actor) -> None:
    if not contracts:
        refuse([RowError("contracts", _("Name at least one contract."), "contracts")])
    if len({contract.pk for contract in contracts}) < len(contracts):
        refuse([RowError("contracts", _("A contract stands twice; name it once."), "contracts")])
    for contract in contracts:
        require_write(actor, contract)
    text = _("%(contract)s has ended before this date; choose an earlier one or leave the contract out.")
    refuse(
        RowError("outside_contract", text % {"contract": contract.code}, "valid_from", row)
        for row, contract in enumerate(contracts)
        if contract.ends_on and contract.ends_on < valid_from
    )


def _items_by_contract(contracts: Sequence[Contract], items: list[Item], overrides: Overrides) -> dict[int, list[Item]]:
    _check_shape(overrides)
    known, kpis = {contract.code for contract in contracts}, {item.kpi.code for item in items}
    text = _("This contract is not among those the set is applied to.")
    refuse(RowError("unknown_contract", text, f"overrides.{code}") for code in overrides if code not in known)
    text = _("This KPI is not in the set.")
    refuse(
        RowError("unknown_kpi", text, f"overrides.{code}.{kpi}")
        for code, fields in overrides.items()
        for kpi in fields
        if kpi not in kpis
    )
    return {
        contract.pk: [
            _with_override(item, fields, f"overrides.{contract.code}.{item.kpi.code}")
            for item in items
            for fields in [overrides.get(contract.code, {}).get(item.kpi.code, {})]
            if fields is not None
        ]
        for contract in contracts
    }


def _check_shape(overrides: Any) -> None:
    outer = isinstance(overrides, Mapping) and all(isinstance(kpis, Mapping) for kpis in overrides.values())
    inner = (fields for kpis in overrides.values() for fields in kpis.values()) if outer else ()
    if not outer or not all(fields is None or isinstance(fields, Mapping) for fields in inner):
        text = _('Overrides look like {"contract-code": {"kpi_code": {"target": "92"}}}; null leaves a KPI out.')
        refuse([RowError("overrides", text, "overrides")])


def _with_override(item: Item, fields: Mapping[str, Any], where: str) -> Item:
    try:
        return overridden(item, fields) if fields else item
    except Invalid as error:
        faults = [RowError(fault.code, fault.detail, f"{where}.{fault.field}") for fault in error.errors]
        raise Invalid(error.code, error.detail, faults) from error


def _lock_series(contracts: Sequence[Contract], items: Iterable[Item]) -> dict[str, TargetSeries]:
    """Make the series that are not there and lock all pooled ones of the contracts, in one order."""
    wanted = [
        TargetSeries(contract=contract, kpi=item.kpi, period=item.period, key=_key(contract, item))
        for contract in _in_order(contracts)
        for item in sorted(items, key=lambda item: item.key)
    ]
    TargetSeries.objects.bulk_create(wanted, ignore_conflicts=True)
    locked = TargetSeries.objects.select_for_update().filter(contract__in=contracts, queue__isnull=True).order_by("id")
    return {series.key: series for series in locked}


def _targets_from(series: Iterable[TargetSeries], day: date) -> dict[int, list[Target]]:
    """Return, by series, the targets that hold on ``day`` or later, earliest first."""
    found: dict[int, list[Target]] = defaultdict(list)
    targets = Target.objects.filter(series__in=list(series)).select_related("series__kpi")
    for target in targets.overlapping(day, date.max).order_by("valid_from"):
        found[target.series_id].append(target)
    return found


def _applications(
    version: TargetSetVersion, contracts: Sequence[Contract], valid_from: date, percent: Decimal, actor: Actor
) -> list[TargetSetApplication]:
    return TargetSetApplication.objects.bulk_create(
        TargetSetApplication(
            version=version, contract=contract, valid_from=valid_from, percent_change=percent, applied_by=actor.label
        )
        for contract in contracts
    )


def _plan(
    result: Applied,
    items: list[Item],
    series: Mapping[str, TargetSeries],
    held: Mapping[int, list[Target]],
    start: date,
    actor: Actor,
) -> None:
    for item in items:
        about = series[_key(result.contract, item)]
        about.kpi = item.kpi
        _plan_item(result, item, about, held.get(about.pk, []), start, actor)
    kept = {_key(result.contract, item) for item in items}
    for about in series.values():
        if about.contract_id == result.contract.pk and about.key not in kept:
            _plan_end(result, held.get(about.pk, []), start)


def _plan_item(result: Applied, item: Item, about: TargetSeries, held: list[Target], start: date, actor: Actor) -> None:
    end = next((target.valid_from for target in held if target.valid_from > start), None)
    for target in held:
        if target.valid_from < start:
            target.valid_until = start
            result.ended.append(target)
    same_day = [target for target in held if target.valid_from == start]
    target = same_day[0] if same_day else Target(series=about, valid_from=start, created_by_id=actor.user_id)
    (result.replaced if same_day else result.created).append(target)
    target.valid_until, target.application = end, result.application
    for name in VALUE_FIELDS:
        setattr(target, name, item.values[name])
    if end:
        text = _("%(kpi)s: a target planned for %(day)s stays; the new one holds until then.")
        result.warnings.append(RowError("later_target", text % {"kpi": item.kpi.code, "day": end}, "valid_from"))


def _plan_end(result: Applied, held: list[Target], start: date) -> None:
    """End what an earlier application made and this set lacks; what people made by hand stays."""
    for target in held:
        if target.application_id is None or target.valid_from > start:
            continue
        if target.valid_from == start:
            result.removed.append(target)
        else:
            target.valid_until = start
            result.ended.append(target)


def _store(results: list[Applied], actor: Actor) -> None:
    """Write the plan. What ends is written first, so that no two versions overlap on the way."""
    ended = [target for result in results for target in result.ended]
    replaced = [target for result in results for target in result.replaced]
    created = [target for result in results for target in result.created]
    if ended:
        bulk_update_with_history(ended, Target, ["valid_until"], batch_size=200)
    for target in (target for result in results for target in result.removed):
        target.delete()
    if replaced:
        bulk_update_with_history(replaced, Target, [*VALUE_FIELDS, "valid_until", "application"], batch_size=50)
    if created:
        bulk_create_with_history(created, Target, batch_size=200)


def _apply_policies(
    contracts: Iterable[Contract], policies: Mapping[str, Any], valid_from: date, actor: Actor, now: datetime
) -> None:
    """Make the policies of the set the terms of each contract from the date; what it does not name stays."""
    terms = dict(policies)
    if not terms:
        return
    if "completeness_bar" in terms:
        terms["completeness_bar"] = Decimal(terms["completeness_bar"])
    for contract in _in_order(contracts):
        change_contract(contract, terms, actor=actor, now=now, valid_from=valid_from)


def _in_order(contracts: Iterable[Contract]) -> list[Contract]:
    """Return the contracts in the one order in which everybody locks them."""
    return sorted(contracts, key=lambda contract: contract.pk)


def _warn_of_weights(results: list[Applied], day: date) -> None:
    contracts = [result.contract for result in results]
    monthly = Target.objects.filter(series__contract__in=contracts, series__period=PeriodKind.MONTH).valid_on(day)
    sums = dict(monthly.values_list("series__contract_id").annotate(sum=Sum("weight")).order_by())
    for result in results:
        total = Decimal(sums.get(result.contract.pk) or 0)
        if total != WHOLE:
            result.warnings.append(weights_warning(total))


def _record(results: list[Applied], version: TargetSetVersion, actor: Actor, now: datetime) -> None:
    for result in results:
        application = result.application
        changes = {
            "set": version.target_set.code,
            "version": version.number,
            "valid_from": application.valid_from.isoformat(),
            "percent_change": str(application.percent_change),
            **result.counts(),
        }
        contract = result.contract
        record(actor=actor, action="apply_target_set", obj=contract, now=now, vendor=contract.vendor, changes=changes)


def _key(contract: Contract, item: Item) -> str:
    return TargetSeries.key_of(contract.pk, None, item.kpi.pk, item.period)
