"""Setting a page as PDF with Typst; what is set comes in as JSON and is text, never markup.

The Korean glyphs come from an installed package, so a PDF looks the same on every machine.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import typst

FOLDER = Path(__file__).parent


@cache
def fonts() -> list[str]:
    """Return the folders that hold the Korean font; none where its package is missing."""
    found = find_spec("justmytype_intl_cjk")
    folders = found.submodule_search_locations if found else None
    return [str(Path(folder) / "fonts" / "ofl" / "notosanskr") for folder in folders or ()]


def typeset(template: str, data: Mapping[str, Any], *, at: datetime) -> bytes:
    """Return the PDF of ``template``, a file beside this one, filled with ``data``.

    ``at`` is the moment the file says it was made: the same data and moment are the same bytes.
    """
    return typst.compile(
        str(FOLDER / template),
        root=str(FOLDER),
        font_paths=fonts(),
        ignore_system_fonts=bool(fonts()),
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        timestamp=int(at.timestamp()),
    )
