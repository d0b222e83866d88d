"""Who may see and do what: people's roles and machines' keys."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from vendors.choices import KeyKind, Role
from vendors.models.parties import Vendor
from vendors.querysets import scoped_by


class Membership(models.Model):
    """One role of one person, for one vendor or (``vendor`` null) for all of them."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships", verbose_name=_("user")
    )
    role = models.CharField(_("role"), max_length=16, choices=Role)
    vendor = models.ForeignKey(
        Vendor,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="memberships",
        verbose_name=_("vendor"),
        help_text=_("Empty means all vendors."),
    )

    history = HistoricalRecords()
    objects = scoped_by("vendor_id")

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        ordering = ["user", "role"]
        constraints = [
            models.UniqueConstraint(fields=["user", "role", "vendor"], name="membership_once"),
            models.UniqueConstraint(
                fields=["user", "role"], condition=models.Q(vendor__isnull=True), name="membership_once_for_all"
            ),
            models.CheckConstraint(
                condition=~models.Q(role__in=["vendor_admin", "vendor_member"]) | models.Q(vendor__isnull=False),
                name="membership_vendor_roles_name_a_vendor",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()}"


class ApiKey(models.Model):
    """One machine's key. Only a keyed hash of the secret is stored; the key is shown once.

    At most two live keys per vendor and scope set, so that one can be rotated while the other works. ``networks``
    are the addresses it is taken from (CIDR; none means all); a sandbox key's figures are checked and never stored;
    ``exposed_at`` is when it was last sent in an address, where logs keep it.
    """

    name = models.CharField(_("name"), max_length=100, blank=True, default="")
    kind = models.CharField(_("speaks for"), max_length=16, choices=KeyKind)
    vendor = models.ForeignKey(
        Vendor, models.CASCADE, null=True, blank=True, related_name="api_keys", verbose_name=_("vendor")
    )
    scopes = models.JSONField(_("scopes"), default=list, blank=True)
    networks = models.JSONField(_("addresses it is taken from"), default=list, blank=True)
    is_sandbox = models.BooleanField(
        _("sandbox"), default=False, help_text=_("Figures sent with it are checked and answered, and never stored.")
    )
    prefix = models.CharField(_("prefix"), max_length=16, unique=True, editable=False)
    digest = models.CharField(max_length=64, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("made by")
    )
    created_at = models.DateTimeField(_("made at"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used at"), null=True, blank=True, editable=False)
    exposed_at = models.DateTimeField(_("seen in an address at"), null=True, blank=True, editable=False)

    objects = scoped_by("vendor_id")

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=(models.Q(kind="vendor") & models.Q(vendor__isnull=False))
                | (~models.Q(kind="vendor") & models.Q(vendor__isnull=True)),
                name="api_key_vendor_kind_names_a_vendor",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.prefix}… {self.name}".strip()


class UsageCounter(models.Model):
    """How often something that is limited was done until ``ends_at``, when counting begins anew.

    ``subject`` says what is counted and whose: requests of a key, rows of a vendor, wrong passwords of an account.
    """

    subject = models.CharField(max_length=100, primary_key=True)
    count = models.PositiveIntegerField()
    ends_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("usage counter")
        verbose_name_plural = _("usage counters")

    def __str__(self) -> str:
        return f"{self.subject} {self.count}"
