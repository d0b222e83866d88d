"""What the tests of documents share: a programme of several vendors, and how a file's words are read."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zipfile import ZipFile

import pandas as pd
import pypdf
from pptx import Presentation

from kpis.calc.facts import PeriodKind
from kpis.calc.periods import period_of
from kpis.models import DailyMetric
from kpis.services import factors
from kpis.services.marks import mark
from kpis.services.recalculation import drain
from tests.bpo.pages_sample import AFTER, MONTH, SEOUL, Programme, make_programme
from tests.make import make_actor
from vendors.choices import Role

MANAGER = make_actor(Role.MANAGER)
OCTOBER = period_of(PeriodKind.MONTH, MONTH)
EVIL = '=cmd|"/c calc"!A1'
TAGS = re.compile(r"<[^>]*>")


def make_vendors(count: int = 2) -> list[Programme]:
    """Make more vendors beside the one of the fixture, each a little better than the one before."""
    return [make_programme(f"vendor{number}", f"업체{number}", shift=number) for number in range(1, count + 1)]


def approve_outage(programme: Programme, title: str = "교환기 장애") -> None:
    """Take out of a vendor's figures the one day of the month on which hardly anybody was answered."""
    DailyMetric.objects.filter(queue=programme.queue, date=date(2026, 10, 5)).update(
        measures={"offered": 2000, "answered": 400}
    )
    start = datetime(2026, 10, 5, 9, tzinfo=SEOUL)
    now = start + timedelta(days=1)
    admin = make_actor(Role.VENDOR_ADMIN, programme.vendor)
    about = {"kind": "outage", "title": title, "starts_at": start, "ends_at": start + timedelta(hours=2)}
    slices = [{"queue": programme.queue.code, "date": "2026-10-05", "measures": None}]
    made = factors.register({**about, "slices": slices}, queues=[programme.queue], actor=admin, now=now)
    factors.claim(made.pk, evidence="ticket", actor=admin, now=now)
    factors.approve(made.pk, decision="as logged", actor=MANAGER, now=AFTER)
    mark(contract_ids=[programme.contract.pk], first_on=MONTH, last_on=MONTH)
    drain(now=AFTER)


def pages_of(pdf: bytes) -> list[str]:
    """Return the words of each page of a PDF, each parted by one space."""
    return [" ".join(page.extract_text().split()) for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


def sheets_of(workbook: bytes) -> dict[str, pd.DataFrame]:
    """Return the tables of a workbook by name, with the first row as their head."""
    return pd.read_excel(io.BytesIO(workbook), sheet_name=None, engine="calamine")


def members_of(file: bytes) -> dict[str, str]:
    """Return every member of an office file as text; workbooks inside it are opened too."""
    found: dict[str, str] = {}
    with ZipFile(io.BytesIO(file)) as archive:
        for name in archive.namelist():
            content = archive.read(name)
            if name.endswith(".xlsx"):
                found |= {f"{name}/{inner}": text for inner, text in members_of(content).items()}
            else:
                found[name] = content.decode("utf-8", "replace")
    return found


def slides_of(deck: bytes) -> list[list[str]]:
    """Return the texts of each slide, those of its tables and the names in its charts among them."""
    return [[text for shape in slide.shapes for text in _texts(shape)] for slide in _open(deck).slides]


def shapes_of(deck: bytes) -> Iterator[tuple[int, Any]]:
    """Yield every shape of a deck with the number of its slide."""
    for number, slide in enumerate(_open(deck).slides, start=1):
        for shape in slide.shapes:
            yield number, shape


def _open(deck: bytes) -> Any:
    return Presentation(io.BytesIO(deck))


def _texts(shape: Any) -> Iterator[str]:
    if shape.has_text_frame:
        yield shape.text_frame.text
    if shape.has_table:
        yield from (cell.text for row in shape.table.rows for cell in row.cells)
    if shape.has_chart:
        yield from shape.chart.plots[0].categories
