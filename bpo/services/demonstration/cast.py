"""Who is in the demonstration. Every company and person here is invented, and labelled as simulated."""

from __future__ import annotations

from dataclasses import dataclass

from vendors.choices import Channel, Role

SIMULATED = "Simulated"
SIMULATED_KO = "가상"
NOTE = "시연용 가상 실적"
PASSWORD = "demo-password-2026"
"""Shown at start-up: the demonstration is for one laptop and holds nothing real."""


@dataclass(frozen=True, slots=True)
class SimulatedVendor:
    """``skill`` shifts every quality figure (0 = average); ``ramp_days`` > 0 makes it new at ``opened_months_ago``."""

    code: str
    name: str
    name_ko: str
    skill: float
    opened_months_ago: int = 12
    ramp_days: int = 0


@dataclass(frozen=True, slots=True)
class SimulatedQueue:
    """``base`` is its volume on an average weekday once fully ramped up."""

    code: str
    centre: str
    contract: str
    name: str
    service: str
    channel: Channel
    base: float
    open_weekdays: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 7)
    observes_holidays: bool = False


@dataclass(frozen=True, slots=True)
class Person:
    """A log-in of the demonstration; ``vendor`` empty means all vendors."""

    username: str
    role: Role
    vendor: str = ""


VENDORS = (
    SimulatedVendor("hanbit", "Hanbit Contact (simulated)", "한빛컨택 (가상)", 0.35),
    SimulatedVendor("daon", "Daon CS (simulated)", "다온씨에스 (가상)", -0.25),
    SimulatedVendor("nuri", "Nuri Link (simulated)", "누리링크 (가상)", 0.1),
    SimulatedVendor("mir", "Mir Service (simulated)", "미르서비스 (가상)", -0.05),
    SimulatedVendor(
        "saebyeok", "Saebyeok Care (simulated)", "새벽케어 (가상)", 0.15, opened_months_ago=5, ramp_days=84
    ),
)

CENTRES = {
    "hanbit-seoul": ("hanbit", "서울센터"),
    "hanbit-daejeon": ("hanbit", "대전센터"),
    "daon-busan": ("daon", "부산센터"),
    "daon-gwangju": ("daon", "광주센터"),
    "nuri-incheon": ("nuri", "인천센터"),
    "nuri-daegu": ("nuri", "대구센터"),
    "mir-wonju": ("mir", "원주센터"),
    "saebyeok-jeonju": ("saebyeok", "전주센터"),
}

CONTRACTS = {
    "hanbit-voice": ("hanbit", "한빛컨택 음성 상담", "order"),
    "hanbit-chat": ("hanbit", "한빛컨택 채팅 상담", "chat"),
    "daon-voice": ("daon", "다온씨에스 고객 상담", "inbound"),
    "nuri-voice": ("nuri", "누리링크 음성 상담", "inbound"),
    "nuri-chat": ("nuri", "누리링크 채팅 상담", "chat"),
    "nuri-backoffice": ("nuri", "누리링크 후선 업무", "backoffice"),
    "mir-voice": ("mir", "미르서비스 기술 상담", "inbound"),
    "mir-backoffice": ("mir", "미르서비스 환불 심사", "backoffice"),
    "saebyeok-voice": ("saebyeok", "새벽케어 주문 상담", "order"),
    "saebyeok-chat": ("saebyeok", "새벽케어 채팅 상담", "chat"),
}
"""Contract -> vendor, name, and the shipped target set that is applied to it."""

_WORKDAYS = (1, 2, 3, 4, 5)
_SIX_DAYS = (1, 2, 3, 4, 5, 6)
QUEUES = (
    SimulatedQueue("hanbit-order-voice", "hanbit-seoul", "hanbit-voice", "주문 전화", "order", Channel.VOICE, 1450),
    SimulatedQueue(
        "hanbit-delivery-voice",
        "hanbit-daejeon",
        "hanbit-voice",
        "배송 전화",
        "delivery",
        Channel.VOICE,
        820,
        _SIX_DAYS,
    ),
    SimulatedQueue("hanbit-order-chat", "hanbit-seoul", "hanbit-chat", "주문 채팅", "order", Channel.CHAT, 640),
    SimulatedQueue("daon-order-voice", "daon-gwangju", "daon-voice", "주문 전화", "order", Channel.VOICE, 960),
    SimulatedQueue(
        "daon-returns-voice", "daon-busan", "daon-voice", "반품 전화", "returns", Channel.VOICE, 540, _SIX_DAYS, True
    ),
    SimulatedQueue(
        "daon-care-email", "daon-busan", "daon-voice", "고객의 소리 메일", "care", Channel.EMAIL, 190, _WORKDAYS, True
    ),
    SimulatedQueue("nuri-delivery-voice", "nuri-incheon", "nuri-voice", "배송 전화", "delivery", Channel.VOICE, 1120),
    SimulatedQueue("nuri-delivery-chat", "nuri-incheon", "nuri-chat", "배송 채팅", "delivery", Channel.CHAT, 730),
    SimulatedQueue(
        "nuri-claims-backoffice",
        "nuri-daegu",
        "nuri-backoffice",
        "클레임 처리",
        "claims",
        Channel.BACKOFFICE,
        410,
        _WORKDAYS,
        True,
    ),
    SimulatedQueue(
        "mir-tech-voice", "mir-wonju", "mir-voice", "기술 상담 전화", "tech", Channel.VOICE, 380, _SIX_DAYS, True
    ),
    SimulatedQueue(
        "mir-tech-email", "mir-wonju", "mir-voice", "기술 상담 메일", "tech", Channel.EMAIL, 150, _WORKDAYS, True
    ),
    SimulatedQueue(
        "mir-refund-backoffice",
        "mir-wonju",
        "mir-backoffice",
        "환불 심사",
        "refund",
        Channel.BACKOFFICE,
        260,
        _WORKDAYS,
        True,
    ),
    SimulatedQueue(
        "saebyeok-order-voice", "saebyeok-jeonju", "saebyeok-voice", "주문 전화", "order", Channel.VOICE, 700
    ),
    SimulatedQueue("saebyeok-order-chat", "saebyeok-jeonju", "saebyeok-chat", "주문 채팅", "order", Channel.CHAT, 420),
)

PEOPLE = (
    Person("manager", Role.MANAGER),
    Person("executive", Role.EXECUTIVE),
    Person("analyst", Role.ANALYST),
    Person("hanbit-admin", Role.VENDOR_ADMIN, "hanbit"),
    Person("hanbit-member", Role.VENDOR_MEMBER, "hanbit"),
    Person("daon-admin", Role.VENDOR_ADMIN, "daon"),
)
"""``admin`` (superuser) comes on top."""


def vendor_of(queue: SimulatedQueue) -> SimulatedVendor:
    """Return the vendor that runs the queue."""
    code = CENTRES[queue.centre][0]
    return next(vendor for vendor in VENDORS if vendor.code == code)
