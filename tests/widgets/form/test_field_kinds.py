"""The fields of the newer question types on the screen, used as a person does: traits set, buttons clicked.

F6-1 a moment typed · F6-2 a range typed or slid · F6-3 choices moved into an order · F6-4 a box to acknowledge
F6-5 pictures and files chosen, shown, taken away, refused · F6-6 a line for what needs a telephone
F6-7 Markdown in labels, everything else escaped · F6-8 appearances
"""

from io import BytesIO

import pytest
from PIL import Image

from guanai.storage.forms.session.form_session import FormSession
from guanai.storage.forms.xlsform.loading import form_of
from guanai.storage.forms.xlsform.markdown import to_html, to_plain
from guanai.storage.records import attachments
from guanai.storage.records.attachments import Attachments
from guanai.storage.records.school_form import SchoolForm
from guanai.widgets import Form
from guanai.widgets.base.value_labels import plain_text
from guanai.widgets.form.field_kinds import CONTROLS
from guanai.widgets.form.steps import LONG

FORM = """
| survey | type | name | label | required | parameters | appearance |
| | dateTime | moment | 何时 | | | |
| | range | mark | 打分 | | start=0 end=10 step=2 | |
| | range | share | 比例 | | start=0 end=1 step=0.1 | |
| | rank wish | wishes | 排序 | | | |
| | acknowledge | read | 已读 **承诺书** | yes | | |
| | image | photo | 照片 | | max-pixels=300 | |
| | file | letter | 附件 | | | |
| | geopoint | place | 位置 | yes | | |
| | select_one wish | one | 心愿 | | | likert |
| | select_one wish | two | 心愿 | | | minimal |
| choices | list_name | name | label |
| | wish | book | 书 |
| | wish | ball | <b>球</b> |
| | wish | pen | 笔 |
"""


def picture(size=(900, 600)):
    made = BytesIO()
    Image.new("RGB", size, "blue").save(made, "PNG")
    return made.getvalue()


@pytest.fixture
def view(tmp_path):

    saved = []
    form = Form(SchoolForm.of(form_of(FORM), Attachments(tmp_path)), on_save=saved.append)
    form.saved = saved
    return form


def test_every_type_has_its_control(view):
    kinds = {path: type(control).__name__ for path, control in view.controls.items()}
    assert kinds == {
        "moment": "Text",
        "mark": "Text",
        "share": "Text",
        "wishes": "Select",
        "read": "Checkbox",
        "photo": "FileUpload",
        "letter": "FileUpload",
        "place": "HTML",
        "one": "RadioButtons",
        "two": "Dropdown",
    }


def test_a_date_and_time_is_read_and_shown_without_its_t(view):
    view.fill(moment="2024年3月5日 8:30")
    assert view.record["moment"] == "2024-03-05T08:30"
    assert view.controls["moment"].value == "2024-03-05 08:30"


def test_a_range_is_typed_or_set_with_the_slider(view):
    field = view.fields["mark"]
    assert (field.slider.min, field.slider.max, field.slider.step) == (0, 10, 2)
    assert "mark" not in view.record
    field.slider.value = 6
    assert (view.record["mark"], field.control.value) == (6, "6")
    view.fill(mark="４")
    assert (view.record["mark"], field.slider.value) == (4, 4)
    view.fill(mark="5")
    assert "mark" in view.errors
    assert "0 到 10" in field.control.description
    view.fill(mark="")
    assert "mark" not in view.record
    view.fields["share"].slider.value = 0.3
    assert view.record["share"] == 0.3


def test_choices_are_moved_into_an_order(view):
    field = view.fields["wishes"]
    assert [label for label, _ in field.control.options] == ["书", "<b>球</b>", "笔"]
    field.up()
    assert "wishes" not in view.record
    field.control.value = "pen"
    field.up()
    assert view.record["wishes"] == ["book", "pen", "ball"]
    assert [label for label, _ in field.control.options] == ["1. 书", "2. 笔", "3. <b>球</b>"]
    assert field.control.value == "pen"
    field.down()
    field.down()
    assert view.record["wishes"] == ["book", "ball", "pen"]
    view.fill(wishes=["笔", "书", "ball"])
    assert view.record["wishes"] == ["pen", "book", "ball"]


def test_the_shown_order_can_be_confirmed_as_it_is(view):
    view.fields["wishes"].confirm()
    assert view.record["wishes"] == ["book", "ball", "pen"]


