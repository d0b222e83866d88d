"""Asking every department once a week whether anything of the next one will move calls."""

from __future__ import annotations

import logging
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from bpo.choices import JobStatus
from bpo.models import DepartmentQuestion, JobRun
from bpo.services.departments.tokens import token_of
from vendors.clock import local_date
from vendors.models import Department

log = logging.getLogger("departments")
JOB = "ask-departments"
FROM_HOUR = 9


def next_week(now: datetime) -> date:
    """Return the Monday of the week after the one of ``now`` in the zone of the installation."""
    today = local_date(now, settings.TIME_ZONE)
    return today + timedelta(days=7 - today.weekday())


def ask_when_due(*, now: datetime) -> int:
    """Ask from the configured weekday on, in office hours; return how many mails went out. Run by the sweep.

    What could not be sent is tried again the next hour: a mail server that is down holds nothing else up.
    """
    local = now.astimezone(ZoneInfo(settings.TIME_ZONE))
    if not settings.ASK_DEPARTMENTS_ON or local.isoweekday() < settings.ASK_DEPARTMENTS_ON or local.hour < FROM_HOUR:
        return 0
    slot = f"{next_week(now)} {local:%a %H}"
    run = {"status": JobStatus.DONE, "ended_at": now}
    _run, is_mine = JobRun.objects.get_or_create(name=JOB, slot=slot, defaults=run)
    return ask_departments(now=now)["sent"] if is_mine else 0


def ask_departments(*, now: datetime) -> dict[str, int]:
    """Ask each active department that has an address about the next week, once; return how many went out or failed."""
    week = next_week(now)
    done = {"sent": 0, "failed": 0}
    for department in Department.objects.filter(is_active=True).exclude(email="").order_by("code"):
        sent = _ask(department, week, now)
        if sent is not None:
            done["sent" if sent else "failed"] += 1
    return done


@transaction.atomic
def _ask(department: Department, week: date, now: datetime) -> bool | None:
    """Send one question and say whether it went out; null where it was sent before."""
    DepartmentQuestion.objects.get_or_create(department=department, week=week, defaults={"email": department.email})
    question = DepartmentQuestion.objects.select_for_update().get(department=department, week=week)
    if question.sent_at is not None:
        return None
    try:
        _send(question, department)
    except Exception:
        log.exception("question to a department not sent", extra={"department": department.code})
        return False
    question.email, question.sent_at = department.email, now
    question.save(update_fields=["email", "sent_at"])
    return True


def _send(question: DepartmentQuestion, department: Department) -> None:
    with translation.override(department.language):
        address = settings.SITE_URL + reverse("bpo:asked", args=[token_of(question.pk)])
        first, last = question.week, question.week + timedelta(days=6)
        facts = {
            "department": department,
            "first": first,
            "last": last,
            "address": address,
            "effects": f"{address}effects/",
        }
        mail = EmailMultiAlternatives(
            _("Next week: anything that will move calls?"),
            render_to_string("bpo/mail_asked.txt", facts),
            settings.DEFAULT_FROM_EMAIL,
            [department.email],
            headers={"Auto-Submitted": "auto-generated"},
        )
        mail.attach_alternative(render_to_string("bpo/mail_asked.html", facts), "text/html")
        mail.send()
