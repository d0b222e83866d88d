"""How the sheet of all vendors is read, as its page shows it: the profile editor over the kept file itself."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from bpo.queries.sheet_needs import Lack, Needs, OtherSeconds
from bpo.views.access import PageRequest
from bpo.views.profile_editor import Editor
from bpo.views.profile_forms import Choices
from bpo.views.satisfaction import ANSWER, satisfaction_in
from kpis.imports.joining import Opened
from kpis.imports.reading import WITHOUT_WHOLE, span
from vendors.errors import RowError

_WORD = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)+|(?<=\()[a-z]+(?=\))")
MOST_GROUPS = 30


@dataclass(slots=True)
class Said:
    """One message and the lines it is about."""

    text: str
    lines: list[int] = field(default_factory=list)

    @property
    def where(self) -> str:
        """The lines in short: 6-36, 38."""
        return span(self.lines)


class SheetEditor(Editor):
    """The state of the page; ``needs`` are those of the set-up's targets."""

    def __init__(self, request: PageRequest, *, opened: Opened, needs: Needs, **options: Any) -> None:
        self.opened, self.needs = opened, needs
        self.shows_all = "all" in request.POST or request.POST.get("do") == "all"
        self.satisfaction = satisfaction_in(options["proposal"])
        self.sent = {text for name, text in request.POST.items() if name.startswith("column-")}
        self.sent |= self.satisfaction.codes
        self.held = _codes_of(options["proposal"].mapping)
        super().__init__(request, vendor=None, grid=opened.grid, **options)

    def _sent(self, request: PageRequest) -> Any:
        data = super()._sent(request)
        return data and self.satisfaction.answered(data)

    def _more_fields(self, mapping: dict[str, Any]) -> dict[str, Any]:
        return self.satisfaction.fields(mapping)

    @property
    def answers(self) -> list[Any]:
        return [*super().answers, *(self.form[name] for name in self.form.fields if name == ANSWER)]

    # The lists -------------------------------------------------------------------------------------
    @cached_property
    def measures(self) -> Choices:
        return sorted(((code, name) for code, name in self.needs.names.items()), key=lambda choice: choice[1])

    @property
    def names_of_measures(self) -> dict[str, str]:
        return dict(self.measures)

    @cached_property
    def choices(self) -> list[Any]:
        """The measures of the services that were chosen, and on demand all others behind them."""
        near = self.needs.measures | self.held | self.sent
        first = [choice for choice in self.measures if choice[0] in near]
        rest = [choice for choice in self.measures if choice[0] not in near]
        return [(_("Of these services"), first), (_("Others"), rest)] if self.shows_all else first

    @cached_property
    def wholes(self) -> list[Any]:
        counts = {column.holds for column in self.proposal.columns} if self.proposal else set()
        return [choice for choice in self.measures if choice[0] in counts | self.held | self.sent]

    # What is said ----------------------------------------------------------------------------------
    @property
    def errors(self) -> list[Said]:
        """What is wrong with lines: what the service refused, else what the sheet's trial shows."""
        found = self.error.errors if self.error else self.trial.errors if self.trial else ()
        return self._grouped(found)

    @property
    def warnings(self) -> list[Said]:
        found = self.trial.warnings if self.trial else ()
        return self._grouped(warning for warning in found if warning.code != WITHOUT_WHOLE)

    @property
    def untaken(self) -> list[str]:
        """The percentages and means that nothing was taken of, on all lines or on some, and the column they lack."""
        text = _("“%(heading)s” is not taken: a mean or a percentage needs a column of its number, %(of)s, beside it.")
        whole = [
            text % {"heading": column.heading, "of": self.names_of_measures.get(column.lacks, column.lacks)}
            for column in self.left_out
            if column.lacks
        ]
        whole += [f"“{column.heading}”: {column.reason}" for column in self.left_out if column.is_told]
        lost = (warning for warning in (self.trial.warnings if self.trial else ()) if warning.code == WITHOUT_WHOLE)
        return [*whole, *(self._named(str(warning.detail)) for warning in lost)]

    @property
    def lacks(self) -> list[Lack]:
        """The KPIs of which the sheet has a part."""
        return [lack for lack in self._lacks if lack.is_partly_held]

    @property
    def without_figures(self) -> list[Lack]:
        return [lack for lack in self._lacks if not lack.is_partly_held]

    @cached_property
    def _lacks(self) -> list[Lack]:
        return self.needs.lacks(self.trial.measures) if self.trial else []

    @property
    def other_seconds(self) -> list[OtherSeconds]:
        """The service levels that the sheet counts within other seconds than the targets."""
        columns = (
            {column.holds: column.heading for column in self.proposal.columns if column.holds} if self.proposal else {}
        )
        return self.needs.other_seconds(columns)

    @property
    def adopts_seconds(self) -> bool:
        """Whether the targets are to count within the seconds of the sheet: so unless somebody unticked it."""
        return not self.data or "seconds" in self.data

    @property
    def seconds(self) -> dict[str, int]:
        """The seconds that targets take over from the sheet, by KPI; none where its columns disagree."""
        found: dict[str, set[int]] = {}
        for one in self.other_seconds if self.adopts_seconds else ():
            found.setdefault(one.kpi.code, set()).add(one.counted)
        return {kpi: counted.pop() for kpi, counted in found.items() if len(counted) == 1}

    @property
    def unread(self) -> list[str]:
        """The vendors of the set-up that the sheet has nothing of."""
        return self.needs.unread(self.trial.measures) if self.trial else []

    @property
    def skipped(self) -> Mapping[str, int]:
        return self.trial.skipped if self.trial else {}

    @property
    def told_by_columns(self) -> list[str]:
        return list(self.proposal.told_by_columns) if self.proposal else []

    def _grouped(self, errors: Iterable[RowError]) -> list[Said]:
        """Return messages with their lines, each once; where there are too many, those of one kind are one."""
        by_text = self._by(errors, lambda error: str(error.detail))
        return by_text if len(by_text) <= MOST_GROUPS else self._by(errors, lambda error: (error.code, error.field))

    def _by(self, errors: Iterable[RowError], key: Any) -> list[Said]:
        found: dict[Any, Said] = {}
        for error in errors:
            said = found.setdefault(key(error), Said(self._named(str(error.detail))))
            said.lines += [error.row] if error.row is not None else []
        return list(found.values())

    def _named(self, text: str) -> str:
        """Return a message with queues and measures by their names."""
        names = self.names_of_queues | self.names_of_measures
        return _WORD.sub(lambda match: names.get(match[0], match[0]), text)


def sheets_of(request: PageRequest) -> list[str]:
    """Return the sheets that a form was made of, else those that were ticked; none where nothing says so."""
    if "base" not in request.POST:
        return request.GET.getlist("sheet")
    try:
        base = json.loads(request.POST["base"])
        found = base.get("sheets") or [base.get("sheet")]
        return [name for name in found if isinstance(name, str)]
    except (ValueError, AttributeError, TypeError, RecursionError):
        return []


def _codes_of(mapping: Mapping[str, Any]) -> set[str]:
    columns = mapping.get("columns", {})
    return {*columns, *(column["of"] for column in columns.values() if isinstance(column, dict) and "of" in column)}
