"""The workbook changed row by row: checked, written safely, what coordinators put in stays (requirements 7.4)."""

import re
import zipfile
from datetime import date, datetime

import pytest
from openpyxl import load_workbook
from openpyxl.styles import Font, PatternFill
from support.signed_in import signed_in

from guanai.care.policy.workbook_rows import ROW
from guanai.storage import AccessError, GuanaiError, PolicyError, open_school
from guanai.storage.school.workbook_edits import Edit, digest_of, write_edits

pytestmark = pytest.mark.slow

ON = date(2026, 11, 20)


@pytest.fixture
def school(school):
    """The school as its coordinator sees it."""
    person = school.save("staff", {"name": "测试老师", "role": "coordinator", "active": "yes"})
    return school.as_user("测试老师", person["id"])


def row_named(shown, name, sheet="duties", head="name"):
    return next(row for row in shown.rows(sheet) if row[head] == name)


def changed(school, sheet, row, **cells):
    book = school.settings
    shown = book.read()
    return book.change(shown, [book.edit(shown, sheet, row, cells)])


def cells_of(path, sheet):
    return [[cell.value for cell in row] for row in load_workbook(path)[sheet].iter_rows()]


def test_a_changed_cell_is_written_and_nothing_else(school):
    path = school.folder.workbook
    before = {page.title: cells_of(path, page.title) for page in load_workbook(path).worksheets}
    row = row_named(school.settings.read(), "每名教职工帮扶人数")
    changed(school, "duties", row[ROW], at_least="5")
    after = {page.title: cells_of(path, page.title) for page in load_workbook(path).worksheets}
    different = [
        (title, number, place)
        for title, rows in before.items()
        for number, line in enumerate(rows, start=1)
        for place, cell in enumerate(line)
        if after[title][number - 1][place] != cell
    ]
    head = before["职责"][0].index("至少")
    assert different == [("职责", row[ROW], head)]
    assert next(duty for duty in school.policy.duties if duty.name == "每名教职工帮扶人数").at_least == 5
    again = open_school(school.folder.path)
    assert next(duty for duty in again.policy.duties if duty.name == "每名教职工帮扶人数").at_least == 5
    assert again.notices == []
    again.close()


def test_formats_widths_and_columns_of_ones_own_stay(school):
    path = school.folder.workbook
    book = load_workbook(path)
    page = book["职责"]
    page["A3"].font, page["A3"].fill = (
        Font(bold=True, color="FFAA0000"),
        PatternFill("solid", fgColor="FFFFEE00"),
    )
    page.column_dimensions["A"].width = 33
    extra = page.max_column + 2
    page.cell(3, extra, "自己的批注")
    page.cell(2, extra, "=1+1")
    page.merge_cells(start_row=40, start_column=1, end_row=40, end_column=3)
    book.create_sheet("草稿")
    book.save(path)
    changed(school, "duties", 3, remark="改过")
    page = load_workbook(path)["职责"]
    assert page["A3"].font.bold
    assert page["A3"].fill.fgColor.rgb == "FFFFEE00"
    assert page.column_dimensions["A"].width == 33
    assert (page.cell(3, extra).value, page.cell(2, extra).value) == ("自己的批注", "=1+1")
    assert "草稿" in load_workbook(path).sheetnames
    assert [str(area) for area in page.merged_cells.ranges] == ["A40:C40"]


def test_what_was_replaced_is_kept_and_who_did_it_is_noted(school):
    path = school.folder.workbook
    before = path.read_bytes()
    changed(school, "duties", 2, remark="改过")
    (backup,) = school.folder.backups.glob("school-*.xlsx")
    assert backup.read_bytes() == before
    (note,) = school.table("setting").rows()
    assert (note["created_by"], note["kept"]) == ("测试老师", backup.name)
    assert note["edits"][0]["after"] == {"备注": "改过"}
    changed(school, "duties", 2, remark="又改")
    assert len(list(school.folder.backups.glob("school-*.xlsx"))) == 2
    assert not list(path.parent.glob("*writing*"))


