"""A guided tour of the demonstration: what its story holds, page by page, as far as the reader may look."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import F
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from bpo.choices import ScorecardStatus
from bpo.models import Scorecard, ScorecardLine
from kpis.choices import APPROVED_FACTORS, FactorKind, SubmissionWay
from kpis.models import ExternalFactor, Submission
from vendors.actors import Capability
from vendors.clock import local_date

if TYPE_CHECKING:
    from vendors.actors import Actor


@dataclass(frozen=True, slots=True)
class Stop:
    """One page of the tour and what is to be seen there."""

    title: str
    text: str
    url: str

    def numbered(self, number: int) -> str:
        """Return the address with the number of the stop, from 1."""
        return f"{self.url}{'&' if '?' in self.url else '?'}tour={number}"


def is_demonstration(actor: Actor) -> bool:
    """Say whether the reader sees anything that the demonstration made."""
    return Submission.objects.visible_to(actor).filter(way=SubmissionWay.DEMONSTRATION).exists()


def tour_of(actor: Actor) -> Sequence[Stop]:
    """Return the stops the reader may visit, in the order of the story; a constant number of queries."""
    return list(_Story(actor).stops()) if is_demonstration(actor) else []


class _Story:
    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        factors = ExternalFactor.objects.visible_to(actor).order_by("pk")
        self.outage = factors.filter(kind=FactorKind.OUTAGE, status__in=APPROVED_FACTORS).first()
        self.campaign = factors.filter(kind=FactorKind.CAMPAIGN).first()
        cards = Scorecard.objects.visible_to(actor).exclude(status=ScorecardStatus.SUPERSEDED)
        self.newest: Scorecard | None = cards.filter(score__isnull=False).order_by("-start", "-score", "pk").first()
        self.disturbed = self._disturbed(self.outage) if self.outage is not None else None

    def _disturbed(self, outage: ExternalFactor) -> ScorecardLine | None:
        """Return a line of the outage's month whose value it changed."""
        month = local_date(outage.starts_at, settings.TIME_ZONE).replace(day=1)
        cards = Scorecard.objects.visible_to(self.actor).exclude(status=ScorecardStatus.SUPERSEDED).filter(start=month)
        lines = ScorecardLine.objects.filter(scorecard__in=cards, series__isnull=False, adjusted_value__isnull=False)
        changed = lines.exclude(adjusted_value=F("value")).select_related("scorecard__contract", "series__kpi")
        found: ScorecardLine | None = changed.order_by("-weight", "pk").first()
        return found

    def _may(self, capability: Capability) -> bool:
        return self.actor.may(capability)

    def stops(self) -> Iterator[Stop]:
        if self._may(Capability.READ_RESULTS):
            yield from self._results()
        if self.outage is not None and self._may(Capability.READ_FACTORS):
            yield from self._factors(self.outage)
        if self._may(Capability.SUBMIT):
            text = _(
                "A vendor's morning: type yesterday, paste cells or drop a file. The check shows the outcome, and what "
                "is wrong with which row, before anything is stored."
            )
            yield Stop(_("The morning"), text, reverse("bpo:submit"))
        if self._may(Capability.READ_FIGURES):
            text = _(
                "Who has reported, who is late, which day is missing. A day that was left out is neither 0 nor 100: it "
                "is counted as missing, and the contract says what that means."
            )
            yield Stop(_("What is missing"), text, reverse("bpo:completeness"))
        if self._may(Capability.READ_ALERTS):
            text = _("What is heading for a miss and what is unlike its own past, before the month is lost.")
            yield Stop(_("Before it is too late"), text, reverse("bpo:alert-list"))
        if self._may(Capability.WRITE_VENDORS):
            text = _("Your own programme takes three steps: names, target levels, last month's sheet.")
            yield Stop(_("Your own"), text, reverse("bpo:start"))

    def _results(self) -> Iterator[Stop]:
        if self.newest is not None:
            text = _(
                "The month on one page: the score, three sentences made of the figures, and who stands where. Every "
                "figure leads to its reason."
            )
            at = {"grain": "month", "on": self.newest.start.isoformat()}
            yield Stop(_("The programme at a glance"), text, f"{reverse('bpo:overview')}?{urlencode(at)}")
        if self.disturbed is None:
            return
        text = _(
            "In this month the telephone system failed for a day. Gross and adjusted stand side by side; the grade "
            "comes from the adjusted values. Open any line to see how it was computed."
        )
        card = self.disturbed.scorecard
        yield Stop(_("A card that can be trusted"), text, reverse("bpo:scorecard-detail", args=[card.pk]))
        text = _("The same KPI day by day: the outage is marked, and missing days are gaps, not zeros.")
        at = {"contract": card.contract.code, "month": f"{card.start:%Y-%m}"}
        series = self.disturbed.series
        address = reverse("bpo:kpi-detail", args=[series.kpi.code if series else ""])
        yield Stop(_("The day it happened"), text, f"{address}?{urlencode(at)}")

    def _factors(self, outage: ExternalFactor) -> Iterator[Stop]:
        text = _(
            "The department that owns the system confirmed it, a second person approved it. What it did to the calls "
            "was measured against an ordinary day."
        )
        yield Stop(_("What came from outside"), text, reverse("bpo:factor-detail", args=[outage.pk]))
        if self.campaign is not None:
            text = _("A claim that waits: it shows what approval would do to figures and grade, before it is decided.")
            yield Stop(_("Priced before it is approved"), text, reverse("bpo:factor-detail", args=[self.campaign.pk]))
