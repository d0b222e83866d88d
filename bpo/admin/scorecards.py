"""Scorecards: looked at here, moved on through their services."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from bpo.models import Scorecard, ScorecardEvent, ScorecardLine
from bpo.queries.words import EVENTS, LINE_WORDS
from bpo.services import scorecards
from vendors import clock
from vendors.actors import Capability
from vendors.admin.access import acting
from vendors.admin.base import DONE, DialogForm, ReadOnlyAdmin, ReadOnlyInline, action, document, figure, widgets
from vendors.admin.filters import VisibleRelated
from vendors.admin.forms import add_refusal
from vendors.admin.words import ACTORS, word
from vendors.errors import DomainError


def status_words(row: ScorecardLine) -> str:
    """Return the status of a line in the reader's words."""
    return word(LINE_WORDS, row.status) or "–"


class LinesOfCard(ReadOnlyInline):
    model = ScorecardLine
    reads = Capability.READ_SCORECARDS
    fields = [
        "kind",
        "what",
        figure("value", _("value")),
        figure("target", _("target")),
        figure("attainment", _("attainment")),
        figure("score", _("score")),
        figure("effective_weight", _("effective weight")),
        figure("points", _("points")),
        "state",
    ]

    @admin.display(description=_("status"))
    def state(self, row: ScorecardLine) -> str:
        return status_words(row)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("series__kpi", "item")

    @admin.display(description=_("what"))
    def what(self, row: ScorecardLine) -> str:
        return row.series.kpi.label if row.series else row.item.label if row.item else "–"


class EventsOfCard(ReadOnlyInline):
    model = ScorecardEvent
    reads = Capability.READ_SCORECARDS
    fields = ["at", "step", "who", "note"]

    @admin.display(description=_("action"))
    def step(self, row: ScorecardEvent) -> str:
        return word(EVENTS, row.action)

    @admin.display(description=_("who"))
    def who(self, row: ScorecardEvent) -> str:
        return word(ACTORS, row.by)


class FinaliseForm(DialogForm):
    accept_missing = forms.CharField(
        label=_("why missing days are accepted"),
        required=False,
        max_length=2000,
        widget=widgets.TextArea,
        help_text=_("Only where days are missing and the contract leaves them out; it is printed on the card."),
    )

    def clean(self) -> dict[str, Any]:
        data = dict(super().clean() or {})
        try:
            with transaction.atomic():
                scorecards.finalise(
                    int(self.object_id or 0),
                    accept_missing=data.get("accept_missing", ""),
                    actor=acting(self.request),
                    now=clock.now(),
                )
        except DomainError as error:
            add_refusal(self, error)
        return data


@admin.register(Scorecard)
class ScorecardAdmin(ReadOnlyAdmin):
    reads = Capability.READ_SCORECARDS
    writes = Capability.DECIDE_SCORECARDS
    list_display = ["start", "contract", "version", "status", "score", "grade", "completeness", "is_stale", "page"]
    list_select_related = ["contract__vendor"]
    list_filter = ["status", "grade", "is_stale", ("contract__vendor", VisibleRelated), ("contract", VisibleRelated)]
    search_fields = ["contract__code", "contract__name", "contract__vendor__name", "contract__vendor__name_ko"]
    date_hierarchy = "start"
    fields = [
        "page",
        ("contract", "start", "version"),
        ("status", "is_stale"),
        ("score", "score_before_gates"),
        ("grade", "grade_before_gates"),
        ("completeness", "weight_covered"),
        "made_of",
        "computed_at",
    ]
    readonly_fields = ["page", "made_of"]
    inlines = [LinesOfCard, EventsOfCard]
    actions = ["refresh", "share", "finalise"]
    actions_detail = ["finalise_card"]

    def view_on_site(self, row: Scorecard) -> str:
        return reverse("bpo:scorecard-detail", args=[row.pk])

    @admin.display(description=_("page"))
    def page(self, row: Scorecard) -> str:
        return format_html('<a href="{}">{}</a>', self.view_on_site(row), _("Open the scorecard"))

    @admin.display(description=_("composition"))
    def made_of(self, row: Scorecard) -> str:
        return document(row.composition)

    @admin.action(description=_("Refresh from the figures"), permissions=["write"])
    def refresh(self, request: HttpRequest, queryset: QuerySet[Scorecard]) -> None:
        def act(card: Scorecard) -> None:
            options: dict[str, Any] = {"actor": acting(request), "now": clock.now()}
            scorecards.refresh(contract_id=card.contract_id, starts=[card.start], **options)

        self.for_each(request, queryset.select_related("contract"), act, DONE)

    @admin.action(description=_("Ask the vendor for review"), permissions=["write"])
    def share(self, request: HttpRequest, queryset: QuerySet[Scorecard]) -> None:
        self._step(request, queryset, scorecards.share)

    @admin.action(description=_("Finalise"), permissions=["write"])
    def finalise(self, request: HttpRequest, queryset: QuerySet[Scorecard]) -> None:
        self._step(request, queryset, scorecards.finalise)

    def _step(self, request: HttpRequest, queryset: QuerySet[Scorecard], step: Callable[..., object]) -> None:
        options: dict[str, Any] = {"actor": acting(request), "now": clock.now()}
        self.for_each(request, queryset.select_related("contract"), lambda card: step(card.pk, **options), DONE)

    @action(
        description=_("Finalise"),
        url_path="finalise",
        permissions=["write"],
        icon="lock",
        dialog={
            "form_class": FinaliseForm,
            "title": _("Finalise this scorecard"),
            "description": _("The figures are frozen for ever. A later correction makes a new version."),
            "form_submit_text": _("Finalise"),
        },
    )
    def finalise_card(self, request: HttpRequest, form: FinaliseForm, object_id: str) -> HttpResponse:
        self.message_user(request, _("The scorecard is final."))
        return HttpResponse(headers={"HX-Redirect": reverse("admin:bpo_scorecard_change", args=[object_id])})