def test_a_newer_file_is_never_overwritten(school):
    book = school.settings
    shown = book.read()
    workbook = load_workbook(school.folder.workbook)
    workbook["职责"]["A2"].value = "别人改的"
    workbook.save(school.folder.workbook)
    theirs = school.folder.workbook.read_bytes()
    with pytest.raises(GuanaiError, match="刷新本页"):
        book.change(shown, [book.edit(shown, "duties", 3, {"remark": "我的"})])
    assert school.folder.workbook.read_bytes() == theirs
    assert not list(school.folder.backups.glob("school-*.xlsx"))


@pytest.mark.parametrize(
    ("sheet", "cells", "column", "part"),
    [
        pytest.param("duties", {"at_least": "两次"}, "至少", "整数", id="a number"),
        pytest.param("duties", {"kind": "没有这种"}, "种类", "可以填", id="a choice"),
        pytest.param("duties", {"record_condition": "乱写"}, "记录条件", "看不懂条件", id="a condition"),
        pytest.param("duties", {"name": ""}, "名称", "必须填写", id="what is needed"),
        pytest.param("calendar", {"start": "2026-02-30"}, "开始", "日期", id="a day that is none"),
        pytest.param("calendar", {"end": "2020-01-01"}, "结束", "早于", id="an end before its start"),
    ],
)
def test_a_mistake_is_refused_with_its_place_and_what_to_do(school, sheet, cells, column, part):
    before = school.folder.workbook.read_bytes()
    row = 2 if sheet == "calendar" else row_named(school.settings.read(), school.policy.duties[0].name)[ROW]
    with pytest.raises(PolicyError) as refused:
        changed(school, sheet, row, **cells)
    error = refused.value
    assert (error.row, error.column) == (row, column)
    assert part in error.message()
    assert school.folder.workbook.read_bytes() == before


def test_a_broken_workbook_keeps_the_last_good_one_and_is_mended_row_by_row(school):
    path, name = school.folder.workbook, school.policy.duties[0].name
    assert name
    book = load_workbook(path)
    page = book["职责"]
    heads = [cell.value for cell in page[1]]
    kinds = {row: page.cell(row, heads.index("种类") + 1).value for row in (3, 5)}
    for row in kinds:
        page.cell(row, heads.index("种类") + 1).value = "没有这种"
    book.save(path)
    again = open_school(school.folder.path)
    assert name in [duty.name for duty in again.policy.duties]
    assert "第 3 行" in again.notices[0]
    shown = again.settings.read()
    assert (shown.mistake.row, shown.mistake.column) == (3, "种类")
    assert [mistake.row for mistake in shown.mistakes] == [3, 5]
    with pytest.raises(PolicyError) as refusal:  # although row 3 is wrong too, and comes first
        again.settings.change(shown, [again.settings.edit(shown, "duties", 6, {"at_least": "x"})])
    assert refusal.value.row == 6
    shown = again.settings.change(shown, [again.settings.edit(shown, "duties", 3, {"kind": kinds[3]})])
    assert shown.mistake.row == 5
    with pytest.raises(PolicyError):
        again.settings.change(shown, [again.settings.edit(shown, "duties", 5, {"at_least": "x"})])
    row = row_named(school.settings.read(), page.cell(5, heads.index("名称") + 1).value)
    assert row["kind"] == "没有这种"
    shown = again.settings.change(shown, [again.settings.removal(shown, "duties", 5)])
    assert shown.mistake is None
    assert again.notices == []
    again.close()


def test_a_file_that_is_no_workbook_says_so(school):
    school.folder.workbook.write_bytes(b"half")
    with pytest.raises(PolicyError, match="重新保存"):
        school.settings.read()


