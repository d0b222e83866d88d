"""Registering an external factor and claiming relief for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from kpis.choices import FactorKind, FactorMethod, FactorStatus
from kpis.models import ExternalFactor, FactorEvent, FactorQueue, Kpi
from kpis.services.factors.deadlines import claim_until
from kpis.services.factors.kept import claimed_effect
from kpis.services.factors.methods import clean_parameters
from kpis.services.factors.parties import check_party
from kpis.services.factors.slices import MOST_SLICES, read_slices, touched
from vendors.actors import Actor, Capability
from vendors.clock import local_date
from vendors.errors import Conflict, Forbidden, Invalid, NotFound, RowError
from vendors.models import Queue, Vendor
from vendors.queries.people import person_of
from vendors.services.audit import record

KNOWLEDGE = "knowledge_ready_at"
LONGEST = timedelta(days=366)
LONGEST_TEXT = 2_000
TO_BE_CHANGED = frozenset({FactorStatus.DRAFT, FactorStatus.EVIDENCE_ASKED})
TO_BE_CLAIMED = TO_BE_CHANGED
TO_BE_WITHDRAWN = frozenset({*TO_BE_CHANGED, FactorStatus.CLAIMED})


@transaction.atomic
def register(data: Mapping[str, Any], *, queues: Sequence[Queue], actor: Actor, now: datetime) -> ExternalFactor:
    """Register a factor of ``kind``, ``title``, ``starts_at``, ``ends_at``, …; it changes no figure.

    Raises Invalid, Unprocessable for slices, Forbidden.
    """
    if not actor.may(Capability.REGISTER_FACTORS):
        raise Forbidden("forbidden", _("Your role does not register external factors."))
    _check_knowledge(actor, says=data.get(KNOWLEDGE) is not None)
    fields = _cleaned(data, queues)
    check_party(fields.get("method") or FactorMethod.EXCLUDE, fields["parameters"], list(queues), actor)
    factor = ExternalFactor.objects.create(
        **fields,
        filed_by=actor.label[:200],
        filed_at=now,
        is_from_vendor=actor.is_of_a_vendor,
        user_id=person_of(actor),
    )
    _link(factor, queues)
    log(factor, "register", actor=actor, now=now)
    return factor


@transaction.atomic
def change(
    factor_id: int, data: Mapping[str, Any], *, queues: Sequence[Queue] | None = None, actor: Actor, now: datetime
) -> ExternalFactor:
    """Change what is registered, as long as nobody decides on it. Raises as :func:`register` does, and Conflict.

    When the agents knew (``knowledge_ready_at``) changes no figure, and is said at any time.
    """
    is_about_knowledge = queues is None and data.keys() == {KNOWLEDGE}
    statuses = frozenset(FactorStatus) if is_about_knowledge else TO_BE_CHANGED
    factor = locked(factor_id, actor=actor, needs=Capability.REGISTER_FACTORS, statuses=statuses)
    check_side(factor, actor)
    _check_knowledge(actor, says=KNOWLEDGE in data)
    if is_about_knowledge:
        factor.knowledge_ready_at = data[KNOWLEDGE]
        factor.save()
        log(factor, "knowledge", actor=actor, now=now)
        return factor
    before = list(queues_of(factor))
    named = before if queues is None else list(queues)
    known = {name: getattr(factor, name) for name in ("starts_at", "ends_at", "slices", "kpis", "method", "parameters")}
    for name, value in _cleaned({**known, **data}, named).items():
        setattr(factor, name, value)
    if queues is not None or {"method", "parameters"} & data.keys():
        check_party(factor.method, factor.parameters, named, actor)
    factor.save()
    if queues is not None:
        FactorQueue.objects.filter(factor=factor).delete()
        _link(factor, named)
    log(factor, "change", actor=actor, now=now, fields=sorted(data))
    return factor


@transaction.atomic
def claim(
    factor_id: int, *, evidence: str = "", slices: Sequence[Any] | None = None, actor: Actor, now: datetime
) -> ExternalFactor:
    """Claim relief for a factor, or give the evidence that was asked for.

    A vendor claims for its own queues: of a factor that affects others' too it gets one of its own. Raises Conflict
    where it was decided already or the claim window is over, Invalid, Unprocessable, Forbidden, NotFound.
    """
    factor = locked(factor_id, actor=actor, needs=Capability.REGISTER_FACTORS, statuses=TO_BE_CLAIMED)
    check_relievable(factor)
    queues = list(queues_of(factor))
    mine = [queue for queue in queues if actor.may(Capability.REGISTER_FACTORS, queue.centre.vendor_id)]
    if actor.is_of_a_vendor:
        _check_window(factor, mine, now)
        if len(mine) < len(queues):
            factor, queues = _own_copy(factor, mine, actor, now), mine
    if evidence:
        factor.evidence = evidence.strip()[:LONGEST_TEXT]
    if slices is not None:
        factor.slices = read_slices(slices, queues, factor.starts_at, factor.ends_at)
    if not factor.evidence:
        raise _wrong("evidence", "required", _("Say what shows it: a ticket, a notice, a log."))
    factor.status, factor.claimed_by, factor.claimed_at = FactorStatus.CLAIMED, actor.label[:200], now
    factor.claimant_id = person_of(actor)
    factor.save()
    log(factor, "claim", actor=actor, now=now, note=factor.evidence, **claimed_effect(factor, queues, now=now))
    return factor


@transaction.atomic
def withdraw(factor_id: int, *, note: str = "", actor: Actor, now: datetime) -> ExternalFactor:
    """Take a factor back that nobody has decided on. Raises as :func:`change` does."""
    factor = locked(factor_id, actor=actor, needs=Capability.REGISTER_FACTORS, statuses=TO_BE_WITHDRAWN)
    check_side(factor, actor)
    factor.status, factor.decided_by, factor.decided_at = FactorStatus.WITHDRAWN, actor.label[:200], now
    factor.save()
    log(factor, "withdraw", actor=actor, now=now, note=note)
    return factor


def locked(
    factor_id: int, *, actor: Actor, needs: Capability, statuses: Iterable[str], for_all: bool = False
) -> ExternalFactor:
    """Return a factor that exists for the actor, locked; raise NotFound, Forbidden, Conflict ``decided``."""
    if not actor.may(needs):
        raise Forbidden("forbidden", _("Your role does not include this function."))
    rows = ExternalFactor.objects.visible_to(actor.limited_to(needs)).select_for_update(of=("self",))
    factor: ExternalFactor | None = rows.filter(pk=factor_id).first()
    if factor is None:
        raise NotFound("not_found", _("There is no such external factor."))
    if factor.status not in set(statuses):
        text = _("This is not open for that any more: %(status)s.") % {"status": factor.get_status_display()}
        raise Conflict("decided", text)
    if for_all and not all(actor.may(needs, queue.centre.vendor_id) for queue in queues_of(factor)):
        raise NotFound("not_found", _("There is no such external factor."))
    return factor


def queues_of(factor: ExternalFactor) -> Iterable[Queue]:
    """Return the queues a factor affects, with their centre and vendor, by code."""
    return factor.queues.select_related("centre__vendor").order_by("code")


def vendor_of(queues: Iterable[Queue]) -> Vendor | None:
    """Return the vendor of the queues; null where there are several."""
    vendors = {queue.centre.vendor for queue in queues}
    return vendors.pop() if len(vendors) == 1 else None


def log(factor: ExternalFactor, action: str, *, actor: Actor, now: datetime, note: str = "", **details: Any) -> None:
    """Write a step to the factor's history and to the audit trail."""
    note = note.strip()[:LONGEST_TEXT]
    FactorEvent.objects.create(factor=factor, action=action, by=actor.label[:200], at=now, note=note, document=details)
    about = {"title": factor.title, "status": factor.status, "note": note, **details}
    vendor = vendor_of(queues_of(factor))
    record(actor=actor, action=f"factor.{action}", obj=factor, now=now, vendor=vendor, changes=about)


