"""``manage.py import_feed FILE``: a file of any kind that is read, of the API's shape or through a layout."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from kpis.choices import SubmissionWay
from kpis.imports import FeedRows, Layout, read_layout
from kpis.imports.encodings import ACCEPTED
from kpis.imports.layouts import bad_layout
from kpis.imports.opening import open_as
from kpis.imports.taking import ImportOptions, OpenFile, read_file, sheet_of, take_in
from kpis.services.submissions import SubmissionResult
from kpis.tasks import wake_up
from vendors import clock
from vendors.actors import Actor, Grant
from vendors.choices import Role
from vendors.errors import DomainError
from vendors.models import Vendor

MOST_PRINTED = 50


class Command(BaseCommand):
    help = "Import daily figures from a CSV, XLSX, XLS or HTML file. All of it is checked before any is stored."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--vendor", metavar="CODE", help="take only queues of this vendor")
        parser.add_argument("--note", default="", help="why, kept with the submission")
        parser.add_argument("--dry-run", action="store_true", help="check everything and store nothing")
        parser.add_argument("--json", action="store_true", help="print the counts as JSON")
        layout = parser.add_argument_group("layout", "how a file of another shape is read; flags add to --layout")
        layout.add_argument("--profile", metavar="CODE", help="a kept import profile; VENDOR/CODE where needed")
        layout.add_argument("--layout", type=Path, metavar="FILE.json")
        layout.add_argument("--map", action="append", default=[], metavar="MEASURE=COLUMN", help="also date=…, queue=…")
        layout.add_argument("--set", action="append", default=[], metavar="MEASURE=FORMULA", help="computed of columns")
        layout.add_argument("--queue", metavar="CODE", help="the queue of every line")
        layout.add_argument("--skip-when", metavar="CONDITION", help='lines that are not reports: "received = 0"')
        layout.add_argument("--sheet", metavar="NAME", help="where several sheets hold data")
        layout.add_argument("--delimiter", metavar="CHARACTER")
        layout.add_argument("--encoding", choices=sorted(ACCEPTED))

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            result = self._import(options["file"].read_bytes(), options)
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}", returncode=2) from None
        except DomainError as error:
            raise CommandError(_listed(error), returncode=1) from None
        if not options["dry_run"]:
            wake_up()
        self._report(result, as_json=options["json"])

    def _import(self, body: bytes, options: dict[str, Any]) -> SubmissionResult:
        """Take the file in as one submission, as the API does: all of it or nothing."""
        actor, feed, shows = _actor(options["vendor"]), read_feed_file(body, options), sys.stderr.isatty()
        with tqdm(total=len(feed.rows), unit="row", file=sys.stderr, disable=options["json"] or not shows) as bar:
            return take_in(
                feed,
                ImportOptions(
                    filename=options["file"].name,
                    note=options["note"],
                    dry_run=options["dry_run"],
                    way=SubmissionWay.COMMAND.value,
                ),
                actor=actor,
                now=clock.now(),
                content_hash=hashlib.sha256(body).hexdigest(),
                progress=lambda done: _show(bar, done),
            )

    def _report(self, result: SubmissionResult, *, as_json: bool) -> None:
        values = {name: getattr(result, name) for name in ("new", "changed", "unchanged")}
        if as_json:
            given = [str(result.id)] if result.id else []
            counts = {"submissions": given, "rows": result.rows, "values": values, "warnings": result.warning_count}
            self.stdout.write(json.dumps(counts))
            return
        for warning in result.warnings[:MOST_PRINTED]:
            self.stdout.write(f"line {warning.row}: {warning.detail}")
        shown = ", ".join(f"{count:,} {name}" for name, count in values.items())
        self.stdout.write(f"{result.rows:,} queue-days: {shown} values; {result.warning_count:,} warnings")


def _show(bar: tqdm[Any], done: int) -> None:
    bar.update(done - bar.n)


def read_feed_file(body: bytes, options: dict[str, Any]) -> FeedRows:
    """Read the file through the layout that the options describe, or as the API's own shape where they name none."""
    name = options["file"].name
    today = clock.local_date(clock.now(), settings.TIME_ZONE)
    layout = None if options["profile"] else _layout(options)
    if layout is not None:
        return OpenFile(open_as(body, layout, filename=name), sheet_of(layout), layout, read_on=today).rows()
    given = {name: options[name] for name in ("delimiter", "encoding", "sheet", "profile")}
    return read_file(body, ImportOptions(filename=name, read_on=today, **given), _actor(options["vendor"]))


def _layout(options: dict[str, Any]) -> Layout | None:
    document = _document(options["layout"]) if options["layout"] else {}
    for name in ("queue", "skip_when", "delimiter", "encoding", "sheet"):
        if options[name]:
            document[name] = options[name]
    for name, given in (("columns", options["map"]), ("set", options["set"])):
        document[name] = {**document.get(name, {}), **_pairs(given)}
    return read_layout(document) if document["columns"] else None


def _document(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_bytes())
    except ValueError as error:
        raise bad_layout(f"{path}: {error}") from None
    if not isinstance(document, dict):
        raise bad_layout(f"{path}: {{…}}")
    return document


def _pairs(given: list[str]) -> dict[str, str]:
    for pair in given:
        if "=" not in pair:
            raise CommandError(f"“{pair}” must read NAME=VALUE", returncode=2)
    return {name.strip(): value.strip() for name, _equals, value in (pair.partition("=") for pair in given)}


def _actor(vendor_code: str | None) -> Actor:
    if vendor_code is None:
        return Actor(label="command", is_superuser=True)
    vendor = Vendor.objects.filter(code=vendor_code).first()
    if vendor is None:
        raise CommandError(f"There is no vendor “{vendor_code}”.", returncode=2)
    return Actor(label="command", grants=(Grant(Role.MANAGER, vendor.pk),))


def _listed(error: DomainError) -> str:
    lines = [f"line {one.row}: {one.field or ''} {one.code}: {one.detail}" for one in error.errors[:MOST_PRINTED]]
    more = len(error.errors) - MOST_PRINTED
    return "\n".join([f"{error.code}: {error.detail}", *lines, *([f"… and {more} more"] if more > 0 else [])])
