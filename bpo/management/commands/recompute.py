from __future__ import annotations

import json
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from kpis.services.marks import mark
from kpis.services.recalculation import drain
from vendors import clock
from vendors.models import Contract


class Command(BaseCommand):
    help = "Compute attainments again, of all contracts or one, for all days or some; unchanged ones are not written."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--contract", help="Code of one contract; default all, and the programme.")
        parser.add_argument("--from", dest="first", type=date.fromisoformat, help="First day, YYYY-MM-DD.")
        parser.add_argument("--to", dest="last", type=date.fromisoformat, help="Last day (inclusive), YYYY-MM-DD.")
        parser.add_argument("--json", action="store_true", help="Print what was done as JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        mark(contract_ids=self._contracts(options["contract"]), first_on=options["first"], last_on=options["last"])
        report = drain(now=clock.now()).as_dict()
        if options["json"]:
            self.stdout.write(json.dumps(report))
        else:
            self.stdout.write(", ".join(f"{name} {count}" for name, count in report.items()))
        if report["failed"]:
            raise CommandError("Some contracts could not be computed; the log says why.", returncode=1)

    @staticmethod
    def _contracts(code: str | None) -> list[int | None]:
        if code is None:
            return [*Contract.objects.values_list("id", flat=True), None]
        ids = list(Contract.objects.filter(code=code).values_list("id", flat=True))
        if not ids:
            raise CommandError(f"There is no contract {code}.", returncode=2)
        return list(ids)
