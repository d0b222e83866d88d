"""What every document of a programme's period says in the same way: its states, its notices, its figures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from bpo.queries.alert_words import period_words
from bpo.queries.overview import Cell, Overview, Row
from bpo.queries.period_facts import PeriodFacts
from bpo.templatetags.bpo_pages import NOTHING, WORDS, day, figure_text, points, short_day, signed
from bpo.templatetags.totals import total_note
from kpis.calc.facts import PeriodKind
from kpis.calc.periods import Period
from kpis.queries.unit_words import difference_unit

SHAPES: Mapping[str, str] = {
    "met": "●",
    "below_target": "▲",
    "below_minimum": "■",
    "no_data": "○",
    "no_volume": "□",
    "low_volume": "◇",
    "provisional": "△",
}
"""One shape a state, as the pages draw them, of the characters every Korean font has."""
Texts = dict[str, Any]
TONES: Mapping[str, str] = {"met": "good", "below_target": "warn", "below_minimum": "bad"}


def title_of(facts: PeriodFacts) -> str:
    """Name the period a document is about."""
    return period_name(facts.period)


def scope_of(facts: PeriodFacts) -> str:
    """Say whose figures a document holds."""
    return ", ".join(vendor.label for vendor in facts.vendors) or _("All vendors")


def period_name(period: Period) -> str:
    """Name a period: 2026년 10월, October 2026."""
    return period_words(period.kind.value, period.start)


def short_name(period: Period) -> str:
    """Name a period where there is little room: 26.10, Oct 26; a quarter 26 Q4; a week by its Monday."""
    if period.kind is PeriodKind.WEEK:
        return short_day(period.start)
    if period.kind is PeriodKind.MONTH:
        # Translators: Django's date format of a month in little room; Korean: y.m
        return date_format(period.start, pgettext("date format", "M y"))
    if period.kind is PeriodKind.QUARTER:
        return f"{period.start:%y} Q{(period.start.month + 2) // 3}"
    return str(period.start.year)


def state(standing: str) -> str:
    """Say where a figure stands, as a shape and a word: "▲ Below target"."""
    return f"{SHAPES.get(standing, NOTHING)} {WORDS.get(standing, standing)}"


def tone(standing: str) -> str:
    """Return the tone of a state: good, warn, bad or calm; never the only thing that tells it."""
    return TONES.get(standing, "calm")


def notices(facts: PeriodFacts) -> list[str]:
    """Return what a reader must know before the figures."""
    page, said = facts.page, []
    if page.is_open:
        said.append(f"{_('Provisional')}: {_('The period is not over; figures may still change.')}")
    elif page.is_provisional:
        said.append(f"{_('Provisional')}: {_('Some scorecards are not final; figures may still change.')}")
    if page.period.kind is not PeriodKind.MONTH:
        said.append(_("Held against the monthly targets where there are none of this grain."))
    return said


def as_of(page: Overview) -> str:
    """Say up to which day the figures go: the last of the period, or yesterday while it is open."""
    last = min(page.period.last, page.today - timedelta(days=1))
    return _("Figures up to %(day)s") % {"day": day(max(last, page.period.start))}


def made_at(period: Period) -> datetime:
    """Return the moment a document says it was made: the last day it is about, so that it is the same every time."""
    return datetime.combine(period.last, time(), UTC)


def figure_of(cell: Cell) -> str:
    """Write the value of a cell that counts, as the page does."""
    return figure_text(cell.counted, cell.decimals, cell.unit)


def unit_of(cell: Cell) -> str:
    """Return the unit of a cell as it stands behind its figure; nothing where there is no figure."""
    return figure_of(cell).removeprefix(figure_text(cell.counted, cell.decimals))


def remarks(cell: Cell) -> list[str]:
    """Return what stands below a figure: the gross one where factors changed it, and where it is heading."""
    said = []
    if cell.is_changed:
        said.append(f"{_('gross')} {figure_text(cell.value, cell.decimals, cell.unit)}")
    if cell.projected:
        said.append(_("heading for %(value)s") % {"value": cell.projected})
    return said


def change_text(value: Decimal | None) -> str:
    """Write a change with its sign, a dash where there is nothing to compare with."""
    return _("unchanged") if value is not None and not value else signed(value)


def signed_figure(value: Decimal | None, unit: str) -> str:
    """Write a difference between two figures with its sign and unit; of shares, in percentage points."""
    text = figure_text(value, 2, difference_unit(unit))
    return f"+{text}" if value is not None and value > 0 else text.replace("-", "−")


def standing_facts(page: Overview) -> list[tuple[str, str]]:
    """Return the facts beside the score: label and text."""
    found = [
        (_("Against the period before"), change_text(page.change)),
        (
            _("Contracts that reach 100"),
            _("%(part)s of %(whole)s") % {"part": page.on_target, "whole": len(page.ranked)},
        ),
    ]
    if page.year is not None:
        found.append((_("%(year)s so far") % {"year": page.period.start.year}, points(page.year)))
    if page.is_open and page.misses:
        found.append((_("Heading for a miss"), str(page.misses)))
    return found


def row_remark(row: Row) -> str:
    """Say what stands below a contract's score: its change and whether it may still change; or that nothing came."""
    if row.is_unreported:
        return total_note(row)
    said = [change_text(row.change) if row.change is not None else NOTHING]
    if row.is_provisional:
        said.append(_("Provisional"))
    return " · ".join(said)


def more(count: int) -> str:
    """Say that there is more than what is shown."""
    return ngettext("and %(count)s more", "and %(count)s more", count) % {"count": count}
