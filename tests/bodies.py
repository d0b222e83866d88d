"""A body for every address of the API that takes one."""

from __future__ import annotations

from typing import Any


def body(name: str, method: str, mine: dict[str, Any]) -> Any:
    """Return a body the address takes, about the objects of one vendor."""
    fresh = f"new-{mine['vendor']}"
    row = {"queue": mine["queue"], "date": "2026-03-04", "measures": {"offered": 5}}
    correction = {"rows": [row], "reason": "late_data"}
    bodies: dict[str, Any] = {
        "action-plan-list": {
            "contract": mine["contract"], "title": "New", "next_step": "Look", "owner": "Site manager",
            "due_on": "2027-01-29",
        },
        "action-plan-detail": {"title": "Renamed"},
        "action-plan-share": {}, "action-plan-start": {},
        "action-plan-finish": {"note": "done"},
        "action-plan-check": {"outcome": "effective", "note": "fewer calls"},
        "action-plan-cancel": {"note": "done otherwise"}, "action-plan-note": {"note": "seen"},
        "alert-acknowledge": {"note": "seen"},
        "alert-assign": {"assignee": "manager"},
        "alert-snooze": {"until": "2026-12-20"},
        "alert-resolve": {"note": "talked it over"},
        "api-key-list": {"kind": "vendor", "vendor": mine["vendor"], "scopes": ["ingest"], "is_sandbox": True},
        "api-key-rotate": {}, "api-key-revoke": {},
        "centre-list": {"code": fresh, "vendor": mine["vendor"], "name": "New"},
        "contract-list": {"code": fresh, "vendor": mine["vendor"], "name": "New", "starts_on": "2027-01-01"},
        "closing-list": {"contract": mine["contract"], "start": "2026-01-01"},
        "closing-reopen": {"contract": mine["contract"], "start": "2026-02-01", "reason": "a file was lost"},
        "correction-request-list": correction,
        "correction-request-preview": correction,
        "correction-request-accept": {"decision": "looked at"},
        "correction-request-refuse": {"decision": "looked at"},
        "correction-request-withdraw": {"decision": "looked at"},
        "queue-list": {
            "code": fresh, "centre": mine["centre"], "contract": mine["contract"], "name": "New",
            "service": "order", "channel": "voice",
        },
        "webhook-test": {},
        "webhook-list": {
            "name": "New", "vendor": mine["vendor"], "preset": "slack", "url": "https://1.1.1.1/hook",
        },
        "report-subscription-list": {"name": "New", "users": ["executive"]},
        "report-subscription-send-now": {},
        "vendor-list": {"code": fresh, "name": "New"},
        "measure-list": {"code": "new_measure", "name": "New"},
        "kpi-list": {"code": "new_kpi", "name": "New", "formula": "answered / offered"},
        "import-profile-list": {
            "code": fresh, "name": "New", "vendor": mine["vendor"],
            "mapping": {"queue": mine["queue"], "columns": {"date": "Day", "offered": "Calls"}},
        },
        "import-profile-propose": "Day,Calls\n2026-04-03,5\n2026-04-04,5\n",
        "import-profile-test": "Day,Calls\n2026-04-03,5\n",
        "kpi-preview": {"formula": "answered / offered", "measures": {"answered": 1, "offered": 2}},
        "target-list": {"contract": mine["contract"], "kpi": "answer_share", "target": 80, "period": "year",
                        "valid_from": "2026-01-01"},
        "target-detail": {"weight": "50"},
        "target-set-list": {"code": fresh, "name": "New", "items": [{"kpi": "answer_share", "target": 80}]},
        "target-set-detail": {"name": "Renamed"},
        "target-set-apply": {"contracts": [mine["contract"]], "valid_from": "2027-01-01"},
        "target-set-copy": {"code": fresh, "name": "Copied"},
        "submission-list": {
            "rows": [{"queue": mine["queue"], "date": "2026-08-03", "measures": {"offered": 5}}], "note": ""
        },
        "submission-error-report": f"queue,date,offered\n{mine['queue']},2026-08-03,5\n",
        "excused-day-list": {
            "queues": [mine["queue"]], "dates": ["2026-06-05"], "cause": "client", "reason": "an outage",
        },
        "department-list": {"code": "new-department", "name": "New"},
        "external-factor-list": {
            "kind": "outage", "title": "New", "queues": [mine["queue"]],
            "starts_at": "2026-04-01T00:00:00Z", "ends_at": "2026-04-01T02:00:00Z",
        },
        "external-factor-detail": {"title": "Renamed"},
        "external-factor-claim": {"evidence": "ticket 4711"},
        "external-factor-incidents": {
            "incident": "INC-1", "event": "opened", "at": "2026-04-01T00:00:00Z", "queues": [mine["queue"]],
        },
        "external-factor-plan": {
            "department": "it", "services": [mine["queue"]],
            "text": "title,starts_at,ends_at\nRelease,2026-12-01,2026-12-01\n",
        },
        "external-factor-files": {"name": "log.txt", "content": "MTA6MDIgZG93bgo="},
        "external-factor-confirm": {"answer": "confirmed"},
        "external-factor-ask": {"note": "since when?"},
        "external-factor-approve": {"decision": "as logged"},
        "external-factor-reject": {"decision": "own staffing"},
        "external-factor-withdraw": {}, "external-factor-what-if": {},
        "holiday-list": {"date": "2026-08-03", "centre": mine["centre"], "name": "New"},
        "reconciliation-settle": {"decision": "second", "note": "theirs is right"},
        "forecast-list": {"rows": [{"queue": mine["queue"], "start": "2026-04-02", "volume": "5"}]},
        "held-submission-confirm": {}, "held-submission-send-back": {"reason": "the totals differ"},
        "excused-day-withdraw": {"reason": "a mistake"},
        "money-terms-list": {"contract": mine["contract"], "valid_from": "2026-05-01", "fees": [], "scheme": "none"},
        "money-terms-preview": {"contract": mine["contract"], "valid_from": "2026-05-01"},
        "scorecard-list": {"contract": mine["contract"], "start": "2026-05-01"},
        "scorecard-judge": {"line": mine["judged_line"], "score": 90, "evidence": "seen"},
        "scorecard-gate": {"gate": "breach", "evidence": "seen"},
        "scorecard-withdraw-gate": {"event": mine["event"], "reason": "a mistake"},
        "scorecard-resolve": {"dispute": mine["dispute"], "accepted": True, "resolution": "agreed"},
        "scorecard-dispute": {"line": mine["shared_line"], "reason": "wrong"},
        "scorecard-finalise": {"accept_missing": "agreed"}, "scorecard-share": {}, "scorecard-acknowledge": {},
    }  # fmt: skip
    return bodies.get(name, {"name": "Renamed"}) if method in ("POST", "PATCH") else None
