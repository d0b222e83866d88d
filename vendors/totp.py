"""Codes of authenticators (RFC 6238) and recovery codes. Loaded only where the extra is installed and turned on."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime
from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter, get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret, validate_totp_code
from cryptography.fernet import Fernet
from django.conf import settings
from django.db import transaction

from vendors.services import second_step

TITLE = "BPO KPI"


class Adapter(DefaultMFAAdapter):
    """Keeps secrets encrypted by a key that is made of the installation's secret."""

    def encrypt(self, text: str) -> str:
        return _fernet().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _fernet().decrypt(encrypted_text.encode()).decode()

    def get_totp_issuer(self) -> str:
        return TITLE


def _fernet() -> Fernet:
    key = hashlib.sha256(f"second-step:{settings.SECRET_KEY}".encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))


def new_secret() -> str:
    """Return a secret to be registered in an authenticator, in base 32."""
    return generate_totp_secret()


def picture_of(user: Any, secret: str) -> str:
    """Return the address an authenticator reads, drawn as a code to photograph: an SVG in a data address."""
    adapter = get_adapter()
    drawing = adapter.build_totp_svg(adapter.build_totp_url(user, secret))
    return f"data:image/svg+xml;base64,{base64.b64encode(drawing.encode()).decode()}"


@transaction.atomic
def enrol(user: Any, secret: str, code: str, *, now: datetime) -> list[str] | None:
    """Register a device by its first code; return the recovery codes, or None where the code is wrong."""
    if not validate_totp_code(secret, code) or not second_step.is_first_use(user.pk, code, now):
        return None
    remove(user)
    TOTP.activate(user, secret)
    return RecoveryCodes.activate(user).generate_codes()


def check(user: Any, code: str, *, now: datetime) -> bool:
    """Say whether a code is one of the person's device, or a recovery code; either is right once."""
    kinds = {row.type: row for row in Authenticator.objects.filter(user=user)}
    device, recovery = kinds.get("totp"), kinds.get("recovery_codes")
    if device is not None and TOTP(device).validate_code(code):
        return second_step.is_first_use(user.pk, code, now)
    # Two who send the same one at once both find it unused; only the first use counts.
    is_right = recovery is not None and RecoveryCodes(recovery).validate_code(code)
    return is_right and second_step.is_first_use(user.pk, code, now)


@transaction.atomic
def new_codes(user: Any) -> list[str]:
    """Draw recovery codes anew; the old ones end."""
    Authenticator.objects.filter(user=user, type="recovery_codes").delete()
    return RecoveryCodes.activate(user).generate_codes()


def left_codes(user: Any) -> int:
    """Return how many recovery codes are left."""
    found = Authenticator.objects.filter(user=user, type="recovery_codes").first()
    return len(RecoveryCodes(found).get_unused_codes()) if found else 0


def remove(user: Any) -> bool:
    """End the second step of a person; say whether there was one."""
    return bool(Authenticator.objects.filter(user=user).delete()[0])
