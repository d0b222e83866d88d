"""Telling people: who wants to hear what, the messages that wait or went out, and every try to send one."""

import uuid
from datetime import time

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from bpo.choices import AlertSeverity, DeliveryKind, DeliveryStatus, InstantFrom, WebhookPreset
from bpo.models.alerts import AlertEvent
from vendors.models import Vendor
from vendors.querysets import OpenQuerySet, scoped_by

LANGUAGE_LENGTH = 8


class NotificationSettings(models.Model):
    """How one person is told of alerts; somebody without a row is told as their role is by default.

    ``quiet_from`` to ``quiet_until`` (local time, over midnight where it is the later one) and, unless
    ``on_free_days``, weekends and holidays send nothing: what comes then waits for the next working morning.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notifications", verbose_name=_("user")
    )
    wants_mail = models.BooleanField(_("mails about alerts"), default=True)
    instant_from = models.CharField(_("at once"), max_length=8, choices=InstantFrom, default=InstantFrom.CRITICAL)
    wants_digest = models.BooleanField(_("daily digest"), default=True)
    digest_at = models.TimeField(_("digest at"), default=time(8, 30))
    quiet_from = models.TimeField(_("quiet from"), default=time(21))
    quiet_until = models.TimeField(_("quiet until"), default=time(8))
    on_free_days = models.BooleanField(_("also on weekends and holidays"), default=False)
    language = models.CharField(_("language"), max_length=LANGUAGE_LENGTH, choices=settings.LANGUAGES, default="ko")
    vendors = models.ManyToManyField(
        Vendor, blank=True, related_name="+", verbose_name=_("only these vendors"),
        help_text=_("Empty means all that you see."),
    )  # fmt: skip

    objects = OpenQuerySet.as_manager()

    class Meta:
        verbose_name = _("notification settings")
        verbose_name_plural = _("notification settings")
        ordering = ["user"]

    def __str__(self) -> str:
        return str(self.user)


class Webhook(models.Model):
    """An address that is told of alerts: a messenger's room, or a program. Without a vendor it hears of all.

    ``secret`` signs what is sent (HMAC-SHA-256); its address is a secret too, and shown only in part.
    """

    name = models.CharField(_("name"), max_length=100)
    vendor = models.ForeignKey(
        Vendor, models.CASCADE, null=True, blank=True, related_name="webhooks", verbose_name=_("vendor")
    )
    preset = models.CharField(_("form"), max_length=16, choices=WebhookPreset, default=WebhookPreset.GENERIC)
    url = models.CharField(_("address"), max_length=2000)
    secret = models.CharField(_("signing secret"), max_length=64, editable=False)
    from_severity = models.CharField(
        _("from severity"), max_length=8, choices=AlertSeverity, default=AlertSeverity.WARNING
    )
    language = models.CharField(_("language"), max_length=LANGUAGE_LENGTH, choices=settings.LANGUAGES, default="ko")
    is_active = models.BooleanField(_("active"), default=True)
    created_by = models.CharField(_("made by"), max_length=200, editable=False)
    created_at = models.DateTimeField(_("made at"), editable=False)

    objects = scoped_by("vendor_id")

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class Delivery(models.Model):
    """One message to one recipient, with the steps or the report it tells of; its id tells one that came twice.

    The recipient is a user, a webhook or, for reports, a mail address that has no account.

    It is sent at least once: a sender leases it, sends, and only then marks it. A lease that ran out belongs to a
    sender that died, and the message goes out again under the same id.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=8, choices=DeliveryKind)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("user")
    )
    webhook = models.ForeignKey(
        Webhook, models.PROTECT, null=True, blank=True, related_name="deliveries", verbose_name=_("webhook")
    )
    address = models.EmailField(_("mail address"), blank=True, default="")
    events = models.ManyToManyField(AlertEvent, related_name="+", verbose_name=_("alert events"))
    report = models.OneToOneField(
        "bpo.SentReport", models.PROTECT, null=True, blank=True, related_name="delivery", verbose_name=_("report")
    )
    status = models.CharField(_("status"), max_length=8, choices=DeliveryStatus, default=DeliveryStatus.WAITING)
    created_at = models.DateTimeField(_("made at"))
    due_at = models.DateTimeField(_("due at"))
    leased_until = models.DateTimeField(_("being sent until"), null=True, blank=True)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    error = models.CharField(_("last error"), max_length=300, blank=True, default="")

    objects = scoped_by("webhook__vendor_id")

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["-created_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(user__isnull=False, webhook__isnull=True, address="")
                | models.Q(user__isnull=True, webhook__isnull=False, address="")
                | (models.Q(user__isnull=True, webhook__isnull=True) & ~models.Q(address="")),
                name="delivery_one_recipient",
            ),
            models.UniqueConstraint(
                fields=["user", "due_at"],
                condition=models.Q(kind=DeliveryKind.DIGEST, status=DeliveryStatus.WAITING, tries=0),
                name="delivery_one_digest",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(status=DeliveryStatus.WAITING), name="delivery_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.id}"


class DeliveryAttempt(models.Model):
    """One try to send a message and what came of it. Rows are only ever added."""

    delivery = models.ForeignKey(Delivery, models.PROTECT, related_name="attempts", verbose_name=_("delivery"))
    at = models.DateTimeField(_("at"))
    is_sent = models.BooleanField(_("sent"))
    detail = models.CharField(_("answer"), max_length=300, blank=True, default="")

    objects = scoped_by("delivery__webhook__vendor_id")

    class Meta:
        verbose_name = _("delivery attempt")
        verbose_name_plural = _("delivery attempts")
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.delivery_id} {self.at}"
