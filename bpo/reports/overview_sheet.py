"""The executive overview as a workbook: what stands on the page, with native charts, definitions and factors."""

from __future__ import annotations

import io
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import xlsxwriter
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from bpo.queries.overview import Overview
from bpo.queries.overview_words import money_facts, sentences
from bpo.queries.period_facts import PeriodFacts
from bpo.reports.paper import as_of, made_at, notices, period_name, scope_of, state, title_of
from bpo.reports.sheets import WORKBOOK, Column, Number, Styles, Table, set_up_print
from bpo.templatetags.bpo_pages import WORDS, vendor_label
from kpis.queries.unit_words import unit_word

STANDINGS = ("met", "below_target", "below_minimum", "no_data")
COLOURS = {"met": "#2E8B57", "below_target": "#E0A526", "below_minimum": "#C0392B", "no_data": "#9AA3B2"}
BLUE, PALE = "#3B5BA9", "#E3E6EC"
FIRST_FACT = 5
"""Row of the summary at which the figures beside the score begin; three sentences and the charts follow them."""
ROOM_OF_SENTENCES, ROOM_OF_A_CHART = 4, 18
"""In rows."""
CHART_WIDTH, ROOM_OF_A_KPI = 920, 26
"""In pixels."""
PRINTED_COLUMNS = 12
"""Of the results of KPIs: the codes behind them are for machines."""


