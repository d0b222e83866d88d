"""Setting up a programme from names and ticks: what is made, what is refused, and undoing it as a whole."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db.models import Sum

from bpo.models import Alert, Scorecard, SetUp
from bpo.services import programme
from bpo.services.programme import create_programme, undo_programme
from kpis.models import Target, TargetSet
from kpis.services.recalculation import drain
from tests import make
from tests.bpo.pages_sample import AFTER
from tests.bpo.programme_world import MANAGER, OCTOBER, made, wish
from vendors.choices import Role
from vendors.errors import Conflict, Forbidden, Invalid, NotFound
from vendors.models import AuditEntry, Centre, Contract, Queue, Vendor

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shipped")]

SIX = ("한빛컨택", "다온씨에스", "누리링크", "미르서비스", "새벽케어", "Orion CS")
INBOUND = (
    "answer_rate", "service_level", "qa_score", "business_critical_accuracy", "csat", "complaint_rate",
    "privacy_incident_count",
)  # fmt: skip
NO_TARGETS = {("inbound", kpi, 0): "" for kpi in INBOUND}


def test_six_names_and_four_ticks_become_a_programme() -> None:
    services = {"order": "every", "care": "six", "chat": "every", "backoffice": "five"}

    found = made(*SIX, services=services, voice_set="order")

    assert (Vendor.objects.count(), Centre.objects.count()) == (6, 6)
    assert (Contract.objects.count(), Queue.objects.count()) == (18, 24)
    assert found.made["vendors"][0] == "hanbitkeontaek"
    contract = Contract.objects.get(code="hanbitkeontaek-order-2026")
    assert (contract.starts_on, contract.ends_on, contract.is_pilot) == (date(2026, 1, 1), date(2026, 12, 31), True)
    assert sorted(contract.queues.values_list("service", flat=True)) == ["care", "order"]
    assert Queue.objects.get(code="hanbitkeontaek-care").open_weekdays == [1, 2, 3, 4, 5, 6]
    targets = Target.objects.filter(series__contract=contract)
    assert {row.valid_from for row in targets} == {OCTOBER}
    assert sum(row.weight for row in targets) == 100
    assert AuditEntry.objects.filter(action="set_up").count() == 1


def test_nothing_is_late_before_the_next_month() -> None:
    made()

    first, second = Contract.objects.get().terms.order_by("pk")
    assert first.closing == {}
    assert second.valid_from == date(2026, 12, 1)
    assert second.closing["final"] == 7
    assert second.grades[0] == {"grade": "S", "from": "95"}


def test_a_level_of_ones_own_takes_minimum_and_stretch_along() -> None:
    made(targets={("inbound", "answer_rate", 0): "92", ("inbound", "csat", 0): "97", ("inbound", "qa_score", 0): "90"})

    levels = {
        row.series.kpi.code: tuple(f"{level.normalize():f}" if level else None for level in levels)
        for row in Target.objects.select_related("series__kpi")
        for levels in [(row.minimum, row.target, row.stretch)]
    }
    assert levels["answer_rate"] == ("89", "92", "97")
    assert levels["csat"] == ("92", "97", None)
    assert levels["qa_score"] == ("85", "90", "95")


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"vendors": ()}, "vendors"),
        ({"vendors": ("한빛", "한빛")}, "twice"),
        ({"vendors": ("가" * 101,)}, "too_long"),
        ({"vendors": tuple(map(str, range(31)))}, "vendors"),
        ({"vendors": ("Narae",)}, "exists"),
        ({"services": {}}, "services"),
        ({"services": {"order": "never"}}, "services"),
        ({"voice_set": "chat"}, "voice_set"),
        ({"targets": {("inbound", "answer_rate", 0): "many"}}, "number"),
        ({"targets": {("inbound", "answer_rate", 0): "120"}}, "out_of_bounds"),
        ({"weights": {("inbound", "answer_rate"): "heavy"}}, "weight"),
        ({"weights": {("inbound", "answer_rate"): "0"}}, "weight"),
        ({"does": {0: frozenset()}}, "does_nothing"),
        ({"targets": NO_TARGETS}, "no_target"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_made(more: dict[str, Any], code: str) -> None:
    make.make_vendor("narae", name="Narae")

    with pytest.raises(Invalid) as refusal:
        create_programme(wish(**more), actor=MANAGER, now=AFTER)

    assert code in {error.code for error in refusal.value.errors}
    assert (Vendor.objects.count(), SetUp.objects.count()) == (1, 0)


def test_a_vendor_may_do_without_a_service_a_kpi_and_with_another_weight() -> None:
    does = {0: frozenset({"order"}), 1: frozenset({"chat"})}
    targets = {("inbound", "answer_rate", 0): "", ("chat", "csat", 0): "not asked"}

    found = made(
        "한빛컨택", "다온씨에스", services={"order": "every", "chat": "every"}, does=does,
        targets=targets, weights={("inbound", "csat"): "40"},
    )  # fmt: skip

    assert found.made["contracts"] == ["daonssieseu-chat-2026", "hanbitkeontaek-inbound-2026"]
    assert sorted(Queue.objects.values_list("code", flat=True)) == ["daonssieseu-chat", "hanbitkeontaek-order"]
    rows = Target.objects.filter(series__contract__code__startswith="hanbit")
    weights = dict(rows.values_list("series__kpi__code", "weight"))
    assert "answer_rate" not in weights
    # 40 beside the 60 of the five that are left of the set, brought to a sum of 100.
    assert sum(weights.values()) == 100
    assert weights["csat"] / weights["qa_score"] == 2


def test_a_kpi_whose_weight_is_emptied_counts_for_nobody() -> None:
    made("한빛컨택", "다온씨에스", weights={("inbound", "csat"): ""})

    assert not Target.objects.filter(series__kpi__code="csat").exists()
    sums = Target.objects.values("series__contract").annotate(sum=Sum("weight")).order_by()
    assert [row["sum"] for row in sums] == [100, 100]


def test_a_set_that_is_not_loaded_is_named() -> None:
    TargetSet.objects.filter(code="inbound").update(code="renamed")

    with pytest.raises(Invalid) as refusal:
        made()
    assert refusal.value.code == "no_set"


def test_levels_for_nobody_are_left_out() -> None:
    made(targets={("inbound", "nothing", 0): "1", ("inbound", "answer_rate", 7): "1", ("chat", "csat", 0): "1"})

    assert Target.objects.get(series__kpi__code="answer_rate").target == 90


def test_it_is_undone_as_a_whole_and_the_same_names_may_come_again() -> None:
    found = made("한빛컨택", "다온씨에스")
    drain(now=AFTER)
    assert Scorecard.objects.count() == 4
    Alert.objects.create(
        kind="incomplete", severity="caution", subject="contract:1", opened_at=AFTER, changed_at=AFTER,
        contract=Contract.objects.first(), vendor=Vendor.objects.first(),
    )  # fmt: skip

    undo_programme(found.pk, actor=MANAGER, now=AFTER)

    for model in (Contract, Queue, Centre, Target, Scorecard):
        assert not model.objects.exists(), model
    assert set(Vendor.objects.values_list("is_active", flat=True)) == {False}
    assert Alert.objects.get().status == "resolved"
    with pytest.raises(Conflict) as again:
        undo_programme(found.pk, actor=MANAGER, now=AFTER)
    assert again.value.code == "undone"

    made("한빛컨택")
    assert Vendor.objects.count() == 2
    assert Contract.objects.get().vendor.is_active


def test_it_is_not_undone_once_figures_have_come() -> None:
    found = made()
    make.make_figures(Queue.objects.get(), date(2026, 10, 5), offered=10)

    with pytest.raises(Conflict) as refusal:
        undo_programme(found.pk, actor=MANAGER, now=AFTER)

    assert refusal.value.code == "figures_came"
    assert Contract.objects.exists()


def test_it_is_not_undone_where_other_work_hangs_on_it() -> None:
    found = made()
    drain(now=AFTER)
    Scorecard.objects.update(status="shared")

    with pytest.raises(Conflict) as refusal:
        undo_programme(found.pk, actor=MANAGER, now=AFTER)

    assert refusal.value.code == "in_use"
    assert Target.objects.exists()


def test_only_a_manager_of_all_vendors_sets_up_and_undoes() -> None:
    found = made()
    for actor in (make.make_actor(Role.MANAGER, Vendor.objects.get()), make.make_actor(Role.ANALYST)):
        with pytest.raises(Forbidden):
            create_programme(wish("나래"), actor=actor, now=AFTER)
        with pytest.raises(Forbidden):
            undo_programme(found.pk, actor=actor, now=AFTER)
    with pytest.raises(NotFound):
        undo_programme(found.pk + 1, actor=MANAGER, now=AFTER)


def test_every_service_has_its_days_and_its_set() -> None:
    assert {service.days for service in programme.SERVICES} <= set(programme.DAYS)
    everything = {service.key: service.days for service in programme.SERVICES}

    assert set(programme.items_of(wish(services=everything))) == {"inbound", "chat", "outbound", "backoffice"}
