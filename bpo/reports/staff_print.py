"""The all-staff edition (전 직원용): one page without vendors and fees, as PDF and as a file for a browser."""

from __future__ import annotations

from decimal import Decimal

from django.template.loader import render_to_string
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from bpo.queries.staff import StaffEdition, StaffLine
from bpo.reports.paper import Texts, as_of, change_text, made_at, period_name, signed_figure
from bpo.reports.typesetting import typeset
from bpo.templatetags.bpo_pages import NOTHING, figure_text, points


def staff_pdf(edition: StaffEdition) -> bytes:
    """Return the edition as PDF in the language in force; the same figures are the same bytes."""
    return typeset("staff.typ", told(edition), at=made_at(edition.period))


def staff_html(edition: StaffEdition) -> bytes:
    """Return the edition as one HTML file that needs no other."""
    return render_to_string("bpo/staff_edition.html", {"told": told(edition)}).encode()


def told(edition: StaffEdition) -> Texts:
    """Return every text of the edition, in its order."""
    page, head = edition.page, _head()
    return {
        "language": (get_language() or "ko")[:2],
        "service": _("BPO KPI service"),
        "over": _("For all staff"),
        "title": _("Our customer centres in %(period)s") % {"period": period_name(edition.period)},
        "under": as_of(page),
        "notice": f"{_('Provisional')}: {_('Figures may still change.')}" if page.is_provisional else "",
        "score": None if edition.score is None else _score(edition, edition.score),
        "sentences": _sentences(edition),
        "head": head,
        "columns": [head[0], head[1], head[-1]],
        "before": head[2],
        "rows": [_row(line) for line in edition.lines],
        "empty": _("There is no figure that can be told without telling of a vendor."),
        "thanks": _("Thank you to everybody who answered our customers."),
        "why": _why(edition),
    }


def _head() -> list[str]:
    result, change = pgettext("staff edition", "Result"), pgettext("figures", "Change")
    return [_("KPI"), result, _("Period before"), change, _("Better or worse")]


def _score(edition: StaffEdition, score: Decimal) -> Texts:
    change = signed_figure(edition.change, "points") if edition.change else change_text(edition.change)
    return {"label": _("Programme score"), "text": points(score), "change": change}


def _sentences(edition: StaffEdition) -> list[str]:
    said = []
    if edition.best:
        said.append(_("What improved most: %(what)s.") % {"what": _moved(edition.best)})
    if edition.worst:
        said.append(_("What fell back most: %(what)s.") % {"what": _moved(edition.worst)})
    if edition.kinds:
        kinds = ", ".join(
            _("%(kind)s (%(count)s)") % {"kind": kind, "count": count} for kind, count in sorted(edition.kinds.items())
        )
        said.append(_("What reached us from outside: %(kinds)s.") % {"kinds": kinds})
    return said


def _moved(line: StaffLine) -> str:
    before, now = (figure_text(value, line.decimals, line.unit) for value in (line.before, line.value))
    return f"{line.name} {before} → {now}"


def _row(line: StaffLine) -> list[str]:
    before = figure_text(line.before, line.decimals, line.unit)
    change = NOTHING if line.change is None else signed_figure(line.change, line.unit)
    return [line.name, figure_text(line.value, line.decimals, line.unit), before, change, _direction(line)]


def _direction(line: StaffLine) -> str:
    """Say in a shape and a word which way it went."""
    if line.change is None:
        return NOTHING
    if not line.gain:
        return f"= {_('unchanged')}" if not line.change else NOTHING
    return f"▲ {_('better')}" if line.gain > 0 else f"▼ {_('worse')}"


def _why(edition: StaffEdition) -> str:
    said = [
        _("Figures are those of all centres together, as customers met them."),
        _("Only what at least three vendors have a fair part in is told, so that none can be made out."),
    ]
    if edition.withheld:
        text = ngettext("%(count)s KPI is left out.", "%(count)s KPIs are left out.", edition.withheld)
        said.append(text % {"count": edition.withheld})
    return " ".join(said)
