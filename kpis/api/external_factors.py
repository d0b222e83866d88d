"""``external-factors/``: what happened outside of the centres, and the relief claimed and decided for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Any

import django_filters
from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from kpis.api.factor_effects import CapUseSerializer, EffectsSerializer, SuggestionsSerializer, presented_effects
from kpis.api.factor_files import FileInputSerializer, FileSerializer
from kpis.api.factor_plans import MOST_QUEUES, PlanInputSerializer, PlanSerializer, planned
from kpis.api.incidents import IncidentInputSerializer
from kpis.choices import ANSWERS, FactorKind, FactorMethod, FactorStatus
from kpis.imports.planned import read_plan
from kpis.models import ExternalFactor, FactorEvent, FactorFile, FactorQueue
from kpis.queries.effect_words import presented_suggestion
from kpis.queries.effects import suggestions
from kpis.services import factors
from kpis.services.factors.parties import shown_parameters
from kpis.services.factors.slices import MOST_SLICES
from kpis.tasks import wake_up
from vendors import clock
from vendors.actors import Actor, Capability
from vendors.api.fields import Bool, Choice, Code, Moment, Reference, Text, Whole
from vendors.api.filters import BoolFilter, CodeFilter
from vendors.api.parsers import body_of, optional_body_of
from vendors.api.serializers import StrictSerializer
from vendors.api.viewsets import NUMBER, SteppedViewSet
from vendors.models import Department, Queue

LONG: dict[str, Any] = {"max_length": 2_000, "multiline": True}


class StepSerializer(serializers.Serializer[Any]):
    """One step of a factor's history."""

    action = serializers.CharField()
    by = serializers.CharField()
    at = serializers.DateTimeField(default_timezone=UTC)
    note = serializers.CharField()
    late = serializers.BooleanField(
        source="document.late", default=False, help_text="Of an answer: after the days that the contract's terms give."
    )

    effect = serializers.SerializerMethodField(
        help_text="Of an approval: score, grade and money of each month before and after, for who sees drafts."
    )

    @extend_schema_field(serializers.ListField(child=serializers.DictField()))
    def get_effect(self, step: FactorEvent) -> list[dict[str, Any]]:
        actor: Actor = self.context["view"].actor.limited_to(Capability.READ_MONEY)
        kept = step.document.get("effect", []) if actor.sees_scorecard_drafts else []
        names = ("contract", "start", "score", "grade", "money")
        return [{name: row[name] for name in names} for row in kept if actor.sees(row["vendor"])]


class SliceSerializer(serializers.Serializer[Any]):
    """What is to be taken out of one queue-day: the slice's own counts, or null for the whole day."""

    queue = serializers.CharField()
    date = serializers.DateField()
    measures = serializers.DictField(allow_null=True, required=False)


