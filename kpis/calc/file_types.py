"""What a file is, by its own bytes: what its name or its sender says of it counts for nothing."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from io import BytesIO
from zipfile import BadZipFile, ZipFile


@dataclass(frozen=True, slots=True)
class FileType:
    """A kind of file that is taken: its media type and the endings its name may have, the usual one first."""

    media_type: str
    endings: tuple[str, ...]


OFFICE = "application/vnd.openxmlformats-officedocument"
PDF = FileType("application/pdf", ("pdf",))
PNG = FileType("image/png", ("png",))
JPEG = FileType("image/jpeg", ("jpg", "jpeg"))
TEXT = FileType("text/plain", ("txt", "csv", "log", "eml"))
XLSX = FileType(f"{OFFICE}.spreadsheetml.sheet", ("xlsx",))
DOCX = FileType(f"{OFFICE}.wordprocessingml.document", ("docx",))
PPTX = FileType(f"{OFFICE}.presentationml.presentation", ("pptx",))
HWPX = FileType("application/hwp+zip", ("hwpx",))
TAKEN = (PDF, PNG, JPEG, TEXT, XLSX, DOCX, PPTX, HWPX)

_BEGINNINGS = ((b"%PDF-", PDF), (b"\x89PNG\r\n\x1a\n", PNG), (b"\xff\xd8\xff", JPEG))
_PARTS = (("xl/workbook.xml", XLSX), ("word/document.xml", DOCX), ("ppt/presentation.xml", PPTX))
_HWPX_PART = "Contents/content.hpf"
_MARKUP = re.compile(rb"\s*<(?:!|\?|[a-z])", re.IGNORECASE)
_UNSAFE = re.compile(r'[<>:"|?*%;`$&\'\x00-\x1f\x7f]+')
LONGEST_STEM = 100
LONGEST_ENDING = 5
MOST_PARTS = 5_000
_NO_TEXT = (frozenset(range(32)) | {127}) - {9, 10, 12, 13}


def file_type(content: bytes) -> FileType | None:
    """Return what a file is; null for what is not taken: programs, archives, markup, macros, unknown bytes."""
    for beginning, kind in _BEGINNINGS:
        if content.startswith(beginning):
            return kind
    if content.startswith(b"PK\x03\x04"):
        return _office_type(content)
    return TEXT if _is_text(content) else None


def safe_name(given: str, kind: FileType) -> str:
    """Return a name without folders, control and direction marks, of at most 106 characters, with its kind's ending."""
    last = unicodedata.normalize("NFC", given).replace("\\", "/").rsplit("/", 1)[-1]
    stem, _dot, ending = last.rpartition(".")
    if not stem or len(ending) > LONGEST_ENDING:
        stem, ending = last, ""
    shown = "".join(" " if unicodedata.category(one)[0] in "CZ" else one for one in _UNSAFE.sub(" ", stem))
    stem = " ".join(shown.split()).strip(". ")[:LONGEST_STEM].rstrip(". ") or "file"
    return f"{stem}.{ending.lower() if ending.lower() in kind.endings else kind.endings[0]}"


def _office_type(content: bytes) -> FileType | None:
    try:
        with ZipFile(BytesIO(content)) as archive:
            names = archive.namelist()
    except (BadZipFile, ValueError, OSError, NotImplementedError):  # as zipfile raises over damaged directories
        return None
    if len(names) > MOST_PARTS or any(name.lower().endswith("vbaproject.bin") for name in names):
        return None
    if "[Content_Types].xml" in names:
        return next((kind for part, kind in _PARTS if part in names), None)
    return HWPX if _HWPX_PART in names else None


def _is_text(content: bytes) -> bool:
    """Say whether it is text in UTF-8 (or Korean Windows' encoding) that no browser would take for a page."""
    if not content.strip() or not _NO_TEXT.isdisjoint(content) or _MARKUP.match(content.removeprefix(b"\xef\xbb\xbf")):
        return False
    for encoding in ("utf-8", "cp949"):
        try:
            content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return True
    return False
