"""The pages of external factors: the list, one of them with its effect and its decision, and a new one."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from bpo.queries.decision_effects import with_effects
from bpo.queries.factor_page import method_words, overlapping
from bpo.queries.plan_words import sentence_of
from bpo.queries.plans import plans_of_factor
from bpo.queries.relief_table import SideBySide, side_by_side
from bpo.views.access import PageRequest, page_for
from bpo.views.dates import day_of
from bpo.views.factor_steps import KINDS, make_step, steps_for, take
from bpo.views.forms import Choices, MomentField, offer
from kpis.api.reports import download
from kpis.choices import FactorKind, FactorMethod, FactorStatus, ReplaceBy
from kpis.imports import rows_in
from kpis.imports.workbooks import read_workbook
from kpis.media_types import BYTES
from kpis.models import ExternalFactor, FactorFile, Measure
from kpis.queries.before_after import improvement_of
from kpis.queries.effect_words import sentence
from kpis.queries.effects import ContractEffect, Suggestion, effects_of, suggestions
from kpis.services import factors
from kpis.services.factors.deadlines import answer_until
from kpis.services.factors.deciding import UNDECIDED
from kpis.services.factors.parties import shown_parameters
from kpis.tasks import wake_up
from vendors import clock
from vendors.actors import Actor, Capability
from vendors.errors import DomainError
from vendors.models import Contract, Department, Queue

MOST_LISTED = 200
MOST_SUGGESTED = 5
FINER = ("method", "share", "by", "party", "slices")
"""Fields of the form that most events leave as they are."""


class FactorForm(forms.Form):
    """What is registered."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=FactorKind.choices)
    title = forms.CharField(label=gettext_lazy("Title"), max_length=200)
    department = forms.ModelChoiceField(
        label=gettext_lazy("Department in charge"), queryset=Department.objects.filter(is_active=True), required=False,
        to_field_name="code", empty_label="–",
    )  # fmt: skip
    starts_at = MomentField(label=gettext_lazy("Begins"))
    ends_at = MomentField(label=gettext_lazy("Ends"))
    is_planned = forms.BooleanField(label=gettext_lazy("Planned, and known before"), required=False)
    queues = forms.MultipleChoiceField(
        label=gettext_lazy("Queues that are affected"), widget=forms.CheckboxSelectMultiple
    )
    description = forms.CharField(
        label=gettext_lazy("What happened"), required=False, max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 40}),
    )  # fmt: skip
    evidence = forms.CharField(
        label=gettext_lazy("Evidence"), required=False, max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2, "cols": 40}),
        help_text=gettext_lazy("Where it can be checked: a ticket, a notice, a log."),
    )  # fmt: skip
    method = forms.ChoiceField(label=gettext_lazy("Method"), choices=FactorMethod.choices, required=False)
    share = forms.DecimalField(
        label=gettext_lazy("Owed of the forecast, %"), required=False, min_value=100, max_value=1000, decimal_places=2,
        help_text=gettext_lazy("Of a cap. Left empty it is the band of the forecast, usually 110."),
    )  # fmt: skip
    by = forms.ChoiceField(
        label=gettext_lazy("Replaced by"), choices=[("", "–"), *ReplaceBy.choices], required=False,
    )  # fmt: skip
    party = forms.ChoiceField(
        label=gettext_lazy("Moves to the card of"), required=False,
        help_text=gettext_lazy("Of what is put on another party's card. Left empty it is the department in charge."),
    )  # fmt: skip
    slices = forms.CharField(
        label=gettext_lazy("The part of the day"), required=False, max_length=50_000,
        widget=forms.Textarea(attrs={"rows": 4, "cols": 40, "class": "code"}),
        help_text=gettext_lazy(
            "Paste queue, date and the counts of the affected hours, with a header such as queue,date,offered,answered."
            " Leave it empty to take whole days out."
        ),
    )  # fmt: skip

    def __init__(self, *args: Any, queues: list[Queue], parties: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "party", [("", "–"), *parties])
        offer(self, "queues", [(row.code, f"{row.centre.vendor.label} · {row.name}") for row in queues])


@require_safe
@page_for(Capability.READ_FACTORS)
def factor_list(request: PageRequest) -> HttpResponse:
    """Show the factors, the latest first, or those of one status."""
    status = request.GET.get("status", "")
    rows = _factors(request.actor)
    if status in FactorStatus.values:
        rows = rows.filter(status=status)
    found = list(rows[: MOST_LISTED + 1])
    context = {
        "factors": found[:MOST_LISTED],
        "is_cut": len(found) > MOST_LISTED,
        "statuses": FactorStatus.choices,
        "status": status,
        "may_register": request.actor.may(Capability.REGISTER_FACTORS),
        "reads_forecasts": request.actor.may(Capability.READ_FIGURES),
        "suggestions": _suggested(request.actor),
    }
    return render(request, "bpo/factor_list.html", context)


