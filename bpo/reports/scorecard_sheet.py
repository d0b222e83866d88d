"""A scorecard as a workbook: numbers are numbers, text is text, and the scores stand in a native chart."""

from __future__ import annotations

import io
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import xlsxwriter
from django.utils.translation import gettext as _

from bpo.queries import words
from bpo.queries.money_panel import MoneyPanel
from bpo.queries.money_words import step_words
from bpo.queries.pages import CardPage
from bpo.reports.scorecard_print import facts, money_said, notice
from bpo.templatetags.bpo_pages import WORDS, level_text, month, named, parameters, vendor_label

FIRST = 9
"""Row of the table's head; above it stand whose card it is and its facts."""
SCORE = 6


def scorecard_xlsx(page: CardPage, money: MoneyPanel | None = None) -> bytes:
    """Return the workbook of a card, in the language in force; the same card is the same bytes.

    ``money`` is what the month is worth: a sheet of its own, step by step.
    """
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        made = datetime.combine(date.fromisoformat(page.card["start"]), time())
        book.set_properties({"title": f"{named(page.card, 'vendor_')} {page.card['start'][:7]}", "created": made})
        sheet = book.add_worksheet(_("Monthly scorecard"))
        _Sheet(book, sheet, page).write()
        if money is not None:
            _write_money(book, book.add_worksheet(_("Money")), money)
    return file.getvalue()


def _write_money(book: Any, sheet: Any, panel: MoneyPanel) -> None:
    bold, head = book.add_format({"bold": True}), book.add_format({"bold": True, "bg_color": "#E8ECF3", "bottom": 1})
    whole, exact = book.add_format({"num_format": "#,##0"}), book.add_format({"num_format": "#,##0.00"})
    money = panel.money
    sheet.write_string(0, 0, money_said(money), bold)
    for column, name in enumerate((_("Step"), _("How it is reckoned"), f"{_('Amount')} ({money.currency})")):
        sheet.write_string(2, column, name, head)
    words_of_steps = step_words(money.steps, money.currency, panel.names)
    for row, (step, (name, text, _amount)) in enumerate(zip(money.steps, words_of_steps, strict=True), start=3):
        sheet.write_string(row, 0, name)
        sheet.write_string(row, 1, text)
        if step.amount is not None:
            sheet.write_number(row, 2, float(step.amount), whole if step.amount % 1 == 0 else exact)
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 60)
    sheet.set_column(2, 2, 18)


