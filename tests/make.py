"""Plain helpers that make one valid object each; every argument has a sensible default."""

from __future__ import annotations

from datetime import date
from itertools import count
from typing import Any

from django.contrib.auth.models import User

from kpis.calc.formula import parse
from kpis.models import DailyMetric, ImportJob, Kpi, KpiVersion, Measure, Submission, Target, TargetSeries
from vendors import clock
from vendors.actors import SYSTEM, Actor, Grant
from vendors.choices import Role
from vendors.models import Centre, Contract, ContractQueue, ContractTerms, Membership, Queue, Vendor
from vendors.services.keys import issue_key

_numbers = count(1)


def make_vendor(code: str = "", **fields: Any) -> Vendor:
    code = code or f"vendor-{next(_numbers)}"
    return Vendor.objects.create(code=code, **{"name": code.title(), **fields})


def make_centre(vendor: Vendor | None = None, code: str = "", **fields: Any) -> Centre:
    code = code or f"centre-{next(_numbers)}"
    return Centre.objects.create(vendor=vendor or make_vendor(), code=code, **{"name": code.title(), **fields})


def make_contract(vendor: Vendor | None = None, code: str = "", **fields: Any) -> Contract:
    """Make a contract from 2026-01-01 with default terms; fields of the terms may be given too."""
    code = code or f"contract-{next(_numbers)}"
    term_names = {field.name for field in ContractTerms._meta.fields} - {"id", "contract"}
    terms = {name: fields.pop(name) for name in list(fields) if name in term_names}
    contract = Contract.objects.create(
        vendor=vendor or make_vendor(), code=code, **{"name": code.title(), "starts_on": date(2026, 1, 1), **fields}
    )
    ContractTerms.objects.create(contract=contract, **terms)
    return contract


def make_queue(contract: Contract | None = None, code: str = "", **fields: Any) -> Queue:
    """Make a queue at a centre of the contract's vendor, linked to the contract from its start."""
    contract = contract or make_contract()
    code = code or f"queue-{next(_numbers)}"
    centre = fields.pop("centre", None) or contract.vendor.centres.first() or make_centre(contract.vendor)
    queue = Queue.objects.create(
        centre=centre, code=code, **{"name": code.title(), "opened_on": contract.starts_on, **fields}
    )
    ContractQueue.objects.create(contract=contract, queue=queue, valid_from=max(contract.starts_on, queue.opened_on))
    return queue


def make_user(name: str = "", role: str | None = None, vendor: Vendor | None = None, **fields: Any) -> User:
    name = name or f"user-{next(_numbers)}"
    user = User.objects.create_user(name, f"{name}@example.com", "correct horse battery", **fields)
    if role:
        Membership.objects.create(user=user, role=role, vendor=vendor)
    return user


def make_key(kind: str = "manager", vendor: Vendor | None = None, scopes: tuple[str, ...] = (), **fields: Any) -> str:
    """Make an API key and return its text: ``make_key("vendor", vendor, ("ingest",))``."""
    _key, text = issue_key(actor=SYSTEM, now=clock.now(), kind=kind, vendor=vendor, scopes=scopes, **fields)
    return text


def make_actor(role: str = Role.MANAGER, vendor: Vendor | None = None, **fields: Any) -> Actor:
    """Make an actor without a user behind it: enough for services."""
    return Actor(label=f"test:{role}", grants=(Grant(role, vendor.pk if vendor else None),), **fields)


def make_measure(code: str, **fields: Any) -> Measure:
    """Make a count measure, or return the one that exists."""
    return Measure.objects.get_or_create(code=code, defaults={"name": code, **fields})[0]


def make_kpi(code: str = "", formula: str = "100 * answered / offered", **fields: Any) -> Kpi:
    """Make a KPI with its first version and the measures its formula names; no days to settle."""
    code = code or f"kpi_{next(_numbers)}"
    kpi = Kpi.objects.create(code=code, name=code, channel=fields.pop("channel", "any"))
    for measure in parse(formula).measures:
        make_measure(measure)
    KpiVersion.objects.create(kpi=kpi, formula=formula, **fields)
    return kpi


def make_target(contract: Contract | None, kpi: Kpi, target: Any = 90, **fields: Any) -> Target:
    """Make a monthly target of the contract (null: the programme) from 2026-01-01."""
    series, _ = TargetSeries.objects.get_or_create(
        key=TargetSeries.key_of(
            contract.pk if contract else None,
            fields["queue"].pk if fields.get("queue") else None,
            kpi.pk,
            fields.get("period", "month"),
        ),
        defaults={
            "contract": contract,
            "queue": fields.get("queue"),
            "kpi": kpi,
            "period": fields.get("period", "month"),
        },
    )
    fields = {name: value for name, value in fields.items() if name not in ("queue", "period")}
    return Target.objects.create(series=series, target=target, **{"valid_from": date(2026, 1, 1), **fields})


def make_submission(**fields: Any) -> Submission:
    return Submission.objects.create(
        **{"received_at": clock.now(), "submitted_by": "test", "body_hash": "0" * 64, "row_count": 0, **fields}
    )


def make_figures(queue: Queue, day: date, is_month: bool = False, **measures: Any) -> DailyMetric:
    """Store one queue-day as if it had been submitted, without marks."""
    return DailyMetric.objects.create(
        queue=queue, date=day, is_month=is_month, measures=measures, submission=make_submission()
    )


def make_import_job(content: bytes | None = b"queue,date,offered\n", **fields: Any) -> ImportJob:
    """Make a large file on its way in; it is due unless fields say otherwise."""
    return ImportJob.objects.create(
        **{
            "content": content,
            "content_hash": "0" * 64,
            "size": len(content or b""),
            "key_digest": f"test {next(_numbers)}",
            "submitted_by": "test",
            "created_at": clock.now(),
            **fields,
        }
    )
