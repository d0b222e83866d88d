"""Who may do what to whose rows, as a table: the roles and paths of design §8, and a request for each cell."""

from __future__ import annotations

import json
import re
from typing import Any

from django.db import transaction
from rest_framework.test import APIClient

from tests.bodies import body
from tests.everything import SIDES, World
from tests.routes import Route, routes

ACTORS = (
    "anonymous", "revoked_key", "ingest_key", "read_key", "member", "admin", "outsider", "client_key",
    "manager", "manager_of_a", "manager_of_b", "analyst", "executive", "department", "superuser",
)  # fmt: skip
A, B = SIDES
OF_ONE_VENDOR = {
    A: {"ingest_key", "read_key", "member", "admin", "manager_of_a"},
    B: {"outsider", "outsider_key", "manager_of_b"},
}

# For each actor: ! not signed in (401), - not its function (403), A or B the rows of that vendor, * all rows, 0 none.
RULES = {
    #                          an rk ik rd me ad ou ck m  mA mB an ex de su
    "submit":                 "!  !  A  -  A  A  B  *  *  A  B  -  -  -  *",
    # What of a file is another vendor's, its report calls unknown.
    "check a file":           "!  !  *  -  *  *  *  *  *  *  *  -  -  -  *",
    "read submissions":       "!  !  A  A  A  A  B  -  *  A  B  *  -  -  *",
    # A key follows what it sent itself, and here it sent nothing.
    "confirm submissions":    "!  !  -  -  -  A  B  -  -  -  -  -  -  -  *",
    "read jobs":              "!  !  A  A  A  A  B  0  *  A  B  *  -  -  *",
    "read figures":           "!  !  -  A  A  A  B  -  *  A  B  *  -  -  *",
    "read results":           "!  !  -  A  A  A  B  -  *  A  B  *  *  -  *",
    # Made of what the actor sees, so that they are the same documents for everybody.
    "read documents":         "!  !  -  *  *  *  *  -  *  *  *  *  *  -  *",
    "read drafts":            "!  !  -  0  0  0  0  -  *  A  B  *  0  0  *",
    "read shared cards":      "!  !  -  A  A  A  B  -  *  A  B  *  0  0  *",
    "read final cards":       "!  !  -  A  A  A  B  -  *  A  B  *  *  0  *",
    "read money of cards":    "!  !  -  A  A  A  B  -  *  A  B  *  0  -  *",
    "decide cards":           "!  !  -  -  -  -  -  -  *  A  B  -  -  -  *",
    "close months":           "!  !  -  -  -  -  -  -  *  A  B  -  -  -  *",
    "request corrections":    "!  !  -  -  A  A  B  -  *  A  B  -  -  -  *",
    "decide corrections":     "!  !  -  -  -  -  -  -  *  A  B  -  -  -  *",
    "dispute":                "!  !  -  -  A  A  B  -  -  -  -  -  -  -  *",
    "acknowledge":            "!  !  -  -  -  A  B  -  -  -  -  -  -  -  *",
    "read targets":           "!  !  -  A  A  A  B  -  *  A  B  *  *  -  *",
    # Whoever sets targets chooses among all sets; they belong to the company.
    "read target sets":       "!  !  -  A  A  A  B  -  *  *  *  *  *  -  *",
    "read factors":           "!  !  -  A  A  A  B  -  *  A  B  *  *  *  *",
    "register factors":       "!  !  -  -  A  A  B  -  *  A  B  -  -  *  *",
    "report incidents":       "!  !  -  -  -  -  -  -  *  A  B  -  -  *  *",
    "answer factors":         "!  !  -  -  -  -  -  -  *  A  B  -  -  *  *",
    "read parties":           "!  !  A  A  A  A  B  *  *  A  B  *  *  *  *",
    "write setup":            "!  !  -  -  -  -  -  -  *  A  B  -  -  -  *",
    "write for all vendors":  "!  !  -  -  -  -  -  -  *  -  -  -  -  -  *",
    "write profiles":         "!  !  -  -  -  A  B  -  *  A  B  -  -  -  *",
    "manage keys":            "!  !  -  -  -  A  B  -  *  A  B  -  -  -  *",
    # What somebody was sent; in this world nobody was.
    "read sent reports":      "!  !  -  -  -  -  -  -  *  0  0  0  0  -  *",
    "anybody signed in":      "!  !  *  *  *  *  *  *  *  *  *  *  *  *  *",
}  # fmt: skip

