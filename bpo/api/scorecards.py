"""``/api/v1/scorecards/``: monthly cards, their explanation, their differences and the steps of their life."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import django_filters
from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from bpo.api.card_money import MoneySerializer
from bpo.choices import ScorecardStatus
from bpo.models import Scorecard
from bpo.queries import blockers, differences, explained, presented, with_parts
from bpo.queries.card_money import card_money, presented_money
from bpo.queries.money_panel import MoneyPanel, money_panel
from bpo.queries.money_terms import terms_on
from bpo.queries.pages import CardPage, card_page
from bpo.reports.scorecard_print import file_name, scorecard_pdf
from bpo.reports.scorecard_sheet import scorecard_xlsx
from bpo.services import scorecards
from kpis.api.reports import download
from kpis.media_types import PDF, XLSX
from vendors import clock
from vendors.actors import Capability
from vendors.api import fields
from vendors.api.filters import CodeFilter, DateFilter
from vendors.api.parsers import body_of, optional_body_of
from vendors.api.serializers import StrictSerializer
from vendors.api.viewsets import NUMBER, ScopedViewSet
from vendors.errors import NotFound
from vendors.kept import kept_answer
from vendors.models.base import NAME_PATTERN

LONG: dict[str, Any] = {"max_length": 2000, "multiline": True}


class ScorecardFilter(django_filters.FilterSet):
    """Which cards; ``from`` and ``to`` choose the months whose first day lies in ``[from, to)``."""

    contract = CodeFilter(field_name="contract__code")
    vendor = CodeFilter(field_name="contract__vendor__code")
    start = DateFilter(field_name="start")
    status = django_filters.ChoiceFilter(choices=ScorecardStatus.choices)
    vars()["from"] = DateFilter(field_name="start", lookup_expr="gte")
    to = DateFilter(field_name="start", lookup_expr="lt")


class LineSerializer(serializers.Serializer[Any]):
    """One line of a card; numbers are decimal texts, null where there is no data."""

    id = serializers.IntegerField()
    kind = serializers.CharField()
    position = serializers.IntegerField()
    carried_from = serializers.DateField(required=False, help_text="The month a carried line is of; absent else.")
    kpi = serializers.CharField(allow_null=True)
    item = serializers.IntegerField(allow_null=True)
    name = serializers.CharField()
    name_ko = serializers.CharField()
    unit = serializers.CharField()
    decimals = serializers.IntegerField(allow_null=True)
    direction = serializers.CharField()
    parameters = serializers.JSONField()
    queue = serializers.CharField(allow_null=True)
    queue_name = serializers.CharField(allow_null=True)
    value = serializers.CharField(allow_null=True)
    adjusted_value = serializers.CharField(allow_null=True)
    target = serializers.CharField(allow_null=True)
    minimum = serializers.CharField(allow_null=True)
    target_upper = serializers.CharField(required=False, help_text="The upper end of a range; absent else.")
    minimum_upper = serializers.CharField(required=False, help_text="The upper end of its minimum; absent else.")
    attainment = serializers.CharField(allow_null=True)
    score = serializers.CharField(allow_null=True)
    weight = serializers.CharField(allow_null=True)
    effective_weight = serializers.CharField(allow_null=True)
    points = serializers.CharField(allow_null=True)
    status = serializers.CharField()
    flags = serializers.ListField(child=serializers.CharField())
    volume = serializers.CharField(allow_null=True)
    coverage = serializers.CharField(allow_null=True, help_text="Complete of expected queue-days, in per cent.")
    days_expected = serializers.IntegerField()
    days_reported = serializers.IntegerField()
    completeness = serializers.CharField(allow_null=True)
    cap = serializers.CharField(allow_null=True)
    evidence = serializers.CharField()
    comment = serializers.CharField()
    entered_by = serializers.CharField()


class ScorecardSerializer(serializers.Serializer[Scorecard]):
    """A card as :func:`bpo.queries.presented` has it: the declared fields are the schema, the document the answer."""

    id = serializers.IntegerField()
    contract = serializers.CharField()
    contract_name = serializers.CharField()
    vendor = serializers.CharField()
    vendor_name = serializers.CharField()
    vendor_name_ko = serializers.CharField()
    currency = serializers.CharField()
    is_pilot = serializers.BooleanField()
    period = serializers.CharField()
    start = serializers.DateField()
    end = serializers.DateField()
    version = serializers.IntegerField()
    status = serializers.ChoiceField(choices=ScorecardStatus.choices)
    score_before_gates = serializers.CharField(allow_null=True)
    score = serializers.CharField(allow_null=True)
    grade_before_gates = serializers.CharField()
    grade = serializers.CharField()
    completeness = serializers.CharField(allow_null=True)
    weight_covered = serializers.CharField(allow_null=True)
    is_provisional = serializers.BooleanField()
    computed_at = serializers.DateTimeField(allow_null=True)
    lines = LineSerializer(many=True)
    disputes = serializers.ListField(child=serializers.JSONField())
    gates = serializers.ListField(child=serializers.JSONField())
    terms = serializers.JSONField()
    warnings = serializers.ListField(child=serializers.JSONField())
    composition = serializers.JSONField()
    accepted_missing = serializers.JSONField(allow_null=True)
    events = serializers.ListField(child=serializers.JSONField())
    frozen = serializers.JSONField(allow_null=True)
    links = serializers.JSONField()

    def to_representation(self, instance: Scorecard) -> dict[str, Any]:
        here = reverse("bpo-api:scorecard-detail", [instance.pk], request=self.context.get("request"))
        # Whether later figures differ is for the pages: a final card's answer stays the same bytes, and the
        # version that stands beside it says the rest.
        card = {name: value for name, value in presented(instance).items() if name != "is_stale"}
        return card | {"links": {"self": here, "explain": f"{here}explain/", "differences": f"{here}differences/"}}


class MakeSerializer(StrictSerializer):
    contract = fields.Code()
    start = fields.Date()


class NamedLineSerializer(StrictSerializer):
    """A line by its ``id`` of the card, or by its ``kpi`` (and ``queue``, where it is not the pooled line)."""

    line = fields.Whole(required=False)
    kpi = fields.Code(pattern=NAME_PATTERN, required=False)
    queue = fields.Code(required=False, allow_null=True)


class DisputeSerializer(NamedLineSerializer):
    reason = fields.Text(**LONG)
    evidence = fields.Text(required=False, allow_blank=True, default="", **LONG)


class ResolveSerializer(NamedLineSerializer):
    """The answer to one ``dispute``, to those of a line, or, where nothing is named, to all open ones."""

    dispute = fields.Whole(required=False)
    accepted = fields.Bool(required=False, default=False)
    resolution = fields.Text(required=False, allow_blank=True, default="", **LONG)
    reason = fields.Text(required=False, allow_blank=True, default="", help_text="Read as resolution.", **LONG)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        reason = attrs.pop("reason")
        return {**attrs, "resolution": attrs["resolution"] or reason}


class FinaliseSerializer(StrictSerializer):
    accept_missing = fields.Text(required=False, allow_blank=True, default="", **LONG)


class JudgeSerializer(StrictSerializer):
    line = fields.Whole()
    score = fields.Decimal(max_digits=7, decimal_places=4, required=False)
    points = fields.Decimal(max_digits=7, decimal_places=4, required=False)
    evidence = fields.Text(**LONG)
    comment = fields.Text(required=False, allow_blank=True, default="", **LONG)


class GateSerializer(StrictSerializer):
    """Approve a gate of the contract: ``gate`` is its label (its kind where it has none)."""

    gate = fields.Text(max_length=200)
    evidence = fields.Text(**LONG)


class WithdrawGateSerializer(StrictSerializer):
    """Take an approved gate back: ``event`` as the card's ``gates`` name it."""

    event = fields.Whole()
    reason = fields.Text(**LONG)


