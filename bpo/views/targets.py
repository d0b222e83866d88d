"""The pages of targets: a year's grid edited like a sheet, checked before it is stored, and approved where asked."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from bpo.queries import target_pages
from bpo.queries.target_pages import Bench, TargetPage
from bpo.services.whole_weights import brought_to_hundred
from bpo.views.access import PageRequest, page_for
from bpo.views.dates import FIRST_YEAR, LAST_YEAR
from kpis.choices import TargetChangeStatus
from kpis.imports.target_tables import (
    TargetTable,
    bare_figure,
    read_target_file,
    read_target_table,
    same_figure,
    write_target_table,
)
from kpis.models import Kpi, TargetChange
from kpis.queries.target_grid import LEVELS, Grid, load_grid
from kpis.services import target_changes, target_grid
from kpis.services.target_checks import check_values
from kpis.services.target_grid import Cell, Plan
from kpis.services.target_values import DECIMAL_FIELDS, Unreadable, read_decimal, scale_of
from kpis.tasks import wake_up
from vendors import clock
from vendors.actors import Capability
from vendors.errors import DomainError, Invalid, NotFound, RowError
from vendors.models import Contract

MOST_FILE_BYTES = 1024 * 1024


@dataclass(slots=True)
class Place:
    """What the address and the form say: the contract, the year, the level, and KPIs added to the grid."""

    contract: Contract
    year: int
    level: str
    add: list[str]

    def grid(self, more: Iterable[str] = ()) -> Grid:
        final = target_pages.final_months(self.contract)
        return load_grid(self.contract, self.year, final, add=[*self.add, *more])

    def url(self) -> str:
        address = reverse("bpo:target-grid", args=[self.contract.code])
        return f"{address}?{urlencode({'year': str(self.year), 'level': self.level})}"


@require_safe
@page_for(Capability.READ_TARGETS)
def target_list(request: PageRequest) -> HttpResponse:
    """Show the contracts with what is asked of them, and the changes that wait for a second person."""
    today = clock.local_date(clock.now(), settings.TIME_ZONE)
    waiting = target_pages.changes_for(request.actor).filter(status=TargetChangeStatus.WAITING)
    context = {"rows": target_pages.index_rows(request.actor, today), "waiting": list(waiting[:50]), "today": today}
    return render(request, "bpo/target_list.html", context)


@require_safe
@page_for(Capability.READ_TARGETS)
def target_grid_page(request: PageRequest, code: str) -> HttpResponse:
    """Show a contract's year: its grid on one level, its versions and history, and the bench."""
    place = _place(request, code, request.GET)
    grid = place.grid()
    page = target_pages.target_page(grid, place.level, may_write=_may_write(request, place))
    return _shown(request, place, page)


