"""Creating and changing plain rows, whose rules are their fields and constraints, with the audit trail."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Model

from vendors.actors import Actor
from vendors.models import Vendor
from vendors.services.audit import record
from vendors.services.parties import assign


@transaction.atomic
def create_row(
    model: type[Model], data: dict[str, Any], *, actor: Actor, now: datetime, vendor: Vendor | None = None
) -> Model:
    """Create one row of ``model`` and note who did it."""
    row = model._default_manager.create(**data)
    record(actor=actor, action="create", obj=row, now=now, vendor=vendor, changes=data)
    return row


@transaction.atomic
def change_row(row: Model, data: dict[str, Any], *, actor: Actor, now: datetime, vendor: Vendor | None = None) -> Model:
    """Change the fields of ``data`` that differ and note who did it."""
    changed = assign(row, data)
    if changed:
        record(actor=actor, action="change", obj=row, now=now, vendor=vendor, changes=changed)
    return row
