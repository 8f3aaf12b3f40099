"""The tables of a term summary as sheets of a workbook: words for headings, numbers that stay numbers."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from guanai.care.figures import Figure
from guanai.care.summary.term_summary import Summary, labelled
from guanai.storage.files.workbook_style import Sheet
from guanai.templates.wording import catalogue, say

__all__ = ["figures_sheet", "frame_sheet", "met_words", "sheets_of"]

# Columns that hold the ids of records: a person reads names instead, or nothing.
IDS = ("visit", "child")


def figures_sheet(summary: Summary, language: str | None = None) -> Sheet:
    """Return the figures: label, numerator, denominator, share, target, met, basis."""
    columns = ("label", "numerator", "denominator", "share", "target", "met", "basis")
    return Sheet(
        title=say("report.figures", language),
        head=[say(f"report.figure.{column}", language) for column in columns],
        kinds=["text", "number", "number", "share", "share", "text", "text"],
        rows=[
            [
                one.label,
                one.numerator,
                one.denominator,
                one.share,
                one.target,
                met_words(one, language),
                one.basis,
            ]
            for one in summary.figures
        ],
    )


def met_words(figure: Figure, language: str | None = None) -> str:
    """Return in words whether a figure reaches its target; nothing to say where there is no target."""
    if figure.met is None:
        return say("report.nothing", language)
    return say("report.met" if figure.met else "report.unmet", language)


def sheets_of(
    summary: Summary, names: Mapping[str, str] | None = None, language: str | None = None
) -> dict[str, Sheet]:
    """Return each table of a summary as a sheet, by the table's name.

    ``names`` gives each child's name by its id; without it no child is named.
    """
    return {name: _sheet(name, table, names or {}, language) for name, table in summary.tables.items()}


def _sheet(name: str, table: pd.DataFrame, names: Mapping[str, str], language: str | None) -> Sheet:
    """Return one table with its headings and values in words."""
    shown = table.drop(columns=[column for column in IDS if column in table.columns])
    if names and "child" in table.columns:
        shown.insert(0, "child", table["child"].map(lambda one: names.get(one, one)))
    if "status" in shown.columns:
        shown["status"] = shown["status"].map(
            lambda value: _word(f"report.status.{value}", str(value), language)
        )
    worded = labelled(shown, language)
    kept = [
        column for column in shown.columns if not ("label" in shown.columns and column == shown.columns[0])
    ]
    head = [str(heading) for heading in worded.columns]
    return frame_sheet(_word(f"report.table.{name}", name, language), head, shown[kept], worded)


def frame_sheet(
    title: str, head: list[str], frame: pd.DataFrame, worded: pd.DataFrame | None = None
) -> Sheet:
    """Return a frame as a sheet, with ``worded`` its values in words; a column's own values say of what kind it is."""
    values = frame if worded is None else worded
    return Sheet(
        title=title,
        head=head,
        kinds=[_kind(column, frame[column]) for column in frame.columns],
        rows=[[_plain(value) for value in row] for row in values.itertuples(index=False, name=None)],
    )


def _word(key: str, otherwise: str, language: str | None) -> str:
    """Return the catalogue's word, or what stands there: a school's own table has its own name."""
    return say(key, language) if key in catalogue() else otherwise


def _kind(name: str, values: "pd.Series[Any]") -> str:
    if name == "share":
        return "share"
    if pd.api.types.is_datetime64_any_dtype(values):
        return "day"
    return "number" if pd.api.types.is_numeric_dtype(values) else "text"


def _plain(value: Any) -> Any:
    """Return a value of a frame as Python has it, None where there is none."""
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return None
    return value.date() if isinstance(value, pd.Timestamp) else value
