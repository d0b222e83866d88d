"""The one decision an executive is asked for, chosen by rule from the facts: the first that fits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bpo.queries.alert_words import day_words, figure_words, period_words
from bpo.queries.overview import Cell, Overview, Row
from kpis.calc.facts import PeriodKind, Status
from kpis.choices import WAITING_FACTORS
from kpis.models import ExternalFactor
from vendors.actors import Capability
from vendors.clock import local_date

if TYPE_CHECKING:
    from vendors.actors import Actor

NONE = "none"
ENDING = timedelta(days=90)
"""So long before its end a contract is a question."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What is asked, and the facts it is asked because of, one a line. ``code`` is ``none`` where nothing is."""

    code: str
    text: str
    reasons: Sequence[str] = ()

    @property
    def is_asked(self) -> bool:
        return self.code != NONE


def decision_of(page: Overview, actor: Actor) -> Decision:
    """Return the gravest decision that waits: twice below the minimum, a card, a claim, a contract that ends."""
    for rule in (_improvement, _finalising):
        if found := rule(page):
            return found
    return _claims(page, actor) or _ending(page) or Decision(NONE, _("No decision is needed."))


def cell_figure(value: Decimal | None, cell: Cell) -> str:
    """Write a KPI's figure with its unit and every digit it has."""
    if value is None:
        return figure_words(None, "")
    places = max(cell.decimals, -int(value.normalize().as_tuple().exponent))
    return figure_words(f"{value:.{places}f}", cell.unit)


def _improvement(page: Overview) -> Decision | None:
    if page.period.kind is PeriodKind.WEEK:
        return None  # two weeks are no reason for a plan
    twice = [
        (row, cell, row.earlier[key])
        for row in page.rows
        for key, cell in row.cells.items()
        if cell.standing == Status.BELOW_MINIMUM
        and key in row.earlier
        and row.earlier[key].standing == Status.BELOW_MINIMUM
    ]
    if not twice:
        return None
    twice.sort(key=lambda one: (-one[1].weight, one[0].contract.code, one[1].kpi.code))
    row, cell, _before = twice[0]
    text = _("Approve the request for an improvement plan: %(contract)s, %(kpi)s below its minimum twice in a row.")
    reasons = [_twice(page, *one) for one in twice]
    return Decision("improvement_plan", text % {"contract": row.contract.name, "kpi": cell.kpi.label}, reasons)


def _twice(page: Overview, row: Row, cell: Cell, before: Cell) -> str:
    text = _("%(contract)s, %(kpi)s: %(first)s in %(before)s, %(second)s in %(period)s; the minimum is %(minimum)s.")
    kind = page.period.kind.value
    return text % {
        "contract": row.contract.name,
        "kpi": cell.kpi.label,
        "first": cell_figure(before.counted, before),
        "before": period_words(kind, page.period.previous().start),
        "second": cell_figure(cell.counted, cell),
        "period": period_words(kind, page.period.start),
        "minimum": cell_figure(cell.minimum, cell),
    }


def _finalising(page: Overview) -> Decision | None:
    waiting = [row.contract.name for row in page.rows if row.is_provisional and not page.is_open]
    if not waiting:
        return None
    text = ngettext(
        "Have the scorecard of %(n)s contract finalised; until then its figures are provisional.",
        "Have the scorecards of %(n)s contracts finalised; until then their figures are provisional.",
        len(waiting),
    )
    return Decision("finalise", text % {"n": len(waiting)}, waiting)


def _claims(page: Overview, actor: Actor) -> Decision | None:
    visible = ExternalFactor.objects.visible_to(actor.limited_to(Capability.READ_FACTORS))
    claims = list(visible.filter(status__in=WAITING_FACTORS).order_by("claimed_at", "pk"))
    if not claims:
        return None
    text = ngettext(
        "Have %(n)s relief claim decided; it waits since %(day)s.",
        "Have %(n)s relief claims decided; the oldest waits since %(day)s.",
        len(claims),
    )
    since = [local_date(claim.claimed_at, settings.TIME_ZONE) if claim.claimed_at else None for claim in claims]
    reasons = [f"{claim.title} ({day_words(day)})" for claim, day in zip(claims, since, strict=True)]
    return Decision("relief_claim", text % {"n": len(claims), "day": day_words(since[0])}, reasons)


def _ending(page: Overview) -> Decision | None:
    rows = [
        row.contract
        for row in page.rows
        if row.contract.ends_on is not None and page.today <= row.contract.ends_on <= page.today + ENDING
    ]
    if not rows:
        return None
    rows.sort(key=lambda contract: (contract.ends_on, contract.code))
    text = _("Decide whether the contract %(contract)s goes on: it ends on %(day)s.")
    reasons = [f"{contract.name} ({day_words(contract.ends_on)})" for contract in rows]
    return Decision("contract_end", text % {"contract": rows[0].name, "day": day_words(rows[0].ends_on)}, reasons)
