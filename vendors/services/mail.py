"""Letters to the people of the product."""

from __future__ import annotations

import logging

from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import send_mail
from django.utils.translation import gettext as _

log = logging.getLogger("mail")


def mail_reset_link(user: User, address: str) -> bool:
    """Send a person the address where they choose a password; say whether it went out. Never raises."""
    text = _(
        "Hello %(name)s,\n\n"
        "choose your password for the KPI service here:\n\n%(address)s\n\n"
        "The link works once, for three days. Your user name is %(username)s."
    )
    facts = {"name": user.get_full_name() or user.get_username(), "address": address, "username": user.get_username()}
    if not user.email:
        return False
    try:
        send_mail(_("Choose your password"), text % facts, settings.DEFAULT_FROM_EMAIL, [user.email])
    except Exception:
        log.exception("mail not sent")
        return False
    return True
