"""Every page of the product with an address of its own: what the tests walk that hold for all of them."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.urls import reverse

from bpo.models import DepartmentQuestion, SentReport, SetUp
from bpo.services.delivery.mails import stop_token
from bpo.services.departments.asking import next_week
from bpo.services.departments.tokens import token_of
from bpo.services.reports.links import token_of as link_token
from bpo.services.reports.stopping import stop_token as stop_report_token
from bpo.urls import urlpatterns
from kpis.services import target_changes
from kpis.services.target_grid import Cell
from tests.bpo.pages_sample import AFTER, MONTH, Programme, make_programme
from tests.everything import MANAGER, World, make_everything
from vendors.choices import Role
from vendors.models import ContractTerms, Department, Membership

WALKERS = {"manager": "manager", "vendor": "admin-of-a", "executive": "executive", "department": "department"}
"""The names of who walks, beside somebody who is not signed in."""

ACTS = {
    "job-send", "submit-send", "submit-confirm", "submit-return", "submit-discard", "sign-out", "completeness-withdraw",
    "completeness-excuse", "key-rotate", "key-revoke", "reconciliation-settle", "scorecard-step", "factor-step",
    "month-close", "month-reopen", "start-create", "start-undo", "target-check", "target-store", "target-change-step",
    "alert-acknowledge-many", "alert-step", "notifications-test", "webhook-test", "correction-step", "plan-step",
    "report-step", "sent-report-share", "sent-report-revoke", "start-leave-out",
}  # fmt: skip
"""What only takes a form that was filled in."""

FILES = {
    "submit-form", "scorecard-pdf", "scorecard-xlsx", "factor-file", "start-sample", "target-export", "overview-file",
    "sent-report-eml", "sent-report-file", "sent-report-mail", "report-preview",
}  # fmt: skip
"""What is handed out as it is: documents, and mails as they went out, which are no pages of the product."""
LEADS_ON = {"home"}
QUERIES = {
    "compare": "?kpi=service_level",
    "correction-new": "?queue=hanbit-order-voice&date=2026-03-03",
    "kpi-detail": "?contract=saebom-order&month=2026-10",
    "overview": "?on=2026-10-01",
}


def make_pages() -> dict[str, str]:
    """Make a world with everybody of ``WALKERS`` and return the address of each page in it."""
    return make_walk()[1]


def make_walk() -> tuple[World, dict[str, str]]:
    """Make a world with everybody of ``WALKERS`` and return it with the address of each page in it."""
    world = make_everything()
    programme = make_programme("saebom", "새봄컨택")
    make_programme("areum", "아름씨에스", shift=-9)
    Membership.objects.create(user=world.cast.admin, role=Role.VENDOR_ADMIN, vendor=programme.vendor)
    return world, _addresses(world, programme)


def _addresses(world: World, programme: Programme) -> dict[str, str]:
    keys, card, question = world.keys["hanbit"], programme.card(), _question()
    report = SentReport.objects.get(pk=keys["sent-report"])
    found: dict[str, tuple[Any, ...]] = {
        "kpi-detail": ("service_level",),
        "job-detail": (keys["job"],),
        "submit-check": (keys["held-submission"],),
        "submission-detail": (keys["submission"],),
        "completeness-month": ("saebom",),
        "completeness-day": ("saebom", "2026-10-31"),
        "key-detail": (keys["api-key"],),
        "reconciliation-detail": (keys["reconciliation"],),
        "import-profile-detail": (keys["import-profile"],),
        "import-profile-edit": (keys["import-profile"],),
        "scorecard-detail": (card.pk,),
        "scorecard-explain": (card.pk,),
        "scorecard-differences": (keys["second"],),
        "asked": (question,),
        "asked-effects": (question,),
        "department": (keys["department"],),
        "start-sheet": (_set_up(programme),),
        "plan-detail": (keys["plan-in-progress"],),
        "plan-edit": (keys["action-plan"],),
        "report-detail": (keys["report-subscription"],),
        "report-open": (link_token(report.links.get().pk),),
        "report-stop": (stop_report_token(report.pk),),
        **dict.fromkeys(("sent-report-detail", "sent-report-page"), (report.pk,)),
        "set-password": ("MQ", "used"),
        "factor-detail": (keys["external-factor"],),
        "start-made": (_set_up(programme),),
        "target-grid": (programme.contract.code,),
        "money-terms": (programme.contract.code,),
        "target-change": (_change(programme),),
        "alert-detail": (keys["alert"],),
        "notifications-stop": (stop_token(world.cast.manager.pk),),
        "webhook-detail": (keys["webhook"],),
        "correction-detail": (keys["correction-request"],),
    }
    queries = {**QUERIES, "scorecard-differences": f"?to={keys['final']}"}
    names = {str(pattern.name) for pattern in urlpatterns} - ACTS - FILES - LEADS_ON
    return {name: reverse(f"bpo:{name}", args=found.get(name, ())) + queries.get(name, "") for name in sorted(names)}


def _question() -> str:
    """Ask a department about the next week and return the token of its link."""
    department = Department.objects.create(code="marketing", name="Marketing", name_ko="마케팅")
    asked = DepartmentQuestion.objects.create(department=department, week=next_week(AFTER), sent_at=AFTER)
    return token_of(asked.pk)


def _set_up(programme: Programme) -> int:
    made = {"vendors": [programme.vendor.code], "contracts": [programme.contract.code]}
    wish = {
        "vendors": [programme.vendor.name],
        "month": f"{MONTH:%Y-%m}",
        "services": ["order"],
        "voice_set": "inbound",
    }
    return int(SetUp.objects.create(wish=wish, made=made, made_by="test", made_at=AFTER).pk)


def _change(programme: Programme) -> int:
    """Propose a target that waits for a second person."""
    ContractTerms.objects.filter(contract=programme.contract).update(target_approval=True)
    cell = Cell("answer_rate", "", "target", date(2026, 12, 1), "95", "96")
    return int(
        target_changes.change_targets(
            programme.contract, 2026, [cell], goes_on=True, final={}, actor=MANAGER, now=AFTER
        ).pk
    )
