"""The term summary as files: a workbook of figures and tables, and a Word report from an editable template.

The template is a Word document with ``{{ names }}`` in it (docxtpl), which a coordinator changes in WPS or Word; the
names are described at `report_context`. A report names no child unless the caller gives the names: what a visit found
is never made public (004, 五不要 5).
"""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

from docx.opc.exceptions import PackageNotFoundError
from docx.shared import Mm
from docxtpl import DocxTemplate, InlineImage
from jinja2 import TemplateError, UndefinedError
from jinja2.exceptions import SecurityError

from guanai.care.errors import ExchangeError
from guanai.care.figures import Figure
from guanai.care.summary.term_summary import Summary
from guanai.storage.files.file_access import READ_ERRORS
from guanai.storage.files.office_files import check_office_file
from guanai.storage.files.workbook_writer import OutputSheet
from guanai.storage.reports.excel_tables import figures_sheet, met_in_words, summary_sheets, workbook_bytes
from guanai.storage.reports.template_sandbox import Picture, TemplateSandbox, plain_values
from guanai.templates.wording import say

__all__ = ["excel_summary", "report_context", "word_summary"]

_CHART_WIDTH = Mm(155)


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
    tables = {
        name: _table(sheet, language) for name, sheet in summary_sheets(summary, language=language).items()
    }
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

    Raises ExchangeError when the template is not a Word document, uses an unknown name, or has a mistake in its
    ``{{ }}``: the message says which and what to do.
    """
    document = _open_template(template_path)
    pictures = {name: Picture(number) for number, name in enumerate(charts)}
    names = {**context, "charts": list(pictures.values()), "chart": pictures}
    files = list(charts.values())

    def picture(chosen: Picture) -> str:
        return str(InlineImage(document, BytesIO(files[chosen.number]), width=_CHART_WIDTH))

    try:
        document.render(plain_values(names), TemplateSandbox(picture), autoescape=True)
    except SecurityError as error:
        raise ExchangeError("report.unsafe", file=template_path.name, what=error) from error
    except UndefinedError as error:
        usable = say("report.joint").join(sorted(names))
        raise ExchangeError(
            "report.unknown", file=template_path.name, problem=error.message, names=usable
        ) from error
    except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
        raise ExchangeError(
            "report.syntax", file=template_path.name, problem=error, near=_near(error) or template_path.name
        ) from error
    content = BytesIO()
    document.save(content)
    return content.getvalue()


def excel_summary(
    summary: Summary, names: Mapping[str, str] | None = None, language: str | None = None
) -> bytes:
    """Return the summary as a workbook: a sheet of the figures, then one per table.

    Numbers are numbers, days are days, shares have the format of one; a text that a spreadsheet would run
    is escaped. ``names`` gives each child's name by its id; without it no child is named.
    """
    return workbook_bytes(
        [figures_sheet(summary, language), *summary_sheets(summary, names, language).values()]
    )


def _open_template(template_path: Path) -> DocxTemplate:
    """Return a template. Raises ExchangeError where it is not a Word document."""
    try:
        check_office_file(template_path)
        document = DocxTemplate(template_path)
        document.init_docx()
    except (*READ_ERRORS, PackageNotFoundError) as error:
        raise ExchangeError("report.unreadable", file=template_path.name) from error
    return document


def _near(error: Exception) -> str:
    """Return the template's text around a mistake, as far as docxtpl gives it."""
    lines = (line.strip() for line in getattr(error, "docx_context", ()))
    return " / ".join(f"“{line[:60]}”" for line in lines if "{" in line)


def _figure(figure: Figure, language: str | None) -> dict[str, str]:
    """Return a figure in words."""
    nothing = say("report.nothing", language)
    return {
        "key": figure.key,
        "label": figure.label,
        "numerator": say("report.few", language) if figure.numerator is None else str(figure.numerator),
        "denominator": nothing if figure.denominator is None else str(figure.denominator),
        "share": nothing if figure.share is None else f"{figure.share:.1%}",
        "target": nothing if figure.target is None else f"{figure.target:.0%}",
        "met": met_in_words(figure, language),
        "basis": figure.basis,
    }


def _table(sheet: OutputSheet, language: str | None) -> dict[str, Any]:
    """Return a table in words."""
    return {
        "title": sheet.title,
        "head": list(sheet.headings),
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
