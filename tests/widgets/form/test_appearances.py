"""Each appearance of XLSForm that has a meaning on a desk looks or behaves in its own way.

Promise: an appearance of ODK's XLSForm looks here as it does there (templates/README.md).
"""

import re

import ipywidgets as ipw
import pytest

from guanai.storage.forms import form_of
from guanai.templates import template
from guanai.widgets import Form

CHOICES = "| choices | list_name | name | label |\n" + "".join(
    f"| | mark | m{n} | 第{n}等级的说明 |\n" for n in range(1, 9)
)
LOOKS = ("likert", "no-buttons", "columns", "columns-pack", *(f"columns-{n}" for n in range(1, 6)))


def field(kind, look):
    form = form_of(
        f"| survey | type | name | label | appearance |\n| | {kind} | a | 甲 | {look} |\n{CHOICES}"
    )
    return Form(form).fields["a"]


@pytest.mark.parametrize("kind", ["select_one mark", "select_multiple mark"])
@pytest.mark.parametrize("look", LOOKS)
def test_an_appearance_becomes_a_css_class_that_the_style_sheet_has(kind, look):
    view = field(kind, look).view
    assert {f"guanai-look-{look}", "guanai-wide"} <= set(view._dom_classes)
    assert re.search(rf"\.guanai-look-{look}\b", template("theme/widgets.css").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("kind", "look", "control"),
    [
        ("select_one mark", "", ipw.Dropdown),
        ("select_one mark", "minimal", ipw.Dropdown),
        ("select_one mark", "quick", ipw.RadioButtons),
        ("select_one mark", "likert", ipw.RadioButtons),
        ("select_one mark", "no-buttons", ipw.RadioButtons),
        ("select_one mark", "columns-2", ipw.RadioButtons),
        ("select_one mark", "autocomplete", ipw.Combobox),
        ("text", "", ipw.Text),
        ("text", "multiline", ipw.Textarea),
    ],
)
def test_an_appearance_chooses_the_control(kind, look, control):
    assert type(field(kind, look).control) is control


@pytest.mark.parametrize("look", ["", "minimal"])
def test_a_question_without_an_appearance_gets_no_class(look):
    assert not [name for name in field("select_one mark", look).view._dom_classes if "look" in name]


def test_a_field_list_is_one_step():
    rows = "".join(f"| | text | q{n} | 题{n} | |\n" for n in range(70))
    form = form_of(
        "| survey | type | name | label | appearance |\n| | begin_group | g | 同页 | field-list |\n"
        f"{rows}| | end_group | | | |\n"
    )
    shown = Form(form)
    assert len(shown.fields) == 70
