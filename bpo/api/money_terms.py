"""``money-terms/``: what a month's result is worth under a contract, by version; and what it would have been worth."""

from __future__ import annotations

from typing import Any

import django_filters
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from bpo.calc.settlement.rules import Between, FeeKind, Scheme, Severity
from bpo.models import MoneyTerms
from bpo.queries.money_preview import Example, examples_of
from bpo.services import money
from kpis.queries.numbers import plain
from vendors import clock
from vendors.actors import Capability
from vendors.api import fields
from vendors.api.filters import BoolFilter, CodeFilter
from vendors.api.parsers import body_of
from vendors.api.serializers import StrictSerializer
from vendors.api.viewsets import NUMBER, ScopedViewSet
from vendors.models import Contract
from vendors.models.base import NAME_PATTERN

AMOUNT: dict[str, Any] = {"max_digits": 18, "decimal_places": 4}
PERCENT: dict[str, Any] = {"max_digits": 9, "decimal_places": 4}


def _words(words: Any) -> list[tuple[str, str]]:
    return [(word.value, word.value) for word in words]


class FeeSerializer(StrictSerializer):
    """`fixed`: the price itself. `unit`: price × the month total of `measure`. `head`: price × `heads`."""

    kind = fields.Choice(choices=_words(FeeKind))
    # The framework has an attribute of this name on every field; what is declared here is taken off the class.
    label = fields.Text(max_length=100, required=False, allow_blank=True, default="")  # type: ignore[assignment]
    price = fields.Decimal(**AMOUNT)
    measure = fields.Code(pattern=NAME_PATTERN, required=False, allow_null=True)
    heads = fields.Decimal(**AMOUNT, required=False, allow_null=True)
    agreed_volume = fields.Decimal(**AMOUNT, required=False, allow_null=True)
    minimum_share = fields.Decimal(
        **PERCENT, required=False, allow_null=True, help_text="Of the agreed volume at least so much is billed, %."
    )


class AllocationSerializer(StrictSerializer):
    """What a KPI below its minimum costs: `share` per cent of the amount at risk, all or sliding to `floor`."""

    kpi = fields.Code(pattern=NAME_PATTERN)
    queue = fields.Code(required=False, allow_null=True)
    share = fields.Decimal(**PERCENT)
    severity = fields.Choice(choices=_words(Severity), required=False)
    floor = fields.Decimal(**AMOUNT, required=False, allow_null=True)
    is_critical = fields.Bool(required=False, default=False)


@extend_schema_field({"type": "object", "additionalProperties": {"type": "string"}})
class PercentsField(serializers.DictField):
    """Per cent of the fee by grade."""

    child = fields.Decimal(**PERCENT)


class RulesSerializer(StrictSerializer):
    """The terms as a whole; what the scheme does not need may be left out."""

    fees = FeeSerializer(many=True, required=False)
    scheme = fields.Choice(choices=_words(Scheme), required=False)
    percents = PercentsField(required=False)
    between = fields.Choice(choices=_words(Between), required=False)
    at_risk = fields.Decimal(**PERCENT, required=False, allow_null=True)
    allocations = AllocationSerializer(many=True, required=False)
    pool = fields.Decimal(**PERCENT, required=False, allow_null=True)
    most_share = fields.Decimal(**PERCENT, required=False, allow_null=True)
    repeat_from = fields.Whole(required=False, allow_null=True)
    repeat_multiplier = fields.Decimal(**PERCENT, required=False, allow_null=True)
    bonus = fields.Decimal(**PERCENT, required=False, allow_null=True)
    bonus_from = fields.Decimal(**PERCENT, required=False, allow_null=True)
    vat = fields.Decimal(**PERCENT, required=False, allow_null=True)


class MoneyTermsInputSerializer(RulesSerializer):
    contract = fields.Reference(queryset=Contract.objects.select_related("vendor"))
    valid_from = fields.Date(help_text="The first of a month.")
    signed_on = fields.Date(required=False, allow_null=True)
    note = fields.Text(max_length=2000, multiline=True, required=False, allow_blank=True, default="")


