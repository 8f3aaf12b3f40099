"""Records, forms and a school's rules. A notebook opens a school here and needs nothing else of this room."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from guanai.care.errors import (
    AccessError,
    ConflictError,
    ExchangeError,
    FormError,
    GuanaiError,
    PolicyError,
    RecordError,
    StorageError,
)
from guanai.storage.old_names import forward_old_names
from guanai.storage.school.open_school import create_school, open_school
from guanai.storage.school.permissions import is_coordinator
from guanai.storage.school.school import School
from guanai.storage.school.workbooks import presets

if TYPE_CHECKING:
    from guanai.storage.exports.export import EXPORT_ENDINGS, export_bytes
    from guanai.storage.reports.excel_tables import closing_excel, coverage_excel, due_excel, to_do_excel
    from guanai.storage.reports.term_report import excel_summary, report_context, word_summary

__all__ = [
    "EXPORT_ENDINGS",
    "AccessError",
    "ConflictError",
    "ExchangeError",
    "FormError",
    "GuanaiError",
    "PolicyError",
    "RecordError",
    "School",
    "StorageError",
    "closing_excel",
    "coverage_excel",
    "create_school",
    "due_excel",
    "excel_summary",
    "export_bytes",
    "is_coordinator",
    "open_school",
    "presets",
    "report_context",
    "to_do_excel",
    "word_summary",
]

# Loaded when it is first asked for: most pages write no file. Each name with its module and its name there.
_FILES = {
    "EXPORT_ENDINGS": ("guanai.storage.exports.export", "EXPORT_ENDINGS"),
    "closing_excel": ("guanai.storage.reports.excel_tables", "closing_excel"),
    "coverage_excel": ("guanai.storage.reports.excel_tables", "coverage_excel"),
    "due_excel": ("guanai.storage.reports.excel_tables", "due_excel"),
    "excel_summary": ("guanai.storage.reports.term_report", "excel_summary"),
    "export_bytes": ("guanai.storage.exports.export", "export_bytes"),
    "report_context": ("guanai.storage.reports.term_report", "report_context"),
    "to_do_excel": ("guanai.storage.reports.excel_tables", "to_do_excel"),
    "word_summary": ("guanai.storage.reports.term_report", "word_summary"),
}


def __getattr__(name: str) -> Any:
    if name not in _FILES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, there = _FILES[name]
    return getattr(import_module(module), there)


forward_old_names()
