"""What ``scorecards/{id}/money/`` answers."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class MoneyStepSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    about = serializers.CharField()
    inputs = serializers.DictField(child=serializers.CharField(allow_null=True))
    amount = serializers.CharField(allow_null=True, help_text="Exact; null where the step has none.")


class NextGradeSerializer(serializers.Serializer[Any]):
    grade = serializers.CharField()
    lacking = serializers.CharField(help_text="Points of the total score.")
    earns = serializers.CharField(allow_null=True)
    line = serializers.IntegerField(allow_null=True, help_text="The line that reaches it soonest by itself.")
    needed = serializers.CharField(allow_null=True, help_text="Points of that line's own score.")


class CliffSerializer(serializers.Serializer[Any]):
    """An edge within a tenth of a point: on its other side, in `grade`, the month is worth `moves` more."""

    grade = serializers.CharField()
    edge = serializers.CharField()
    moves = serializers.CharField()


class MoneySerializer(serializers.Serializer[Any]):
    """What a card is worth. Derived from the terms in force and the card; an estimate while the card is open.

    `reason` says why there are no amounts: `pilot`, `no_terms`, `unreadable_terms`, `fee_unknown`, `no_score`,
    `grade_without_percent`. Amounts are whole units of the currency; `vat` is information.
    """

    scorecard = serializers.IntegerField()
    contract = serializers.CharField()
    vendor = serializers.CharField()
    start = serializers.DateField()
    version = serializers.IntegerField()
    status = serializers.CharField()
    is_estimate = serializers.BooleanField()
    currency = serializers.CharField()
    terms = serializers.JSONField(allow_null=True, help_text="`id` and `valid_from` of the version in force.")
    reason = serializers.CharField()
    fee = serializers.CharField(allow_null=True)
    adjustment = serializers.CharField(allow_null=True, help_text="Above 0 an addition, below a reduction.")
    payable = serializers.CharField(allow_null=True)
    vat = serializers.CharField(allow_null=True)
    total = serializers.CharField(allow_null=True)
    steps = MoneyStepSerializer(many=True)
    next_grade = NextGradeSerializer(allow_null=True)
    cliff = CliffSerializer(allow_null=True)
