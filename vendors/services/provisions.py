"""Who provides which measure under a contract, by date, and who reports it as a second source."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from vendors.actors import Actor
from vendors.choices import MeasureOwner
from vendors.errors import Invalid, RowError
from vendors.models import Contract, MeasureProvision
from vendors.services import rows
from vendors.services.changes import setup_changed

FIELDS = ("provider", "second", "tolerance_percent", "tolerance_absolute")
MOST = 200
"""Measures named in one change."""
_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,3})?\Z")

Unknown = Callable[[Collection[str]], Iterable[str]]
_unknown: list[Unknown] = []


def check_measures_with(unknown: Unknown) -> None:
    """Register what tells codes that are no measure; the app that owns measures does so once."""
    if unknown not in _unknown:
        _unknown.append(unknown)


def clean_providers(value: Any) -> dict[str, dict[str, Any]]:
    """Return ``{measure: fields of MeasureProvision}`` of what the API takes; raise Invalid with the place.

    A value is who provides the measure, or an object of :data:`FIELDS`.
    """
    if not isinstance(value, dict) or len(value) > MOST:
        raise _wrong("providers", "not_object", _("This must be an object: {measure: who provides it}."))
    cleaned = {str(code): _clean(code, given) for code, given in value.items()}
    for known in _unknown:
        for code in known(cleaned):
            text = _("There is no measure “%(given)s”.") % {"given": code[:50]}
            raise _wrong(f"providers.{code[:50]}", "unknown_measure", text)
    return cleaned


def _clean(code: str, given: Any) -> dict[str, Any]:
    place = f"providers.{code[:50]}"
    if isinstance(given, str):
        given = {"provider": given}
    if not isinstance(given, dict) or set(given) - set(FIELDS):
        names = ", ".join(FIELDS)
        raise _wrong(place, "unknown_field", _("Name who provides it, or an object of: %(names)s.") % {"names": names})
    owner, second = _side(given.get("provider", "vendor"), place), given.get("second") or ""
    if second and _side(second, place) == owner:
        raise _wrong(f"{place}.second", "same_source", _("The second source is another one than the first."))
    tolerances = {name: _tolerance(given.get(name), f"{place}.{name}") for name in FIELDS[2:]}
    return {"owner": owner, "second": second, **tolerances}


def _side(value: Any, place: str) -> str:
    if not isinstance(value, str) or value not in MeasureOwner.values:
        names = ", ".join(MeasureOwner.values)
        raise _wrong(place, "invalid_choice", _("Choose one of: %(names)s.") % {"names": names})
    return value


def _tolerance(value: Any, place: str) -> Decimal | None:
    if value is None:
        return None
    text = str(value)
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal) or not _NUMBER.match(text):
        raise _wrong(place, "not_a_number", _("This must be a number."))
    return Decimal(text)


def _wrong(place: str, code: str, detail: Any) -> Invalid:
    return Invalid(code, detail, [RowError(code, detail, place)])


def change_providers(
    contract: Contract, providers: Mapping[str, Mapping[str, Any]], valid_from: date | None
) -> dict[str, Any]:
    """Amend what holds last of each measure, or end it and begin anew on ``valid_from``; return what changed.

    Measures that are not named stay as they are. Call it inside the transaction of the contract's change.
    """
    changed: dict[str, Any] = {}
    for code, fields in sorted(providers.items()):
        latest = contract.provisions.filter(measure=code).order_by(F("valid_from").asc(nulls_first=True)).last()
        before = {name: getattr(latest, name) for name in fields} if latest else None
        if before == dict(fields) and not _has_ended(latest, valid_from):
            continue
        if latest is None or valid_from is None or valid_from == latest.valid_from:
            MeasureProvision.objects.update_or_create(
                contract=contract,
                measure=code,
                valid_from=latest.valid_from if latest else valid_from,
                defaults=dict(fields),
            )
        else:
            _begin(latest, fields, valid_from)
        changed[f"providers.{code}"] = [before and before["owner"], fields["owner"]]
    return changed


def _has_ended(row: MeasureProvision | None, day: date | None) -> bool:
    return row is not None and day is not None and row.valid_until is not None and row.valid_until <= day


def _begin(latest: MeasureProvision, fields: Mapping[str, Any], valid_from: date) -> None:
    if latest.valid_from is not None and valid_from < latest.valid_from:
        text = _("The latest terms begin on %(day)s; later ones begin after.") % {"day": latest.valid_from}
        raise _wrong("valid_from", "before_latest", text)
    latest.valid_until = min(latest.valid_until or valid_from, valid_from)
    latest.save(update_fields=["valid_until"])
    MeasureProvision.objects.create(
        contract=latest.contract, measure=latest.measure, valid_from=valid_from, **dict(fields)
    )


@transaction.atomic
def add_provision(data: dict[str, Any], *, actor: Actor, now: datetime) -> Any:
    """Create one row, and mark the contract for recalculation from its first day."""
    _check_sides(data)
    row = rows.create_row(MeasureProvision, data, actor=actor, now=now, vendor=data["contract"].vendor)
    setup_changed([data["contract"].pk], data.get("valid_from") or date.min)
    return row


@transaction.atomic
def change_provision(row: MeasureProvision, data: dict[str, Any], *, actor: Actor, now: datetime) -> Any:
    """Change one row, and mark the contract for recalculation."""
    _check_sides({"owner": row.owner, "second": row.second, **data})
    changed = rows.change_row(row, data, actor=actor, now=now, vendor=row.contract.vendor)
    setup_changed([row.contract_id], date.min)
    return changed


def _check_sides(data: Mapping[str, Any]) -> None:
    if data.get("second") and data["second"] == data.get("owner"):
        text = _("The second source is another one than the first.")
        raise Invalid("same_source", text, [RowError("same_source", text, "second")])
