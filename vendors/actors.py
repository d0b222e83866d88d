"""Who is acting: a person or a machine, with the roles it holds and for which vendors."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from vendors.choices import VENDOR_ROLES, Role

EVERY_VENDOR = None


class KeyRole(StrEnum):
    """Roles that only API keys of a vendor or of the client's own feed hold."""

    VENDOR_INGEST = "vendor_ingest_key"
    VENDOR_READ = "vendor_read_key"
    CLIENT_INGEST = "client_ingest_key"
    CLIENT_INCIDENTS = "client_incidents_key"


OF_A_VENDOR = frozenset({*VENDOR_ROLES, KeyRole.VENDOR_INGEST, KeyRole.VENDOR_READ})


class Capability(StrEnum):
    """One thing a role may do; the table below is the whole of who may do what."""

    SUBMIT = "submit"
    CONFIRM_SUBMISSIONS = "confirm_submissions"
    READ_SUBMISSIONS = "read_submissions"
    READ_FIGURES = "read_figures"
    DECIDE_FIGURES = "decide_figures"
    READ_RESULTS = "read_results"
    READ_STAFF_EDITION = "read_staff_edition"
    READ_SCORECARDS = "read_scorecards"
    READ_MONEY = "read_money"
    DECIDE_SCORECARDS = "decide_scorecards"
    CLOSE_MONTHS = "close_months"
    REQUEST_CORRECTIONS = "request_corrections"
    READ_CORRECTIONS = "read_corrections"
    DECIDE_CORRECTIONS = "decide_corrections"
    READ_ALERTS = "read_alerts"
    ACKNOWLEDGE_ALERTS = "acknowledge_alerts"
    HANDLE_ALERTS = "handle_alerts"
    READ_INTERNAL_NOTES = "read_internal_notes"
    READ_PLANS = "read_plans"
    PROPOSE_PLANS = "propose_plans"
    DECIDE_PLANS = "decide_plans"
    REGISTER_FACTORS = "register_factors"
    REPORT_INCIDENTS = "report_incidents"
    READ_FACTORS = "read_factors"
    ANSWER_FACTORS = "answer_factors"
    DECIDE_FACTORS = "decide_factors"
    DISPUTE = "dispute"
    ACKNOWLEDGE = "acknowledge"
    READ_TARGETS = "read_targets"
    READ_CONTRACTS = "read_contracts"
    READ_PARTIES = "read_parties"
    WRITE_SETUP = "write_setup"
    WRITE_VENDORS = "write_vendors"
    READ_DEFINITIONS = "read_definitions"
    WRITE_DEFINITIONS = "write_definitions"
    WRITE_PROFILES = "write_profiles"
    READ_AUDIT = "read_audit"
    MANAGE_MEMBERS = "manage_members"
    MANAGE_KEYS = "manage_keys"
    MANAGE_WEBHOOKS = "manage_webhooks"
    MANAGE_REPORTS = "manage_reports"
    READ_REPORTS = "read_reports"


_READERS: set[str] = {
    Role.MANAGER,
    Role.ANALYST,
    Role.EXECUTIVE,
    Role.VENDOR_ADMIN,
    Role.VENDOR_MEMBER,
    KeyRole.VENDOR_READ,
}
_EVERYBODY: set[str] = {*Role, *KeyRole}