def test_a_row_is_added_below_with_the_looks_of_the_one_above(school):
    shown = changed(
        school,
        "calendar",
        None,
        kind="假期",
        name="运动会",
        start="2026年10月9日",
        end="2026-10-9",
        remark="",
    )
    row = row_named(shown, "运动会", "calendar")
    assert row["start"] == "2026-10-09"
    page = load_workbook(school.folder.workbook)["校历"]
    cell = next(cell for cell in page[row[ROW]] if isinstance(cell.value, datetime))
    assert cell.value.date() == date(2026, 10, 9)
    assert cell.alignment.vertical == page.cell(row[ROW] - 1, cell.column).alignment.vertical
    assert any(holiday.name == "运动会" for holiday in school.policy.calendar.holidays)


def test_a_row_is_removed(school):
    name = school.policy.duties[0].name
    shown = school.settings.read()
    number = row_named(shown, name)[ROW]
    school.settings.change(shown, [school.settings.removal(shown, "duties", number)])
    assert name not in [duty.name for duty in school.policy.duties]


def test_a_rule_is_put_out_of_force_and_in_again(school):
    name = school.policy.duties[0].name
    number = row_named(school.settings.read(), name)[ROW]
    changed(school, "duties", number, in_force="否")
    assert not next(duty for duty in school.policy.duties if duty.name == name).in_force
    changed(school, "duties", number, in_force="是")
    assert next(duty for duty in school.policy.duties if duty.name == name).in_force


def test_rules_of_other_documents_are_suggested_with_their_source(school):
    book = school.settings
    shown = book.read()
    suggested = book.suggestions("000-7", shown)
    assert suggested
    assert {row["name"] for row in suggested}.isdisjoint(row["name"] for row in shown.rows("duties"))
    chosen = next(row for row in suggested if row["name"] == "每班推荐人数")
    assert "000-7 L122" in chosen["source"]
    after = book.change(
        shown, [book.edit(shown, "duties", None, {head: text for head, text in chosen.items() if text})]
    )
    assert row_named(after, "每班推荐人数")["source"] == "000-7 L122"
    assert "每班推荐人数" not in {row["name"] for row in book.suggestions("000-7", after)}
    duty = next(duty for duty in school.policy.duties if duty.name == "每班推荐人数")
    assert (duty.subject, duty.at_least, duty.at_most) == ("class", 4, 5)


@pytest.mark.parametrize(
    ("role", "may"),
    [
        ("headmaster", True),
        ("deputy", True),
        ("coordinator", True),
        ("homeroom", False),
        ("counsellor", False),
    ],
)
def test_who_may_change_the_rules(school, role, may):
    other = signed_in(school, "某老师", role)
    assert other.settings.may_change == may
    if may:
        changed(other, "duties", 2, remark="改过")
    else:
        before = school.folder.workbook.read_bytes()
        with pytest.raises(AccessError, match="德育负责人"):
            changed(other, "duties", 2, remark="改过")
        assert school.folder.workbook.read_bytes() == before


def test_what_a_spreadsheet_would_run_is_kept_as_text(school):
    shown = changed(school, "duties", 2, remark="=HYPERLINK(1)")
    assert shown.rows("duties")[0]["remark"] == "=HYPERLINK(1)"
    page = load_workbook(school.folder.workbook)["职责"]
    assert not any(cell.data_type == "f" for row in page.iter_rows() for cell in row)


def test_a_disk_that_cannot_be_written_leaves_the_file_as_it_was(school, monkeypatch):
    path = school.folder.workbook
    before, expected = path.read_bytes(), digest_of(path)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("guanai.storage.files.file_access.os.fsync", full)
    with pytest.raises(GuanaiError, match=r"school\.xlsx"):
        write_edits(path, [Edit("职责", 2, {"备注": "x"})], expected, school.folder.backups)
    assert path.read_bytes() == before
    assert not list(path.parent.glob(f".{path.name}*"))


