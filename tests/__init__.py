"""Tests of the product. A run draws other examples than the last one; `.ci/run` draws eight times as many.

How many is said here and not in conftest.py, which the tests of the arithmetic do without (calc.ini).
"""

import os

import hypothesis

hypothesis.settings.register_profile("quick", max_examples=25, deadline=None)
hypothesis.settings.register_profile("thorough", max_examples=200, deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))