def test_a_box_is_ticked_to_acknowledge(view):
    view.save.click()
    assert set(view.errors) == {"read"}
    view.fill(read=True)
    assert (view.record["read"], view.errors) == ("OK", {})
    view.fill(read=False)
    assert "read" not in view.record
    assert "<strong>承诺书</strong>" in view.fields["read"].head.value


def test_a_picture_is_stored_shown_and_removed(view, tmp_path):
    field = view.fields["photo"]
    view.fill(photo=("家访.png", picture()))
    name = view.record["photo"]
    assert field.control.value == ()
    with Image.open(tmp_path / name) as stored:
        assert max(stored.size) == 300
    small = field.shown.value
    assert small.startswith("<img")
    field.full.click()
    assert len(field.shown.value) > len(small) or field.shown.value != small
    field.full.click()
    assert field.shown.value == small
    field.remove.click()
    assert "photo" not in view.record
    assert field.shown.value == ""
    assert (tmp_path / name).exists()  # another record may hold it; the history does


def test_a_record_with_a_picture_shows_it(view, tmp_path):
    view.fill(photo=("a.png", picture()))

    form = SchoolForm.of(form_of(FORM), Attachments(tmp_path))
    again = Form(form, record={"id": "1", "photo": view.record["photo"]})
    assert again.fields["photo"].shown.value.startswith("<img")
    gone = Form(form, record={"id": "1", "photo": "<gone>.png"})
    assert "&lt;gone&gt;.png" in gone.fields["photo"].shown.value


@pytest.mark.parametrize(
    ("path", "sent", "words"),
    [("photo", ("a.png", b"no picture"), "不是能打开的图片"), ("letter", ("a.txt", b""), "空文件")],
)
def test_an_upload_that_cannot_be_stored_gives_an_error_and_keeps_the_old_file(view, path, sent, words):
    view.fill(**{path: ("before.png", picture())})
    before = view.record[path]
    view.fill(**{path: sent})
    assert view.record[path] == before
    assert words in view.errors[path]
    assert words in view.fields[path].head.value


def test_a_file_that_is_too_large_is_refused_in_the_browser_and_in_the_kernel(view, monkeypatch):
    head = view.fields["letter"].head.value
    assert f'data-most="{attachments.LARGEST}"' in head
    assert "{name}" in head
    monkeypatch.setattr(attachments, "LARGEST", 10)
    view.fill(letter=("a.txt", b"x" * 11))
    assert "超过了" in view.errors["letter"]


def test_a_file_is_a_link_for_people_who_are_signed_in(view):
    view.fill(letter=("承诺 书.pdf", b"%PDF-1.4"))
    assert 'href="/attachment/%E6%89%BF%E8%AF%BA_%E4%B9%A6-' in view.fields["letter"].shown.value


def test_a_form_without_a_school_says_that_it_stores_no_files():
    view = Form(form_of(FORM))
    view.fill(letter=("a.txt", b"x"))
    assert "学校的文件夹" in view.errors["letter"]


def test_a_question_for_a_telephone_says_so_and_is_never_missing(view):
    assert "手机" in view.controls["place"].value
    view.fill(read=True)
    view.save.click()
    assert view.saved == [{"read": "OK"}]
    shown = Form(form_of(FORM), record={"id": "1", "place": "26.1 119.3"})
    assert "26.1 119.3" in shown.controls["place"].value


@pytest.mark.parametrize(
    ("text", "html", "plain"),
    [
        ("**姓名**", "<strong>姓名</strong>", "姓名"),
        ("__姓名__ 和 *别名*", "<strong>姓名</strong> 和 <em>别名</em>", "姓名 和 别名"),
        ("_斜_ my_own_name 2*3*4", "<em>斜</em> my_own_name 2<em>3</em>4", "斜 my_own_name 234"),
        ("# 大标题", '<span class="guanai-mark-head">大标题</span>', "大标题"),
        ("请看：\n- 一\n* 二", '请看：<br><span class="guanai-mark-item">• 一</span><br><span class="guanai-mark-item">• 二</span>',
         "请看：\n一\n二"),
        ("[说明](javascript:alert(1)) x", "说明) x", "说明) x"),
        ("[**说明**](https://example.org)", "<strong>说明</strong>", "说明"),
        ("<script>*x*</script>", "&lt;script&gt;<em>x</em>&lt;/script&gt;", "<script>x</script>"),
        ('**" onclick="x**', "<strong>&quot; onclick=&quot;x</strong>", '" onclick="x'),
        (r"\*不斜\*", "*不斜*", "*不斜*"),
        ("5 * 3 = 15 * 1", "5 * 3 = 15 * 1", "5 * 3 = 15 * 1"),
        ("#1 号", "#1 号", "#1 号"),
    ],
)  # fmt: skip
def test_labels_may_hold_markdown(text, html, plain):
    assert (to_html(text), to_plain(text)) == (html, plain)


