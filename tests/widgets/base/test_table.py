"""A frame as an accessible HTML table (widgets/base/table.py): pages, links, words of the form, escaping.

Requirement: lists that each figure stands on (7.2, 7.16). Promise: stored text is escaped.
"""

import pandas as pd
import pytest

from guanai.care.errors import StorageError
from guanai.storage.forms.xlsform.loading import form_of
from guanai.widgets import Choice, Stack, Table

FORM = """
| survey | type | name | label |
| | text | name | 姓名 |
| | select_one mode | mode | 方式 |
| | select_multiple mode | modes | 各种方式 |
| | begin_repeat | guardians | 监护人 |
| | text | gname | 名字 |
| | select_one mode | by | 联系 |
| | end_repeat | | |

| choices | list_name | name | label |
| | mode | door | 上门 |
| | mode | phone | 打电话 |
"""
ROWS = pd.DataFrame(
    {
        "id": ["a b", "c&d"],
        "name": ["安小苗", "<b>白</b>"],
        "mode": ["door", "phone"],
        "visits": [3, 12],
        "date": pd.to_datetime(["2025-09-01", None]),
        "share": [0.5, None],
    }
)


@pytest.fixture(scope="module")
def form():
    return form_of(FORM)


def test_accessible_head_and_caption():
    body = Table(ROWS, caption="家访", columns={"name": "姓名", "visits": "次数"}).body.value
    assert "<caption>家访</caption>" in body
    assert '<th scope="col" class="guanai-short">姓名</th>' in body
    assert '<th scope="row" class="guanai-short" data-label="姓名">安小苗</th>' in body
    assert 'class="guanai-number" data-label="次数">3</td>' in body


def test_words_of_the_form(form):
    body = Table(ROWS, form=form, columns=["name", "mode"]).body.value
    assert "方式" in body
    assert "上门" in body
    assert "door" not in body


def test_words_of_the_catalogue_without_a_form():
    body = Table(ROWS, columns=["mode", "visits"]).body.value
    assert "door" not in body
    assert "家访次数" in body


def test_answers_of_many_kinds(form):
    rows = pd.DataFrame({"modes": [["door", "phone"]], "guardians": [[{"gname": "安大山", "by": "phone"}]]})
    body = Table(rows, form=form).body.value
    assert "上门、打电话" in body
    assert "安大山 打电话" in body


def test_stored_text_is_escaped():
    body = Table(ROWS, link={"name": "child?child={id}"}).body.value
    assert "<b>白" not in body
    assert "&lt;b&gt;白" in body
    assert 'href="child?child=a%20b"' in body
    assert 'href="child?child=c%26d"' in body


def test_nothing_is_shown_for_nothing():
    body = Table(ROWS, columns=["name", "date", "share"], percent=["share"]).body.value
    assert "NaT" not in body
    assert "nan" not in body
    assert "2025-09-01<" in body
    assert "50%" in body


def test_one_template_links_the_first_column():
    body = Table(ROWS, columns=["name"], link="child?child={id}").body.value
    assert '<a href="child?child=a%20b">安小苗</a>' in body


def test_the_code_column_of_a_summary_is_not_shown():
    rows = pd.DataFrame({"mode": ["door"], "label": ["走进家庭"], "visits": [3]})
    body = Table(rows).body.value
    assert body.count("<th ") == 3  # two heads of columns, one of the row
    assert "走进家庭" in body


def test_a_long_table_has_pages():
    rows = pd.DataFrame({"n": range(120)})
    table = Table(rows, page=50)
    assert table.body.value.count("<tr>") == 51
    assert table.count == 120
    assert table.previous.disabled
    table.next.click()
    table.next.click()
    assert table.body.value.count("<tr>") == 21
    assert table.next.disabled
    assert "101" in table.pager.position.value
    table.previous.click()
    assert ">50<" in table.body.value


def test_no_pager_for_one_page():
    assert Table(ROWS).pager.layout.display == "none"


def test_runs_again_when_an_input_changes():
    mode = Choice("方式", ["door", "phone"])
    table = Table(lambda chosen: ROWS[ROWS["mode"] == chosen], mode, columns=["name"])
    assert list(table.frame["name"]) == ["安小苗"]
    mode.value = "phone"
    assert list(table.frame["name"]) == ["<b>白</b>"]
    assert mode in table.bar.children


def test_an_input_is_shown_where_its_author_stacks_it():
    mode = Choice("方式", ["door", "phone"])
    table = Table(lambda chosen: ROWS, mode)
    stack = Stack(mode, table)
    assert mode in stack.children
    assert mode not in table.bar.children


def test_an_empty_school_says_what_to_do():
    table = Table(ROWS.iloc[:0], caption="家访", empty="先登记一名儿童。")
    assert "先登记一名儿童。" in table.body.value
    assert table.count == 0


def test_the_index_of_a_summary_is_shown():
    rows = ROWS.groupby("name").agg(visits=("visits", "sum"))
    assert "安小苗" in Table(rows).body.value


def test_an_error_is_shown_not_raised():
    def fail():
        raise StorageError("form.ready")

    assert "guanai-bad" in Table(fail).body.value

    def break_():
        raise ZeroDivisionError("secret")

    assert "secret" not in Table(break_).body.value


def test_dates_stay_on_one_line_and_sentences_do_not():
    frame = pd.DataFrame({"date": ["2026-11-20"], "told": ["背课文慢，老师教了分段背的办法"]})
    body = Table(frame, columns={"date": "日期", "told": "谈了什么"}).body.value
    assert '<th scope="row" class="guanai-short" data-label="日期">2026-11-20</th>' in body
    assert '<td data-label="谈了什么">背课文慢，老师教了分段背的办法</td>' in body


@pytest.mark.parametrize(
    ("rows", "slim"),
    [
        pytest.param({"class": ["八年级2班"], "grade": [8], "children": [14], "pupils": [48]}, True, id="numbers"),
        pytest.param({"class": ["八年级2班"], "basis": ["分母：当日在册的特殊群体儿童。分子：本学期面对面访到的"]}, False, id="a sentence"),
        pytest.param({str(key): ["九年级2班"] for key in range(6)}, False, id="many columns"),
        pytest.param({"class": []}, False, id="nothing"),
    ],
)  # fmt: skip
def test_a_table_that_fits_a_telephone_stays_a_table(rows, slim):
    """A page is read at 390 x 844; a card for each row of numbers makes one of twenty screens."""
    assert ("guanai-slim" in Table(pd.DataFrame(rows)).body.value) == slim
