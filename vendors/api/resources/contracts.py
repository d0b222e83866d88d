"""``contracts/``: the contract, with its terms in force and the queues it covers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import django_filters
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from vendors import clock
from vendors.actors import Actor, Capability
from vendors.api.fields import Bool, Choice, Code, Date, Decimal, Reference, Text
from vendors.api.filters import BoolFilter, CodeFilter
from vendors.api.serializers import StrictModelSerializer, unique_code
from vendors.api.viewsets import WritableViewSet
from vendors.calc.closing import ONE_DAY
from vendors.choices import MissingDayPolicy, SecondCheck
from vendors.models import Contract, ContractTerms, Vendor
from vendors.queries.closing import closing_calendars
from vendors.services import contracts

PROVIDERS_HELP = (
    'Who provides a measure: `{"csat_sum": "client"}`, or an object of `provider`, `second` (who reports it too),'
    " `tolerance_percent` and `tolerance_absolute`. Measures that are not listed are the vendor's; in a PATCH those"
    " that are not named stay as they are."
)
CLOSING_HELP = (
    "The closing calendar: `daily_cutoff` (HH:MM of the next day); `feed_closed`, `shared`, `objections_end`, `final`"
    " (business days of the next month); `invoice_day`; `free_correction_days`, `correction_days`, `backfill_days`"
    ' (days after the day of a value); `share_automatically`. What is left out is off. `"korean_default"` stands for'
    " the usual calendar of Korean contracts."
)
RELIEF_HELP = (
    "What relief of external factors is agreed: `claim_days` (business days after an event, 5 where left out),"
    " `answer_days` and `decision_days` (business days the department has to answer and the client to decide),"
    " `methods` (all where left out), and the caps of a month: `most_days` (queue-days), `most_points` (of a KPI in per"
    " cent), `most_share` (per cent of a KPI's volume). What is left out is off."
)


def today() -> date:
    """The day whose terms and links a reader is shown."""
    return clock.local_date(clock.now(), settings.TIME_ZONE)


def nearest_day(contract: Contract, day: date) -> date:
    """Return ``day``, or the first or last day of a contract that has not begun or is over."""
    return max(contract.starts_on, min(day, contract.ends_on or day))


def in_force(rows: Any, day: date) -> Any:
    """Return those of already loaded dated rows that are valid on ``day``."""
    return [
        row
        for row in rows
        if (row.valid_from is None or row.valid_from <= day) and (row.valid_until is None or row.valid_until > day)
    ]


def term(name: str, field: type[serializers.Field[Any, Any, Any, Any]], **options: Any) -> Any:
    """Return a field that is read from the terms in force and written into ``terms``."""
    return field(source=f"terms_now.{name}", required=False, **options)


class Providers(serializers.JSONField):
    """Who provides each measure that is listed, as it holds today; written as it comes, the service checks it."""

    def get_attribute(self, instance: Any) -> Any:
        return in_force(instance.provisions.all(), nearest_day(instance, today()))

    def to_representation(self, value: Any) -> Any:
        return {
            row.measure: {
                "provider": row.owner,
                "second": row.second or None,
                "tolerance_percent": _number(row.tolerance_percent),
                "tolerance_absolute": _number(row.tolerance_absolute),
            }
            for row in sorted(value, key=lambda row: row.measure)
        }


def _number(value: Any) -> str | None:
    return None if value is None else f"{value.normalize():f}"


class ContractSerializer(StrictModelSerializer):
    immutable = ("code", "vendor")

    code = Code(validators=[unique_code(Contract)])
    vendor = Reference(queryset=Vendor.objects)
    name = Text(max_length=200)
    missing_day_policy = term("missing_day_policy", Choice, choices=MissingDayPolicy.choices)
    completeness_bar = term("completeness_bar", Decimal, max_digits=5, decimal_places=2, min_value=0, max_value=100)
    missing_policy = term("missing_policy", serializers.JSONField)
    gates = term("gates", serializers.JSONField)
    grades = term("grades", serializers.JSONField)
    closing = term("closing", serializers.JSONField, help_text=CLOSING_HELP)
    relief = term("relief", serializers.JSONField, encoder=DjangoJSONEncoder, help_text=RELIEF_HELP)
    providers = Providers(required=False, help_text=PROVIDERS_HELP)
    second_check = term("second_check", Choice, choices=SecondCheck.choices)
    target_approval = term("target_approval", Bool)
    queues = serializers.SerializerMethodField()
    valid_from = Date(write_only=True, required=False)

    class Meta:
        model = Contract
        fields = [
            "code",
            "vendor",
            "name",
            "starts_on",
            "ends_on",
            "currency",
            "missing_day_policy",
            "completeness_bar",
            "missing_policy",
            "gates",
            "grades",
            "closing",
            "relief",
            "providers",
            "second_check",
            "target_approval",
            "is_pilot",
            "queues",
            "valid_from",
        ]

    def validate_currency(self, value: str) -> str:
        if len(value) != 3 or not (value.isascii() and value.isupper() and value.isalpha()):
            raise serializers.ValidationError(_("Write the currency as three letters: KRW."), code="bad_currency")
        return value

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_queues(self, row: Contract) -> list[str]:
        day = nearest_day(row, today())
        return sorted(link.queue.code for link in in_force(row.queue_links.all(), day))

    def to_representation(self, instance: Any) -> dict[str, Any]:
        terms = in_force(instance.terms.all(), nearest_day(instance, today()))
        instance.terms_now = terms[0] if terms else ContractTerms(contract=instance)
        return super().to_representation(instance)


class ContractDetailSerializer(ContractSerializer):
    """One contract, with the closing dates of the month before and of the present one."""

    calendar = serializers.SerializerMethodField()

    class Meta(ContractSerializer.Meta):
        fields = [*ContractSerializer.Meta.fields, "calendar"]

    @extend_schema_field(serializers.ListField(child=serializers.JSONField()))
    def get_calendar(self, row: Contract) -> list[dict[str, Any]]:
        this = nearest_day(row, today()).replace(day=1)
        starts = [(this - ONE_DAY).replace(day=1), this]
        return [calendar.as_dict() for calendar in closing_calendars({row.pk: starts}).values()]


class ContractFilter(django_filters.FilterSet):
    vendor = CodeFilter("vendor__code")
    is_pilot = BoolFilter()

    class Meta:
        model = Contract
        fields: list[str] = []


class ContractViewSet(WritableViewSet):
    """Agreements with vendors.

    The fields of the terms (missing days, completeness bar, missing KPIs, gates, grades, closing calendar, relief)
    are those in force today.
    A PATCH with `valid_from` begins a new version of the terms on that day; without, it amends the latest one.
    """

    queryset = (
        Contract.objects.select_related("vendor")
        .prefetch_related("terms", "queue_links__queue", "provisions")
        .order_by("code")
    )
    serializer_class = ContractSerializer
    filterset_class = ContractFilter
    capabilities = {"read": Capability.READ_CONTRACTS, "write": Capability.WRITE_SETUP}

    def get_serializer_class(self) -> Any:
        return ContractSerializer if self.action == "list" else ContractDetailSerializer

    def create_object(self, data: dict[str, Any], *, actor: Actor, now: datetime) -> Contract:
        terms = data.pop("terms_now", {})
        data.pop("valid_from", None)  # the first terms hold from ever
        return contracts.create_contract({**data, **terms}, actor=actor, now=now)

    def change_object(self, row: Contract, data: dict[str, Any], *, actor: Actor, now: datetime) -> Contract:
        terms, valid_from = data.pop("terms_now", {}), data.pop("valid_from", None)
        return contracts.change_contract(row, {**data, **terms}, actor=actor, now=now, valid_from=valid_from)
