"""Setting up a programme in one go: vendors, centres, contracts, queues and targets, from names and ticks.

Everything is made by the services that make it one by one, in one transaction; it can be undone as a whole as long as
no figures have come.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bpo.calc.codes import code_of, free_code
from bpo.choices import AlertStatus, ScorecardStatus
from bpo.models import Alert, Scorecard, SetUp, SetUpSheet
from kpis.models import DailyMetric, Submission, SubmissionDraft, Target, TargetSeries, TargetSet, TargetSetVersion
from kpis.services.target_set_application import apply_set
from kpis.services.target_set_items import Item, read_items
from kpis.services.target_sets import latest
from kpis.services.target_values import DECIMAL_FIELDS, LEVELS, Unreadable, plain, read_decimal
from kpis.services.targets import refuse
from vendors.actors import Actor, Capability
from vendors.choices import Channel
from vendors.clock import local_date
from vendors.errors import Conflict, Forbidden, NotFound, RowError
from vendors.models import Centre, Contract, ContractQueue, Queue, Vendor
from vendors.services.audit import record
from vendors.services.contracts import change_contract, create_contract
from vendors.services.parties import change_vendor, create_centre, create_vendor
from vendors.services.queues import create_queue

MOST_VENDORS = 30
LONGEST_NAME = 100
VOICE = "voice"
"""Stands for the set that is chosen for telephone services."""
VOICE_SETS = ("inbound", "order")


@dataclass(frozen=True, slots=True)
class Service:
    """A service that can be ticked, with the channel it comes by and the target set that judges it."""

    key: str
    label: Promise
    service: str
    channel: Channel
    set_code: str
    days: str = "every"


SERVICES = (
    Service("order", gettext_lazy("Orders by telephone"), "order", Channel.VOICE, VOICE),
    Service("care", gettext_lazy("Customer service by telephone"), "care", Channel.VOICE, VOICE),
    Service("delivery", gettext_lazy("Delivery by telephone"), "delivery", Channel.VOICE, VOICE),
    Service("returns", gettext_lazy("Cancellations and returns by telephone"), "returns", Channel.VOICE, VOICE),
    Service("chat", gettext_lazy("Chat service"), "care", Channel.CHAT, "chat"),
    Service("outbound", gettext_lazy("Outbound calls"), "outbound", Channel.OUTBOUND, "outbound", "five"),
    Service("backoffice", gettext_lazy("Back office work"), "backoffice", Channel.BACKOFFICE, "backoffice", "five"),
)
DAYS: Mapping[str, tuple[Promise, tuple[int, ...], bool]] = {
    "every": (gettext_lazy("every day of the year"), (1, 2, 3, 4, 5, 6, 7), False),
    "six": (gettext_lazy("Monday to Saturday, not on holidays"), (1, 2, 3, 4, 5, 6), True),
    "five": (gettext_lazy("Monday to Friday, not on holidays"), (1, 2, 3, 4, 5), True),
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for: names of vendors, the first month, services with their open days, the voice set."""

    vendors: Sequence[str]
    month: date
    services: Mapping[str, str]
    voice_set: str = VOICE_SETS[0]
    targets: Mapping[tuple[str, str, int], str] = field(default_factory=dict)
    """Target levels as text by set, KPI and the place of the vendor; those left out are the set's."""

    @property
    def chosen(self) -> list[Service]:
        return [service for service in SERVICES if service.key in self.services]

    @property
    def sets(self) -> list[str]:
        """The codes of the target sets the services need, each once."""
        return list(dict.fromkeys(self.set_of(service) for service in self.chosen))

    def set_of(self, service: Service) -> str:
        return self.voice_set if service.set_code == VOICE else service.set_code


def check_wish(wish: Wish) -> list[RowError]:
    """Return what is wrong with the names, services and the set of a wish; an empty list is a good one."""
    errors = list(_faults_of_names(wish.vendors))
    if not wish.chosen or any(days not in DAYS for days in wish.services.values()):
        errors.append(RowError("services", _("Tick at least one service."), "services"))
    if wish.voice_set not in VOICE_SETS:
        errors.append(RowError("voice_set", _("Choose a target set."), "voice_set"))
    return errors


