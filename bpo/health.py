"""Two addresses for machines: is the process alive, and can it work. Neither says what runs here or how much."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from bpo.queries.readiness import is_ready, readiness
from vendors import clock


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer as long as the process can answer at all; touches nothing else."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Answer 200 when the database, the broker and the scheduler do their work, else 503, naming which does not."""
    checks = readiness(clock.now())
    ready = is_ready(checks)
    shown = [{"name": check.name, "ok": check.ok, "age_seconds": check.age_seconds} for check in checks[:4]]
    return JsonResponse({"status": "ready" if ready else "not_ready", "checks": shown}, status=200 if ready else 503)
