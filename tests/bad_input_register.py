"""What becomes of each of the 210 rows of reliability §6 that is no case of :mod:`tests.bad_input`.

``SHOWN_BY``: another test shows it (it needs a real server, a file of bytes, another clock …). ``NOT_HERE``: it does
not apply to this product, and why. ``DIFFERS``: status or code are others than the page's, and why; beside two rules
that hold for all: a feed that can be read and has wrong rows is 422 (design §7 over the page's 400), and what the page
calls a centre is a queue here (``unknown_centre`` is ``unknown_queue``).
"""

from __future__ import annotations

IN = "tests/"
FEED = IN + "kpis/test_submissions.py::"
FEED_ROWS = IN + "kpis/test_submission_rows.py::"
CSV = IN + "kpis/test_csv_feed.py::"
BAD = IN + "test_bad_input.py::"
KEYS = IN + "vendors/test_keys.py::"
RAW = IN + "faults/test_raw_requests.py::"
AGAIN = IN + "kpis/test_idempotency.py::"
CLOSE = IN + "kpis/test_closing.py::"
CLOSE_CALENDAR = IN + "kpis/test_closing_calendar.py::"
BOOKS = IN + "kpis/test_workbooks.py::"
FILES = IN + "kpis/test_files_api.py::"

SHOWN_BY = {
    20: BAD + "test_odd_figures_are_taken",
    34: RAW + "test_a_length_that_is_too_high_is_a_mismatch_though_what_came_can_be_read",
    35: RAW + "test_a_length_that_is_no_number_is_refused",
    36: RAW + "test_chunks_without_an_end_are_counted",
    61: BAD + "test_odd_figures_are_taken",
    70: BAD + "test_odd_figures_are_taken",
    74: FEED + "test_it_merges_leaves_and_withdraws_values",
    76: IN + "kpis/test_suspicions.py::test_ten_times_the_usual_is_stored_and_named",
    93: FEED_ROWS + "test_it_counts_days_by_the_centres_own_clock",
    94: FEED_ROWS + "test_it_counts_days_by_the_centres_own_clock",
    96: FEED_ROWS + "test_it_refuses_days_after_the_contract_or_the_queue_ended",
    97: CLOSE + "test_a_closed_month_takes_no_new_and_no_changed_value_and_names_the_rows",
    98: CLOSE_CALENDAR + "test_after_the_back_fill_days_a_value_is_not_first_reported",
    99: FEED_ROWS + "test_it_warns_about_figures_of_a_closed_day",
    116: BAD + "test_odd_figures_are_taken",
    121: BAD + "test_a_note_is_shown_and_never_run",
    122: BAD + "test_a_note_is_shown_and_never_run",
    125: CSV + "test_it_reads_what_spreadsheets_write",
    126: CSV + "test_it_reads_cp949_only_syllables",
    127: BAD + "test_odd_figures_are_taken",
    128: BAD + "test_odd_figures_are_taken",
    135: CSV + "test_it_reads_what_spreadsheets_write",
    141: CSV + "test_it_counts_lines_over_quoted_line_breaks",
    142: BAD + "test_odd_figures_are_taken",
    146: CSV + "test_it_takes_blank_as_not_reported_and_keeps_codes_as_text",
    151: BOOKS + "test_it_refuses_with_a_code",
    152: BOOKS + "test_it_refuses_with_a_code",
    153: BOOKS + "test_it_refuses_with_a_code",
    154: BOOKS + "test_it_refuses_with_a_code",
    155: BOOKS + "test_it_reads_the_same_cells_from_every_kind",
    156: BOOKS + "test_it_reads_a_file_with_macros_and_links_without_them",
    157: BOOKS + "test_it_refuses_a_bomb_within_two_seconds_and_300_mb",
    158: BOOKS + "test_it_refuses_a_bomb_within_two_seconds_and_300_mb",
    159: BOOKS + "test_it_refuses_a_bomb_within_two_seconds_and_300_mb",
    160: BOOKS + "test_it_refuses_with_a_code",
    161: BOOKS + "test_it_refuses_with_a_code",
    162: BOOKS + "test_it_reads_a_file_with_macros_and_links_without_them",
    163: BOOKS + "test_it_refuses_a_bomb_within_two_seconds_and_300_mb",
    164: BOOKS + "test_it_asks_which_of_several_sheets",
    165: BOOKS + "test_it_tells_hidden_sheets_and_merged_cells",
    166: FILES + "test_it_takes_numbers_that_were_stored_as_text_and_warns_of_formulas",
    167: BOOKS + "test_it_takes_cached_values_and_names_formulas_without_one",
    168: FILES + "test_it_skips_titles_and_names_traps_by_line_and_field",
    169: FILES + "test_it_skips_titles_and_names_traps_by_line_and_field",
    170: BOOKS + "test_it_reads_dates_counted_from_1904",
    176: FILES + "test_it_refuses_a_form_that_cannot_be_read",
    179: BAD + "test_a_method_override_is_ignored",
    182: BAD + "test_forwarded_headers_of_anybody_are_ignored",
    183: AGAIN + "test_it_refuses_a_key_that_is_none",
    184: AGAIN + "test_it_refuses_the_same_key_with_another_body",
    185: AGAIN + "test_a_key_that_is_at_work_is_a_conflict_to_try_again",
    186: AGAIN + "test_it_keeps_the_keys_of_two_senders_apart",
    190: RAW + "test_huge_heads_are_refused",
    191: IN + "test_tenancy.py::test_each_actor_gets_what_the_matrix_says",
    194: KEYS + "test_every_wrong_key_gets_the_same_answer",
    196: BAD + "test_a_key_does_what_its_scopes_say",
    197: IN + "test_tenancy.py::test_each_actor_gets_what_the_matrix_says",
    198: BAD + "test_a_session_needs_csrf_and_no_second_credential",
    199: BAD + "test_a_session_needs_csrf_and_no_second_credential",
    202: IN + "vendors/test_sign_in.py::test_the_sixth_try_is_refused_whether_the_account_exists_or_not",
    207: IN + "kpis/test_definitions.py::test_it_says_where_a_formula_is_wrong_and_that_a_kpi_is_no_measure",
    208: IN + "kpis/calc/test_formula.py::test_it_answers_nothing_where_a_divisor_is_zero_or_a_value_is_missing",
}

