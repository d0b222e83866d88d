"""The deck of the monthly meeting (회의자료): summary, scorecards, external factors, last and next actions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil

from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from bpo.queries.meeting import Action
from bpo.queries.overview import Group, Row
from bpo.queries.overview_words import sentences
from bpo.queries.period_facts import PeriodFacts
from bpo.reports.paper import (
    SHAPES,
    as_of,
    figure_of,
    made_at,
    more,
    notices,
    remarks,
    row_remark,
    scope_of,
    short_name,
    signed_figure,
    standing_facts,
    state,
    title_of,
    tone,
)
from bpo.reports.slides import ACCENT, BODY_END, FULL, MARGIN, SOFT, Deck, SlideTable, TableCell, Text, height_of
from bpo.templatetags.bpo_pages import NOTHING, WORDS, figure_text, moment, points, short_day, vendor_label
from kpis.models import Kpi

MOST_COLUMNS = 8
NAME, TOTAL, WIDEST = 2.4, 1.4, 1.9
"""Inches of the first columns, and the most a KPI's takes."""
MOST_ACTIONS, MOST_BARS = 24, 15
MOST_LIFTED = 8
LONGEST = 140
"""Letters of a message or note on a slide; the whole of it stands on the pages."""
SIZES = (14, 12, 10.5)
SIDE = 5.6
"""Inches the texts of the summary take; its charts stand beside them."""


def meeting_pptx(facts: PeriodFacts) -> bytes:
    """Return the deck in the language in force: five slides, more where a table goes on. Same figures, same bytes."""
    deck = Deck((get_language() or "ko")[:2], " · ".join((_("BPO KPI service"), title_of(facts), scope_of(facts))))
    _summary(deck, facts)
    _cards(deck, facts)
    _factors(deck, facts)
    _actions(deck, _("Last actions"), facts.actions.last, _("No action was taken in this period."), _("What was done"))
    _actions(deck, _("Next actions"), facts.actions.next, _("Nothing waits to be done."), _("Where it stands"))
    return deck.bytes(f"{_('Meeting deck')} {title_of(facts)}", made_at(facts.period))


def _summary(deck: Deck, facts: PeriodFacts) -> None:
    page = facts.page
    slide = deck.slide(f"{title_of(facts)} · {pgettext('slide', 'Summary')}")
    top = deck.text(
        slide,
        [
            Text(_("Programme score"), 12, colour=SOFT),
            Text(points(page.score), 40, True, ACCENT),
            *(Text(f"{label}: {text}", 12) for label, text in standing_facts(page)),
            *(Text(text, 11, True) for text in notices(facts)),
            Text(as_of(page), 10, colour=SOFT),
        ],
        MARGIN, 1.2, SIDE,
    )  # fmt: skip
    told = sentences(page) or [_("No figures in this period")]
    top = deck.text(slide, _fitting(told, BODY_END - top - 0.8), MARGIN, top + 0.1, SIDE)
    tally = "   ".join(f"{SHAPES[name]} {WORDS[name]} {count}" for name, count in page.tally)
    deck.text(slide, [Text(tally, 12, True)], MARGIN, top + 0.1, SIDE)
    left, width = MARGIN + SIDE + 0.2, FULL - SIDE - 0.2
    trend = [(short_name(one.period), float(one.score)) for one in facts.trend.points if one.score is not None]
    if trend:
        names, values = zip(*trend, strict=True)
        deck.chart(slide, _("Programme score by period"), names, values, (left, 1.2, width, 2.7), is_line=True)
    ranked = [(row.contract.name, float(row.score)) for row in page.ranked if row.score is not None]
    if ranked:
        title = _("Total score by contract") if len(ranked) <= MOST_BARS else _("The lowest total scores")
        names, values = zip(*ranked[-MOST_BARS:], strict=True)
        deck.chart(slide, title, names, values, (left, 3.95, width, 3.0), is_line=False)


def _fitting(told: Sequence[str], room: float) -> list[Text]:
    """Return the sentences in the largest size in which they stand in ``room`` inches; cut where none does."""
    for size in SIZES:
        texts = [Text(f"{number}. {text}", size) for number, text in enumerate(told, start=1)]
        if height_of(texts, SIDE) <= room:
            return texts
    return [Text(f"{number}. {_cut(text)}", SIZES[-1]) for number, text in enumerate(told, start=1)]


def _cards(deck: Deck, facts: PeriodFacts) -> None:
    tables = [table for group in facts.page.groups for table in _tables(group)]
    if tables:
        deck.tables(_("Scorecards"), tables)
    else:
        _empty(deck, _("Scorecards"), _("No figures in this period"))


