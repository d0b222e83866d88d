"""Target sets (평가 기준): named documents of KPIs, levels, weights and policies, versioned as a whole."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from kpis.models import TargetSet, TargetSetVersion
from kpis.services.target_set_items import Item, changed_by, read_items
from kpis.services.target_set_policies import read_policies
from kpis.services.targets import may_for_all, refuse
from vendors.actors import SYSTEM, Actor, Capability
from vendors.clock import local_date
from vendors.errors import Forbidden, Invalid, RowError
from vendors.models.base import CODE_PATTERN, code_validator
from vendors.services.audit import record

SHIPPED = Path(__file__).resolve().parent.parent / "catalogue" / "target_sets.json"
GREATEST_CHANGE = Decimal(50)
"""A change beyond this, in %, is a slip of the finger."""


def create_set(
    *,
    code: str,
    name: str,
    items: Any,
    actor: Actor,
    now: datetime,
    name_ko: str = "",
    policies: Mapping[str, Any] | None = None,
    note: str = "",
    is_shipped: bool = False,
) -> TargetSetVersion:
    """Make a set and its version 1. Raise :class:`Invalid` with every fault of its items and policies."""
    require_definitions(actor)
    _check_code(code)
    document = _document(items, policies or {}, today(now))
    with transaction.atomic():
        target_set = TargetSet.objects.create(code=code, name=name, name_ko=name_ko, is_shipped=is_shipped)
        version = _add_version(target_set, 1, document, note, actor)
        record(actor=actor, action="create", obj=target_set, now=now, changes={"version": 1})
    return version


def new_version(
    *,
    target_set: TargetSet,
    actor: Actor,
    now: datetime,
    items: Any = None,
    policies: Mapping[str, Any] | None = None,
    name: str | None = None,
    name_ko: str | None = None,
    note: str = "",
) -> TargetSetVersion:
    """Add a version; what is not given stays as in the last one. New names alone make no version.

    Contracts keep the version they were given until it is applied anew.
    """
    require_definitions(actor)
    with transaction.atomic():
        target_set = TargetSet.objects.select_for_update().get(pk=target_set.pk)
        _rename(target_set, name, name_ko)
        last = latest(target_set)
        document = _document(
            last.items if items is None else items, last.policies if policies is None else policies, today(now)
        )
        if document == {"items": last.items, "policies": last.policies}:
            return last
        version = _add_version(target_set, last.number + 1, document, note, actor)
        changes = {"version": [last.number, version.number]}
        record(actor=actor, action="new_version", obj=target_set, now=now, changes=changes)
    return version


def copy_set(
    *,
    version: TargetSetVersion,
    code: str,
    name: str,
    actor: Actor,
    now: datetime,
    name_ko: str = "",
    percent_change: Decimal = Decimal(0),
) -> tuple[TargetSetVersion, list[RowError]]:
    """Make a new set of ``version`` with levels ``percent_change`` % more demanding (see ``changed_by``).

    Return its version 1 and the items that had to stay as they were.
    """
    check_percent(percent_change)
    items, unchanged = changed_items(read_items(version.items, today(now)), percent_change)
    note = _("Copy of %(set)s, %(percent)s %%") % {"set": version, "percent": f"{percent_change:+f}"}
    copied = create_set(
        code=code,
        name=name,
        name_ko=name_ko,
        items=[item.as_document() for item in items],
        policies=version.policies,
        note=note,
        actor=actor,
        now=now,
    )
    return copied, unchanged


def load_target_sets(now: datetime) -> int:
    """Load the shipped sets; return how many versions were added, 0 when all are there.

    A set that people have given a newer version is theirs and is left alone.
    """
    added = 0
    for shipped in json.loads(SHIPPED.read_text(encoding="utf-8")):
        target_set = TargetSet.objects.filter(code=shipped["code"]).first()
        if target_set is None:
            create_set(**shipped, is_shipped=True, actor=SYSTEM, now=now)
            added += 1
        elif target_set.is_shipped and (last := latest(target_set)).created_by == SYSTEM.label:
            fields = {name: shipped[name] for name in ("items", "policies", "name", "name_ko")}
            added += new_version(target_set=target_set, actor=SYSTEM, now=now, **fields).pk != last.pk
    return added


def latest(target_set: TargetSet) -> TargetSetVersion:
    """Return the version of ``target_set`` that is applied unless another is named."""
    version: TargetSetVersion = target_set.versions.order_by("-number")[0]
    return version


def changed_items(items: list[Item], percent: Decimal) -> tuple[list[Item], list[RowError]]:
    """Change the levels of ``items`` by ``percent``; return them and what had to stay."""
    changes = [changed_by(item, percent) for item in items]
    return [item for item, _error in changes], [error for _item, error in changes if error]


def check_percent(percent: Decimal) -> None:
    """Raise :class:`Invalid` where the change is not a sensible percentage."""
    if not percent.is_finite() or abs(percent) > GREATEST_CHANGE or percent != round(percent, 3):
        text = _("Write a percentage from −50 to 50 with at most three decimals.")
        refuse([RowError("percent_change", text, "percent_change")])


def require_definitions(actor: Actor) -> None:
    """Raise :class:`Forbidden` unless the actor may edit what all vendors share."""
    if not may_for_all(actor, Capability.WRITE_DEFINITIONS):
        raise Forbidden("role", _("Target sets are made by a manager of all vendors."))


def today(now: datetime) -> date:
    """Return the programme's date at ``now``."""
    return local_date(now, settings.TIME_ZONE)


def _document(items: Any, policies: Any, day: date) -> dict[str, Any]:
    return {
        "items": [item.as_document() for item in read_items(items, day)],
        "policies": read_policies(policies),
    }


def _add_version(
    target_set: TargetSet, number: int, document: dict[str, Any], note: str, actor: Actor
) -> TargetSetVersion:
    return TargetSetVersion.objects.create(
        target_set=target_set, number=number, note=note[:500], created_by=actor.label, **document
    )


def _rename(target_set: TargetSet, name: str | None, name_ko: str | None) -> None:
    new = {"name": name, "name_ko": name_ko}
    changed = {field: text for field, text in new.items() if text is not None and text != getattr(target_set, field)}
    for field, text in changed.items():
        setattr(target_set, field, text)
    if changed:
        target_set.save(update_fields=list(changed))


def _check_code(code: str) -> None:
    if not re.match(CODE_PATTERN, code) or len(code) > 64:
        refuse([RowError("code_format", code_validator.message, "code")])
    if TargetSet.objects.filter(code=code).exists():
        text = _("A set with this code exists; choose another code, or give that set a new version.")
        raise Invalid("unique", text, [RowError("unique", text, "code")])
