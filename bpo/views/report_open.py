"""What a report's mail leads to: its page, without a log-in, and the end of the mails. The link is the proof."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from bpo.models import SentReport
from bpo.services import reports
from bpo.services.departments.guarding import may_try, took_right
from vendors import clock
from vendors.addresses import client_address

HEADERS = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow, noarchive"}


@never_cache
@require_safe
def report_open(request: HttpRequest, token: str) -> HttpResponse:
    """Show a report as it was sent; what is wrong with a link, the answer does not tell."""
    now, address = clock.now(), client_address(request)
    if not may_try(address, now):
        return _kept_out(request, is_locked=True)
    link = reports.open_report(token, now=now, is_counted=request.method == "GET")
    if link is None:
        return _kept_out(request)
    took_right(address)
    with translation.override(link.report.language):
        context = {"content": link.report.content, "expires_at": link.expires_at}
        return _closed(render(request, "bpo/report_open.html", context))


# A mail program presses the button by itself (RFC 8058) and has no cookie; the token is the proof.
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def report_stop(request: HttpRequest, token: str) -> HttpResponse:
    """End a report for whoever holds its mail, or begin it again; looking at the page alone does neither."""
    now, address = clock.now(), client_address(request)
    if not may_try(address, now):
        return _kept_out(request, is_locked=True)
    report = reports.report_of_token(token)
    if report is None:
        return _kept_out(request)
    took_right(address)
    if request.method == "POST":
        (reports.begin_again if request.POST.get("step") == "again" else reports.end)(report, now=now)
    return _stop_page(request, report)


def _stop_page(request: HttpRequest, report: SentReport) -> HttpResponse:
    with translation.override(report.language):
        context = {"report": report, "has_ended": reports.has_ended(report), "is_done": request.method == "POST"}
        return _closed(render(request, "bpo/report_stop.html", context))


def _kept_out(request: HttpRequest, *, is_locked: bool = False) -> HttpResponse:
    """Answer alike for a link that is wrong, has expired or was revoked."""
    answer = render(request, "bpo/report_gone.html", {"is_locked": is_locked}, status=429 if is_locked else 404)
    if is_locked:
        answer.headers["Retry-After"] = "900"
    return _closed(answer)


def _closed(answer: HttpResponse) -> HttpResponse:
    """Let no other site learn the address, and no search engine keep the page."""
    for name, value in HEADERS.items():
        answer.headers[name] = value
    return answer
