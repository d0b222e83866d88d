"""``attainments/`` and ``kpi-values/``: what it comes to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import django_filters
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kpis.calc.facts import PeriodKind
from kpis.calc.relief import uplift
from kpis.choices import PeriodChoice
from kpis.models import Attainment, Kpi
from kpis.queries.numbers import coverage_of, plain
from kpis.queries.values import GROUPS, KpiValues
from vendors import clock
from vendors.actors import Capability
from vendors.api.fields import Moment
from vendors.api.filters import CodeFilter, DateFilter, bad_query, iso_date
from vendors.api.viewsets import NUMBER, ScopedViewSet
from vendors.models import ContractQueue

MOST_DAYS = 400
MOST_YEARS = 20
LINK_FILTERS = {
    "vendor": "contract__vendor__code",
    "contract": "contract__code",
    "centre": "queue__centre__code",
    "queue": "queue__code",
    "service": "queue__service",
    "channel": "queue__channel",
}


class AttainmentFilter(django_filters.FilterSet):
    contract = CodeFilter(field_name="series__contract__code")
    vendor = CodeFilter(field_name="series__contract__vendor__code")
    kpi = CodeFilter(field_name="series__kpi__code")
    queue = CodeFilter(field_name="series__queue__code")
    period = django_filters.ChoiceFilter(field_name="series__period", choices=PeriodChoice.choices)
    start = DateFilter(field_name="start")


class FigureField(serializers.DecimalField):
    """A stored figure as a decimal string without needless zeros, or with a fixed number of decimals."""

    def __init__(self, places: int | None = None, **kwargs: Any) -> None:
        self.places = places
        super().__init__(max_digits=None, decimal_places=None, read_only=True, allow_null=True, **kwargs)

    def to_representation(self, value: Any) -> str:
        return plain(value, self.places) or ""


@extend_schema_field(OpenApiTypes.STR)
class CoverageField(serializers.Field[Any, Any, Any, Any]):
    """Queue-days complete of those expected, in per cent with two decimals; null where none was expected."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(source="*", read_only=True, **kwargs)

    def to_representation(self, value: Any) -> str | None:
        return coverage_of(value.days_reported, value.days_expected)


