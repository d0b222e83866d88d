"""What departments are asked each week, and what they answered."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from bpo.choices import WeekAnswer
from kpis.models import ExternalFactor
from vendors.models import Department
from vendors.querysets import OpenQuerySet


class DepartmentQuestion(models.Model):
    """One department asked about one week: will anything move calls? (``week`` is its Monday.)

    ``sent_at`` is null until the mail went out. Who has the link of the mail answers, without an account.
    """

    department = models.ForeignKey(Department, models.PROTECT, related_name="questions", verbose_name=_("department"))
    week = models.DateField(_("week from"))
    email = models.EmailField(_("e-mail"))
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    answer = models.CharField(_("answer"), max_length=16, choices=WeekAnswer, blank=True, default="")
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    factors = models.ManyToManyField(ExternalFactor, blank=True, related_name="+", verbose_name=_("external factors"))

    objects = OpenQuerySet.as_manager()

    class Meta:
        verbose_name = _("question to a department")
        verbose_name_plural = _("questions to departments")
        ordering = ["-week", "department"]
        constraints = [models.UniqueConstraint(fields=["department", "week"], name="department_asked_once_a_week")]

    def __str__(self) -> str:
        return f"{self.department_id} {self.week}"
