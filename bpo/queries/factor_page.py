"""What the page of one external factor says in words: the terms of its method, and what else takes out its days."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from kpis.choices import OVER_FACTORS, FactorKind, ReplaceBy
from kpis.models import ExternalFactor
from kpis.services.factors.parties import CLIENT, VENDOR
from vendors.clock import local_days
from vendors.models import Contract, Department, Queue

MOST_OVERLAPPING = 5


def method_words(parameters: Mapping[str, str]) -> list[str]:
    """Write the parameters of a method, as far as the reader may see them (:func:`shown_parameters`)."""
    return [_parameter(name, value) for name, value in parameters.items()]


def _parameter(name: str, value: str) -> str:
    if name == "band":
        return _("band of the forecast ± %(percent)s %%") % {"percent": _number(value)}
    if name == "share":
        return _("up to %(percent)s %% of the forecast") % {"percent": _number(value, times=100)}
    if name == "by":
        return _("replaced by: %(what)s") % {"what": ReplaceBy(value).label}
    return _("moves to the card of: %(party)s") % {"party": _party(name, value)}


def _number(value: str, times: int = 1) -> str:
    return f"{(Decimal(value) * times).normalize():f}"


def _party(name: str, code: str) -> str:
    if name == "contract":
        contract = Contract.objects.select_related("vendor").filter(code=code).first()
        return f"{contract.vendor.label} · {contract.name}" if contract else code
    if code == CLIENT:
        return _("The client")
    if code == VENDOR:
        return _("another vendor")
    department = Department.objects.filter(code=code).first()
    return department.label if department else code


def overlapping(
    factor: ExternalFactor, factors: QuerySet[ExternalFactor], queues: Collection[Queue]
) -> list[ExternalFactor]:
    """Return those of ``factors`` that relieve or may relieve the same days of the same queues, the latest first."""
    if factor.status in OVER_FACTORS or factor.kind == FactorKind.IMPROVEMENT:
        return []
    first, last = local_days(factor.starts_at, factor.ends_at, settings.TIME_ZONE)
    begins, ends = (
        datetime.combine(day, time.min, ZoneInfo(settings.TIME_ZONE)) for day in (first, last + timedelta(days=1))
    )
    same = factors.filter(queues__in=queues, starts_at__lt=ends, ends_at__gt=begins).exclude(pk=factor.pk)
    others = same.exclude(status__in=OVER_FACTORS).exclude(kind=FactorKind.IMPROVEMENT)
    return list(others.distinct()[:MOST_OVERLAPPING])
