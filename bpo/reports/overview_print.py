"""The executive overview as one printed page (PDF, A4), with the box for 작성 · 검토 · 승인."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from bpo.queries.money_words import amounts_text
from bpo.queries.overview import Group, Overview, Row
from bpo.queries.overview_words import money_facts, sentences
from bpo.queries.period_facts import PeriodFacts
from bpo.reports.paper import (
    SHAPES,
    Texts,
    as_of,
    made_at,
    more,
    notices,
    remarks,
    row_remark,
    scope_of,
    standing_facts,
    state,
    title_of,
    tone,
    unit_of,
)
from bpo.reports.typesetting import typeset
from bpo.templatetags.bpo_pages import WORDS, figure_text, moment, points, vendor_label
from kpis.models import Kpi

MOST_LIFTED = 6
MOST_FACTORS = 5


def overview_pdf(facts: PeriodFacts) -> bytes:
    """Return the overview as PDF in the language in force; the same figures are the same bytes."""
    return typeset("overview.typ", printed(facts), at=made_at(facts.period))


def printed(facts: PeriodFacts) -> Texts:
    """Return every text of the printed page, in its order."""
    page = facts.page
    return {
        "language": (get_language() or "ko")[:2],
        "service": _("BPO KPI service"),
        "over": f"{_('Executive overview')} · {scope_of(facts)}",
        "title": title_of(facts),
        "under": as_of(page),
        "approvals": [_("Prepared"), _("Reviewed"), _("Approved")],
        "notice": " ".join(notices(facts)),
        "score": {"label": _("Programme score"), "text": points(page.score)},
        "facts": [{"label": label, "text": text} for label, text in [*standing_facts(page), *_money(page)]],
        "sentences": list(sentences(facts.page)) or [_("No figures in this period")],
        "tally": [
            {"shape": SHAPES[name], "word": str(WORDS[name]), "count": str(count), "tone": tone(name)}
            for name, count in page.tally
        ],
        "tables": [_table(group) for group in page.groups],
        "lifted": _lifted(facts),
        "factors": _factors(facts),
        "foot": " · ".join((_("BPO KPI service"), title_of(facts), _("100 points is on target"))),
    }


def _money(page: Overview) -> list[tuple[str, str]]:
    return [(name, amounts_text(amounts)) for name, amounts in money_facts(page)]


def _table(group: Group) -> Texts:
    columns = group.columns
    return {
        "head": [f"{vendor_label()} · {_('Contract')}", _("Total score"), *(kpi.label for kpi in columns)],
        "rows": [list(_cells(row, columns)) for row in group.rows],
    }


def _cells(row: Row, columns: list[Kpi]) -> Iterator[Texts]:
    yield {"text": row.contract.vendor.label, "under": [row.contract.name], "tone": "", "state": ""}
    grade = f" {row.grade}" if row.grade else ""
    yield {"text": f"{points(row.score)}{grade}", "under": [row_remark(row)], "tone": "", "state": ""}
    for kpi in columns:
        cell = row.cells.get(kpi.pk)
        if cell is None:
            yield {"text": "·", "under": [], "tone": "none", "state": _("not agreed")}
        else:
            yield {
                "text": figure_text(cell.counted, cell.decimals),
                "unit": unit_of(cell),
                "under": remarks(cell),
                "tone": tone(cell.standing),
                "state": state(cell.standing),
            }


def _lifted(facts: PeriodFacts) -> Texts | None:
    found = facts.page.lifted
    if not found:
        return None
    rows = [
        [row.contract.name, cell.kpi.label, *(figure_text(one, 2, cell.unit) for one in (cell.value, cell.adjusted))]
        for row, cell in found[:MOST_LIFTED]
    ]
    rest = len(found) - MOST_LIFTED
    return {
        "title": _("Gross and adjusted"),
        "head": [_("Contract"), _("KPI"), _("Gross"), _("Adjusted")],
        "rows": rows,
        "more": more(rest) if rest > 0 else "",
    }


def _factors(facts: PeriodFacts) -> Texts | None:
    found = facts.page.factors
    if not found:
        return None
    rows = [
        f"{factor.title} · {factor.get_kind_display()} · {moment(factor.starts_at)} – {moment(factor.ends_at)}"
        for factor in found[:MOST_FACTORS]
    ]
    rest = len(found) - MOST_FACTORS
    return {"title": _("Approved external factors"), "rows": [*rows, *([more(rest)] if rest > 0 else [])]}
