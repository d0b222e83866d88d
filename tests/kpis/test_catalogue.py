"""The shipped catalogue: complete, in both languages, loaded as often as one likes."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from django.utils import translation

from kpis.calc.facts import Rollup
from kpis.calc.formula import parse
from kpis.calc.relations import parse_relations
from kpis.catalogue import EDGES, shipped_kpis, shipped_measures
from kpis.models import Kpi, KpiVersion, Measure
from kpis.services.catalogue import Loaded, load_catalogue

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
HANGUL = re.compile("[가-힣]")


def test_there_are_89_kpis_and_132_measures():
    assert len({row.code for row in shipped_kpis()}) == 89
    assert len({row["code"] for row in shipped_measures()}) == 132


def test_every_name_is_there_in_both_languages():
    names = [(row["code"], row["name"], row["name_ko"]) for row in shipped_measures()]
    names += [(row.code, row.words["name"], row.words["name_ko"]) for row in shipped_kpis()]

    assert [code for code, name, _ in names if not name or HANGUL.search(name)] == []
    assert [code for code, _, korean in names if not HANGUL.search(korean)] == []


@pytest.mark.parametrize("name", ["definition", "variants", "pitfalls"])
def test_what_is_said_of_a_kpi_is_said_in_both_languages(name):
    texts = {row.code: (row.words[name], row.words[f"{name}_ko"]) for row in shipped_kpis()}

    assert [code for code, (english, korean) in texts.items() if bool(english) != bool(korean)] == []
    assert [code for code, (_, korean) in texts.items() if korean and not HANGUL.search(korean)] == []


def test_every_kpi_has_a_definition_in_korean():
    assert [row.code for row in shipped_kpis() if not HANGUL.search(row.words["definition_ko"])] == []


def test_the_words_are_those_of_the_product():
    texts = [row["name_ko"] for row in shipped_measures()]
    texts += [text for row in shipped_kpis() for name, text in row.words.items() if name.endswith("_ko")]

    assert [text for text in texts if re.search("수탁사|협력사|위탁|크레딧", text)] == []


def test_every_formula_names_shipped_measures():
    known = {row["code"] for row in shipped_measures()}

    for row in shipped_kpis():
        formula = parse(row.arithmetic["formula"], known)
        assert row.arithmetic["min_measure"] in {"", *formula.measures}


def test_the_relations_are_66_hard_and_19_soft_ones():
    known = {row["code"]: row["rollup"] for row in shipped_measures()}

    relations = parse_relations((row["relations"] for row in shipped_measures()), known)

    assert sum(relation.is_hard for relation in relations) == 66
    assert sum(not relation.is_hard for relation in relations) == 19
    assert {relation.text for relation in relations if relation.is_equal} == {
        "wait_hist = answered",
        "ticket_tat_hist = ticket_resolved",
        "work_tat_hist = work_completed",
    }


def test_histograms_carry_their_edges():
    edges = {row["code"]: row["edges"] for row in shipped_measures() if row["rollup"] == Rollup.HISTOGRAM}

    assert edges == {
        "wait_hist": EDGES["wait_s_v1"],
        "ticket_tat_hist": EDGES["tat_h_v1"],
        "work_tat_hist": EDGES["tat_h_v1"],
    }


def test_kpis_that_count_a_vendor_s_people_are_flagged():
    flagged = {row.code for row in shipped_kpis() if row.words["needs_labour_review"]}

    assert flagged == {
        "schedule_adherence",
        "absence_rate",
        "training_hours_per_fte",
        "knowledge_test",
        "shrinkage",
    }


@pytest.mark.django_db
def test_it_loads_everything_as_valid_rows():
    loaded = load_catalogue(NOW)

    assert loaded == Loaded(measures_created=132, kpis_created=89, versions_created=89)
    for row in [*Measure.objects.all(), *Kpi.objects.all(), *KpiVersion.objects.all()]:
        row.full_clean()
    assert set(KpiVersion.objects.values_list("valid_from", "number")) == {(None, 1)}


@pytest.mark.django_db
def test_a_second_run_writes_nothing(django_assert_max_num_queries):
    load_catalogue(NOW)
    histories = (Measure.history.count(), Kpi.history.count(), KpiVersion.history.count())

    with django_assert_max_num_queries(8) as captured:
        again = load_catalogue(NOW)

    assert again.total == 0
    assert not [query for query in captured if query["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    assert histories == (Measure.history.count(), Kpi.history.count(), KpiVersion.history.count())


@pytest.mark.django_db
def test_it_brings_shipped_words_up_to_date_but_not_edited_ones():
    load_catalogue(NOW)
    Measure.objects.filter(code="offered").update(name="An older wording")
    edited = Kpi.objects.get(code="answer_rate")
    edited.name = "Our own name"
    edited.save()

    loaded = load_catalogue(NOW)

    assert (loaded.measures_updated, loaded.kpis_updated, loaded.total) == (1, 0, 1)
    assert Measure.objects.get(code="offered").name == "Calls offered to the agent queue"
    assert Kpi.objects.get(code="answer_rate").name == "Our own name"


@pytest.mark.django_db
def test_it_adds_the_korean_words_to_a_catalogue_loaded_without_them():
    load_catalogue(NOW)
    Kpi.objects.update(definition_ko="", variants_ko="", pitfalls_ko="")
    edited = Kpi.objects.get(code="answer_rate")
    edited.definition_ko = "우리 회사의 정의"
    edited.save()

    loaded = load_catalogue(NOW)

    assert (loaded.kpis_updated, loaded.total) == (88, 88)
    assert Kpi.objects.get(code="answer_rate").definition_ko == "우리 회사의 정의"
    assert HANGUL.search(Kpi.objects.get(code="asa").history.latest().definition_ko)
    assert load_catalogue(NOW).total == 0


@pytest.mark.parametrize(("language", "read"), [("ko", "응대 비율"), ("en", "Share answered")])
def test_a_definition_is_read_in_the_reader_s_language_or_the_other(language, read):
    with translation.override(language):
        assert Kpi(definition="Share answered", definition_ko="응대 비율").meaning == read
        assert Kpi(definition="Share answered").meaning == "Share answered"
        assert Kpi(definition_ko="응대 비율").meaning == "응대 비율"


@pytest.mark.django_db
def test_it_never_touches_arithmetic_or_a_code_of_one_s_own():
    Measure.objects.create(code="offered", name="Ours")
    load_catalogue(NOW)
    KpiVersion.objects.filter(kpi__code="answer_rate").update(formula="99 * answered / offered")

    load_catalogue(NOW)

    assert Measure.objects.get(code="offered").name == "Ours"
    assert KpiVersion.objects.get(kpi__code="answer_rate").formula == "99 * answered / offered"