class MoneyTermsSerializer(serializers.ModelSerializer[MoneyTerms]):
    """A version; `rules` is what was sent, numbers as decimal strings."""

    contract = serializers.CharField(source="contract.code", read_only=True)
    vendor = serializers.CharField(source="contract.vendor.code", read_only=True)
    currency = serializers.CharField(source="contract.currency", read_only=True)
    is_pilot = serializers.BooleanField(source="contract.is_pilot", help_text="A pilot is worth no money.")
    is_replaced = serializers.SerializerMethodField()

    class Meta:
        model = MoneyTerms
        fields = [
            "id", "contract", "vendor", "currency", "is_pilot", "valid_from", "valid_until", "signed_on", "note",
            "rules", "is_replaced", "made_by", "made_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_is_replaced(self, row: MoneyTerms) -> bool:
        return row.replaced_at is not None


class MoneyExampleSerializer(serializers.Serializer[Example]):
    """A final month as these terms would have settled it."""

    start = serializers.DateField()
    score = serializers.CharField(allow_null=True)
    grade = serializers.CharField()
    fee = serializers.CharField(allow_null=True)
    adjustment = serializers.CharField(allow_null=True)
    payable = serializers.CharField(allow_null=True)
    reason = serializers.CharField()

    def to_representation(self, instance: Example) -> dict[str, Any]:
        found = instance.statement
        amounts = {name: plain(getattr(found, name)) for name in ("fee", "adjustment", "payable")}
        head = {"start": instance.start.isoformat(), "score": plain(instance.score, 4), "grade": instance.grade}
        return {**head, **amounts, "reason": found.reason}


class MoneyPreviewSerializer(serializers.Serializer[Any]):
    is_pilot = serializers.BooleanField()
    currency = serializers.CharField()
    rules = serializers.JSONField()
    months = MoneyExampleSerializer(many=True)


class MoneyTermsFilter(django_filters.FilterSet):
    contract = CodeFilter(field_name="contract__code")
    vendor = CodeFilter(field_name="contract__vendor__code")
    is_replaced = BoolFilter(field_name="replaced_at", method="by_replaced")

    def by_replaced(self, rows: Any, _name: str, value: bool | None) -> Any:
        return rows if value is None else rows.filter(replaced_at__isnull=not value)


class MoneyTermsViewSet(ScopedViewSet):
    """Versions of terms of money. POST stores one as a whole; nothing is edited, a mistake is replaced."""

    queryset = MoneyTerms.objects.select_related("contract__vendor").order_by("-valid_from", "-id")
    serializer_class = MoneyTermsSerializer
    filterset_class = MoneyTermsFilter
    lookup_field = "pk"
    lookup_value_regex = NUMBER
    http_method_names = ["get", "post", "head", "options"]
    capabilities = {"read": Capability.READ_MONEY, "write": Capability.WRITE_SETUP}

    @extend_schema(request=MoneyTermsInputSerializer, responses={201: MoneyTermsSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Store the version that begins on `valid_from`; one that begins on the same day is replaced and kept."""
        data = self._read(request)
        made = money.set_terms(data.pop("contract"), data, actor=self.actor, now=clock.now())
        return Response(self.get_serializer(made).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=MoneyTermsInputSerializer, responses=MoneyPreviewSerializer)
    @action(detail=False, methods=["post"])
    def preview(self, request: Request) -> Response:
        """What the last final months would have been worth under these terms. Stores nothing."""
        data = self._read(request)
        contract = data["contract"]
        rules = money.clean_rules(contract, data["valid_from"], data)
        months = [MoneyExampleSerializer(one).data for one in examples_of(contract, rules)]
        about = {"is_pilot": contract.is_pilot, "currency": contract.currency}
        return Response({**about, "rules": rules, "months": months})

    def _read(self, request: Request) -> dict[str, Any]:
        serializer = MoneyTermsInputSerializer(data=body_of(request), context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)
