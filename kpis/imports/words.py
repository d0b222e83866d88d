"""Words of foreign files: what totals and days of rest are called, and how words are compared."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
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
_OF_A_PERIOD = r"(?:전체|총|연|년|월|주|일)"
_SUM = r"(?:합계|총계|소계|누계|누적|평균|total|average)"
_TOTAL = re.compile(rf"(?:[0-9]{{1,4}}(?:년|월|주차|주|분기|일)?)+{_OF_A_PERIOD}?(?:계|{_SUM})|{_OF_A_PERIOD}?{_SUM}")
_APART = re.compile(rf"{_OF_A_PERIOD}\s+계")
"""월 계 is a sum; 월계 and 연계 are names too, so that alone they are none."""


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """Return a text without case, spaces and punctuation, for comparison."""
    return re.sub(r"[\W_]+", "", text.casefold())


def is_total(text: str) -> bool:
    """Say whether a name or a day is that of a sum: 합계, 8월 계, 한빛 소계, 월평균."""
    # Most cells are figures, each another one: they shall not wear the memory out.
    return not text[-1:].isdigit() and _is_total(text)


@lru_cache(maxsize=4096)
def _is_total(text: str) -> bool:
    word = plain(text)
    is_said = word in TOTALS or word.endswith(_SUMMED) or _TOTAL.fullmatch(word) is not None
    return is_said or _APART.fullmatch(text.strip()) is not None


def is_subtotal(text: str) -> bool:
    """Say whether a sum is of the lines above it alone, so that what they are called goes on below it: 한빛 소계."""
    return plain(text).endswith(("소계", "subtotal"))


def sums_of(words: Iterable[str] | None) -> Callable[[str], bool]:
    """Return what tells the cells of sums: by the words a layout gives, or by the usual ones."""
    if words is None:
        return is_total
    given = {plain(word) for word in words}
    return lambda text: plain(text) in given


@lru_cache(maxsize=4096)
def is_rest(text: str) -> bool:
    """Say whether a cell says that nobody worked: 휴무, 휴점(추석), 공휴일."""
    word = plain(text)
    return word in RESTS or word.startswith(_RESTING)
