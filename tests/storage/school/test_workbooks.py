"""The school's workbook: made from a preset, read with its row numbers, the last good one kept (7.4; requirements 2A)."""

import zipfile
from datetime import date

import pytest
from openpyxl import load_workbook

from guanai.care.policy.policy import policy_from_sheets
from guanai.care.policy.workbook_rows import ROW, headings
from guanai.storage import GuanaiError, PolicyError, create_school, open_school
from guanai.storage.school.policy_in_use import preset_sheets
from guanai.storage.school.workbooks import presets, read_workbook, write_workbook

pytestmark = pytest.mark.slow

ON = date(2026, 11, 20)


@pytest.mark.parametrize("name", presets())
def test_a_preset_comes_back_from_its_workbook(tmp_path, name):
    sheets = preset_sheets(name, ON, "星光小学")
    write_workbook(tmp_path / "school.xlsx", sheets)
    read = read_workbook(tmp_path / "school.xlsx")
    assert list(read) == list(sheets)
    for title, rows in sheets.items():
        written = [{head: cell for head, cell in row.items() if head != ROW and cell != ""} for row in rows]
        rows_read = [
            {head: cell for head, cell in row.items() if head != ROW and cell != ""} for row in read[title]
        ]
        assert rows_read == written
        assert [row[ROW] for row in read[title]] == list(range(2, len(rows) + 2))


def test_two_rules_apply_together():
    both = [duty["名称"] for duty in preset_sheets("002-1+004", ON)["职责"]]
    apart = [duty["名称"] for name in ("002-1", "004") for duty in preset_sheets(name, ON)["职责"]]
    assert set(both) == set(apart)
    assert len(both) == len(set(both))


@pytest.mark.parametrize("name", [*presets(), "002-1+004"])
def test_the_law_comes_with_every_preset_as_a_row_that_can_be_switched_off(name):
    """强制报告 (国发〔2016〕13号): to the police at once (within the hour), wherever an incident is of one of its kinds."""
    sheets = preset_sheets(name, ON)
    rows = [row for row in sheets["职责"] if row["名称"] == "强制报告"]
    assert [row["依据"] for row in rows] == ["国发〔2016〕13号"]
    rule = policy_from_sheets(sheets, name).of_kind("state")[-1]
    assert (rule.name, rule.trigger, rule.content) == (
        "强制报告",
        ("incident", "found_at"),
        ("police_told_at",),
    )
    assert (rule.limit, rule.weight_or_default) == ((1, "hour"), "protect")
    rows[0]["启用"] = "否"
    assert "强制报告" not in [duty.name for duty in policy_from_sheets(sheets, name).of_kind("state")]


def test_an_unknown_preset_names_the_known_ones():
    with pytest.raises(GuanaiError, match="002-1"):
        preset_sheets("nothing", ON)


def test_a_change_is_used_at_the_next_opening_and_a_mistake_says_where(tmp_path):
    school = create_school(tmp_path / "school", policy="002-1", on=ON)
    school.close()
    path = school.folder.workbook
    book = load_workbook(path)
    heads = [cell.value for cell in book["职责"][1]]
    book["职责"].cell(3, heads.index("名称") + 1).value = "家里有人"
    book.save(path)
    changed = open_school(school.folder.path)
    assert "家里有人" in [duty.name for duty in changed.policy.duties]
    assert changed.notices == []
    changed.close()

    book["职责"].cell(3, heads.index("种类") + 1).value = "没有这种"
    book.save(path)
    again = open_school(school.folder.path)
    assert "家里有人" in [duty.name for duty in again.policy.duties]
    assert "school.xlsx" in again.notices[0]
    assert "职责" in again.notices[0]
    assert "第 3 行" in again.notices[0]
    again.close()


@pytest.mark.parametrize("content", [b"", b"not a workbook", b"PK\x03\x04half"])
def test_a_file_that_is_no_workbook_says_what_to_do(tmp_path, content):
    (tmp_path / "school.xlsx").write_bytes(content)
    with pytest.raises(PolicyError, match="重新保存"):
        read_workbook(tmp_path / "school.xlsx")