MATRIX: dict[tuple[str, str], str] = {
    ("GET", "action-plan-list"): "read factors",
    ("GET", "action-plan-detail"): "read factors",
    ("POST", "action-plan-list"): "request corrections",
    ("PATCH", "action-plan-detail"): "request corrections",
    ("POST", "action-plan-share"): "decide corrections",
    ("POST", "action-plan-start"): "request corrections",
    ("POST", "action-plan-finish"): "request corrections",
    ("POST", "action-plan-check"): "decide corrections",
    ("POST", "action-plan-cancel"): "request corrections",
    ("POST", "action-plan-note"): "request corrections",
    ("GET", "alert-list"): "read results",
    ("GET", "alert-detail"): "read results",
    ("POST", "alert-acknowledge"): "request corrections",
    ("POST", "alert-assign"): "decide corrections",
    ("POST", "alert-snooze"): "decide corrections",
    ("POST", "alert-resolve"): "decide corrections",
    ("GET", "api-key-list"): "manage keys",
    ("POST", "api-key-list"): "manage keys",
    ("GET", "api-key-detail"): "manage keys",
    ("PATCH", "api-key-detail"): "manage keys",
    ("POST", "api-key-rotate"): "manage keys",
    ("POST", "api-key-revoke"): "manage keys",
    ("GET", "attainment-list"): "read results",
    ("GET", "attainment-detail"): "read results",
    ("GET", "blank-form-detail"): "submit",
    ("GET", "centre-list"): "read parties",
    ("POST", "centre-list"): "write setup",
    ("GET", "centre-detail"): "read parties",
    ("PATCH", "centre-detail"): "write setup",
    ("GET", "closing-list"): "read targets",
    ("POST", "closing-list"): "close months",
    ("GET", "closing-detail"): "read targets",
    ("POST", "closing-reopen"): "close months",
    ("GET", "completeness-list"): "read results",
    ("GET", "contract-list"): "read targets",
    ("POST", "contract-list"): "write setup",
    ("GET", "contract-detail"): "read targets",
    ("PATCH", "contract-detail"): "write setup",
    ("GET", "correction-request-list"): "read figures",
    ("POST", "correction-request-list"): "request corrections",
    ("POST", "correction-request-preview"): "request corrections",
    ("GET", "correction-request-detail"): "read figures",
    ("POST", "correction-request-accept"): "decide corrections",
    ("POST", "correction-request-refuse"): "decide corrections",
    ("POST", "correction-request-withdraw"): "request corrections",
    ("GET", "daily-metric-list"): "read figures",
    ("GET", "daily-metric-history"): "read figures",
    ("GET", "reconciliation-list"): "read figures",
    ("GET", "reconciliation-detail"): "read figures",
    ("POST", "reconciliation-settle"): "write setup",
    ("GET", "holiday-list"): "read parties",
    ("POST", "holiday-list"): "write setup",
    ("GET", "holiday-detail"): "read parties",
    ("PATCH", "holiday-detail"): "write setup",
    ("GET", "department-list"): "anybody signed in",
    ("POST", "department-list"): "write for all vendors",
    ("GET", "department-detail"): "anybody signed in",
    ("PATCH", "department-detail"): "write for all vendors",
    ("GET", "external-factor-list"): "read factors",
    ("POST", "external-factor-list"): "register factors",
    ("GET", "external-factor-detail"): "read factors",
    ("PATCH", "external-factor-detail"): "register factors",
    ("POST", "external-factor-claim"): "register factors",
    ("POST", "external-factor-withdraw"): "register factors",
    ("POST", "external-factor-confirm"): "answer factors",
    ("POST", "external-factor-ask"): "write setup",
    ("POST", "external-factor-approve"): "write setup",
    ("POST", "external-factor-reject"): "write setup",
    ("POST", "external-factor-what-if"): "read results",
    ("POST", "external-factor-files"): "register factors",
    ("POST", "external-factor-incidents"): "report incidents",
    ("POST", "external-factor-plan"): "register factors",
    ("GET", "factor-file-list"): "read factors",
    ("GET", "factor-file-detail"): "read factors",
    ("GET", "external-factor-effect"): "read results",
    ("GET", "external-factor-suggestions"): "read figures",
    ("GET", "client-scorecard-list"): "read results",
    ("GET", "excused-day-list"): "read results",
    ("POST", "excused-day-list"): "write setup",
    ("GET", "excused-day-detail"): "read results",
    ("POST", "excused-day-withdraw"): "write setup",
    ("GET", "forecast-list"): "read figures",
    ("POST", "forecast-list"): "write setup",
    ("GET", "forecast-detail"): "read figures",
    ("GET", "held-submission-list"): "read submissions",
    ("GET", "held-submission-detail"): "read submissions",
    ("POST", "held-submission-confirm"): "confirm submissions",
    ("POST", "held-submission-send-back"): "confirm submissions",
    ("GET", "import-profile-list"): "submit",
    ("POST", "import-profile-list"): "write profiles",
    ("GET", "import-profile-detail"): "submit",
    ("PATCH", "import-profile-detail"): "write profiles",
    ("POST", "import-profile-propose"): "write profiles",
    ("POST", "import-profile-test"): "submit",
    ("GET", "job-detail"): "read jobs",
    ("GET", "job-error-report"): "read jobs",
    ("GET", "kpi-value-list"): "read results",
    ("GET", "kpi-list"): "anybody signed in",
    ("POST", "kpi-list"): "write for all vendors",
    ("GET", "kpi-detail"): "anybody signed in",
    ("PATCH", "kpi-detail"): "write for all vendors",
    ("POST", "kpi-preview"): "anybody signed in",
    ("GET", "me"): "anybody signed in",
    ("GET", "measure-list"): "anybody signed in",
    ("POST", "measure-list"): "write for all vendors",
    ("GET", "measure-detail"): "anybody signed in",
    ("PATCH", "measure-detail"): "write for all vendors",
    ("GET", "queue-list"): "read parties",
    ("POST", "queue-list"): "write setup",
    ("GET", "queue-detail"): "read parties",
    ("PATCH", "queue-detail"): "write setup",
    ("GET", "report-list"): "read documents",
    ("GET", "report-detail"): "read documents",
    ("GET", "money-terms-list"): "read results",
    ("POST", "money-terms-list"): "write setup",
    ("GET", "money-terms-detail"): "read results",
    ("POST", "money-terms-preview"): "write setup",
    ("GET", "scorecard-list"): "read final cards",
    ("POST", "scorecard-list"): "decide cards",
    ("GET", "scorecard-detail"): "read shared cards",
    ("GET", "scorecard-checks"): "read shared cards",
    ("GET", "scorecard-explain"): "read shared cards",
    ("GET", "scorecard-money"): "read money of cards",
    ("GET", "scorecard-differences"): "read drafts",
    ("GET", "scorecard-pdf"): "read shared cards",
    ("GET", "scorecard-xlsx"): "read shared cards",
    ("POST", "scorecard-share"): "decide cards",
    ("POST", "scorecard-judge"): "decide cards",
    ("POST", "scorecard-gate"): "decide cards",
    ("POST", "scorecard-withdraw-gate"): "decide cards",
    ("POST", "scorecard-resolve"): "decide cards",
    ("POST", "scorecard-finalise"): "decide cards",
    ("POST", "scorecard-dispute"): "dispute",
    ("POST", "scorecard-acknowledge"): "acknowledge",
    ("GET", "submission-list"): "read submissions",
    ("POST", "submission-list"): "submit",
    ("GET", "submission-detail"): "read submissions",
    ("POST", "submission-error-report"): "check a file",
    ("GET", "target-list"): "read targets",
    ("POST", "target-list"): "write setup",
    ("GET", "target-detail"): "read targets",
    ("PATCH", "target-detail"): "write setup",
    ("GET", "target-set-list"): "read target sets",
    ("POST", "target-set-list"): "write for all vendors",
    ("GET", "target-set-detail"): "read target sets",
    ("PATCH", "target-set-detail"): "write for all vendors",
    ("POST", "target-set-apply"): "write setup",
    ("POST", "target-set-copy"): "write for all vendors",
    ("GET", "webhook-list"): "manage keys",
    ("POST", "webhook-list"): "manage keys",
    ("GET", "webhook-detail"): "manage keys",
    ("PATCH", "webhook-detail"): "manage keys",
    ("POST", "webhook-test"): "manage keys",
    ("GET", "delivery-list"): "manage keys",
    ("GET", "delivery-detail"): "manage keys",
    ("GET", "report-subscription-list"): "write for all vendors",
    ("POST", "report-subscription-list"): "write for all vendors",
    ("GET", "report-subscription-detail"): "write for all vendors",
    ("PATCH", "report-subscription-detail"): "write for all vendors",
    ("POST", "report-subscription-send-now"): "write for all vendors",
    ("GET", "sent-report-list"): "read sent reports",
    ("GET", "sent-report-detail"): "read sent reports",
    ("GET", "vendor-list"): "read parties",
    ("POST", "vendor-list"): "write for all vendors",
    ("GET", "vendor-detail"): "read parties",
    ("PATCH", "vendor-detail"): "write for all vendors",
}

