"""Two people take the same step of an action plan at the same moment."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from bpo.models import ActionPlanEvent
from bpo.services import plans
from tests.bpo.plans_world import MANAGER, NOW, make_shared
from tests.make import make_contract
from vendors.errors import Conflict


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_one_of_them_begins_it_and_the_others_are_told_they_came_too_late() -> None:
    plan = make_shared(make_contract())
    told: list[str] = []
    together = threading.Barrier(4)

    def begin() -> None:
        try:
            together.wait(timeout=30)
            plans.start(plan.pk, actor=MANAGER, now=NOW)
            told.append("begun")
        except Conflict as error:
            told.append(error.code)
        finally:
            connection.close()

    people = [threading.Thread(target=begin) for _ in range(4)]
    for one in people:
        one.start()
    for one in people:
        one.join()

    assert sorted(told) == ["begun", "wrong_status", "wrong_status", "wrong_status"]
    assert ActionPlanEvent.objects.filter(plan=plan, action="start").count() == 1
