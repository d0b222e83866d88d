"""Storing terms of money: versions as a whole, from the first of a month, without overlaps, and nothing lost."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from bpo.choices import OPEN_STATUSES
from bpo.models import MoneyTerms, Scorecard
from bpo.services.money.checking import clean_rules
from vendors.actors import Actor, Capability
from vendors.errors import Forbidden
from vendors.models import Contract
from vendors.services.audit import record

LONGEST_NOTE = 2000


@transaction.atomic
def set_terms(contract: Contract, data: Mapping[str, Any], *, actor: Actor, now: datetime) -> MoneyTerms:
    """Store the version that begins on ``valid_from`` and return it; the same terms again change nothing.

    It ends where a later one begins. One that begins on the same day is replaced and kept. ``signed_on`` may be any
    day; what is written back in time moves the worth of months that are final, which the audit trail lists. Raises
    Invalid with every fault (:func:`clean_rules`), Forbidden.
    """
    if not actor.may(Capability.WRITE_SETUP, contract.vendor_id):
        raise Forbidden("role", _("Your role does not include this function."))
    valid_from: date = data["valid_from"]
    rules = clean_rules(contract, valid_from, data)
    Contract.objects.select_for_update(no_key=True).get(pk=contract.pk)
    versions = list(MoneyTerms.objects.filter(contract=contract, replaced_at=None).order_by("valid_from"))
    note, signed_on = str(data.get("note") or "").strip()[:LONGEST_NOTE], data.get("signed_on")
    same = next((row for row in versions if row.valid_from == valid_from), None)
    if same is not None and (same.rules, same.note, same.signed_on) == (rules, note, signed_on):
        return same
    _make_room(versions, same, valid_from, now)
    later = next((row for row in versions if row.valid_from > valid_from), None)
    made = MoneyTerms.objects.create(
        contract=contract,
        valid_from=valid_from,
        valid_until=later.valid_from if later else None,
        signed_on=signed_on,
        note=note,
        rules=rules,
        made_by=actor.label[:200],
        made_at=now,
    )
    changes = {"contract": contract, "valid_from": valid_from, "signed_on": signed_on, "note": note, "rules": rules}
    changes |= {"replaces": same.pk if same else None, "final_months": _final_months(made)}
    record(actor=actor, action="money_terms.set", obj=made, now=now, vendor=contract.vendor, changes=changes)
    return made


def _make_room(versions: list[MoneyTerms], same: MoneyTerms | None, valid_from: date, now: datetime) -> None:
    """Set the version of the same day aside, and end the one before on that day."""
    if same is not None:
        same.replaced_at = now
        same.save(update_fields=["replaced_at"])
        return
    before = [row for row in versions if row.valid_from < valid_from]
    if before:
        before[-1].valid_until = valid_from
        before[-1].save(update_fields=["valid_until"])


def _final_months(terms: MoneyTerms) -> list[str]:
    """Return the months that were final before these terms, and are worth something else by them."""
    cards = Scorecard.objects.filter(contract=terms.contract_id, start__gte=terms.valid_from)
    if terms.valid_until:
        cards = cards.filter(start__lt=terms.valid_until)
    months = cards.exclude(status__in=OPEN_STATUSES).order_by("start").values_list("start", flat=True).distinct()
    return [f"{month:%Y-%m}" for month in months]
