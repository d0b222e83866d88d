"""The steps a reader may take on a correction request."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django import forms
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from bpo.choices import CorrectionStatus
from bpo.models import CorrectionRequest
from bpo.services import corrections
from bpo.services.corrections.deciding import is_own
from bpo.views.forms import StepForm
from bpo.views.steps import Kind, Step
from vendors.actors import Actor, Capability
from vendors.errors import DomainError


def _decision(*, required: bool, help_text: Any) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": 2, "cols": 40})
    return forms.CharField(label=_("Comment"), required=required, max_length=2000, help_text=help_text, widget=widget)


class AcceptForm(StepForm):
    decision = _decision(required=False, help_text=_("The vendor reads this text."))


class RefuseForm(StepForm):
    decision = _decision(required=True, help_text=_("Say why; the vendor reads this text."))


class WithdrawForm(StepForm):
    decision = _decision(required=False, help_text="")


OPEN = (CorrectionStatus.OPEN,)
KINDS = {
    kind.action: kind
    for kind in (
        Kind(
            "accept",
            Capability.DECIDE_CORRECTIONS,
            OPEN,
            _("Accept the request"),
            _(
                "The figures are changed, with this request as their source. A final scorecard stays as it is; the"
                " next version is made beside it."
            ),
            _("Accept and change the figures"),
            _("The request is accepted and the figures are changed."),
            AcceptForm,
        ),
        Kind(
            "refuse",
            Capability.DECIDE_CORRECTIONS,
            OPEN,
            _("Refuse the request"),
            _("Nothing changes. The request and your answer are kept."),
            _("Refuse this request"),
            _("The request is refused."),
            RefuseForm,
            is_main=False,
        ),
        Kind(
            "withdraw",
            Capability.REQUEST_CORRECTIONS,
            OPEN,
            _("Withdraw the request"),
            _("Nothing changes. The request is kept as withdrawn."),
            _("Withdraw this request"),
            _("The request is withdrawn."),
            WithdrawForm,
            is_main=False,
        ),
    )
}


def steps_for(request: CorrectionRequest, actor: Actor) -> list[Step]:
    """Return the steps ``actor`` may take now: nobody decides a request of one's own, one side withdraws its own."""
    if request.status not in OPEN:
        return []
    own = is_own(request, actor)
    kinds = [kind for kind in KINDS.values() if actor.may(kind.capability, request.contract.vendor_id)]
    return [make_step(kind, request) for kind in kinds if _fits(kind, request, actor, own=own)]


def _fits(kind: Kind, request: CorrectionRequest, actor: Actor, *, own: bool) -> bool:
    if kind.action == "withdraw":
        return request.is_from_vendor == actor.is_of_a_vendor
    return not own


def make_step(kind: Kind, request: CorrectionRequest, data: QueryDict | None = None) -> Step:
    """Return one step with its form, filled with ``data`` where it was sent."""
    url = reverse("bpo:correction-step", args=[request.pk, kind.action])
    return Step(kind, url, kind.form(data, auto_id=f"{kind.action}-%s"))


def take(step: Step, request: CorrectionRequest, *, actor: Actor, now: datetime) -> bool:
    """Call the service of a sent step. Returns false where form or service refuses; the step says why."""
    if not step.form.is_valid():
        return False
    service: Callable[..., Any] = getattr(corrections, step.kind.action)
    try:
        service(request.pk, **step.form.cleaned_data, actor=actor, now=now)
    except DomainError as error:
        step.error = error
        return False
    return True
