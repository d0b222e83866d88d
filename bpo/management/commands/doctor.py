"""``manage.py doctor``: what is wrong with this installation, and what to do about it."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import translation

from bpo.services.doctor import Finding, examine
from vendors import clock

SIGNS = {"ok": "ok", "warning": "warn", "error": "FAIL"}


class Command(BaseCommand):
    help = "Look the installation over; each failure comes with its cure. Exit code 1 where something is wrong."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the findings as JSON")
        parser.add_argument("--language", choices=["ko", "en"], default="", help="language of the findings")

    def handle(self, *args: Any, **options: Any) -> None:
        with translation.override(options["language"] or translation.get_language() or "ko"):
            findings = examine(now=clock.now())
        if options["json"]:
            self.stdout.write(json.dumps([finding.as_dict() for finding in findings], ensure_ascii=False, indent=2))
        else:
            for finding in findings:
                self.stdout.write(_in_words(finding))
        wrong = [finding.name for finding in findings if finding.level == "error"]
        if wrong:
            raise CommandError(f"Not all right: {', '.join(wrong)}", returncode=1)


def _in_words(finding: Finding) -> str:
    line = f"{SIGNS[finding.level]:<4} {finding.name:<14} {finding.detail}"
    return f"{line}\n{'':<20}-> {finding.cure}" if finding.cure else line
