"""A mapping proposed for a sample: what each column seems to hold and why, and what only people can say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from kpis.imports import synonyms
from kpis.imports.dating import Dated, dates_of, formats_of
from kpis.imports.grids import SHEET
from kpis.imports.layouts import FIELDS
from kpis.imports.measure_words import measure_names
from kpis.imports.naming import queue_names, renamed_at
from kpis.imports.opening import Grid
from kpis.imports.owners import is_called, owners_of
from kpis.imports.profiles import checked
from kpis.imports.proposals import MOST_SAMPLES, Proposal, ProposedColumn, Question
from kpis.imports.sampling import Sample
from kpis.imports.shapes import Shaped, shape_of
from kpis.imports.trying import Trial, try_layout
from kpis.imports.words import plain
from kpis.services.feed.validation import is_agent_field
from vendors.actors import Actor
from vendors.choices import Channel
from vendors.clock import local_date
from vendors.errors import DomainError, Invalid
from vendors.models import Vendor

ZONE = "Asia/Seoul"
MOST_QUESTIONS = 3


def propose(
    grid: Grid,
    *,
    actor: Actor,
    vendor: Vendor | None,
    now: datetime,
    delimiter: str = ",",
    month: date | None = None,
) -> Proposal:
    """Propose a mapping for a sample of ``vendor``'s figures (null: of whatever the actor submits for).

    A sample that names no day is of the whole ``month``, where one is given. Raises Invalid ``no_rows``; what does not
    fit otherwise is asked.
    """
    return _Guess(grid, actor, vendor, now, delimiter, month).proposal()


def tried(mapping: Any, grid: Grid, *, actor: Actor, now: datetime, vendor: Vendor | None = None) -> Trial | None:
    """Return what a grid becomes by a mapping, null where the two do not fit."""
    try:
        return try_layout(checked(mapping, actor=actor, vendor=vendor), grid, actor=actor, now=now)
    except DomainError:
        return None


class _Guess:
    def __init__(
        self, grid: Grid, actor: Actor, vendor: Vendor | None, now: datetime, delimiter: str, month: date | None
    ) -> None:
        self.grid, self.month = grid, month
        self.actor, self.vendor, self.now = actor, vendor, now
        self.today = local_date(now, ZONE)
        self.document: dict[str, Any] = {} if delimiter == "," else {"delimiter": delimiter}
        self.queues = queue_names(actor, vendor)
        self.measures = measure_names()
        self.questions: list[Question] = []
        self.queue_names: dict[str, str] = {}
        self.told_by_columns: Sequence[str] = ()
        self.channels: Mapping[str, set[str]] = {}
        self.shape = self._shape()
        self.document |= self.shape.document
        self.samples = self.shape.samples
        self.columns = [ProposedColumn(sample.heading, sample.given[:MOST_SAMPLES], "") for sample in self.samples]

    def _shape(self) -> Shaped:
        found = shape_of(self.grid, self.queues, self._names_measure)
        if found is None:
            raise Invalid("no_rows", _("The file has a header and no rows."))
        return found

    def _names_measure(self, name: str) -> bool:
        return self._measure(name) is not None or self._pair(name) is not None

    def proposal(self) -> Proposal:
        self._take_dates()
        self._take_queues()
        self._take_counts()
        self._take_shares()
        self._fill_document()
        found = Proposal(self.document, self.columns, queue_names=self.queue_names)
        found.told_by_columns = self.told_by_columns
        self._try(found)
        found.questions = [*self.questions, *self._definitions()][:MOST_QUESTIONS]
        return found

    # Dates and queues ------------------------------------------------------------------------------
    def _take_dates(self) -> None:
        found = dates_of(self.shape, self.today)
        for one in found:
            column = next(column for column in self.columns if column.heading == one.heading)
            if column.holds is None:
                reason = _("Its cells are months.") if one.holds == "month" else _("Its cells are days.")
                self._hold(column, one.holds, reason)
            self._tell_days(one, column)
        self.document |= formats_of(found)
        if found:
            return
        if self.month is not None:
            self.document["constants"] = {"month": f"{self.month:%Y-%m}"}
        else:
            self.questions.append(Question("date", _("Which column holds the day or the month?")))

    def _tell_days(self, one: Dated, column: ProposedColumn) -> None:
        """Ask for the order of days that read in several; tell what was assumed of those that do not say it all."""
        if not one.is_clear:
            text = _("In which order do the dates read, such as %(date)s?") % {"date": one.sample.given[0]}
            text = f"{one.sheet}: {text}" if one.sheet else text
            self.questions.append(Question("date_order", text, about=one.sheet))
        if one.holds == "date" and one.sample.leaves_the_year_out(one.order, self.today):
            text = _("The year is not in the file: the newest such day is taken.")
            column.reason += "" if text in column.reason else f" {text}"
        example = one.example(self.today) if one.sheet else None
        if example:
            column.reason += f" {one.sheet}: {example[0]} = {example[1]:%Y-%m-%d}."

    def _take_queues(self) -> None:
        if len(self.queues.channels) == 1 and not any(self._is_queues(sample) for sample in self.samples):
            self.document["queue"], channel = next(iter(self.queues.channels.items()))
            self.channels = {sample.heading: {channel} for sample in self.samples}
            return
        if self._take_owners():
            return
        for sample, column in zip(self.samples, self.columns, strict=True):
            if column.holds is None and self._is_queues(sample):
                self._hold(column, "queue", _("Its cells name queues."))
                self._name_queues({name: self.queues.of(name) for name in dict.fromkeys(sample.given)})
                return
        self.questions.append(Question("queue", _("Which queue do the figures belong to?")))

    def _take_owners(self) -> bool:
        """Take the columns that name vendors, services or queues, alone or together; say whether there are."""
        if self.document.get("across") == "queue":
            return False
        owners = owners_of(self.shape, self.queues, self.grid.found.get("sheet", ""))
        if owners is None:
            return False
        if len(owners.headings) > 1:
            self.document["named_by"] = owners.headings
            reason = _("Vendor and service name the queue together.")
        else:
            reason = _("Its cells name queues.")
        for column in self.columns:
            if column.heading in owners.headings:
                self._hold(column, "queue", reason)
        self.channels, self.told_by_columns = owners.channels, owners.by_columns
        self._name_queues(owners.codes)
        return True

    def _is_queues(self, sample: Sample) -> bool:
        names = set(sample.given)
        known = sum(self.queues.of(name) is not None or self.queues.is_vendor(name) for name in names)
        is_headed = is_called(sample.heading, "queue") and not sample.is_figures
        return bool(names) and (known >= 0.5 * len(names) or is_headed)

    def _name_queues(self, codes: Mapping[str, str | None]) -> None:
        # The headings of a matrix are told from its other columns by being named here.
        is_across = self.document.get("across") == "queue"
        self.document["queues"] = {name: code for name, code in codes.items() if code and (is_across or code != name)}
        self.queue_names = {name: code or "" for name, code in codes.items()}
        unknown = [name for name, code in codes.items() if code is None]
        if unknown:
            text = _("Which queues are these: %(names)s?") % {"names": ", ".join(unknown[:5])}
            self.questions.append(Question("queues", text))

    # Measures --------------------------------------------------------------------------------------
    def _take_counts(self) -> None:
        for sample, column in self._open():
            heading = sample.heading
            if is_agent_field(heading):
                column.reason = _("Figures of single persons are not taken.")
            elif synonyms.holds_any(heading, synonyms.CUMULATIVE):
                column.reason = _("A running total: the days themselves are taken.")
            elif not sample.is_figures:
                column.reason = _("Its cells are no figures.")
            elif self._pair_of(sample) is None:
                self._take_count(sample, column)

    def _take_count(self, sample: Sample, column: ProposedColumn) -> None:
        code = self._meant(sample.heading)
        kind = "duration" if sample.kind == "duration" else "number"
        if code is None:
            column.reason = _("No measure is called this.")
        elif self._is_held(code) and not self._goes_on(code, column, kind):
            column.reason = _("Another column already holds this measure.")
        else:
            named = plain(sample.heading) in self.measures
            reason = _("It is called as the measure is.") if named else _("This is a usual name of the measure.")
            self._hold(column, code, reason, kind)

    def _take_shares(self) -> None:
        """Take percentages and means only for sums that no column counts."""
        # The handling time last: whether its parts stand beside it shows when they are taken.
        for sample, column in sorted(self._open(), key=lambda one: self._is_handling(one[0])):
            pair = self._pair_of(sample)
            if pair is None or not sample.is_figures:
                continue
            code, of = (self._here(one, sample.heading) or "" for one in pair)
            kind = self._share_kind(sample, pair)
            if self._is_handling(sample) and all(map(self._is_held, synonyms.PARTS_OF_HANDLING)):
                column.reason = _("Talk, hold and after-call work are counted in other columns: it is computed.")
            elif code not in self.measures.values():
                column.is_told = self._is_handling(sample)
                column.reason = _handling_in_one() if column.is_told else _("No measure is called this.")
            elif self._is_held(code) and not self._goes_on(code, column, kind, of):
                column.reason = _("A percentage or a mean of counts that other columns hold: it is computed.")
            elif not self._is_held(of):
                column.reason = _("A percentage or a mean, but the file does not say of how many.")
                column.lacks = of
            else:
                self._hold(column, code, _("Nobody counted it: it is derived, whole, and marked as derived."), kind, of)
                self._ask_satisfaction(column)

    def _ask_satisfaction(self, column: ProposedColumn) -> None:
        """Ask whether satisfaction is a share or a mean where its heading does not say so."""
        is_asked = any(question.code == "csat_as" for question in self.questions)
        if synonyms.is_satisfaction(column.heading) and not is_asked:
            text = _("Is “%(name)s” the share of satisfied answers in per cent, or the mean of 5 points?")
            self.questions.append(Question("csat_as", text % {"name": column.heading}, about=column.heading))

    def _meant(self, heading: str) -> str | None:
        """Return the measure of a count by its heading, in the sense of the channel whose lines it stands in."""
        if self.channels.get(heading) == {Channel.BACKOFFICE}:
            code = synonyms.backoffice_measure(heading)
            if code is not None:
                return code
        return self._here(self._measure(heading), heading)

    def _here(self, code: str | None, heading: str) -> str | None:
        """Return the measure that a word of the telephone means where all figures of a column are of chats."""
        is_chat = self.channels.get(heading) == {Channel.CHAT}
        return synonyms.CHAT_MEASURES.get(code or "", code) if is_chat else code

    def _goes_on(self, code: str, column: ProposedColumn, kind: str, of: str | None = None) -> bool:
        """Say whether a column of another sheet goes on with a measure: read alike, and no line has both."""
        places = {name: place for place, name in enumerate(self.shape.names)}
        if SHEET not in places or column.heading not in places:
            return False
        others = [other for other in self.columns if other.holds == code]
        here, seconds = places[column.heading], synonyms.seconds_within(column.heading)
        return all(
            (other.kind, other.of, synonyms.seconds_within(other.heading)) == (kind, of, seconds)
            and not any(row[here] and row[places[other.heading]] for row in self.shape.rows)
            for other in others
        )

    def _pair_of(self, sample: Sample) -> tuple[str, str] | None:
        """Return what a column is a share or a mean of: by its heading, or where a count's cells are no counts."""
        pair = self._pair(sample.heading)
        if self.channels.get(sample.heading) == {Channel.BACKOFFICE}:
            pair = synonyms.backoffice_rate(sample.heading) or pair
        if pair == ("csat_satisfied", "csat_responses") and sample.is_out_of_five:
            return "csat_score_sum", "csat_responses"
        if pair is None and (sample.kind == "percent" or sample.is_share_of_one):
            code = self._measure(sample.heading)
            return next((one for one in synonyms.RATE_WORDS if one[0] == code), None)
        return pair

    def _is_handling(self, sample: Sample) -> bool:
        return (self._pair_of(sample) or ("",))[0] == synonyms.HANDLING

    @staticmethod
    def _share_kind(sample: Sample, pair: tuple[str, str]) -> str:
        if pair in synonyms.RATE_WORDS or pair in synonyms.WHOLE_RATES:
            return "ratio" if sample.is_share_of_one else "percent"
        return "duration" if sample.kind == "duration" else "number"

    def _open(self) -> Iterator[tuple[Sample, ProposedColumn]]:
        pairs = zip(self.samples, self.columns, strict=True)
        return ((sample, column) for sample, column in pairs if column.holds is None and not column.reason)

    def _measure(self, heading: str) -> str | None:
        if synonyms.seconds_within(heading) is not None and not self._pair(heading):
            return "answered_within_threshold"
        if plain(heading) in synonyms.REPLIES and any(self._is_satisfaction(name) for name in self.shape.names):
            return "csat_responses"
        known = next((self.measures[word] for word in synonyms.words_of(heading) if word in self.measures), None)
        code = known or synonyms.measure_of(heading)
        return code if code in self.measures.values() else None

    def _is_satisfaction(self, heading: str) -> bool:
        return (self._pair(heading) or ("", ""))[1] == "csat_responses"

    @staticmethod
    def _pair(heading: str) -> tuple[str, str] | None:
        return (
            synonyms.whole_pair_of(heading)
            or synonyms.pair_of(heading, synonyms.RATE_WORDS)
            or synonyms.pair_of(heading, synonyms.MEAN_WORDS)
        )

    def _is_held(self, code: str) -> bool:
        return any(column.holds == code for column in self.columns)

    @staticmethod
    def _hold(column: ProposedColumn, code: str, reason: str, kind: str = "number", of: str | None = None) -> None:
        column.holds, column.reason, column.kind, column.of = code, reason, kind, of

    # The document ----------------------------------------------------------------------------------
    def _fill_document(self) -> None:
        columns: dict[str, Any] = {}
        for column in self.columns:
            if column.holds == "answered_within_threshold" and (seconds := synonyms.seconds_within(column.heading)):
                self.document["definitions"] = {"threshold_seconds": str(seconds)}
            if column.holds is not None and not (column.holds == "queue" and "named_by" in self.document):
                written = {"heading": column.heading, "kind": column.kind} | ({"of": column.of} if column.of else {})
                is_plain = column.kind == "number" and column.of is None
                held = columns.get(column.holds)
                if held is not None:
                    first = {"heading": held} if isinstance(held, str) else held
                    columns[column.holds] = first | {"also": [*first.get("also", ()), column.heading]}
                else:
                    columns[column.holds] = column.heading if is_plain else written
        self.document["columns"] = columns
        if self._has_blanks_below_names():
            self.document["fill_down"] = True
        renamed = renamed_at(self.queue_names.values(), columns, self.queues.channels)
        if renamed:
            self.document["renamed"] = renamed

    def _has_blanks_below_names(self) -> bool:
        """Say whether lines leave out the name or the day above them, as below merged cells."""
        keys = {column.heading for column in self.columns if column.holds in FIELDS}
        days = {column.heading for column in self.columns if column.holds in ("date", "month")}
        return self.shape.has_gaps(keys.union(self.document.get("named_by", ())) - days, days)

    def _try(self, found: Proposal) -> None:
        try:
            layout = checked(found.mapping, actor=self.actor, vendor=self.vendor)
            found.mapping = layout.as_document()
            found.trial = try_layout(layout, self.grid, actor=self.actor, now=self.now)
        except DomainError as error:
            if not self.questions:
                self.questions.append(Question(error.code, str(error.detail)))

    def _definitions(self) -> Iterator[Question]:
        """Yield what no file says: seconds, what counts as offered, whether short abandons are in."""
        texts = {
            "threshold_seconds": ("answered_within_threshold", _("Within how many seconds is “%(name)s”?")),
            "offered": ("offered", _("From where does “%(name)s” count: the IVR, or the agents' queue?")),
            "short_abandons": ("abandoned", _("Does “%(name)s” hold those who hung up within a few seconds?")),
        }
        held = {column.holds: column.heading for column in self.columns if column.holds}
        for code, (measure, text) in texts.items():
            heading = held.get(measure)
            if heading is not None and not (code == "threshold_seconds" and synonyms.seconds_within(heading)):
                yield Question(code, text % {"name": heading}, is_definition=True)


def _handling_in_one() -> str:
    text = _(
        "it holds talk, hold and after-call work in one, and these are counted apart: give their seconds or means in"
        " columns of their own, or make a measure “%(code)s” of your own, and it is read as that."
    )
    return text % {"code": synonyms.HANDLING}
