"""Words of foreign files: what totals are called, and how words are compared."""

from __future__ import annotations

import re
from functools import lru_cache

TOTALS = frozenset({"합계", "총계", "소계", "계", "총합", "合計", "total", "totals", "sum", "subtotal", "grandtotal"})


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """Return a text without case, spaces and punctuation, for comparison."""
    return re.sub(r"[\W_]+", "", text.casefold())
