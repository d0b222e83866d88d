"""Codes that are kept as they are and read as words: acts, kinds of objects, fields, and filters by them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.core.exceptions import FieldDoesNotExist
from django.utils.translation import gettext_lazy as _

from vendors.errors import Text

ACTIONS: dict[str, Text] = {
    "create": _("Created"),
    "change": _("Changed"),
    "append": _("Terms added"),
    "new_version": _("New version"),
    "apply_target_set": _("Target set applied"),
    "invite": _("Invited"),
    "set_roles": _("Roles set"),
    "activate": _("Access opened"),
    "deactivate": _("Access closed"),
    "reset_password": _("Password link made"),
    "issue_key": _("Key issued"),
    "revoke_key": _("Key revoked"),
}
"""What the audit trail calls an act; the apps above add theirs."""

ACTORS: dict[str, Text] = {"system": _("System"), "demonstration": _("Simulated")}


def word(words: Mapping[str, Text], code: str) -> str:
    """Return the word for ``code``, or the code where there is none."""
    return str(words.get(code, code))


def action_word(code: str) -> str:
    """Return what people call an act of the audit trail."""
    return word(ACTIONS, code)


def object_word(name: str) -> str:
    """Return what people call the kind of object ``name`` (a model's name in small letters)."""
    return next((str(model._meta.verbose_name) for model in _models() if model._meta.model_name == name), name)


def field_word(model_name: str, name: str) -> str:
    """Return what people call a field of that model, or of another model of ours where it has none of that name."""
    models = sorted(_models(), key=lambda model: model._meta.model_name != model_name)
    for model in models:
        try:
            return str(model._meta.get_field(name).verbose_name)
        except (FieldDoesNotExist, AttributeError):
            continue
    return name


def coded(words: Callable[[str], str]) -> type[admin.AllValuesFieldListFilter]:
    """Return a filter of the codes that occur, shown as ``words`` says them."""

    class CodedFilter(admin.AllValuesFieldListFilter):
        def choices(self, changelist: Any) -> Any:
            for choice in super().choices(changelist):
                yield {**choice, "display": words(str(choice["display"]))}

    return CodedFilter


def _models() -> list[Any]:
    return [model for model in apps.get_models() if model.__module__.split(".")[0] in ("vendors", "kpis", "bpo")]
