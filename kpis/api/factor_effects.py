"""What the API answers of the size of effects, and of days nothing explains."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rest_framework import serializers

from kpis.calc.before_after import Verdict
from kpis.choices import FactorKind
from kpis.models import ExternalFactor
from kpis.queries.before_after import BeforeAfter, improvement_of
from kpis.queries.before_after_words import change_sentence, presented_change
from kpis.queries.effect_words import presented_effect
from kpis.queries.effects import effects_of
from vendors.actors import Actor


class KpiEffectSerializer(serializers.Serializer[Any]):
    """What a KPI came to on the days of the factor, in its own unit."""

    kpi = serializers.CharField()
    actual = serializers.CharField()
    expected = serializers.CharField()
    change = serializers.CharField()
    half_width = serializers.CharField(help_text="95 times of 100 the change lies within so much of what is said.")
    is_sure = serializers.BooleanField()


class ContractEffectSerializer(serializers.Serializer[Any]):
    contract = serializers.CharField()
    vendor = serializers.CharField()
    sentence = serializers.CharField(help_text="In the language that was asked for.")
    days = serializers.IntegerField()
    volume_kpi = serializers.CharField(help_text="Whose denominator the volume is.")
    volume_change_percent = serializers.CharField()
    volume_half_width = serializers.CharField()
    is_sure = serializers.BooleanField()
    kpis = KpiEffectSerializer(many=True)


class BeforeAfterSerializer(serializers.Serializer[Any]):
    """A KPI before and after, at the same mix of weekdays and weekends, in its own unit."""

    kpi = serializers.CharField()
    unit = serializers.CharField()
    before = serializers.CharField()
    after = serializers.CharField()
    change = serializers.CharField()
    half_width = serializers.CharField(allow_null=True, help_text="95 times of 100 the change lies within so much.")
    verdict = serializers.ChoiceField(choices=[one.value for one in Verdict])
    weeks = serializers.IntegerField(help_text="Whole weeks on either side, at most four.")
    before_from = serializers.DateField()
    before_to = serializers.DateField(help_text="Exclusive.")
    after_from = serializers.DateField()
    after_to = serializers.DateField(help_text="Exclusive.")
    days = serializers.ListField(child=serializers.IntegerField(), help_text="Days that were read, before and after.")
    volume = serializers.ListField(child=serializers.CharField(), help_text="Before and after.")
    sentence = serializers.CharField(help_text="In the language that was asked for.")


class ImprovementSerializer(serializers.Serializer[Any]):
    contract = serializers.CharField()
    vendor = serializers.CharField()
    kpis = BeforeAfterSerializer(many=True)


class EffectsSerializer(serializers.Serializer[Any]):
    """One a contract; none where less than four weeks are known. Of an improvement, before and after instead."""

    effects = ContractEffectSerializer(many=True)
    before_after = ImprovementSerializer(many=True)


def presented_effects(factor: ExternalFactor, actor: Actor, *, now: datetime) -> dict[str, Any]:
    """Return what ``effect/`` answers of a factor."""
    if factor.kind != FactorKind.IMPROVEMENT:
        found = effects_of(factor, actor, now=now)
        return {"effects": [presented_effect(one) for one in found], "before_after": []}
    rows = [
        {
            "contract": contract.code,
            "vendor": contract.vendor.code,
            "kpis": [_told(one) for one in changes],
        }
        for contract, changes in improvement_of(factor, actor, now=now)
    ]
    return {"effects": [], "before_after": rows}


def _told(one: BeforeAfter) -> dict[str, Any]:
    values = presented_change(one)
    return {**values, "sentence": change_sentence(values, one.kpi.label)}


class SuggestionSerializer(serializers.Serializer[Any]):
    contract = serializers.CharField()
    vendor = serializers.CharField()
    date = serializers.DateField()
    volume = serializers.CharField()
    expected = serializers.CharField()
    change_percent = serializers.CharField()
    queues = serializers.ListField(child=serializers.CharField())


class SuggestionsSerializer(serializers.Serializer[Any]):
    """All of them at once: two weeks have few."""

    count = serializers.IntegerField()
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = SuggestionSerializer(many=True)


class CapUseSerializer(serializers.Serializer[Any]):
    """A cap of a contract's month (`most_days`, `most_points`, `most_share`): used, with this factor, and left."""

    contract = serializers.CharField()
    start = serializers.DateField()
    cap = serializers.CharField()
    kpi = serializers.CharField(allow_null=True)
    name = serializers.CharField(allow_null=True)
    name_ko = serializers.CharField(allow_null=True)
    queue = serializers.CharField(allow_null=True)
    most = serializers.CharField()
    used = serializers.CharField()
    with_this = serializers.CharField()
    left = serializers.CharField()
    is_over = serializers.BooleanField()
