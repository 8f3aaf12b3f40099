"""Frames: the form gives columns and types; what does not fit is missing, what the form lost is kept.

Requirement: an answer is never overwritten or dropped by a new form (7.6, 7.14).
"""

import pandas as pd
import pytest

from guanai.storage.forms import SYSTEM_FIELDS
from guanai.storage.records.frames import frame_of, retired_fields

COLUMNS = {
    "name": "text",
    "age": "integer",
    "weight": "decimal",
    "date": "date",
    "modes": "select_multiple",
    "guardians": "repeat",
}


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("integer", 3, 3),
        ("integer", "3", 3),
        ("integer", 3.5, pd.NA),
        ("integer", "many", pd.NA),
        ("integer", None, pd.NA),
        ("decimal", "2.5", 2.5),
        ("date", "2024-02-29", pd.Timestamp(2024, 2, 29)),
        ("date", "2023-02-29", pd.NaT),
        ("date", "yesterday", pd.NaT),
        ("text", "=1+1", "=1+1"),
        ("text", None, None),
        ("select_multiple", ["door", "phone"], ["door", "phone"]),
    ],
)
def test_a_value_becomes_its_kind_or_is_missing(kind, value, shown):
    cell = frame_of([{"answer": value}], {"answer": kind}).loc[0, "answer"]
    assert (
        (pd.isna(cell) and pd.isna(shown))
        if pd.api.types.is_scalar(shown) and pd.isna(shown)
        else cell == shown
    )


def test_an_empty_register_has_the_types_of_a_full_one():
    full = frame_of([{"name": "林小雨", "age": 9, "weight": 30.5, "date": "2026-09-01"}], COLUMNS)
    empty = frame_of([], COLUMNS)
    assert list(empty.columns) == [*COLUMNS, *SYSTEM_FIELDS]
    assert empty.dtypes.to_dict() == full.dtypes.to_dict()


def test_answers_to_questions_the_form_no_longer_has_are_kept_and_shown_on_request():
    documents = [{"name": "林小雨", "shoes": 36}, {"name": "周小河", "nickname": "河"}]
    assert retired_fields(documents, COLUMNS) == ["shoes", "nickname"]
    assert "shoes" not in frame_of(documents, COLUMNS)
    assert frame_of(documents, COLUMNS, retired=True)["shoes"].tolist() == [36, None]
