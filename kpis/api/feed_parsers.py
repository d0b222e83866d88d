"""How a body of figures is read from a request: JSON, a file as it is, or a form with a file; each with its own limits.

What a file is shows in its content; its media type and name only help to recognise one that is locked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any

from django.utils.http import parse_header_parameters
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser, MultiPartParser

from kpis.imports.taking import LONGEST_NAME, MOST_FILE_BYTES
from kpis.media_types import XLSX
from vendors.api.parsers import StrictJSONParser, read_body, read_json, too_large
from vendors.errors import Invalid, RowError, UnsupportedMedia

MOST_FORM_BYTES = MOST_FILE_BYTES + 64 * 1024
FORM_FIELDS = ("file", "note", "reason")

FILE_TYPES = {
    "text/csv": "",
    "text/tab-separated-values": "",
    "text/html": "",
    XLSX: "body.xlsx",
    "application/vnd.ms-excel": "body.xls",
    "application/vnd.ms-excel.sheet.macroenabled.12": "body.xlsm",
    "application/octet-stream": "",
}
"""Media types of files, and the name a file without one gets."""


@dataclass(frozen=True, slots=True)
class FileBody:
    """The bytes of a file, not yet read, and what came with it."""

    content: bytes
    filename: str = ""
    note: str = ""
    reason: str = ""

    @property
    def content_hash(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


class FeedJSONParser(StrictJSONParser):
    """The strict JSON parser; it leaves the body's hash on the request."""

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        request = (parser_context or {}).get("request")
        body = read_body(stream, request, media_type or "")
        if request is not None:
            request.body_hash = hashlib.sha256(body).hexdigest()
        return read_json(body)


class FeedFileParser(BaseParser):
    """A file of at most 20 MiB as the whole body; ``Content-Disposition`` may name it."""

    media_type = "text/csv"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        request = (parser_context or {}).get("request")
        _refuse_content_encoding(request)
        content = stream.read(MOST_FILE_BYTES + 1)
        if len(content) > MOST_FILE_BYTES:
            raise too_large(MOST_FILE_BYTES)
        return FileBody(content, _named(request) or FILE_TYPES[self.media_type])


def _file_parser(media_type: str) -> type[FeedFileParser]:
    name = "".join(part.title() for part in media_type.replace("/", ".").replace("-", ".").split("."))
    return type(f"{name}Parser", (FeedFileParser,), {"media_type": media_type})


class FeedFormParser(MultiPartParser):
    """A form with one ``file``, and a ``note`` and a ``reason`` where wanted."""

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        request = (parser_context or {}).get("request")
        _refuse_content_encoding(request)
        length = request.headers.get("Content-Length", "") if request is not None else ""
        if length.isdecimal() and int(length) > MOST_FORM_BYTES:
            raise too_large(MOST_FILE_BYTES)
        try:
            form = super().parse(stream, media_type, parser_context)
        except ParseError:
            raise Invalid("multipart", _("The form cannot be read: send multipart/form-data with one file.")) from None
        try:
            return _form(form)
        finally:
            # What is refused would else stay open until somebody collects it.
            for name in form.files:
                for file in form.files.getlist(name):
                    file.close()


FILE_PARSERS: list[type[BaseParser]] = [_file_parser(media_type) for media_type in FILE_TYPES]
PARSERS: list[type[BaseParser]] = [FeedJSONParser, *FILE_PARSERS, FeedFormParser]


def _form(form: Any) -> FileBody:
    files = form.files.getlist("file")
    unknown = [name for name in (*form.data, *form.files) if name not in FORM_FIELDS]
    if unknown:
        shown = unknown[0][:50]
        text = _("The form has a field “%(name)s”, which is not read.") % {"name": shown}
        raise Invalid("unknown_field", text, [RowError(code="unknown_field", detail=text, field=shown)])
    if len(files) != 1:
        text = _("Send one file, in the field “file”.")
        raise Invalid("required", text, [RowError(code="required", detail=text, field="file")])
    [file] = files
    if file.size > MOST_FILE_BYTES:
        raise too_large(MOST_FILE_BYTES)
    given = {name: form.data.get(name, "") for name in ("note", "reason")}
    return FileBody(file.read(), _plain(file.name or ""), **given)


def _refuse_content_encoding(request: Any) -> None:
    if request is not None and request.headers.get("Content-Encoding", "identity").lower() not in ("", "identity"):
        raise UnsupportedMedia("encoding_unsupported", _("Send the file as it is, without Content-Encoding."))


def _named(request: Any) -> str:
    """Return the file name of ``Content-Disposition``, which may be encoded for other languages."""
    header = request.headers.get("Content-Disposition", "") if request is not None else ""
    try:
        return _plain(str(parse_header_parameters(header)[1].get("filename", "")))
    except (ValueError, LookupError):
        return ""


def _plain(name: str) -> str:
    """Return a name that can be shown: without folders and what cannot be printed."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(char for char in last if char.isprintable())[:LONGEST_NAME]
