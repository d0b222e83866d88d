"""What a draft keeps of a body of figures until it counts: the one shape of ``SubmissionDraft.body``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from kpis.services.feed.facts import FileSource
from vendors.errors import RowError


def draft_body(
    rows: Sequence[object],
    numbers: Sequence[int] | None,
    source: FileSource | None = None,
    *,
    errors: Sequence[RowError] = (),
    text: str = "",
) -> dict[str, Any]:
    """Return rows with their line numbers, the errors of lines that are no rows, and the text that was pasted."""
    return {
        "rows": msgspec.to_builtins(list(rows)),
        "numbers": None if numbers is None else list(numbers),
        "errors": [error.as_dict() for error in errors],
        "text": text,
        "source": (source or FileSource()).as_document(),
    }
