"""The figures of one queue-day: demand, chance, staffing, and the base measures they leave behind.

Chance comes from a generator seeded by queue and date alone, so a queue-day looks the same whenever and in
whatever order it is made.
"""

from __future__ import annotations

from datetime import date
from typing import Any
from zlib import crc32

import numpy as np

from bpo.services.demonstration.cast import SimulatedQueue, vendor_of
from bpo.services.demonstration.story import Story
from vendors.choices import Channel

Measures = dict[str, int]
LACK = 0.012
"""Share of queue-days that nobody reports."""
LATE = 0.02
"""Share of queue-days corrected some days later."""


def measures_of(queue: SimulatedQueue, day: date, story: Story) -> Measures | None:
    """Return what the queue reports for ``day``; None where it is closed or the vendor forgot."""
    if not story.is_open(queue, day) or _dice(queue.code, day, "lack").random() < LACK:
        return None
    dice = _dice(queue.code, day, "figures")
    # The whole market has good and bad days; each queue has its own on top (over-dispersion).
    common = _dice(queue.service, day, "market").normal(0, 0.05)
    volume = int(dice.poisson(story.demand(queue, day) * np.exp(common + dice.normal(0, 0.07))))
    load = volume / max(story.staffing(queue, day) * 1.06, 1.0)
    ramp = story.ramp(vendor_of(queue), day)
    quality = vendor_of(queue).skill - 0.9 * (1 - ramp)
    return _CHANNELS[queue.channel](volume, load, quality, dice)


def sample_of(channel: Channel, name: str, day: date, base: float) -> Measures | None:
    """Return an invented day of a queue of that channel, about ``base`` contacts; None where none is simulated."""
    if channel not in _CHANNELS:
        return None
    dice = _dice(name, day, "sample")
    return _CHANNELS[channel](int(dice.poisson(base)), 0.92, 0.1, dice)


def correction_of(queue: SimulatedQueue, day: date, measures: Measures) -> Measures | None:
    """Return the measures a late correction changes; None on most days."""
    dice = _dice(queue.code, day, "late")
    if dice.random() >= LATE or "qa_evaluated" not in measures:
        return None
    responses = measures["csat_responses"] + int(dice.integers(1, 6))
    happy = measures["csat_satisfied"] + int(dice.integers(0, responses - measures["csat_responses"] + 1))
    score = measures["csat_score_sum"] + 4 * (responses - measures["csat_responses"])
    return {"csat_responses": responses, "csat_satisfied": happy, "csat_score_sum": score}


def _dice(name: str, day: date, purpose: str) -> np.random.Generator:
    return np.random.default_rng([crc32(f"{name}/{purpose}".encode()), day.toordinal()])


def _share(dice: np.random.Generator, of: int, odds: float, scatter: float = 0.12) -> int:
    """Return a binomial part of ``of``; ``odds`` is the logit of the share, itself scattered from day to day."""
    return int(dice.binomial(max(of, 0), 1 / (1 + np.exp(-(odds + dice.normal(0, scatter))))))


def _around(dice: np.random.Generator, mean: float, deviation: float, *, least: float) -> float:
    return max(least, float(dice.normal(mean, deviation)))


def _voice(volume: int, load: float, quality: float, dice: Any) -> Measures:
    answered = _share(dice, volume, 2.6 + 0.55 * quality - 6.0 * (load - 0.95))
    within = _share(dice, answered, 1.85 + 0.7 * quality - 7.0 * (load - 0.95))
    abandoned = volume - answered
    soon = _share(dice, abandoned, -0.9)
    wait = (8 + 26 * max(load - 0.75, 0.05) ** 2 * 10) * answered
    talk = int(answered * dice.normal(196 - 12 * quality, 7))
    hold = int(answered * _around(dice, 14, 2, least=4))
    after = int(answered * _around(dice, 46 - 6 * quality, 4, least=15))
    callbacks = _share(dice, abandoned, -1.1)
    kept = _share(dice, callbacks, 4.2 + 0.5 * quality)
    busy = talk + hold + after
    return {
        "attempted": volume + int(dice.poisson(volume * 0.006)),
        "blocked": 0,
        "offered": volume,
        "answered": answered,
        "answered_within_threshold": within,
        "abandoned": abandoned,
        "abandoned_within_threshold": soon,
        "abandoned_short": _share(dice, soon, 0.2),
        "queue_wait_answered_s": int(wait * _around(dice, 1, 0.08, least=0.5)),
        "talk_s": talk,
        "hold_s": hold,
        "acw_s": after,
        "transferred": _share(dice, answered, -2.9 - 0.3 * quality),
        "callback_due": callbacks,
        "callback_completed": kept,
        "callback_within_target": _share(dice, kept, 3.9),
        "available_s": int(busy * _around(dice, 0.24, 0.02, least=0.1)),
        "logged_in_s": int(busy * 1.42),
        **_quality(answered, quality, dice),
    }


