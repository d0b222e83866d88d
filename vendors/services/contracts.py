"""Creating and changing contracts, and their terms by date."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from vendors.actors import Actor
from vendors.errors import Invalid, RowError
from vendors.models import Contract, ContractQueue, ContractTerms
from vendors.models.contracts import default_grades
from vendors.services.audit import record
from vendors.services.changes import setup_changed
from vendors.services.parties import assign
from vendors.services.provisions import change_providers, clean_providers
from vendors.services.terms import clean_terms

TERM_FIELDS = frozenset(
    {
        "missing_day_policy",
        "missing_day_grace_days",
        "completeness_bar",
        "missing_policy",
        "gates",
        "grades",
        "closing",
        "relief",
        "second_check",
        "target_approval",
    }
)


@transaction.atomic
def create_contract(data: dict[str, Any], *, actor: Actor, now: datetime) -> Contract:
    """Create a contract with its first terms, which hold from ever. ``data`` mixes fields of both."""
    terms, fields = _split(data)
    providers = clean_providers(fields.pop("providers", {}))
    terms = clean_terms(terms, default_grades())
    _check_dates(fields["starts_on"], fields.get("ends_on"))
    contract = Contract.objects.create(**fields)
    ContractTerms.objects.create(contract=contract, **terms)
    change_providers(contract, providers, None)
    record(actor=actor, action="create", obj=contract, now=now, vendor=contract.vendor, changes=data)
    return contract


@transaction.atomic
def change_contract(
    contract: Contract, data: dict[str, Any], *, actor: Actor, now: datetime, valid_from: date | None = None
) -> Contract:
    """Change a contract. Fields of the terms make a version from ``valid_from``; without, the latest is amended."""
    contract = Contract.objects.select_for_update(of=("self",)).select_related("vendor").get(pk=contract.pk)
    terms, fields = _split(data)
    providers = clean_providers(fields.pop("providers", {}))
    old_start, old_end = contract.starts_on, contract.ends_on
    _check_dates(fields.get("starts_on", old_start), fields.get("ends_on", old_end))
    changed = assign(contract, fields)
    if changed.keys() & {"starts_on", "ends_on"}:
        _move_links(contract, old_start, old_end)
    if terms or not providers:
        changed |= change_terms(contract, terms, valid_from)
    changed |= change_providers(contract, providers, valid_from)
    if changed:
        record(actor=actor, action="change", obj=contract, now=now, vendor=contract.vendor, changes=changed)
        first_on = min(old_start, contract.starts_on)
        only_terms = {name.partition(".")[0] for name in changed} <= TERM_FIELDS | {"providers", "valid_from"}
        setup_changed([contract.pk], valid_from if only_terms and valid_from else first_on)
    return contract


def _split(data: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    terms = {name: value for name, value in data.items() if name in TERM_FIELDS}
    return terms, {name: value for name, value in data.items() if name not in TERM_FIELDS}


def _check_dates(starts_on: date, ends_on: date | None) -> None:
    if ends_on is not None and ends_on < starts_on:
        raise refused("ends_on", "date_order", _("The end lies before the start."))


def refused(field: str, code: str, detail: Any) -> Invalid:
    """Return the error of one field."""
    return Invalid(code, detail, [RowError(code, detail, field)])


def day_after(day: date | None) -> date | None:
    """Return the exclusive end of a range whose last day is ``day``."""
    return None if day is None else day + timedelta(days=1)


def _move_links(contract: Contract, old_start: date, old_end: date | None) -> None:
    """Let the links that followed the contract's dates follow them on; refuse what would leave none."""
    for link in contract.queue_links.select_related("queue"):
        if link.valid_from == max(old_start, link.queue.opened_on):
            link.valid_from = max(contract.starts_on, link.queue.opened_on)
        if link.valid_until == day_after(old_end):
            link.valid_until = day_after(contract.ends_on)
        link.valid_from = max(link.valid_from, contract.starts_on)
        if link.valid_until is not None and link.valid_until <= link.valid_from:
            detail = _("The queue %(queue)s would have no day in the contract.") % {"queue": link.queue.code}
            raise refused("ends_on", "queue_outside", detail)
        others = (
            ContractQueue.objects.filter(queue=link.queue)
            .exclude(pk=link.pk)
            .overlapping(link.valid_from, link.valid_until or date.max)
        )
        if others.exists():
            detail = _("The queue %(queue)s belongs to another contract then.") % {"queue": link.queue.code}
            raise refused("starts_on", "queue_taken", detail)
        link.save()


def change_terms(contract: Contract, terms: dict[str, Any], valid_from: date | None) -> dict[str, Any]:
    """Amend the latest terms, or end them and begin a version on ``valid_from``; return what changed."""
    if not terms:
        if valid_from is not None:
            raise refused("valid_from", "nothing_from", _("Name the terms that change on this day."))
        return {}
    latest = contract.terms.order_by(F("valid_from").asc(nulls_first=True)).last()
    if latest is None:
        latest = ContractTerms.objects.create(contract=contract)
    cleaned = clean_terms(terms, latest.grades)
    _check_gates_name_grades({"gates": latest.gates, "grades": latest.grades} | cleaned)
    if valid_from is None or valid_from == latest.valid_from:
        return dict(assign(latest, cleaned))
    if latest.valid_from is not None and valid_from < latest.valid_from:
        detail = _("The latest terms begin on %(day)s; later ones begin after.") % {"day": latest.valid_from}
        raise refused("valid_from", "before_latest", detail)
    return _begin_terms(latest, cleaned, valid_from)


def _check_gates_name_grades(terms: dict[str, Any]) -> None:
    """Refuse a new grade table that leaves a gate with a grade that is gone."""
    known = {row["grade"] for row in terms["grades"]}
    if any(gate["kind"] == "cap_grade" and gate["value"] not in known for gate in terms["gates"]):
        raise refused("grades", "unknown_grade", _("A gate caps at a grade that is not in this table."))


def _begin_terms(latest: ContractTerms, terms: dict[str, Any], valid_from: date) -> dict[str, Any]:
    kept = {name: getattr(latest, name) for name in TERM_FIELDS}
    changed: dict[str, Any] = {name: [kept[name], new] for name, new in terms.items() if kept[name] != new}
    if not changed:
        return {}
    latest.valid_until = valid_from
    latest.save(update_fields=["valid_until"])
    ContractTerms.objects.create(contract=latest.contract, valid_from=valid_from, **(kept | terms))
    return changed | {"valid_from": valid_from}
