"""Looks the installation over and names a cure for everything that is not right."""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bpo.models import AlertMark
from bpo.queries.deliveries import stuck_count
from bpo.queries.readiness import Check, readiness
from bpo.queries.report_schedule import late_reports
from kpis.models import RecalculationMark

LEAST_FREE_BYTES = 1024**3
OLDEST_PYTHON, NEWEST_PYTHON = (3, 11), (3, 13)
OLDEST_MARK = timedelta(minutes=10)
KOREAN_FONTS = ("NotoSansCJK", "NotoSansKR", "NanumGothic", "Pretendard", "malgun", "AppleSDGothicNeo", "UnDotum")
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/Library/Fonts", "/System/Library/Fonts")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. ``level`` is ``ok``, ``warning`` or ``error``; ``cure`` says what to do about it."""

    name: str
    level: str
    detail: str
    cure: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return asdict(self)


def examine(*, now: datetime) -> list[Finding]:
    """Return every finding, in the reader's language. Never raises."""
    checks = {check.name: check for check in readiness(now)}
    findings = [_versions(), *_secrets(), _database(checks["database"])]
    if checks["database"].ok:
        findings += [_guarded(_migrations), _guarded(_clock_of_database, now), _guarded(_marks, now)]
        findings += [_guarded(_alert_marks)]
        findings += [_guarded(_deliveries, now), _guarded(_reports, now)]
        findings += [_scheduler(checks["scheduler"]), _feed(checks["feed"])]
    return [*findings, _broker(checks["broker"]), _disk(), _font()]


def _guarded(look: Callable[..., Finding], *arguments: Any) -> Finding:
    try:
        return look(*arguments)
    except Exception as error:
        return Finding(look.__name__.strip("_"), "error", type(error).__name__, _("Run: python manage.py migrate"))


def _versions() -> Finding:
    detail = f"Python {platform.python_version()}, Django {django.get_version()}"
    if OLDEST_PYTHON <= sys.version_info[:2] <= NEWEST_PYTHON:
        return Finding("versions", "ok", detail)
    return Finding("versions", "warning", detail, _("Use Python 3.11, 3.12 or 3.13; others are not tested."))


def _secrets() -> Iterator[Finding]:
    if settings.SECRET_KEY == settings.INSECURE_SECRET:
        cure = _("Run: python manage.py setup (it makes one), or set SECRET_KEY.")
        yield Finding("secret", "error", _("The secret is the one every copy of the product starts with."), cure)
    else:
        yield Finding("secret", "ok", _("A secret of its own."))
    if settings.DEBUG and not settings.EMBEDDED:
        yield Finding("debug", "error", _("DEBUG is on in production."), _("Unset DEBUG."))
    if not settings.EMBEDDED and not settings.HTTPS:
        cure = _("Set HTTPS=1 (and BEHIND_PROXY=1) once TLS stands in front.")
        yield Finding("https", "warning", _("Pages and cookies also travel without TLS."), cure)


def _database(check: Check) -> Finding:
    if not check.ok:
        cure = _("Start the database, or correct DATABASE_URL; with SQLite, see that its folder can be written to.")
        return Finding("database", "error", _("No answer (%(why)s).") % {"why": check.detail}, cure)
    version = ".".join(str(part) for part in connection.get_database_version())
    return Finding("database", "ok", f"{connection.display_name} {version}")


def _migrations() -> Finding:
    executor = MigrationExecutor(connection)
    missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if not missing:
        return Finding("migrations", "ok", _("All applied."))
    detail = ngettext("%(n)s migration is missing.", "%(n)s migrations are missing.", missing) % {"n": missing}
    return Finding("migrations", "error", detail, _("Run: python manage.py setup"))


def _clock_of_database(now: datetime) -> Finding:
    zone = _("Time zone %(zone)s, stored in UTC.") % {"zone": settings.TIME_ZONE}
    if connection.vendor != "postgresql":
        return Finding("clock", "ok", zone)
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        drift = abs((cursor.fetchone()[0] - now).total_seconds())
    if drift < 5:
        return Finding("clock", "ok", zone)
    detail = _("The database's clock is %(seconds)s s away from this machine's.") % {"seconds": round(drift)}
    return Finding("clock", "error", detail, _("Let both take their time from NTP."))