KEYS = {
    **{f"action-plan-{name}": "action-plan" for name in ("detail", "start", "cancel", "note")},
    "action-plan-share": "unshared-plan",
    "action-plan-finish": "plan-in-progress",
    "action-plan-check": "plan-to-check",
    "api-key-list": "api-key",
    "api-key-detail": "api-key",
    "api-key-rotate": "api-key",
    "api-key-revoke": "api-key",
    "correction-request-detail": "correction-request",
    "correction-request-accept": "correction-request",
    "correction-request-refuse": "correction-request",
    "correction-request-withdraw": "correction-request",
    **{f"money-terms-{name}": "money-terms" for name in ("list", "detail", "preview")},
    # address: the object of World.keys it needs, where that is not the first word of the address's name
    "import-profile-detail": "import-profile",
    "import-profile-test": "import-profile",
    "blank-form-detail": "contract",
    "target-set-detail": "target-set",
    "target-set-apply": "target-set",
    "target-set-copy": "target-set",
    **{
        f"external-factor-{name}": "external-factor"
        for name in ("detail", "claim", "withdraw", "confirm", "ask", "approve", "reject", "what-if", "files", "effect")
    },
    **{f"held-submission-{name}": "held-submission" for name in ("detail", "confirm", "send-back")},
    "factor-file-detail": "factor-file",
    **{f"report-subscription-{name}": "report-subscription" for name in ("detail", "send-now")},
    "sent-report-detail": "sent-report",
    "excused-day-list": "excused-day",
    "excused-day-detail": "excused-day",
    "excused-day-withdraw": "excused-day",
    "scorecard-share": "draft",
    "scorecard-judge": "draft",
    "scorecard-gate": "shared",
    "scorecard-withdraw-gate": "draft",
    "scorecard-resolve": "disputed",
    "scorecard-acknowledge": "final",
    "scorecard-differences": "second",
}
ABSENT = {
    ("POST", "correction-request-list"): "422",
    ("POST", "correction-request-preview"): "422",
    ("POST", "submission-list"): "422",
    ("POST", "scorecard-list"): "404",
    ("POST", "closing-list"): "404",
    ("POST", "forecast-list"): "404",
    ("POST", "external-factor-plan"): "422",
    ("POST", "closing-reopen"): "404",
    ("POST", "target-set-apply"): "400",
}
"""What one gets for another vendor's object named in a body, where it is not 400 (a reference to nobody)."""
NOBODYS = {
    "api-key": "0" * 8,
    "job": "0" * 8 + "-0000-4000-8000-" + "0" * 12,
    "delivery": "0" * 8 + "-0000-4000-8000-" + "0" * 12,
    "sent-report": "0" * 8 + "-0000-4000-8000-" + "0" * 12,
    "submission": "0" * 8 + "-0000-4000-8000-" + "0" * 12,
}
QUERY = {
    "completeness-list": "?from=2026-04-01&to=2026-04-04",
    "kpi-value-list": "?kpi=answer_share&period=month&group_by=contract&from=2026-04-01&to=2026-05-01",
    "daily-metric-history": "?queue={queue}&date=2026-04-01&measure=offered",
    "import-profile-propose": "?vendor={vendor}",
}
"""Parameters an address needs; ``{queue}`` makes it a detail of that vendor's queue."""

