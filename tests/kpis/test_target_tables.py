"""Tables of targets, pasted or from a file: what is read, refused, and written out again."""

from __future__ import annotations

import pytest

from kpis.imports.target_tables import read_target_file, read_target_table, write_target_table
from kpis.models import Kpi
from kpis.queries.target_grid import load_grid
from tests.kpis.targets_world import make_asked
from vendors.errors import Invalid
from vendors.models import Contract

pytestmark = pytest.mark.django_db


@pytest.fixture
def contract() -> Contract:
    return make_asked()


def read(contract: Contract, text: str, level: str = "target") -> tuple[dict[str, str], list[str]]:
    found = read_target_table(text, load_grid(contract, 2026, {}), level, list(Kpi.objects.all()))
    cells = {f"{one.kpi} {one.level} {one.month:%m}": one.after for one in found.cells}
    return cells, [error.code for error in found.errors]


def test_a_pasted_block_begins_with_the_name_of_the_kpi(contract: Contract) -> None:
    values = "\t".join(["90"] * 10 + ["91.5%", "92"])

    assert read(contract, f"응대율\t{values}") == (
        {"answer_rate target 11": "91.5", "answer_rate target 12": "92"},
        [],
    )
    assert read(contract, f"answer_rate\t{values}") == read(contract, values) == read(contract, f"응대율\t{values}")


def test_months_are_named_as_people_write_them(contract: Contract) -> None:
    wanted = {"answer_rate target 11": "91", "answer_rate target 12": "92"}

    for header in ("11월\t12월", "2026-11\t2026-12", "2026년 11월\t2026.12", "Nov\tDecember", "26-11\t26/12"):
        assert read(contract, f"지표\t{header}\n응대율\t91\t92") == (wanted, []), header


def test_a_blank_leaves_a_month_and_a_dash_empties_it(contract: Contract) -> None:
    assert read(contract, "KPI\t11월\t12월\n응대율\t\t-") == ({"answer_rate target 12": ""}, [])


def test_a_column_names_the_level(contract: Contract) -> None:
    assert read(contract, "KPI,수준,12월\n응대율,최소 수준,82\n응대율,배점,50") == (
        {"answer_rate minimum 12": "82", "answer_rate weight 12": "50"},
        [],
    )


def test_what_cannot_be_read_names_its_line_and_its_cure(contract: Contract) -> None:
    text = "contract,kpi,level,2026-12\nother,answer_rate,,95\n,없는 지표,,95\n,answer_rate,highest,95\n"
    found = read_target_table(text, load_grid(contract, 2026, {}), "target", list(Kpi.objects.all()))

    assert [(error.code, error.row) for error in found.errors] == [
        ("other_contract", 2),
        ("unknown_kpi", 3),
        ("unknown_level", 4),
    ]


@pytest.mark.parametrize(
    ("text", "code"), [("", "empty"), (" \t\n", "empty"), ("kpi\t12월\n" + "a\t1\n" * 1001, "too_many_rows")]
)
def test_a_text_without_a_table_is_refused(contract: Contract, text: str, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read(contract, text)
    assert refusal.value.code == code


def test_rows_without_a_header_have_twelve_months(contract: Contract) -> None:
    assert read(contract, "응대율\t91\t92")[1] == ["column_count"]
    assert read(contract, "\n".join("\t".join(["90"] * 12) for _ in range(2)))[1] == ["too_many_rows"]


def test_what_is_exported_comes_back_in_and_changes_nothing(contract: Contract) -> None:
    Kpi.objects.update(name="=1+1", name_ko="=1+1")
    grid = load_grid(contract, 2026, {})
    text = write_target_table(grid)

    found = read_target_file(("\ufeff" + text).encode(), grid, "target", list(Kpi.objects.all()))

    assert (found.cells, found.errors) == ([], [])
    assert text.splitlines()[0] == "contract,kpi,queue,level,name," + ",".join(f"2026-{n:02}" for n in range(1, 13))
    assert text.splitlines()[1].startswith("hanbit-2026,answer_rate,,target,'=1+1,90,90")
    changed = read_target_file(
        text.replace("target,'=1+1,90", "target,'=1+1,95").encode(), grid, "weight", [*Kpi.objects.all()]
    )
    assert [(one.level, one.month.month, one.before, one.after) for one in changed.cells] == [("target", 1, "90", "95")]
