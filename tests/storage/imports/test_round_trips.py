"""Records in and out of spreadsheets: identity numbers as text, no formulas, the form's own messages (7.8; W10)."""

import csv
from io import StringIO

import pytest
from openpyxl import Workbook, load_workbook
from support.days import TODAY
from support.register_files import import_records

from guanai.storage import ExchangeError, create_school
from guanai.storage.exports.export import write_export

pytestmark = pytest.mark.slow

CHILD = {"name": "林小雨", "sex": "female", "birth_date": "2016-05-04", "class": "三年级1班"}


@pytest.fixture
def with_child(school):
    school.save("class", {"name": "三年级1班", "grade": 3, "level": "primary", "pupils": 42})
    school.save(
        "child",
        CHILD
        | {
            "phone": "10012345678",
            "village": "=1+1",
            "special_groups": ["single_parent", "disabled"],
            "guardians": [
                {"name": "林大山", "relation": "grandfather", "age": 66},
                {"name": "周桂香", "relation": "grandmother"},
            ],
        },
    )
    return school


def sheet_of(path):
    rows = list(load_workbook(path).active.iter_rows())
    return [cell.value for cell in rows[0]], rows[1:]


def csv_of(path):
    return list(csv.reader(StringIO(path.read_bytes().decode("utf-8-sig"))))


def test_a_workbook_keeps_numbers_as_text_and_days_as_days(with_child, tmp_path):
    path = tmp_path / "child.xlsx"
    assert write_export(with_child, "child", path) == 1
    heads, rows = sheet_of(path)
    cells = dict(zip(heads, rows[0], strict=True))
    phone = next(cell for cell in rows[0] if cell.value == "10012345678")
    assert phone.data_type == "s"
    assert phone.number_format == "@"
    birthday = next(cell for cell in rows[0] if cell.is_date)
    assert birthday.value.date().isoformat() == "2016-05-04"
    assert not any(cell.data_type == "f" for cell in rows[0])
    assert cells["id"].value


def test_a_csv_has_a_mark_and_no_cell_that_runs(with_child, tmp_path):
    path = tmp_path / "child.csv"
    write_export(with_child, "child", path)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    row = csv_of(path)[1]
    assert "'=1+1" in row
    assert "\t10012345678" in row
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row)


@pytest.mark.parametrize("ending", [".xlsx", ".csv"])
def test_an_export_comes_back_the_same(with_child, tmp_path, ending):
    path = tmp_path / f"child{ending}"
    write_export(with_child, "child", path)
    assert [row.state for row in import_records(with_child, "child", path)] == ["same"]


@pytest.mark.parametrize("ending", [".xlsx", ".csv"])
def test_a_register_moves_to_another_school(filled, tmp_path, ending):
    other = create_school(tmp_path / "other", on=TODAY)
    for form in ("staff", "class", "child"):
        path = tmp_path / f"{form}{ending}"
        count = write_export(filled, form, path)
        if ending == ".csv":  # in a workbook the sheet of guardians names the children by their ids
            blank_ids(path)
        states = [row.state for row in import_records(other, form, path)]
        assert states == ["new"] * count
    columns = ["name", "sex", "birth_date", "id_number", "father_status", "guardian_type", "eligible"]
    assert other.frame("child")[columns].equals(filled.frame("child")[columns])
    other.close()


def blank_ids(path):
    """Empty the id column, so that every row is a new record."""
    rows = [["" if number else "id", *row[1:]] for number, row in enumerate(csv_of(path))]
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(rows)


def written(tmp_path, *rows):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.save(tmp_path / "in.xlsx")
    return tmp_path / "in.xlsx"


