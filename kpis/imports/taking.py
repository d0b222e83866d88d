"""One path inside for every file: read it as its sender wants it read, and submit the rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import msgspec
from django.conf import settings

from kpis.choices import SubmissionWay
from kpis.imports.grids import Workbook
from kpis.imports.joining import grid_for
from kpis.imports.layouts import FeedRows, Layout, read_layout
from kpis.imports.opening import open_as
from kpis.imports.profiles import find_profile, newest
from kpis.imports.reading import rows_of
from kpis.imports.rows import rows_in
from kpis.imports.workbooks import read_workbook
from kpis.models import ImportProfileVersion
from kpis.services.feed.refusals import Refusal
from kpis.services.submissions import MOST_FILE_ROWS, SubmissionResult, submit
from vendors.actors import Actor
from vendors.errors import DomainError, RowError

MOST_FILE_BYTES: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
LONGEST_NAME = 200
"""Letters of a file's name that are kept."""


class ImportOptions(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a file is to be read and stored; kept with a job as JSON."""

    filename: str = ""
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    profile: str | None = None
    note: str = ""
    reason: str = ""
    partial: bool = False
    dry_run: bool = False
    way: str = SubmissionWay.API.value
    language: str = ""
    profile_version: int | None = None
    """The version of the profile that a job was read through when it came."""
    read_on: date | None = None
    """The day the file came: what it calls 3/2 is the newest such day by then, in a job too that waits."""

    @property
    def waits_for_its_sender(self) -> bool:
        """Whether a page has it checked, for its sender to see the outcome first and send it then."""
        return self.dry_run and self.way == SubmissionWay.FILE


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A file as cells, and what its rows are read through: a layout, or nothing where it has the API's own shape."""

    book: Workbook
    sheet: str | None = None
    layout: Layout | None = None
    profile_version_id: int | None = None
    read_on: date | None = None

    def rows(self) -> FeedRows:
        """Return the rows for ``submit``; raise Invalid or Unprocessable where the file is of another shape."""
        if self.layout is None:
            return rows_in(self.book, self.sheet)
        feed = rows_of(self.layout, grid_for(self.book, self.layout), today=self.read_on)
        return replace(feed, source=replace(feed.source, profile_version_id=self.profile_version_id))


def open_file(content: bytes, options: ImportOptions, actor: Actor) -> OpenFile:
    """Open a file as its sender wants it read: as the profile says that is named, else as the options say.

    Raises Invalid, UnsupportedMedia or TooLarge.
    """
    version = newest(find_profile(actor, options.profile)) if options.profile is not None else None
    return _open(content, options, version)


def open_again(content: bytes, options: ImportOptions) -> OpenFile:
    """Open the file of a job as it was read when it came, whoever asks; raise as :func:`open_file` does."""
    kept = options.profile_version
    return _open(content, options, ImportProfileVersion.objects.get(pk=kept) if kept is not None else None)


def _open(content: bytes, options: ImportOptions, version: ImportProfileVersion | None) -> OpenFile:
    if version is None:
        given = {name: getattr(options, name) for name in ("filename", "encoding", "delimiter")}
        return OpenFile(read_workbook(content, **given), options.sheet)
    layout = read_layout(version.mapping)
    book = open_as(content, layout, encoding=options.encoding, filename=options.filename)
    return OpenFile(book, sheet_of(layout), layout, version.pk, options.read_on)


def sheet_of(layout: Layout) -> str | None:
    """Return the sheet a layout reads, the first of several."""
    return layout.sheets[0] if layout.sheets else layout.sheet


def read_file(content: bytes, options: ImportOptions, actor: Actor) -> FeedRows:
    """Return the rows of a file; raise as :func:`open_file` and :meth:`OpenFile.rows` do."""
    return open_file(content, options, actor).rows()


def take_in(
    feed: FeedRows,
    options: ImportOptions,
    *,
    actor: Actor,
    now: datetime,
    content_hash: str,
    idempotency_key: str = "",
    progress: Callable[[int], None] | None = None,
    refusals: list[Refusal] | None = None,
) -> SubmissionResult:
    """Submit the rows of a file, all or nothing unless it is to be taken in partially; raise what ``submit`` raises."""
    return submit(
        actor=actor,
        rows=feed.rows,
        numbers=feed.numbers,
        found=feed.errors,
        source=feed.source,
        now=now,
        note=options.note,
        reason=options.reason,
        way=options.way,
        dry_run=options.dry_run,
        partial=options.partial,
        body_hash=content_hash,
        file_name=options.filename,
        most_rows=MOST_FILE_ROWS,
        idempotency_key=idempotency_key,
        progress=progress,
        refusals=refusals,
    )


def check_file(
    file: OpenFile, options: ImportOptions, *, actor: Actor, now: datetime, content_hash: str
) -> Sequence[RowError]:
    """Check a file, store nothing, and return what is wrong with its rows; raise where it cannot be read as rows."""
    try:
        return take_in(file.rows(), options, actor=actor, now=now, content_hash=content_hash).errors
    except DomainError as refused:
        if not refused.errors:
            raise
        return refused.errors
