"""What belongs to scorecards: judged items, disputes, gates, events and frozen documents."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from bpo.admin.scorecards import status_words
from bpo.models import Dispute, FrozenScorecard, GateEvent, JudgedItem, ScorecardEvent, ScorecardLine
from bpo.queries.words import EVENTS, LINE_WORDS
from bpo.templatetags.bpo_pages import STEPS_OF_A_FACTOR
from vendors.actors import Actor, Capability
from vendors.admin.base import HistoryAdmin, ReadOnlyAdmin, document, figure
from vendors.admin.filters import VisibleRelated
from vendors.admin.words import ACTIONS, ACTORS, coded, word
from vendors.services import rows

ACTIONS.update({f"scorecard.{code}": text for code, text in EVENTS.items()})
ACTIONS.update({f"factor.{code}": text for code, text in STEPS_OF_A_FACTOR.items()})
ACTIONS.update(
    {
        "correction.file": _("Correction requested"),
        "correction.accepted": _("Correction accepted"),
        "correction.refused": _("Correction refused"),
        "correction.withdrawn": _("Correction withdrawn"),
        "department.answer": _("Department answered"),
        "forecast.lock": _("Forecast locked"),
        "notifications.change": _("Notification settings changed"),
        "notifications.stop": _("Mails stopped"),
        "report.send": _("Report sent"),
        "report_link.make": _("Report link made"),
        "report_link.revoke": _("Report link revoked"),
        "report_subscription.change": _("Regular report changed"),
        "report_subscription.make": _("Regular report made"),
        "money_terms.set": _("Terms of money set"),
        "second_step.begin": _("Second step turned on"),
        "second_step.codes": _("New recovery codes drawn"),
        "second_step.end": _("Second step ended"),
        "webhook.change": _("Webhook changed"),
        "webhook.make": _("Webhook made"),
    }
)


@admin.register(JudgedItem)
class JudgedItemAdmin(HistoryAdmin):
    """Lines that people score, on the cards of one contract."""

    reads = Capability.READ_TARGETS
    writes = Capability.WRITE_SETUP
    list_display = ["label", "contract", "kind", "weight", "cap", "valid_from", "valid_until"]
    list_select_related = ["contract"]
    list_filter = ["kind", ("contract__vendor", VisibleRelated)]
    search_fields = ["name", "name_ko", "contract__code", "contract__name"]
    autocomplete_fields = ["contract"]
    fieldsets = [
        (None, {"fields": ["contract", "kind", "name", "name_ko", ("weight", "cap"), ("valid_from", "valid_until")]})
    ]
    fixed = ["contract", "kind"]

    @admin.display(description=_("name"), ordering="name")
    def label(self, row: JudgedItem) -> str:
        return row.label

    def create(self, data: dict[str, Any], *, actor: Actor, now: datetime) -> Any:
        return rows.create_row(JudgedItem, data, actor=actor, now=now, vendor=data["contract"].vendor)

    def change(self, row: JudgedItem, data: dict[str, Any], *, actor: Actor, now: datetime) -> Any:
        return rows.change_row(row, data, actor=actor, now=now, vendor=row.contract.vendor)


@admin.register(ScorecardLine)
class ScorecardLineAdmin(ReadOnlyAdmin):
    reads = Capability.READ_SCORECARDS
    list_display = [
        "scorecard",
        "position",
        "kind",
        "what",
        figure("value", _("value")),
        figure("target", _("target")),
        figure("score", _("score")),
        figure("weight", _("weight")),
        figure("points", _("points")),
        "state",
    ]
    fields = [
        ("scorecard", "position"),
        ("kind", "what"),
        (figure("value", _("value")), figure("adjusted_value", _("adjusted value"))),
        (figure("target", _("target")), figure("minimum", _("minimum"))),
        (figure("attainment", _("attainment")), figure("score", _("score"))),
        (figure("weight", _("weight")), figure("effective_weight", _("effective weight"))),
        (figure("points", _("points")), "state"),
        ("days_reported", "days_expected"),
        "evidence",
        "comment",
        "why",
    ]
    readonly_fields = ["what", "state", "why"]
    list_select_related = ["scorecard__contract", "series__kpi", "series__contract", "item"]
    list_filter = [
        "kind",
        ("status", coded(lambda code: word(LINE_WORDS, code))),
        ("scorecard__contract__vendor", VisibleRelated),
    ]
    search_fields = ["scorecard__contract__code", "series__kpi__code", "series__kpi__name", "item__name"]

    @admin.display(description=_("what"))
    def what(self, row: ScorecardLine) -> str:
        return row.series.kpi.label if row.series else row.item.label if row.item else "–"

    @admin.display(description=_("status"), ordering="status")
    def state(self, row: ScorecardLine) -> str:
        return status_words(row)

    @admin.display(description=_("explanation"))
    def why(self, row: ScorecardLine) -> str:
        return document(row.explanation)


@admin.register(Dispute)
class DisputeAdmin(ReadOnlyAdmin):
    """Opened and answered on the page of the scorecard."""

    reads = Capability.READ_SCORECARDS
    list_display = ["opened_at", "card", "status", "opened_by", "reason", "resolved_by", "resolved_at"]
    list_select_related = ["line__scorecard__contract"]
    list_filter = ["status", ("line__scorecard__contract__vendor", VisibleRelated)]
    search_fields = ["reason", "resolution", "opened_by", "line__scorecard__contract__code"]
    date_hierarchy = "opened_at"

    @admin.display(description=_("scorecard"))
    def card(self, row: Dispute) -> str:
        return str(row.line.scorecard)


@admin.register(GateEvent)
class GateEventAdmin(ReadOnlyAdmin):
    reads = Capability.READ_SCORECARDS
    list_display = ["scorecard", "rule", "evidence", "approved_by", "created_at"]
    list_select_related = ["scorecard__contract"]
    list_filter = [("scorecard__contract__vendor", VisibleRelated)]
    search_fields = ["evidence", "approved_by", "scorecard__contract__code"]
    date_hierarchy = "created_at"
    fields = ["scorecard", "rule", "evidence", "approved_by", "created_at"]
    readonly_fields = ["rule"]

    @admin.display(description=_("gate"))
    def rule(self, row: GateEvent) -> str:
        return document(row.gate)


@admin.register(ScorecardEvent)
class ScorecardEventAdmin(ReadOnlyAdmin):
    reads = Capability.READ_SCORECARDS
    list_display = ["at", "scorecard", "step", "who", "note"]
    list_select_related = ["scorecard__contract"]
    list_filter = [("action", coded(lambda code: word(EVENTS, code))), ("scorecard__contract__vendor", VisibleRelated)]
    search_fields = ["by", "note", "scorecard__contract__code", "scorecard__contract__name"]
    date_hierarchy = "at"
    fields = ["at", "scorecard", "step", "who", "note"]
    readonly_fields = ["step", "who"]

    @admin.display(description=_("action"), ordering="action")
    def step(self, row: ScorecardEvent) -> str:
        return word(EVENTS, row.action)

    @admin.display(description=_("who"), ordering="by")
    def who(self, row: ScorecardEvent) -> str:
        return word(ACTORS, row.by)


@admin.register(FrozenScorecard)
class FrozenScorecardAdmin(ReadOnlyAdmin):
    """Final cards as they were hashed; ``manage.py verify`` recomputes the chain."""

    reads = Capability.READ_SCORECARDS
    list_display = ["scorecard", "sequence", "sha256", "frozen_by", "frozen_at"]
    list_select_related = ["scorecard__contract"]
    list_filter = [("contract__vendor", VisibleRelated)]
    search_fields = ["contract__code", "contract__name", "sha256", "frozen_by"]
    date_hierarchy = "frozen_at"