def test_a_dry_run_says_what_each_row_would_do_and_writes_nothing(with_child, tmp_path):
    before = with_child.frame("child").iloc[0]
    other = with_child.save("child", CHILD | {"name": "周桂花", "birth_date": "2014-01-02"})
    path = written(
        tmp_path,
        ["id", "name", "sex", "birth_date", "class"],
        [None, "周小河", "男", "2015-3-8", "三年级1班"],
        [before["id"], "林小雨", "女", "2016-05-04", "三年级1班"],
        [other["id"], "周桂华", "女", "2014-01-02", "三年级1班"],
        [None, "", "男", "2015-02-30", "三年级1班"],
        ["nobody", "周小河", "男", "2015-03-08", "三年级1班"],
    )
    report = import_records(with_child, "child", path, dry_run=True)
    assert [(row.number, row.state) for row in report] == [
        (2, "new"),
        (3, "same"),
        (4, "changed"),
        (5, "bad"),
        (6, "bad"),
    ]
    assert any("周桂花 → 周桂华" in message for message in report[2].messages)
    assert len(report[3].messages) == 2
    assert "nobody" in report[4].messages[0]
    assert len(with_child.frame("child")) == 2


def test_one_bad_row_keeps_every_row_out(with_child, tmp_path):
    path = written(
        tmp_path,
        ["姓名", "性别", "birth_date", "class"],
        ["周小河", "男", "2015-3-8", "三年级1班"],
        ["林大河", "不明", "2015-3-8", "三年级1班"],
    )
    assert [row.state for row in import_records(with_child, "child", path)] == ["new", "bad"]
    assert len(with_child.frame("child")) == 1


@pytest.mark.parametrize(
    ("name", "content", "key"),
    [
        ("in.csv", b"", "exchange.empty"),
        ("in.csv", "姓名,鞋码\n林小雨,36\n".encode(), "exchange.unknown_columns"),
        ("in.xlsx", b"not a workbook", "exchange.no_workbook"),
        ("in.pdf", b"%PDF", "exchange.ending"),
        ("gone.csv", None, "exchange.unreadable"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(school, tmp_path, name, content, key):
    from guanai.storage import GuanaiError

    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(GuanaiError) as refused:
        import_records(school, "child", path)
    assert refused.value.key == key


def test_a_csv_of_a_chinese_spreadsheet_is_read(with_child, tmp_path):
    path = tmp_path / "in.csv"
    path.write_bytes("姓名,性别,birth_date,class\n周小河,男,2015/3/8,三年级1班\n".encode("gb18030"))
    assert [row.state for row in import_records(with_child, "child", path, dry_run=True)] == ["new"]


def test_an_export_that_cannot_be_written_says_so(school, tmp_path):
    with pytest.raises(ExchangeError):
        write_export(school, "child", tmp_path / "nowhere" / "child.xlsx")


def test_a_row_that_looks_like_a_child_who_is_there_is_not_written(with_child, tmp_path):
    """The check of the form runs on an import too."""
    path = written(
        tmp_path,
        ["name", "sex", "birth_date", "class"],
        ["林小宇", "女", "2016-05-04", "三年级1班"],
        ["周小河", "男", "2015-3-8", "三年级1班"],
        ["周晓河", "男", "2015-3-8", "三年级1班"],
    )
    report = import_records(with_child, "child", path, dry_run=True)
    assert [row.state for row in report] == ["alike", "new", "alike"]
    assert "林小雨（三年级1班）" in report[0].messages[0]
    assert report[0].like == (with_child.frame("child").iloc[0]["id"],)
    assert "第 3 行" in report[2].messages[0]
    assert len(with_child.frame("child")) == 1
    import_records(with_child, "child", path)
    assert sorted(with_child.frame("child")["name"]) == ["周小河", "林小雨"]


def test_a_row_is_written_as_another_child_where_somebody_says_so(with_child, tmp_path):
    path = written(
        tmp_path, ["name", "sex", "birth_date", "class"], ["林小宇", "女", "2016-05-04", "三年级1班"]
    )
    assert [row.state for row in import_records(with_child, "child", path, others=[2])] == ["new"]
    assert sorted(with_child.frame("child")["name"]) == ["林小宇", "林小雨"]
