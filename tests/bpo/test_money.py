"""Won as it is read in Korean: steps of ten thousand, every digit kept; thousands for everybody else."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from bpo.queries.alert_words import figure_words
from bpo.queries.money import STEPS, in_man
from bpo.templatetags.bpo_pages import figure_text


@pytest.mark.parametrize(
    ("plain", "words"),
    [
        ("0", "0"),
        ("9,999", "9,999"),
        ("10,000", "1만"),
        ("12,345", "1만 2,345"),
        ("1,234,567,890", "12억 3,456만 7,890"),
        ("100,000,000", "1억"),
        ("100,000,001", "1억 1"),
        ("3,000,000,500,000", "3조 50만"),
        ("12,340,000.50", "1,234만 0.50"),
        ("12,340,000.00", "1,234만"),
        ("-25,000", "-2만 5,000"),
        ("−25,000", "−2만 5,000"),
        ("–", "–"),
        ("> 20,000", "> 20,000"),
    ],
)
def test_it_reads_in_steps_of_ten_thousand(plain: str, words: str) -> None:
    assert in_man(plain) == words


@given(st.decimals(min_value=-(10**15), max_value=10**15, places=2))
def test_no_digit_is_lost(number: Decimal) -> None:
    total = Decimal(0)
    text = in_man(f"{number:,f}")
    for part in text.lstrip("-").replace(",", "").split():
        place = next((place for place, step in STEPS if part.endswith(step)), 0)
        total += Decimal(part.rstrip("조억만")) * 10**place

    assert total == abs(number)
    assert text.startswith("-") == f"{number:f}".startswith("-")


@pytest.mark.parametrize(
    ("is_on", "language", "words"),
    [
        (True, "ko", "123만 4,567원"),
        (False, "ko", "1,234,567원"),
        (True, "en", "1,234,567\u00a0KRW"),
    ],
)
def test_it_is_the_installations_choice_for_who_reads_korean(
    settings: Any, is_on: bool, language: str, words: str
) -> None:
    settings.MONEY_IN_MAN = is_on
    with translation.override(language):
        assert figure_text(Decimal(1234567), 0, "KRW") == words
        assert figure_words("1234567", "KRW") == words
        assert figure_text(Decimal(1234567), 0, "count").startswith("1,234,567")
