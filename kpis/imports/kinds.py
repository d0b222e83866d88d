"""What a file is, by its content: the name only helps to tell a file that document security has locked."""

from __future__ import annotations

import codecs
import re
from enum import StrEnum

from django.utils.translation import gettext as _

from vendors.errors import Invalid, UnsupportedMedia


class FileKind(StrEnum):
    """The kinds that are read."""

    CSV = "csv"
    XLSX = "xlsx"
    XLS = "xls"
    HTML = "html"


_SPREADSHEET_NAME = re.compile(r"\.(xlsx|xlsm|xls)$", re.IGNORECASE)
_ARCHIVES = {
    b"xl/workbook.bin": "XLSB",
    b"application/vnd.oasis.opendocument": "OpenDocument",
    b"word/document.xml": "DOCX",
    b"ppt/presentation.xml": "PPTX",
}
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SECURED = (b"\x9b DRMONE", b"SCDS", b"<DOCUMENT SAFER")
"""How the containers of document security begin: Fasoo, SoftCamp, MarkAny."""
_OTHERS = {
    b"%PDF": "PDF",
    b"\x1f\x8b": "GZIP",
    b"7z\xbc\xaf": "7z",
    b"Rar!": "RAR",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"{\\rtf": "RTF",
    b"mime-version:": "MHTML",
}


def kind_of(content: bytes) -> FileKind:
    """Return what ``content`` is.

    Raises Invalid (empty_file, encrypted, document_security) and UnsupportedMedia (type_mismatch).
    """
    if not content.strip(b" \t\r\n\xef\xbb\xbf"):
        raise Invalid("empty_file", _("The file is empty."))
    if content.startswith(_SECURED) or b"DRMONE" in content[:64]:
        raise document_security()
    if content.startswith(b"PK"):
        return _archive(content)
    if content.startswith(_COMPOUND):
        return _compound(content)
    return _text(content)


def is_spreadsheet_name(filename: str) -> bool:
    """Say whether the name promises a spreadsheet."""
    return _SPREADSHEET_NAME.search(filename) is not None


def document_security() -> Invalid:
    """Return the refusal of a file that only its sender's computer can open."""
    return Invalid(
        "document_security",
        _(
            "The file is locked by document security (DRM). Release it and send it again, or copy the table and"
            " paste it."
        ),
    )


def encrypted() -> Invalid:
    """Return the refusal of a file with a password."""
    text = _("The file is protected by a password. Save it without one and send it again.")
    return Invalid("encrypted", text)


def _archive(content: bytes) -> FileKind:
    for mark, name in _ARCHIVES.items():
        if mark in content and b"xl/workbook.xml" not in content:
            raise _mismatch(name)
    return FileKind.XLSX


def _compound(content: bytes) -> FileKind:
    """Tell the files of the container that XLS, DOC and locked XLSX files share, by the streams it names."""
    if _stream("EncryptedPackage") in content:
        raise document_security() if _stream("DRMEncryptedTransform") in content else encrypted()
    if _stream("DRMContent") in content:
        raise document_security()
    for stream, name in (("WordDocument", "DOC"), ("PowerPoint Document", "PPT")):
        if _stream(stream) in content:
            raise _mismatch(name)
    return FileKind.XLS


def _stream(name: str) -> bytes:
    return name.encode("utf-16-le")


def _text(content: bytes) -> FileKind:
    start = content[:2048].removeprefix(codecs.BOM_UTF8)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        start = start.decode("utf-16", "ignore").encode()
    start = start.lstrip().lower()
    for magic, name in _OTHERS.items():
        if start.startswith(magic.lower()):
            raise _mismatch(name)
    if not start.startswith(b"<"):
        return FileKind.CSV
    if b"<table" in content.lower() or b"<table" in content.replace(b"\0", b"").lower():
        return FileKind.HTML
    raise _mismatch("XML" if start.startswith(b"<?xml") else "HTML")


def _mismatch(name: str) -> UnsupportedMedia:
    text = _("This is a %(format)s file; send CSV, XLSX, XLS or an HTML table.") % {"format": name}
    return UnsupportedMedia("type_mismatch", text)
