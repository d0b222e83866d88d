"""The first figures of a whole programme out of one sheet: kept until it is known how to read it, then taken in."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import msgspec
from django.conf import settings
from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from bpo.models import SetUp, SetUpSheet
from bpo.services.programme.seconds import adopt_seconds
from bpo.services.programme.undoing import locked_set_up
from kpis.choices import CorrectionReason, SubmissionWay
from kpis.imports.jobs import MOST_AT_ONCE, queue_import
from kpis.imports.joining import open_sheets
from kpis.imports.naming import still_renamed
from kpis.imports.profiles import change_profile, create_profile, newest
from kpis.imports.proposals import Proposal
from kpis.imports.taking import LONGEST_NAME, ImportOptions, read_file, take_in
from kpis.models import ImportJob, ImportProfile
from kpis.services.feed.refusals import noted_afterwards
from kpis.services.submissions import SubmissionResult
from vendors.actors import Actor
from vendors.clock import local_date
from vendors.errors import Conflict, Invalid


def keep_sheet(pk: int, content: bytes, name: str, *, actor: Actor, now: datetime) -> SetUpSheet:
    """Keep a file of figures beside its set-up, in place of an earlier one; nothing of it counts yet.

    Raises Forbidden, NotFound, Conflict ``undone``, Invalid ``empty_file``, and what reading it raises.
    """
    if not content.strip():
        raise Invalid("empty_file", _("Choose a file, or paste cells."))
    open_sheets(content, name)
    with transaction.atomic():
        kept = {"content": content, "name": name[-LONGEST_NAME:], "kept_at": now}
        sheet, _is_new = SetUpSheet.objects.update_or_create(set_up=locked_set_up(pk, actor), defaults=kept)
    return sheet


@transaction.atomic
def drop_sheet(pk: int, *, actor: Actor) -> None:
    """Throw the kept file away. Raises Forbidden, NotFound."""
    SetUpSheet.objects.filter(set_up=locked_set_up(pk, actor)).delete()


def take_sheet(
    pk: int, mapping: Any, *, seconds: Mapping[str, int] | None = None, actor: Actor, now: datetime
) -> SubmissionResult | ImportJob:
    """Take the kept file in as ``mapping`` reads it, all or nothing, and keep the mapping as the client's profile.

    ``seconds`` are those within which the sheet counts, by KPI: its targets say so from now on. A long file becomes a
    job, which is checked first. Raises as :func:`keep_sheet` does, Conflict ``no_sheet``, and what the profile and the
    submission raise; the file stays kept then, and nothing else.
    """
    with noted_afterwards() as refusals, transaction.atomic():
        found = locked_set_up(pk, actor)
        sheet = SetUpSheet.objects.filter(set_up=found).first()
        if sheet is None:
            raise Conflict("no_sheet", _("There is no file any more; choose it again."))
        content = bytes(sheet.content)
        today = local_date(now, settings.TIME_ZONE)
        adopt_seconds(found, seconds or {}, actor=actor, now=now)
        options = _options(sheet.name, _profile(found, mapping, actor, now), today)
        feed = read_file(content, options, actor)
        sheet.delete()
        if len(feed.rows) > MOST_AT_ONCE:
            # Somebody looks at the outcome of the check before it is sent.
            checked = msgspec.structs.replace(options, dry_run=True, reason=CorrectionReason.RESTATEMENT.value)
            return queue_import(content, feed, checked, actor=actor, now=now)[0]
        digest = hashlib.sha256(content).hexdigest()
        return take_in(feed, options, actor=actor, now=now, content_hash=digest, refusals=refusals)


def remembered(found: SetUp, proposal: Proposal, *, actor: Actor) -> dict[str, Any]:
    """Return the mapping of a proposal as the last sheet of the set-up was read, as far as this one looks like it.

    What the columns of the same headings hold, and what its queues are called, is taken over; where the sheet has
    not all of these headings, nothing is.
    """
    kept = _kept(found, actor)
    if kept is None:
        return proposal.mapping
    before, here = newest(kept).mapping, {column.heading for column in proposal.columns}
    held = before.get("columns", {})
    headings = {_heading(column) for column in held.values()} | set(before.get("named_by", ()))
    if not headings <= here:
        return proposal.mapping
    found_now = proposal.mapping.get("columns", {})
    held = {code: _with_others(column, found_now.get(code), here) for code, column in held.items()}
    new = {code: column for code, column in found_now.items() if _heading(column) not in headings}
    named = {name: code for name, code in before.get("queues", {}).items() if name in proposal.queue_names}
    kept_words = {name: before[name] for name in ("named_by", "definitions") if name in before}
    renamed = still_renamed(before.get("renamed", proposal.mapping.get("renamed", {})), new | held)
    return (
        {name: value for name, value in proposal.mapping.items() if name != "renamed"}
        | kept_words
        | ({"renamed": renamed} if renamed else {})
        | {"columns": new | held, "queues": proposal.mapping.get("queues", {}) | named}
    )


def _with_others(column: Any, now: Any, here: set[str]) -> Any:
    """Return a column as it was read, with the headings of this file's other sheets that go on with it."""
    was = {"heading": column} if isinstance(column, str) else column
    also = [name for name in was.get("also", ()) if name in here]
    if isinstance(now, dict) and now["heading"] == was["heading"]:
        also += [name for name in now.get("also", ()) if name not in also]
    return was | {"also": also} if also else column


def _heading(column: Any) -> str:
    return str(column if isinstance(column, str) else column["heading"])


def _kept(found: SetUp, actor: Actor) -> ImportProfile | None:
    mine = ImportProfile.objects.visible_to(actor).filter(vendor=None, code=f"set-up-{found.pk}")
    profile: ImportProfile | None = mine.first()
    return profile


def _profile(found: SetUp, mapping: Any, actor: Actor, now: datetime) -> ImportProfile:
    """Keep how the sheet is read, so that the next one goes in as it is."""
    profile = _kept(found, actor)
    if profile is not None:
        return change_profile(profile, mapping=mapping, is_active=True, actor=actor, now=now)
    name = _("Sheet of all vendors (set-up %(number)s)") % {"number": found.pk}
    return create_profile(code=f"set-up-{found.pk}", name=name, mapping=mapping, actor=actor, now=now)


def _options(filename: str, profile: ImportProfile, today: date) -> ImportOptions:
    return ImportOptions(
        filename=filename,
        profile=profile.code,
        way=SubmissionWay.FILE.value,
        language=get_language() or "",
        read_on=today,
    )
