"""What pasted lines of vendors mean: names, services in their words, headings, and what is neither."""

from __future__ import annotations

import pytest
from django.utils.translation import override

from bpo.services.programme import SERVICES, read_names


@pytest.mark.parametrize(
    ("text", "names", "does"),
    [
        ("한빛컨택\n\n 다온  씨에스 \n", ("한빛컨택", "다온 씨에스"), {}),
        ("한빛컨택\t주문\n\tCS\n다온\t채팅", ("한빛컨택", "다온"), {0: ["order", "care"], 1: ["chat"]}),
        ("한빛컨택\t주문\n한빛컨택\t배송/반품\n", ("한빛컨택",), {0: ["order", "delivery", "returns"]}),
        ("한빛컨택\t12,430\n한빛컨택\n", ("한빛컨택", "한빛컨택"), {}),
        ("\t주문\n", (), {}),
        ("업체\t센터\t업무\n한빛\t부산\t주문/배송\n한빛\t부산\t주문/배송", ("한빛",), {0: ["order", "delivery"]}),
        ("업체\t업무\n한빛\t주문\n업체\t업무\n다온\t채팅", ("한빛", "다온"), {0: ["order"], 1: ["chat"]}),
        (
            "업체명\n한빛  고객 상담 전화\n다온, 채팅\nAcme, Inc.",
            ("한빛", "다온", "Acme, Inc."),
            {0: ["care"], 1: ["chat"]},
        ),
        ("다온\t대표번호·A/S접수\n다온\t심사\n다온\t톡채널", ("다온",), {0: ["care", "backoffice", "chat"]}),
        ("한빛 / 해피콜 팀\n다온\t무엇\t부산", ("한빛", "다온"), {0: ["outbound"], 1: ["care"]}),
    ],
)
def test_names_are_read_as_they_are_pasted(text: str, names: tuple[str, ...], does: dict[int, list[str]]) -> None:
    found = read_names(text)

    assert (tuple(found.names), {place: list(mine) for place, mine in found.called.items()}) == (names, does)


def test_the_own_name_of_a_service_is_read_back_as_one() -> None:
    with override("ko"):
        for one in SERVICES:
            assert read_names(f"다온\t{one.label}, {one.label}").called == {0: {one.key: [""]}}


def test_what_is_read_of_a_paste_is_said() -> None:
    found = read_names("업체\t업무\t비고\n다온\t대표번호/A/S접수\n\t무엇", {"A/S접수": "backoffice"})
    assert (found.heading, found.joined) == ("업체 · 업무 · 비고", 1)
    assert found.guessed == {"대표번호": "care", "A/S접수": "backoffice", "무엇": "care"}
    assert found.unsure == {"무엇"}
    assert read_names("다온\t채팅\t60석").left_out == ["60석"]
