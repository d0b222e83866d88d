"""Tables that only grow: the database refuses the rest, whoever asks."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from tests.conftest import NOW
from tests.make import make_vendor
from vendors.actors import SYSTEM
from vendors.models import AuditEntry
from vendors.services.audit import record

STATEMENTS = [
    "UPDATE vendors_auditentry SET actor = 'nobody'",
    "UPDATE vendors_auditentry SET id = id + 1",
    "DELETE FROM vendors_auditentry",
]


def make_entry() -> AuditEntry:
    return record(actor=SYSTEM, action="create", obj=make_vendor("daon"), now=NOW)


@pytest.mark.django_db
@pytest.mark.parametrize("statement", STATEMENTS)
def test_it_refuses_raw_sql(statement: str) -> None:
    entry = make_entry()

    with pytest.raises(IntegrityError, match="only ever added"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)

    assert AuditEntry.objects.get() == entry
    assert AuditEntry.objects.get().actor == "system"


@pytest.mark.django_db
def test_it_refuses_the_models_own_ways() -> None:
    entry = make_entry()

    with pytest.raises(IntegrityError), transaction.atomic():
        entry.delete()
    entry.pk, entry.actor = AuditEntry.objects.get().pk, "nobody"
    with pytest.raises(IntegrityError), transaction.atomic():
        entry.save()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", ["first", "second"])
def test_a_test_database_can_still_be_emptied(turn: str) -> None:
    assert not AuditEntry.objects.exists()
    make_entry()

    with pytest.raises(IntegrityError), connection.cursor() as cursor:
        cursor.execute("DELETE FROM vendors_auditentry")