def overview_xlsx(facts: PeriodFacts) -> bytes:
    """Return the workbook in the language in force; the same figures are the same bytes."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, WORKBOOK) as book:
        title = f"{_('Executive overview')} {title_of(facts)}"
        book.set_properties({"title": title, "created": made_at(facts.period).replace(tzinfo=None)})
        styles = Styles(book)
        summary = book.add_worksheet(pgettext("slide", "Summary"))
        results, scores, counts, *_rest = [
            Table(book.add_worksheet(name), styles, *sheet, frozen=frozen) for name, sheet, frozen in _sheets(facts)
        ]
        results.sheet.print_area(0, 0, len(results.rows), PRINTED_COLUMNS - 1)
        results.sheet.autofilter(0, 0, len(results.rows), len(results.columns) - 1)
        below = _summarise(summary, styles, facts)
        _draw(book, summary, scores, counts, below)
        for sheet in book.worksheets():
            sheet.set_footer(f"&L{title.replace('&', '&&')}&R&P / &N")
    return file.getvalue()


def _summarise(sheet: Any, styles: Styles, facts: PeriodFacts) -> int:
    """Write the score, the figures beside it and the sentences; return the row at which there is room below them."""
    bold = styles.of(bold=True)
    sheet.write_string(0, 0, f"{_('Executive overview')} · {title_of(facts)}", styles.of(bold=True, font_size=14))
    sheet.write_string(1, 0, f"{scope_of(facts)} · {as_of(facts.page)}")
    sheet.write_string(2, 0, " ".join(notices(facts)), bold)
    sheet.write_string(4, 0, _("Programme score"), bold)
    if facts.page.score is not None:
        style = styles.of(bold=True, font_size=16, num_format="0.00", align="left")
        sheet.write_number(4, 1, float(facts.page.score), style)
    summary = _summary(facts.page)
    for row, (label, value, style) in enumerate(summary, start=FIRST_FACT):
        sheet.write_string(row, 0, label)
        if value is not None:
            sheet.write_number(row, 1, float(value), styles.of(num_format=style, align="left"))
    for row, text in enumerate(sentences(facts.page), start=FIRST_FACT + len(summary)):
        sheet.write_string(row, 0, text)
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 9, 12)
    set_up_print(sheet, is_tall=True)
    return FIRST_FACT + len(summary) + ROOM_OF_SENTENCES


def _summary(page: Overview) -> list[tuple[str, Decimal | int | None, str]]:
    """Return the figures beside the score: label, number and how it is written."""
    return [
        (_("Against the period before"), page.change, "+0.00;−0.00;0.00"),
        (_("Contracts that reach 100"), page.on_target, "0"),
        (_("Contracts with a score"), len(page.ranked), "0"),
        (_("%(year)s so far") % {"year": page.period.start.year}, page.year, "0.00"),
        (_("Heading for a miss"), page.misses, "0"),
        *(
            (f"{name} ({currency})", amount, "#,##0")
            for name, amounts in money_facts(page)
            for currency, amount in amounts.items()
        ),
    ]


def _draw(book: Any, sheet: Any, scores: Table, counts: Table, first: int) -> None:
    grid = {"visible": True, "line": {"color": PALE}}
    if scores.rows:
        chart = book.add_chart({"type": "line"})
        marker = {"type": "circle", "size": 6, "fill": {"color": BLUE}, "border": {"color": BLUE}}
        chart.add_series({**scores.series(1), "line": {"color": BLUE, "width": 2.25}, "marker": marker})
        chart.set_title({"name": _("Programme score by period"), "name_font": {"size": 11}})
        chart.set_legend({"none": True})
        chart.set_y_axis({"num_format": "0", "major_gridlines": grid})
        chart.set_size({"width": CHART_WIDTH, "height": 340})
        sheet.insert_chart(first, 0, chart)
    if counts.rows:
        chart = book.add_chart({"type": "bar", "subtype": "stacked"})
        for column, name in enumerate(STANDINGS, start=1):
            chart.add_series({**counts.series(column), "fill": {"color": COLOURS[name]}, "gap": 60})
        chart.set_title({"name": _("Where each KPI stands, by number of contracts"), "name_font": {"size": 11}})
        chart.set_legend({"position": "bottom"})
        chart.set_y_axis({"reverse": True})
        chart.set_x_axis({"num_format": "0", "major_gridlines": grid})
        chart.set_size({"width": CHART_WIDTH, "height": 120 + ROOM_OF_A_KPI * len(counts.rows)})
        sheet.insert_chart(first + ROOM_OF_A_CHART, 0, chart)


Sheet = tuple[Sequence[Column], Sequence[Sequence[Any]]]


def _sheets(facts: PeriodFacts) -> list[tuple[str, Sheet, int]]:
    """Return name, columns with rows, and how many columns stay in sight, of every table in its order."""
    page = facts.page
    return [
        (_("KPI results"), _figures(page), 3),
        (_("Scores"), _scores(facts), 1),
        (_("Where KPIs stand"), _counts(page), 1),
        (_("Definitions"), _definitions(facts), 2),
        (_("External factors"), _factors(page), 1),
        (_("Gross and adjusted"), _lifted(page), 2),
    ]


def _figures(page: Overview) -> Sheet:
    columns = [
        Column(vendor_label(), 20), Column(_("Contract"), 22), Column(_("KPI"), 26), Column(_("Target")),
        Column(_("Gross")), Column(_("Adjusted")), Column(_("Score"), 10), Column(_("Weight"), 10),
        Column(_("Status"), 18), Column(_("Provisional"), 10), Column(_("Heading for a miss"), 14),
        Column(_("Unit"), 10), Column(_("KPI code"), 22), Column(_("Contract code"), 18),
    ]  # fmt: skip
    rows = []
    for row in page.rows:
        for cell in row.cells.values():
            unit = _unit(cell.unit)
            rows.append(
                [
                    row.contract.vendor.label,
                    row.contract.name,
                    cell.kpi.label,
                    Number(cell.target, _places(cell.target), unit),
                    Number(cell.value, _places(cell.value, cell.decimals), unit),
                    Number(cell.adjusted, _places(cell.adjusted, cell.decimals), unit),
                    Number(cell.score),
                    Number(cell.weight, _places(cell.weight)),
                    state(cell.standing),
                    _("Provisional") if cell.is_provisional else None,
                    cell.projected or None,
                    unit,
                    cell.kpi.code,
                    row.contract.code,
                ]
            )
    return columns, rows


def _scores(facts: PeriodFacts) -> Sheet:
    trend = facts.trend
    columns = [
        Column(_("Period"), 20),
        Column(_("Programme score")),
        *(Column(f"{row.vendor.label} · {row.name}", 18) for row in trend.contracts),
    ]
    return columns, [
        [
            period_name(point.period),
            Number(point.score),
            *(Number(point.scores.get(row.pk)) for row in trend.contracts),
        ]
        for point in trend.points
        if point.score is not None
    ]


def _counts(page: Overview) -> Sheet:
    """Count the contracts of each KPI by where they stand."""
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    for cell in _cells(page):
        counts[cell.kpi.pk][cell.standing] += 1
    order = sorted(counts, key=lambda key: (-counts[key].total(), page.kpis[key].code))
    columns = [Column(_("KPI"), 30), *(Column(str(WORDS[name])) for name in STANDINGS)]
    return columns, [[page.kpis[key].label, *(Number(counts[key][name], 0) for name in STANDINGS)] for key in order]


def _cells(page: Overview) -> Iterable[Any]:
    return (cell for row in page.rows for cell in row.cells.values())


def _definitions(facts: PeriodFacts) -> Sheet:
    columns = [
        Column(_("KPI code"), 22), Column(_("KPI"), 26), Column(_("Definition"), 50), Column(_("Formula"), 44),
        Column(_("Unit"), 10), Column(_("Direction"), 18), Column(_("Decimals"), 10), Column(_("Version"), 10),
    ]  # fmt: skip
    rows = []
    for kpi in sorted(facts.page.kpis.values(), key=lambda one: one.code):
        version = facts.versions[kpi.pk]
        rows.append(
            [
                kpi.code,
                kpi.label,
                kpi.meaning,
                version.formula,
                _unit(version.unit),
                str(version.get_direction_display()),
                Number(version.decimals, 0),
                Number(version.number, 0),
            ]
        )
    return columns, rows


def _factors(page: Overview) -> Sheet:
    columns = [
        Column(_("External factor"), 36),
        Column(_("Kind"), 20),
        Column(_("Status"), 14),
        Column(pgettext("factor", "From"), 18),
        Column(pgettext("factor", "Until"), 18),
        Column(_("Department"), 18),
        Column(_("Method"), 30),
    ]
    return columns, [
        [
            factor.title,
            factor.get_kind_display(),
            factor.get_status_display(),
            timezone.localtime(factor.starts_at).replace(tzinfo=None),
            timezone.localtime(factor.ends_at).replace(tzinfo=None),
            factor.department.label if factor.department else None,
            factor.get_method_display(),
        ]
        for factor in page.factors
    ]


def _lifted(page: Overview) -> Sheet:
    columns = [
        Column(_("Contract"), 24), Column(_("KPI"), 26), Column(_("Gross")), Column(_("Adjusted")),
        Column(pgettext("figures", "Change")),
    ]  # fmt: skip
    rows = []
    for row, cell in page.lifted:
        unit = _unit(cell.unit)
        values = [
            Number(value, _places(value, cell.decimals), unit) for value in (cell.value, cell.adjusted, cell.uplift)
        ]
        rows.append([row.contract.name, cell.kpi.label, *values])
    return columns, rows


def _unit(unit: str) -> str:
    return unit_word(unit)


def _places(value: Any, least: int = 0) -> int:
    """Return how many places a figure is written with: all it has, and at least so many."""
    return least if value is None else max(least, -int(value.normalize().as_tuple().exponent))
