"""What columns are called in the trade, in Korean and English, and what a heading therefore means."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from kpis.imports.words import plain
from vendors.choices import Channel

FIELD_WORDS: dict[str, tuple[str, ...]] = {
    "date": ("date", "day", "날짜", "일자", "기준일", "기준일자", "실적일", "상담일", "년월일", "年月日"),
    "month": ("month", "월", "기준월", "실적월", "년월", "年月"),
    "vendor": (
        "vendor", "업체", "업체명", "운영업체", "운영업체명", "협력업체", "협력사", "협력사명", "위탁업체", "수탁사",
        "회사", "회사명", "도급사", "vendor name",
    ),
    "service": (
        "service", "services", "channel", "skill", "서비스", "업무", "담당업무", "업무명", "업무구분", "업무그룹",
        "구분", "채널", "상담유형", "스킬", "큐",
    ),
    "queue": (
        "queue", "skill", "skill group", "업무그룹", "큐", "스킬", "스킬그룹", "팀", "업무", "상담그룹", "센터",
        "contract code", "업무구분", "서비스",
    ),
}  # fmt: skip
SERVICE_WORDS: dict[str, tuple[str, ...]] = {
    "order": ("주문", "주문전화", "주문접수", "인바운드", "inbound", "orders"),
    "care": ("CS", "고객센터", "고객상담", "상담", "전화상담", "일반상담", "customer service"),
    "delivery": ("배송", "배송상담", "배송문의"),
    "returns": ("반품", "취소", "취소반품", "교환반품", "return"),
}
"""What people call services that come by telephone; those of other channels are called after the channel."""
CHANNEL_WORDS: dict[str, tuple[str, ...]] = {
    "chat": ("채팅", "채팅상담", "톡", "톡상담", "챗", "chat"),
    "email": ("이메일", "메일", "email"),
    "outbound": ("아웃바운드", "해피콜", "발신", "OB", "happy call"),
    "backoffice": ("후선", "백오피스", "처리업무", "업무처리", "back office"),
}
MEASURE_WORDS: dict[str, tuple[str, ...]] = {
    "offered": (
        "인입", "인입호", "인입콜", "인입건", "인입건수", "인입호수", "총인입", "상담요청", "인입량", "calls offered",
        "calls received", "offered", "inbound calls", "相談件数", "相談窓口",
    ),
    "answered": (
        "응대", "응대호", "응대콜", "응대건", "응대건수", "응답호", "응답건수", "상담건수", "calls answered",
        "calls handled", "handled", "answered",
    ),
    "abandoned": ("포기", "포기호", "포기콜", "포기건", "포기건수", "abandoned", "calls abandoned", "abandons"),
    "answered_within_threshold": (
        "목표시간내응대", "기준시간내응대", "sl응대", "서비스레벨응대", "answered in sl", "answered within",
    ),
    "abandoned_short": ("단기포기", "단순포기", "short abandons", "즉시포기"),
    "talk_s": ("통화시간", "총통화시간", "talk time"),
    "hold_s": ("보류시간", "hold time"),
    "acw_s": ("후처리시간", "후처리", "acw", "wrap up time"),
    "queue_wait_answered_s": ("대기시간", "총대기시간", "응대대기시간", "wait time"),
    "transferred": ("호전환", "이관", "transferred"),
    "attempted": ("시도호", "attempted"),
    "ob_attempted": ("발신", "발신시도", "outbound calls"),
    "fcr_resolved": ("1차해결", "일차해결"),
}  # fmt: skip
"""Words are compared without spaces and punctuation; a heading that holds one is taken for it."""
HANDLING = "handle_s"
"""Handling time in one, which the catalogue counts in its parts: a measure that a company makes for itself."""
RATE_WORDS: dict[tuple[str, str], tuple[str, ...]] = {
    ("answered", "offered"): ("응대율", "응답률", "응답율", "answer rate", "answered rate"),
    ("answered_within_threshold", "offered"): ("서비스레벨", "서비스수준", "service level", "초응대율", "초내응대율"),
    ("abandoned", "offered"): ("포기율", "포기률", "abandon rate", "abandonment rate", "abandonment"),
}
"""A percentage: (what it is the share of, its denominator)."""
MEAN_WORDS: dict[tuple[str, str], tuple[str, ...]] = {
    ("talk_s", "answered"): ("평균통화시간", "평균통화", "att", "average talk time", "avg talk"),
    (HANDLING, "answered"): (
        "aht", "평균처리시간", "평균처리", "평균핸들링타임", "average handle time", "average handling time",
        "avg handle time",
    ),
    ("acw_s", "answered"): ("평균후처리시간", "평균후처리", "average acw", "avg acw"),
    ("queue_wait_answered_s", "answered"): (
        "평균대기시간", "평균대기", "asa", "평균응답속도", "평균응답시간", "average speed of answer", "avg wait",
    ),
}  # fmt: skip
"""A mean: (the sum it is made of, what it is a mean of)."""
PARTS_OF_HANDLING = ("talk_s", "hold_s", "acw_s")
"""What the handling time is made of, where that is counted apart."""
WHOLE_MEASURES: dict[str, tuple[str, ...]] = {
    "qa_evaluated": ("qa건수", "qa평가건수", "평가건수", "평가콜수", "qa 평가", "qa evaluations"),
    "qa_biz_crit_err": ("치명오류", "치명오류건수", "업무치명오류"),
    "csat_responses": (
        "csat응답",
        "csat응답수",
        "만족도응답",
        "만족도응답수",
        "설문응답",
        "설문응답수",
        "csat responses",
    ),
    "csat_satisfied": ("csat만족", "만족응답", "만족응답수", "만족건수", "csat satisfied"),
    "fcr_eligible": ("fcr대상", "fcr대상건수"),
    "complaints_internal": ("민원", "민원건수", "민원수", "complaints"),
}
WHOLE_RATES: dict[tuple[str, str], tuple[str, ...]] = {
    ("answered_within_threshold", "offered"): ("sl",),
    ("fcr_resolved", "fcr_eligible"): ("fcr", "fcr율", "1차해결률", "1차해결율"),
    ("csat_satisfied", "csat_responses"): ("csat", "만족도", "고객만족도", "customer satisfaction", "만족률", "만족율"),
}
WHOLE_MEANS: dict[tuple[str, str], tuple[str, ...]] = {
    ("qa_score_sum", "qa_evaluated"): (
        "qa", "qa점수", "qa평균", "상담품질", "상담품질점수", "품질점수", "모니터링점수", "qa score",
    ),
    ("csat_score_sum", "csat_responses"): ("csat점수", "csat평균", "만족도점수", "만족도평균"),
}  # fmt: skip
"""Short words that are the whole heading or nothing: ``SL`` lies in many other words."""
SATISFACTION = ("csat", "만족도", "고객만족도", "customer satisfaction")
"""May be the share of the satisfied or the mean of their marks: nothing but its reader knows."""
REPLIES = ("응답수", "응답건수", "회신수")
"""Of a survey, where a column of satisfaction stands beside them."""
CUMULATIVE = ("누계", "누적", "累計", "cumulative", "ytd", "mtd")
CHAT = ("채팅", "chat")
CHAT_MEASURES = {code: f"chat_{code}" for code in ("offered", "answered", "abandoned", "answered_within_threshold")}
"""What a word of the telephone means at a chat queue."""
CALLS = ("콜", "통화", "전화", "인입호", "응대호", "포기호", "call")
MOST_SECONDS_OF_CALLS = 30
BACKOFFICE_WORDS: dict[str, tuple[str, ...]] = {
    "work_received": ("접수", "접수건", "접수건수", "접수량", "received"),
    "work_completed": ("처리", "처리건", "처리건수", "처리완료", "처리량", "완료", "완료건수", "completed"),
    "work_within_tat": (
        "기한내처리",
        "기한내",
        "기한내완료",
        "기한내처리건수",
        "납기내처리",
        "목표시간내처리",
        "기한준수",
        "기한준수건수",
    ),
    "work_due": ("기한도래", "기한도래건", "기한도래건수", "기한대상", "처리대상", "처리기한도래", "due"),
    "work_checked": ("검수", "검수건", "검수건수", "점검", "점검건수", "샘플링", "checked"),
    "work_defective": ("오류", "오류건", "오류건수", "재작업", "재작업건수", "불량", "오처리", "defective"),
    "work_open_end": ("미처리", "미처리건수", "잔량", "미처리잔량", "백로그", "backlog"),
}
"""What a whole heading means over figures of back office work: elsewhere these words are others' too."""
BACKOFFICE_RATES: dict[tuple[str, str], tuple[str, ...]] = {
    ("work_within_tat", "work_due"): ("기한준수율", "기한내처리율", "납기준수율"),
}
_WITHIN = re.compile(
    r"(?P<seconds>[0-9]{1,3})\s*(?:초|s|sec)\s*(?:이내|내|안)?\s*(?:응대|응답)?(?!.*율)"
    r"|answered\D{0,3}(?P<english>[0-9]{1,3})s"
)


