"""One import profile being made or changed on a page: its forms, its mapping, what it makes of the sample."""

from __future__ import annotations

import json
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django import forms
from django.forms import formset_factory
from django.utils.translation import gettext as _

from bpo.queries.profile_words import DEFINITIONS, definition
from bpo.views.access import PageRequest
from bpo.views.profile_forms import Choices, ColumnForm, ProfileForm, QueueNameForm
from kpis.imports import profiles
from kpis.imports.measure_words import named_in
from kpis.imports.naming import MOST_QUEUES, renamed_at, still_renamed
from kpis.imports.opening import Grid
from kpis.imports.proposals import Proposal, ProposedColumn
from kpis.imports.proposing import propose
from kpis.imports.trying import Trial, try_layout
from kpis.models import ImportProfile, Measure
from vendors.actors import Actor, Capability
from vendors.errors import DomainError
from vendors.models import Queue, Vendor

MOST_COLUMNS = 256
MOST_NAMES = 200
EDITED = frozenset(
    {"columns", "queue", "queues", "named_by", "set", "skip_when", "definitions"}
    | {"date_format", "date_formats", "year"}
)
"""Members of a mapping that the forms hold; the rest is carried along as it is."""


def vendor_choices(actor: Actor) -> Choices:
    """Return the vendors whose profiles ``actor`` keeps; the client's own first where it keeps those too."""
    keeper = actor.limited_to(Capability.WRITE_PROFILES)
    vendors = sorted(Vendor.objects.visible_to(keeper), key=lambda row: row.label)
    found: Choices = [(row.code, row.label) for row in vendors]
    return [("", _("All vendors (a file of the client's own)")), *found] if keeper.sees_all_vendors else found


