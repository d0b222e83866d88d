from decimal import Decimal

import pytest

from bpo.calc.grades import DEFAULT_GRADES, grade_of, grade_table, to_next, worse_grade


@pytest.mark.parametrize(
    ("score", "grade"),
    [
        ("120", "S"), ("95", "S"), ("94.995", "S"), ("94.9949", "A"), ("90", "A"), ("84.00", "B"), ("80.00", "B"),
        ("79.99", "C"), ("70", "C"), ("69.99", "D"), ("0", "D"),
    ],
)  # fmt: skip
def test_it_looks_the_grade_up_on_two_decimals(score, grade):
    assert grade_of(Decimal(score)) == grade


def test_it_reads_the_table_of_a_contract():
    table = grade_table([{"grade": "수", "from": "90"}, {"grade": "우", "from": 80}, {"grade": "미", "from": "0"}])

    assert grade_of(Decimal("89.99"), table) == "우"


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([], "at least one"),
        ([{"grade": "S"}], "needs a grade and a number"),
        ([{"grade": "S", "from": "high"}], "needs a grade and a number"),
        ([{"grade": "S", "from": "NaN"}], "at least one"),
        ([{"grade": "S", "from": "90"}], "begin at 0"),
        ([{"grade": "S", "from": "80"}, {"grade": "A", "from": "80"}, {"grade": "B", "from": "0"}], "strictly"),
        ([{"grade": "S", "from": "80"}, {"grade": "S", "from": "0"}], "twice"),
    ],
)
def test_it_refuses_a_table_with_a_gap_or_out_of_order(rows, reason):
    with pytest.raises(ValueError, match=reason):
        grade_table(rows)


def test_it_says_how_far_the_next_grade_is():
    assert to_next(Decimal("89.994")) == ("A", Decimal("0.01"))
    assert to_next(Decimal("84")) == ("A", 6)
    assert to_next(Decimal("95")) is None


def test_it_tells_the_worse_of_two_grades():
    assert worse_grade("S", "B", DEFAULT_GRADES) == "B"
    with pytest.raises(ValueError, match="not in"):
        worse_grade("S", "Z", DEFAULT_GRADES)
