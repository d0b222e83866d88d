"""Money as it is read in Korean: in steps of ten thousand (만, 억, 조) instead of thousands, every digit kept."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import get_language

UNITS = frozenset({"KRW", "KRW/h"})
STEPS = ((12, "조"), (8, "억"), (4, "만"))


def money_text(text: str, unit: str) -> str:
    """Return a written figure (``1,234,567``) in steps of ten thousand (``123만 4,567``), where all of this holds: its
    unit is won, the reader reads Korean, and the installation chose it (``MONEY_IN_MAN``). Else return it as it is."""
    is_korean = (get_language() or settings.LANGUAGE_CODE).startswith("ko")
    return in_man(text) if settings.MONEY_IN_MAN and is_korean and unit in UNITS else text


def in_man(text: str) -> str:
    """Return a written number in steps of ten thousand; empty steps are left out, a fraction stays with the last."""
    sign = text[:1] if text[:1] in ("-", "−", "+") else ""
    whole, _point, fraction = text.removeprefix(sign).replace(",", "").partition(".")
    if not whole.isdecimal() or len(whole) < 5:
        return text
    parts = []
    left = int(whole)
    for place, step in STEPS:
        count, left = divmod(left, 10**place)
        parts += [f"{count:,}{step}"] if count else []
    rest = f"{left:,}" + (f".{fraction}" if fraction.strip("0") else "")
    return sign + " ".join([*parts, *([rest] if rest != "0" else [])])