def _chat(volume: int, load: float, quality: float, dice: Any) -> Measures:
    answered = _share(dice, volume, 3.0 + 0.5 * quality - 5.0 * (load - 0.95))
    active = int(answered * dice.normal(305, 12))
    return {
        "chat_offered": volume,
        "chat_answered": answered,
        "chat_answered_within_threshold": _share(dice, answered, 2.0 + 0.6 * quality - 5.0 * (load - 0.95)),
        "chat_abandoned": volume - answered,
        "chat_first_response_s": int(answered * _around(dice, 34 - 5 * quality, 3, least=8)),
        "chat_session_s": int(active * dice.normal(1.9, 0.08)),
        "chat_active_s": active,
        **_quality(answered, quality, dice),
    }


def _email(volume: int, load: float, quality: float, dice: Any) -> Measures:
    due = int(dice.poisson(volume * 0.97))
    solved = int(dice.poisson(volume * 0.98))
    backlog = int(dice.poisson(max(volume * (load - 0.6), 4)))
    return {
        "ticket_received": volume,
        "ticket_fr_due": due,
        "ticket_fr_within_target": _share(dice, due, 2.5 + 0.5 * quality - 3.0 * (load - 0.95)),
        "ticket_res_due": due,
        "ticket_res_within_target": _share(dice, due, 2.1 + 0.5 * quality - 3.0 * (load - 0.95)),
        "ticket_resolved": solved,
        "ticket_resolution_s": int(solved * _around(dice, 11.5 - quality, 0.8, least=4) * 3600),
        "ticket_reopened": _share(dice, solved, -3.2 - 0.3 * quality),
        "ticket_open_end": backlog,
        "ticket_overdue_end": _share(dice, backlog, -2.2),
        **_quality(solved, quality, dice),
    }


def _backoffice(volume: int, load: float, quality: float, dice: Any) -> Measures:
    due = int(dice.poisson(volume * 0.98))
    done = int(dice.poisson(volume * 0.99))
    checked = max(10, _share(dice, done, -1.4))
    return {
        "work_received": volume,
        "work_due": due,
        "work_within_tat": _share(dice, due, 3.5 + 0.6 * quality - 3.0 * (load - 0.95)),
        "work_completed": done,
        "work_effort_s": int(done * dice.normal(410 - 20 * quality, 14)),
        "work_checked": checked,
        "work_defective": _share(dice, checked, -4.7 - 0.6 * quality),
        "work_open_end": int(dice.poisson(volume * 0.8)),
        **_quality(done, quality, dice),
    }


def _quality(handled: int, quality: float, dice: Any) -> Measures:
    """Return what every channel reports: evaluations, surveys, complaints, compliance."""
    evaluated = int(dice.integers(6, 13))
    scores = dice.normal(89.3 + 3.5 * quality, 4.5, evaluated).clip(40, 100)
    sent = _share(dice, handled, -0.6)
    responses = _share(dice, sent, -1.5)
    happy = _share(dice, responses, 1.7 + 0.5 * quality)
    unhappy = _share(dice, responses - happy, 0.2)
    asked = _share(dice, handled, -3.2)
    fans = _share(dice, asked, 0.15 + 0.3 * quality)
    critics = _share(dice, asked - fans, -0.6)
    own = int(dice.poisson(handled * 0.0006 * np.exp(-0.6 * quality)))
    outside = int(dice.poisson(handled * 0.00005))
    eligible = _share(dice, handled, 2.0)
    checked = int(dice.integers(25, 45))
    return {
        "contacts_handled": handled,
        "contacts_resolved": _share(dice, handled, 2.4 + 0.3 * quality),
        "repeat_contacts": _share(dice, handled, -2.2 - 0.3 * quality),
        "fcr_eligible": eligible,
        "fcr_resolved": _share(dice, eligible, 1.3 + 0.35 * quality),
        "qa_planned": 10,
        "qa_evaluated": evaluated,
        "qa_score_sum": int(scores.sum()),
        "qa_passed": int((scores >= 85).sum()),
        "qa_cust_crit_err": _share(dice, evaluated, -4.4 - 0.5 * quality),
        "qa_biz_crit_err": _share(dice, evaluated, -3.3 - 0.7 * quality),
        "qa_comp_crit_err": _share(dice, evaluated, -5.0 - 0.5 * quality),
        "survey_sent": sent,
        "csat_responses": responses,
        "csat_satisfied": happy,
        "csat_dissatisfied": unhappy,
        "csat_score_sum": 4 * happy + _share(dice, happy, 0.3) + 3 * (responses - happy - unhappy) + 2 * unhappy,
        "nps_responses": asked,
        "nps_promoters": fans,
        "nps_detractors": critics,
        "complaints_internal": own,
        "complaints_external": outside,
        "complaints_vendor_fault": _share(dice, own + outside, -2.0),
        "complaints_due": own,
        "complaints_within_deadline": _share(dice, own, 6.0),
        "compliance_checked": checked,
        "compliance_ok": _share(dice, checked, 4.2 + 0.5 * quality),
        "privacy_incidents": 0,
        "reports_due": 1,
        "reports_on_time": int(dice.random() < 0.985),
    }


_CHANNELS = {
    Channel.VOICE: _voice,
    Channel.CHAT: _chat,
    Channel.EMAIL: _email,
    Channel.BACKOFFICE: _backoffice,
}