class NothingSerializer(StrictSerializer):
    """A step that takes no fields."""


class ScorecardViewSet(ScopedViewSet):
    """Monthly scorecards: read by both sides, decided by managers, disputed and acknowledged by vendors."""

    queryset = with_parts(Scorecard.objects.all()).order_by("-start", "contract__code", "-version")
    serializer_class = ScorecardSerializer
    filterset_class = ScorecardFilter
    lookup_field = "pk"
    lookup_value_regex = NUMBER

    capabilities = {
        "read": Capability.READ_SCORECARDS,
        "write": Capability.DECIDE_SCORECARDS,
        "money": Capability.READ_MONEY,
        "dispute": Capability.DISPUTE,
        "acknowledge": Capability.ACKNOWLEDGE,
    }

    @kept_answer
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().retrieve(request, *args, **kwargs)

    @extend_schema(request=MakeSerializer, responses={201: ScorecardSerializer, 200: ScorecardSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Make the card of a month, or bring it up to date (200 where it existed)."""
        data = self._read(MakeSerializer, body_of(request))
        before = Scorecard.objects.filter(contract__code=data["contract"], start=data["start"]).count()
        card = scorecards.make(**data, actor=self.actor, now=clock.now())
        after = Scorecard.objects.filter(contract=card.contract_id, start=card.start).count()
        return self._answer(card, status.HTTP_201_CREATED if after > before else status.HTTP_200_OK)

    @extend_schema(responses=OpenApiTypes.OBJECT)
    @action(detail=True, methods=["get"])
    def explain(self, request: Request, pk: str) -> Response:
        """Everything the card was made of, enough to recompute it."""
        return Response(explained(self.get_object()))

    @extend_schema(responses=OpenApiTypes.OBJECT)
    @action(detail=True, methods=["get"])
    def differences(self, request: Request, pk: str) -> Response:
        """What this version says differently from the one before it."""
        card = self.get_object()
        older = self.get_queryset().filter(contract=card.contract_id, start=card.start, version=card.version - 1)
        before = older.first()
        if before is None:
            raise NotFound("no_earlier_version", _("There is no version before this one."))
        return Response(differences(before, card))

    @extend_schema(responses=OpenApiTypes.OBJECT)
    @action(detail=True, methods=["get"])
    def checks(self, request: Request, pk: str) -> Response:
        """What still stands between this card and finalising it."""
        found = blockers(self.get_object(), clock.now())
        return Response(
            {"blockers": [{"code": one.code, "detail": str(one.detail), "line": one.line} for one in found]}
        )

    @extend_schema(responses=MoneySerializer)
    @action(detail=True, methods=["get"])
    def money(self, request: Request, pk: str) -> Response:
        """What the card is worth under the terms of money in force on the month's first day, with every step."""
        card = self.get_object()
        terms = terms_on(card.contract_id, card.start)
        return Response(presented_money(card, card_money(card, presented(card), terms, now=clock.now())))

    @extend_schema(responses={(200, PDF): OpenApiTypes.BINARY})
    def pdf(self, request: Request, pk: str) -> HttpResponse:
        """The card on one printed A4 page, in the language asked for."""
        return self._file("pdf", PDF, scorecard_pdf)

    @extend_schema(responses={(200, XLSX): OpenApiTypes.BINARY})
    def xlsx(self, request: Request, pk: str) -> HttpResponse:
        """The card as a workbook whose numbers are numbers."""
        return self._file("xlsx", XLSX, scorecard_xlsx)

    def _file(self, kind: str, media_type: str, make: Callable[[CardPage, MoneyPanel | None], bytes]) -> HttpResponse:
        page = card_page(self.get_object(), self.actor)
        money = money_panel(page, self.actor, now=clock.now())
        return download(make(page, money), media_type, file_name(page.card, kind))

    @extend_schema(request=NothingSerializer, responses=ScorecardSerializer)
    @action(detail=True, methods=["post"])
    def share(self, request: Request, pk: str) -> Response:
        return self._step(NothingSerializer, scorecards.share)

    @extend_schema(request=DisputeSerializer, responses=ScorecardSerializer)
    @action(detail=True, methods=["post"])
    def dispute(self, request: Request, pk: str) -> Response:
        return self._step(DisputeSerializer, scorecards.dispute)

    @extend_schema(request=ResolveSerializer, responses=ScorecardSerializer)
    @action(detail=True, methods=["post"])
    def resolve(self, request: Request, pk: str) -> Response:
        return self._step(ResolveSerializer, scorecards.resolve)

    @extend_schema(request=FinaliseSerializer, responses=ScorecardSerializer)
    @action(detail=True, methods=["post"])
    def finalise(self, request: Request, pk: str) -> Response:
        return self._step(FinaliseSerializer, scorecards.finalise)

    @extend_schema(request=NothingSerializer, responses=ScorecardSerializer)
    @action(detail=True, methods=["post"])
    def acknowledge(self, request: Request, pk: str) -> Response:
        return self._step(NothingSerializer, scorecards.acknowledge)

    @extend_schema(request=JudgeSerializer, responses=ScorecardSerializer)
    @action(detail=True, methods=["post"])
    def judge(self, request: Request, pk: str) -> Response:
        return self._step(JudgeSerializer, scorecards.judge)

    @extend_schema(request=GateSerializer, responses=ScorecardSerializer)
    @action(detail=True, methods=["post"])
    def gate(self, request: Request, pk: str) -> Response:
        return self._step(GateSerializer, scorecards.approve_gate)

    @extend_schema(request=WithdrawGateSerializer, responses=ScorecardSerializer)
    @action(detail=True, methods=["post"], url_path="withdraw-gate")
    def withdraw_gate(self, request: Request, pk: str) -> Response:
        return self._step(WithdrawGateSerializer, scorecards.withdraw_gate)

    def _step(self, form: type[StrictSerializer], step: Any) -> Response:
        """Read the body, take the step, answer with the card as it is now."""
        card = self.get_object()
        data = self._read(form, optional_body_of(self.request))
        return self._answer(step(card.pk, **data, actor=self.actor, now=clock.now()), status.HTTP_200_OK)

    def _read(self, form: type[StrictSerializer], body: dict[str, Any]) -> dict[str, Any]:
        serializer = form(data=body, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def _answer(self, card: Scorecard, code: int) -> Response:
        fresh = with_parts(Scorecard.objects.filter(pk=card.pk)).get()
        return Response(self.get_serializer(fresh).data, status=code)
