"""The documents of a programme's period: what they are called, who may read them, and how they are made.

A page offers them, the API hands them out, a mail attaches them: all of them take :data:`EDITIONS` and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bpo.queries.period_facts import PeriodFacts, known_at, period_facts
from bpo.queries.staff import StaffEdition, staff_edition
from bpo.reports.meeting_deck import meeting_pptx
from bpo.reports.overview_print import overview_pdf
from bpo.reports.overview_sheet import overview_xlsx
from bpo.reports.staff_print import staff_html, staff_pdf
from kpis.calc.facts import PeriodKind
from kpis.calc.periods import Period
from kpis.media_types import HTML, PDF, PPTX, XLSX
from vendors.actors import Actor, Capability
from vendors.errors import Forbidden, Text

Make = Callable[[Actor, Period, datetime, str], bytes]


@dataclass(frozen=True, slots=True)
class Edition:
    """One document. ``name`` is its code and never changes; ``kind`` is the ending of its files.

    ``is_of_one_vendor`` says whether it can be made of one vendor alone.
    """

    name: str
    label: Text
    media_type: str
    kind: str
    capability: Capability
    make: Make
    is_of_one_vendor: bool = True

    def label_in(self, language: str) -> str:
        """Return what people call it, in ``ko`` or ``en``."""
        with translation.override(language):
            return str(self.label)

    def is_for(self, actor: Actor) -> bool:
        """Say whether ``actor`` may read it at all; what stands in it is what the actor sees."""
        return actor.may(self.capability)

    def file_name(self, period: Period, language: str, vendor: str = "") -> str:
        """Return a name that says what it is: ``overview_2026-10_ko.pdf``; ``vendor`` is the code of the only one."""
        whose = [vendor] if vendor and self.is_of_one_vendor else []
        return "_".join([self.name.rpartition("_")[0], period_code(period), *whose, language]) + f".{self.kind}"

    def render(
        self, actor: Actor, period: Period, language: str, *, now: datetime | None = None, vendor: str = ""
    ) -> bytes:
        """Return the document of ``period`` in ``language`` as ``actor`` may see it; of one ``vendor`` by its code.

        ``now`` says which days are over (null: those that were when figures were last computed) and is written
        nowhere: the same figures are the same bytes. Raises Forbidden for somebody whom it is not for.
        """
        with translation.override(language):
            if not self.is_for(actor):
                raise Forbidden("role", _("Your role does not include this function."))
            return self.make(actor, period, now or known_at(period), vendor if self.is_of_one_vendor else "")


def period_code(period: Period) -> str:
    """Return a short code of a period: 2026-10, 2026-Q4, 2026-W41, 2026."""
    start = period.start
    if period.kind is PeriodKind.MONTH:
        return f"{start:%Y-%m}"
    if period.kind is PeriodKind.QUARTER:
        return f"{start.year}-Q{(start.month + 2) // 3}"
    return f"{start.year}" if period.kind is PeriodKind.YEAR else f"{start:%G-W%V}"


def _of_facts(make: Callable[[PeriodFacts], bytes], actor: Actor, period: Period, now: datetime, vendor: str) -> bytes:
    return make(period_facts(actor, period, now=now, vendor=vendor))


def _of_staff(make: Callable[[StaffEdition], bytes], actor: Actor, period: Period, now: datetime, vendor: str) -> bytes:
    return make(staff_edition(actor, period, now=now))


OVERVIEW, STAFF = Capability.READ_RESULTS, Capability.READ_STAFF_EDITION
EDITIONS: Mapping[str, Edition] = {
    edition.name: edition
    for edition in (
        Edition(
            "overview_pdf", gettext_lazy("Overview, one printed page"), PDF, "pdf", OVERVIEW,
            partial(_of_facts, overview_pdf),
        ),
        Edition(
            "overview_xlsx", gettext_lazy("Overview as a workbook"), XLSX, "xlsx", OVERVIEW,
            partial(_of_facts, overview_xlsx),
        ),
        Edition(
            "meeting_pptx", gettext_lazy("Meeting deck"), PPTX, "pptx", OVERVIEW,
            partial(_of_facts, meeting_pptx),
        ),
        Edition(
            "all_staff_pdf", gettext_lazy("Edition for all staff, one printed page"), PDF, "pdf", STAFF,
            partial(_of_staff, staff_pdf), is_of_one_vendor=False,
        ),
        Edition(
            "all_staff_html", gettext_lazy("Edition for all staff, for a browser"), HTML, "html", STAFF,
            partial(_of_staff, staff_html), is_of_one_vendor=False,
        ),
    )
}  # fmt: skip
"""Every document by its name, in the order in which it is offered."""


def editions_for(actor: Actor) -> list[Edition]:
    """Return the documents ``actor`` may read."""
    return [edition for edition in EDITIONS.values() if edition.is_for(actor)]
