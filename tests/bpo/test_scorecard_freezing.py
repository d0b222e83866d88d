"""A final card is the same for ever; what changes later stands beside it; tampering is found."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from bpo.models import FrozenScorecard, Scorecard
from bpo.queries import cards_for, differences, explained, presented
from bpo.services import scorecards
from bpo.services.scorecards.freezing import canonical
from kpis.models import Kpi, KpiVersion, Target
from tests.bpo.scorecard_world import (
    APRIL,
    IN_MAY,
    MANAGER,
    add_items,
    card_of,
    compute,
    finalised,
    korean_contract,
    service_level_contract,
    vendor_admin,
)
from tests.make import make_figures
from vendors.models import Contract, ContractTerms

pytestmark = pytest.mark.django_db

LATER = IN_MAY + timedelta(days=90)
OUTSIDE = ("status", "is_stale", "events")
"""What may still happen to a final card; everything else is frozen."""


def shown(card: Scorecard) -> dict[str, Any]:
    return presented(cards_for(MANAGER).get(pk=card.pk))


def frozen_part(card: Scorecard) -> str:
    return json.dumps({name: value for name, value in shown(card).items() if name not in OUTSIDE})


def a_final_card() -> Scorecard:
    contract = service_level_contract()
    compute(contract)
    return finalised(contract)


def restate(contract: Contract) -> None:
    row = contract.queues.get().daily_metrics.get(date=date(2026, 4, 3))
    row.measures = {"in_time": 500, "offered": 1000}
    row.save()
    compute(contract, LATER)


def test_it_is_bound_to_its_document_by_a_hash() -> None:
    link = a_final_card().frozen

    assert link.sha256 == hashlib.sha256(link.document.encode()).hexdigest()
    assert (link.sequence, link.previous_sha256) == (1, "")
    assert link.document == canonical(json.loads(link.document))


def test_its_numbers_are_texts() -> None:
    def refuse(text: str) -> None:
        raise AssertionError(f"a float in a frozen document: {text}")

    json.loads(a_final_card().frozen.document, parse_float=refuse)


def test_it_shows_the_same_before_and_after_everything_changed() -> None:
    card = a_final_card()
    before, why = frozen_part(card), json.dumps(explained(cards_for(MANAGER).get(pk=card.pk)))

    Target.objects.update(target=99, weight=55, cap=100)
    KpiVersion.objects.update(formula="50 * in_time / offered")
    Kpi.objects.update(name="Renamed", name_ko="바뀜")
    ContractTerms.objects.update(grades=[{"grade": "X", "from": "0"}], gates=[{"kind": "cap_score", "value": "1"}])
    Contract.objects.update(name="Renamed")
    restate(card.contract)

    assert frozen_part(card) == before
    assert json.dumps(explained(cards_for(MANAGER).get(pk=card.pk))) == why


def test_it_is_marked_stale_and_a_second_version_stands_beside_it() -> None:
    card = a_final_card()

    restate(card.contract)

    assert shown(card)["is_stale"]
    assert [(row.version, row.status) for row in Scorecard.objects.filter(start=APRIL).order_by("version")] == [
        (1, "final"),
        (2, "draft"),
    ]
    again = scorecards.make(contract=card.contract.code, start=APRIL, actor=MANAGER, now=LATER)
    assert again.version == 2


def test_it_is_not_stale_when_the_same_figures_are_computed_again() -> None:
    card = a_final_card()

    compute(card.contract, LATER)

    assert not shown(card)["is_stale"]
    assert Scorecard.objects.filter(start=APRIL).count() == 1


def test_it_is_superseded_when_the_second_version_is_final() -> None:
    card = a_final_card()
    before = frozen_part(card)
    restate(card.contract)

    second = finalised(card.contract, LATER)

    assert (shown(card)["status"], second.status) == ("superseded", "final")
    assert frozen_part(card) == before
    assert second.frozen.previous_sha256 == card.frozen.sha256
    assert second.frozen.sequence == 2


def test_it_carries_judged_scores_and_gates_into_the_second_version() -> None:
    contract = service_level_contract(gates=[{"kind": "cap_grade", "value": "C", "label": "Privacy"}])
    Target.objects.update(weight=80)
    judged, _bonus = add_items(contract)
    compute(contract)
    card = card_of(contract)
    line = card.lines.get(item=judged).pk
    scorecards.judge(card.pk, line=line, score=70, evidence="minutes", actor=MANAGER, now=IN_MAY)
    scorecards.approve_gate(card.pk, gate=0, evidence="report", actor=MANAGER, now=IN_MAY)
    finalised(contract)

    restate(contract)

    second = shown(card_of(contract, 2))
    assert second["grade"] == "C"
    assert [row["score"] for row in second["lines"] if row["kind"] == "judged"] == ["70.0000"]


def test_it_lists_the_differences_of_two_versions() -> None:
    card = a_final_card()
    restate(card.contract)

    page = differences(card_of(card.contract, 1), card_of(card.contract, 2))

    (line,) = page["lines"]
    changed = {row["field"]: (row["old"], row["new"]) for row in line["fields"]}
    assert changed["value"] == ("86.25", "85.00")
    assert "target" not in changed
    assert {row["field"] for row in page["card"]} == {"score_before_gates", "score"}


def test_it_chains_the_months_of_a_contract() -> None:
    contract = service_level_contract()
    queue = contract.queues.get()
    for row in list(queue.daily_metrics.all()):
        row.pk, row.date = None, row.date + timedelta(days=30)
        row.save()
    make_figures(queue, date(2026, 5, 31), in_time=1, offered=1)
    compute(contract, LATER)
    first = finalised(contract, LATER)
    may = Scorecard.objects.get(start=date(2026, 5, 1))
    scorecards.share(may.pk, actor=MANAGER, now=LATER)
    second = scorecards.finalise(may.pk, actor=MANAGER, now=LATER)

    link = second.frozen
    assert link.previous_sha256 == first.frozen.sha256
    assert link.sha256 == hashlib.sha256((first.frozen.sha256 + link.document).encode()).hexdigest()


def verified() -> dict[str, Any]:
    out = io.StringIO()
    call_command("verify", json=True, stdout=out)
    return json.loads(out.getvalue())


def test_it_verifies_every_chain() -> None:
    card = a_final_card()

    report = verified()

    assert report == {"ok": True, "chains": [{"contract": card.contract.code, "links": 1, "broken": None}]}


def tampered(change: Callable[[Any], Any]) -> dict[str, Any]:
    """Do something to the rows as somebody with the database in hands would, and return what ``verify`` says."""
    out = io.StringIO()
    with transaction.atomic(), connection.cursor() as cursor:
        drop_triggers(cursor)
        change(cursor)
    with pytest.raises(CommandError) as refused:
        call_command("verify", json=True, stdout=out)
    assert refused.value.returncode == 1
    (chain,) = json.loads(out.getvalue())["chains"]
    return chain["broken"]


def drop_triggers(cursor: Any) -> None:
    if connection.vendor == "postgresql":
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE bpo_frozenscorecard DISABLE TRIGGER USER")
        return
    cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'bpo_frozenscorecard'")
    for (name,) in cursor.fetchall():
        cursor.execute(f'DROP TRIGGER "{name}"')


def test_it_names_a_link_whose_document_was_changed() -> None:
    card = a_final_card()

    broken = tampered(
        lambda cursor: cursor.execute("UPDATE bpo_frozenscorecard SET document = replace(document, '86.25', '96.25')")
    )

    assert broken == {"sequence": 1, "scorecard": card.pk, "reason": "document_changed"}


def test_it_names_a_link_whose_hash_was_made_to_fit() -> None:
    first = a_final_card()
    restate(first.contract)
    second = finalised(first.contract, LATER)
    document = first.frozen.document.replace("86.25", "96.25")
    fitting = hashlib.sha256(document.encode()).hexdigest()

    broken = tampered(
        lambda cursor: cursor.execute(
            "UPDATE bpo_frozenscorecard SET document = %s, sha256 = %s WHERE sequence = 1", [document, fitting]
        )
    )

    assert broken == {"sequence": 2, "scorecard": second.pk, "reason": "chain_broken"}


def test_it_names_a_link_that_was_taken_out() -> None:
    first = a_final_card()
    restate(first.contract)
    second = finalised(first.contract, LATER)

    broken = tampered(lambda cursor: cursor.execute("DELETE FROM bpo_frozenscorecard WHERE sequence = 1"))

    assert broken == {"sequence": 2, "scorecard": second.pk, "reason": "missing_link"}


def test_it_names_a_card_that_lost_the_last_link() -> None:
    card = a_final_card()

    broken = tampered(lambda cursor: cursor.execute("DELETE FROM bpo_frozenscorecard"))

    assert broken == {"sequence": None, "scorecard": card.pk, "reason": "missing_document"}


@pytest.mark.parametrize("sql", ["UPDATE bpo_frozenscorecard SET document = '{}'", "DELETE FROM bpo_frozenscorecard"])
def test_the_database_itself_refuses_to_change_a_frozen_card(sql: str) -> None:
    a_final_card()

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)

    assert FrozenScorecard.objects.get().document != "{}"


def test_it_serves_a_final_card_of_eighty_four_points() -> None:
    contract = korean_contract()
    compute(contract)
    card = finalised(contract)

    scorecards.acknowledge(card.pk, actor=vendor_admin(contract.vendor), now=IN_MAY)

    assert (shown(card)["score"], shown(card)["grade"], shown(card)["status"]) == ("84.0000", "B", "acknowledged")
