"""``manage.py backup FILE``: everything in one file that either database can be restored from."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from bpo.services.backup import backup
from vendors import clock


class Command(BaseCommand):
    help = "Write every table to FILE (a new .zip), as one consistent snapshot. Secrets are not in it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--json", action="store_true", help="print the rows of each table as JSON")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            with tqdm(unit=" tables", disable=None) as bar:
                rows = backup(file, now=clock.now(), progress=lambda table: _show(bar, table))
        except FileExistsError as error:
            raise CommandError(f"{file} exists already; a backup never replaces another one.", returncode=2) from error
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}", returncode=2) from error
        if options["json"]:
            self.stdout.write(json.dumps({"file": str(file), "tables": rows}))
        else:
            self.stdout.write(
                f"{file}: {sum(rows.values()):,} rows of {len(rows)} tables, {file.stat().st_size:,} bytes"
            )


def _show(bar: Any, table: str) -> None:
    bar.set_postfix_str(table)
    bar.update()