def _suggested(actor: Actor) -> list[Suggestion]:
    """Return the newest days nothing explains, to whoever may register what explains them."""
    if not (actor.may(Capability.REGISTER_FACTORS) and actor.may(Capability.READ_FIGURES)):
        return []
    return suggestions(actor, now=clock.now())[:MOST_SUGGESTED]


@require_safe
@page_for(Capability.READ_FACTORS)
def factor_detail(request: PageRequest, pk: int) -> HttpResponse:
    """Show one factor: what it covers, what it would do to the figures, its steps."""
    return _answer(request, _found(request, pk))


@page_for(Capability.READ_FACTORS)
def factor_step(request: PageRequest, pk: int, action: str) -> HttpResponse:
    """Take a step; what was wrong is shown at its form."""
    kind = KINDS.get(action)
    if kind is None:
        raise Http404
    factor = _found(request, pk)
    if request.method != "POST":
        return redirect("bpo:factor-detail", pk=pk)
    step = make_step(kind, factor, request.POST, request.FILES)
    done = take(step, factor, actor=request.actor, now=clock.now())
    if done is None:
        return _answer(request, _found(request, pk), step)
    wake_up()
    messages.success(request, str(kind.done))
    return HttpResponseRedirect(reverse("bpo:factor-detail", args=[done.pk]))


@require_safe
@page_for(Capability.READ_FACTORS)
def factor_file(request: PageRequest, pk: int) -> HttpResponse:
    """Answer a file of evidence, to be kept and never to be shown in place."""
    reader = request.actor.limited_to(Capability.READ_FACTORS)
    file: FactorFile | None = FactorFile.objects.visible_to(reader).filter(pk=pk).first()
    if file is None:
        raise Http404
    return download(bytes(file.content), BYTES, file.name)


@page_for(Capability.REGISTER_FACTORS)
def factor_new(request: PageRequest) -> HttpResponse:
    """Register a factor."""
    queues = _queues(request.actor)
    given = request.POST if request.method == "POST" else None
    form = FactorForm(given, queues=queues, parties=_parties(request.actor), initial=_initial(request))
    error: DomainError | None = None
    if request.method == "POST" and form.is_valid():
        try:
            made = _registered(form.cleaned_data, queues, request.actor)
        except DomainError as refused:
            error = refused
        else:
            messages.success(request, _("The factor is registered. It changes no figure yet: go on under “Next step”."))
            return HttpResponseRedirect(reverse("bpo:factor-detail", args=[made.pk]))
    status = error.status if error else 400 if form.errors else 200
    is_finer = any(request.POST.get(name) for name in FINER if name != "method") or bool(set(FINER) & set(form.errors))
    context = {"form": form, "error": error, "has_queues": bool(queues), "finer": FINER, "is_finer": is_finer}
    return render(request, "bpo/factor_new.html", context, status=status)


def _initial(request: PageRequest) -> dict[str, Any]:
    """Return what a suggestion fills in: its day, from midnight to midnight, and its queues."""
    try:
        day = day_of(request.GET.get("date", ""))
    except ValueError:
        return {}
    midnight = datetime.combine(day, time.min)
    times = {"starts_at": midnight, "ends_at": midnight + timedelta(days=1)}
    return {**times, "queues": request.GET.getlist("queue")}


def _registered(given: dict[str, Any], queues: list[Queue], actor: Actor) -> ExternalFactor:
    data = dict(given)
    codes = set(data.pop("queues"))
    data["slices"] = _slices(data.pop("slices"))
    data["method"] = data["method"] or FactorMethod.EXCLUDE
    share, by = data.pop("share"), data.pop("by")
    name, _space, code = data.pop("party").partition(" ")
    about = {"share": share / 100 if share is not None else None, "by": by, name: code}
    data["parameters"] = {name: value for name, value in about.items() if value}
    chosen = [queue for queue in queues if queue.code in codes]
    return factors.register(data, queues=chosen, actor=actor, now=clock.now())


def _parties(actor: Actor) -> Choices:
    """Return whose card a slice may move to: the client, its departments and, for the BPO side, other contracts."""
    departments = Department.objects.filter(is_active=True)
    found: Choices = [("party client", _("The client"))]
    found += [(f"party {row.code}", row.label) for row in departments]
    if not actor.is_of_a_vendor:
        contracts = Contract.objects.visible_to(actor.limited_to(Capability.REGISTER_FACTORS)).select_related("vendor")
        found += [(f"contract {row.code}", f"{row.vendor.label} · {row.name}") for row in contracts]
    return found


def _slices(text: str) -> list[dict[str, Any]]:
    """Read pasted slices: a table of the shape that figures are sent in."""
    if not text.strip():
        return []
    delimiter = "\t" if "\t" in text else ","
    found = rows_in(read_workbook(text.replace("\r\n", "\n").encode(), encoding="utf-8", delimiter=delimiter))
    return [{"queue": "", "date": "", **row, "measures": row["measures"] or None} for row in found.rows]


def _factors(actor: Actor) -> QuerySet[ExternalFactor]:
    reader = actor.limited_to(Capability.READ_FACTORS)
    rows: QuerySet[ExternalFactor] = ExternalFactor.objects.visible_to(reader).select_related("department")
    return rows.prefetch_related("queues__centre__vendor").order_by("-starts_at", "-id")