def test_markdown_is_left_out_of_tables_messages_and_headings():
    from guanai.storage.exports.question_columns import question_columns
    from guanai.widgets.base.value_labels import Labels

    form = form_of(FORM)
    assert Labels(form).column("read") == "已读 承诺书"
    assert "已读 承诺书" in [header.heading for header in question_columns(form)]
    assert [problem.label for problem in FormSession(form).check()] == ["已读 承诺书"]


@pytest.mark.parametrize(
    ("stored", "read"),
    [
        ("2026-11-20T14:10:00.000+08:00", "2026-11-20 14:10"),
        ("2026-11-20T14:10", "2026-11-20 14:10"),
        ("2026-11-20T14:10Z", "2026-11-20 14:10"),
        ("2026-11-20", "2026-11-20"),
        ("见2026-11-20T14:10的记录", "见2026-11-20T14:10的记录"),
    ],
)
def test_plain_text_writes_a_date_and_time_without_its_t(stored, read):
    assert plain_text(stored) == read


QUICK = """
| survey | type | name | label | appearance | relevant |
{rows}
| choices | list_name | name | label |
| | yn | yes | 是 |
| | yn | no | 否 |
"""


@pytest.fixture
def focused(monkeypatch):
    """Note in which field the cursor is put."""
    paths = []
    for kind in {base for control in CONTROLS.values() if control for base in control.__mro__[:-1]}:
        if "focus" in vars(kind):
            monkeypatch.setattr(kind, "focus", lambda self: paths.append(self.path))
    return paths


def test_quick_puts_the_cursor_into_the_next_question_that_applies(focused):
    """XLSForm: ``quick`` goes on as soon as it is answered; once answered, the arrow keys may try each choice."""
    rows = [
        "| | select_one yn | a | 在家吗？ | quick | |",
        "| | note | n | 谢谢 | | |",
        "| | text | why | 为何不在？ | | ${a} = 'no' |",
        "| | select_one yn | b | 吃过吗？ | quick | |",
        "| | text | c | 还有？ | | |",
    ]
    view = Form(form_of(QUICK.format(rows="\n".join(rows))))
    view.controls["a"].value = "no"
    assert focused == ["why"]
    view.controls["a"].value = "yes"
    assert focused == ["why"]
    view.controls["b"].value = "yes"
    assert focused == ["why", "c"]
    view.controls["c"].value = "没有"
    assert focused == ["why", "c"]


def test_quick_shows_the_next_step_after_the_last_question(focused):
    rows = [f"| | select_one yn | q{number} | 问{number} | quick | |" for number in range(LONG + 5)]
    view = Form(form_of(QUICK.format(rows="\n".join(rows))))
    assert list(view.fields) == [f"q{number}" for number in range(20)]
    view.controls["q19"].value = "yes"
    assert (focused, next(iter(view.fields))) == (["q20"], "q20")
    view.fill(q64="no")
    assert focused == ["q20"]
    assert view.record == {"q19": "yes", "q64": "no"}


def test_a_table_list_shows_its_heading_once_and_a_question_per_row():
    """XLSForm: pyxform adds a heading and a line of choices that nobody answers."""
    rows = [
        "| | begin_group | g | 在家里 | table-list | |",
        "| | select_one yn | a | 读书 | | |",
        "| | select_one yn | b | 说话 | | |",
        "| | end_group | | | | |",
    ]
    view = Form(form_of(QUICK.format(rows="\n".join(rows))))
    kinds = {path: type(control).__name__ for path, control in view.controls.items()}
    heading, *lines = kinds.items()
    assert (heading[1], lines) == ("HTML", [("a", "RadioButtons"), ("b", "RadioButtons")])
    assert "在家里" in view.controls[heading[0]].value
