"""Making everything of a wish, by the services that make it one by one, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from bpo.calc.codes import code_of, free_code
from bpo.models import SetUp
from bpo.services.programme.levels import levels_of
from bpo.services.programme.services import DAYS, Service
from bpo.services.programme.wishes import Wish, check_wish, items_of, versions_of
from kpis.models import TargetSetVersion
from kpis.services.target_set_application import apply_set
from kpis.services.targets import refuse
from vendors.actors import Actor, Capability
from vendors.calc.months import month_after
from vendors.clock import local_date
from vendors.errors import Forbidden
from vendors.models import Centre, Contract, Queue, Vendor
from vendors.services.audit import record
from vendors.services.contracts import change_contract, create_contract
from vendors.services.parties import change_vendor, create_centre, create_vendor
from vendors.services.queues import create_queue


@transaction.atomic
def create_programme(wish: Wish, *, actor: Actor, now: datetime) -> SetUp:
    """Make everything of a wish. Raise Forbidden, or Invalid with every fault, by vendor, KPI and cure."""
    if not actor.may(Capability.WRITE_VENDORS):
        raise Forbidden("role", _("Vendors are made by a manager of all vendors."))
    refuse(check_wish(wish))
    versions, items = versions_of(wish), items_of(wish)
    overrides = levels_of(wish, items)
    vendors = [_vendor(name, actor, now) for name in wish.vendors]
    contracts: dict[str, list[Contract]] = {code: [] for code in versions}
    for place, vendor in enumerate(vendors):
        centre = _centre(vendor, actor, now)
        for code, version in versions.items():
            if not wish.uses(code, place):
                continue
            contract = _contract(vendor, version, wish, actor, now)
            contracts[code].append(contract)
            for service in wish.services_of(place):
                if wish.set_of(service) == code:
                    days = wish.days_of(place, service.key)
                    for name in wish.called.get(place, {}).get(service.key) or [""]:
                        _queue(service, name, days, contract, centre, actor, now)
            overrides[contract.code] = overrides.pop((code, place), {})
    for code, version in versions.items():
        if not contracts[code]:
            continue
        chosen = {contract.code: overrides[contract.code] for contract in contracts[code]}
        options: dict[str, Any] = {"valid_from": wish.month, "actor": actor, "now": now}
        apply_set(version=version, contracts=contracts[code], overrides=chosen, **options)
    made = [contract for of_set in contracts.values() for contract in of_set]
    _begin_closing(made, actor, now)
    return _noted(wish, vendors, made, actor, now)


def _noted(wish: Wish, vendors: Sequence[Vendor], contracts: Sequence[Contract], actor: Actor, now: datetime) -> SetUp:
    made = SetUp.objects.create(
        wish={
            "vendors": list(wish.vendors),
            "month": f"{wish.month:%Y-%m}",
            "services": dict(wish.services),
            "voice_set": wish.voice_set,
            "does": {str(place): sorted(keys) for place, keys in wish.does.items()},
        },
        made={"vendors": [row.code for row in vendors], "contracts": sorted(row.code for row in contracts)},
        made_by=actor.label[:200],
        made_at=now,
    )
    record(actor=actor, action="set_up", obj=made, now=now, changes=made.made)
    return made


def _vendor(name: str, actor: Actor, now: datetime) -> Vendor:
    """Make a vendor, or take up again one whose set-up was undone: its trail in the audit stays."""
    undone = Vendor.objects.filter(name=name, is_active=False, contracts__isnull=True, centres__isnull=True).first()
    if undone is not None:
        return change_vendor(undone, {"is_active": True}, actor=actor, now=now)
    code = code_of(name, set(Vendor.objects.values_list("code", flat=True)))
    korean = "" if name.isascii() else name
    return create_vendor({"code": code, "name": name, "name_ko": korean}, actor=actor, now=now)


def _centre(vendor: Vendor, actor: Actor, now: datetime) -> Centre:
    code = free_code(f"{vendor.code}-main", set(Centre.objects.values_list("code", flat=True)))
    return create_centre({"vendor": vendor, "code": code, "name": _("Main centre")}, actor=actor, now=now)


def _contract(vendor: Vendor, version: TargetSetVersion, wish: Wish, actor: Actor, now: datetime) -> Contract:
    year = local_date(now, settings.TIME_ZONE).year
    taken = set(Contract.objects.filter(code__startswith=vendor.code).values_list("code", flat=True))
    data = {
        "vendor": vendor,
        "code": free_code(f"{vendor.code}-{version.target_set.code}-{wish.month.year}", taken),
        "name": f"{vendor.label} {version.target_set.label} {wish.month.year}"[:200],
        "starts_on": date(wish.month.year, 1, 1),
        "ends_on": date(max(year, wish.month.year), 12, 31),
        "is_pilot": True,
    }
    return create_contract(data, actor=actor, now=now)


def _queue(
    service: Service, name: str, days: str, contract: Contract, centre: Centre, actor: Actor, now: datetime
) -> None:
    _label, weekdays, observes = DAYS[days]
    data = {
        "centre": centre,
        "code": free_code(f"{contract.vendor.code}-{service.key}", set(Queue.objects.values_list("code", flat=True))),
        "name": (name or str(service.label))[:200],
        "service": service.service,
        "channel": service.channel,
        "opened_on": contract.starts_on,
        "open_weekdays": list(weekdays),
        "observes_holidays": observes,
    }
    create_queue(data, contract=contract, actor=actor, now=now)


def _begin_closing(contracts: Sequence[Contract], actor: Actor, now: datetime) -> None:
    """Let days be due and months close by the usual calendar from the next month on: nobody is late on day one."""
    month = month_after(local_date(now, settings.TIME_ZONE))
    for contract in contracts:
        change_contract(contract, {"closing": "korean_default"}, actor=actor, now=now, valid_from=month)
