"""``manage.py setup``: make a new or an upgraded installation ready. Running it again changes nothing."""

from __future__ import annotations

import io
import json
import secrets
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from vendors import clock


class Command(BaseCommand):
    help = "Migrate the database, load the catalogue and the shipped target sets, seed the holidays (idempotent)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print what was done as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        # Imported late: the services read models, which exist only in a migrated installation.
        from bpo.services.setup import load_shipped_data

        done: dict[str, Any] = {"secret": ensure_secret(), "migrations": self._migrate(options["verbosity"])}
        done.update(load_shipped_data(now=clock.now()))
        if options["json"]:
            self.stdout.write(json.dumps(done, default=str))
        elif options["verbosity"]:
            for name, result in done.items():
                self.stdout.write(f"{name}: {_in_words(result)}")

    def _migrate(self, verbosity: int) -> int:
        """Apply what is missing; return how many migrations that were."""
        output = io.StringIO()
        call_command("migrate", interactive=False, verbosity=1, stdout=output, no_color=True)
        applied = output.getvalue().count("... OK")
        if verbosity > 1:
            self.stdout.write(output.getvalue())
        return applied


def ensure_secret() -> str:
    """Give an embedded installation a secret of its own; return ``made``, ``kept`` or ``environment``."""
    if not settings.EMBEDDED or settings.SECRET_KEY not in (settings.INSECURE_SECRET, _stored()):
        return "environment"
    if settings.SECRET_FILE.exists():
        return "kept"
    settings.SECRET_FILE.parent.mkdir(parents=True, exist_ok=True)
    settings.SECRET_FILE.touch(mode=0o600)
    settings.SECRET_FILE.write_text(secrets.token_urlsafe(50))
    return "made"


def _stored() -> str:
    return settings.SECRET_FILE.read_text().strip() if settings.SECRET_FILE.exists() else ""


def _in_words(result: Any) -> str:
    if isinstance(result, dict):
        return ", ".join(f"{count} {name}" for name, count in result.items() if count) or "nothing to do"
    return str(result) if result not in (0, None, {}) else "nothing to do"
