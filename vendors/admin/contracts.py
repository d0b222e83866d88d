"""Contracts with their terms by date, the queues they cover, and who provides which measure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import F
from django.forms import Field
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from vendors import clock
from vendors.actors import Actor, Capability
from vendors.admin.access import acting
from vendors.admin.base import HistoryAdmin, ReadOnlyInline, RecordAdmin
from vendors.admin.closing import ROWS as CALENDAR_ROWS
from vendors.admin.closing import closing_fields, closing_words, folded, opened
from vendors.admin.filters import VisibleRelated
from vendors.admin.forms import ServiceForm
from vendors.admin.relief import FIELDS as RELIEF_FIELDS
from vendors.admin.relief import PREFIX as RELIEF
from vendors.admin.relief import ROWS as RELIEF_ROWS
from vendors.admin.relief import opened as opened_relief
from vendors.admin.relief import relief_fields, relief_words
from vendors.admin.scoring import MISSING, gate_words, grade_words, policy_words, scoring_fields
from vendors.admin.scoring import folded as folded_policy
from vendors.admin.scoring import opened as opened_policy
from vendors.models import Contract, ContractQueue, ContractTerms, MeasureProvision
from vendors.services import contracts, provisions

TERMS = [
    "missing_day_policy",
    "missing_day_grace_days",
    "completeness_bar",
    "missing_policy",
    "gates",
    "grades",
    "second_check",
    "target_approval",
]


_TYPED = [typed for name in TERMS for typed in (MISSING if name == "missing_policy" else [name])]
"""The terms as they are typed: a field for each cause of a missing KPI."""


_IN_WORDS = {"missing_policy": "policy", "gates": "agreed_gates", "grades": "grade_table"}
_SHOWN = [*(_IN_WORDS.get(name, name) for name in TERMS), "calendar", "agreed_relief"]


class DocumentColumns:
    """Shows the documents of some terms in words."""

    @admin.display(description=_("missing KPIs"))
    def policy(self, terms: ContractTerms) -> str:
        return policy_words(terms.missing_policy)

    @admin.display(description=_("gates"))
    def agreed_gates(self, terms: ContractTerms) -> str:
        return gate_words(terms.gates)

    @admin.display(description=_("grades"))
    def grade_table(self, terms: ContractTerms) -> str:
        return grade_words(terms.grades)

    @admin.display(description=_("closing calendar"))
    def calendar(self, terms: ContractTerms) -> str:
        return closing_words(terms.closing)

    @admin.display(description=_("relief of external factors"))
    def agreed_relief(self, terms: ContractTerms) -> str:
        return relief_words(terms.relief)


class TermsOfContract(DocumentColumns, ReadOnlyInline):
    model = ContractTerms
    fields = ["valid_from", "valid_until", *_SHOWN]


class QueuesOfContract(ReadOnlyInline):
    model = ContractQueue
    fields = ["queue", "valid_from", "valid_until"]


class ProvisionsOfContract(ReadOnlyInline):
    model = MeasureProvision
    fields = ["measure", "owner", "second", "tolerance_percent", "tolerance_absolute", "valid_from", "valid_until"]


_CALENDAR = _("Empty: no cut-off, no back-fill limit, and months close by hand only.")

_RELIEF = _("Empty: claims within five business days, every method, and no caps.")


class ContractForm(ServiceForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "valid_from" in self.fields:
            self.fields["valid_from"].help_text = _(
                "The day from which changed terms hold. Empty amends the latest terms in place."
            )

    def data_for_service(self) -> dict[str, Any]:
        data = folded_policy(super().data_for_service(), self.cleaned_data)
        data = folded(data, self.cleaned_data)
        return folded(data, self.cleaned_data, RELIEF_FIELDS, RELIEF)

    def clean_currency(self) -> str:
        currency: str = self.cleaned_data["currency"]
        if len(currency) != 3 or not (currency.isascii() and currency.isalpha() and currency.isupper()):
            raise ValidationError(_("Write the currency as three letters: KRW."), "bad_currency")
        return currency


@admin.register(Contract)
class ContractAdmin(HistoryAdmin):
    reads = Capability.READ_CONTRACTS
    writes = Capability.WRITE_SETUP
    form = ContractForm
    list_display = ["code", "name", "vendor", "starts_on", "ends_on", "is_pilot"]
    list_select_related = ["vendor"]
    list_filter = [("vendor", VisibleRelated), "is_pilot"]
    search_fields = ["code", "name", "vendor__name", "vendor__name_ko"]
    date_hierarchy = "starts_on"
    autocomplete_fields = ["vendor"]
    fieldsets = [(None, {"fields": ["vendor", "code", "name", ("starts_on", "ends_on"), "currency", "is_pilot"]})]
    typed_fieldsets = [
        (_("Terms"), {"fields": ["valid_from", *_TYPED]}),
        (_("Closing calendar"), {"fields": CALENDAR_ROWS, "description": _CALENDAR}),
        (_("Relief of external factors"), {"fields": RELIEF_ROWS, "description": _RELIEF}),
    ]
    fixed = ["vendor", "code"]
    borrowed = dict.fromkeys(["valid_from", *(name for name in TERMS if name in _TYPED)], ContractTerms)
    optional = frozenset(borrowed)
    inlines = [TermsOfContract, QueuesOfContract, ProvisionsOfContract]
    actions = ["apply_korean_calendar"]

    @admin.action(description=_("Apply the closing calendar usual in Korea, from this month on"), permissions=["write"])
    def apply_korean_calendar(self, request: HttpRequest, queryset: Any) -> None:
        this_month = clock.local_date(clock.now(), settings.TIME_ZONE).replace(day=1)

        def apply(row: Contract) -> None:
            options: dict[str, Any] = {"actor": acting(request), "now": clock.now()}
            contracts.change_contract(row, {"closing": "korean_default"}, valid_from=this_month, **options)

        self.for_each(request, queryset, apply)

    def initial_of(self, row: Contract) -> dict[str, Any]:
        latest = row.terms.order_by(F("valid_from").asc(nulls_first=True)).last()
        if latest is None:
            return {}
        terms = {name: getattr(latest, name) for name in TERMS} | opened_policy(latest.missing_policy)
        return terms | opened(latest.closing) | opened_relief(latest.relief)

    def borrowed_fields(self, request: HttpRequest) -> dict[str, Field]:
        return super().borrowed_fields(request) | scoring_fields() | closing_fields() | relief_fields()

    def create(self, data: dict[str, Any], *, actor: Actor, now: datetime) -> Contract:
        data.pop("valid_from", None)  # the first terms hold from ever
        return contracts.create_contract(_without_empty_terms(data), actor=actor, now=now)

    def change(self, row: Contract, data: dict[str, Any], *, actor: Actor, now: datetime) -> Contract:
        valid_from = data.pop("valid_from", None)
        fields = _without_empty_terms(data)
        return contracts.change_contract(row, fields, actor=actor, now=now, valid_from=valid_from)


_EMPTY: tuple[Any, ...] = (None, "", [], {})


def _without_empty_terms(data: dict[str, Any]) -> dict[str, Any]:
    """Return ``data`` without terms that were emptied (they keep their default); no gates are an empty list."""
    return {name: value for name, value in data.items() if name not in TERMS or value not in _EMPTY or name == "gates"}


@admin.register(ContractTerms)
class ContractTermsAdmin(DocumentColumns, RecordAdmin):
    """The versions of the terms; they are changed on the page of their contract."""

    fields = ["contract", "valid_from", "valid_until", *_SHOWN]
    readonly_fields = [*_IN_WORDS.values(), "calendar", "agreed_relief"]

    reads = Capability.READ_CONTRACTS
    list_display = ["contract", "valid_from", "valid_until", "missing_day_policy", "completeness_bar"]
    list_select_related = ["contract"]
    list_filter = [("contract__vendor", VisibleRelated), "missing_day_policy"]
    search_fields = ["contract__code", "contract__name"]


@admin.register(ContractQueue)
class ContractQueueAdmin(RecordAdmin):
    """Which queue belonged to which contract when; a queue is moved on its own page."""

    reads = Capability.READ_CONTRACTS
    list_display = ["queue", "contract", "valid_from", "valid_until"]
    list_select_related = ["queue", "contract"]
    list_filter = [("contract__vendor", VisibleRelated)]
    search_fields = ["queue__code", "queue__name", "contract__code", "contract__name"]


@admin.register(MeasureProvision)
class MeasureProvisionAdmin(HistoryAdmin):
    reads = Capability.READ_CONTRACTS
    writes = Capability.WRITE_SETUP
    list_display = ["measure", "owner", "second", "contract", "valid_from", "valid_until"]
    list_select_related = ["contract"]
    list_filter = ["owner", ("contract__vendor", VisibleRelated)]
    search_fields = ["measure", "contract__code", "contract__name"]
    autocomplete_fields = ["contract"]
    fieldsets = [
        (None, {"fields": ["contract", "measure", "owner", ("valid_from", "valid_until")]}),
        (_("Second source"), {"fields": ["second", ("tolerance_percent", "tolerance_absolute")]}),
    ]
    fixed = ["contract", "measure"]

    def create(self, data: dict[str, Any], *, actor: Actor, now: datetime) -> Any:
        return provisions.add_provision(data, actor=actor, now=now)

    def change(self, row: MeasureProvision, data: dict[str, Any], *, actor: Actor, now: datetime) -> Any:
        return provisions.change_provision(row, data, actor=actor, now=now)