def test_a_formula_in_a_rule_keeps_its_result(school):
    """What a formula came to is what the rule says: an edit of another row must not lose it."""
    path = school.folder.workbook
    with zipfile.ZipFile(path) as whole:
        parts = {name: whole.read(name) for name in whole.namelist()}
    row = row_named(school.settings.read(), "每名教职工帮扶人数")
    place = next(
        cell.coordinate
        for cell in load_workbook(path)["职责"][row[ROW]]
        if str(cell.value) == row["at_least"]
    )
    name = next(name for name in parts if name.endswith("sheet3.xml"))
    formula = f'<c r="{place}"><f>2+3</f><v>5</v></c>'.encode()
    parts[name], number = re.subn(rb'<c r="%s"[^>]*>.*?</c>' % place.encode(), formula, parts[name])
    assert number == 1
    with zipfile.ZipFile(path, "w") as whole:
        for name, content in parts.items():
            whole.writestr(name, content)
    school.duties.reload_rules()
    assert next(duty for duty in school.policy.duties if duty.name == row["name"]).at_least == 5
    other = next(each for each in school.settings.read().rows("duties") if each["name"] != row["name"])
    changed(school, "duties", other[ROW], remark="看过")
    assert next(duty for duty in school.policy.duties if duty.name == row["name"]).at_least == 5
    assert school.notices == []


@pytest.fixture
def with_children(filled):
    """The small sample school as its coordinator sees it."""
    staff = filled.frame("staff")
    person = staff[staff["role"] == "coordinator"].iloc[0]
    return filled.as_user(person["name"], person["id"])


def lines_of_term(school):
    """How many lines each duty in force makes by the last day of the term."""
    end = school.policy.calendar.current_or_last(school.today()).end
    return school.due(end, done=True, known=school.today())["duty"].value_counts().to_dict()


def test_each_row_says_what_it_asks_and_how_many_lines_it_makes_this_term(with_children):
    book = with_children.settings
    previews, counts = book.previews(book.read()), lines_of_term(with_children)
    assert list(previews) == [duty.name for duty in with_children.policy.duties]
    for duty in with_children.policy.duties:
        assert duty.source in previews[duty.name].sentence
        assert previews[duty.name].in_force is duty.in_force
        if duty.in_force:
            # How many records a restricted register has is not told to whoever changes the rules.
            restricted = duty.trigger and with_children.form(duty.trigger.record).restricted
            expected = 0 if restricted else counts.get(duty.name, 0)
            assert previews[duty.name].lines == expected, duty.name
    assert previews["谈心"].lines > 100


def test_a_row_says_its_lines_before_it_is_switched_on_and_makes_them_then(with_children):
    book = with_children.settings
    changed(with_children, "duties", row_named(book.read(), "谈心")[ROW], in_force="否")
    preview = book.previews(book.read())["谈心"]
    assert (preview.in_force, lines_of_term(with_children).get("谈心")) == (False, None)
    changed(with_children, "duties", row_named(book.read(), "谈心")[ROW], in_force="是")
    assert lines_of_term(with_children)["谈心"] == preview.lines > 0


def test_a_preset_says_its_lines_in_this_school_before_it_is_taken(with_children):
    book = with_children.settings
    shown = book.read()
    row = next(row for row in book.suggestions("000-12", shown) if row["name"] == "家长每周通话")
    preview = book.previews(shown, "000-12")[row["name"]]
    cells = {head: text for head, text in row.items() if text}
    book.change(shown, [book.edit(shown, "duties", None, cells)])
    assert lines_of_term(with_children)[row["name"]] == preview.lines > 0


def test_a_row_with_a_mistake_has_no_preview_and_the_others_have_theirs(with_children):
    book, path = with_children.settings, with_children.folder.workbook
    before = book.previews(book.read())
    workbook = load_workbook(path)
    workbook["职责"]["B2"].value = "没有这种"
    workbook.save(path)
    shown = book.read()
    assert shown.mistake is not None
    after = book.previews(shown)
    broken = workbook["职责"]["A2"].value
    assert {name: preview.lines for name, preview in after.items()} == {
        name: preview.lines for name, preview in before.items() if name != broken
    }
