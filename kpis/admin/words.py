"""The catalogue's codes as words: categories, units and aggregations. A code of one's own is shown as it is."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from vendors.errors import Text

CATEGORIES: dict[str, Text] = {
    "accessibility": pgettext_lazy("category", "Accessibility"),
    "churn": pgettext_lazy("category", "Churn"),
    "compliance": pgettext_lazy("category", "Compliance"),
    "cost": pgettext_lazy("category", "Cost"),
    "efficiency": pgettext_lazy("category", "Efficiency"),
    "external": pgettext_lazy("category", "External"),
    "outcome": pgettext_lazy("category", "Outcome"),
    "people": pgettext_lazy("category", "People"),
    "planning": pgettext_lazy("category", "Planning"),
    "quality": pgettext_lazy("category", "Quality"),
    "resolution": pgettext_lazy("category", "Resolution"),
    "timeliness": pgettext_lazy("category", "Timeliness"),
}
UNITS: dict[str, Text] = {
    "KRW": pgettext_lazy("unit", "KRW"),
    "bucket counts": pgettext_lazy("unit", "bucket counts"),
    "count": pgettext_lazy("unit", "cases"),
    "customer-days": pgettext_lazy("unit", "customer-days"),
    "customers": pgettext_lazy("unit", "customers"),
    "days": pgettext_lazy("unit", "days"),
    "fte-days": pgettext_lazy("unit", "FTE-days"),
    "person-days": pgettext_lazy("unit", "person-days"),
    "persons": pgettext_lazy("unit", "persons"),
    "points": pgettext_lazy("unit", "points"),
    "ratio": pgettext_lazy("unit", "ratio"),
    "seconds": pgettext_lazy("unit", "s"),
}
AGGREGATIONS: dict[str, Text] = {
    "ratio_of_sums": _("Ratio of sums"),
    "sum": _("Sum"),
    "last": _("Last stock"),
    "nps": _("NPS"),
    "percentile:90": _("90th percentile"),
    "person_time_rate": _("Rate over person-time"),
    "flow_over_end_stock": _("Flow over the end stock"),
    "stock_ratio_last": _("Ratio of last stocks"),
    "time_average": _("Average over time"),
}
