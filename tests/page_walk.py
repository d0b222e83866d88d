"""Every page of the product with an address of its own: what the tests walk that hold for all of them."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.urls import reverse

from bpo.models import DepartmentQuestion, SetUp
from bpo.services.delivery.mails import stop_token
from bpo.services.departments.asking import next_week
from bpo.services.departments.tokens import token_of
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
    "alert-acknowledge-many", "alert-step", "notifications-test", "webhook-test", "correction-step",
}  # fmt: skip
"""What only takes a form that was filled in."""

FILES = {"submit-form", "scorecard-pdf", "scorecard-xlsx", "factor-file", "start-sample", "target-export"}
LEADS_ON = {"home"}
QUERIES = {
    "compare": "?kpi=service_level",
    "correction-new": "?queue=hanbit-order-voice&date=2026-03-03",
    "kpi-detail": "?contract=saebom-order&month=2026-10",
    "overview": "?on=2026-10-01",
}


def make_pages() -> dict[str, str]:
    """Make a world with everybody of ``WALKERS`` and return the address of each page in it."""
    world = make_everything()
    programme = make_programme("saebom", "새봄컨택")
    make_programme("areum", "아름씨에스", shift=-9)
    Membership.objects.create(user=world.cast.admin, role=Role.VENDOR_ADMIN, vendor=programme.vendor)
    return _addresses(world, programme)


def _addresses(world: World, programme: Programme) -> dict[str, str]:
    keys, card = world.keys["hanbit"], programme.card()
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
        "asked": (_question(),),
        "set-password": ("MQ", "used"),
        "factor-detail": (keys["external-factor"],),
        "start-made": (_set_up(programme),),
        "target-grid": (programme.contract.code,),
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
