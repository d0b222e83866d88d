"""What a sheet's column of satisfaction says, asked in the open: a share in per cent, or a mean of 5 points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from bpo.views.forms import Choices
from kpis.imports.proposals import Proposal

ANSWER, WAS = "csat_as", "csat_was"
OF = "csat_responses"
CODES = {"share": "csat_satisfied", "mean": "csat_score_sum"}
"""The measure that each answer makes of the column."""
CHOICES: Choices = [
    ("share", _("share of satisfied answers, 4 or 5 of 5 points (%)")),
    ("mean", _("mean of 5 points")),
    ("", _("neither: leave it out")),
]


@dataclass(frozen=True, slots=True)
class Satisfaction:
    """The question about the columns of satisfaction; without ``text`` nothing is asked.

    ``kinds`` are how the cells of each column read as a share.
    """

    text: str = ""
    kinds: Mapping[str, str] | None = None

    @property
    def codes(self) -> set[str]:
        return set(CODES.values()) if self.text else set()

    def fields(self, mapping: Mapping[str, Any]) -> dict[str, Any]:
        """Return the field of the question, as the mapping answers it, and what it was when the page was shown."""
        if not self.text:
            return {}
        answer = next((answer for answer, code in CODES.items() if code in mapping.get("columns", {})), "")
        field = forms.ChoiceField(label=self.text, choices=CHOICES, required=False, initial=answer)
        return {ANSWER: field, WAS: forms.CharField(widget=forms.HiddenInput, required=False, initial=answer)}

    def answered(self, data: QueryDict) -> QueryDict:
        """Return what was sent with the columns as the question was answered, where the answer is another one now."""
        answer = data.get(ANSWER, "")
        if not self.text or answer == data.get(WAS, "") or answer not in {"", *CODES}:
            return data
        changed = data.copy()
        changed[WAS] = answer
        kinds = self.kinds or {}
        for name, given in data.items():
            heading = str(given)
            if name.startswith("column-") and name.endswith("-heading") and heading in kinds:
                place = name.removesuffix("heading")
                changed[f"{place}holds"] = CODES.get(answer, "")
                changed[f"{place}kind"] = kinds[heading] if answer == "share" else "number"
                changed[f"{place}of"] = OF if answer else ""
        return changed


def satisfaction_in(proposal: Proposal) -> Satisfaction:
    """Return the question that a proposal leaves open, of every column that goes on with the first."""
    text = next((question.text for question in proposal.questions if question.code == ANSWER), "")
    columns = [column for column in proposal.columns if column.of == OF and column.holds in CODES.values()]
    return Satisfaction(text, {one.heading: one.kind if one.kind == "ratio" else "percent" for one in columns})
