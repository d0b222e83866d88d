"""p90 of the resolution time: bucket counts in a file, merged, read, held against an edge, shown."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.journeys.journey import Journey, told
from tests.make import make_user
from vendors.choices import Role

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen_clock")]

HEAD = "queue,date,ticket_resolved,ticket_tat_hist"
# Edges in hours: 1 2 4 8 12 24 36 48 72 120 168 336
SEOUL = ["0;0;0;50;150;300;0;0;0;0;0;0;0", "0;0;20;80;100;300;0;0;0;0;0;0;0"]  # 1,000 tickets, p90 22 h
BUSAN = ["0;0;0;0;0;0;0;40;40;20;0;0;0"]  # 100 tickets, p90 96 h


@pytest.fixture
def journey() -> Journey:
    journey = Journey.begun()
    for code in ("seoul-desk", "busan-desk"):
        journey.queue(code, channel="email", opened_on="2026-03-02", closed_on="2026-03-04")
    return journey


def lines(queue: str, *histograms: str, first: int = 2) -> list[str]:
    return [
        f"{queue},2026-03-{day:02},{sum(map(int, counts.split(';')))},{counts}"
        for day, counts in enumerate(histograms, start=first)
    ]


def page(journey: Journey, path: str = "") -> str:
    [card] = [row for row in journey.get("scorecards", contract="c") if row["start"] == "2026-03-01"]
    client = Client(headers={"accept-language": "en"})
    client.force_login(make_user("reader", Role.MANAGER))
    return client.get(f"/scorecards/{card['id']}/{path}").content.decode()


def test_the_percentile_of_all_centres_is_read_from_merged_buckets(journey: Journey) -> None:
    journey.target("ticket_tat_p90", target=24, minimum=48)
    journey.send(HEAD, *lines("seoul-desk", *SEOUL), *lines("busan-desk", *BUSAN))

    line, figure = journey.line("ticket_tat_p90", "2026-03-01")

    # 400 of 1,100 up to 12 h, 1,000 up to 24 h: 12 + 12 × (990 − 400) ÷ 600; the mean of the two p90 is 59.
    assert told(line, "value", "attainment", "score", "status") == ("23.80", "100.8333", "100.8333", "met")
    assert figure["inputs"] == {"ticket_tat_hist": [0, 0, 20, 130, 250, 600, 0, 40, 40, 20, 0, 0, 0]}
    assert told(figure, "edges_version", "volume", "aggregation") == ("tat_h_v1", "1100", "percentile:90")
    by_queue = journey.get(
        "kpi-values", kpi="ticket_tat_p90", group_by="queue", **{"from": "2026-03-01", "to": "2026-04-01"}
    )
    assert [told(row, "group", "value") for row in by_queue] == [("busan-desk", "96.00"), ("seoul-desk", "22.00")]
    shown = page(journey, "explain/")
    assert "p90(Histogram of ticket resolution time (hour buckets))" in shown
    assert "12 + (24 − 12) × (990 − 400) ÷ 600" in shown
    assert '<th scope="row">12 – 24</th><td class="figure">600</td><td class="figure">1,000</td>' in shown


def test_beyond_the_last_edge_it_says_so_and_reaches_nothing(journey: Journey) -> None:
    journey.target("ticket_tat_p90", target=336)
    journey.send(HEAD, *lines("seoul-desk", "0;0;0;0;0;0;0;0;0;0;0;80;20", "0;0;0;0;0;0;0;0;0;0;0;90;10"))

    line, _figure = journey.line("ticket_tat_p90", "2026-03-01")

    assert told(line, "value", "attainment", "score", "status") == ("336.00", "0.0000", "0.0000", "below_target")
    assert "above_last_edge" in line["flags"]
    assert "&gt; 336" in page(journey).split("<tbody", 1)[1]


def test_a_file_whose_buckets_do_not_sum_up_is_refused_by_line(journey: Journey) -> None:
    bad = ["busan-desk,2026-03-02,101,0;0;0;0;0;0;0;40;40;20;0;0;0", "busan-desk,2026-03-03,3,1;2"]

    answer = journey.upload(HEAD, *lines("seoul-desk", *SEOUL), *bad)

    assert answer.status_code == 422
    assert [told(row, "row", "code") for row in answer.json()["errors"]] == [(4, "sum_differs"), (5, "bucket_count")]
    assert journey.get("daily-metrics") == []


def test_what_was_exported_can_be_sent_again(journey: Journey) -> None:
    journey.send(HEAD, *lines("seoul-desk", *SEOUL))

    exported = journey.manager.get("/api/v1/daily-metrics/", {"format": "csv", "measure": "ticket_tat_hist"})
    rows = [line.split(",") for line in b"".join(exported.streaming_content).decode().splitlines()[1:]]
    again = journey.send(
        "queue,date,ticket_tat_hist", *(f"{queue},{day},{value}" for queue, day, _m, value, *_ in rows)
    )

    assert again["values"] == {"new": 0, "changed": 0, "unchanged": 2}


def test_a_quarter_of_two_edges_takes_the_last_ones(journey: Journey) -> None:
    journey.manager.patch("/api/v1/queues/seoul-desk/", {"closed_on": None}, format="json")
    measure = {"edges": [8, 24, 48], "valid_from": "2026-05-01", "edges_version": "tat_h_v2"}
    changed = journey.manager.patch("/api/v1/measures/ticket_tat_hist/", measure, format="json")
    journey.send(
        HEAD,
        *lines("seoul-desk", *SEOUL),
        "seoul-desk,2026-04-02,10,0;0;0;0;0;10;0;0;0;0;0;0;0",
        "seoul-desk,2026-05-02,10,0;9;1;0",
    )

    rows = journey.get(
        "kpi-values", kpi="ticket_tat_p90", period="quarter", **{"from": "2026-04-01", "to": "2026-07-01"}
    )

    assert changed.status_code == 200
    assert [told(row, "value", "volume", "days_reported") for row in rows] == [("24.00", "10", 1)]
    assert "mixed_edges" in rows[0]["flags"]