def rewritten(path, part, change):
    """Change one part of a workbook's zip file."""
    with zipfile.ZipFile(path) as whole:
        parts = {name: whole.read(name) for name in whole.namelist()}
    with zipfile.ZipFile(path, "w") as whole:
        for name, content in parts.items():
            whole.writestr(name, change(content) if name.endswith(part) else content)


def with_noise(path):
    content = path.read_bytes()
    third = len(content) // 3
    path.write_bytes(content[:third] + bytes(200) + content[third + 200 :])


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(with_noise, id="a bad sector"),
        pytest.param(lambda path: rewritten(path, "sheet3.xml", lambda text: text[:9000]), id="half a sheet"),
        pytest.param(lambda path: rewritten(path, "styles.xml", lambda text: b"<x"), id="no styles"),
        pytest.param(lambda path: rewritten(path, "workbook.xml", lambda text: b""), id="an empty part"),
    ],
)
def test_a_damaged_workbook_keeps_the_last_good_one_in_use(tmp_path, damage):
    school = create_school(tmp_path / "school", policy="004", on=ON)
    rules = school.policy.duties
    damage(school.folder.workbook)
    school.duties.reload_rules()
    assert school.policy.duties == rules
    assert "重新保存" in school.notices[0] and "上一个正确的" in school.notices[0]
    school.close()


def test_a_workbook_that_is_gone_leaves_its_rules_in_use_and_says_so(tmp_path):
    school = create_school(tmp_path / "school", policy="004", on=ON)
    rules = school.policy.duties
    assert school.notices == []
    school.folder.workbook.unlink()
    school.duties.reload_rules()
    assert school.policy.duties == rules
    assert "没有 school.xlsx" in school.notices[0]
    school.close()


@pytest.mark.parametrize(
    ("day", "notices"),
    [("2027-07-05", False), ("2027-07-20", False), ("2027-08-20", True), ("2028-03-01", True)],
)
def test_a_calendar_that_has_run_out_says_so(tmp_path, monkeypatch, day, notices):
    """In September nothing would be due, and nobody would know why."""
    school = create_school(tmp_path / "school", policy="004", on=ON)
    monkeypatch.setenv("GUANAI_TODAY", day)
    assert [("2027-07-05" in notice and "新学期" in notice) for notice in school.notices] == [True] * notices
    school.close()


@pytest.mark.parametrize(
    ("heading", "part"),
    [
        pytest.param("名称", "“名称”列：这一列出现了两次", id="twice"),
        pytest.param("name", "“name”列：这一列出现了两次", id="in both languages"),
        pytest.param("row", "row””列：不认识这一列", id="the word that numbers the rows"),
    ],
)
def test_a_column_that_cannot_be_told_is_refused(tmp_path, heading, part):
    school = create_school(tmp_path / "school", policy="004", on=ON)
    rules, path = school.policy.duties, school.folder.workbook
    book = load_workbook(path)
    sheet = book["职责"]
    place = sheet.max_column + 1
    sheet.cell(1, place, heading)
    sheet.cell(2, place, "x")
    book.save(path)
    school.duties.reload_rules()
    assert school.policy.duties == rules
    assert part in school.notices[0]
    school.close()


def test_a_new_workbook_has_every_column_and_the_items_for_all_rows(tmp_path):
    school = create_school(tmp_path / "school", policy="002-1", began=date(2026, 9, 1))
    school.close()
    sheets = read_workbook(tmp_path / "school" / "school.xlsx")
    heads = [head for head in sheets["职责"][0] if head != ROW]
    assert heads == list(headings("duties", "zh"))
    items = {row["项目"]: row["值"] for row in sheets["学校"]}
    assert [items[name] for name in ("默认时限", "多久没有联系", "年龄上限")] == ["14天", "4", "无"]
    assert all(
        "[推定]" in row["备注"] for row in sheets["学校"] if row["项目"] in ("默认时限", "多久没有联系")
    )