ROUTES = {route.name: route for route in routes()}
CELLS = [(method, route.name) for route in ROUTES.values() for method in route.methods]
WITH_KEY = [cell for cell in CELLS if ROUTES[cell[1]].is_detail or "{queue}" in QUERY.get(cell[1], "")]
NEED_WEEKS = {"external-factor-suggestions"}
"""Answer something only after weeks of figures; their own tests look at whom they answer, and what it costs."""
UNSCOPED = ("kpi-", "measure-", "department-", "report-", "sent-report-")
"""Belong to no vendor: the same for everybody."""
SCOPED = [name for name, route in ROUTES.items() if ("GET", name) in WITH_KEY and not name.startswith(UNSCOPED)]


def send(client: APIClient, method: str, route: Route, world: World, side: str, key: Any = None) -> Any:
    """Send the request of a cell about one vendor's object, and undo what it did."""
    mine = world.keys[side]
    key = key if key is not None else mine.get(key_name(route.name))
    query = QUERY.get(route.name, "").format(queue=key, vendor=mine["vendor"])
    sent = body(route.name, method, mine)
    is_file = isinstance(sent, str)
    with transaction.atomic():
        answer = client.generic(
            method,
            route.path(key) + query,
            b"" if method == "GET" else (sent if is_file else json.dumps(sent)).encode(),
            content_type="" if method == "GET" else "text/csv" if is_file else "application/json",
        )
        transaction.set_rollback(True)
    return answer


