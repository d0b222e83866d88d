"""The pages of import profiles: the list, a new one from a sample, one with its history, changing it."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from bpo.queries.profile_words import described
from bpo.views.access import PageRequest, page_for
from bpo.views.profile_editor import Editor, vendor_choices
from bpo.views.profile_forms import SampleForm, sample_of
from kpis.imports import profiles
from kpis.imports.opening import open_sample
from kpis.imports.proposing import propose
from kpis.models import ImportProfile
from vendors import clock
from vendors.actors import Capability
from vendors.errors import DomainError
from vendors.models import Vendor


@require_safe
@page_for(Capability.SUBMIT)
def profile_list(request: PageRequest) -> HttpResponse:
    """Show the profiles of the vendors the reader submits for."""
    found = ImportProfile.objects.visible_to(request.actor.limited_to(Capability.SUBMIT))
    context = {"profiles": profiles.with_versions(found), "may_write": request.actor.may(Capability.WRITE_PROFILES)}
    return render(request, "bpo/import_profile_list.html", context)


@require_safe
@page_for(Capability.SUBMIT)
def profile_detail(request: PageRequest, pk: int) -> HttpResponse:
    """Show how a profile reads its files, and its versions."""
    profile = _profile(request, pk, Capability.SUBMIT)
    context = {
        "profile": profile,
        "version": profiles.newest(profile),
        "lines": described(profiles.newest(profile).mapping),
        "may_write": _may_write(request, profile),
    }
    return render(request, "bpo/import_profile_detail.html", context)


@page_for(Capability.WRITE_PROFILES)
def profile_new(request: PageRequest) -> HttpResponse:
    """Ask for a sample, show what its columns seem to hold, and keep what the reader makes of it."""
    if "base" in request.POST:
        return _edited(request, Editor(request, vendor=_vendor(request, request.POST.get("vendor", ""))))
    form = SampleForm(request.POST or None, request.FILES or None, vendors=vendor_choices(request.actor))
    error: DomainError | None = None
    if request.method == "POST" and form.is_valid():
        vendor = _vendor(request, form.cleaned_data["vendor"])
        try:
            grid, delimiter = open_sample(form.cleaned_data["file"].read())
            proposal = propose(grid, actor=request.actor, vendor=vendor, now=clock.now(), delimiter=delimiter)
        except DomainError as refused:
            error = refused
        else:
            editor = Editor(request, vendor=vendor, proposal=proposal, sample=sample_of(grid))
            return render(request, "bpo/import_profile_form.html", {"editor": editor})
    status = error.status if error else 200 if request.method != "POST" else 400
    return render(request, "bpo/import_profile_new.html", {"form": form, "error": error}, status=status)


@page_for(Capability.WRITE_PROFILES)
def profile_edit(request: PageRequest, pk: int) -> HttpResponse:
    """Change how a profile reads its files: the next version."""
    profile = _profile(request, pk, Capability.WRITE_PROFILES)
    editor = Editor(request, vendor=profile.vendor, profile=profile)
    if request.method == "POST":
        return _edited(request, editor)
    return render(request, "bpo/import_profile_form.html", {"editor": editor})


def _edited(request: PageRequest, editor: Editor) -> HttpResponse:
    saved = editor.save(clock.now()) if request.POST.get("do") == "save" else None
    if saved is not None:
        messages.success(request, _("The import profile is kept."))
        return redirect("bpo:import-profile-detail", pk=saved.pk)
    is_shown = editor.preview(clock.now())
    return render(request, "bpo/import_profile_form.html", {"editor": editor}, status=200 if is_shown else 400)


def _profile(request: PageRequest, pk: int, capability: Capability) -> ImportProfile:
    """Return a profile that exists for the reader; another vendor's is not found."""
    visible = ImportProfile.objects.visible_to(request.actor.limited_to(capability)).filter(pk=pk)
    profile: ImportProfile | None = profiles.with_versions(visible).first()
    if profile is None:
        raise Http404
    return profile


def _vendor(request: PageRequest, code: str) -> Vendor | None:
    """Return the vendor of a code; none means a profile of the client's own, which the service allows or refuses."""
    if not code:
        return None
    visible = Vendor.objects.visible_to(request.actor.limited_to(Capability.WRITE_PROFILES))
    vendor: Vendor | None = visible.filter(code=code).first()
    if vendor is None:
        raise Http404
    return vendor


def _may_write(request: PageRequest, profile: ImportProfile) -> bool:
    try:
        profiles.require_writer(request.actor, profile.vendor)
    except DomainError:
        return False
    return True
