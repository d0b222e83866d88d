"""XLSX and XLSM: the archive is checked part by part, then read by a fast reader."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from xml.etree import ElementTree
from zipfile import ZipFile, ZipInfo

from .bounds import Limits, Refused
from .writing import Writer

_PART = 1 << 20
_NAME = rb"(?:\w{1,20}:)?"
_FAR = re.compile(rb'\br="(?:(?:I[W-Z]|[J-Z][A-Z]|[A-Z]{3})\d+|[A-Z]{1,3}\d{6,})"[^<>]*(?<!/)>')
_FORMULA = re.compile(
    rb"<" + _NAME + rb"c\b([^<>]*)>\s*<" + _NAME + rb"f\b(?:[^<>]*/>|[^<>]*>[^<]*</" + _NAME + rb"f>)"
    rb"\s*(<" + _NAME + rb"v\b[^<>]*>[^<]+<)?"
)
_ERROR = re.compile(
    rb"<" + _NAME + rb'c\b([^<>]*\bt="e"[^<>]*)>(?:\s*<' + _NAME + rb"f\b(?:[^<>]*/>|[^<>]*>[^<]*</" + _NAME + rb"f>))?"
    rb"\s*<" + _NAME + rb"v\b[^<>]*>([^<]{1,40})<"
)
_PLACE = re.compile(rb'\br="([A-Z]{1,3})([0-9]{1,7})"')
_TEXT = re.compile(rb'\bt="str"')
_MOST_NOTED = 100


def check_members(archive: ZipFile, size: int, limits: Limits) -> None:
    """Hold the table of contents against the limits, before anything is unpacked."""
    members = archive.infolist()
    if len(members) > limits.members:
        raise Refused("too_many_members")
    if any(not _is_good(member) for member in members) or len({member.filename for member in members}) < len(members):
        raise Refused("bad_member")
    if any(member.flag_bits & 1 for member in members):
        raise Refused("encrypted")
    unpacked = sum(member.file_size for member in members)
    if unpacked > limits.unpacked or unpacked > limits.ratio * size:
        raise Refused("unpacked_size")
    starts = sorted((member.header_offset, member.compress_size) for member in members)
    ends = [start for start, _packed in starts[1:]] + [archive.start_dir]
    if any(start + 30 + packed > end for (start, packed), end in zip(starts, ends, strict=True)):
        raise Refused("bad_xlsx")


def _is_good(member: ZipInfo) -> bool:
    name = member.filename
    is_link = member.external_attr >> 28 == 0xA
    return not (is_link or name.startswith("/") or "\\" in name or ".." in name.split("/") or ":" in name)


def scan(archive: ZipFile, name: str) -> Iterator[bytes]:
    """Unpack a member in parts that end between cells; refuse documents that define entities."""
    rest = b""
    with archive.open(name) as stream:
        while part := stream.read(_PART):
            rest += part
            if b"<!" in rest and re.search(rb"<!(DOCTYPE|ENTITY)", rest):
                raise Refused("xml_entity")
            end = max(rest.rfind(b"row>"), rest.rfind(b"</c>"))
            if end > 0:
                yield rest[: end + 4]
                rest = rest[end + 4 :]
    yield rest


def sheet_notes(archive: ZipFile, part: str) -> dict[str, Any]:
    """Return what the reader does not tell of a sheet: formulas, those without a value, and cells in error."""
    formulas = 0
    without: list[tuple[int, int]] = []
    errors: dict[int, dict[int, str]] = {}
    for text in scan(archive, part):
        if _FAR.search(text):
            raise Refused("dimension")
        for match in _FORMULA.finditer(text) if b"f" in text else ():
            formulas += 1
            if match[2] is None and not _TEXT.search(match[1]) and len(without) < _MOST_NOTED:
                without.append(_place(match[1]))
        for match in _ERROR.finditer(text) if b't="e"' in text else ():
            line, column = _place(match[1])
            errors.setdefault(line, {})[column] = match[2].decode("ascii", "replace").replace("\ufffd", "?")
    return {"formulas": formulas, "without_value": without, "errors": errors}


def _place(attributes: bytes) -> tuple[int, int]:
    """Return line and column of a cell, from 1; a cell that does not say where it stands is refused."""
    match = _PLACE.search(attributes)
    if match is None:
        raise Refused("bad_xlsx")
    column = 0
    for letter in match[1]:
        column = column * 26 + letter - 64
    return int(match[2]), column


def sheet_parts(archive: ZipFile) -> dict[str, str]:
    """Return the member that holds each sheet, by the sheet's name."""
    [book] = [name for name in archive.namelist() if re.fullmatch(r"xl/workbook\d*\.xml", name)] or [""]
    if not book:
        raise Refused("bad_xlsx")
    targets = {}
    for link in ElementTree.fromstring(archive.read(f"xl/_rels/{book[3:]}.rels")):
        target = link.get("Target", "")
        targets[link.get("Id", "")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    parts = {}
    for element in ElementTree.fromstring(archive.read(book)).iter():
        if element.tag.rpartition("}")[2] == "sheet":
            known_as = next((value for key, value in element.attrib.items() if key.endswith("}id")), "")
            parts[element.get("name", "")] = targets.get(known_as, "")
    return parts


def read_xlsx(content: bytes, writer: Writer, limits: Limits) -> None:
    """Print every worksheet of an XLSX or XLSM file. Macros and links to other files are never looked at."""
    if content.count(b"PK\x01\x02") > limits.members:
        raise Refused("too_many_members")
    with ZipFile(BytesIO(content)) as archive:
        check_members(archive, len(content), limits)
        names = set(archive.namelist())
        for name in names:
            if name.endswith((".xml", ".rels")) and not name.startswith("xl/worksheets/"):
                for _part in scan(archive, name):
                    pass
        parts = sheet_parts(archive)
        if len(parts) > limits.sheets:
            raise Refused("too_many_sheets")
        notes = {name: sheet_notes(archive, part) for name, part in parts.items() if part in names}
    _print_sheets(content, writer, notes)


def _print_sheets(content: bytes, writer: Writer, notes: dict[str, dict[str, Any]]) -> None:
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

    try:
        book = CalamineWorkbook.from_filelike(BytesIO(content))
        for about in book.sheets_metadata:
            if about.typ is not SheetTypeEnum.WorkSheet:
                continue
            sheet = book.get_sheet_by_name(about.name)
            merged = [[top[0] + 1, top[1] + 1, end[0] + 1, end[1] + 1] for top, end in sheet.merged_cell_ranges or ()]
            left = sheet.start[1] if sheet.start else 0
            is_hidden = about.visible is not SheetVisibleEnum.Visible
            rows = sheet.iter_rows() if sheet.start else iter(())
            writer.sheet(about.name, is_hidden, rows, left, {**notes.get(about.name, {}), "merged": merged})
    except PasswordError:
        raise Refused("encrypted") from None
    except CalamineError:
        raise Refused("bad_xlsx") from None
