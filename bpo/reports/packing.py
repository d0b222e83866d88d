"""Office files that are the same bytes whenever they are made: a zip without the time of day."""

from __future__ import annotations

import io
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The first moment a zip can name."""


def packed_alike(content: bytes) -> bytes:
    """Return a zip with the same members in the same order, none of which says when it was packed."""
    file = io.BytesIO()
    with ZipFile(io.BytesIO(content)) as given, ZipFile(file, "w", ZIP_DEFLATED) as made:
        for name in given.namelist():
            member = ZipInfo(name, EARLIEST)
            member.compress_type = ZIP_DEFLATED
            made.writestr(member, given.read(name))
    return file.getvalue()
