"""What the codes of refused feeds mean, in a few words. A code that is not listed is shown as it is.

The long text of an error says what to do about one row; these words stand where errors are only counted.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import pgettext_lazy

from vendors.errors import Text

REFUSAL_WORDS: Mapping[str, Text] = {
    "after_contract": pgettext_lazy("refusal", "day after the contract or queue ended"),
    "agent_field": pgettext_lazy("refusal", "figures of single persons"),
    "backfill_window": pgettext_lazy("refusal", "too old to be reported"),
    "bad_date": pgettext_lazy("refusal", "date not readable"),
    "bad_duration": pgettext_lazy("refusal", "duration not readable"),
    "before_contract": pgettext_lazy("refusal", "day before the contract or queue began"),
    "blank": pgettext_lazy("refusal", "empty value"),
    "bucket_count": pgettext_lazy("refusal", "wrong number of buckets"),
    "cell_error": pgettext_lazy("refusal", "cell with an error"),
    "code_format": pgettext_lazy("refusal", "code not readable"),
    "correction_window": pgettext_lazy("refusal", "too old to be changed"),
    "date_or_month": pgettext_lazy("refusal", "date and month at once"),
    "duplicate_in_batch": pgettext_lazy("refusal", "the same day twice"),
    "edges_version": pgettext_lazy("refusal", "version of the bucket edges"),
    "excel_mangled_code": pgettext_lazy("refusal", "code changed by a spreadsheet"),
    "field_count": pgettext_lazy("refusal", "line with too many or too few fields"),
    "formula_no_value": pgettext_lazy("refusal", "formula without its value"),
    "future_date": pgettext_lazy("refusal", "day that has not come"),
    "measure_not_yours": pgettext_lazy("refusal", "measure that somebody else provides"),
    "merged_cell": pgettext_lazy("refusal", "merged cells"),
    "month_and_days": pgettext_lazy("refusal", "month total beside single days"),
    "non_ascii_number": pgettext_lazy("refusal", "digits other than 0 to 9"),
    "not_a_list": pgettext_lazy("refusal", "no list of bucket counts"),
    "not_a_number": pgettext_lazy("refusal", "not a number"),
    "not_integer": pgettext_lazy("refusal", "not a whole number"),
    "not_object": pgettext_lazy("refusal", "no object of measures"),
    "number_range": pgettext_lazy("refusal", "number too large"),
    "number_too_long": pgettext_lazy("refusal", "number too long"),
    "numerator_gt_denominator": pgettext_lazy("refusal", "part larger than its whole"),
    "out_of_bounds": pgettext_lazy("refusal", "below 0"),
    "percent_sign": pgettext_lazy("refusal", "percentage instead of a count"),
    "period_closed": pgettext_lazy("refusal", "month closed"),
    "reason_required": pgettext_lazy("refusal", "change without a reason"),
    "relation_broken": pgettext_lazy("refusal", "figures that contradict each other"),
    "required": pgettext_lazy("refusal", "something left out"),
    "row_not_object": pgettext_lazy("refusal", "row not readable"),
    "sum_differs": pgettext_lazy("refusal", "sum that differs from its parts"),
    "system_measure": pgettext_lazy("refusal", "measure that is computed here"),
    "thousands_separator": pgettext_lazy("refusal", "thousands separators"),
    "too_long": pgettext_lazy("refusal", "text too long"),
    "too_precise": pgettext_lazy("refusal", "too many decimals"),
    "total_row": pgettext_lazy("refusal", "line of totals"),
    "unknown_field": pgettext_lazy("refusal", "unknown field"),
    "unknown_measure": pgettext_lazy("refusal", "unknown measure"),
    "unknown_queue": pgettext_lazy("refusal", "unknown queue"),
    "zero_denominator": pgettext_lazy("refusal", "part of a whole that is 0"),
}


def refusal_word(code: str) -> Text:
    """Return the words of a code, or the code."""
    return REFUSAL_WORDS.get(code, code)
