"""Departments of the client: asked each week by mail, and answering without an account."""

from bpo.services.departments.answering import answer_none, register_planned
from bpo.services.departments.asking import ask_departments, ask_when_due

__all__ = ["answer_none", "ask_departments", "ask_when_due", "register_planned"]
