"""The steps a reader may take on an alert."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django import forms
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from bpo.choices import UNFINISHED_PLANS, UNRESOLVED, AlertStatus, Cause
from bpo.models import Alert
from bpo.queries.alert_links import factors_of, plans_of
from bpo.queries.alert_people import people_for
from bpo.services import alerts
from bpo.templatetags.bpo_pages import person
from bpo.views.forms import StepForm, offer
from bpo.views.steps import Kind, Step
from vendors.actors import Actor, Capability
from vendors.errors import DomainError

MOST_OFFERED = 50


class NoteForm(StepForm):
    """A note, which the vendor reads unless it is internal."""

    note = forms.CharField(
        label=_("Note"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2, "cols": 40})
    )
    internal = forms.BooleanField(label=_("Internal: the vendor does not see this note"), required=False)

    def __init__(self, *args: Any, alert: Alert, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not actor.may(Capability.READ_INTERNAL_NOTES, alert.vendor_id):
            del self.fields["internal"]
        self.offer_choices(alert, actor)

    def offer_choices(self, alert: Alert, actor: Actor) -> None:
        """Fill in who or what may be named, where a step names anything."""


class AssignForm(NoteForm):
    assignee = forms.ChoiceField(label=_("Person"))
    field_order = ("assignee", "note", "internal")

    def offer_choices(self, alert: Alert, actor: Actor) -> None:
        offer(self, "assignee", [(one.get_username(), person(one)) for one in people_for(alert)])


class SnoozeForm(NoteForm):
    until = forms.DateField(
        label=_("Until the morning of"), widget=forms.DateInput(attrs={"type": "date"}), input_formats=["%Y-%m-%d"]
    )
    field_order = ("until", "note", "internal")


class ResolveForm(NoteForm):
    note = forms.CharField(
        label=_("What was done"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3, "cols": 40})
    )
    cause = forms.ChoiceField(label=_("Main cause"), choices=[("", "–"), *Cause.choices], required=False)
    factor = forms.TypedChoiceField(
        label=_("External factor behind it"), choices=[("", "–")], coerce=int, empty_value=None, required=False
    )
    plan = forms.TypedChoiceField(
        label=_("Action plan that follows"), choices=[("", "–")], coerce=int, empty_value=None, required=False
    )
    field_order = ("note", "cause", "factor", "plan", "internal")

    def offer_choices(self, alert: Alert, actor: Actor) -> None:
        factors = factors_of(alert, actor)[:MOST_OFFERED]
        offer(self, "factor", [("", "–"), *((one.pk, f"{one.title} ({one.starts_at:%Y-%m-%d})") for one in factors)])
        plans = plans_of(alert, actor).filter(status__in=UNFINISHED_PLANS)[:MOST_OFFERED]
        offer(self, "plan", [("", "–"), *((one.pk, str(one)) for one in plans)])


EVERY = tuple(sorted(UNRESOLVED))
KINDS = {
    kind.action: kind
    for kind in (
        Kind(
            "acknowledge",
            Capability.ACKNOWLEDGE_ALERTS,
            (AlertStatus.OPEN, AlertStatus.SNOOZED),
            _("Acknowledge the alert"),
            _("It stays in the list as seen, with your name."),
            _("I have seen it"),
            _("The alert is acknowledged."),
            NoteForm,
        ),
        Kind(
            "assign",
            Capability.HANDLE_ALERTS,
            EVERY,
            _("Assign it to somebody"),
            _("The person stands beside the alert until it is resolved."),
            _("Assign it"),
            _("The alert is assigned."),
            AssignForm,
            is_main=False,
        ),
        Kind(
            "snooze",
            Capability.HANDLE_ALERTS,
            EVERY,
            _("Put it off"),
            _("It is open again on that day, or sooner where it gets worse."),
            _("Put it off until then"),
            _("The alert is put off."),
            SnoozeForm,
            is_main=False,
        ),
        Kind(
            "resolve",
            Capability.HANDLE_ALERTS,
            EVERY,
            _("Resolve it"),
            _("It comes back only once its cause was away, for another period, or when it gets worse."),
            _("Resolve this alert"),
            _("The alert is resolved."),
            ResolveForm,
            is_main=False,
        ),
    )
}


def steps_for(alert: Alert, actor: Actor) -> list[Step]:
    """Return the steps ``actor`` may take on the alert now."""
    return [make_step(kind, alert, actor) for kind in KINDS.values() if may(kind, alert, actor)]


def may(kind: Kind, alert: Alert, actor: Actor) -> bool:
    """Say whether the step is there for ``actor`` now."""
    return alert.status in kind.statuses and actor.may(kind.capability, alert.vendor_id)


def may_acknowledge(alert: Alert, actor: Actor) -> bool:
    """Say whether the alert waits for somebody like ``actor`` to see it."""
    return alert.status == AlertStatus.OPEN and may(KINDS["acknowledge"], alert, actor)


def make_step(kind: Kind, alert: Alert, actor: Actor, data: QueryDict | None = None) -> Step:
    """Return one step with its form, filled with ``data`` where it was sent."""
    form: Any = kind.form
    url = reverse("bpo:alert-step", args=[alert.pk, kind.action])
    return Step(kind, url, form(data, auto_id=f"{kind.action}-%s", alert=alert, actor=actor))


def take(step: Step, alert: Alert, *, actor: Actor, now: datetime) -> bool:
    """Call the service of a sent step. Returns false where form or service refuses; the step says why."""
    if not step.form.is_valid():
        return False
    service: Callable[..., Any] = getattr(alerts, step.kind.action)
    try:
        service(alert.pk, **step.form.cleaned_data, actor=actor, now=now)
    except DomainError as error:
        step.error = error
        return False
    return True
