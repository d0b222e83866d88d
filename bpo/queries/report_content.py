"""What a report says, as words and figures in the reader's language: kept with the mail, and what its link opens."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bpo.choices import ReportKind, ScorecardStatus
from bpo.queries.alert_words import day_words, period_words
from bpo.queries.money_words import amounts_text
from bpo.queries.overview import Cell, Overview, Row, overview
from bpo.queries.overview_words import money_facts, sentences, staff_sentences
from bpo.queries.report_decision import Decision, cell_figure, decision_of
from bpo.queries.staff import for_everybody, kinds_of
from bpo.queries.words import LINE_WORDS
from kpis.calc.periods import Period
from kpis.choices import StatusChoice
from vendors.clock import local_date

if TYPE_CHECKING:
    from vendors.actors import Actor

NOTHING = "–"
TARGET = Decimal(100)
ANCHORS = ("contracts", "moved", "disturbed")
"""Where on the page the reasons of the three sentences stand."""
STAFF_ANCHORS = ("programme", "figures", "disturbed")
Content = dict[str, Any]


def content_of(kind: str, actor: Actor, period: Period, *, now: datetime) -> Content:
    """Return the report of a period as ``actor`` may see it, in the language in force; JSON types throughout."""
    whole = overview(actor, period.kind, period.start, now=now)
    is_staff = kind == ReportKind.ALL_STAFF
    page = for_everybody(whole) if is_staff else whole
    told = staff_sentences(page) if is_staff else sentences(page)
    decision = None if is_staff else decision_of(page, actor)
    title = _("How our customer centres did") if is_staff else _("Executive overview")
    named = period_words(period.kind.value, period.start)
    anchors = STAFF_ANCHORS if is_staff or not told else ANCHORS
    return {
        "kind": str(kind),
        "title": title,
        "period": named,
        "subject": _subject(title, named, page, decision),
        "made_on": day_words(local_date(now, settings.TIME_ZONE)),
        "is_provisional": page.is_provisional,
        "score": _points(page.score),
        "direction": _direction(page.change),
        "facts": _facts(page, is_staff=is_staff),
        "sentences": [
            {"anchor": anchor, "text": text}
            for anchor, text in zip(anchors, told or [_nothing_told(whole, named)], strict=False)
        ],
        "decision": decision and {"code": decision.code, "text": decision.text, "reasons": list(decision.reasons)},
        "contracts": [] if is_staff else [_contract(row) for row in page.ranked + _unscored(page)],
        "moved": None if is_staff else _moved(page),
        "tally": [[status, str(LINE_WORDS[status]), count] for status, count in page.tally],
        "factors": _kinds(page) if is_staff else _factors(page),
        "lifted": [] if is_staff else _lifted(page),
    }


def _nothing_told(page: Overview, period: str) -> str:
    if page.score is not None:
        return _("There is no figure that can be told without telling of a vendor.")
    return _("There are no figures for %(period)s yet.") % {"period": period}


def _subject(title: str, period: str, page: Overview, decision: Decision | None) -> str:
    parts = [f"{title} · {period}"]
    if page.score is not None:
        change = f" ({_change(page.change)})" if page.change else ""
        parts.append(_("%(score)s points%(change)s") % {"score": _points(page.score), "change": change})
    if page.is_provisional:
        parts.append(_("Provisional"))
    if decision is not None and decision.is_asked:
        parts.append(ngettext("%(n)s decision", "%(n)s decisions", 1) % {"n": 1})
    return " · ".join(parts)


def _facts(page: Overview, *, is_staff: bool) -> list[list[str]]:
    """Return the figures at the head, each with its name: the score against its target and the period before."""
    facts = [
        [_("Target"), _points(TARGET)],
        [_("Against the target"), _change(None if page.score is None else page.score - TARGET)],
        [_("The period before"), _before(page)],
    ]
    if page.year is not None:
        facts.append([_("%(year)s so far") % {"year": page.period.start.year}, _points(page.year)])
    if is_staff:
        return facts
    if page.ranked:
        facts.append([_("Best"), _named(page.ranked[0])])
    if len(page.ranked) > 1:
        facts.append([_("Worst"), _named(page.ranked[-1])])
    return facts + [[name, amounts_text(amounts)] for name, amounts in money_facts(page)]


def _before(page: Overview) -> str:
    """Write the score before and the change; where not every contract was there before, of how many the change is."""
    scored = [row for row in page.rows if row.score is not None]
    both = sum(row.before is not None for row in scored)
    if not both:
        return NOTHING
    if both == len(scored):
        return f"{_points(page.before)} ({_change(page.change)})"
    text = ngettext("%(change)s, of %(n)s contract in both", "%(change)s, of %(n)s contracts in both", both)
    return text % {"change": _change(page.change), "n": both}


def _named(row: Row) -> str:
    return f"{row.contract.name} {_points(row.score)}"


def _points(value: Decimal | None) -> str:
    return NOTHING if value is None else f"{value:,.2f}"


def _change(value: Decimal | None) -> str:
    """Write a change with its direction as a sign: ▲ 1.20, ▼ 0.40."""
    if value is None:
        return NOTHING
    return f"{'▲' if value > 0 else '▼'} {abs(value):,.2f}" if value else _("unchanged")


def _direction(value: Decimal | None) -> str:
    return "same" if not value else "rise" if value > 0 else "fall"


def _unscored(page: Overview) -> list[Row]:
    return [row for row in page.rows if row.score is None]


def _contract(row: Row) -> Content:
    return {
        "vendor": row.contract.vendor.label,
        "name": row.contract.name,
        "score": _points(row.score),
        "grade": row.grade,
        "change": _change(row.change),
        "direction": _direction(row.change),
        "state": _state(row),
        "cells": [_cell(cell) for cell in row.cells.values()],
    }


def _state(row: Row) -> str:
    if row.is_unreported:
        return str(StatusChoice.NO_DATA.label)
    if row.is_provisional:
        return _("Provisional")
    return str(ScorecardStatus(row.card.status).label) if row.card is not None else ""


def _cell(cell: Cell) -> Content:
    return {
        "kpi": cell.kpi.label,
        "value": cell_figure(cell.counted, cell),
        "target": cell_figure(cell.target, cell),
        "standing": cell.standing,
        "word": str(LINE_WORDS.get(cell.standing, cell.standing)),
    }


def _moved(page: Overview) -> Content | None:
    """Return the KPIs behind the largest fall, the ones that moved it most first; null where no contract fell."""
    fallen = [row for row in page.ranked if row.change is not None and row.change < 0]
    if not fallen:
        return None
    row = min(fallen, key=lambda one: one.change or Decimal(0))
    return {
        "contract": row.contract.name,
        "rows": [
            [
                page.kpis[move.key].label,
                _counted(row.earlier.get(move.key)),
                _counted(row.cells.get(move.key)),
                _change(move.points),
            ]
            for move in row.moved
        ],
    }


def _counted(cell: Cell | None) -> str:
    return NOTHING if cell is None else cell_figure(cell.counted, cell)


def _factors(page: Overview) -> list[list[str]]:
    zone = settings.TIME_ZONE
    return [
        [
            factor.title,
            str(factor.get_kind_display()),
            f"{day_words(local_date(factor.starts_at, zone))} – {day_words(local_date(factor.ends_at, zone))}",
        ]
        for factor in page.factors
    ]


def _kinds(page: Overview) -> list[list[str]]:
    """Return how many factors there were of each kind; their titles and days may tell of a vendor."""
    text = _("%(kind)s (%(count)s)")
    return [[text % {"kind": kind, "count": count}, "", ""] for kind, count in sorted(kinds_of(page).items())]


def _lifted(page: Overview) -> list[list[str]]:
    return [
        [row.contract.name, cell.kpi.label, cell_figure(cell.value, cell), cell_figure(cell.adjusted, cell)]
        for row, cell in page.lifted
    ]
