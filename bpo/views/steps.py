"""The steps a reader may take on a scorecard: which, in what words, and what each one calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bpo.choices import OF_A_KPI, DisputeStatus, LineKind, ScorecardStatus
from bpo.queries.pages import CardPage
from bpo.services import scorecards
from bpo.templatetags.bpo_pages import named
from bpo.views import forms
from vendors.actors import Actor, Capability
from vendors.errors import DomainError

Text = str | Promise
Call = Callable[..., Any]

OPEN = (ScorecardStatus.DRAFT, ScorecardStatus.SHARED, ScorecardStatus.DISPUTED)
REVIEW = (ScorecardStatus.SHARED, ScorecardStatus.DISPUTED)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of step: who may take it, in which states, what it says and does."""

    action: str
    capability: Capability
    statuses: tuple[str, ...]
    title: Text
    consequence: Text
    confirm: Text
    done: Text
    form: type[forms.StepForm] = forms.StepForm
    is_main: bool = True


KINDS = {
    kind.action: kind
    for kind in (
        Kind(
            "share",
            Capability.DECIDE_SCORECARDS,
            (ScorecardStatus.DRAFT,),
            _("Ask the vendor for review"),
            _("The vendor will see this scorecard and may dispute its lines. Executives do not see it yet."),
            _("Ask for review"),
            _("The vendor can now see this scorecard."),
        ),
        Kind(
            "finalise",
            Capability.DECIDE_SCORECARDS,
            OPEN,
            _("Finalise"),
            _("The figures are frozen for ever and executives see them. A later correction makes a new version."),
            _("Finalise this scorecard"),
            _("The scorecard is final."),
            forms.FinaliseForm,
        ),
        Kind(
            "acknowledge",
            Capability.ACKNOWLEDGE,
            (ScorecardStatus.FINAL,),
            _("Acknowledge"),
            _("You confirm for your company that this scorecard is right. This cannot be taken back."),
            _("Acknowledge this scorecard"),
            _("The scorecard is acknowledged by both sides."),
        ),
        Kind(
            "dispute",
            Capability.DISPUTE,
            REVIEW,
            _("Dispute a line"),
            _("The scorecard cannot be finalised until the BPO side has answered."),
            _("Send the dispute"),
            _("The dispute was sent to the BPO side."),
            forms.DisputeForm,
        ),
        Kind(
            "resolve",
            Capability.DECIDE_SCORECARDS,
            (ScorecardStatus.DISPUTED,),
            _("Answer the dispute"),
            _("The answer is kept with the scorecard and the vendor reads it."),
            _("Send the answer"),
            _("The dispute was answered."),
            forms.ResolveForm,
        ),
        Kind(
            "judge",
            Capability.DECIDE_SCORECARDS,
            OPEN,
            _("Judge a line"),
            _("The score and its evidence are shown to the vendor with the scorecard."),
            _("Keep the judgement"),
            _("The line was judged."),
            forms.JudgeForm,
            is_main=False,
        ),
    )
}


@dataclass(slots=True)
class Step:
    """A step as the page shows it: its form, and what was wrong with the last try."""

    kind: Kind
    url: str
    form: forms.StepForm
    dispute: int | None = None
    error: DomainError | None = field(default=None)

    @property
    def title(self) -> Text:
        return self.kind.title

    @property
    def consequence(self) -> Text:
        return self.kind.consequence

    @property
    def confirm(self) -> Text:
        return self.kind.confirm

    @property
    def is_main(self) -> bool:
        return self.kind.is_main


def steps_for(page: CardPage, actor: Actor) -> list[Step]:
    """Return the steps ``actor`` may take on the card now."""
    vendor = page.scorecard.contract.vendor_id
    kinds = (
        kind for kind in KINDS.values() if page.scorecard.status in kind.statuses and actor.may(kind.capability, vendor)
    )
    return [step for kind in kinds for step in _steps(kind, page)]


def _steps(kind: Kind, page: CardPage) -> Iterator[Step]:
    if kind.action == "resolve":
        for dispute in page.card["disputes"]:
            if dispute["status"] == DisputeStatus.OPEN:
                yield make_step(kind, page, dispute=dispute["id"])
    elif not (kind.action in ("dispute", "judge") and not _lines(kind, page)):
        yield make_step(kind, page)


def make_step(kind: Kind, page: CardPage, data: QueryDict | None = None, dispute: int | None = None) -> Step:
    """Return one step with its form, filled with ``data`` where it was sent."""
    options: dict[str, Any] = {"prefix": None, "auto_id": f"{kind.action}-{dispute or ''}%s"}
    if kind.action in ("dispute", "judge"):
        options["lines"] = _lines(kind, page)
    if kind.action == "resolve":
        options["initial"] = {"dispute": dispute}
    url = reverse("bpo:scorecard-step", args=[page.scorecard.pk, kind.action])
    return Step(kind, url, kind.form(data, **options), dispute)


def _lines(kind: Kind, page: CardPage) -> forms.Choices:
    """Return the lines a dispute may name, or those that people judge."""
    lines = page.card["lines"]
    if kind.action == "judge":
        return [(line["id"], named(line)) for line in lines if line["kind"] not in OF_A_KPI]
    taken = {row["line"] for row in page.card["disputes"] if row["status"] == DisputeStatus.OPEN}
    return [(line["id"], _line_name(line)) for line in lines if line["id"] not in taken]


def _line_name(line: dict[str, Any]) -> str:
    return f"{named(line)} · {line['queue_name']}" if line["queue_name"] else named(line)


def take(step: Step, page: CardPage, *, actor: Actor, now: datetime) -> bool:
    """Call the service of a sent step. Returns false where form or service refuses; the step says why."""
    if not step.form.is_valid():
        return False
    values = dict(step.form.cleaned_data)
    if step.kind.action == "judge":
        kinds = {line["id"]: line["kind"] for line in page.card["lines"]}
        name = "points" if kinds[values["line"]] == LineKind.ADJUSTMENT else "score"
        values[name] = values.pop("figure")
    service: Call = getattr(scorecards, step.kind.action)
    try:
        service(page.scorecard.pk, **values, actor=actor, now=now)
    except DomainError as error:
        step.error = error
        return False
    return True
