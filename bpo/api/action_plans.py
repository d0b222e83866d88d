"""``action-plans/``: what is done about a figure, by whom and until when, and whether it helped."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from bpo.choices import OUTCOMES, Cause, PlanKind, PlanStatus
from bpo.models import ActionPlan, Alert, Scorecard
from bpo.queries.plans import RELATED, events_for, overdue, presented_plan, presented_plan_events, today_of
from bpo.services import plans
from kpis.api.factor_effects import BeforeAfterSerializer
from kpis.api.targets import KpiReference
from kpis.models import ExternalFactor, Kpi
from vendors import clock
from vendors.actors import Capability
from vendors.api import fields
from vendors.api.filters import BoolFilter, CodeFilter, NumberFilter
from vendors.api.parsers import body_of
from vendors.api.serializers import StrictSerializer
from vendors.api.viewsets import NUMBER, SteppedViewSet
from vendors.models import Contract

LONG: dict[str, Any] = {"max_length": 2000, "multiline": True}
MAY_BE_EMPTY: dict[str, Any] = {"required": False, "allow_blank": True}


class NumberReference(fields.Whole):
    """Another object by its number, among those the actor may use here; the rest does not exist."""

    default_error_messages = {"unknown": _("There is no {what} with the number {number}.")}

    def __init__(self, *, model: Any, **kwargs: Any) -> None:
        self.model = model
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> Any:
        number = super().to_internal_value(data)
        rows = self.model._default_manager.visible_to(self.context["view"].actor_in_scope)
        found = rows.filter(pk=number).first()
        if found is None:
            meta = self.model._meta
            detail = self.error_messages["unknown"].format(what=meta.verbose_name, number=number)
            raise serializers.ValidationError(detail, code=f"unknown_{self.field_name}")
        return found


class PlanFilter(django_filters.FilterSet):
    kind = django_filters.ChoiceFilter(choices=PlanKind.choices)
    status = django_filters.ChoiceFilter(choices=PlanStatus.choices)
    outcome = django_filters.ChoiceFilter(choices=OUTCOMES)
    vendor = CodeFilter(field_name="contract__vendor__code")
    contract = CodeFilter(field_name="contract__code")
    kpi = CodeFilter(field_name="kpi__code")
    owner = django_filters.CharFilter(field_name="owner", lookup_expr="icontains", max_length=100)
    alert = NumberFilter(field_name="alert")
    external_factor = NumberFilter(field_name="factor")
    overdue = BoolFilter(method="of_time")

    def of_time(self, rows: QuerySet[ActionPlan], _name: str, value: bool) -> QuerySet[ActionPlan]:
        late = overdue(today_of(clock.now()))
        return rows.filter(late) if value else rows.exclude(late)


class CheckedChangeSerializer(BeforeAfterSerializer):
    """The KPI before the action began and after it was done, as it was when the effect was checked."""


class ActionPlanSerializer(serializers.Serializer[ActionPlan]):
    """The declared fields are the schema, :func:`bpo.queries.plans.presented_plan` the answer."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=PlanKind.choices)
    vendor = serializers.CharField(allow_null=True, help_text="Null where it is the company's own.")
    contract = serializers.CharField(allow_null=True)
    kpi = serializers.CharField(allow_null=True)
    alert = serializers.IntegerField(allow_null=True)
    external_factor = serializers.IntegerField(allow_null=True)
    scorecard = serializers.IntegerField(allow_null=True)
    title = serializers.CharField()
    facts = serializers.CharField()
    effect = serializers.CharField()
    next_step = serializers.CharField()
    cause = serializers.ChoiceField(choices=Cause.choices, allow_blank=True)
    cause_note = serializers.CharField()
    owner = serializers.CharField(help_text="A name or a role: of a vendor's action its site manager.")
    owner_user = serializers.CharField(allow_null=True)
    due_on = serializers.DateField()
    check_on = serializers.DateField()
    status = serializers.ChoiceField(choices=PlanStatus.choices)
    outcome = serializers.ChoiceField(choices=OUTCOMES, allow_blank=True)
    is_shared = serializers.BooleanField(help_text="Whether the vendor has it.")
    is_from_vendor = serializers.BooleanField()
    is_overdue = serializers.BooleanField()
    started_on = serializers.DateField(allow_null=True)
    done_on = serializers.DateField(allow_null=True)
    before_after = CheckedChangeSerializer(allow_null=True)
    made_by = serializers.CharField()
    made_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField()

    def to_representation(self, instance: ActionPlan) -> dict[str, Any]:
        return presented_plan(instance, self.context["view"].actor, now=clock.now())


class ActionPlanEventSerializer(serializers.Serializer[Any]):
    """One step in the life of an action plan. Internal ones are answered to the client's side alone."""

    action = serializers.CharField()
    by = serializers.CharField()
    at = serializers.DateTimeField()
    note = serializers.CharField()
    internal = serializers.BooleanField()


class ActionPlanDetailSerializer(ActionPlanSerializer):
    """An action plan with its history."""

    events = ActionPlanEventSerializer(many=True)

    def to_representation(self, instance: ActionPlan) -> dict[str, Any]:
        events = events_for(instance, self.context["view"].actor)
        return super().to_representation(instance) | {"events": presented_plan_events(events)}


