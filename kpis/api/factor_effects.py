"""What the API answers of the size of effects, and of days nothing explains."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


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


class EffectsSerializer(serializers.Serializer[Any]):
    """One a contract; none where less than four weeks are known."""

    effects = ContractEffectSerializer(many=True)


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
