"""The answers of a record that its form no longer asks, shown so that none seems to be gone."""

from collections.abc import Mapping
from html import escape
from typing import Any

from guanai.storage.forms.xlsform.definitions import SYSTEM_FIELDS
from guanai.templates.wording import say, spoken
from guanai.widgets.base.value_labels import Labels

__all__ = ["retired_html", "retired_keys", "retired_pairs"]

# What a frame adds to a record, see `Registers.frame`.
_ADDED = frozenset({"child_name", "class"})


def retired_keys(form: Any, record: Mapping[Any, Any]) -> list[str]:
    """Return the fields of a record that hold an answer and that no question of its form asks."""
    known = {*form.columns, *SYSTEM_FIELDS, *_ADDED}
    return [
        str(key)
        for key, value in record.items()
        if key not in known
        and (isinstance(value, list | Mapping) or value == value)  # NaN differs from itself
        and value not in (None, "", [])
    ]


def retired_pairs(form: Any, record: Mapping[Any, Any], language: str | None = None) -> list[tuple[str, str]]:
    """Return label and text of each answer that the form no longer asks, as the form last called them."""
    keys = retired_keys(form, record)
    if not keys:
        return []
    labels = Labels(form, language)
    told = form.retired
    return [
        (
            told[key].label(spoken(language), key) if key in told else key,
            labels.text(key, record[key]),
        )
        for key in keys
    ]


def retired_html(form: Any, record: Mapping[Any, Any], language: str | None = None) -> str:
    """Return the same as HTML under a heading, empty where there is none."""
    pairs = retired_pairs(form, record, language)
    if not pairs:
        return ""
    inside = "".join(f"<div><dt>{escape(label)}</dt><dd>{escape(text)}</dd></div>" for label, text in pairs)
    head = escape(say("retired.title", language))
    return f'<section class="guanai-retired"><h4>{head}</h4><dl class="guanai-pairs">{inside}</dl></section>'