class AttainmentSerializer(serializers.ModelSerializer[Attainment]):
    contract = serializers.CharField(source="series.contract.code", default=None, allow_null=True)
    queue = serializers.CharField(source="series.queue.code", default=None, allow_null=True)
    kpi = serializers.CharField(source="series.kpi.code")
    period = serializers.ChoiceField(source="series.period", choices=PeriodChoice.choices)
    value = FigureField()
    adjusted_value = FigureField()
    uplift = serializers.SerializerMethodField(help_text="Adjusted less gross.")
    target = FigureField()
    minimum = FigureField()
    attainment = FigureField(places=4)
    score = FigureField(places=4)
    volume = FigureField()
    coverage = CoverageField()
    computed_at = Moment(read_only=True)

    class Meta:
        model = Attainment
        fields = [
            "id", "contract", "kpi", "queue", "period", "start", "end", "value", "adjusted_value", "uplift", "target",
            "minimum", "attainment", "score", "status", "flags", "volume", "days_expected", "days_reported", "coverage",
            "computed_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_uplift(self, row: Attainment) -> str | None:
        return plain(uplift(row.value, row.adjusted_value))


class AttainmentViewSet(ScopedViewSet):
    """Targets held against what was reported, one row per target and period that has begun."""

    queryset = Attainment.objects.select_related("series__contract", "series__queue", "series__kpi").order_by(
        "series__contract__code", "series__kpi__code", "series__queue__code", "series__period", "start"
    )
    serializer_class = AttainmentSerializer
    filterset_class = AttainmentFilter
    capabilities = {"read": Capability.READ_RESULTS}
    lookup_field = "pk"
    lookup_value_regex = NUMBER


class KpiValueSerializer(serializers.Serializer[Any]):
    group = serializers.CharField(allow_null=True)
    kpi = serializers.CharField()
    period = serializers.ChoiceField(choices=PeriodChoice.choices)
    start = serializers.DateField()
    end = serializers.DateField()
    value = serializers.CharField(allow_null=True, help_text="Gross: as it was reported.")
    adjusted_value = serializers.CharField(allow_null=True, help_text="Without approved external factors.")
    uplift = serializers.CharField(allow_null=True, help_text="Adjusted less gross.")
    volume = serializers.CharField()
    days_expected = serializers.IntegerField()
    days_reported = serializers.IntegerField()
    coverage = CoverageField()
    status = serializers.CharField(allow_null=True)
    flags = serializers.ListField(child=serializers.CharField())

    def to_representation(self, instance: Any) -> dict[str, Any]:
        row = super().to_representation(instance)
        for name in ("value", "adjusted_value", "uplift"):
            number = getattr(instance, name)
            row[name] = None if number is None else f"{number:f}"
        row["volume"] = f"{instance.volume:f}"
        return row


class KpiValueViewSet(ScopedViewSet):
    """Any KPI for any group of queues at any grain, pooled from counts."""

    queryset = ContractQueue.objects.all()
    serializer_class = KpiValueSerializer
    capabilities = {"read": Capability.READ_RESULTS}
    query_params = ("kpi", "period", "from", "to", "group_by", *LINK_FILTERS)
    lookup_field = "pk"
    filter_backends: list[Any] = []

    @extend_schema(
        parameters=[
            OpenApiParameter("kpi", str, required=True),
            OpenApiParameter("period", str, enum=[kind.value for kind in PeriodKind]),
            OpenApiParameter("from", OpenApiTypes.DATE, description="First day of the first whole period."),
            OpenApiParameter("to", OpenApiTypes.DATE, description="Periods begin before this day."),
            OpenApiParameter("group_by", str, enum=list(GROUPS)),
            *(OpenApiParameter(name, str) for name in LINK_FILTERS),
        ]
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        now = clock.now()
        query = request.query_params
        kind = PeriodKind(self._choice("period", [kind.value for kind in PeriodKind], PeriodKind.MONTH.value))
        start, end = self._range(kind, today=clock.local_date(now, "Asia/Seoul"))
        links = self.get_queryset().filter(
            **{path: query[name] for name, path in LINK_FILTERS.items() if name in query}
        )
        values = KpiValues(
            self._kpi(query.get("kpi")),
            links,
            kind=kind,
            start=start,
            end=end,
            group_by=self._choice("group_by", list(GROUPS), "portfolio"),
            now=now,
        )
        page = self.paginate_queryset(values)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def _kpi(self, code: str | None) -> Kpi:
        if not code:
            raise bad_query("kpi", _("Name the KPI: ?kpi=service_level."))
        kpi = Kpi.objects.filter(code=code).first()
        if kpi is None:
            raise bad_query("kpi", _("There is no KPI “%(code)s”.") % {"code": code[:64]})
        return kpi

    def _choice(self, name: str, allowed: Sequence[str], default: str) -> str:
        value = self.request.query_params.get(name, default)
        if value not in allowed:
            raise bad_query(name, _("Choose one of: %(choices)s.") % {"choices": ", ".join(allowed)})
        return value

    def _range(self, kind: PeriodKind, *, today: date) -> tuple[date, date]:
        """Return ``from`` and ``to``; neither given means the current year."""
        first, last = self._date("from"), self._date("to")
        if first is None and last is None:
            return date(today.year, 1, 1), date(today.year + 1, 1, 1)
        if first is None or last is None:
            raise bad_query("from", _("Give both from and to, or neither."))
        if first > last:
            raise bad_query("from", _("“from” must not be after “to”."))
        too_long = (last - first).days > (MOST_DAYS if kind is PeriodKind.DAY else MOST_YEARS * 366)
        if too_long:
            raise bad_query("to", _("At most 400 days at day grain and 20 years at coarser grain."))
        return first, last

    def _date(self, name: str) -> date | None:
        text = self.request.query_params.get(name)
        try:
            return iso_date(text) if text is not None else None
        except ValueError:
            raise bad_query(name, _("Write the date as YYYY-MM-DD.")) from None