def words_of(heading: str) -> list[str]:
    """Return what of a heading may be its name: its lowest part first, the whole, then what stands above."""
    parts = heading.split(" / ")
    shown = [parts[-1], heading, *parts[:-1]]
    without = [re.sub(r"[(（\[].*?[)）\]]", "", part) for part in shown]
    return [word for word in dict.fromkeys(plain(part) for part in (*shown, *without)) if word]


def holds_any(heading: str, words: tuple[str, ...]) -> str | None:
    """Return the longest of ``words`` a heading holds."""
    text = plain(heading)
    found = [word for word in words if plain(word) in text]
    return max(found, key=len, default=None)


def service_words(service: str, channel: str) -> tuple[str, ...]:
    """Return what people call a service that comes by a channel, beside its name."""
    return CHANNEL_WORDS.get(channel) or SERVICE_WORDS.get(service, ())


def is_service(name: str) -> bool:
    """Say whether a name is that of a service or a channel, whoever offers it."""
    called = (word for words in (*SERVICE_WORDS.values(), *CHANNEL_WORDS.values()) for word in words)
    return plain(name) in {plain(word) for word in called}


def channels_told(headings: Iterable[str], sheet: str = "") -> set[str]:
    """Return the channels that headings over a line's figures, or the name of its sheet, speak of.

    A sheet that is called after one channel is of that one. Calls are told by calls themselves and by seconds too few
    for anything else; 인입 alone may be of any channel.
    """
    found = {channel for channel, words in CHANNEL_WORDS.items() if holds_any(sheet, words)}
    found |= {Channel.VOICE} if holds_any(sheet, CALLS) else set()
    if len(found) == 1:
        return found
    for heading in headings:
        seconds = seconds_within(heading)
        if holds_any(heading, CHAT):
            found.add(Channel.CHAT)
        elif holds_any(heading, CALLS) or (seconds is not None and seconds <= MOST_SECONDS_OF_CALLS):
            found.add(Channel.VOICE)
    given = list(headings)
    if not found and any(_whole(heading, BACKOFFICE_WORDS) for heading in given):
        found.add(Channel.BACKOFFICE)
    return found


