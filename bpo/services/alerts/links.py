"""What the settling of an alert names: its cause, the external factor behind it, the action plan that follows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from bpo.choices import Cause
from bpo.models import ActionPlan, Alert
from bpo.queries.alert_links import factors_of, plans_of
from bpo.services.plans.access import log, wrong
from vendors.actors import Actor


def named(
    alert: Alert, *, cause: str, factor: int | None, plan: int | None, actor: Actor, now: datetime
) -> dict[str, Any]:
    """Return what a step keeps of these, after checking each; a plan about no alert is one about this from now on."""
    found: dict[str, Any] = {}
    if cause:
        if cause not in Cause.values:
            raise wrong("cause", "unknown_cause", _("Choose one of: %(choices)s.") % {"choices": ", ".join(Cause)})
        found["cause"] = cause
    if factor is not None:
        if not factors_of(alert, actor).filter(pk=factor).exists():
            text = _("There is no such external factor of this contract.")
            raise wrong("external_factor", "unknown_external_factor", text)
        found["factor"] = factor
    if plan is not None:
        row: ActionPlan | None = plans_of(alert, actor).filter(pk=plan).select_for_update(of=("self",)).first()
        if row is None:
            raise wrong("action_plan", "unknown_action_plan", _("There is no such action plan of this contract."))
        found["plan"] = plan
        if row.alert is None:
            row.alert = alert
            row.save(update_fields=["alert"])
            log(row, "change", internal=True, actor=actor, now=now, changes={"alert": [None, alert.pk]})
    return found