def key_name(route: str) -> str:
    return "queue" if route == "daily-metric-history" else KEYS.get(route, route.split("-")[0])


def rules(cell: tuple[str, str]) -> dict[str, str]:
    return dict(zip(ACTORS, RULES[MATRIX[cell]].split(), strict=True))


def expected(cell: tuple[str, str], side: str) -> dict[str, str]:
    """Return what each actor gets for an object of ``side``: a class of statuses, or one status."""
    absent = ABSENT.get(cell, "404" if cell in WITH_KEY or cell[0] == "GET" else "400")
    seen = {"!": "401", "-": "403", "*": "2xx", "0": absent}
    seen |= {"A": "2xx" if side == A else absent, "B": "2xx" if side == B else absent}
    return {actor: seen[rule] for actor, rule in rules(cell).items()}


def shown(answer: Any) -> str:
    return "2xx" if 200 <= answer.status_code < 300 else str(answer.status_code)


def without_id(answer: Any) -> Any:
    return re.sub(rb'"request_id": "[^"]*"', b"", answer.content)


def names_the_other(actor: str, answer: Any) -> bool:
    """Say whether an answer to somebody of one vendor holds the name of the other."""
    text = answer.content.decode().lower()
    return any(actor in people and other in text for one, other in ((A, B), (B, A)) for people in [OF_ONE_VENDOR[one]])