NOT_HERE = {
    66: "Vendors report counts and sums, never percentages, so there is no upper bound of 100; 69 is the relation that"
    " keeps a share at 100 %.",
    72: "An NPS is computed from promoters and detractors, which are counts: 67.",
    109: "Codes are ASCII (design §7), so a code in Hangul, composed or not, is an unknown queue.",
    110: "As 109; texts (names, notes) are kept as NFC.",
    201: "Requests are not signed: the key alone proves the sender.",
    210: "There are no webhooks yet; nothing of the product calls an address that somebody typed.",
}

DIFFERS = {
    8: "The body is an object with rows (design §7): a list is not_object; rows that are no objects are named.",
    32: "The limit is 5,000 queue-days (page §5.4 and design), not 1,000.",
    33: "The limit is 8 MiB (page §5.4 and design), not 1.",
    100: "A moment stands in a query only (as_of), where each mistake is bad_query and the text shows the form.",
    101: "As 100.",
    102: "As 100.",
    103: "Months are the only periods a feed names: a month that is none is bad_date, like a day.",
    104: "Wrong parameters share one code, bad_query, with the parameter's name and the cure.",
    145: "Kept as text, so it is the code of a queue that is not there, and never a missing value.",
    149: "Trailing empty lines are skipped (test_odd_figures_are_taken); a total is a bad row.",
    203: "The same row error as for a queue that does not exist (design §7).",
    204: "Which of the family's codes depends on how far the text can be read; position is always given.",
    205: "As 204.",
    206: "As 204.",
    209: "Each field has its own code; weights other than 100 are a warning (design §4.7).",
}
