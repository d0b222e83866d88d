"""Choices of the vendors app, with their labels."""

from django.conf import settings
from django.db.models import TextChoices
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Role(TextChoices):
    """What a person does here (design: roles)."""

    MANAGER = "manager", _("BPO manager")
    EXECUTIVE = "executive", _("Executive")
    ANALYST = "analyst", _("Analyst")
    DEPARTMENT = "department", _("Department")
    VENDOR_ADMIN = "vendor_admin", _("Vendor administrator")
    VENDOR_MEMBER = "vendor_member", _("Vendor member")


VENDOR_ROLES = frozenset({Role.VENDOR_ADMIN, Role.VENDOR_MEMBER})


class KeyKind(TextChoices):
    """Whom an API key speaks for."""

    MANAGER = "manager", _("BPO manager, all vendors")
    EXECUTIVE = "executive", _("Executive")
    ANALYST = "analyst", _("Analyst")
    VENDOR = "vendor", _("One vendor")
    CLIENT = "client", _("Client's own feed, all vendors")


class Scope(TextChoices):
    """What a vendor's or the client's key may do."""

    INGEST = "ingest", _("Submit figures")
    READ = "read", _("Read results")
    INCIDENTS = "incidents", _("Report incidents")


class Channel(TextChoices):
    """How customers reach the queue. A KPI of channel "any" counts every queue."""

    VOICE = "voice", _("Voice")
    IVR = "ivr", _("IVR")
    OUTBOUND = "outbound", _("Outbound")
    CHAT = "chat", _("Chat")
    BOT = "bot", _("Bot")
    EMAIL = "email", _("E-mail")
    BACKOFFICE = "backoffice", _("Back office")
    ANY = "any", _("Any channel")


SERVICES = {
    "order": pgettext_lazy("service", "Orders"),
    "care": pgettext_lazy("service", "Customer service"),
    "delivery": pgettext_lazy("service", "Delivery"),
    "returns": pgettext_lazy("service", "Cancellations and returns"),
    "exchange": pgettext_lazy("service", "Exchanges"),
    "product": pgettext_lazy("service", "Product questions"),
    "payment": pgettext_lazy("service", "Payment"),
    "billing": pgettext_lazy("service", "Bills and charges"),
    "membership": pgettext_lazy("service", "Membership"),
    "complaints": pgettext_lazy("service", "Complaints"),
    "refund": pgettext_lazy("service", "Refunds"),
    "tech": pgettext_lazy("service", "Technical support"),
    "repair": pgettext_lazy("service", "Repair"),
    "reservation": pgettext_lazy("service", "Reservations"),
    "sales": pgettext_lazy("service", "Sales"),
    "outbound": pgettext_lazy("service", "Outbound calls"),
    "survey": pgettext_lazy("service", "Surveys"),
    "claims": pgettext_lazy("service", "Claims handling"),
    "collection": pgettext_lazy("service", "Collection"),
    "emergency": pgettext_lazy("service", "Emergencies and losses"),
    "chat": pgettext_lazy("service", "Chat service"),
    "backoffice": pgettext_lazy("service", "Back office work"),
}
"""What the codes of common services are called. A queue's service is free text: any other is shown as it is written."""


def service_label(code: str) -> str:
    """Return what people call a service, in the language in force."""
    return str(SERVICES.get(code, code))


def service_names(code: str) -> set[str]:
    """Return every name by which people may call a service: its code, and what each language calls it."""
    found = {code}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            found.add(service_label(code))
    return found


def channels_meet(of_kpi: str, of_queue: str) -> bool:
    """Say whether a KPI is about a queue by their channels."""
    return of_kpi == of_queue or Channel.ANY in (of_kpi, of_queue)


class MissingDayPolicy(TextChoices):
    """What an unreported open day counts as, after the contract's grace period."""

    EXCLUDE = "exclude", _("Left out")
    MINIMUM = "minimum", _("Counts as the minimum level")
    ZERO = "zero", _("Counts as nothing achieved")


class MeasureOwner(TextChoices):
    """Who provides a measure under a contract."""

    VENDOR = "vendor", _("Vendor")
    CLIENT = "client", _("Client")
    THIRD_PARTY = "third_party", _("Third party")


class FactorMethod(TextChoices):
    """What approving an external factor does to the figures."""

    EXCLUDE = "exclude", _("Take the slices out")
    SUSPEND = "suspend", _("Take out the days above the forecast's band")
    CAP = "cap", _("Owe no more than a share of the forecast")
    REPLACE = "replace", _("Replace by the target or the own average")
    ATTRIBUTE = "attribute", _("Take out and put on another party's card")


class SecondCheck(TextChoices):
    """Whether figures wait for a second person of the vendor before they count."""

    OFF = "off", _("No second check")
    PEOPLE = "people", _("What members submit")
    ALL = "all", _("What members and API keys submit")