_ROLES: dict[Capability, Iterable[str]] = {
    Capability.SUBMIT: {
        Role.MANAGER,
        Role.VENDOR_ADMIN,
        Role.VENDOR_MEMBER,
        KeyRole.VENDOR_INGEST,
        KeyRole.CLIENT_INGEST,
    },
    Capability.CONFIRM_SUBMISSIONS: {Role.VENDOR_ADMIN},
    Capability.READ_SUBMISSIONS: (_READERS - {Role.EXECUTIVE}) | {KeyRole.VENDOR_INGEST},
    Capability.READ_FIGURES: _READERS - {Role.EXECUTIVE},
    Capability.DECIDE_FIGURES: {Role.MANAGER},
    Capability.READ_RESULTS: _READERS,
    Capability.READ_STAFF_EDITION: {Role.MANAGER, Role.EXECUTIVE},
    Capability.READ_SCORECARDS: _READERS | {Role.DEPARTMENT},
    Capability.READ_MONEY: _READERS,
    Capability.DECIDE_SCORECARDS: {Role.MANAGER},
    Capability.CLOSE_MONTHS: {Role.MANAGER},
    Capability.REQUEST_CORRECTIONS: {Role.MANAGER, Role.VENDOR_ADMIN, Role.VENDOR_MEMBER},
    Capability.READ_CORRECTIONS: _READERS - {Role.EXECUTIVE},
    Capability.DECIDE_CORRECTIONS: {Role.MANAGER},
    Capability.READ_ALERTS: _READERS,
    Capability.ACKNOWLEDGE_ALERTS: {Role.MANAGER, Role.VENDOR_ADMIN, Role.VENDOR_MEMBER},
    Capability.HANDLE_ALERTS: {Role.MANAGER},
    Capability.READ_INTERNAL_NOTES: {Role.MANAGER, Role.ANALYST, Role.EXECUTIVE},
    Capability.READ_PLANS: _READERS | {Role.DEPARTMENT},
    Capability.PROPOSE_PLANS: {Role.MANAGER, Role.VENDOR_ADMIN, Role.VENDOR_MEMBER},
    Capability.DECIDE_PLANS: {Role.MANAGER},
    Capability.REGISTER_FACTORS: {Role.MANAGER, Role.DEPARTMENT, Role.VENDOR_ADMIN, Role.VENDOR_MEMBER},
    Capability.REPORT_INCIDENTS: {Role.MANAGER, Role.DEPARTMENT, KeyRole.CLIENT_INCIDENTS},
    Capability.READ_FACTORS: _READERS | {Role.DEPARTMENT},
    Capability.ANSWER_FACTORS: {Role.MANAGER, Role.DEPARTMENT},
    Capability.DECIDE_FACTORS: {Role.MANAGER},
    Capability.DISPUTE: {Role.VENDOR_ADMIN, Role.VENDOR_MEMBER},
    Capability.ACKNOWLEDGE: {Role.VENDOR_ADMIN},
    Capability.READ_TARGETS: _READERS,
    Capability.READ_CONTRACTS: _READERS,
    Capability.READ_PARTIES: _EVERYBODY,
    Capability.WRITE_SETUP: {Role.MANAGER},
    Capability.WRITE_VENDORS: {Role.MANAGER},
    Capability.READ_DEFINITIONS: _EVERYBODY,
    Capability.WRITE_DEFINITIONS: {Role.MANAGER},
    Capability.WRITE_PROFILES: {Role.MANAGER, Role.VENDOR_ADMIN},
    Capability.READ_AUDIT: {Role.MANAGER, Role.ANALYST},
    Capability.MANAGE_MEMBERS: {Role.MANAGER, Role.VENDOR_ADMIN},
    Capability.MANAGE_KEYS: {Role.MANAGER, Role.VENDOR_ADMIN},
    Capability.MANAGE_WEBHOOKS: {Role.MANAGER, Role.VENDOR_ADMIN},
    Capability.MANAGE_REPORTS: {Role.MANAGER},
    Capability.READ_REPORTS: {Role.MANAGER, Role.ANALYST, Role.EXECUTIVE},
}
ROLES_THAT_MAY = {capability: frozenset(str(role) for role in roles) for capability, roles in _ROLES.items()}

ALL_VENDORS_ONLY = frozenset(
    {
        Capability.WRITE_DEFINITIONS,
        Capability.WRITE_VENDORS,
        Capability.READ_STAFF_EDITION,
        Capability.MANAGE_REPORTS,
    }
)
"""What a role may do only when it holds for all vendors: what it made of some of them would tell of these."""


@dataclass(frozen=True, slots=True)
class Grant:
    """One role, for one vendor or (``vendor_id`` null) for all of them."""

    role: str
    vendor_id: int | None = EVERY_VENDOR


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. ``label`` is what the audit trail prints: ``user:mina`` or ``key:1a2b3c4d``."""

    label: str
    grants: tuple[Grant, ...] = ()
    is_superuser: bool = False
    user_id: int | None = None
    api_key_id: int | None = None
    is_sandbox: bool = False
    """Whether what it sends is checked and answered, and never stored."""
    read_at: str = field(default="", compare=False, repr=False)
    """The state of the database that its grants were read from (:mod:`vendors.kept`); empty where it is not known."""

    @property
    def sees_all_vendors(self) -> bool:
        return self.is_superuser or any(grant.vendor_id is EVERY_VENDOR for grant in self.grants)

    @property
    def vendor_ids(self) -> frozenset[int]:
        """The vendors it acts for one by one; meaningless where :attr:`sees_all_vendors`."""
        return frozenset(grant.vendor_id for grant in self.grants if grant.vendor_id is not None)

    @property
    def sight(self) -> str:
        """The same text for everybody who sees the same vendors."""
        return "all" if self.sees_all_vendors else ",".join(str(pk) for pk in sorted(self.vendor_ids))

    @property
    def is_of_a_vendor(self) -> bool:
        return any(grant.role in OF_A_VENDOR for grant in self.grants)

    @property
    def sees_scorecard_drafts(self) -> bool:
        return self.is_superuser or any(grant.role in (Role.MANAGER, Role.ANALYST) for grant in self.grants)

    def sees(self, vendor_id: int) -> bool:
        return self.sees_all_vendors or vendor_id in self.vendor_ids

    def may(self, capability: Capability, vendor_id: int | None = None) -> bool:
        """Say whether a role of the actor allows it: for ``vendor_id``, or at all where that is null."""
        return self.is_superuser or any(
            grant.role in ROLES_THAT_MAY[capability] and self._covers(grant, capability, vendor_id)
            for grant in self.grants
        )

    def limited_to(self, capability: Capability) -> Actor:
        """Return the actor with only the grants that allow ``capability``: the scope of its rows.

        Somebody who reads vendor A's targets, and registers factors for all, reads no other vendor's targets.
        """
        allowed = ROLES_THAT_MAY[capability]
        return replace(self, grants=tuple(grant for grant in self.grants if grant.role in allowed))

    @staticmethod
    def _covers(grant: Grant, capability: Capability, vendor_id: int | None) -> bool:
        if grant.vendor_id is EVERY_VENDOR:
            return True
        if capability in ALL_VENDORS_ONLY:
            return False
        return vendor_id is None or grant.vendor_id == vendor_id


SYSTEM = Actor(label="system", is_superuser=True)
"""The service itself: sweeps, commands run by an operator on the machine."""