class ActionPlanInputSerializer(StrictSerializer):
    """What people write. A vendor's is a proposal that both sides have at once."""

    kind = fields.Choice(choices=PlanKind.choices, required=False)
    contract = fields.Reference(
        queryset=Contract.objects.select_related("vendor"),
        required=False,
        allow_null=True,
        help_text="Left out only by the company itself, for an external factor of several contracts.",
    )
    kpi = KpiReference(queryset=Kpi.objects.all(), required=False, allow_null=True)
    alert = NumberReference(model=Alert, required=False, allow_null=True)
    external_factor = NumberReference(model=ExternalFactor, required=False, allow_null=True, source="factor")
    scorecard = NumberReference(model=Scorecard, required=False, allow_null=True)
    title = fields.Text(max_length=200)
    facts = fields.Text(**MAY_BE_EMPTY, **LONG)
    effect = fields.Text(**MAY_BE_EMPTY, **LONG)
    next_step = fields.Text(**LONG)
    cause = fields.Choice(choices=Cause.choices, **MAY_BE_EMPTY)
    cause_note = fields.Text(**MAY_BE_EMPTY, **LONG)
    owner = fields.Text(max_length=100, help_text="A name or a role: of a vendor's action its site manager.")
    owner_user = fields.Text(max_length=150, required=False, allow_null=True, help_text="A log-in.")
    due_on = fields.Date()
    check_on = fields.Date(required=False, help_text="Five weeks after `due_on` where it is left out.")


class PlanNoteSerializer(StrictSerializer):
    note = fields.Text(**LONG)
    internal = fields.Bool(required=False, default=False, help_text="Never shown to the vendor.")


class PlanShareSerializer(StrictSerializer):
    note = fields.Text(**MAY_BE_EMPTY, **LONG)


class PlanStartSerializer(PlanNoteSerializer):
    note = fields.Text(**MAY_BE_EMPTY, **LONG)
    on = fields.Date(required=False, help_text="Today where it is left out.")


class PlanFinishSerializer(PlanNoteSerializer):
    note = fields.Text(help_text="What was done.", **LONG)
    on = fields.Date(required=False, help_text="Today where it is left out.")


class PlanCheckSerializer(PlanNoteSerializer):
    outcome = fields.Choice(choices=OUTCOMES)


class ActionPlanViewSet(SteppedViewSet):
    """Action plans. A vendor has those shared with it; its own are proposals."""

    queryset = ActionPlan.objects.select_related(*RELATED).order_by("due_on", "id")
    serializer_class = ActionPlanSerializer
    filterset_class = PlanFilter
    lookup_field = "pk"
    lookup_value_regex = NUMBER
    http_method_names = ["get", "post", "patch", "head", "options"]
    capabilities = {
        "read": Capability.READ_PLANS,
        "write": Capability.PROPOSE_PLANS,
        "share": Capability.DECIDE_PLANS,
        "check": Capability.DECIDE_PLANS,
    }

    def get_serializer_class(self) -> Any:
        return ActionPlanSerializer if self.action == "list" else ActionPlanDetailSerializer

    @extend_schema(request=ActionPlanInputSerializer, responses={201: ActionPlanDetailSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Make a plan: of the BPO side a draft the vendor does not see yet, of a vendor a proposal."""
        data = self._read(ActionPlanInputSerializer, body_of(request))
        made = plans.make(data, actor=self.actor, now=clock.now())
        return self._answer(made.pk, status.HTTP_201_CREATED)

    @extend_schema(request=ActionPlanInputSerializer, responses=ActionPlanDetailSerializer)
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change what an unfinished plan says; a vendor its own proposal, until it has begun."""
        row = self.get_object()
        data = self._read(ActionPlanInputSerializer, body_of(request), partial=True)
        plans.change(row.pk, data, actor=self.actor, now=clock.now())
        return self._answer(row.pk)

    @extend_schema(request=PlanShareSerializer, responses=ActionPlanDetailSerializer)
    @action(detail=True, methods=["post"])
    def share(self, request: Request, pk: str) -> Response:
        """Let the vendor have the plan from now on; what was noted before stays internal."""
        return self._do(PlanShareSerializer, plans.share)

    @extend_schema(request=PlanStartSerializer, responses=ActionPlanDetailSerializer)
    @action(detail=True, methods=["post"])
    def start(self, request: Request, pk: str) -> Response:
        """Say that it has begun."""
        return self._do(PlanStartSerializer, plans.start)

    @extend_schema(request=PlanFinishSerializer, responses=ActionPlanDetailSerializer)
    @action(detail=True, methods=["post"])
    def finish(self, request: Request, pk: str) -> Response:
        """Say that it is done, and what was done."""
        return self._do(PlanFinishSerializer, plans.finish)

    @extend_schema(request=PlanCheckSerializer, responses=ActionPlanDetailSerializer)
    @action(detail=True, methods=["post"])
    def check(self, request: Request, pk: str) -> Response:
        """Say whether it was effective; the KPI before and after is kept beside it."""
        return self._do(PlanCheckSerializer, plans.check)

    @extend_schema(request=PlanNoteSerializer, responses=ActionPlanDetailSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Give an unfinished plan up and say why; a vendor its own proposal, until it has begun."""
        return self._do(PlanNoteSerializer, plans.cancel)

    @extend_schema(request=PlanNoteSerializer, responses=ActionPlanDetailSerializer)
    @action(detail=True, methods=["post"])
    def note(self, request: Request, pk: str) -> Response:
        """Add a note, for both sides or for the BPO side alone."""
        return self._do(PlanNoteSerializer, plans.note)
