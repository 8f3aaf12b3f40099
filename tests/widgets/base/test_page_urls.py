"""Which page shows what (widgets/base/page_urls.py): the addresses for due lines and records.

Requirement: a due line leads to the form that settles it (7.2).
"""

import pandas as pd
import pytest

from guanai.storage.forms.xlsform.loading import form_of
from guanai.widgets import duty_page, edit_pages, list_columns


@pytest.mark.parametrize(
    ("line", "address"),
    [
        ({"form": "home_visit", "subject_id": "c 1"}, "home_visit?child=c%201"),
        ({"form": "pairing", "subject_id": "c1"}, "pairing?child=c1"),
        ({"form": "child", "subject_id": "c1"}, "child?id=c1&edit=1"),
        ({"form": "talk", "subject_id": "c1"}, "register?form=talk&child=c1"),
        ({"form": "opening", "subject_id": "school", "kind": "school"}, "register?form=opening"),
        ({"form": "home_visit", "subject_id": "s1", "kind": "teacher"}, "home_visit"),
        ({"form": "", "subject_id": "c1"}, ""),
        ({}, ""),
    ],
)
def test_a_due_line_leads_to_the_page_that_settles_it(line, address):
    assert duty_page(line) == address


def test_each_form_has_an_address_where_a_record_is_changed():
    pages = edit_pages(["home_visit", "talk"])
    assert pages["home_visit"] == "home_visit?id={id}"
    assert pages["talk"] == "register?form=talk&id={id}"
    assert pages["child"].startswith("child?id={id}")


def test_a_list_shows_short_answers_first_and_leaves_out_what_nobody_answered():
    form = form_of("""
| survey | type | name | label | appearance |
| | text | child | 学生 | |
| | date | date | 日期 | |
| | text | told | 谈了什么 | multiline |
| | begin_repeat | people | 人 | |
| | text | who | 谁 | |
| | end_repeat | | | |
| | integer | a | 甲 | |
| | integer | b | 乙 | |
| | integer | c | 丙 | |
| | integer | d | 丁 | |
| | integer | e | 戊 | |
""")
    assert list_columns(form) == ["child_name", "class", "date", "a", "b", "c", "d"]
    records = pd.DataFrame({"child": ["1", "2"], "date": None, "told": ["好", None], "b": [None, 0]})
    assert list_columns(form, records) == ["child_name", "class", "b", "told"]
    assert list_columns(form, records.iloc[:0]) == list_columns(form)