def _marks(now: datetime) -> Finding:
    count = RecalculationMark.objects.count()
    failing = RecalculationMark.objects.exclude(error="").count()
    if failing:
        cure = _("Read the error column of the marks in the admin, mend the cause, then run: python manage.py drain")
        return Finding("recalculation", "error", _("%(n)s marks fail.") % {"n": failing}, cure)
    if RecalculationMark.objects.filter(created_at__lt=now - OLDEST_MARK).exists():
        cure = _("See that a worker runs, or run: python manage.py drain")
        return Finding("recalculation", "warning", _("%(n)s marks wait, some for long.") % {"n": count}, cure)
    return Finding("recalculation", "ok", _("%(n)s marks wait.") % {"n": count})


def _alert_marks() -> Finding:
    failing = AlertMark.objects.exclude(error="").count()
    if failing:
        cure = _("Read the error column of the alert marks in the admin, mend the cause, then choose Try again there.")
        return Finding(
            "alerts", "error", _("Alerts do not follow the figures of %(n)s contracts.") % {"n": failing}, cure
        )
    return Finding("alerts", "ok", _("Alerts follow the figures."))


def _deliveries(now: datetime) -> Finding:
    stuck = stuck_count(now)
    if not stuck:
        return Finding("deliveries", "ok", _("Messages about alerts go out."))
    cure = _("Look at the deliveries in the administration for the last error, and check EMAIL_URL.")
    return Finding("deliveries", "warning", _("%(n)s messages about alerts do not go out.") % {"n": stuck}, cure)


def _reports(now: datetime) -> Finding:
    late = late_reports(now)
    if not late:
        return Finding("reports", "ok", _("Reports are made when they are due."))
    names = ", ".join(row.name for row in late)
    cure = _("Look into the log for the reason (report not made), and start the scheduler where none runs.")
    return Finding("reports", "warning", _("Reports that are due were not made: %(names)s.") % {"names": names}, cure)


def _scheduler(check: Check) -> Finding:
    if check.ok is None:
        return Finding("scheduler", "ok", _("None needed: figures are computed as they arrive. Open periods need one."))
    if check.ok:
        return Finding("scheduler", "ok", _("Rang %(age)s s ago.") % {"age": check.age_seconds})
    cure = _("Start worker and scheduler: celery -A config worker, celery -A config beat, or manage.py up.")
    return Finding("scheduler", "error", _("It has not rung lately."), cure)


def _feed(check: Check) -> Finding:
    if check.age_seconds is None:
        return Finding("feed", "ok", _("No figures yet."))
    detail = _("Last figures came %(hours)s h ago.") % {"hours": check.age_seconds // 3600}
    if check.ok:
        return Finding("feed", "ok", detail)
    return Finding("feed", "warning", detail, _("Ask the vendors whether their nightly submission still runs."))


def _broker(check: Check) -> Finding:
    kinds = {"redis": "Redis", "files": _("Folder %(path)s") % {"path": settings.BROKER_DIR.name}, "none": _("None.")}
    if check.ok is False:
        cure = _("Start Redis, or correct REDIS_URL. Until then figures are accepted and computed later.")
        return Finding("broker", "error", _("No answer (%(why)s).") % {"why": check.detail}, cure)
    return Finding("broker", "ok", kinds[settings.BROKER_KIND])


def _disk() -> Finding:
    folder = settings.VAR_DIR if settings.VAR_DIR.exists() else settings.BASE_DIR
    free = shutil.disk_usage(folder).free
    detail = _("%(free)s GB free.") % {"free": f"{free / 1024**3:.1f}"}
    if free >= LEAST_FREE_BYTES:
        return Finding("disk", "ok", detail)
    return Finding("disk", "error", detail, _("Make room: at least 1 GB must be free."))


def _font() -> Finding:
    for folder in (Path(name).expanduser() for name in FONT_FOLDERS):
        for file in folder.rglob("*.[to]t[fc]") if folder.is_dir() else ():
            if file.name.replace("-", "").startswith(KOREAN_FONTS):
                return Finding("font", "ok", file.name)
    cure = _("Install one on the machines that show the pages (Debian: apt-get install fonts-noto-cjk).")
    return Finding("font", "warning", _("No Korean font was found on this machine."), cure)
