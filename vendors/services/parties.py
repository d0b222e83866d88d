"""Creating and changing vendors, their centres, and the client's departments."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from vendors.actors import Actor
from vendors.models import Centre, ContractQueue, Department, Vendor
from vendors.services.audit import differences, record
from vendors.services.changes import setup_changed

MOVES_FIGURES = frozenset({"timezone", "country"})


@transaction.atomic
def create_vendor(data: dict[str, Any], *, actor: Actor, now: datetime) -> Vendor:
    """Create a vendor of ``code``, ``name``, ``name_ko``, ``is_active``."""
    vendor = Vendor.objects.create(**data)
    record(actor=actor, action="create", obj=vendor, now=now, vendor=vendor, changes=data)
    return vendor


@transaction.atomic
def change_vendor(vendor: Vendor, data: dict[str, Any], *, actor: Actor, now: datetime) -> Vendor:
    """Change fields of a vendor; a suspended one (``is_active`` false) cannot sign in or send any more."""
    changed = assign(vendor, data)
    if changed:
        record(actor=actor, action="change", obj=vendor, now=now, vendor=vendor, changes=changed)
    return vendor


@transaction.atomic
def create_centre(data: dict[str, Any], *, actor: Actor, now: datetime) -> Centre:
    """Create a centre of ``vendor``, ``code``, ``name``, ``timezone``, ``country``."""
    centre = Centre.objects.create(**data)
    record(actor=actor, action="create", obj=centre, now=now, vendor=centre.vendor, changes=data)
    return centre


@transaction.atomic
def change_centre(centre: Centre, data: dict[str, Any], *, actor: Actor, now: datetime) -> Centre:
    """Change fields of a centre; another zone or country moves what its queues were expected to report."""
    changed = assign(centre, data)
    if changed:
        record(actor=actor, action="change", obj=centre, now=now, vendor=centre.vendor, changes=changed)
    if MOVES_FIGURES & changed.keys():
        links = ContractQueue.objects.filter(queue__centre=centre)
        for contract_id, first_on in links.order_by("valid_from").values_list("contract_id", "valid_from"):
            setup_changed([contract_id], first_on)
    return centre


@transaction.atomic
def create_department(data: dict[str, Any], *, actor: Actor, now: datetime) -> Department:
    """Create a department of ``code``, ``name``, ``name_ko``, ``owner``, ``deputy``, ``email``, ``is_active``."""
    department = Department.objects.create(**data)
    record(actor=actor, action="create", obj=department, now=now, changes=data)
    return department


@transaction.atomic
def change_department(department: Department, data: dict[str, Any], *, actor: Actor, now: datetime) -> Department:
    """Change fields of a department."""
    changed = assign(department, data)
    if changed:
        record(actor=actor, action="change", obj=department, now=now, changes=changed)
    return department


def assign(row: Any, data: dict[str, Any]) -> dict[str, list[Any]]:
    """Set and save the fields of ``data`` that differ; return ``{field: [old, new]}``."""
    changed = differences(row, data)
    for name, (_old, new) in changed.items():
        setattr(row, name, new)
    if changed:
        row.save(update_fields=list(changed))
    return changed
