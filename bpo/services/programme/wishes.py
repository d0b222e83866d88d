"""What somebody wishes for who sets a programme up: names, services, target sets; and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.utils.translation import gettext as _

from bpo.services.programme.services import DAYS, SERVICES, VOICE, Service
from kpis.models import TargetSet, TargetSetVersion
from kpis.services.target_set_items import Item, read_items
from kpis.services.target_sets import latest
from kpis.services.targets import refuse
from vendors.errors import RowError
from vendors.models import Vendor

MOST_VENDORS = 30
LONGEST_NAME = 100
VOICE_SETS = ("inbound", "order")


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for: names of vendors, the first month, services with their open days, the voice set."""

    vendors: Sequence[str]
    month: date
    services: Mapping[str, str]
    voice_set: str = VOICE_SETS[0]
    does: Mapping[int, frozenset[str]] = field(default_factory=dict)
    """The services of the vendor at a place, where it does not do all of them."""
    called: Mapping[int, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    """What the vendor at a place calls a service, by key; an empty text is the service's own name."""
    hours: Mapping[tuple[int, str], str] = field(default_factory=dict)
    """The open days by place and service, where they are not the service's."""
    targets: Mapping[tuple[str, str, int], str] = field(default_factory=dict)
    """Target levels as text by set, KPI and the place of the vendor; blank does without the KPI, left out is the
    set's."""
    weights: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """Weights as text by set and KPI; those left out are the set's."""

    @property
    def chosen(self) -> list[Service]:
        return [service for service in SERVICES if service.key in self.services]

    @property
    def sets(self) -> list[str]:
        """The codes of the target sets the services need, each once."""
        return list(dict.fromkeys(self.set_of(service) for service in self.chosen))

    def services_of(self, place: int) -> list[Service]:
        """Return what the vendor at a place does."""
        mine = self.does.get(place)
        return [service for service in self.chosen if mine is None or service.key in mine]

    def uses(self, code: str, place: int) -> bool:
        """Say whether the vendor at a place does something that a set judges."""
        return any(self.set_of(service) == code for service in self.services_of(place))

    def days_of(self, place: int, key: str) -> str:
        """Return the open days of a service at the vendor at a place."""
        return self.hours.get((place, key), self.services[key])

    def set_of(self, service: Service) -> str:
        return self.voice_set if service.set_code == VOICE else service.set_code


def check_wish(wish: Wish) -> list[RowError]:
    """Return what is wrong with the names, services and the set of a wish; an empty list is a good one."""
    errors = list(_faults_of_names(wish.vendors))
    if not wish.chosen or any(days not in DAYS for days in [*wish.services.values(), *wish.hours.values()]):
        errors.append(RowError("services", _("Tick at least one service."), "services"))
    elif idle := [name for place, name in enumerate(wish.vendors) if not wish.services_of(place)]:
        text = _("%(name)s does none of the services: tick one, or leave the name out.")
        errors += [RowError("does_nothing", text % {"name": name}, "does") for name in idle]
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
