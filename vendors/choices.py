"""Choices of the vendors app, with their labels."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


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
