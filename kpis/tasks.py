"""Background work of the kpis app: a task is one more entrance to a service."""

from __future__ import annotations

from typing import Any

import structlog
from celery import shared_task
from django.conf import settings
from django.db import transaction

from kpis.imports.jobs import run_due_imports
from kpis.services.recalculation import drain, is_worth_sharing
from kpis.wakeup import Bell
from vendors import clock

log = structlog.get_logger(__name__)


@shared_task(name="kpis.tasks.drain_marks")
def drain_marks(**_: Any) -> dict[str, int]:
    """Compute what is marked. Running it again, or twice at once, changes nothing; where there is much, others join."""
    if is_worth_sharing():
        _bell.ring()
    return drain(now=clock.now()).as_dict()


@shared_task(name="kpis.tasks.run_imports")
def run_imports(**_: Any) -> dict[str, int]:
    """Take in the large files that are due, and compute what they marked. Running it twice at once changes nothing."""
    ran = run_due_imports(now=clock.now())
    return {"imports": ran, **drain(now=clock.now()).as_dict()}


_bell = Bell(lambda: drain_marks.apply_async(retry=False, expires=300))


def wake_up() -> None:
    """Have the marks drained after the current transaction: by a worker, or here where no broker is configured."""
    transaction.on_commit(_drain_here if settings.BROKER_KIND == "none" else _bell.ring)


def _drain_here() -> None:
    try:
        drain(now=clock.now())
    except Exception:
        # The figures are stored and stay marked; the next drain computes them.
        log.exception("drain_failed")


_import_bell = Bell(lambda: run_imports.apply_async(retry=False, expires=300))


def start_imports() -> None:
    """Have the files that are due taken in after the current transaction, as :func:`wake_up` has marks drained."""
    transaction.on_commit(_import_here if settings.BROKER_KIND == "none" else _import_bell.ring)


def _import_here() -> None:
    try:
        run_imports()
    except Exception:
        # The files are kept and stay due; the next sweep takes them in.
        log.exception("import_failed")
