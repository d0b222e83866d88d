"""Import profiles: keeping them, and finding them; ``profiles_for`` lists what somebody may read a file through."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import OuterRef, Prefetch, QuerySet, Subquery
from django.utils.translation import gettext as _

from kpis.choices import RollupChoice
from kpis.imports.layouts import FIELDS, Layout, read_layout
from kpis.models import ImportProfile, ImportProfileVersion, Measure, Submission
from kpis.services.feed import wording
from kpis.services.feed.validation import is_agent_field
from vendors.actors import Actor, Capability
from vendors.errors import Conflict, Forbidden, Invalid, RowError
from vendors.models import Queue, Vendor
from vendors.services.audit import differences, record


# Finding -------------------------------------------------------------------------------------------
def profiles_for(actor: Actor, vendor: Vendor | None = None) -> QuerySet[ImportProfile]:
    """Return the profiles in use that ``actor`` may read files through (of ``vendor``), with version and last use."""
    profiles = ImportProfile.objects.visible_to(actor.limited_to(Capability.SUBMIT)).filter(is_active=True)
    return with_versions(profiles if vendor is None else profiles.filter(vendor=vendor))


def with_versions(profiles: QuerySet[ImportProfile]) -> QuerySet[ImportProfile]:
    """Add ``last_used_at``, and ``shown_versions`` with the newest first, in a constant number of queries."""
    uses = Submission.objects.filter(profile_version__profile=OuterRef("pk")).order_by("-received_at")
    versions = Prefetch("versions", ImportProfileVersion.objects.order_by("-number"), to_attr="shown_versions")
    return (
        profiles.annotate(last_used_at=Subquery(uses.values("received_at")[:1]))
        .select_related("vendor")
        .prefetch_related(versions)
        .order_by("vendor__code", "code")
    )


def find_profile(actor: Actor, name: str) -> ImportProfile:
    """Return the profile called ``CODE``, or ``VENDOR/CODE`` where several vendors have one of that code.

    Raises Invalid: ``unknown_profile`` where there is none for the actor, ``profile_ambiguous`` where there are two.
    """
    vendor, _slash, code = name.rpartition("/")
    found = profiles_for(actor).filter(code=code)
    rows = list(found.filter(vendor__code=vendor)[:2] if vendor else found[:2])
    if not rows:
        raise _bad_name("unknown_profile", _("There is no import profile “%(name)s” in use."), name)
    if len(rows) > 1:
        text = _("Several vendors have a profile “%(name)s”: write it as vendor/code.")
        raise _bad_name("profile_ambiguous", text, name)
    return rows[0]


def _bad_name(code: str, text: str, name: str) -> Invalid:
    filled = text % {"name": wording.cut(name)}
    return Invalid(code, filled, [RowError(code, filled, "profile")])


def newest(profile: ImportProfile) -> ImportProfileVersion:
    """Return the version a profile reads by now."""
    shown: list[ImportProfileVersion] | None = getattr(profile, "shown_versions", None)
    return shown[0] if shown else profile.versions.order_by("-number")[0]


# Keeping -------------------------------------------------------------------------------------------
def create_profile(
    *,
    code: str,
    name: str,
    mapping: Any,
    actor: Actor,
    now: datetime,
    vendor: Vendor | None = None,
    note: str = "",
    is_active: bool = True,
) -> ImportProfile:
    """Make a profile and its version 1. Without a vendor it is the client's, and needs all vendors.

    Raises Invalid (bad_layout, unknown_measure, unknown_queue), Conflict ``duplicate_code``, Forbidden.
    """
    require_writer(actor, vendor)
    layout = checked(mapping, actor=actor, vendor=vendor)
    try:
        with transaction.atomic():
            profile = ImportProfile.objects.create(code=code, name=name, vendor=vendor, is_active=is_active)
            _add_version(profile, 1, layout, note, actor, now)
            record(actor=actor, action="create", obj=profile, now=now, vendor=vendor, changes={"name": name})
    except IntegrityError:
        raise Conflict("duplicate_code", _("This code is taken.")) from None
    return profile


@transaction.atomic
def change_profile(
    profile: ImportProfile, *, actor: Actor, now: datetime, mapping: Any = None, note: str = "", **fields: Any
) -> ImportProfile:
    """Change ``name`` or ``is_active``, and add a version where ``mapping`` differs. Raises as ``create_profile``."""
    require_writer(actor, profile.vendor)
    profile = ImportProfile.objects.select_for_update().get(pk=profile.pk)
    changes: dict[str, Any] = differences(profile, fields)
    for name, (_old, new) in changes.items():
        setattr(profile, name, new)
    if changes:
        profile.save(update_fields=list(changes))
    last = profile.versions.order_by("-number")[0]
    if mapping is not None:
        layout = checked(mapping, actor=actor, vendor=profile.vendor)
        if layout.as_document() != last.mapping:
            _add_version(profile, last.number + 1, layout, note, actor, now)
            changes["version"] = [last.number, last.number + 1]
    if changes:
        record(actor=actor, action="change", obj=profile, now=now, vendor=profile.vendor, changes=changes)
    return profile


def _add_version(
    profile: ImportProfile, number: int, layout: Layout, note: str, actor: Actor, now: datetime
) -> ImportProfileVersion:
    return ImportProfileVersion.objects.create(
        profile=profile,
        number=number,
        mapping=layout.as_document(),
        note=note,
        created_by=actor.label,
        created_at=now,
    )


def require_writer(actor: Actor, vendor: Vendor | None) -> None:
    """Raise Forbidden where ``actor`` does not keep the profiles of ``vendor`` (null: of the client)."""
    keeper = actor.limited_to(Capability.WRITE_PROFILES)
    allowed = keeper.sees_all_vendors if vendor is None else actor.may(Capability.WRITE_PROFILES, vendor.pk)
    if not allowed:
        raise Forbidden("forbidden", _("Your role does not keep import profiles here."))


def checked(mapping: Any, *, actor: Actor, vendor: Vendor | None) -> Layout:
    """Return the layout of a mapping whose measures and queues exist (for the vendor); raise Invalid."""
    layout = read_layout(mapping)
    errors = [*_unknown_measures(layout), *_unknown_queues(layout, actor, vendor)]
    if errors:
        raise Invalid(errors[0].code, errors[0].detail, errors)
    return layout


def _unknown_measures(layout: Layout) -> Iterator[RowError]:
    refused = (RollupChoice.HISTOGRAM, RollupChoice.CALENDAR)
    known = list(Measure.objects.exclude(rollup__in=refused).order_by("code").values_list("code", flat=True))
    renamed = [code for names in layout.renamed.values() for code in names.values()]
    for code in dict.fromkeys([*layout.columns, *layout.set, *layout.constants, *renamed]):
        if is_agent_field(code):
            yield RowError("agent_field", wording.agent_field(), wording.cut(code))
        elif code not in known and code not in FIELDS:
            yield RowError("unknown_measure", wording.unknown("measure", code, known), wording.cut(code))


def _unknown_queues(layout: Layout, actor: Actor, vendor: Vendor | None) -> Iterator[RowError]:
    named = {code for code in (layout.queue, *layout.queues.values(), *layout.renamed) if code}
    queues = Queue.objects.visible_to(actor.limited_to(Capability.SUBMIT))
    if vendor is not None:
        queues = queues.filter(centre__vendor=vendor)
    known = set(queues.filter(code__in=named).values_list("code", flat=True))
    unknown = sorted(named - known)
    suggested = list(queues.order_by("code").values_list("code", flat=True)[:200]) if unknown else []
    for code in unknown:
        yield RowError("unknown_queue", wording.unknown("queue", code, suggested), "queues")