def _found(request: PageRequest, pk: int) -> ExternalFactor:
    factor = _factors(request.actor).filter(pk=pk).first()
    if factor is None:
        raise Http404
    return factor


def _queues(actor: Actor) -> list[Queue]:
    mine = Queue.objects.visible_to(actor.limited_to(Capability.REGISTER_FACTORS))
    return list(mine.select_related("centre__vendor").order_by("centre__vendor__code", "code"))


def _answer(request: PageRequest, factor: ExternalFactor, refused: Any = None) -> HttpResponse:
    actor = request.actor.limited_to(Capability.READ_FACTORS)
    queues = [queue for queue in factor.queues.all() if actor.sees(queue.centre.vendor_id)]
    codes = {queue.code for queue in queues}
    steps = steps_for(factor, request.actor)
    if refused is not None:
        steps = [refused if step.kind is refused.kind else step for step in steps] or [refused]
    effect, fault = _effect(request.actor, factor)
    is_improvement = factor.kind == FactorKind.IMPROVEMENT
    is_priced = factor.status in UNDECIDED and request.actor.may(Capability.READ_RESULTS) and not is_improvement
    methods = _methods(request.actor, factor, effect) if is_priced else None
    slices = [one for one in factor.slices if one["queue"] in codes]
    context = {
        "factor": factor,
        "terms": method_words(shown_parameters(factor, sees_all=actor.sees_all_vendors)),
        "overlapping": overlapping(factor, _factors(request.actor), queues),
        "queues": queues,
        "queue_names": {queue.code: f"{queue.centre.vendor.label} · {queue.name}" for queue in queues},
        "contracts": _contract_names(request.actor, effect, methods),
        "slices": slices,
        "measure_names": _measure_names(slices),
        "events": with_effects(factor.events.all(), request.actor),
        "files": factor.files.defer("content"),
        "steps": steps,
        "effect": effect,
        "fault": fault,
        "methods": methods,
        "surges": factors.hidden_surges(factor, actor=request.actor) if is_priced else [],
        "caps": factors.caps(factor, actor=request.actor, now=clock.now()) if is_priced and not fault else [],
        "answer_until": answer_until(factor, list(factor.queues.all())) if factor.status in UNDECIDED else None,
        "is_open": factor.status in UNDECIDED,
        "effects": [] if is_improvement else _sizes(request.actor, factor),
        "is_improvement": is_improvement,
        "improvements": _improvements(request.actor, factor) if is_improvement else [],
        "plans": plans_of_factor(factor, request.actor),
        "may_propose": request.actor.may(Capability.PROPOSE_PLANS),
    }
    status = 200 if refused is None else refused.error.status if refused.error else 400
    return render(request, "bpo/factor_detail.html", context, status=status)


def _contract_names(actor: Actor, effect: Any, methods: SideBySide | None) -> dict[str, str]:
    """Return what people call the contracts whose figures stand on the page, by code."""
    codes = {month["contract"] for month in effect or []} | {row.contract for row in (methods.rows if methods else [])}
    if not codes:
        return {}
    rows = Contract.objects.visible_to(actor.limited_to(Capability.READ_RESULTS)).filter(code__in=codes)
    return {row.code: f"{row.vendor.label} · {row.name}" for row in rows.select_related("vendor")}


def _measure_names(slices: list[Any]) -> dict[str, str]:
    codes = {code for one in slices for code in one["measures"] or {}}
    return {row.code: row.label for row in Measure.objects.filter(code__in=codes)} if codes else {}


def _sizes(actor: Actor, factor: ExternalFactor) -> list[tuple[ContractEffect, str]]:
    """Return how large the effect was on each contract, each with its sentence."""
    if not actor.may(Capability.READ_RESULTS) or factor.starts_at > clock.now():
        return []
    return [(one, sentence(one)) for one in effects_of(factor, actor, now=clock.now())]


def _improvements(actor: Actor, factor: ExternalFactor) -> list[tuple[Contract, list[str]]]:
    """Return what an improvement did to AHT, after-call work and FCR, in sentences, by contract."""
    if not actor.may(Capability.READ_RESULTS):
        return []
    found = improvement_of(factor, actor, now=clock.now())
    return [(row, [sentence_of(one) for one in changes]) for row, changes in found]


def _effect(actor: Actor, factor: ExternalFactor) -> tuple[Any, DomainError | None]:
    """Return what approving an undecided factor would do now, or why it cannot be approved."""
    is_improvement = factor.kind == FactorKind.IMPROVEMENT
    if factor.status not in UNDECIDED or is_improvement or not actor.may(Capability.READ_RESULTS):
        return None, None
    try:
        return factors.what_if(factor, actor=actor, now=clock.now()), None
    except DomainError as error:
        return None, error


def _methods(actor: Actor, factor: ExternalFactor, effect: Any) -> SideBySide:
    others = factors.alternatives(factor, actor=actor, now=clock.now())
    return side_by_side(factor.method, effect or [], others)
