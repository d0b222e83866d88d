"""Creating and changing queues, and which contract each belongs to, by date."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from vendors.actors import Actor
from vendors.models import Centre, Contract, ContractQueue, Queue
from vendors.services.audit import record
from vendors.services.changes import setup_changed
from vendors.services.contracts import day_after, refused
from vendors.services.parties import assign

WITHOUT_FIGURES = frozenset({"name"})


@transaction.atomic
def create_queue(data: dict[str, Any], *, contract: Contract, actor: Actor, now: datetime) -> Queue:
    """Create a queue at ``centre`` and link it to ``contract`` from the later of the two starts until its end.

    ``opened_on`` defaults to the start of the contract. Raises Invalid where centre and contract are of two vendors.
    """
    _check_vendor(data["centre"], contract)
    data = {**data, "opened_on": data.get("opened_on") or contract.starts_on}
    _check_dates(data["opened_on"], data.get("closed_on"))
    queue = Queue.objects.create(**data)
    link = _link(queue, contract, max(contract.starts_on, queue.opened_on))
    changes = {**data, "contract": contract.code, "valid_from": link.valid_from}
    record(actor=actor, action="create", obj=queue, now=now, vendor=contract.vendor, changes=changes)
    setup_changed([contract.pk], link.valid_from)
    return queue


@transaction.atomic
def change_queue(
    queue: Queue,
    data: dict[str, Any],
    *,
    actor: Actor,
    now: datetime,
    contract: Contract | None = None,
    valid_from: date | None = None,
) -> Queue:
    """Change a queue; with ``contract``, move it there from ``valid_from`` (needed then)."""
    queue = Queue.objects.select_for_update(of=("self",)).select_related("centre__vendor").get(pk=queue.pk)
    old_opened_on = queue.opened_on
    _check_dates(data.get("opened_on", queue.opened_on), data.get("closed_on", queue.closed_on))
    if "centre" in data and data["centre"].vendor_id != queue.centre.vendor_id:
        raise refused("centre", "centre_of_other_vendor", _("The centre belongs to another vendor."))
    touched = _periods(queue)
    changed: dict[str, Any] = dict(assign(queue, data))
    if "opened_on" in changed:
        _follow_opening(queue, old_opened_on)
    if contract is not None and valid_from is not None:
        changed |= move_queue(queue, contract, valid_from)
    if changed:
        record(actor=actor, action="change", obj=queue, now=now, vendor=queue.centre.vendor, changes=changed)
    if changed.keys() - WITHOUT_FIGURES:
        _tell(touched, _periods(queue))
    return queue


def _check_vendor(centre: Centre, contract: Contract) -> None:
    if centre.vendor_id != contract.vendor_id:
        raise refused("centre", "centre_of_other_vendor", _("The centre belongs to another vendor than the contract."))


def _check_dates(opened_on: date, closed_on: date | None) -> None:
    if closed_on is not None and closed_on < opened_on:
        raise refused("closed_on", "date_order", _("The queue would close before it opens."))


def _periods(queue: Queue) -> dict[int, date]:
    """Return the first linked day of each contract of the queue."""
    links = ContractQueue.objects.filter(queue=queue).order_by("-valid_from")
    return dict(links.values_list("contract_id", "valid_from"))


def _tell(before: dict[int, date], after: dict[int, date]) -> None:
    for contract_id in before.keys() | after.keys():
        days = [day for day in (before.get(contract_id), after.get(contract_id)) if day is not None]
        setup_changed([contract_id], min(days))


def _link(queue: Queue, contract: Contract, valid_from: date, valid_until: date | None = None) -> ContractQueue:
    ends = [day for day in (valid_until, day_after(contract.ends_on)) if day is not None]
    end = min(ends, default=None)
    if end is not None and end <= valid_from:
        detail = _("The contract %(contract)s is over by then.") % {"contract": contract.code}
        raise refused("contract", "after_contract", detail)
    return ContractQueue.objects.create(contract=contract, queue=queue, valid_from=valid_from, valid_until=end)


def _follow_opening(queue: Queue, old_opened_on: date) -> None:
    """Let the first link follow the opening where it began with it, or would begin before it."""
    link = queue.contract_links.select_related("contract").order_by("valid_from").first()
    if link is None:
        return
    start = max(link.contract.starts_on, queue.opened_on)
    if link.valid_from == max(link.contract.starts_on, old_opened_on) or link.valid_from < start:
        if link.valid_until is not None and link.valid_until <= start:
            raise refused("opened_on", "after_contract", _("The contract is over by then."))
        link.valid_from = start
        link.save(update_fields=["valid_from"])


def move_queue(queue: Queue, contract: Contract, valid_from: date) -> dict[str, Any]:
    """Move a queue to ``contract`` from ``valid_from``: the link before ends there. Returns what changed.

    Raises Invalid for another vendor's contract, a day before the contract, or a later move that exists already.
    """
    if contract.vendor_id != queue.centre.vendor_id:
        raise refused("contract", "contract_of_other_vendor", _("The contract is another vendor's than the centre."))
    if valid_from < max(contract.starts_on, queue.opened_on):
        raise refused("valid_from", "before_contract", _("The contract or the queue begins after this day."))
    links: Any = queue.contract_links
    if links.filter(valid_from__gt=valid_from).exists():
        raise refused("valid_from", "later_move", _("The queue moves again on a later day; undo that first."))
    current = links.valid_on(valid_from).select_related("contract").first()
    if current is not None and current.contract_id == contract.pk:
        return {}
    if current is not None and current.valid_from == valid_from:
        current.delete()
    elif current is not None:
        current.valid_until = valid_from
        current.save(update_fields=["valid_until"])
    _link(queue, contract, valid_from)
    old = current.contract.code if current else None
    return {"contract": [old, contract.code], "valid_from": valid_from}
