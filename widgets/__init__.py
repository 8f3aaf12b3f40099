"""What people see: forms, tables, checklists, dossiers, charts and downloads, all ipywidgets boxes.

Values in, callbacks out: nothing here opens a school. A notebook needs no other import for its screen.
"""

from guanai.widgets.bins import BinList, Deletion
from guanai.widgets.boxes import Columns, Stack, Style, Tabs, Text, asked, asked_day
from guanai.widgets.cards import Cards
from guanai.widgets.charts import Chart, Picture, bars, coverage_by_class, visits_by_mode
from guanai.widgets.checklists import Checklist, narrowed
from guanai.widgets.coverages import CoverageList, coverage_tables, due_list
from guanai.widgets.days import MyDay
from guanai.widgets.designer import Designer
from guanai.widgets.dossiers import Dossier
from guanai.widgets.downloads import Download
from guanai.widgets.forms import Form
from guanai.widgets.handouts import Handout, handout
from guanai.widgets.imports import Import
from guanai.widgets.imports_made import ImportsMade
from guanai.widgets.inputs import Button, Choice, Day, Search
from guanai.widgets.lookalikes import MergePanel, Merges
from guanai.widgets.matrices import Matrix
from guanai.widgets.names import by_class, find, matches
from guanai.widgets.pages import (
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
from guanai.widgets.pairings import Proposals
from guanai.widgets.paper import due_sheet
from guanai.widgets.progress import Progress
from guanai.widgets.record_views import RecordView
from guanai.widgets.registers import RegisterIndex, RegisterTable
from guanai.widgets.settings import Settings
from guanai.widgets.tables import Table
from guanai.widgets.unsaved import LeftOver

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
