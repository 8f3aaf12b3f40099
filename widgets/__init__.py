"""What people see: forms, tables, checklists, dossiers, charts and downloads, all ipywidgets boxes.

Values in, callbacks out: nothing here opens a school. A notebook needs no other import for its screen.
"""

from guanai.widgets.base.boxes import Columns, Stack, Style, Tabs, Text, asked, asked_day
from guanai.widgets.base.name_search import by_class, find, matches
from guanai.widgets.base.page_urls import (
    OWN_PAGES,
    FirstSteps,
    Links,
    child_papers,
    list_columns,
    list_ways,
    page_about,
    page_for,
    page_of,
    page_to_defer,
    record_pages,
    record_ways,
    view_pages,
)
from guanai.widgets.base.progress import Progress
from guanai.widgets.base.table import Table
from guanai.widgets.form.drafts import LeftOver
from guanai.widgets.form.duplicates import MergePanel, Merges
from guanai.widgets.form.form import Form
from guanai.widgets.form.inputs import Button, Choice, Day, Search
from guanai.widgets.imports.history import ImportsMade
from guanai.widgets.imports.import_panel import Import
from guanai.widgets.lists.cards import Cards
from guanai.widgets.lists.charts import Chart, Picture, bars, coverage_by_class, visits_by_mode
from guanai.widgets.lists.checklist_sheet import due_sheet
from guanai.widgets.lists.checklists import Checklist, narrowed
from guanai.widgets.lists.coverages import CoverageList, coverage_tables, due_list
from guanai.widgets.lists.deleted import BinList, Deletion
from guanai.widgets.lists.dossiers import Dossier
from guanai.widgets.lists.downloads import Download
from guanai.widgets.lists.duty_matrix import Matrix
from guanai.widgets.lists.handouts import Handout, handout
from guanai.widgets.lists.my_day import MyDay
from guanai.widgets.lists.proposals import Proposals
from guanai.widgets.lists.record_views import RecordView
from guanai.widgets.lists.registers import RegisterIndex, RegisterTable
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
    "Deletion",
    "Designer",
    "Dossier",
    "Download",
    "FirstSteps",
    "Form",
    "Handout",
    "Import",
    "ImportsMade",
    "LeftOver",
    "Links",
    "Matrix",
    "MergePanel",
    "Merges",
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
    "asked",
    "asked_day",
    "bars",
    "by_class",
    "child_papers",
    "coverage_by_class",
    "coverage_tables",
    "due_list",
    "due_sheet",
    "find",
    "handout",
    "list_columns",
    "list_ways",
    "matches",
    "narrowed",
    "page_about",
    "page_for",
    "page_of",
    "page_to_defer",
    "record_pages",
    "record_ways",
    "view_pages",
    "visits_by_mode",
]
