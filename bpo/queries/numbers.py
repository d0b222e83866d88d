"""Numbers as people and machines read them: one way for the whole product."""

from kpis.queries.numbers import coverage_of, plain

__all__ = ["coverage_of", "plain"]
