"""The steps a reader may take on an external factor."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.urls import reverse
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from bpo.views.forms import StepForm
from bpo.views.steps import Kind, Step
from kpis.choices import ANSWERS, FactorKind, FactorStatus
from kpis.models import ExternalFactor
from kpis.services import factors
from kpis.services.factors.deciding import UNDECIDED, is_own
from kpis.services.factors.evidence import LARGEST
from kpis.services.factors.filing import TO_BE_CLAIMED, TO_BE_WITHDRAWN
from vendors.actors import Actor, Capability
from vendors.errors import DomainError


def _text(label: Any, *, required: bool, help_text: Any = "") -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": 2, "cols": 40})
    return forms.CharField(label=label, required=required, max_length=2000, help_text=help_text, widget=widget)


class ClaimForm(StepForm):
    evidence = _text(_("Evidence"), required=True, help_text=_("Where it can be checked: a ticket, a notice, a log."))


class FileForm(StepForm):
    file = forms.FileField(
        label=_("File"),
        max_length=200,
        help_text=_("A document, a picture, a table or a log of at most 5 MB; up to ten files."),
    )


class ConfirmForm(StepForm):
    answer = forms.ChoiceField(label=_("Answer"), choices=ANSWERS)
    note = _text(_("Note"), required=False)


class AskForm(StepForm):
    note = _text(_("Question"), required=True, help_text=_("The vendor reads this text."))


class DecideForm(StepForm):
    decision = _text(_("Reason"), required=True, help_text=_("The vendor reads this text."))


class WithdrawForm(StepForm):
    note = _text(_("Note"), required=False)


OF_RELIEF = frozenset({"claim", "confirm", "approve", "ask", "reject"})
"""Steps an improvement does not have: it is measured, not relieved."""
DECIDED_ON = tuple(sorted(UNDECIDED))
KINDS = {
    kind.action: kind
    for kind in (
        Kind(
            "claim",
            Capability.REGISTER_FACTORS,
            tuple(sorted(TO_BE_CLAIMED)),
            _("Claim relief"),
            _("The BPO side decides on the evidence. Until then nothing changes."),
            _("Send the claim"),
            _("Relief is claimed."),
            ClaimForm,
        ),
        Kind(
            "file",
            Capability.REGISTER_FACTORS,
            DECIDED_ON,
            _("Add a file"),
            _("Everybody who sees this factor can fetch it, and it stays with the factor for good."),
            _("Add this file"),
            _("The file is added."),
            FileForm,
            is_main=False,
        ),
        Kind(
            "confirm",
            Capability.ANSWER_FACTORS,
            DECIDED_ON,
            _("Answer for the department"),
            _("Without an answer the BPO manager decides on the evidence alone."),
            _("Send the answer"),
            _("The answer is kept."),
            ConfirmForm,
            is_main=False,
        ),
        Kind(
            "approve",
            Capability.DECIDE_FACTORS,
            DECIDED_ON,
            _("Approve"),
            _("The slices leave the figures for good, for every KPI that counts them, also where that lowers one."),
            _("Approve and take the slices out"),
            _("The factor is approved; the figures are being computed."),
            DecideForm,
        ),
        Kind(
            "ask",
            Capability.DECIDE_FACTORS,
            (FactorStatus.CLAIMED,),
            _("Ask for evidence"),
            _("The vendor answers with its evidence, and you decide then."),
            _("Ask"),
            _("The vendor is asked for evidence."),
            AskForm,
            is_main=False,
        ),
        Kind(
            "reject",
            Capability.DECIDE_FACTORS,
            DECIDED_ON,
            _("Reject"),
            _("Nothing changes. The factor and your answer are kept."),
            _("Reject this factor"),
            _("The factor is rejected."),
            DecideForm,
            is_main=False,
        ),
        Kind(
            "withdraw",
            Capability.REGISTER_FACTORS,
            tuple(sorted(TO_BE_WITHDRAWN)),
            _("Withdraw"),
            _("Nothing changes. The factor is kept as withdrawn."),
            _("Withdraw this factor"),
            _("The factor is withdrawn."),
            WithdrawForm,
            is_main=False,
        ),
    )
}


def steps_for(factor: ExternalFactor, actor: Actor) -> list[Step]:
    """Return the steps ``actor`` may take now: nobody decides on a factor of one's own, one side withdraws its own."""
    own = is_own(factor, actor)
    kinds = [kind for kind in KINDS.values() if factor.status in kind.statuses and actor.may(kind.capability)]
    return [make_step(kind, factor) for kind in kinds if _fits(kind, factor, actor, own=own)]


def _fits(kind: Kind, factor: ExternalFactor, actor: Actor, *, own: bool) -> bool:
    if factor.kind == FactorKind.IMPROVEMENT and kind.action in OF_RELIEF:
        return False
    if kind.capability is Capability.DECIDE_FACTORS:
        return not own
    if kind.action == "file":
        return factor.is_from_vendor or not actor.is_of_a_vendor
    return kind.action != "withdraw" or factor.is_from_vendor == actor.is_of_a_vendor


def make_step(
    kind: Kind, factor: ExternalFactor, data: QueryDict | None = None, files: MultiValueDict[str, Any] | None = None
) -> Step:
    """Return one step with its form, filled with ``data`` where it was sent."""
    url = reverse("bpo:factor-step", args=[factor.pk, kind.action])
    return Step(kind, url, kind.form(data, files, auto_id=f"{kind.action}-%s"))


def take(step: Step, factor: ExternalFactor, *, actor: Actor, now: datetime) -> ExternalFactor | None:
    """Call the service of a sent step and return the factor; null where form or service refuses: the step says why."""
    if not step.form.is_valid():
        return None
    service: Callable[..., ExternalFactor] = getattr(factors, step.kind.action, _add_file)
    try:
        return service(factor.pk, **step.form.cleaned_data, actor=actor, now=now)
    except DomainError as error:
        step.error = error
        return None


def _add_file(factor_id: int, *, file: UploadedFile, actor: Actor, now: datetime) -> ExternalFactor:
    # Read no more than what shows that it is too large.
    content = file.read(LARGEST + 1)
    return factors.add_file(factor_id, name=file.name or "", content=content, actor=actor, now=now).factor
