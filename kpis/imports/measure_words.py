"""Measures by what people call them, and formulas that are written with such words and headings as they stand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from kpis.imports.synonyms import BACKOFFICE_WORDS, MEASURE_WORDS, WHOLE_MEASURES
from kpis.imports.words import plain
from kpis.models import Measure

_NOT_A_WORD = re.compile(r"\W")


def measure_names() -> dict[str, str]:
    """Return measure codes by everything a measure is called, plainly written."""
    rows = Measure.objects.exclude(rollup__in=("histogram", "calendar")).order_by("-code")
    found: dict[str, str] = {}
    for code, english, korean in rows.values_list("code", "name", "name_ko"):
        names = (english, korean, korean.partition("(")[0], code)
        found |= {plain(name): code for name in names if plain(name)}
    return found


def named_in(formulas: Mapping[str, str], headings: Iterable[str]) -> dict[str, str]:
    """Return formulas by the measure that stands left of them, by its code, its name or a usual word for it.

    Headings with spaces and the like may stand in them as they are: ``검수 건수 = 처리 건수``. A word that is no
    measure's stays, for its refusal to name it.
    """
    names, headings = measure_names() if formulas else {}, list(headings)
    return {_code(word, names): _bracketed(text, headings) for word, text in formulas.items()}


def _code(word: str, names: Mapping[str, str]) -> str:
    usual = {
        plain(called): code
        for words in (BACKOFFICE_WORDS, MEASURE_WORDS, WHOLE_MEASURES)
        for code, many in words.items()
        for called in many
    }
    return names.get(plain(word)) or usual.get(plain(word)) or word


def _bracketed(text: str, headings: Iterable[str]) -> str:
    """Return a formula with the headings that are more than one word in square brackets, the longest first."""
    # A heading that is itself a sum, such as a - b, is more likely the sum.
    known = [name for name in headings if _NOT_A_WORD.search(name) and not re.search(r"[-+*/\[\]]", name)]
    if not known:
        return text
    one_of = "|".join(re.escape(name) for name in sorted(known, key=len, reverse=True))
    return re.sub(rf"\[[^\]]*\]|(?<!\w)(?:{one_of})(?!\w)", lambda m: m[0] if m[0][0] == "[" else f"[{m[0]}]", text)
