"""Spreadsheets are read in a process of their own with bounds: a bomb or a crash ends there, and is a clear refusal."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import msgspec
from django.utils.translation import gettext as _

from kpis.imports.grids import MOST_COLUMNS, MOST_LINES, Sheet
from kpis.imports.kinds import FileKind, encrypted
from vendors.errors import DomainError, Invalid, TooLarge

log = logging.getLogger(__name__)

LIMITS = {
    "members": 200,
    "unpacked": 50 * 1024 * 1024,
    "ratio": 100,
    "sheets": 20,
    "lines": MOST_LINES,
    "columns": MOST_COLUMNS,
    "texts": 64 * 1024 * 1024,
    "memory": 320 * 1024 * 1024,
    "seconds": 20,
}
"""Of one file: parts of the archive, bytes unpacked (and their ratio to the file's), sheets, lines and columns of a
sheet, characters of all cells; of the process: bytes of address space, processor seconds."""
LONGEST_SECONDS = 30
"""By the clock on the wall."""
AT_ONCE = threading.BoundedSemaphore(2)
"""Readers of one process of the service: the others wait for them."""

_START = "import sys; sys.path.append(sys.argv[1]); from child.program import main; main(*sys.argv[2:])"
_FOLDER = str(Path(__file__).resolve().parent)
_KEPT = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT")


def read_sheets(kind: FileKind, content: bytes) -> list[Sheet]:
    """Return the sheets of a spreadsheet; raise Invalid or TooLarge with the reason, whatever the file does."""
    with AT_ONCE:
        answer = _answer(kind, content)
    _before, newline, refusal = answer.rpartition(b"\n")
    if newline:
        raise _refusal(kind, **msgspec.json.decode(refusal))
    return msgspec.json.decode(answer, type=dict[str, list[Sheet]])["sheets"]


def _answer(kind: FileKind, content: bytes) -> bytes:
    command = [sys.executable, "-I", "-c", _START, _FOLDER, kind.value, json.dumps(LIMITS)]
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    try:
        done = subprocess.run(
            command, input=content, capture_output=True, timeout=LONGEST_SECONDS, env=environment, check=False
        )
    except subprocess.TimeoutExpired:
        log.warning("a reader of a file took too long")
        raise _too_heavy() from None
    if done.returncode:
        said = done.stderr[-300:].decode("utf-8", "replace")
        log.warning("a reader of a file ended by itself", extra={"code": done.returncode, "said": said})
        raise _too_heavy()
    return done.stdout


def _too_heavy() -> Invalid:
    text = _("The file takes too much memory or time to read. Delete empty and formatted cells, or save it as CSV.")
    return Invalid("too_heavy", text)


def _refusal(kind: FileKind, refused: str, where: str = "") -> DomainError:
    """Return the error that a reader's code stands for."""
    if refused == "encrypted":
        return encrypted()
    if refused == "too_heavy":
        return _too_heavy()
    texts = _texts(kind)
    text = texts.get(refused, texts["damaged"]) % {"where": where}
    if refused == "too_many_rows":
        return TooLarge(refused, text)
    return Invalid(refused, text)


def _texts(kind: FileKind) -> dict[str, Any]:
    filling = {"most": f"{MOST_LINES:,}", "columns": MOST_COLUMNS, "sheets": LIMITS["sheets"]}
    return {
        "damaged": _("The file is damaged and cannot be read as %(kind)s. Open it, save it anew and send it again.")
        % {"kind": kind.upper()},
        "bad_member": _("The file holds parts with names that no spreadsheet uses. Save it anew from your program."),
        "too_many_members": _("The file has too many parts for a spreadsheet of figures. Save it anew, or as CSV."),
        "unpacked_size": _("The file unpacks to more than a feed needs. Delete empty sheets and rows, or save as CSV."),
        "xml_entity": _("The file defines XML entities, which no spreadsheet needs. Save it anew from your program."),
        "dimension": _("A cell stands far outside the table. Delete the rows and columns beyond it and save again."),
        "too_many_sheets": _("The file has more than %(sheets)s sheets; keep the one with the figures.") % filling,
        "too_many_columns": _("A sheet has more than %(columns)s columns.") % filling,
        "too_many_rows": _("A sheet has more than %(most)s rows; send several files.") % filling,
        "no_table": _("The page holds no table with figures."),
        "control_char": _("Line %(where)s holds a control character; remove it."),
        "replacement_char": _("Line %(where)s holds a character that was lost in an earlier conversion."),
    }
