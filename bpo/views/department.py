"""What a department's events did: for people who are signed in, and by the link of its mail without an account."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from bpo.models import DepartmentQuestion
from bpo.queries.department_page import department_page
from bpo.services.departments.answering import actor_of_department
from bpo.services.departments.guarding import may_try, took_right
from bpo.services.departments.tokens import question_of
from bpo.services.money import price
from bpo.views.access import PageRequest, page_for
from bpo.views.asked import known_reader, no_such_link, too_many
from vendors import clock
from vendors.actors import Capability
from vendors.addresses import client_address
from vendors.models import Department


@require_safe
@page_for(Capability.ANSWER_FACTORS)
def department_list(request: PageRequest) -> HttpResponse:
    """List the departments, each with its page."""
    return render(request, "bpo/department_list.html", {"departments": Department.objects.filter(is_active=True)})


@require_safe
@page_for(Capability.ANSWER_FACTORS)
def department_detail(request: PageRequest, code: str) -> HttpResponse:
    """Show one department what its events did."""
    department = Department.objects.filter(code=code).first()
    if department is None:
        raise Http404
    page = department_page(department, request.actor, now=clock.now(), price=price)
    is_ours = not request.actor.may(Capability.DECIDE_FACTORS)
    return render(request, "bpo/department.html", {"page": page, "is_ours": is_ours})


@never_cache
@require_safe
def asked_effects(request: HttpRequest, token: str) -> HttpResponse:
    """Show the same to who has the link of the mail; the link is the proof, and names no factor's page."""
    now, address = clock.now(), client_address(request)
    known_reader(request)
    if not may_try(address, now):
        return too_many(request)
    question = DepartmentQuestion.objects.select_related("department").filter(pk=question_of(token) or 0).first()
    if question is None:
        return no_such_link(request)
    took_right(address)
    if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
        translation.activate(question.department.language)
    page = department_page(question.department, actor_of_department(question.department), now=now, price=price)
    return render(request, "bpo/department.html", {"page": page, "token": token, "is_ours": True})
