"""Daily figures on the web as a table: pasted, or as a file."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from kpis.models import Submission
from kpis.services import drafts
from tests import make
from tests.bpo.pages_sample import Programme
from tests.bpo.submit_sample import BAD, GOOD, YESTERDAY
from tests.bpo.submitting.entering import PAGE, figures, text, upload

pytestmark = pytest.mark.django_db


# Pasted -------------------------------------------------------------------------------------------------------


def paste(client: Client, table: str) -> Any:
    return client.post(f"{PAGE}?way=paste", {"table": table})


@pytest.mark.parametrize(
    "header",
    [
        "date\tqueue\toffered\tanswered",
        "날짜\t업무그룹\t인입호\t응대호",
        "Date\tQueue\tOffered\tAnswered",
    ],
)
def test_it_reads_a_pasted_table_with_a_header_of_codes_or_names(member: Client, header: str) -> None:
    draft = paste(member, f"{header}\n2026. 11. 24\t주문 전화\t1,240\t1,160\n")["Location"]

    member.post(f"{draft}send/")

    assert figures() == {"offered": 1240, "answered": 1160}


@pytest.mark.parametrize("order", ["2026-11-24\thanbit-order-voice", "주문 전화\t2026/11/24"])
def test_it_reads_a_table_without_a_header_in_the_forms_order(member: Client, order: str) -> None:
    draft = paste(member, f"{order}\t1240\t980\t1160\t292320\t719\t12\t1104")["Location"]

    member.post(f"{draft}send/")

    assert figures()["answered_within_threshold"] == 980
    assert figures()["qa_points"] == 1104


def test_it_says_in_which_order_the_columns_stand(member: Client) -> None:
    answer = paste(member, "2026-11-24\thanbit-order-voice\t1240")

    assert answer.status_code == 400
    assert "열이 9개" in text(answer)
    assert "2026-11-24\thanbit-order-voice\t1240" in answer.content.decode()


def test_it_counts_the_lines_people_pasted(member: Client) -> None:
    good = "2026-11-24\thanbit-order-voice\t1240\t980\t1160\t292320\t719\t12\t1104"
    bad = good.replace("2026-11-24", "2026-11-31")

    assert "2행" in text(member.get(paste(member, f"{good}\n{bad}")["Location"]))


def test_going_back_brings_the_pasted_cells_back(member: Client) -> None:
    table = "date\tqueue\toffered\n2026-11-31\thanbit-order-voice\t1240"
    checked = member.get(paste(member, table)["Location"])
    back = re.search(r'href="(/submit/\?[^"]*draft=[^"]*)"', checked.content.decode())

    assert back
    assert "2026-11-31\thanbit-order-voice" in member.get(back[1].replace("&amp;", "&")).content.decode()


# Uploaded -----------------------------------------------------------------------------------------------------


def test_it_names_every_bad_line_of_a_cp949_file_and_takes_the_corrected_one(member: Client) -> None:
    checked = member.get(upload(member, BAD)["Location"])
    shown = text(checked)

    assert "3행" in shown
    assert "4행" in shown
    assert "5행" in shown
    assert "hanbit-order-voice" in shown
    assert figures() is None

    draft = upload(member, GOOD)["Location"]
    answer = member.post(f"{draft}send/")
    receipt = Submission.objects.get(way="file")
    assert (receipt.file_name, receipt.row_count) == ("일일실적_1124.csv", 2)
    assert "일일실적_1124.csv" in text(member.get(answer["Location"]))
    assert receipt.body_hash in text(member.get(answer["Location"]))
    assert figures()["offered"] == 1240


def test_it_holds_a_draft_with_bad_rows_against_the_figures_once(
    member: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = upload(member, BAD)["Location"]
    looks: list[int] = []
    submit = drafts.submit

    def counted(**options: Any) -> Any:
        looks.append(1)
        return submit(**options)

    monkeypatch.setattr(drafts, "submit", counted)
    shown = text(member.get(draft))

    assert "맞는 행만 제출" in shown
    assert len(looks) == 1


def test_it_submits_the_good_rows_alone_when_asked(member: Client) -> None:
    draft = upload(member, BAD)["Location"]
    assert "맞는 행만 제출" in text(member.get(draft))

    answer = member.post(f"{draft}send/", {"partial": "1"})

    shown = text(member.get(answer["Location"]))
    assert "일부 접수" in shown
    assert "4행" in shown
    assert Submission.objects.get(way="file").row_count == 1


@pytest.mark.parametrize(("content", "says"), [(b"", "파일이 비어 있습니다"), (b"\xff\xfe\x00\xd8", "")])
def test_it_says_why_a_file_cannot_be_read(member: Client, content: bytes, says: str) -> None:
    answer = member.post(f"{PAGE}?way=file", {"file": SimpleUploadedFile("a.csv", content or b" ")})

    assert 400 <= answer.status_code < 500
    assert says in text(answer)


def test_it_checks_again_when_it_is_sent(programme: Programme, member: Client) -> None:
    """The day was filled meanwhile so that the draft no longer fits."""
    draft = paste(member, "date\tqueue\tanswered\n2026-11-24\thanbit-order-voice\t1300")["Location"]
    assert member.get(draft).status_code == 200
    make.make_figures(programme.queue, YESTERDAY, offered=1000)

    answer = member.post(f"{draft}send/")

    assert answer.status_code == 422
    assert figures() == {"offered": 1000}


def test_the_page_of_files_offers_the_form_of_days_and_that_of_the_last_whole_month(member: Client) -> None:
    page = member.get(f"{PAGE}?way=file").content.decode()
    names = []
    for address in re.findall(r'href="(/submit/form\.xlsx[^"]*)"', page):
        answer = member.get(html.unescape(address))
        names.append(re.search(r'filename="(.*)"', answer["Content-Disposition"]))

    assert [name[1] for name in names if name] == ["hanbit-order_20261101-20261130.xlsx", "hanbit-order_202610.xlsx"]
