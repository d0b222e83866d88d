"""The people and machines of the product, each once: every endpoint test walks them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from rest_framework.test import APIClient

from tests.make import make_centre, make_contract, make_key, make_queue, make_user, make_vendor
from vendors.choices import Role
from vendors.models import Contract, Queue, Vendor


@dataclass(frozen=True)
class Cast:
    """Vendor A (``hanbit``) with its people and keys, one outsider of vendor B (``narae``), the client's people.

    People are users (sign in), names ending in ``_key`` are texts of API keys; ``anonymous`` is None.
    """

    vendor: Vendor
    other_vendor: Vendor
    contract: Contract
    other_contract: Contract
    queue: Queue
    other_queue: Queue
    superuser: User
    manager: User
    manager_of_a: User
    manager_of_b: User
    executive: User
    analyst: User
    department: User
    admin: User
    member: User
    outsider: User
    manager_key: str
    executive_key: str
    analyst_key: str
    ingest_key: str
    read_key: str
    outsider_key: str
    client_key: str
    anonymous: None = None

    def everybody(self) -> dict[str, User | str | None]:
        """Return all who may send a request, by name."""
        things = {"vendor", "other_vendor", "contract", "other_contract", "queue", "other_queue"}
        return {name: value for name, value in vars(self).items() if name not in things}


def make_cast() -> Cast:
    """Make two vendors with a centre, a contract and a queue each, and everybody who may act."""
    ours, theirs = make_vendor("hanbit", name="Hanbit", name_ko="한빛"), make_vendor("narae", name="Narae")
    make_centre(ours, "hanbit-seoul")
    make_centre(theirs, "narae-busan")
    contract, other_contract = make_contract(ours, "hanbit-2026"), make_contract(theirs, "narae-2026")
    return Cast(
        vendor=ours,
        other_vendor=theirs,
        contract=contract,
        other_contract=other_contract,
        queue=make_queue(contract, "hanbit-order-voice"),
        other_queue=make_queue(other_contract, "narae-order-voice"),
        superuser=make_user("root", is_superuser=True, is_staff=True),
        manager=make_user("manager", Role.MANAGER),
        manager_of_a=make_user("manager-of-a", Role.MANAGER, ours),
        manager_of_b=make_user("manager-of-b", Role.MANAGER, theirs),
        executive=make_user("executive", Role.EXECUTIVE),
        analyst=make_user("analyst", Role.ANALYST),
        department=make_user("department", Role.DEPARTMENT),
        admin=make_user("admin-of-a", Role.VENDOR_ADMIN, ours),
        member=make_user("member-of-a", Role.VENDOR_MEMBER, ours),
        outsider=make_user("outsider", Role.VENDOR_ADMIN, theirs),
        manager_key=make_key("manager"),
        executive_key=make_key("executive"),
        analyst_key=make_key("analyst"),
        ingest_key=make_key("vendor", ours, ("ingest",)),
        read_key=make_key("vendor", ours, ("read",)),
        outsider_key=make_key("vendor", theirs, ("ingest", "read")),
        client_key=make_key("client", None, ("ingest",)),
    )


def client_for(who: Any) -> APIClient:
    """Return a client that acts as ``who``: a user, the text of a key, or None for nobody."""
    client = APIClient(headers={"accept-language": "en"})
    if isinstance(who, str):
        client.credentials(HTTP_AUTHORIZATION=f"Api-Key {who}")
    elif who is not None:
        client.force_login(who)
    return client