class Editor:
    """The state of the page. ``error`` is what the service refused, ``trial`` what the sample becomes.

    A sample that names no day is of the whole ``month``, where one is given; where ``grid`` is, it is the sample.
    """

    def __init__(
        self,
        request: PageRequest,
        *,
        vendor: Vendor | None,
        profile: ImportProfile | None = None,
        proposal: Proposal | None = None,
        sample: str = "",
        month: date | None = None,
        grid: Grid | None = None,
    ) -> None:
        self.actor, self.vendor, self.profile, self.proposal = request.actor, vendor, profile, proposal
        self.month, self.grid = month, grid
        self.data = self._sent(request)
        self.error: DomainError | None = None
        self.trial: Trial | None = proposal.trial if proposal and self.data is None else None
        mapping = proposal.mapping if proposal else profiles.newest(profile).mapping if profile else {}
        self.form = ProfileForm(
            self.data,
            queues=self.queues,
            is_new=profile is None,
            asked=self._asked(mapping),
            dated=list(mapping.get("date_formats", {})),
            initial=self._initial(mapping, sample),
        )
        self.form.fields.update(self._more_fields(mapping))
        self.columns = self._formset(ColumnForm, "column", _column_initial(mapping, proposal), MOST_COLUMNS)
        self.names = self._formset(QueueNameForm, "queue", _name_initial(mapping, proposal), MOST_NAMES)

    def _sent(self, request: PageRequest) -> Any:
        """Return the fields of the forms that were sent; null where none were."""
        return request.POST if "base" in request.POST else None

    def _more_fields(self, mapping: dict[str, Any]) -> dict[str, forms.Field]:
        """Return fields of the form that only one page has."""
        return {}

    # What the page shows ---------------------------------------------------------------------------
    @cached_property
    def queues(self) -> Choices:
        if self.vendor is None:
            return [(row.code, f"{row.centre.vendor.label} · {row.name}") for row in self._queues]
        return [(row.code, f"{row.name} ({row.code})") for row in self._queues]

    @property
    def names_of_queues(self) -> dict[str, str]:
        return dict(self.queues)

    @cached_property
    def channels(self) -> dict[str, str]:
        return {row.code: row.channel for row in self._queues}

    @cached_property
    def _queues(self) -> list[Queue]:
        rows = Queue.objects.visible_to(self.actor.limited_to(Capability.SUBMIT))
        rows = rows.select_related("centre__vendor").order_by("code")
        if self.vendor is not None:
            rows = rows.filter(centre__vendor=self.vendor)
        return list(rows[:MOST_QUEUES])

    @cached_property
    def measures(self) -> Choices:
        rows = Measure.objects.exclude(rollup__in=("histogram", "calendar")).order_by("code")
        return sorted(((row.code, f"{row.label} ({row.code})") for row in rows), key=lambda choice: choice[1])

    @property
    def choices(self) -> list[Any]:
        """What a column may hold, beside days and queues."""
        return self.measures

    @property
    def wholes(self) -> list[Any]:
        """What a column may be a share or a mean of."""
        return self.measures

    @property
    def names_of_measures(self) -> dict[str, str]:
        return {code: label.removesuffix(f" ({code})") for code, label in self.measures}

    @property
    def rows(self) -> list[tuple[ProposedColumn | None, forms.Form]]:
        """Each column's form with what the sample shows of it."""
        known = {column.heading: column for column in self.proposal.columns} if self.proposal else {}
        return [(known.get(form["heading"].value()), form) for form in self.columns]

    @property
    def questions(self) -> list[str]:
        """What the sample cannot answer and no field of the form asks."""
        shown = {name.removeprefix("definition_") for name in self.form.fields}
        named = {"queues"} if self.data and all(form["code"].value() for form in self.names) else set()
        return [question.text for question in self._questions if question.code not in shown | named]

    @property
    def answers(self) -> list[Any]:
        """The fields that ask what no file says, the queue of lines that name none, and the order of unclear days."""
        asked = [*self.form.asked]
        for question in self._questions:
            if question.code == "queue":
                asked.append("queue")
            elif question.code == "date_order":
                asked.append(self.form.dated.get(question.about, "date_format"))
        return [field for field in self.form.visible_fields() if field.name in asked]

    @property
    def left_out(self) -> list[ProposedColumn]:
        """The columns of the sample that nothing is read from as the forms stand."""
        return [column for column, form in self.rows if column is not None and not form["holds"].value()]

    @property
    def ways(self) -> list[Any]:
        """The fields that say how the file is read, beside its columns and what the profile is called."""
        apart = {"name", "code", "note", "is_active", *(field.name for field in self.answers)}
        return [field for field in self.form.visible_fields() if field.name not in apart]

    @property
    def damage(self) -> list[str]:
        """What is wrong with the fields nobody sees."""
        hidden = [error for field in self.form.hidden_fields() for error in field.errors]
        return [str(error) for error in (*hidden, *self.columns.non_form_errors(), *self.names.non_form_errors())]

    @property
    def _questions(self) -> list[Any]:
        return self.proposal.questions if self.proposal else []

    def _asked(self, mapping: dict[str, Any]) -> dict[str, str]:
        """Return the definitions the form asks for: those kept, those the sample leaves open, those sent."""
        questions = {question.code: question.text for question in self._questions if question.is_definition}
        sent = {code for code in DEFINITIONS if self.data and f"definition_{code}" in self.data}
        return {code: definition(code) for code in (*mapping.get("definitions", {}), *sorted(sent))} | questions

    def _initial(self, mapping: dict[str, Any], sample: str) -> dict[str, Any]:
        skipped = mapping.get("skip_when", "")
        # In which order columns name a queue together is for no form to say.
        rest = {name: value for name, value in mapping.items() if name not in EDITED - {"named_by"}}
        return {
            "name": self.profile.name if self.profile else "",
            "is_active": self.profile.is_active if self.profile else True,
            "queue": mapping.get("queue", ""),
            "date_format": mapping.get("date_format", ""),
            "year": mapping.get("year"),
            "formulas": "\n".join(f"{code} = {text}" for code, text in mapping.get("set", {}).items()),
            "skip_when": skipped if isinstance(skipped, str) else "; ".join(skipped),
            "base": json.dumps(rest, ensure_ascii=False),
            "sample": sample,
            "vendor": self.vendor.code if self.vendor else "",
            **{f"date_format_{place}": order for place, order in enumerate(mapping.get("date_formats", {}).values())},
            **{f"definition_{code}": answer for code, answer in mapping.get("definitions", {}).items()},
        }

    def _formset(self, form: type[forms.Form], prefix: str, initial: list[dict[str, Any]], most: int) -> Any:
        options = (
            {"holds": [*_dimensions(), *self.choices], "measures": self.wholes}
            if form is ColumnForm
            else {"queues": self.queues}
        )
        made = formset_factory(form, extra=0, max_num=most, absolute_max=most)
        return made(self.data, prefix=prefix, initial=initial, form_kwargs=options)

    # What the reader does --------------------------------------------------------------------------
    def is_valid(self) -> bool:
        """Check the forms; a measure that two columns hold is told at the second. Queues may be named by several."""
        for name in () if self.data and self.data.get("do") == "save" else ("name", "code"):
            # Somebody who only looks has not named it yet.
            self.form.errors.pop(name, None)
        if not all([self.form.is_valid(), self.columns.is_valid(), self.names.is_valid()]):
            return False
        seen: dict[str, dict[str, Any]] = {}
        goes_on = bool(self.form.cleaned_data["base"].get("sheets"))
        for form in self.columns:
            row = form.cleaned_data
            holds = row.get("holds")
            first = seen.setdefault(holds, row)
            is_alike = goes_on and (first.get("kind"), first.get("of")) == (row.get("kind"), row.get("of"))
            if holds and first is not row and holds != "queue" and not is_alike:
                form.add_error("holds", _("Another column already holds this measure."))
        return not any(form.errors for form in self.columns)

    def mapping(self) -> dict[str, Any]:
        """Return the mapping that the forms describe."""
        given = self.form.cleaned_data
        document = {name: value for name, value in given["base"].items() if name not in EDITED}
        columns = _columns_document([row for row in self.columns.cleaned_data if row.get("holds")])
        named_by = _in_order(
            [row["heading"] for row in self.columns.cleaned_data if row.get("holds") == "queue"],
            given["base"].get("named_by"),
        )
        if len(named_by) > 1:
            del columns["queue"]
        queues = {row["name"]: row["code"] for row in self.names.cleaned_data}
        skipped = [text.strip() for text in given["skip_when"].split(";") if text.strip()]
        members = {
            "queue": None if named_by else given["queue"],
            "named_by": named_by if len(named_by) > 1 else [],
            "queues": queues if named_by or document.get("across") == "queue" else {},
            "renamed": still_renamed(document.get("renamed", {}), columns)
            | renamed_at(queues.values(), columns, self.channels),
            "columns": columns,
            "set": named_in(given["formulas"], [row["heading"] for row in self.columns.cleaned_data]),
            "skip_when": skipped[0] if len(skipped) == 1 else skipped,
            "date_format": given.get("date_format"),
            "date_formats": {sheet: given[name] for sheet, name in self.form.dated.items()},
            "year": given["year"],
            "definitions": self.form.definitions(),
        }
        return document | {name: value for name, value in members.items() if value}

    def preview(self, now: datetime) -> bool:
        """Try the mapping on the sample; say whether it could be, what is refused stands in ``error``."""
        if not self.is_valid():
            return False
        grid: Grid | None = self.grid or self.form.cleaned_data["sample"]
        try:
            if grid is not None:
                self.proposal = self.proposal or propose(
                    grid, actor=self.actor, vendor=self.vendor, now=now, month=self.month
                )
            layout = profiles.checked(self.mapping(), actor=self.actor, vendor=self.vendor)
            if grid is not None:
                self.trial = try_layout(layout, grid, actor=self.actor, now=now)
        except DomainError as error:
            self.error = self.error or error
        return self.error is None

    def save(self, now: datetime) -> ImportProfile | None:
        """Keep the profile; return null where form or service refuse, with the reasons on the page."""
        if not self.preview(now):
            return None
        given = self.form.cleaned_data
        common = {"name": given["name"], "mapping": self.mapping(), "actor": self.actor, "now": now}
        try:
            if self.profile is None:
                return profiles.create_profile(**common, code=given["code"], vendor=self.vendor)
            return profiles.change_profile(self.profile, **common, note=given["note"], is_active=given["is_active"])
        except DomainError as error:
            self.error = error
            return None