def backoffice_measure(heading: str) -> str | None:
    """Return the measure that a heading means over figures of back office work."""
    found: str | None = _whole(heading, BACKOFFICE_WORDS)
    return found


def backoffice_rate(heading: str) -> tuple[str, str] | None:
    """Return the (sum, denominator) of a rate of back office work that a heading names."""
    found: tuple[str, str] | None = _whole(heading, BACKOFFICE_RATES)
    return found


def seconds_within(heading: str) -> int | None:
    """Return the seconds of a heading such as ``20초내 응대`` or ``calls_answered_60s``."""
    match = _WITHIN.search(heading.casefold())
    return int(match["seconds"] or match["english"]) if match else None


def pair_of(heading: str, pairs: dict[tuple[str, str], tuple[str, ...]]) -> tuple[str, str] | None:
    """Return the (sum, denominator) of a rate or a mean that a heading names; the longest word decides."""
    found = [(len(word), pair) for pair, words in pairs.items() if (word := holds_any(heading, words))]
    return max(found)[1] if found else None


def whole_pair_of(heading: str) -> tuple[str, str] | None:
    """Return the (sum, denominator) whose short word is the heading."""
    return _whole(heading, WHOLE_RATES) or _whole(heading, WHOLE_MEANS)


def is_satisfaction(heading: str) -> bool:
    """Say whether a heading names satisfaction, but not in what."""
    words = {plain(word) for word in SATISFACTION}
    return any(word in words for word in words_of(heading)) and _whole(heading, WHOLE_MEANS) is None


def _whole(heading: str, words: Mapping[Any, tuple[str, ...]]) -> Any:
    known = {plain(word): meaning for meaning, called in words.items() for word in called}
    return next((known[word] for word in words_of(heading) if word in known), None)


def measure_of(heading: str) -> str | None:
    """Return the measure a heading means by one of its words; the longest word decides."""
    whole: str | None = _whole(heading, WHOLE_MEASURES)
    if whole is not None:
        return whole
    for part in (heading.split(" / ")[-1], heading):
        found = [(len(word), code) for code, words in MEASURE_WORDS.items() if (word := holds_any(part, words))]
        if found:
            code = max(found)[1]
            return CHAT_MEASURES.get(code, code) if holds_any(heading, CHAT) else code
    return None