def _faults_of_names(names: Sequence[str]) -> list[RowError]:
    if not names:
        return [RowError("vendors", _("Write the name of at least one vendor, one a line."), "vendors")]
    if len(names) > MOST_VENDORS:
        text = _("At most %(most)s vendors at once; more can follow in a second round.")
        return [RowError("vendors", text % {"most": MOST_VENDORS}, "vendors")]
    there = {name for pair in Vendor.objects.filter(is_active=True).values_list("name", "name_ko") for name in pair}
    errors = []
    for row, name in enumerate(names):
        if len(name) > LONGEST_NAME:
            text = _("A name has at most %(most)s letters.") % {"most": LONGEST_NAME}
            errors.append(RowError("too_long", text, "vendors", row + 1))
        if name in names[:row]:
            errors.append(RowError("twice", _("“%(name)s” stands twice.") % {"name": name}, "vendors", row + 1))
        elif name in there:
            text = _("“%(name)s” is there already. Leave it out here; its targets are on the page of targets.")
            errors.append(RowError("exists", text % {"name": name}, "vendors", row + 1))
    return errors


def versions_of(wish: Wish) -> dict[str, TargetSetVersion]:
    """Return the newest version of every set the wish needs."""
    sets = TargetSet.objects.filter(code__in=wish.sets).prefetch_related("versions")
    found = {one.code: latest(one) for one in sets}
    refuse(
        RowError("no_set", _("The target set %(code)s is not there; load the catalogue first.") % {"code": code})
        for code in wish.sets
        if code not in found
    )
    return {code: found[code] for code in wish.sets}


def items_of(wish: Wish) -> dict[str, list[Item]]:
    """Return the items of every set the wish needs, by the code of the set, in their order."""
    return {code: read_items(version.items, wish.month) for code, version in versions_of(wish).items()}


@transaction.atomic
def create_programme(wish: Wish, *, actor: Actor, now: datetime) -> SetUp:
    """Make everything of a wish. Raise Forbidden, or Invalid with every fault, by vendor, KPI and cure."""
    if not actor.may(Capability.WRITE_VENDORS):
        raise Forbidden("role", _("Vendors are made by a manager of all vendors."))
    refuse(check_wish(wish))
    versions, items = versions_of(wish), items_of(wish)
    overrides = _overrides(wish, items)
    vendors = [_vendor(name, actor, now) for name in wish.vendors]
    contracts: dict[str, list[Contract]] = {code: [] for code in versions}
    for place, vendor in enumerate(vendors):
        centre = _centre(vendor, actor, now)
        for code, version in versions.items():
            contract = _contract(vendor, version, wish, actor, now)
            contracts[code].append(contract)
            for service in wish.chosen:
                if wish.set_of(service) == code:
                    _queue(service, wish.services[service.key], contract, centre, actor, now)
            overrides[contract.code] = overrides.pop((code, place), {})
    for code, version in versions.items():
        chosen = {contract.code: overrides[contract.code] for contract in contracts[code]}
        options: dict[str, Any] = {"valid_from": wish.month, "actor": actor, "now": now}
        apply_set(version=version, contracts=contracts[code], overrides=chosen, **options)
    made = [contract for of_set in contracts.values() for contract in of_set]
    _begin_closing(made, actor, now)
    return _noted(wish, vendors, made, actor, now)


def _noted(wish: Wish, vendors: Sequence[Vendor], contracts: Sequence[Contract], actor: Actor, now: datetime) -> SetUp:
    made = SetUp.objects.create(
        wish={
            "vendors": list(wish.vendors),
            "month": f"{wish.month:%Y-%m}",
            "services": dict(wish.services),
            "voice_set": wish.voice_set,
        },
        made={"vendors": [row.code for row in vendors], "contracts": sorted(row.code for row in contracts)},
        made_by=actor.label[:200],
        made_at=now,
    )
    record(actor=actor, action="set_up", obj=made, now=now, changes=made.made)
    return made


