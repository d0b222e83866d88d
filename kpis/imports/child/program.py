"""The program: ``main(kind, limits as JSON)``, the file on standard input, the sheets on standard output."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable

from .bounds import Limits, Refused, bound
from .html import read_html
from .writing import Writer
from .xls import read_xls
from .xlsx import read_xlsx

READERS: dict[str, Callable[[bytes, Writer, Limits], None]] = {"xlsx": read_xlsx, "xls": read_xls, "html": read_html}


def main(kind: str, given: str) -> None:
    """Print ``{"sheets": […]}``, or on a line of its own ``{"refused": code, "where": …}``."""
    limits = Limits(json.loads(given))
    bound(limits)
    out = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", write_through=False)
    try:
        out.write('{"sheets": [')
        READERS[kind](sys.stdin.buffer.read(), Writer(out, limits), limits)
        out.write("]}")
    except Refused as refused:
        _refuse(out, refused.code, refused.where)
    except MemoryError:
        _refuse(out, "too_heavy")
    except Exception as error:
        # A damaged file makes a reader stumble in ways of its own; none of them is a reason to trust what it read.
        _refuse(out, f"bad_{kind}", type(error).__name__)
    out.flush()


def _refuse(out: io.TextIOWrapper, code: str, where: str = "") -> None:
    out.write("\n" + json.dumps({"refused": code, "where": where}))
