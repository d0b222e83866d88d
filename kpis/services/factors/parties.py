"""Whose card the slices of a factor move to: attributed to another party they do not vanish (contract_mechanics §5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from kpis.choices import FactorMethod
from kpis.models import ExternalFactor
from vendors.actors import Actor, Capability
from vendors.errors import Invalid, RowError
from vendors.models import Contract, ContractQueue, Department, Queue

CLIENT = "client"
VENDOR = "vendor"
"""What stands in the place of another vendor's contract for who does not see it."""


class Party(NamedTuple):
    """The client itself, one of its departments or another vendor's contract, by code."""

    kind: str
    code: str


def party_of(factor: ExternalFactor) -> Party | None:
    """Return whose card the factor's slices move to; null of other methods. Unnamed it is the department in charge."""
    if factor.method != FactorMethod.ATTRIBUTE:
        return None
    given = factor.parameters
    if "contract" in given:
        return Party("contract", given["contract"])
    named = given.get("party") or (factor.department.code if factor.department else CLIENT)
    return Party(CLIENT, CLIENT) if named == CLIENT else Party("department", named)


def terms_of(factor: ExternalFactor) -> dict[str, str]:
    """Return what stands at the slices, which the vendor reads: never the name of another vendor's contract."""
    party = party_of(factor)
    if party is None:
        return {}
    return {"party": VENDOR if party.kind == "contract" else party.code}


def shown_parameters(factor: ExternalFactor, *, sees_all: bool) -> Mapping[str, Any]:
    """Return the parameters of the method: who does not see all vendors does not read which contract is named."""
    return factor.parameters if sees_all or "contract" not in factor.parameters else {"party": VENDOR}


def check_party(method: str, parameters: Mapping[str, Any], queues: list[Queue], actor: Actor) -> None:
    """Raise Invalid for a party that does not exist for the actor, for two at once, and for the contract itself."""
    if method != FactorMethod.ATTRIBUTE:
        return
    party, code = parameters.get("party"), parameters.get("contract")
    if party is not None and code is not None:
        raise _wrong("contract", "one_party", _("Name one party: the client, a department, or a contract."))
    if party not in (None, CLIENT) and not Department.objects.filter(code=party).exists():
        text = _("Name the client (“client”) or a department by its code; there is none called so.")
        raise _wrong("party", "unknown_department", text)
    if code is None:
        return
    mine = Contract.objects.visible_to(actor.limited_to(Capability.REGISTER_FACTORS)).filter(code=code)
    if not mine.exists():
        raise _wrong("contract", "unknown_contract", _("There is no such contract."))
    if ContractQueue.objects.filter(contract__code=code, queue__in=queues).exists():
        raise _wrong(
            "contract", "own_contract", _("This is the contract of the queues themselves; name another party.")
        )


def _wrong(field: str, code: str, detail: str) -> Invalid:
    return Invalid(code, detail, [RowError(code, detail, f"parameters.{field}")])