@require_safe
@page_for(Capability.READ_TARGETS)
def target_export(request: PageRequest, code: str) -> HttpResponse:
    """Answer the year of a contract as CSV, with the columns that the import takes."""
    place = _place(request, code, request.GET)
    answer = HttpResponse("\ufeff" + write_target_table(place.grid()), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="targets-{place.contract.code}-{place.year}.csv"'
    return answer


@require_POST
@page_for(Capability.WRITE_SETUP)
def target_check(request: PageRequest, code: str) -> HttpResponse:
    """Show what typed, pasted or uploaded targets would change; nothing is stored."""
    place = _writable(request, code)
    grid = place.grid()
    try:
        table, typed = _taken(request, place, grid)
    except DomainError as error:
        page = target_pages.target_page(grid, place.level, may_write=True)
        return _shown(request, place, page, error)
    added = [cell.kpi for cell in table.cells if grid.row(cell.key) is None and not cell.queue]
    if added:
        place.add += dict.fromkeys(added)
        grid = place.grid()
    return _checked(request, place, grid, table, typed)


@require_POST
@page_for(Capability.WRITE_SETUP)
def target_store(request: PageRequest, code: str) -> HttpResponse:
    """Store what the check has shown, or let it wait for approval; where it no longer fits, show the check again."""
    place = _writable(request, code)
    cells = _sent_cells(request)
    given: dict[str, Any] = {"goes_on": "goes_on" in request.POST, "note": request.POST.get("note", "")}
    final = target_pages.final_months(place.contract)
    options: dict[str, Any] = {"final": final, "actor": request.actor, "now": clock.now()}
    try:
        change = target_changes.change_targets(place.contract, place.year, cells, **given, **options)
    except DomainError as error:
        return _checked(request, place, place.grid(), TargetTable(cells), {}, error)
    return _done(request, place, change)


def _sent_cells(request: PageRequest) -> list[Cell]:
    """Return the cells of the check that a button stands under."""
    try:
        return target_grid.read_cells(json.loads(request.POST.get("cells", "")))
    except (ValueError, TypeError, RecursionError) as error:
        raise BadRequest from error


def _done(request: PageRequest, place: Place, change: TargetChange) -> HttpResponse:
    if change.status == TargetChangeStatus.WAITING:
        messages.success(request, _("Proposed. It holds as soon as somebody else has approved it."))
        return redirect("bpo:target-change", pk=change.pk)
    wake_up()
    messages.success(request, _("The targets are stored; the figures they touch are computed anew."))
    return redirect(place.url())


@require_safe
@page_for(Capability.READ_TARGETS)
def target_change(request: PageRequest, pk: int) -> HttpResponse:
    """Show one change: what it changes, who proposed it, and its decision."""
    return _change_answer(request, _change(request, pk))


@require_POST
@page_for(Capability.WRITE_SETUP)
def target_change_step(request: PageRequest, pk: int, action: str) -> HttpResponse:
    """Approve a change, return it with a reason, or take one's own back."""
    change = _change(request, pk)
    options: dict[str, Any] = {"actor": request.actor, "now": clock.now()}
    try:
        if action == "approve":
            target_changes.approve_change(pk, final=target_pages.final_months(change.contract), **options)
            done = _("Approved. The targets hold, and the figures they touch are computed anew.")
        elif action == "return":
            target_changes.return_change(pk, reason=request.POST.get("reason", ""), **options)
            done = _("Returned. Whoever proposed it reads the reason.")
        elif action == "withdraw":
            target_changes.withdraw_change(pk, **options)
            done = _("Taken back. Nothing of it holds.")
        else:
            raise Http404
    except NotFound as error:
        raise Http404 from error
    except DomainError as error:
        return _change_answer(request, change, error)
    wake_up()
    messages.success(request, done)
    return redirect("bpo:target-change", pk=pk)


def _place(request: PageRequest, code: str, given: Mapping[str, str]) -> Place:
    contract = target_pages.contracts_with_targets(request.actor).filter(code=code).first()
    if contract is None:
        raise Http404
    today = clock.local_date(clock.now(), settings.TIME_ZONE)
    year, level = given.get("year", "") or str(today.year), given.get("level", "") or "target"
    is_year = year.isascii() and year.isdigit() and len(year) == 4
    if not is_year or not FIRST_YEAR <= int(year) <= LAST_YEAR or level not in LEVELS:
        raise BadRequest
    source = request.POST if request.method == "POST" else request.GET
    return Place(contract, int(year), level, [code[:64] for code in source.getlist("add")][:200])


def _writable(request: PageRequest, code: str) -> Place:
    """Return the place of a change; a contract whose targets the reader sees and may not change answers 404."""
    place = _place(request, code, request.POST)
    if not _may_write(request, place):
        raise Http404
    return place


def _may_write(request: PageRequest, place: Place) -> bool:
    return request.actor.may(Capability.WRITE_SETUP, place.contract.vendor_id)


def _taken(request: PageRequest, place: Place, grid: Grid) -> tuple[TargetTable, dict[str, str]]:
    """Return the cells that were typed, pasted or uploaded, and what stands in the inputs of the grid."""
    way = request.POST.get("way", "grid")
    if way == "paste":
        kpis = list(Kpi.objects.all())
        return read_target_table(request.POST.get("table", ""), grid, place.level, kpis), {}
    if way == "file":
        file = request.FILES.get("file")
        if file is None or not hasattr(file, "size") or (file.size or 0) > MOST_FILE_BYTES:
            text = _("Choose a CSV file of at most 1 MB, such as the one exported here.")
            raise Invalid("file", text, [RowError("file", text, "file")])
        return read_target_file(file.read(), grid, place.level, list(Kpi.objects.all())), {}
    if way == "whole":
        plan = target_grid.plan_change(grid, _sent_cells(request), goes_on="goes_on" in request.POST)
        return TargetTable(brought_to_hundred(grid, plan)), {}
    return _typed(request, place, grid)


def _typed(request: PageRequest, place: Place, grid: Grid) -> tuple[TargetTable, dict[str, str]]:
    """Return the cells of the grid whose text differs from what the page had shown."""
    base, table, typed = _document(request, "base", dict), TargetTable(), {}
    for row in grid.rows:
        for month in grid.months:
            name = target_pages.cell_name(row, month.start)
            if name not in request.POST:
                continue
            typed[name] = request.POST[name].strip()[:64]
            before, after = str(base.get(name, "")), bare_figure(typed[name])
            if not same_figure(before, after):
                table.cells.append(Cell(*row.key, place.level, month.start, before, after))
    try:
        table.cells += target_grid.read_cells(_document(request, "carried", list))
    except ValueError as error:
        raise BadRequest from error
    return table, typed


def _document(request: PageRequest, name: str, kind: type) -> Any:
    try:
        value = json.loads(request.POST.get(name, "") or "null") or kind()
    except (ValueError, RecursionError) as error:
        raise BadRequest from error
    if not isinstance(value, kind):
        raise BadRequest
    return value


def _checked(
    request: PageRequest,
    place: Place,
    grid: Grid,
    table: TargetTable,
    typed: dict[str, str],
    refusal: DomainError | None = None,
) -> HttpResponse:
    """Answer the grid filled with what was sent, and what that would change."""
    goes_on = "goes_on" in request.POST
    plan = target_grid.plan_change(grid, table.cells, goes_on=goes_on)
    plan = Plan(plan.rows, [*table.errors, *plan.errors], plan.warnings, plan.needs_approval)
    for cell in table.cells:
        row = grid.row(cell.key)
        if row is not None and cell.level == place.level and cell.month.year == place.year:
            typed.setdefault(target_pages.cell_name(row, cell.month), cell.after)
    page = target_pages.target_page(grid, place.level, may_write=True, plan=plan, typed=typed)
    page.carried = [cell.as_document() for cell in table.cells if cell.level != place.level]
    if not plan.rows and not plan.errors and refusal is None:
        refusal = Invalid("nothing_changes", _("Nothing differs from what is stored."))
    return _shown(request, place, page, refusal)


def _shown(request: PageRequest, place: Place, page: TargetPage, refusal: DomainError | None = None) -> HttpResponse:
    plan, grid = page.plan, page.grid
    labels = {row.kpi.code: row.kpi.label for row in grid.rows}
    shown = {row.row.key for row in page.rows}
    context = {
        "page": page,
        "place": place,
        "contract": place.contract,
        "years": range(max(FIRST_YEAR, place.year - 1), min(LAST_YEAR, place.year + 1) + 1),
        "base": json.dumps({cell.name: cell.before for row in page.rows for cell in row.cells if not cell.lock}),
        "carried": json.dumps(page.carried) if page.carried else "",
        "refusal": refusal,
        "runs": target_pages.changed_runs(plan.cells, labels) if plan else [],
        "cells": json.dumps([cell.as_document() for cell in plan.cells]) if plan else "",
        "goes_on": "goes_on" in request.POST or request.method != "POST",
        "pasted": request.POST.get("table", ""),
        "history": target_pages.history_of(place.contract, request.actor),
        "more_kpis": [kpi for kpi in Kpi.objects.order_by("code") if (kpi.code, "") not in shown]
        if page.may_write
        else [],
        "see_notes": request.actor.may(Capability.READ_INTERNAL_NOTES, place.contract.vendor_id),
        **_bench(request, grid),
    }
    status = refusal.status if refusal else 422 if plan and plan.errors else 200
    return render(request, "bpo/target_grid.html", context, status=status)


def _bench(request: PageRequest, grid: Grid) -> dict[str, Any]:
    """Return the bench that the address asks for; what is wrong with the level stands beside its form."""
    code, text = request.GET.get("kpi", ""), request.GET.get("value", "").strip()
    row = grid.row((code, ""))
    found: dict[str, Any] = {"bench_kpi": code, "bench_value": text, "bench": None, "bench_fault": ""}
    if row is None or not row.versions or not text:
        return found
    try:
        value = read_decimal(bare_figure(text), *DECIMAL_FIELDS["target"])
    except Unreadable as error:
        return found | {"bench_fault": str(error)}
    values = {**row.versions[-1].values, "target": value}
    faults = check_values(values, scale_of(row.kpi, row.versions[-1].start))
    if faults:
        return found | {"bench_fault": str(faults[0].detail)}
    bench: Bench = target_pages.bench(row, value, request.actor, now=clock.now())
    return found | {"bench": bench}


def _change(request: PageRequest, pk: int) -> TargetChange:
    found = target_pages.changes_for(request.actor).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _change_answer(request: PageRequest, change: TargetChange, refusal: DomainError | None = None) -> HttpResponse:
    cells = target_grid.read_cells(change.cells)
    is_waiting = change.status == TargetChangeStatus.WAITING
    plan = None
    if is_waiting:
        final = target_pages.final_months(change.contract)
        grid = load_grid(change.contract, change.year, final, add={cell.kpi for cell in cells if not cell.queue})
        plan = target_grid.plan_change(grid, cells, goes_on=change.goes_on)
    is_own = is_waiting and target_changes.is_own(change, request.actor)
    context = {
        "change": change,
        "contract": change.contract,
        "runs": target_pages.changed_runs(cells, target_pages.kpi_labels(cell.kpi for cell in cells)),
        "plan": plan,
        "refusal": refusal,
        "is_own": is_own,
        "may_decide": target_pages.may_decide(change, request.actor),
        "see_notes": request.actor.may(Capability.READ_INTERNAL_NOTES, change.contract.vendor_id),
        "reason": request.POST.get("reason", ""),
    }
    return render(request, "bpo/target_change.html", context, status=refusal.status if refusal else 200)
