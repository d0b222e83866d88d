"""What a month's result is worth: from fee lines and a scheme to a statement that keeps every step."""

from bpo.calc.settlement.facts import LineFact, MonthFacts, Outcome, Step
from bpo.calc.settlement.next_grade import Cliff, Distance, Room, cliff, distance
from bpo.calc.settlement.rules import MoneyRules, rules_of
from bpo.calc.settlement.statement import Statement, settle

__all__ = [
    "Cliff",
    "Distance",
    "LineFact",
    "MoneyRules",
    "MonthFacts",
    "Outcome",
    "Room",
    "Statement",
    "Step",
    "cliff",
    "distance",
    "rules_of",
    "settle",
]
