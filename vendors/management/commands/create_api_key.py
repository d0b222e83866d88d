"""``manage.py create_api_key``: print a new key, alone, on standard output."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from vendors import clock
from vendors.actors import SYSTEM
from vendors.choices import KeyKind, Scope
from vendors.errors import DomainError
from vendors.models import Vendor
from vendors.services.keys import issue_key

ROLES = [str(kind) for kind in (KeyKind.MANAGER, KeyKind.EXECUTIVE, KeyKind.ANALYST)]


class Command(BaseCommand):
    help = "Create an API key and print it alone on standard output. It is shown this once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        owner = parser.add_mutually_exclusive_group(required=True)
        owner.add_argument("--role", choices=ROLES, help="a role of the client, for all vendors")
        owner.add_argument("--vendor", metavar="CODE", help="one vendor; needs --scope")
        owner.add_argument("--client", action="store_true", help="the client's own feed; needs --scope")
        parser.add_argument("--scope", action="append", default=[], choices=Scope.values, help="may be given twice")
        parser.add_argument("--name", default="", help="what the key is for")
        parser.add_argument("--expires-in-days", type=int, metavar="N")
        parser.add_argument("--sandbox", action="store_true", help="figures sent with it are checked and never stored")
        parser.add_argument("--json", action="store_true", help="print a JSON object with the key and what it may do")

    def handle(self, *args: Any, **options: Any) -> None:
        now = clock.now()
        days = options["expires_in_days"]
        try:
            key, text = issue_key(
                actor=SYSTEM,
                now=now,
                kind=options["role"] or (KeyKind.CLIENT if options["client"] else KeyKind.VENDOR),
                vendor=self._vendor(options["vendor"]),
                scopes=options["scope"],
                name=options["name"],
                is_sandbox=options["sandbox"],
                expires_at=now + timedelta(days=days) if days is not None else None,
            )
        except DomainError as error:
            raise CommandError(str(error.detail), returncode=2) from error
        if options["json"]:
            expires_at = key.expires_at.isoformat() if key.expires_at else None
            vendor = key.vendor.code if key.vendor else None
            document = {
                "key": text,
                "prefix": key.prefix,
                "kind": key.kind,
                "vendor": vendor,
                "scopes": key.scopes,
                "expires_at": expires_at,
            }
            self.stdout.write(json.dumps(document))
        else:
            self.stdout.write(text)

    @staticmethod
    def _vendor(code: str | None) -> Vendor | None:
        if code is None:
            return None
        vendor = Vendor.objects.filter(code=code).first()
        if vendor is None:
            known = ", ".join(Vendor.objects.values_list("code", flat=True)[:20])
            raise CommandError(f"There is no vendor “{code}”. Known: {known or 'none yet'}.", returncode=2)
        return vendor
