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

from bpo.templatetags.bpo_pages import day
from bpo.views.forms import Choices, MomentField, StepForm, offer
from bpo.views.steps import Kind, Step
from kpis.choices import ANSWERS, KNOWLEDGE_KINDS, FactorKind, FactorStatus
from kpis.models import ExternalFactor
from kpis.services import factors
from kpis.services.factors.deciding import UNDECIDED, is_own
from kpis.services.factors.evidence import LARGEST
from kpis.services.factors.filing import TO_BE_CLAIMED, TO_BE_WITHDRAWN
from kpis.services.factors.methods import treatments_of
from vendors import clock
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


class ApproveForm(DecideForm):
    """``slices`` are the places of what is taken out; none of them where it is not offered piece by piece."""

    slices = forms.TypedMultipleChoiceField(
        label=_("What is approved"), coerce=int, widget=forms.CheckboxSelectMultiple, empty_value=None
    )

    def __init__(self, *args: Any, parts: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if parts:
            offer(self, "slices", parts)
            self.fields["slices"].initial = [place for place, _label in parts]
        else:
            del self.fields["slices"]


class KnowledgeForm(StepForm):
    knowledge_ready_at = MomentField(label=_("Ready since"))


class WithdrawForm(StepForm):
    note = _text(_("Note"), required=False)


OF_RELIEF = frozenset({"claim", "confirm", "approve", "ask", "reject"})
"""Steps an improvement does not have: it is measured, not relieved."""
MOST_PARTS = 62
"""Boxes to tick on the page; of more, the API approves part."""
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
            "knowledge",
            Capability.REGISTER_FACTORS,
            DECIDED_ON,
            _("Scripts and FAQ ready"),
            _("Since when agents could know what to say. It changes no figure and stands on the client's own card."),
            _("Keep this time"),
            _("The time is kept."),
            KnowledgeForm,
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
            ApproveForm,
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
    if kind.action == "knowledge":
        return factor.kind in KNOWLEDGE_KINDS and not actor.is_of_a_vendor
    if kind.action == "file":
        return factor.is_from_vendor or not actor.is_of_a_vendor
    return kind.action != "withdraw" or factor.is_from_vendor == actor.is_of_a_vendor


def make_step(
    kind: Kind, factor: ExternalFactor, data: QueryDict | None = None, files: MultiValueDict[str, Any] | None = None
) -> Step:
    """Return one step with its form, filled with ``data`` where it was sent."""
    url = reverse("bpo:factor-step", args=[factor.pk, kind.action])
    options: dict[str, Any] = {"parts": _parts(factor)} if kind.form is ApproveForm else {}
    return Step(kind, url, kind.form(data, files, auto_id=f"{kind.action}-%s", **options))


def _parts(factor: ExternalFactor) -> Choices:
    """Return what can be approved piece by piece, by place; nothing where it is one piece or too many to tick."""
    queues = list(factor.queues.all())
    try:
        slices = treatments_of(factor, queues, now=clock.now())
    except DomainError:
        return []
    names = {queue.pk: queue.name for queue in queues}
    parts = [(place, f"{names[one.queue]} · {day(one.date)}") for place, one in enumerate(slices)]
    return parts if 1 < len(parts) <= MOST_PARTS else []


def take(step: Step, factor: ExternalFactor, *, actor: Actor, now: datetime) -> ExternalFactor | None:
    """Call the service of a sent step and return the factor; null where form or service refuses: the step says why."""
    if not step.form.is_valid():
        return None
    service: Callable[..., ExternalFactor] = OTHERS.get(step.kind.action) or getattr(factors, step.kind.action)
    try:
        return service(factor.pk, **step.form.cleaned_data, actor=actor, now=now)
    except DomainError as error:
        step.error = error
        return None


def _add_file(factor_id: int, *, file: UploadedFile, actor: Actor, now: datetime) -> ExternalFactor:
    # Read no more than what shows that it is too large.
    content = file.read(LARGEST + 1)
    return factors.add_file(factor_id, name=file.name or "", content=content, actor=actor, now=now).factor


def _note_knowledge(factor_id: int, *, knowledge_ready_at: datetime, actor: Actor, now: datetime) -> ExternalFactor:
    return factors.change(factor_id, {"knowledge_ready_at": knowledge_ready_at}, actor=actor, now=now)


OTHERS: dict[str, Callable[..., ExternalFactor]] = {"file": _add_file, "knowledge": _note_knowledge}
"""Steps that are called otherwise than their service."""
