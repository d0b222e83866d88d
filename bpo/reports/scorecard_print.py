"""A scorecard as one printed page (PDF), with the box for 작성 · 검토 · 승인."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from bpo.queries import words
from bpo.queries.card_money import CardMoney
from bpo.queries.money_panel import MoneyPanel
from bpo.queries.money_words import REASONS, moved_word, step_words, won
from bpo.queries.pages import CardPage
from bpo.reports.typesetting import typeset
from bpo.templatetags.bpo_pages import (
    NOTHING,
    WORDS,
    exact,
    figure_text,
    level_text,
    moment,
    month,
    named,
    parameters,
    points,
    signed,
    vendor_label,
    who,
)
from bpo.templatetags.totals import total_note

Cell = dict[str, Any]


def scorecard_pdf(page: CardPage, money: MoneyPanel | None = None) -> bytes:
    """Return the page as PDF, in the language in force. The same card in the same state is the same bytes."""
    card = page.card
    made = parse_datetime((card["frozen"] or {}).get("frozen_at") or card["computed_at"] or "")
    return typeset("scorecard.typ", printed(page, money), at=made or datetime.fromisoformat(f"{card['end']}T00:00:00Z"))


def file_name(card: Mapping[str, Any], kind: str) -> str:
    """Return a name that says whose card it is: ``hanbit-2026_2026-11_v1.pdf``."""
    return f"{card['contract']}_{card['start'][:7]}_v{card['version']}.{kind}"


def printed(page: CardPage, money: MoneyPanel | None = None) -> dict[str, Any]:
    """Return every text of the printed page, in its order; ``money`` is what the month is worth."""
    card = page.card
    vendor = f"{vendor_label()} {named(card, 'vendor_')}"
    return {
        "language": (get_language() or "ko")[:2],
        "service": _("BPO KPI service"),
        "over": f"{_('Monthly scorecard')} · {WORDS[card['status']]} · v{card['version']}",
        "title": f"{named(card, 'vendor_')} · {month(card['start'])}",
        "under": f"{vendor} · {card['contract_name']}",
        "approvals": [_("Prepared"), _("Reviewed"), _("Approved")],
        "notice": notice(page),
        "score": {"label": _("Total score"), "text": points(card["score"])},
        "grade": {"label": _("Grade"), "text": card["grade"] or NOTHING},
        "facts": [{"label": label, "text": text} for label, text in facts(page)],
        "columns": [
            _("KPI"), _("Target"), _("Actual"), _("Attainment"), _("Score"), _("Weight"), _("Points"), _("Status"),
        ],
        "lines": [*(_line(line) for group in page.groups for line in group.lines), _sum(page)],
        "money": _money(money) if money else None,
        "parts": [part for part in _parts(page) if part["rows"]],
        "foot": _foot(card),
    }  # fmt: skip


def _money(panel: MoneyPanel) -> dict[str, Any]:
    """Return what the month is worth and the steps to it, or why nothing can be said."""
    return {
        "title": _("Money"),
        "said": money_said(panel.money),
        "columns": [_("Step"), _("How it is reckoned"), _("Amount")],
        "steps": step_words(panel.money.steps, panel.money.currency, panel.names),
    }


def money_said(money: CardMoney) -> str:
    """Return what a month is worth in one line: "Expected reduction −3,600,000원 · provisional"."""
    if money.reason:
        return str(REASONS.get(money.reason, money.reason))
    said = f"{moved_word(money)} {won(money.adjustment, money.currency, signed=True)}"
    return _joined(said, str(_("Provisional")) if money.is_estimate else "")


def notice(page: CardPage) -> str:
    """Return what a reader must know before the figures: provisional, pilot, simulated; empty where nothing is."""
    said = []
    if page.is_open:
        said.append(f"{_('Provisional')}: {_('This scorecard is not final: its figures may still change.')}")
    if page.is_open and (note := total_note(page)):
        said.append(f"{_('Total score')}: {note}")
    if page.card["is_pilot"]:
        said.append(_("Pilot, without money"))
    if page.is_simulated:
        said.append(_("Simulated figures"))
    return " · ".join(said)


def facts(page: CardPage) -> list[tuple[str, str]]:
    """Return the facts beside the score: label and text."""
    card = page.card
    return [
        (_("Before gates"), _joined(points(card["score_before_gates"]), card["grade_before_gates"])),
        (_("Completeness (days)"), _joined(_percent(card["completeness"]), least_complete(page))),
        (_("Weight covered"), _percent(card["weight_covered"])),
        (_("Missing days"), str(page.missing_day_policy)),
        (_("As of"), moment(card["computed_at"])),
        (_("Currency"), card["currency"]),
    ]


def least_complete(page: CardPage) -> str:
    """Name the KPI the completeness is of; how many there are, where several are as incomplete."""
    lines = page.least_complete
    if not lines:
        return ""
    more = _("and %(number)s more") % {"number": len(lines) - 1} if len(lines) > 1 else ""
    return f"{_('lowest')}: {named(lines[0])} {more}".rstrip()


def _line(line: Mapping[str, Any]) -> list[Cell]:
    decimals, unit = line["decimals"], line["unit"]
    minimum = (
        f"{_('minimum')} {level_text(line['minimum'], line.get('minimum_upper'), unit)}"
        if line["minimum"] is not None
        else ""
    )
    adjusted = f"{_('adjusted')} {figure_text(line['adjusted_value'], decimals, unit)}" if line["is_adjusted"] else ""
    days = f"{line['days_reported']}/{line['days_expected']}" if line["coverage"] else ""
    share = words.share_of_target(line)
    counts_as = f"{_('counts as')} {points(line['effective_weight'])}" if line["is_reweighted"] else ""
    return [
        _cell(named(line), _below(line), strong=True),
        _cell(level_text(line["target"], line.get("target_upper"), unit), minimum),
        _cell(figure_text(line["value"], decimals, unit, line["flags"]), adjusted, strong=True),
        _cell(f"{points(share)}%" if share is not None else NOTHING),
        _cell(points(line["score"])),
        _cell(exact(line["weight"]), counts_as),
        _cell(signed(line["points"]) if line["kind"] == "adjustment" else points(line["points"]), strong=True),
        _cell(str(WORDS.get(line["status"], line["status"] or NOTHING)), _joined(days, *line["flag_words"])),
    ]


def _below(line: Mapping[str, Any]) -> str:
    carried = month(line["carried_from"]) if line.get("carried_from") else ""
    return _joined(parameters(line["parameters"]), line["queue_name"], carried, line["evidence"], line["comment"])


def _sum(page: CardPage) -> list[Cell]:
    empty = _cell("")
    total = [_cell(exact(page.weight_sum)), _cell(points(page.card["score_before_gates"]), strong=True)]
    return [_cell(_("Sum before gates"), strong=True), *[empty] * 4, *total, empty]


def _parts(page: CardPage) -> Iterable[dict[str, Any]]:
    yield {
        "title": _("Gate"),
        "rows": [
            f"{gate['label']}: {gate['effect']} · {_joined(gate.get('evidence'), who(gate.get('approved_by') or ''))}"
            for gate in page.gates
        ],
    }
    yield {
        "title": _("Disputes"),
        "rows": [
            _joined(named(row["line_view"]), str(WORDS[row["status"]]), row["reason"], row["resolution"])
            for row in page.disputes
        ],
    }
    yield {"title": _("Note"), "rows": [str(warning) for warning in page.warnings]}
    yield {
        "title": _("History"),
        "rows": [
            _joined(moment(event["at"]), str(words.event(event["action"])), who(event["by"]), event["note"])
            for event in page.card["events"]
        ],
    }


def _foot(card: Mapping[str, Any]) -> str:
    if not card["frozen"]:
        return _("Figures as of %(at)s") % {"at": moment(card["computed_at"])}
    frozen = card["frozen"]
    return f"{_('Frozen')} {moment(frozen['frozen_at'])} · {who(frozen['frozen_by'])} · SHA-256 {frozen['sha256']}"


def _cell(text: str, under: str = "", *, strong: bool = False) -> Cell:
    return {"text": text, "under": under, "strong": strong}


def _joined(*texts: str | None) -> str:
    return " · ".join(text for text in texts if text)


def _percent(value: str | None) -> str:
    return NOTHING if value is None else f"{points(value)}%"