def check_relievable(factor: ExternalFactor) -> None:
    """Refuse relief for an improvement (Conflict): what it leads to is how the centre works from then on.

    To take its days out would hide what it did, and they have no end. Where more or less can be reached with it, the
    target changes; what went wrong at a release is an outage of its own.
    """
    if factor.kind == FactorKind.IMPROVEMENT:
        text = _(
            "There is no relief for an improvement: its effect is measured. Agree on another target where it changes"
            " what can be reached, and register what went wrong with it as an outage."
        )
        raise Conflict("no_relief", text)


def _cleaned(data: Mapping[str, Any], queues: Sequence[Queue]) -> dict[str, Any]:
    fields = dict(data)
    if not queues:
        raise _wrong("queues", "required", _("Name at least one queue that is affected."))
    starts_at, ends_at = fields["starts_at"], fields["ends_at"]
    if ends_at <= starts_at:
        raise _wrong("ends_at", "date_order", _("The end comes after the beginning."))
    if ends_at - starts_at > LONGEST:
        raise _wrong("ends_at", "too_long", _("A factor lasts at most a year."))
    days = sum((last - first).days + 1 for first, last in (touched(queue, starts_at, ends_at) for queue in queues))
    if days > MOST_SLICES and not fields.get("slices"):
        text = _("It touches %(days)s queue-days; name at most %(most)s as slices, or register several.")
        raise _wrong("queues", "too_many_rows", text % {"days": f"{days:,}", "most": f"{MOST_SLICES:,}"})
    fields["parameters"] = clean_parameters(
        fields.get("method") or FactorMethod.EXCLUDE, fields.get("parameters") or {}
    )
    fields["slices"] = read_slices(fields.get("slices") or [], queues, starts_at, ends_at)
    fields["kpis"] = _known_kpis(fields.get("kpis") or [])
    return fields