class ExternalFactorSerializer(serializers.ModelSerializer[ExternalFactor]):
    """A factor as far as its queues exist for the reader."""

    kind = serializers.ChoiceField(choices=FactorKind.choices)
    department = serializers.CharField(source="department.code", default=None, allow_null=True)
    starts_at = serializers.DateTimeField(default_timezone=UTC)
    ends_at = serializers.DateTimeField(default_timezone=UTC)
    announced_at = serializers.DateTimeField(default_timezone=UTC, allow_null=True)
    knowledge_ready_at = serializers.DateTimeField(default_timezone=UTC, allow_null=True)
    queues = serializers.SerializerMethodField()
    method = serializers.ChoiceField(choices=FactorMethod.choices)
    parameters = serializers.SerializerMethodField()
    slices = serializers.SerializerMethodField()
    status = serializers.ChoiceField(choices=FactorStatus.choices)
    filed_at = serializers.DateTimeField(default_timezone=UTC)
    claimed_at = serializers.DateTimeField(default_timezone=UTC, allow_null=True)
    decided_at = serializers.DateTimeField(default_timezone=UTC, allow_null=True)
    department_answer = serializers.ChoiceField(choices=ANSWERS, allow_blank=True)
    files = FileSerializer(many=True)
    history = StepSerializer(source="events", many=True)

    class Meta:
        model = ExternalFactor
        fields = [
            "id", "kind", "title", "description", "department", "starts_at", "ends_at", "is_planned", "announced_at",
            "knowledge_ready_at", "expected_percent",
            "queues", "kpis", "method", "parameters", "slices", "evidence", "status", "origin", "filed_by", "filed_at",
            "claimed_by", "claimed_at", "department_answer", "decided_by", "decided_at", "decision", "files", "history",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_queues(self, row: ExternalFactor) -> list[str]:
        return sorted(queue.code for queue in row.queues.all() if self._sees(queue))

    @extend_schema_field(serializers.DictField())
    def get_parameters(self, row: ExternalFactor) -> Mapping[str, Any]:
        return shown_parameters(row, sees_all=self.context["view"].actor_in_scope.sees_all_vendors)

    @extend_schema_field(SliceSerializer(many=True))
    def get_slices(self, row: ExternalFactor) -> list[dict[str, Any]]:
        mine = set(self.get_queues(row))
        return [one for one in row.slices if one["queue"] in mine]

    def _sees(self, queue: Queue) -> bool:
        view = self.context["view"]
        actor: Actor = view.actor_in_scope
        return actor.sees(queue.centre.vendor_id)


class FactorInputSerializer(StrictSerializer):
    """What is registered. ``slices`` none: every queue-day it touches; ``kpis`` none: all that count the measures."""

    kind = Choice(choices=FactorKind.choices)
    title = Text(max_length=200)
    description = Text(required=False, allow_blank=True, **LONG)
    department = Reference(queryset=Department.objects, required=False, allow_null=True)
    starts_at = Moment()
    ends_at = Moment()
    is_planned = Bool(required=False)
    announced_at = Moment(required=False, allow_null=True)
    knowledge_ready_at = Moment(
        required=False, allow_null=True,
        help_text="When the agents' scripts and FAQ were ready; said by the client, also after the claim.",
    )  # fmt: skip
    expected_percent = Whole(
        required=False, allow_null=True, min_value=-100, max_value=1_000,
        help_text="How much calls are expected to change, in per cent; fewer are below 0.",
    )  # fmt: skip
    queues = serializers.ListField(
        child=Reference(queryset=Queue.objects.select_related("centre__vendor")), max_length=MOST_QUEUES
    )
    kpis = serializers.ListField(child=Code(), required=False, max_length=100)
    method = Choice(choices=FactorMethod.choices, required=False)
    parameters = serializers.JSONField(
        required=False,
        help_text="Of `suspend` the `band` in per cent, of `cap` the `share` owed of the forecast (1.10), of `replace` "
        "`by`: `target` or `average`, of `attribute` the `party` (`client`, a department) or another `contract`. "
        "Left out: the band of the forecast, the target, the department in charge.",
    )
    slices = serializers.ListField(child=serializers.JSONField(), required=False, max_length=MOST_SLICES)
    evidence = Text(required=False, allow_blank=True, **LONG)


class ClaimSerializer(StrictSerializer):
    evidence = Text(required=False, allow_blank=True, default="", **LONG)
    slices = serializers.ListField(child=serializers.JSONField(), required=False, max_length=MOST_SLICES)


class NoteSerializer(StrictSerializer):
    note = Text(required=False, allow_blank=True, default="", **LONG)


class QuestionSerializer(StrictSerializer):
    note = Text(**LONG)


class AnswerSerializer(StrictSerializer):
    answer = Choice(choices=ANSWERS)
    note = Text(required=False, allow_blank=True, default="", **LONG)


class ApprovalSerializer(StrictSerializer):
    decision = Text(**LONG)
    slices = serializers.ListField(
        child=Whole(), required=False, help_text="Places of the slices that are approved, from 0; all where left out."
    )


class RejectionSerializer(StrictSerializer):
    decision = Text(**LONG)


class MonthEffectSerializer(serializers.Serializer[Any]):
    """What approval would do to one contract's month: pairs of before and after."""

    contract = serializers.CharField()
    start = serializers.DateField()
    lines = serializers.JSONField()
    score = serializers.JSONField(allow_null=True)
    grade = serializers.JSONField(allow_null=True)
    next = serializers.JSONField(allow_null=True)
    money = serializers.JSONField(
        allow_null=True, help_text="`currency`, `adjustment` (a pair), `gain`, `reason`; null without terms of money."
    )


class AlternativeSerializer(serializers.Serializer[Any]):
    """What another method would do; `code` says why it gives no relief."""

    method = serializers.CharField()
    months = MonthEffectSerializer(many=True)
    code = serializers.CharField(allow_blank=True)
    detail = serializers.CharField(allow_blank=True)


class SurgeSerializer(serializers.Serializer[Any]):
    """A day above the band that a weekly or monthly forecast evens out."""

    queue = serializers.CharField()
    date = serializers.DateField()
    grain = serializers.CharField()
    above_percent = serializers.CharField()


class WhatIfSerializer(serializers.Serializer[Any]):
    """The months that approval would change, what the other methods would do, and what a coarse forecast hides.

    `caps` say how much of what the contract's terms agree to a month it would use.
    """

    months = MonthEffectSerializer(many=True)
    caps = CapUseSerializer(many=True)
    alternatives = AlternativeSerializer(many=True)
    hidden_surges = SurgeSerializer(many=True)


class FactorFilter(django_filters.FilterSet):
    kind = django_filters.ChoiceFilter(choices=FactorKind.choices)
    status = django_filters.ChoiceFilter(choices=FactorStatus.choices)
    department = CodeFilter(field_name="department__code")
    queue = CodeFilter(method="of_queue")
    vendor = CodeFilter(method="of_vendor")
    is_planned = BoolFilter()

    def of_queue(self, rows: QuerySet[ExternalFactor], _name: str, code: str) -> QuerySet[ExternalFactor]:
        return rows.filter(pk__in=self._links().filter(queue__code=code).values("factor"))

    def of_vendor(self, rows: QuerySet[ExternalFactor], _name: str, code: str) -> QuerySet[ExternalFactor]:
        return rows.filter(pk__in=self._links().filter(queue__centre__vendor__code=code).values("factor"))

    def _links(self) -> Any:
        return FactorQueue.objects.visible_to(self.request.actor)


class ExternalFactorViewSet(SteppedViewSet):
    """Events outside of the centres. Only an approved one changes figures, from the drain on."""

    queryset = (
        ExternalFactor.objects.select_related("department")
        .prefetch_related("queues__centre", "events", Prefetch("files", FactorFile.objects.defer("content")))
        .order_by("-starts_at", "-id")
    )
    serializer_class = ExternalFactorSerializer
    filterset_class = FactorFilter
    capabilities = {
        "read": Capability.READ_FACTORS,
        "write": Capability.REGISTER_FACTORS,
        "ask": Capability.DECIDE_FACTORS,
        "approve": Capability.DECIDE_FACTORS,
        "reject": Capability.DECIDE_FACTORS,
        "confirm": Capability.ANSWER_FACTORS,
        "incidents": Capability.REPORT_INCIDENTS,
        "what_if": Capability.READ_RESULTS,
        "effect": Capability.READ_RESULTS,
        "suggestions": Capability.READ_FIGURES,
    }
    http_method_names = ["get", "post", "patch", "head", "options"]
    lookup_field = "pk"
    lookup_value_regex = NUMBER

    @extend_schema(request=FactorInputSerializer, responses={201: ExternalFactorSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Register a factor; nothing changes until it is approved."""
        data = self._read(FactorInputSerializer, body_of(request))
        queues = _distinct(data.pop("queues"))
        made = factors.register(data, queues=queues, actor=self.actor, now=clock.now())
        return self._answer(made.pk, status.HTTP_201_CREATED)

    @extend_schema(request=FactorInputSerializer, responses=ExternalFactorSerializer)
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change what is registered, as long as it is not claimed or evidence was asked for."""
        row = self.get_object()
        data = self._read(FactorInputSerializer, body_of(request), partial=True)
        queues = _distinct(data.pop("queues")) if "queues" in data else None
        factors.change(row.pk, data, queues=queues, actor=self.actor, now=clock.now())
        return self._answer(row.pk)

    @extend_schema(request=PlanInputSerializer, responses={201: PlanSerializer, 200: PlanSerializer})
    @action(detail=False, methods=["post"])
    def plan(self, request: Request) -> Response:
        """Register a department's plan: all of it or nothing; the same plan again changes nothing."""
        data = self._read(PlanInputSerializer, body_of(request))
        dry_run = data.pop("dry_run")
        plan = read_plan(data.pop("text").encode())
        done = factors.register_plan(
            plan.rows, **data, errors=plan.errors, is_check=dry_run, actor=self.actor, now=clock.now()
        )
        code = status.HTTP_200_OK if dry_run else status.HTTP_201_CREATED
        return Response({"rows": [planned(one, dry_run=dry_run) for one in done]}, status=code)

    @extend_schema(request=IncidentInputSerializer, responses=ExternalFactorSerializer)
    @action(detail=False, methods=["post"])
    def incidents(self, request: Request) -> Response:
        """Take an event of an incident: opened and resolved become one factor, and the same twice is one."""
        data = self._read(IncidentInputSerializer, body_of(request))
        data["queues"] = _distinct(data.get("queues", []))
        return self._answer(factors.report_incident(**data, actor=self.actor, now=clock.now()).pk)

    @extend_schema(request=ClaimSerializer, responses=ExternalFactorSerializer)
    @action(detail=True, methods=["post"])
    def claim(self, request: Request, pk: str) -> Response:
        """Claim relief, or give the evidence that was asked for. Of what affects others too, one's own part."""
        return self._do(ClaimSerializer, factors.claim)

    @extend_schema(request=QuestionSerializer, responses=ExternalFactorSerializer)
    @action(detail=True, methods=["post"])
    def ask(self, request: Request, pk: str) -> Response:
        """Ask for evidence."""
        return self._do(QuestionSerializer, factors.ask)

    @extend_schema(request=AnswerSerializer, responses=ExternalFactorSerializer)
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, pk: str) -> Response:
        """Say for the department in charge whether it was so."""
        return self._do(AnswerSerializer, factors.confirm)

    @extend_schema(request=ApprovalSerializer, responses=ExternalFactorSerializer)
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: str) -> Response:
        """Take the slices out of the figures; nobody decides on a factor of one's own."""
        answer = self._do(ApprovalSerializer, factors.approve)
        wake_up()
        return answer

    @extend_schema(request=RejectionSerializer, responses=ExternalFactorSerializer)
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, pk: str) -> Response:
        return self._do(RejectionSerializer, factors.reject)

    @extend_schema(request=FileInputSerializer, responses={201: ExternalFactorSerializer})
    @action(detail=True, methods=["post"])
    def files(self, request: Request, pk: str) -> Response:
        """Keep a file of evidence at the factor; the same file twice is there once."""
        row = self.get_object()
        data = self._read(FileInputSerializer, body_of(request))
        factors.add_file(row.pk, **data, actor=self.actor, now=clock.now())
        return self._answer(row.pk, status.HTTP_201_CREATED)

    @extend_schema(request=NoteSerializer, responses=ExternalFactorSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        return self._do(NoteSerializer, factors.withdraw)

    @extend_schema(request=None, responses=WhatIfSerializer)
    @action(detail=True, methods=["post"], url_path="what-if")
    def what_if(self, request: Request, pk: str) -> Response:
        """Return what approval would do to figures, points, score and grade. Stores nothing."""
        row = self.get_object()
        self._read(StrictSerializer, optional_body_of(request))
        months = factors.what_if(row, actor=self.actor, now=clock.now())
        others = factors.alternatives(row, actor=self.actor, now=clock.now())
        surges = factors.hidden_surges(row, actor=self.actor)
        caps = [one.as_dict() for one in factors.caps(row, actor=self.actor, now=clock.now())]
        return Response({"months": months, "caps": caps, "alternatives": others, "hidden_surges": surges})

    @extend_schema(responses=EffectsSerializer)
    @action(detail=True, methods=["get"], filterset_class=None)
    def effect(self, request: Request, pk: str) -> Response:
        """Return how large the effect was on each contract: what came against what its past lets expect."""
        return Response(presented_effects(self.get_object(), self.actor, now=clock.now()))

    @extend_schema(responses=SuggestionsSerializer)
    @action(detail=False, methods=["get"], filterset_class=None, pagination_class=None)
    def suggestions(self, request: Request) -> Response:
        """Return the days of the last two weeks that look like an external factor nobody registered."""
        found = suggestions(self.actor, now=clock.now())
        rows = [presented_suggestion(one) for one in found]
        return Response({"count": len(rows), "next": None, "previous": None, "results": rows})


def _distinct(queues: list[Queue]) -> list[Queue]:
    return list({queue.pk: queue for queue in queues}.values())
