"""``manage.py restore FILE``: put a backup back, into an empty database or (with --yes) in place of what is there."""

from __future__ import annotations

import json
import zipfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from bpo.management.commands.backup import _show
from bpo.services.backup import restore
from vendors.errors import DomainError


class Command(BaseCommand):
    help = "Restore FILE, made by the backup command, in one transaction."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--yes", action="store_true", help="replace what the database holds")
        parser.add_argument("--json", action="store_true", help="print the rows of each table as JSON")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        call_command("migrate", interactive=False, verbosity=0)
        try:
            with tqdm(unit=" tables", disable=None) as bar:
                result = restore(file, replace=options["yes"], progress=lambda table: _show(bar, table))
        except (DomainError, OSError, zipfile.BadZipFile) as error:
            raise CommandError(str(error), returncode=2) from error
        if not result["same_pepper"]:
            self.stderr.write(
                "The secret differs from that of the backup: set API_KEY_PEPPER (or SECRET_KEY) as it was there,"
                " or make new API keys."
            )
        if options["json"]:
            self.stdout.write(json.dumps(result))
        else:
            self.stdout.write(f"{file}: {sum(result['tables'].values()):,} rows restored.")
