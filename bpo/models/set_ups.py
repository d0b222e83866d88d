"""Programmes that were set up in one go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from vendors.actors import Actor


class SetUpQuerySet(models.QuerySet[Any]):
    """Set-ups name many vendors: they exist for whoever sees all of them."""

    def visible_to(self, actor: Actor) -> Self:
        return self if actor.sees_all_vendors else self.none()


class SetUp(models.Model):
    """One programme made by the set-up page: what was wished for, and the codes of what was made of it.

    ``wish``: ``vendors`` (names), ``month``, ``services``, ``voice_set``. ``made``: ``vendors``, ``contracts``.
    It is undone as a whole, as long as nobody has sent figures.
    """

    wish = models.JSONField(_("what was wished for"))
    made = models.JSONField(_("what was made"))
    made_by = models.CharField(_("who"), max_length=200)
    made_at = models.DateTimeField(_("at"))
    undone_by = models.CharField(_("undone by"), max_length=200, blank=True, default="")
    undone_at = models.DateTimeField(_("undone at"), null=True, blank=True)

    objects = SetUpQuerySet.as_manager()

    class Meta:
        verbose_name = _("set-up of a programme")
        verbose_name_plural = _("set-ups of programmes")
        ordering = ["-made_at", "-id"]

    def __str__(self) -> str:
        return f"#{self.pk} {self.made_at:%Y-%m-%d}"


class SetUpSheetQuerySet(models.QuerySet[Any]):
    """A sheet exists for whoever its set-up exists for."""

    def visible_to(self, actor: Actor) -> Self:
        return self.filter(set_up__in=SetUp.objects.visible_to(actor))


class SetUpSheet(models.Model):
    """One file of figures of all vendors of a set-up, kept until somebody has said how it is read."""

    set_up = models.OneToOneField(SetUp, models.CASCADE, related_name="sheet", verbose_name=_("set-up of a programme"))
    name = models.CharField(_("file"), max_length=200, blank=True, default="")
    content = models.BinaryField(editable=False)
    kept_at = models.DateTimeField(_("at"))

    objects = SetUpSheetQuerySet.as_manager()

    class Meta:
        verbose_name = _("sheet of a set-up")
        verbose_name_plural = _("sheets of set-ups")

    def __str__(self) -> str:
        return self.name or str(self.set_up)
