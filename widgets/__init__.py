"""The widgets of pages: forms, tables, checklists, dossiers, charts and downloads, all ipywidgets boxes.

They get values and call functions; none of them opens a school. A notebook imports what it shows from here.
"""

import warnings

from guanai.widgets.base.boxes import Columns, Stack, Style, Tabs, Text, url_day, url_param
from guanai.widgets.base.links import Cards, FirstSteps, Links
from guanai.widgets.base.name_search import find, matches, sort_by_class
from guanai.widgets.base.notices import Progress
from guanai.widgets.base.page_urls import (
    OWN_PAGES,
    deferral_page,
    duty_page,
    edit_page,
    edit_pages,
    form_page,
    list_columns,
    print_links,
    record_links,
    register_links,
    view_pages,
)
from guanai.widgets.base.table import Table
from guanai.widgets.form.drafts import UnsavedDrafts
from guanai.widgets.form.form import Form
from guanai.widgets.form.inputs import Button, Choice, Day, Search
from guanai.widgets.imports.history import ImportHistory
from guanai.widgets.imports.import_panel import ImportPanel
from guanai.widgets.lists.charts import Chart, Picture, bar_chart, coverage_by_class, visits_by_mode
from guanai.widgets.lists.checklists import Checklist, filter_lines
from guanai.widgets.lists.coverages import CoverageList, coverage_tables, due_line_panel
from guanai.widgets.lists.deleted import BinList, DeleteButton
from guanai.widgets.lists.dossiers import Dossier
from guanai.widgets.lists.downloads import Download
from guanai.widgets.lists.duty_matrix import Matrix
from guanai.widgets.lists.handouts import Handout, due_sheet, tables_handout
from guanai.widgets.lists.merges import MergeHistory, MergePanel
from guanai.widgets.lists.my_day import MyDay
from guanai.widgets.lists.proposals import Proposals
from guanai.widgets.lists.record_views import RecordView
from guanai.widgets.lists.registers import RegisterIndex, RegisterTable
from guanai.widgets.lists.trails import EmergencyPanel, WhoLooked, emergency_table, trail_table
from guanai.widgets.settings.form_designer import Designer
from guanai.widgets.settings.workbook_panel import Settings

__all__ = [
    "OWN_PAGES",
    "BinList",
    "Button",
    "Cards",
    "Chart",
    "Checklist",
    "Choice",
    "Columns",
    "CoverageList",
    "Day",
    "DeleteButton",
    "Designer",
    "Dossier",
    "Download",
    "EmergencyPanel",
    "FirstSteps",
    "Form",
    "Handout",
    "ImportHistory",
    "ImportPanel",
    "Links",
    "Matrix",
    "MergeHistory",
    "MergePanel",
    "MyDay",
    "Picture",
    "Progress",
    "Proposals",
    "RecordView",
    "RegisterIndex",
    "RegisterTable",
    "Search",
    "Settings",
    "Stack",
    "Style",
    "Table",
    "Tabs",
    "Text",
    "UnsavedDrafts",
    "WhoLooked",
    "bar_chart",
    "coverage_by_class",
    "coverage_tables",
    "deferral_page",
    "due_line_panel",
    "due_sheet",
    "duty_page",
    "edit_page",
    "edit_pages",
    "emergency_table",
    "filter_lines",
    "find",
    "form_page",
    "list_columns",
    "matches",
    "print_links",
    "record_links",
    "register_links",
    "sort_by_class",
    "tables_handout",
    "trail_table",
    "url_day",
    "url_param",
    "view_pages",
    "visits_by_mode",
]

# Names of the version before, for notebooks that a school has copied: they keep working for one version.
RENAMED = {
    "Deletion": "DeleteButton",
    "Import": "ImportPanel",
    "ImportsMade": "ImportHistory",
    "LeftOver": "UnsavedDrafts",
    "Merges": "MergeHistory",
    "asked": "url_param",
    "asked_day": "url_day",
    "bars": "bar_chart",
    "by_class": "sort_by_class",
    "child_papers": "print_links",
    "due_list": "due_line_panel",
    "handout": "tables_handout",
    "list_ways": "register_links",
    "narrowed": "filter_lines",
    "page_about": "form_page",
    "page_for": "duty_page",
    "page_of": "edit_page",
    "page_to_defer": "deferral_page",
    "record_pages": "edit_pages",
    "record_ways": "record_links",
}


def __getattr__(name: str) -> object:
    """Return what an old name stands for, with a warning that says the new one."""
    if name not in RENAMED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    new = RENAMED[name]
    warnings.warn(f"{__name__}.{name} is now {new}", DeprecationWarning, stacklevel=2)
    return globals()[new]