def _dimensions() -> Choices:
    return [("date", _("date")), ("month", _("month (history)")), ("queue", _("queue"))]


def _in_order(headings: list[str], order: Any) -> list[str]:
    """Return the headings in the order they were proposed in; those that came later behind them."""
    known = [name for name in order if name in headings] if isinstance(order, list) else []
    return [*known, *(name for name in headings if name not in known)]


def _column_initial(mapping: dict[str, Any], proposal: Proposal | None) -> list[dict[str, Any]]:
    """Return the rows of the column table: every column of the sample, else those the mapping names."""
    held: dict[str, dict[str, Any]] = {
        heading: {"holds": "queue", "heading": heading} for heading in mapping.get("named_by", ())
    }
    for code, column in mapping.get("columns", {}).items():
        given = column if isinstance(column, dict) else {"heading": column}
        for heading in (given["heading"], *given.get("also", ())):
            held[heading] = {"holds": code, **given, "heading": heading}
    headings = [column.heading for column in proposal.columns] if proposal else list(held)
    return [held.get(heading, {"heading": heading}) for heading in headings]


def _name_initial(mapping: dict[str, Any], proposal: Proposal | None) -> list[dict[str, Any]]:
    names = dict.fromkeys(proposal.queue_names) if proposal else {}
    return [{"name": name, "code": code or ""} for name, code in (names | mapping.get("queues", {})).items()]


def _columns_document(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what columns hold; one that holds what another does goes on with it on other sheets."""
    found: dict[str, Any] = {}
    for row in rows:
        code, first = row["holds"], found.get(row["holds"])
        if first is None or code == "queue":
            found[code] = _column_document(row)
            continue
        given = first if isinstance(first, dict) else {"heading": first}
        found[code] = given | {"also": [*given.get("also", ()), row["heading"]]}
    return found


def _column_document(row: dict[str, Any]) -> Any:
    if row["kind"] == "number" and not row["of"]:
        return row["heading"]
    return {"heading": row["heading"], "kind": row["kind"]} | ({"of": row["of"]} if row["of"] else {})
