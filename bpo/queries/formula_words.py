"""A formula as people read it: the names of its measures, and the signs of arithmetic."""

from __future__ import annotations

import re
from collections.abc import Mapping

from kpis.models import Measure

SIGNS = {"*": "×", "/": "÷", "-": "−"}
CODE = re.compile(r"[a-z][a-z0-9_]*")


def formula_in_words(formula: str) -> str:
    """Write ``100 * answered / offered`` as ``100 × 응대호 ÷ 인입호``, in the language in force; one query."""
    codes = set(CODE.findall(formula))
    return put_in(signs(formula), {row.code: row.label for row in Measure.objects.filter(code__in=codes)})


def put_in(formula: str, texts: Mapping[str, str]) -> str:
    """Put a text in place of each measure; one without a text keeps its code."""
    return CODE.sub(lambda found: texts.get(found[0], found[0]), formula)


def signs(formula: str) -> str:
    """Write the signs of a formula as arithmetic does. Comes before names are put in: they may hold a stroke."""
    return re.sub(r"[*/-]", lambda found: SIGNS[found[0]], formula)