class _Sheet:
    """One card on one sheet."""

    def __init__(self, book: Any, sheet: Any, page: CardPage) -> None:
        self.book, self.sheet, self.page, self.card = book, sheet, page, page.card
        self.bold = book.add_format({"bold": True})
        self.title = book.add_format({"bold": True, "font_size": 14})
        self.head = book.add_format({"bold": True, "bg_color": "#E8ECF3", "bottom": 1, "text_wrap": True})
        self.wrap = book.add_format({"text_wrap": True, "valign": "top"})
        self.strong = book.add_format({"bold": True, "top": 1, "num_format": "#,##0.00"})
        self.two = self._number(2)

    def write(self) -> None:
        self._write_top()
        lines = [line for group in self.page.groups for line in group.lines]
        for column, name in enumerate(self._columns()):
            self.sheet.write_string(FIRST, column, name, self.head)
        for number, line in enumerate(lines, start=FIRST + 1):
            self._write_line(number, line)
        self._write_sums(FIRST + len(lines) + 1)
        self._arrange(len(lines))

    def _write_top(self) -> None:
        card = self.card
        self.sheet.write_string(0, 0, f"{named(card, 'vendor_')} · {month(card['start'])}", self.title)
        whose = f"{vendor_label()} {named(card, 'vendor_')} · {card['contract_name']} ({card['contract']})"
        self.sheet.write_string(1, 0, f"{whose} · {WORDS[card['status']]} · v{card['version']}")
        self.sheet.write_string(2, 0, notice(self.page), self.bold)
        for row, (label, value) in enumerate(((_("Total score"), card["score"]), (_("Grade"), card["grade"])), 3):
            self.sheet.write_string(row, 0, label, self.bold)
            self._write(row, 1, value, self.two)
        for place, (label, text) in enumerate(facts(self.page)):
            row, column = 3 + place % 3, 3 + 3 * (place // 3)
            self.sheet.write_string(row, column, label, self.bold)
            self.sheet.write_string(row, column + 1, text)
        if card["frozen"]:
            self.sheet.write_string(6, 0, f"SHA-256 {card['frozen']['sha256']}")

    def _columns(self) -> list[str]:
        return [
            _("KPI"), _("Target"), _("Minimum"), _("Actual"), _("Adjusted value"), _("Attainment"), _("Score"),
            _("Weight"), _("Effective weight"), _("Points"), _("Unit"), _("Status"), _("Days reported"),
            _("Days expected"), _("Volume"), _("Note"),
        ]  # fmt: skip

    def _write_line(self, row: int, line: dict[str, Any]) -> None:
        scale = self._number(line["decimals"] if line["decimals"] is not None else 2)
        self.sheet.write_string(row, 0, named(line), self.wrap)
        for column, name in enumerate(("target", "minimum", "value", "adjusted_value"), start=1):
            self._write(row, column, line[name], scale)
        self._write(row, 5, words.share_of_target(line), self.two)
        for column, name in enumerate(("score", "weight", "effective_weight", "points"), start=SCORE):
            self._write(row, column, line[name], self.two)
        self.sheet.write_string(row, 10, line["unit"])
        self.sheet.write_string(row, 11, str(WORDS.get(line["status"], line["status"] or "")))
        for column, name in enumerate(("days_reported", "days_expected", "volume"), start=12):
            self._write(row, column, line[name], None)
        notes = (
            self._ranges(line), parameters(line["parameters"]), line["queue_name"], line["evidence"], line["comment"]
        )  # fmt: skip
        self.sheet.write_string(row, 15, " · ".join(text for text in (*notes, *line["flag_words"]) if text), self.wrap)

    def _ranges(self, line: dict[str, Any]) -> str:
        """Return levels that are ranges in words: their cells hold the lower end, to be computed with."""
        levels = (("target", _("Target")), ("minimum", _("Minimum")))
        return ", ".join(
            f"{label} {level_text(line[name], upper, line['unit'])}"
            for name, label in levels
            if (upper := line.get(f"{name}_upper")) is not None
        )

    def _write_sums(self, row: int) -> None:
        self.sheet.write_string(row, 0, _("Sum before gates"), self.strong)
        self._write(row, 7, self.page.weight_sum, self.strong)
        self._write(row, 9, self.card["score_before_gates"], self.strong)
        for number, gate in enumerate(self.page.gates, start=row + 1):
            self.sheet.write_string(number, 0, f"{_('Gate')}: {gate['label']}")
            self.sheet.write_string(number, 1, gate["effect"])

    def _arrange(self, count: int) -> None:
        self.sheet.set_column(0, 0, 30)
        self.sheet.set_column(1, 14, 11)
        self.sheet.set_column(15, 15, 60)
        self.sheet.freeze_panes(FIRST + 1, 1)
        self.sheet.set_landscape()
        self.sheet.set_paper(9)
        self.sheet.fit_to_pages(1, 1)
        if not count:
            return
        chart = self.book.add_chart({"type": "bar"})
        first, last, name = FIRST + 1, FIRST + count, self.sheet.get_name()
        chart.add_series(
            {
                "name": _("Score"),
                "categories": [name, first, 0, last, 0],
                "values": [name, first, SCORE, last, SCORE],
                "fill": {"color": "#3B5BA9"},
            }
        )
        chart.set_title({"name": _("Score"), "name_font": {"size": 11}})
        chart.set_legend({"none": True})
        chart.set_y_axis({"reverse": True})
        self.sheet.insert_chart(last + 4 + len(self.page.gates), 0, chart, {"x_scale": 1.4})

    def _write(self, row: int, column: int, value: Any, style: Any) -> None:
        """Write a number as a number; what is no number as text; nothing as an empty cell."""
        if value in (None, ""):
            return
        try:
            self.sheet.write_number(row, column, float(Decimal(str(value))), style)
        except ArithmeticError:
            self.sheet.write_string(row, column, str(value))

    def _number(self, places: int) -> Any:
        return self.book.add_format({"num_format": "#,##0" + ("." + "0" * places if places else ""), "valign": "top"})
