"""Words of foreign files: what totals and days of rest are called, and how words are compared."""

from __future__ import annotations

import re
from functools import lru_cache

TOTALS = frozenset(
    {"합계", "총계", "소계", "계", "총합", "누계", "누적", "평균", "合計", "total", "totals", "sum", "subtotal"}
    | {"grandtotal", "average", "avg", "mean"}
)
RESTS = frozenset(
    {"휴일", "공휴일", "대체공휴일", "임시공휴일", "운영안함", "휴", "off", "closed", "holiday", "dayoff"}
)
"""What stands in place of a figure on a day nobody worked, beside what begins with :data:`_RESTING`."""
_RESTING = ("휴무", "휴점", "휴업", "미운영", "정기휴")
_SUMMED = ("합계", "총계", "소계", "누계")
_TOTAL = re.compile(
    r"(?:[0-9]{1,4}(?:년|월|주차|주|분기|일)?)*(?:전체|총|연|년|월|주|일)?(?:계|합계|총계|소계|누계|누적|평균|total|average)"
)


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """Return a text without case, spaces and punctuation, for comparison."""
    return re.sub(r"[\W_]+", "", text.casefold())


@lru_cache(maxsize=4096)
def is_total(text: str) -> bool:
    """Say whether a name or a day is that of a sum: 합계, 8월 계, 한빛 소계, 월평균."""
    word = plain(text)
    return word in TOTALS or word.endswith(_SUMMED) or _TOTAL.fullmatch(word) is not None


@lru_cache(maxsize=4096)
def is_rest(text: str) -> bool:
    """Say whether a cell says that nobody worked: 휴무, 휴점(추석), 공휴일."""
    word = plain(text)
    return word in RESTS or word.startswith(_RESTING)
