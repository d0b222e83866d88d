"""Slides of a deck: titles, texts, tables and charts that stay what they are, to be edited in the meeting.

Sizes are in inches and points. A table that is too high for a slide goes on to the next one; nothing is shrunk.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple
from unicodedata import east_asian_width

import xlsxwriter
from lxml import etree
from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION, XL_MARKER_STYLE
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.oxml.ns import qn
from pptx.util import Inches, Pt

from bpo.reports.packing import packed_alike
from bpo.reports.sheets import WORKBOOK

FONT = "맑은 고딕"
"""On every Korean office machine; where it is missing, the language of the text chooses another Korean one."""
WIDTH, HEIGHT, MARGIN = 13.333, 7.5, 0.5
BODY_TOP, BODY_END = 1.3, 6.95
FULL = WIDTH - 2 * MARGIN
INK, SOFT, ACCENT, LINE = "1D2433", "5B6475", "3B5BA9", "E3E6EC"
FILLS = {"good": "E7F4EC", "warn": "FDF1D8", "bad": "FBE3E1", "calm": "EEF0F4", "head": "E8ECF3", "": "FFFFFF"}
PADDING, LEADING, AFTER = 0.08, 1.4, 3
WIDE, NARROW = 1.0, 0.68
"""How wide a Korean and another letter are, in shares of their size."""
TITLE_ONLY = 5
"""Place of the layout "Title Only" in the template that comes with the library."""


class Text(NamedTuple):
    """One paragraph."""

    text: str
    size: float = 12
    is_bold: bool = False
    colour: str = INK


@dataclass(frozen=True, slots=True)
class TableCell:
    """One cell: its paragraphs, the tone of its ground, and on which side they stand."""

    texts: Sequence[Text]
    tone: str = ""
    is_centred: bool = False


@dataclass(frozen=True, slots=True)
class SlideTable:
    """One table: widths in inches, a head that stands on every slide the table goes on to, and rows."""

    widths: Sequence[float]
    head: Sequence[TableCell]
    rows: Sequence[Sequence[TableCell]]
    name: str = ""


@dataclass(slots=True)
class Deck:
    """A presentation in the making; ``foot`` stands on every slide."""

    language: str
    foot: str
    file: Any = field(default_factory=Presentation)

    def __post_init__(self) -> None:
        self.file.slide_width, self.file.slide_height = Inches(WIDTH), Inches(HEIGHT)

    def bytes(self, title: str, at: datetime) -> bytes:
        """Return the file, which says it was made ``at``: the same slides are the same bytes."""
        about = self.file.core_properties
        about.title, about.author, about.last_modified_by = title, self.foot, self.foot
        about.created = about.modified = about.last_printed = at.replace(tzinfo=None)
        about.language, about.revision = self.language, 1
        made = io.BytesIO()
        self.file.save(made)
        return packed_alike(made.getvalue())

    def slide(self, title: str) -> Any:
        """Add a slide with its title, also for whoever listens to it."""
        slide = self.file.slides.add_slide(self.file.slide_layouts[TITLE_ONLY])
        frame = slide.shapes.title
        frame.left, frame.top, frame.width, frame.height = (Inches(one) for one in (MARGIN, 0.35, FULL, 0.7))
        self._fill(frame.text_frame, [Text(title, 26, True)])
        frame.text_frame.vertical_anchor = MSO_ANCHOR.MIDDLE
        number = len(self.file.slides)
        self.text(slide, [Text(f"{self.foot} · {number}", 9, colour=SOFT)], MARGIN, 7.05, FULL)
        return slide

    def text(self, slide: Any, texts: Iterable[Text], left: float, top: float, width: float) -> float:
        """Write paragraphs and return where they end."""
        texts = list(texts)
        height = height_of(texts, width) + len(texts) * AFTER / 72
        box = slide.shapes.add_textbox(*(Inches(one) for one in (left, top, width, height)))
        self._fill(box.text_frame, texts)
        for paragraph in box.text_frame.paragraphs:
            paragraph.space_after = Pt(AFTER)
        return top + height

    def tables(self, title: str, tables: Sequence[SlideTable]) -> None:
        """Set tables one below the other, on as many slides as they need, with the count in the titles."""
        slides = list(on_slides(tables))
        for number, parts in enumerate(slides, start=1):
            slide = self.slide(title if len(slides) == 1 else f"{title} ({number}/{len(slides)})")
            top = BODY_TOP
            for part in parts:
                if part.name:
                    top = self.text(slide, [Text(part.name, 13, True)], MARGIN, top, FULL)
                top = self.table(slide, part, top) + 0.2

    def table(self, slide: Any, made: SlideTable, top: float) -> float:
        """Set a real table and return where it ends."""
        rows = [made.head, *made.rows]
        heights = [row_height(row, made.widths) for row in rows]
        size = (MARGIN, top, sum(made.widths), sum(heights))
        frame = slide.shapes.add_table(len(rows), len(made.widths), *(Inches(one) for one in size))
        table = frame.table
        table.horz_banding = False
        for column, width in zip(table.columns, made.widths, strict=True):
            column.width = Inches(width)
        for place, (row, height) in enumerate(zip(rows, heights, strict=True)):
            table.rows[place].height = Inches(height)
            for column, cell in enumerate(row):
                self._set(table.cell(place, column), cell)
        return top + sum(heights)

    def chart(
        self, slide: Any, name: str, names: Sequence[str], values: Sequence[float], box: Sequence[float],
        *, is_line: bool,
    ) -> None:  # fmt: skip
        """Set a native chart of one series in ``box`` (left, top, width, height), with its sheet behind it.

        Whoever listens to the slide hears its figures.
        """
        names = ["".join(letter for letter in one if letter.isprintable()) for one in names]
        data = CategoryChartData(number_format="0.00")
        data.categories = names
        data.add_series(name, list(values))
        kind = XL_CHART_TYPE.LINE_MARKERS if is_line else XL_CHART_TYPE.BAR_CLUSTERED
        frame = slide.shapes.add_chart(kind, *(Inches(one) for one in box), data)
        frame.name = name
        said = ", ".join(f"{label} {value:.2f}" for label, value in zip(names, values, strict=True))
        frame._element.nvGraphicFramePr.cNvPr.set("descr", f"{name}: {said}")
        chart = frame.chart
        # The sheet the library writes takes a name that begins with "=" for a formula.
        chart.part.chart_workbook.update_from_xlsx_blob(_sheet(name, names, values))
        _style(chart, name, is_line=is_line)

    def _set(self, cell: Any, made: TableCell) -> None:
        cell.fill.solid()
        cell.fill.fore_color.rgb = RGBColor.from_string(FILLS[made.tone])
        cell.vertical_anchor = MSO_ANCHOR.MIDDLE
        cell.margin_left = cell.margin_right = Inches(PADDING)
        cell.margin_top = cell.margin_bottom = Inches(PADDING / 2)
        self._fill(cell.text_frame, made.texts, PP_ALIGN.CENTER if made.is_centred else PP_ALIGN.LEFT)

    def _fill(self, frame: Any, texts: Iterable[Text], side: Any = PP_ALIGN.LEFT) -> None:
        frame.word_wrap = True
        for number, text in enumerate(texts):
            paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
            paragraph.alignment = side
            run = paragraph.add_run()
            run.text = text.text
            run.font.size, run.font.bold, run.font.name = Pt(text.size), text.is_bold, FONT
            run.font.color.rgb = RGBColor.from_string(text.colour)
            properties = run.font._rPr
            properties.set("lang", "ko-KR" if self.language == "ko" else "en-GB")
            etree.SubElement(properties, qn("a:ea"), typeface=FONT)


def on_slides(tables: Sequence[SlideTable]) -> Iterator[list[SlideTable]]:
    """Spread tables over slides: what does not fit goes on, under its own head."""
    whole = BODY_END - BODY_TOP
    room, parts = whole, list[SlideTable]()
    for table in tables:
        name = height_of([Text(table.name, 13, True)], FULL) if table.name else 0
        head = name + row_height(table.head, table.widths)
        rows = list[Sequence[TableCell]]()
        height = head + sum(row_height(row, table.widths) for row in table.rows)
        if parts and room < height <= whole:
            yield parts
            room, parts = whole, []
        left = room - head
        for row in table.rows:
            height = row_height(row, table.widths)
            if height > left and (rows or parts):
                if rows:
                    parts.append(SlideTable(table.widths, table.head, rows, table.name))
                yield parts
                parts, rows, left = [], [], whole - head
            rows.append(row)
            left -= height
        parts.append(SlideTable(table.widths, table.head, rows, table.name))
        room = left - 0.2
    if parts:
        yield parts


def row_height(row: Sequence[TableCell], widths: Sequence[float]) -> float:
    """Return how high a row is: the highest of its cells, with room for another font than the one measured."""
    return max(height_of(cell.texts, width) for cell, width in zip(row, widths, strict=True))


def height_of(texts: Iterable[Text], width: float) -> float:
    """Return how high paragraphs stand in a box of ``width``, in inches."""
    inner = (width - 2 * PADDING) * 72
    lines = sum(_lines(text, inner) * text.size * LEADING for text in texts)
    return lines / 72 + PADDING


def _lines(text: Text, room: float) -> int:
    """Count the lines a paragraph breaks into, measured for the widest of the fonts that may stand in."""
    used, lines = 0.0, 1
    for word in text.text.split(" "):
        width = sum(WIDE if east_asian_width(letter) in "WF" else NARROW for letter in word) * text.size
        if used and used + width > room:
            used, lines = 0.0, lines + 1
        while width > room:
            width, lines = width - room, lines + 1
        used += width + 0.35 * text.size
    return lines


def _style(chart: Any, name: str, *, is_line: bool) -> None:
    """Give a chart its title, its labels and the colours of the deck."""
    chart.has_legend, chart.has_title = False, True
    chart.font.size, chart.font.name = Pt(10), FONT
    chart.chart_title.text_frame.text = name
    run = chart.chart_title.text_frame.paragraphs[0].runs[0]
    run.font.size, run.font.bold = Pt(13), True
    plot, series = chart.plots[0], chart.plots[0].series[0]
    plot.has_data_labels = True
    plot.data_labels.number_format, plot.data_labels.number_format_is_linked = "0.0", False
    plot.data_labels.font.size = Pt(9)
    plot.data_labels.position = XL_LABEL_POSITION.ABOVE if is_line else XL_LABEL_POSITION.OUTSIDE_END
    chart.value_axis.major_gridlines.format.line.color.rgb = RGBColor.from_string(LINE)
    chart.value_axis.tick_labels.font.size = chart.category_axis.tick_labels.font.size = Pt(9)
    if is_line:
        series.smooth = False
        series.format.line.color.rgb = RGBColor.from_string(ACCENT)
        series.marker.style, series.marker.size = XL_MARKER_STYLE.CIRCLE, 7
    else:
        series.format.fill.solid()
        series.format.fill.fore_color.rgb = RGBColor.from_string(ACCENT)
        plot.gap_width = 60
        chart.category_axis.reverse_order = True
        chart.value_axis.visible = False


def _sheet(name: str, names: Sequence[str], values: Sequence[float]) -> bytes:
    """Return the workbook behind a chart, laid out as the chart refers to it; names are text."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, WORKBOOK) as book:
        book.set_properties({"created": datetime(2000, 1, 1, tzinfo=UTC)})
        sheet = book.add_worksheet("Sheet1")
        sheet.write_string(0, 1, name)
        for row, (label, value) in enumerate(zip(names, values, strict=True), start=1):
            sheet.write_string(row, 0, label)
            sheet.write_number(row, 1, value)
    return file.getvalue()
