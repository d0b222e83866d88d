from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from bpo.services.scorecards import ChainReport, verify_chains


class Command(BaseCommand):
    help = "Recompute the chain of frozen scorecards of every contract and name the first broken link of each."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="Print the chains as JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        reports = verify_chains()
        broken = [report for report in reports if report.broken]
        if options["json"]:
            chains = [report.as_dict() for report in reports]
            self.stdout.write(json.dumps({"ok": not broken, "chains": chains}))
        else:
            for report in reports:
                self.stdout.write(_sentence(report))
        if broken:
            raise CommandError(f"{len(broken)} of {len(reports)} chains are broken.", returncode=1)


def _sentence(report: ChainReport) -> str:
    if report.broken is None:
        return f"{report.contract}: {report.links} links, intact"
    where = f"link {report.broken.sequence}" if report.broken.sequence else "end of the chain"
    return f"{report.contract}: broken at {where} (scorecard {report.broken.scorecard}): {report.broken.reason}"
