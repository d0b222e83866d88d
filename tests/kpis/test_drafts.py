"""Figures on their way from a page: kept as a draft, replaced by the next one, and never lost on the way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kpis.choices import DraftStatus, SubmissionWay
from kpis.models import SubmissionDraft
from kpis.services import drafts
from tests.cast import Cast
from tests.kpis.feed_measures import make_measures
from vendors.authentication import actor_of

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
ROW = {"queue": "hanbit-order-voice", "date": "2026-11-20", "measures": {"offered": 120}}


@pytest.fixture
def cast(cast: Cast) -> Cast:
    make_measures()
    return cast


def keep(cast: Cast, now: datetime = NOW, **options: Any) -> SubmissionDraft:
    options = {"rows": [ROW], "way": SubmissionWay.FORM, "body_hash": "0" * 64, **options}
    return drafts.keep(actor=actor_of(cast.member), contract=cast.contract, now=now, **options)


def test_it_replaces_a_draft_that_was_about_to_be_forgotten(cast: Cast) -> None:
    old = keep(cast, NOW - drafts.KEPT - timedelta(minutes=1))

    new = keep(cast, replaces=old)

    assert list(SubmissionDraft.objects.all()) == [new]


def test_it_replaces_the_oldest_of_the_most_that_are_kept(cast: Cast) -> None:
    kept = [keep(cast, NOW - timedelta(minutes=minutes)) for minutes in range(drafts.MOST_OPEN, 0, -1)]

    new = keep(cast, replaces=kept[0])

    assert set(SubmissionDraft.objects.all()) == {*kept[1:], new}


def test_it_keeps_what_was_typed_where_the_draft_it_replaces_is_gone(cast: Cast) -> None:
    old = keep(cast)
    drafts.discard(old.pk, actor=actor_of(cast.member))

    assert keep(cast, replaces=old).body["rows"] == [ROW]


def test_it_leaves_a_draft_alone_that_was_sent_in_the_meantime(cast: Cast) -> None:
    old = keep(cast)
    sent = drafts.send(old.pk, actor=actor_of(cast.member), now=NOW)

    new = keep(cast, replaces=old)

    assert set(SubmissionDraft.objects.values_list("pk", "status")) == {
        (sent.pk, DraftStatus.SUBMITTED),
        (new.pk, DraftStatus.OPEN),
    }


def test_it_throws_nothing_away_that_it_cannot_replace(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    old = keep(cast)

    def full(*_args: Any, **_fields: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(drafts, "draft_body", full)
    with pytest.raises(OSError, match="disk full"):
        keep(cast, replaces=old)

    assert SubmissionDraft.objects.filter(pk=old.pk).exists()
