"""The term summary as files: a workbook of figures and tables, and a Word report from an editable template.

The template is a Word document with ``{{ names }}`` in it (docxtpl), which a coordinator changes in WPS or
Word; what it may use is described at `report_context`. What goes into a report names no child unless the
caller gives the names: what a visit found is never made public (004, 五不要 5).
"""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

from docx.opc.exceptions import PackageNotFoundError
from docx.shared import Mm
from docxtpl import DocxTemplate, InlineImage
from jinja2 import StrictUndefined, TemplateError, UndefinedError
from jinja2.sandbox import SandboxedEnvironment

from guanai.care.errors import ExchangeError
from guanai.care.figures import Figure
from guanai.care.summary.term_summary import Summary
from guanai.storage.exports.report_sheets import figures_sheet, met_words, sheets_of
from guanai.storage.files.corrupt_files import DAMAGED
from guanai.storage.files.safe_cells import UNWRITABLE
from guanai.storage.files.workbook_style import Sheet, book_of
from guanai.templates.wording import say

__all__ = ["excel_summary", "report_context", "word_summary"]

CHART_WIDTH = Mm(155)


def report_context(
    summary: Summary, school: str, *, made_by: str = "", language: str | None = None
) -> dict[str, Any]:
    """Return what a report template may use, every value a text ready to be read.

    - ``school``, ``term``, ``term_start``, ``term_end``, ``on`` (the day of the figures), ``made_by``
    - ``figures``: each with ``label``, ``numerator``, ``denominator``, ``share``, ``target``, ``met`` and
      ``basis`` (what was counted, out of what); ``figure`` holds the same by key: ``{{ figure.coverage.share }}``
    - ``tables``: each with ``title``, ``head`` (headings) and ``rows`` (lists of cells); ``table`` by key
    - ``charts`` (a list) and ``chart`` (by name), put in by `word_summary`
    """
    figures = {figure.key: _figure(figure, language) for figure in summary.figures}
    tables = {name: _table(sheet, language) for name, sheet in sheets_of(summary, language=language).items()}
    return {
        "school": school,
        "term": summary.term.name,
        "term_start": say("report.day", language, day=summary.term.start),
        "term_end": say("report.day", language, day=summary.term.end),
        "on": say("report.day", language, day=summary.on),
        "made_by": made_by,
        "figures": list(figures.values()),
        "figure": figures,
        "tables": list(tables.values()),
        "table": tables,
    }


def word_summary(template_path: Path, context: Mapping[str, Any], charts: Mapping[str, bytes]) -> bytes:
    """Return the Word report that a template makes of a context (see `report_context`) and charts (PNG by name).

    Raises ExchangeError when the template is no Word document, or uses a name that there is not, or has a
    mistake in its ``{{ }}``: the message says which and what to do.
    """
    document = _opened(template_path)
    pictures = {name: InlineImage(document, BytesIO(png), width=CHART_WIDTH) for name, png in charts.items()}
    known = {**context, "charts": list(pictures.values()), "chart": pictures}
    rules = SandboxedEnvironment(undefined=StrictUndefined, autoescape=True)
    try:
        document.render(_writable(known), rules, autoescape=True)
    except UndefinedError as error:
        names = say("report.joint").join(sorted(known))
        raise ExchangeError(
            "report.unknown", file=template_path.name, problem=error.message, names=names
        ) from error
    except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
        raise ExchangeError(
            "report.syntax", file=template_path.name, problem=error, near=_near(error) or template_path.name
        ) from error
    written = BytesIO()
    document.save(written)
    return written.getvalue()


def excel_summary(
    summary: Summary, names: Mapping[str, str] | None = None, language: str | None = None
) -> bytes:
    """Return the summary as a workbook: a sheet of the figures, then one per table.

    Numbers are numbers, days are days, shares have the format of one; a text that a spreadsheet would run
    is made safe. ``names`` gives each child's name by its id; without it no child is named.
    """
    book = book_of([figures_sheet(summary, language), *sheets_of(summary, names, language).values()])
    written = BytesIO()
    book.save(written)
    return written.getvalue()


def _opened(template_path: Path) -> DocxTemplate:
    """Return a template that can be read as a Word document."""
    document = DocxTemplate(template_path)
    try:
        document.init_docx()
    except (*DAMAGED, PackageNotFoundError) as error:
        raise ExchangeError("report.unreadable", file=template_path.name) from error
    return document


def _writable(value: Any) -> Any:
    """Return a context with every text as Word can hold it: without control characters."""
    if isinstance(value, str):
        return UNWRITABLE.sub("", value)
    if isinstance(value, Mapping):
        return {key: _writable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_writable(item) for item in value]
    return value


def _near(error: Exception) -> str:
    """Return the words of the template around a mistake, as far as docxtpl knows them."""
    lines = (line.strip() for line in getattr(error, "docx_context", ()))
    return " / ".join(f"“{line[:60]}”" for line in lines if "{" in line)


def _figure(figure: Figure, language: str | None) -> dict[str, str]:
    """Return a figure in words."""
    nothing = say("report.nothing", language)
    return {
        "key": figure.key,
        "label": figure.label,
        "numerator": str(figure.numerator),
        "denominator": nothing if figure.denominator is None else str(figure.denominator),
        "share": nothing if figure.share is None else f"{figure.share:.1%}",
        "target": nothing if figure.target is None else f"{figure.target:.0%}",
        "met": met_words(figure, language),
        "basis": figure.basis,
    }


def _table(sheet: Sheet, language: str | None) -> dict[str, Any]:
    """Return a table in words."""
    return {
        "title": sheet.title,
        "head": list(sheet.head),
        "rows": [
            [_cell(cell, kind, language) for cell, kind in zip(row, sheet.kinds, strict=True)]
            for row in sheet.rows
        ],
    }


def _cell(value: Any, kind: str, language: str | None) -> str:
    """Return a cell in words."""
    if value is None:
        return say("report.nothing", language)
    if kind == "share":
        return f"{value:.1%}"
    return say("report.day", language, day=value) if kind == "day" else str(value)
