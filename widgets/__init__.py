"""What people see: forms, tables, checklists, dossiers, charts and downloads, all ipywidgets boxes.

Values in, callbacks out: nothing here opens a school. A notebook needs no other import for its screen.
"""

from guanai.widgets.boxes import Columns, Stack, Style, Tabs, Text, asked
from guanai.widgets.cards import Cards
from guanai.widgets.charts import Chart, Picture, bars, coverage_by_class, visits_by_mode
from guanai.widgets.checklists import Checklist
from guanai.widgets.dossiers import Dossier
from guanai.widgets.downloads import Download
from guanai.widgets.forms import Form
from guanai.widgets.inputs import Button, Choice, Day, Search
from guanai.widgets.lookalikes import MergePanel, Merges
from guanai.widgets.names import find, matches
from guanai.widgets.pages import (
    OWN_PAGES,
    FirstSteps,
    Links,
    list_columns,
    page_about,
    page_for,
    record_pages,
)
from guanai.widgets.pairings import Proposals
from guanai.widgets.progress import Progress
from guanai.widgets.settings import Settings
from guanai.widgets.tables import Table
from guanai.widgets.unsaved import LeftOver

__all__ = [
    "OWN_PAGES",
    "Button",
    "Cards",
    "Chart",
    "Checklist",
    "Choice",
    "Columns",
    "Day",
    "Dossier",
    "Download",
    "FirstSteps",
    "Form",
    "LeftOver",
    "Links",
    "MergePanel",
    "Merges",
    "Picture",
    "Progress",
    "Proposals",
    "Search",
    "Settings",
    "Stack",
    "Style",
    "Table",
    "Tabs",
    "Text",
    "asked",
    "bars",
    "coverage_by_class",
    "find",
    "list_columns",
    "matches",
    "page_about",
    "page_for",
    "record_pages",
    "visits_by_mode",
]
