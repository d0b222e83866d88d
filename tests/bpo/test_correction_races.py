"""A correction is accepted while others send figures."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection, transaction

from bpo.services.corrections import deciding
from tests.bpo.corrections_world import a_closed_april, accept, file
from vendors.models import Queue


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_nobody_changes_the_figures_between_saying_what_an_acceptance_does_and_doing_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    request = file(a_closed_april())
    free: list[int] = []
    effect_of = deciding.effect_of

    def look() -> None:
        try:
            with transaction.atomic():
                free.extend(Queue.objects.select_for_update(skip_locked=True).values_list("pk", flat=True))
        finally:
            connection.close()

    def while_it_is_said(*args: Any, **options: Any) -> Any:
        looker = threading.Thread(target=look)
        looker.start()
        looker.join()
        return effect_of(*args, **options)

    monkeypatch.setattr(deciding, "effect_of", while_it_is_said)
    accept(request)

    assert free == []
