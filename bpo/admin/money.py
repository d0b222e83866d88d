"""Terms of money: to look at, in words; they are entered on their contract's page, with an example before saving."""

from __future__ import annotations

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from bpo.models import MoneyTerms
from bpo.queries.money_words import rule_words
from vendors.actors import Capability
from vendors.admin.base import ReadOnlyAdmin
from vendors.admin.filters import VisibleRelated


@admin.register(MoneyTerms)
class MoneyTermsAdmin(ReadOnlyAdmin):
    reads = Capability.READ_MONEY
    list_display = ["contract", "valid_from", "valid_until", "signed_on", "made_by", "made_at", "replaced_at"]
    list_select_related = ["contract"]
    list_filter = [("contract__vendor", VisibleRelated)]
    search_fields = ["contract__code", "contract__name", "note"]
    date_hierarchy = "valid_from"
    fields = [
        "contract", ("valid_from", "valid_until"), "signed_on", "in_words", "note", ("made_by", "made_at"),
        "replaced_at", "page",
    ]  # fmt: skip
    readonly_fields = ["in_words", "page"]

    @admin.display(description=_("terms of money"))
    def in_words(self, row: MoneyTerms) -> str:
        return format_html_join("", "<div>{}: {}</div>", rule_words(row.rules, row.contract.currency)) or "–"

    @admin.display(description=_("enter others"))
    def page(self, row: MoneyTerms) -> str:
        where = reverse("bpo:money-terms", args=[row.contract.code])
        return format_html('<a href="{}">{}</a>', where, row.contract.name)
