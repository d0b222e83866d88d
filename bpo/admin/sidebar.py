"""The groups of the administration's side bar, by task and in the users' words."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

GROUPS: tuple[tuple[Any, tuple[tuple[str, str], ...]], ...] = (
    (
        _("Vendors and contracts"),
        (
            ("vendors.vendor", "apartment"),
            ("vendors.centre", "location_on"),
            ("vendors.contract", "contract"),
            ("vendors.contractterms", "gavel"),
            ("vendors.queue", "support_agent"),
            ("vendors.contractqueue", "link"),
            ("vendors.measureprovision", "handshake"),
            ("vendors.holiday", "event_busy"),
        ),
    ),
    (
        _("KPIs and targets"),
        (
            ("kpis.kpi", "monitoring"),
            ("kpis.kpiversion", "function"),
            ("kpis.measure", "straighten"),
            ("kpis.target", "flag"),
            ("kpis.targetseries", "timeline"),
            ("kpis.targetchange", "published_with_changes"),
            ("kpis.targetset", "checklist"),
            ("kpis.targetsetversion", "history_edu"),
            ("kpis.targetsetapplication", "playlist_add_check"),
        ),
    ),
    (
        _("Figures"),
        (
            ("kpis.submission", "upload_file"),
            ("kpis.importjob", "hourglass_top"),
            ("kpis.importprofile", "rule_folder"),
            ("kpis.importprofileversion", "manage_history"),
            ("kpis.dailymetric", "calendar_view_day"),
            ("kpis.metricrevision", "edit_note"),
            ("kpis.monthclose", "event_available"),
            ("kpis.reconciliation", "balance"),
            ("kpis.sourcefigure", "compare_arrows"),
            ("kpis.excusedday", "event_available"),
            ("kpis.refusedfeed", "cancel"),
            ("kpis.refusedday", "event_busy"),
            ("kpis.attainment", "speed"),
        ),
    ),
    (
        _("Scorecards"),
        (
            ("bpo.scorecard", "fact_check"),
            ("bpo.moneyterms", "payments"),
            ("bpo.scorecardline", "view_list"),
            ("bpo.judgeditem", "rate_review"),
            ("bpo.dispute", "forum"),
            ("bpo.correctionrequest", "rule"),
            ("bpo.gateevent", "block"),
            ("bpo.scorecardevent", "history"),
            ("bpo.frozenscorecard", "lock"),
        ),
    ),
    (
        _("Alerts"),
        (
            ("bpo.alert", "notifications"),
            ("bpo.alertevent", "history"),
            ("bpo.seriesbaseline", "show_chart"),
            ("bpo.actionplan", "assignment"),
            ("bpo.actionplanevent", "history"),
            ("bpo.webhook", "webhook"),
            ("bpo.delivery", "outgoing_mail"),
            ("bpo.deliveryattempt", "history"),
            ("bpo.notificationsettings", "tune"),
        ),
    ),
    (
        _("Reports"),
        (
            ("bpo.reportsubscription", "schedule_send"),
            ("bpo.sentreport", "mark_email_read"),
            ("bpo.reportlink", "link"),
            ("bpo.reportoptout", "unsubscribe"),
            ("bpo.reportfile", "attach_file"),
        ),
    ),
    (
        _("External factors"),
        (
            ("kpis.externalfactor", "thunderstorm"),
            ("kpis.factorqueue", "link"),
            ("kpis.factorslice", "content_cut"),
            ("kpis.factorfile", "attach_file"),
            ("kpis.factorevent", "history"),
            ("kpis.forecast", "trending_up"),
            ("vendors.department", "corporate_fare"),
            ("bpo.departmentquestion", "mail"),
        ),
    ),
    (
        _("People and access"),
        (
            ("auth.user", "group"),
            ("vendors.membership", "badge"),
            ("vendors.apikey", "key"),
        ),
    ),
    (
        _("Operation"),
        (
            ("vendors.auditentry", "policy"),
            ("kpis.recalculationmark", "sync_problem"),
            ("bpo.alertmark", "notification_important"),
            ("bpo.jobrun", "schedule"),
            ("bpo.setup", "rocket_launch"),
        ),
    ),
)


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the side bar as the reader may use it; groups with nothing in them are left out."""
    models = {model._meta.label_lower: page for model, page in admin.site._registry.items()}
    groups = []
    for title, entries in GROUPS:
        items = [
            _item(models[label], icon)
            for label, icon in entries
            if label in models and models[label].has_module_permission(request)
        ]
        if items:
            groups.append({"title": title, "separator": True, "collapsible": True, "items": items})
    return groups


def _item(page: Any, icon: str) -> dict[str, Any]:
    meta = page.model._meta
    link = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
    return {"title": str(meta.verbose_name_plural), "icon": icon, "link": link}
