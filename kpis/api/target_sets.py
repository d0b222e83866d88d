"""``/api/v1/target-sets/``: named sets of targets and policies, applied to contracts from a date."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from kpis.models import TargetSet, TargetSetVersion
from kpis.services import target_sets
from kpis.services.target_set_application import Applied, apply_set
from kpis.services.target_set_items import read_items, warnings_of_items
from kpis.services.targets import refuse
from kpis.tasks import wake_up
from vendors import clock
from vendors.actors import Actor, Capability
from vendors.api import fields
from vendors.api.parsers import body_of
from vendors.api.serializers import StrictSerializer
from vendors.api.viewsets import NUMBER, WritableViewSet
from vendors.errors import RowError
from vendors.models import Contract

MOST_CONTRACTS = 200


class TargetSetSerializer(StrictSerializer):
    """A set in its newest version. PATCH of ``items`` or ``policies`` makes the next version."""

    id = serializers.IntegerField(read_only=True)
    code = fields.Code()
    name = fields.Text(max_length=200)
    name_ko = fields.Text(max_length=200, required=False, allow_blank=True)
    is_shipped = serializers.BooleanField(read_only=True)
    version = serializers.IntegerField(read_only=True)
    items = serializers.JSONField()
    policies = serializers.JSONField(required=False)
    note = fields.Text(max_length=500, required=False, allow_blank=True)

    def to_representation(self, instance: TargetSet) -> dict[str, Any]:
        shown = instance.shown_versions[0]  # type: ignore[attr-defined]
        return {
            "id": instance.pk,
            "code": instance.code,
            "name": instance.name,
            "name_ko": instance.name_ko,
            "is_shipped": instance.is_shipped,
            "version": shown.number,
            "items": shown.items,
            "policies": shown.policies,
            "note": shown.note,
        }


class CopySerializer(StrictSerializer):
    """A new set like this one, its levels changed by a percentage."""

    code = fields.Code()
    name = fields.Text(max_length=200)
    name_ko = fields.Text(max_length=200, required=False, allow_blank=True)
    percent_change = fields.Decimal(max_digits=7, decimal_places=3, required=False)


class ApplySerializer(StrictSerializer):
    """Contracts and the first day; ``overrides`` are ``{contract: {kpi: target fields}}``, null leaves a KPI out."""

    contracts = serializers.ListField(child=fields.Code(), min_length=1, max_length=MOST_CONTRACTS)
    valid_from = fields.Date()
    percent_change = fields.Decimal(max_digits=7, decimal_places=3, required=False)
    overrides = serializers.JSONField(required=False)


class TargetSetViewSet(WritableViewSet):
    """Sets belong to the company; a vendor sees those that bind it, in the version it was given."""

    queryset = TargetSet.objects.all()
    serializer_class = TargetSetSerializer
    scoped = False
    capabilities = {
        "read": Capability.READ_TARGETS,
        "write": Capability.WRITE_DEFINITIONS,
        "apply": Capability.WRITE_SETUP,
        "copy": Capability.WRITE_DEFINITIONS,
    }
    lookup_field = "pk"
    lookup_url_kwarg = "id"
    lookup_value_regex = NUMBER

    def get_queryset(self) -> Any:
        sets, versions = super().get_queryset(), TargetSetVersion.objects.order_by("-number")
        if not getattr(self, "swagger_fake_view", False) and not self._sees_all():
            vendors = self.actor.limited_to(Capability.READ_TARGETS).vendor_ids
            applied = versions.filter(applications__contract__vendor_id__in=vendors)
            sets, versions = sets.filter(versions__in=applied.values("pk")).distinct(), applied.distinct()
        return sets.prefetch_related(Prefetch("versions", versions, to_attr="shown_versions"))

    def _sees_all(self) -> bool:
        """Whoever sets targets chooses among all sets, as does whoever reads all vendors."""
        reader = self.actor.limited_to(Capability.READ_TARGETS)
        return reader.sees_all_vendors or self.actor.may(Capability.WRITE_SETUP)

    def create_object(self, data: dict[str, Any], *, actor: Actor, now: datetime) -> TargetSet:
        return target_sets.create_set(**data, actor=actor, now=now).target_set

    def change_object(self, row: TargetSet, data: dict[str, Any], *, actor: Actor, now: datetime) -> TargetSet:
        if data.pop("code", row.code) != row.code:
            refuse([RowError("immutable", _("This never changes after creation."), "code")])
        return target_sets.new_version(target_set=row, **data, actor=actor, now=now).target_set

    def answer(self, row: TargetSet, status_code: int) -> Response:
        fresh = self.get_queryset().get(pk=row.pk)
        items = read_items(fresh.shown_versions[0].items, target_sets.today(clock.now()))
        warnings = [warning.as_dict() for warning in warnings_of_items(items)]
        return Response({**self.get_serializer(fresh).data, "warnings": warnings}, status=status_code)

    @extend_schema(request=CopySerializer, responses={201: TargetSetSerializer})
    @action(detail=True, methods=["post"])
    def copy(self, request: Request, id: str) -> Response:
        """Make a new set of this one, its levels so many per cent more demanding."""
        data = _checked(CopySerializer(data=body_of(request)))
        version = self.get_object().shown_versions[0]
        copied, unchanged = target_sets.copy_set(version=version, **data, actor=self.actor, now=clock.now())
        response = self.answer(copied.target_set, status.HTTP_201_CREATED)
        response.data["warnings"] += [warning.as_dict() for warning in unchanged]
        return response

    @extend_schema(request=ApplySerializer, responses={200: dict})
    @action(detail=True, methods=["post"])
    def apply(self, request: Request, id: str) -> Response:
        """Give contracts the targets and policies of the set from a date, all of them or none."""
        version = self.get_object().shown_versions[0]
        data = _checked(ApplySerializer(data=body_of(request), context={"request": request}))
        contracts = _contracts(data.pop("contracts"), self.actor)
        results = apply_set(version=version, contracts=contracts, **data, actor=self.actor, now=clock.now())
        wake_up()
        return Response(
            {
                "target_set": version.target_set.code,
                "version": version.number,
                "valid_from": data["valid_from"],
                "percent_change": str(data.get("percent_change", Decimal(0))),
                "results": [_result(result) for result in results],
            }
        )


def _checked(serializer: StrictSerializer) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def _contracts(codes: list[str], actor: Actor) -> list[Contract]:
    """Return the contracts of ``codes`` in that order; one of another vendor does not exist here."""
    visible = Contract.objects.visible_to(actor.limited_to(Capability.WRITE_SETUP)).select_related("vendor")
    found = {contract.code: contract for contract in visible.filter(code__in=codes)}
    text = _("There is no contract “%(code)s”.")
    refuse(
        RowError("unknown_contract", text % {"code": code}, "contracts", row)
        for row, code in enumerate(codes)
        if code not in found
    )
    return [found[code] for code in codes]


def _result(result: Applied) -> dict[str, Any]:
    return {
        "contract": result.contract.code,
        "created": [target.pk for target in result.created],
        "replaced": [target.pk for target in result.replaced],
        "ended": [target.pk for target in result.ended],
        "removed": result.removed_kpis,
        "warnings": [warning.as_dict() for warning in result.warnings],
    }
