"""How the pages of API keys write what a key may do and how it stands."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.translation import gettext_lazy as _

from vendors.choices import Scope
from vendors.models import ApiKey

register = template.Library()

STATES = {
    "live": ("accepted", _("Works")),
    "ending": ("stale", _("Ends soon")),
    "expired": ("superseded", _("Expired")),
    "revoked": ("rejected", _("Revoked")),
}


@register.inclusion_tag("bpo/_mark.html")
def key_state(state: str) -> dict[str, Any]:
    """Show how a key stands as a shape and a word."""
    name, word = STATES[state]
    return {"name": name, "word": word}


@register.simple_tag
def key_scopes(key: ApiKey) -> str:
    """Say what a key may do: its scopes, or the role it stands for."""
    names = dict(Scope.choices)
    return ", ".join(str(names.get(scope, scope)) for scope in key.scopes) or str(key.get_kind_display())
