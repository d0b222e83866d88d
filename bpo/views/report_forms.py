"""The form of a subscription to a report. It checks shape; the service decides who may get what."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.models import User
from django.utils.translation import gettext_lazy as _

from bpo.choices import ReportKind, ReportPeriod
from bpo.models import ReportSubscription
from bpo.models.reports import MOST_BUSINESS_DAYS, MOST_LINK_DAYS
from bpo.queries.report_pages import offered_people
from bpo.services import reports
from bpo.templatetags.bpo_pages import person
from bpo.views.forms import offer
from bpo.views.notifications import ClockField
from vendors.choices import Role

PLAIN = ("name", "kind", "period", "business_day", "at", "language", "link_days")


class SubscriptionForm(forms.Form):
    """Who gets which report and when."""

    name = forms.CharField(label=_("Name"), max_length=100, help_text=_("It stands at the foot of every mail."))
    kind = forms.ChoiceField(
        label=_("What is sent"),
        choices=ReportKind.choices,
        help_text=_("The executive's mail names vendors and asks for a decision; the other one does neither."),
    )
    period = forms.ChoiceField(label=_("How often"), choices=ReportPeriod.choices, initial=ReportPeriod.MONTH)
    business_day = forms.IntegerField(
        label=_("On which business day after the end"), min_value=1, max_value=MOST_BUSINESS_DAYS, initial=7,
        help_text=_("Weekends and holidays are not counted."),
    )  # fmt: skip
    at = ClockField(label=_("At"), initial="08:30")
    users = forms.MultipleChoiceField(label=_("People"), widget=forms.CheckboxSelectMultiple, required=False)
    roles = forms.MultipleChoiceField(
        label=_("Everybody who is"), choices=Role.choices, widget=forms.CheckboxSelectMultiple, required=False
    )
    addresses = forms.CharField(
        label=_("Addresses without an account"), required=False, max_length=100_000,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 40}),
        help_text=_("One a line, such as the list of all staff; for the edition for all staff only."),
    )  # fmt: skip
    attachments = forms.MultipleChoiceField(
        label=_("Documents attached"), widget=forms.CheckboxSelectMultiple, required=False
    )
    language = forms.ChoiceField(
        label=_("Language"), choices=settings.LANGUAGES, help_text=_("Of everybody who has not chosen their own.")
    )
    link_days = forms.IntegerField(
        label=_("Days its links open"), min_value=1, max_value=MOST_LINK_DAYS, initial=30,
        help_text=_("They open the report as it was sent, without a log-in."),
    )  # fmt: skip

    def __init__(self, *args: Any, named: Iterable[User] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = {user.pk: user for user in [*offered_people(), *named]}.values()
        offer(self, "users", [(user.get_username(), f"{person(user)} ({user.email or '–'})") for user in people])
        offer(self, "attachments", [(key, str(edition.label)) for key, edition in reports.editions().items()])
        for name in ("users", "attachments"):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            if not field.choices:
                del self.fields[name]

    def data_of(self) -> tuple[dict[str, Any], list[User]]:
        """Return the fields as the services take them, and the people."""
        given = dict(self.cleaned_data)
        users = list(User.objects.filter(username__in=given.pop("users", [])))
        given["addresses"] = given["addresses"].split()
        return given, users

    def refuse(self, error: Any) -> None:
        """Show a refusal of the service at the field it names."""
        for one in error.errors or (error,):
            name = getattr(one, "field", None)
            self.add_error(name if name in self.fields else None, str(one.detail))


def shown(subscription: ReportSubscription) -> dict[str, Any]:
    """Return what the form of a subscription begins with."""
    return {
        **{name: getattr(subscription, name) for name in PLAIN},
        "users": [user.get_username() for user in subscription.users.all()],
        "roles": subscription.roles,
        "addresses": "\n".join(subscription.addresses),
        "attachments": subscription.attachments,
    }
