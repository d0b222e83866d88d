"""Codes made from names."""

from __future__ import annotations

import pytest

from bpo.calc.codes import code_of


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("한빛컨택", "hanbitkeontaek"),
        ("(주)다온씨에스", "daonssieseu"),
        ("주식회사 누리 링크", "nuri-ringkeu"),
        ("Mir Service Co., Ltd.", "mir-service"),
        ("Café Zürich 24", "cafe-zurich-24"),
        ("=1+1", "1-1"),
        ("日本", "vendor"),
        ("x" * 80, "x" * 32),
    ],
)
def test_a_name_becomes_a_code(name: str, code: str) -> None:
    assert code_of(name) == code


def test_a_code_that_is_taken_gets_a_number() -> None:
    assert code_of("한빛", {"hanbit"}) == "hanbit-2"
    assert code_of("한빛", {"hanbit", "hanbit-2"}) == "hanbit-3"