def _vendor(name: str, actor: Actor, now: datetime) -> Vendor:
    """Make a vendor, or take up again one whose set-up was undone: its trail in the audit stays."""
    undone = Vendor.objects.filter(name=name, is_active=False, contracts__isnull=True, centres__isnull=True).first()
    if undone is not None:
        return change_vendor(undone, {"is_active": True}, actor=actor, now=now)
    code = code_of(name, set(Vendor.objects.values_list("code", flat=True)))
    korean = "" if name.isascii() else name
    return create_vendor({"code": code, "name": name, "name_ko": korean}, actor=actor, now=now)


def _centre(vendor: Vendor, actor: Actor, now: datetime) -> Centre:
    code = free_code(f"{vendor.code}-main", set(Centre.objects.values_list("code", flat=True)))
    return create_centre({"vendor": vendor, "code": code, "name": _("Main centre")}, actor=actor, now=now)


def _contract(vendor: Vendor, version: TargetSetVersion, wish: Wish, actor: Actor, now: datetime) -> Contract:
    year = local_date(now, settings.TIME_ZONE).year
    taken = set(Contract.objects.filter(code__startswith=vendor.code).values_list("code", flat=True))
    data = {
        "vendor": vendor,
        "code": free_code(f"{vendor.code}-{version.target_set.code}-{wish.month.year}", taken),
        "name": f"{vendor.label} {version.target_set.label} {wish.month.year}"[:200],
        "starts_on": date(wish.month.year, 1, 1),
        "ends_on": date(max(year, wish.month.year), 12, 31),
        "is_pilot": True,
    }
    return create_contract(data, actor=actor, now=now)


def _queue(service: Service, days: str, contract: Contract, centre: Centre, actor: Actor, now: datetime) -> None:
    _label, weekdays, observes = DAYS[days]
    data = {
        "centre": centre,
        "code": free_code(f"{contract.vendor.code}-{service.key}", set(Queue.objects.values_list("code", flat=True))),
        "name": str(service.label)[:200],
        "service": service.service,
        "channel": service.channel,
        "opened_on": contract.starts_on,
        "open_weekdays": list(weekdays),
        "observes_holidays": observes,
    }
    create_queue(data, contract=contract, actor=actor, now=now)


def _begin_closing(contracts: Sequence[Contract], actor: Actor, now: datetime) -> None:
    """Let months close by the usual calendar from this month on: what lies before stays open for its figures."""
    this_month = local_date(now, settings.TIME_ZONE).replace(day=1)
    for contract in contracts:
        change_contract(contract, {"closing": "korean_default"}, actor=actor, now=now, valid_from=this_month)


def _overrides(wish: Wish, items: Mapping[str, Sequence[Item]]) -> dict[Any, dict[str, dict[str, Any]]]:
    """Return the levels that differ from the set, by set and place of the vendor; raise Invalid with every fault."""
    found: dict[Any, dict[str, dict[str, Any]]] = {}
    errors: list[RowError] = []
    for (code, kpi, place), text in wish.targets.items():
        item = next((one for one in items.get(code, ()) if one.kpi.code == kpi), None)
        if item is None or not 0 <= place < len(wish.vendors):
            continue
        where = f"{wish.vendors[place]} · {item.kpi.label}"
        try:
            target = read_decimal(text, *DECIMAL_FIELDS["target"])
        except Unreadable as error:
            errors.append(RowError("number", f"{where}: {error}", f"{code}|{kpi}|{place}"))
            continue
        if target != item.values["target"]:
            found.setdefault((code, place), {})[kpi] = _moved(item, target)
        if not _is_within(item, target):
            text = _("this lies outside of what the KPI can be.")
            errors.append(RowError("out_of_bounds", f"{where}: {text}", f"{code}|{kpi}|{place}"))
    refuse(errors)
    return found


def _is_within(item: Item, level: Decimal) -> bool:
    low, high = item.scale.low, item.scale.high
    return (low is None or level >= low) and (high is None or level <= high)