def _tables(group: Group) -> Iterator[SlideTable]:
    """Yield the table of a group, at most eight KPIs wide; what has more goes on in a second one."""
    columns = group.columns
    parts = ceil(len(columns) / MOST_COLUMNS)
    each = ceil(len(columns) / parts)
    for start in range(0, len(columns), each):
        shown = columns[start : start + each]
        width = min((FULL - NAME - TOTAL) / each, WIDEST)
        head = [_head(f"{vendor_label()} · {_('Contract')}"), _head(_("Total score"), True)]
        yield SlideTable(
            [NAME, TOTAL, *(width for _one in shown)],
            [*head, *(_head(kpi.label, True) for kpi in shown)],
            [list(_card_row(row, shown)) for row in group.rows],
        )


def _card_row(row: Row, columns: Sequence[Kpi]) -> Iterator[TableCell]:
    names = [Text(row.contract.vendor.label, 12, True), Text(row.contract.name, 10, colour=SOFT)]
    grade = f" {row.grade}" if row.grade else ""
    yield TableCell(names)
    yield TableCell([Text(f"{points(row.score)}{grade}", 12, True), Text(row_remark(row), 9, colour=SOFT)], "", True)
    for kpi in columns:
        cell = row.cells.get(kpi.pk)
        if cell is None:
            yield TableCell([Text("·", 11, colour=SOFT)], "", True)
        else:
            below = [Text(one, 9, colour=SOFT) for one in remarks(cell)]
            said = [Text(figure_of(cell), 12, True), Text(state(cell.standing), 10), *below]
            yield TableCell(said, tone(cell.standing), True)


def _factors(deck: Deck, facts: PeriodFacts) -> None:
    page, tables = facts.page, list[SlideTable]()
    if page.factors:
        rows = [
            _row(
                factor.title,
                str(factor.get_kind_display()),
                f"{moment(factor.starts_at)} – {moment(factor.ends_at)}",
                factor.department.label if factor.department else NOTHING,
            )
            for factor in page.factors
        ]
        head = [_("External factor"), _("Kind"), _("When"), _("Department")]
        tables.append(_table((4.6, 2.3, 3.6, 1.833), head, rows, _("Approved external factors")))
    if page.lifted:
        rows = [
            _row(
                row.contract.name,
                cell.kpi.label,
                *(figure_text(one, 2, cell.unit) for one in (cell.value, cell.adjusted)),
                signed_figure(cell.uplift, cell.unit),
            )
            for row, cell in page.lifted[:MOST_LIFTED]
        ]
        rest = len(page.lifted) - MOST_LIFTED
        if rest > 0:
            rows.append(_row(more(rest), "", "", "", ""))
        head = [_("Contract"), _("KPI"), _("Gross"), _("Adjusted"), pgettext("figures", "Change")]
        tables.append(_table((4.2, 3.633, 1.5, 1.5, 1.5), head, rows, _("Gross and adjusted")))
    if tables:
        deck.tables(_("External factors"), tables)
    else:
        _empty(deck, _("External factors"), _("No external factor changes these figures."))


def _actions(deck: Deck, title: str, actions: Sequence[Action], nothing: str, step: str) -> None:
    if not actions:
        _empty(deck, title, nothing)
        return
    rows = [
        _row(
            one.vendor or NOTHING,
            f"{one.cause}: {_cut(one.about)}",
            _cut(one.step),
            one.who or NOTHING,
            short_day(one.on),
        )
        for one in actions[:MOST_ACTIONS]
    ]
    rest = len(actions) - MOST_ACTIONS
    if rest > 0:
        rows.append(_row("", more(rest), "", "", ""))
    head = (vendor_label(), _("What about"), step, _("Person"), pgettext("actions", "Day"))
    deck.tables(title, [_table((2.4, 4.7, 2.833, 1.3, 1.1), head, rows)])


def _table(widths: Sequence[float], head: Sequence[str], rows: list[list[TableCell]], name: str = "") -> SlideTable:
    return SlideTable(widths, [_head(text) for text in head], rows, name)


def _head(text: str, is_centred: bool = False) -> TableCell:
    return TableCell([Text(text, 10, True, SOFT)], "head", is_centred)


def _row(first: str, *rest: str) -> list[TableCell]:
    return [TableCell([Text(first, 11, True)]), *(TableCell([Text(text, 12)]) for text in rest)]


def _empty(deck: Deck, title: str, text: str) -> None:
    deck.text(deck.slide(title), [Text(text, 16, colour=SOFT)], MARGIN, 1.5, FULL)


def _cut(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= LONGEST else f"{flat[: LONGEST - 1]}…"
