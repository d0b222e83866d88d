"""Writing the audit trail: one row for one act of one actor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Model

from vendors import bulk
from vendors.actors import Actor
from vendors.correlation import request_id
from vendors.models import AuditEntry, Vendor


def record(
    *,
    actor: Actor,
    action: str,
    obj: Model,
    now: datetime,
    vendor: Vendor | None = None,
    changes: Mapping[str, Any] | None = None,
) -> AuditEntry:
    """Add one entry: ``actor`` did ``action`` ("create", "change", "finalise" …) to ``obj`` at ``now``.

    ``changes`` is what changed, ``{"name": ["old", "new"]}`` or any short document of JSON types.
    """
    entry = _entry(actor, action, obj, now, vendor, changes)
    entry.save()
    return entry


def record_many(
    *,
    actor: Actor,
    action: str,
    objects: Iterable[tuple[Model, Vendor | None, Mapping[str, Any]]],
    now: datetime,
) -> None:
    """Add one entry for each of ``objects`` (with its vendor and changes), in one statement."""
    bulk.store(AuditEntry, [_entry(actor, action, obj, now, vendor, changes) for obj, vendor, changes in objects])


def _entry(
    actor: Actor, action: str, obj: Model, now: datetime, vendor: Vendor | None, changes: Mapping[str, Any] | None
) -> AuditEntry:
    return AuditEntry(
        at=now,
        actor=actor.label[:200],
        action=action,
        object_type=str(obj._meta.model_name),
        object_code=str(getattr(obj, "code", None) or obj.pk)[:200],
        vendor=vendor,
        changes=plain(changes or {}),
        request_id=request_id.get()[:64],
    )


def plain(value: Any) -> Any:
    """Return ``value`` in JSON types: dates, decimals and objects as texts."""
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(inner) for inner in value]
    return value if value is None or isinstance(value, bool | int | str) else str(getattr(value, "code", value))


def differences(row: Model, data: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return ``{field: [old, new]}`` of the fields of ``data`` that differ from ``row``."""
    return {name: [getattr(row, name), new] for name, new in data.items() if getattr(row, name) != new}
