"""``blank-forms/``: the workbook a contract's figures are filled into."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from kpis.media_types import XLSX
from kpis.queries.contract_form import contract_form, is_for_vendor
from kpis.reports.blank_form import blank_form, file_name
from vendors import clock
from vendors.actors import Capability
from vendors.api.filters import bad_query
from vendors.api.viewsets import ScopedViewSet
from vendors.calc.months import month_after
from vendors.models import Contract

GRAINS = ("day", "month")
LAST_MONTH = date(9998, 12, 1)
"""The last one that another month comes after."""


class BlankFormViewSet(ScopedViewSet):
    """The blank form of one contract for one month: its queues, its open days (or their total), its measures."""

    queryset = Contract.objects.select_related("vendor").order_by("code")
    capabilities = {"read": Capability.SUBMIT}
    query_params = {"retrieve": ("month", "grain")}
    http_method_names = ["get", "head", "options"]

    @extend_schema(
        parameters=[
            OpenApiParameter("month", str, description="As 2026-11; default the month of today."),
            OpenApiParameter("grain", str, enum=GRAINS, description="`month`: a row of totals for each queue."),
        ],
        responses={(200, XLSX): OpenApiTypes.BINARY},
    )
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:  # type: ignore[override]
        """Answer the workbook. Filled in, it is sent like any other file."""
        contract: Contract = self.get_object()
        now = clock.now()
        first = self._month(clock.local_date(now, settings.TIME_ZONE))
        last = month_after(first) - timedelta(days=1)
        of_month = self._grain() == "month"
        form = contract_form(contract, last, now=now, for_vendor=is_for_vendor(self.actor, contract))
        answer = HttpResponse(blank_form(form, first, last, of_month=of_month), content_type=XLSX)
        answer["Content-Disposition"] = f'attachment; filename="{file_name(form, first, last, of_month=of_month)}"'
        return answer

    def _grain(self) -> str:
        grain = self.request.query_params.get("grain", GRAINS[0])
        if grain not in GRAINS:
            raise bad_query("grain", _("Choose one of: %(choices)s.") % {"choices": ", ".join(GRAINS)})
        return grain

    def _month(self, today: date) -> date:
        text = self.request.query_params.get("month")
        if text is None:
            return today.replace(day=1)
        try:
            if len(text) != len("2026-11"):
                raise ValueError
            first = date.fromisoformat(f"{text}-01")
            if first > LAST_MONTH:
                raise ValueError
        except ValueError:
            raise bad_query("month", _("Give the month as 2025-10.")) from None
        return first
