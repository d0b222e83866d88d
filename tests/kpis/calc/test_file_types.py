"""What evidence is, by its bytes, and under which name it is kept."""

from __future__ import annotations

from io import BytesIO
from zipfile import ZipFile

import pytest

from kpis.calc import file_types
from kpis.calc.file_types import (
    DOCX,
    HWPX,
    JPEG,
    MOST_PARTS,
    PDF,
    PNG,
    PPTX,
    TEXT,
    XLSX,
    FileType,
    file_type,
    safe_name,
)


def archive(*names: str) -> bytes:
    held = BytesIO()
    with ZipFile(held, "w") as made:
        for name in names:
            made.writestr(name, "x")
    return held.getvalue()


TYPES = "[Content_Types].xml"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"%PDF-1.7\n...", PDF),
        (b"\x89PNG\r\n\x1a\n...", PNG),
        (b"\xff\xd8\xff\xe0...", JPEG),
        (archive(TYPES, "xl/workbook.xml"), XLSX),
        (archive(TYPES, "word/document.xml"), DOCX),
        (archive(TYPES, "ppt/presentation.xml"), PPTX),
        (archive("mimetype", "Contents/content.hpf"), HWPX),
        ("10:02 교환기 장애\n".encode(), TEXT),
        ("10:02 교환기 장애\n".encode("cp949"), TEXT),
        (b"\xef\xbb\xbfqueue,date\n", TEXT),
    ],
)
def test_it_is_told_by_its_bytes(content: bytes, kind: FileType) -> None:
    assert file_type(content) == kind


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b" \n",
        b"MZ\x90\x00",
        b"\x7fELF",
        b"<svg onload=alert(1)>",
        b" \n<!DOCTYPE html>",
        b"\xef\xbb\xbf<?xml version='1.0'?>",
        b"\x80\xff\xfe",
        b"PK\x03\x04" + b"x" * 50,
        archive("a.exe"),
        archive(TYPES, "other.xml"),
        archive(TYPES, "xl/workbook.xml", "xl/vbaProject.bin"),
    ],
)
def test_what_it_cannot_be_sure_of_is_not_taken(content: bytes) -> None:
    assert file_type(content) is None


def test_an_archive_of_very_many_parts_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST_PARTS > 1
    monkeypatch.setattr(file_types, "MOST_PARTS", 1)
    assert file_type(archive(TYPES, "xl/workbook.xml")) is None


@pytest.mark.parametrize(
    ("given", "kind", "kept"),
    [
        ("log.csv", TEXT, "log.csv"),
        ("Report.PDF", PDF, "Report.pdf"),
        ("page.html", TEXT, "page.txt"),
        ("../../etc/passwd", TEXT, "passwd.txt"),
        ("C:\\logs\\장애 로그.log", TEXT, "장애 로그.log"),
        ("a\u202egnp.exe", PNG, "a gnp.png"),
        ('a"\r\nSet-Cookie: x.txt', TEXT, "a Set-Cookie x.txt"),
        (".htaccess", TEXT, "htaccess.txt"),
        ("", PDF, "file.pdf"),
        ("x" * 300 + ".pdf", PDF, "x" * 100 + ".pdf"),
        ("minutes of 3.11 meeting", PDF, "minutes of 3.11 meeting.pdf"),
    ],
)
def test_a_name_is_made_safe(given: str, kind: FileType, kept: str) -> None:
    assert safe_name(given, kind) == kept
