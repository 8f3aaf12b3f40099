"""The day on which tests run."""

from datetime import date

TODAY = date(2026, 11, 20)  # a Friday in the middle of a term
