"""One card and what stands around it, read together: its versions, its closing rules, and what concerns its month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Exists, F, OuterRef, Q, Subquery, prefetch_related_objects
from django.db.models.fields.json import KeyTextTransform

from bpo.models import Scorecard
from bpo.queries.cards import card_parts
from bpo.queries.money_terms import Terms, terms_of, with_terms
from kpis.choices import APPROVED_FACTORS, FactorMethod, SubmissionWay
from kpis.models import DailyMetric, FactorSlice, RecalculationMark, Submission
from vendors.calc.closing import ClosingRules
from vendors.models import ContractTerms

if TYPE_CHECKING:
    from bpo.querysets import ScorecardQuerySet
    from vendors.actors import Actor


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around one card.

    ``versions`` are those of its contract and month that exist for the reader, newest first; ``is_pending`` says that
    figures of the month wait to be computed, ``has_figures`` that some have come at all, ``put_days`` how many of
    another vendor's queue-days of the month are attributed to the contract; what they come to is the client's
    scorecard's to say. ``terms`` are those of money in force, null where there are none.
    """

    versions: Sequence[Scorecard]
    is_simulated: bool
    is_pending: bool
    has_figures: bool
    put_days: int
    closing: ClosingRules
    terms: Terms | None


def read_card(pk: int, actor: Actor) -> tuple[Scorecard, Around] | None:
    """Return a card with all its parts and what stands around it; null where it does not exist for ``actor``."""
    this = Scorecard.objects.filter(pk=pk)
    rows = Scorecard.objects.visible_to(actor).filter(
        contract=Subquery(this.values("contract")), start=Subquery(this.values("start"))
    )
    versions = list(_with_around(rows).select_related("contract__vendor", "frozen"))
    card = next((row for row in versions if row.pk == pk), None)
    if card is None:
        return None
    prefetch_related_objects([card], *card_parts())
    return card, _around(card, versions)


def around_of(card: Scorecard, actor: Actor) -> Around:
    """Return what stands around a card that exists for ``actor``; one query."""
    rows = Scorecard.objects.visible_to(actor).filter(contract=card.contract_id, start=card.start)
    versions = list(_with_around(rows))
    return _around(next(row for row in versions if row.pk == card.pk), versions)


def _with_around(cards: ScorecardQuerySet) -> ScorecardQuerySet:
    same_vendor, same_contract = OuterRef("contract__vendor"), OuterRef("contract")
    terms = ContractTerms.objects.filter(Q(valid_from=None) | Q(valid_from__lte=OuterRef("start")))
    terms = terms.filter(contract=same_contract).order_by(F("valid_from").desc(nulls_last=True))
    began = Q(first_on__lte=OuterRef("start")) | _in_the_month("first_on")
    marks = RecalculationMark.objects.filter(began, contract=same_contract, last_on__gte=OuterRef("start"))
    linked = Q(queue__contract_links__valid_until=None) | Q(queue__contract_links__valid_until__gt=F("date"))
    figures = DailyMetric.objects.filter(
        linked, _in_the_month("date"), date__gte=OuterRef("start"), queue__contract_links__contract=same_contract,
        queue__contract_links__valid_from__lte=F("date"),
    )  # fmt: skip
    attributed = FactorSlice.objects.alias(put_to=KeyTextTransform("contract", "factor__parameters")).filter(
        _in_the_month("date"), factor__method=FactorMethod.ATTRIBUTE, factor__status__in=APPROVED_FACTORS,
        put_to=OuterRef("contract__code"),
    )  # fmt: skip
    put_days = attributed.order_by().values("factor__method").annotate(count=Count("pk")).values("count")
    return (
        with_terms(cards, "contract", "start")
        .annotate(
            is_simulated=Exists(Submission.objects.filter(way=SubmissionWay.DEMONSTRATION, vendor=same_vendor)),
            is_pending=Exists(marks),
            has_figures=Exists(figures),
            put_days=Subquery(put_days),
            closing=Subquery(terms.values("closing")[:1]),
        )
        .order_by("-version")
    )


def _in_the_month(name: str) -> Q:
    return Q(**{f"{name}__{part}": OuterRef(f"start__{part}") for part in ("year", "month")})


def _around(card: Scorecard, versions: Sequence[Scorecard]) -> Around:
    read: dict[str, Any] = card.__dict__
    return Around(
        versions=versions,
        is_simulated=read["is_simulated"],
        is_pending=read["is_pending"],
        has_figures=read["has_figures"],
        put_days=read["put_days"] or 0,
        closing=ClosingRules.of(read["closing"]) if read["closing"] else ClosingRules(),
        terms=terms_of(card),
    )
