"""What a department answers by the link of its mail. The same answer again changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from bpo.choices import WeekAnswer
from bpo.models import DepartmentQuestion
from kpis.models import ExternalFactor
from kpis.services import factors
from vendors.actors import Actor, Grant
from vendors.choices import Role
from vendors.errors import Conflict, Invalid, RowError
from vendors.models import Department, Queue
from vendors.services.audit import record

MOST_FACTORS = 20
"""What one link may register."""


def actor_of_department(department: Department) -> Actor:
    """Return who acts by a department's link: it registers factors, and no more."""
    return Actor(label=f"department:{department.code}", grants=(Grant(Role.DEPARTMENT),))


def open_queues(now: datetime) -> dict[str, list[Queue]]:
    """Return the queues that are open or will be, by their service; those without one under their own name."""
    rows = Queue.objects.filter(centre__vendor__is_active=True).select_related("centre__vendor").order_by("code")
    found: dict[str, list[Queue]] = {}
    for queue in rows:
        if queue.closed_on is None or queue.closed_on >= now.date():
            found.setdefault(queue.service or queue.name, []).append(queue)
    return dict(sorted(found.items()))


@transaction.atomic
def answer_none(question_id: int, *, now: datetime) -> DepartmentQuestion:
    """Note that nothing is planned. Raises Conflict where something was registered by this link already."""
    question = _locked(question_id)
    if question.answer == WeekAnswer.REGISTERED:
        raise Conflict("registered", _("Something is registered for this week already."))
    if not question.answer:
        _keep(question, WeekAnswer.NONE, now)
    return question


@transaction.atomic
def register_planned(question_id: int, data: Mapping[str, Any], *, now: datetime) -> ExternalFactor:
    """Register what is planned: ``kind``, ``title``, ``starts_at``, ``ends_at``, ``services``, ``expected_percent``.

    The same once more is the one that is there. Raises Invalid, and Conflict beyond twenty.
    """
    question = _locked(question_id)
    fields = dict(data)
    services = set(fields.pop("services"))
    known: ExternalFactor | None = question.factors.filter(**fields).first()
    if known is not None:
        return known
    if fields["ends_at"] <= now:
        text = _("It is over already; what happened is registered with an account.")
        raise Invalid("in_the_past", text, [RowError("in_the_past", text, "ends_at")])
    if question.factors.count() >= MOST_FACTORS:
        raise Conflict("too_many", _("One link registers at most %(most)s.") % {"most": MOST_FACTORS})
    queues = [queue for service, rows in open_queues(now).items() if service in services for queue in rows]
    about = {**fields, "department": question.department, "is_planned": True, "announced_at": now}
    made = factors.register(about, queues=queues, actor=actor_of_department(question.department), now=now)
    question.factors.add(made)
    _keep(question, WeekAnswer.REGISTERED, now)
    return made


def _locked(question_id: int) -> DepartmentQuestion:
    return DepartmentQuestion.objects.select_for_update(of=("self",)).select_related("department").get(pk=question_id)


def _keep(question: DepartmentQuestion, answer: WeekAnswer, now: datetime) -> None:
    question.answer, question.answered_at = answer, now
    question.save(update_fields=["answer", "answered_at"])
    about = {"week": question.week.isoformat(), "answer": answer}
    who = actor_of_department(question.department)
    record(actor=who, action="department.answer", obj=question.department, now=now, changes=about)
