"""What a proposal says: a mapping, what each column seems to hold and why, and what only people can say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from kpis.imports.trying import Trial

MOST_SAMPLES = 3
"""Cells of a column that are shown."""


@dataclass(slots=True)
class ProposedColumn:
    """One column of the sample, what it seems to hold (nothing: left out), and why."""

    heading: str
    sample: Sequence[str]
    reason: str
    holds: str | None = None
    kind: str = "number"
    of: str | None = None
    lacks: str | None = None
    """The measure it is a share or a mean of, where no column holds that and so nothing is taken from it."""
    is_told: bool = False
    """Whether it is to be told in the open why nothing is taken of it."""

    def as_dict(self) -> dict[str, Any]:
        return {"heading": self.heading, "sample": list(self.sample), "holds": self.holds, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Question:
    """What the sample cannot answer; a definition is kept with the mapping, under the question's code."""

    code: str
    text: str
    is_definition: bool = False
    about: str = ""
    """The sheet it is about, where it is about one of several."""


@dataclass(slots=True)
class Proposal:
    """A mapping that fits the sample as well as can be told. ``trial`` is null where something is still missing."""

    mapping: dict[str, Any]
    columns: list[ProposedColumn]
    questions: list[Question] = field(default_factory=list)
    queue_names: dict[str, str] = field(default_factory=dict)
    """Names of queues in the sample, and the codes they are taken for (blank: unknown)."""
    told_by_columns: Sequence[str] = ()
    """Those of them that only the columns which hold something told."""
    trial: Trial | None = None

    def as_dict(self) -> dict[str, Any]:
        return {
            "mapping": self.mapping,
            "columns": [column.as_dict() for column in self.columns],
            "questions": [{"code": question.code, "text": question.text} for question in self.questions],
            "trial": self.trial and self.trial.as_dict(),
        }