def _check_knowledge(actor: Actor, *, says: bool) -> None:
    if actor.is_of_a_vendor and says:
        raise Forbidden("of_the_client", _("When scripts and FAQ were ready the client says, not the vendor."))


def _known_kpis(codes: Sequence[str]) -> list[str]:
    known = set(Kpi.objects.filter(code__in=codes).values_list("code", flat=True))
    unknown = [code for code in codes if code not in known]
    if unknown:
        raise _wrong("kpis", "unknown_kpi", _("There is no KPI “%(code)s”.") % {"code": unknown[0]})
    return sorted(known)


def _link(factor: ExternalFactor, queues: Iterable[Queue]) -> None:
    FactorQueue.objects.bulk_create([FactorQueue(factor=factor, queue=queue) for queue in queues])


def _own_copy(factor: ExternalFactor, queues: Sequence[Queue], actor: Actor, now: datetime) -> ExternalFactor:
    """Return a factor for the vendor's own queues, claimed from one that affects others' too."""
    codes = {queue.code for queue in queues}
    names = (
        "kind",
        "title",
        "description",
        "department_id",
        "starts_at",
        "ends_at",
        "is_planned",
        "announced_at",
        "knowledge_ready_at",
        "expected_percent",
    )
    mine = ExternalFactor.objects.create(
        **{name: getattr(factor, name) for name in names},
        kpis=factor.kpis,
        method=factor.method,
        parameters=factor.parameters,
        slices=[row for row in factor.slices if row["queue"] in codes],
        evidence=factor.evidence,
        origin=factor,
        filed_by=actor.label[:200],
        filed_at=now,
        is_from_vendor=True,
        user_id=person_of(actor),
    )
    _link(mine, queues)
    log(mine, "register", actor=actor, now=now, origin=factor.pk)
    return mine


def _check_window(factor: ExternalFactor, queues: Sequence[Queue], now: datetime) -> None:
    if factor.status == FactorStatus.EVIDENCE_ASKED:
        return
    until = claim_until(factor, queues)
    if min(local_date(now, queue.centre.timezone) for queue in queues) > until:
        text = _("The time to claim relief for this event is over: it was until %(until)s.")
        raise Conflict("claim_window", text % {"until": until.isoformat()})


def check_side(factor: ExternalFactor, actor: Actor) -> None:
    """Refuse a vendor what the BPO side registered: it claims relief for it instead. Raises Conflict."""
    if actor.is_of_a_vendor and not factor.is_from_vendor:
        raise Conflict("not_yours", _("The BPO side registered this; claim relief for it instead."))


def _wrong(field: str, code: str, detail: str) -> Invalid:
    return Invalid(code, detail, [RowError(code, detail, field)])