def _moved(item: Item, target: Decimal) -> dict[str, Any]:
    """Return the levels of an item around another target: minimum and stretch keep their distance to it.

    A minimum stops at the end of the KPI's scale; a stretch level that would lie there or beyond is left out.
    """
    by = target - item.values["target"]
    moved: dict[str, Any] = {}
    for name in LEVELS:
        level = item.values[name]
        if level is None:
            continue
        shifted = level + by
        if name == "stretch" and (not _is_within(item, shifted) or shifted == target):
            moved[name] = None
        else:
            moved[name] = plain(_stopped(item, shifted))
    return moved


def _stopped(item: Item, level: Decimal) -> Decimal:
    low, high = item.scale.low, item.scale.high
    held = level if low is None else max(level, low)
    return held if high is None else min(held, high)


@transaction.atomic
def undo_programme(pk: int, *, actor: Actor, now: datetime) -> SetUp:
    """Take everything of a set-up away again.

    Raise Forbidden, NotFound, or Conflict: ``undone``, ``figures_came`` once somebody has sent figures, ``in_use``
    where other work hangs on it. Its vendors are suspended, since the audit trail names them, and taken up again when
    the same names are set up anew.
    """
    found = locked_set_up(pk, actor)
    vendors = list(Vendor.objects.filter(code__in=found.made["vendors"]).order_by("pk"))
    if has_figures(found):
        text = _("Figures have come, so it cannot be undone as a whole any more. Change single things instead.")
        raise Conflict("figures_came", text)
    try:
        with transaction.atomic():
            _remove(vendors, now)
    except (ProtectedError, IntegrityError) as error:
        text = _(
            "Other work hangs on it already, such as closed months or changed targets. Suspend the vendors instead."
        )
        raise Conflict("in_use", text) from error
    for vendor in vendors:
        change_vendor(vendor, {"is_active": False}, actor=actor, now=now)
    SetUpSheet.objects.filter(set_up=found).delete()
    found.undone_by, found.undone_at = actor.label[:200], now
    found.save(update_fields=["undone_by", "undone_at"])
    record(actor=actor, action="undo_set_up", obj=found, now=now, changes=found.made)
    return found


def locked_set_up(pk: int, actor: Actor) -> SetUp:
    """Return a set-up that nobody else changes meanwhile; raise Forbidden, NotFound, Conflict ``undone``."""
    if not actor.may(Capability.WRITE_VENDORS):
        raise Forbidden("role", _("Your role does not include this function."))
    found: SetUp | None = SetUp.objects.visible_to(actor).select_for_update().filter(pk=pk).first()
    if found is None:
        raise NotFound("not_found", _("There is no such set-up."))
    if found.undone_at is not None:
        raise Conflict("undone", _("This set-up was undone already."))
    return found


def has_figures(made: SetUp) -> bool:
    """Say whether somebody has sent figures for a vendor of the set-up, or holds some ready."""
    codes = made.made["vendors"]
    return (
        DailyMetric.objects.filter(queue__centre__vendor__code__in=codes).exists()
        or Submission.objects.filter(vendor__code__in=codes).exists()
        or SubmissionDraft.objects.filter(vendor__code__in=codes).exists()
    )


def _remove(vendors: Sequence[Vendor], now: datetime) -> None:
    contracts = Contract.objects.filter(vendor__in=vendors)
    ended: dict[str, Any] = {"is_live": False, "status": AlertStatus.RESOLVED, "resolved_at": now}
    Alert.objects.filter(contract__in=contracts).update(contract=None, series=None, queue=None, **ended)
    # A card that left the draft is other work: it protects its contract, and nothing is taken away.
    Scorecard.objects.filter(contract__in=contracts, status=ScorecardStatus.DRAFT).delete()
    Target.objects.filter(series__contract__in=contracts).delete()
    TargetSeries.objects.filter(contract__in=contracts).delete()
    ContractQueue.objects.filter(contract__in=contracts).delete()
    contracts.delete()
    Queue.objects.filter(centre__vendor__in=vendors).delete()
    Centre.objects.filter(vendor__in=vendors).delete()
