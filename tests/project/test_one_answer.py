"""Page, badge, command and report say the same: one function works it out.

Requirement: totals add up, and what is counted is what is listed (7.2, 7.13, 7.16; F17).
"""

import csv
import json
from io import BytesIO, StringIO

import pandas as pd
import pytest
from openpyxl import load_workbook
from support.days import TODAY

from guanai.care.duties.due import COLUMNS, STATUSES
from guanai.care.duties.fulfilment import by_duty, gaps_by_field, workload
from guanai.server.commands.cli import main
from guanai.storage.reports.excel_tables import closing_excel, coverage_excel, due_excel, to_do_excel
from guanai.templates.wording import say
from guanai.widgets import Checklist, Matrix, MyDay, coverage_tables, due_sheet, filter_lines

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def sample(sample_folder):
    from guanai.storage import open_school

    opened = open_school(sample_folder)
    yield opened
    opened.close()


def printed(capsys, *arguments):
    assert main([str(argument) for argument in arguments]) == 0
    return capsys.readouterr().out


def keys(lines):
    return sorted(zip(lines["duty"], lines["subject_id"], lines["status"], lines["period"], strict=True))


def test_the_command_prints_the_lines_of_the_page(sample, sample_folder, capsys):
    lines = sample.due(TODAY)
    printed_lines = json.loads(
        printed(capsys, "due", sample_folder, "--on", TODAY, "--lines", "--format", "json")
    )
    assert keys(pd.DataFrame(printed_lines)) == keys(lines)
    assert [row["counted"] for row in printed_lines] == lines["counted"].tolist()
    page = Checklist(sample.due(TODAY))
    assert keys(page.shown) == keys(lines)
    assert page.counts == lines["status"].value_counts().to_dict()


def test_each_line_tells_everything(sample):
    """Which duty, whose, due when, since when, why, and which records were counted."""
    lines = sample.due(TODAY, done=True)
    assert tuple(lines.columns) == COLUMNS
    for name in ("duty", "subject", "since", "why", "status", "kind"):
        assert lines[name].notna().all() and (lines[name].astype(str) != "").all()
    ids_of_records = {record_id for name in sample.forms() for record_id in sample.frame(name)["id"]}
    assert {record_id for ids in lines["counted"] for record_id in ids} <= ids_of_records


def test_the_records_that_were_counted_can_be_opened(sample):
    lines = sample.due(TODAY, done=True)
    kinds = {duty.name: duty.kind for duty in sample.policy.duties}
    lines = lines[~lines["duty"].map(kinds).isin(["share", "complete"])]
    counted = lines[lines["counted"].map(len) > 0]
    assert counted["form"].nunique() >= 3
    for line in counted.drop_duplicates(["duty", "status"]).to_dict("records"):
        records = sample.duties.counted(line)
        assert [record_of.id for record_of in records] == line["counted"], line["duty"]
        for record_of in records:
            record = sample.record(record_of.form, record_of.id)
            assert record_of.day and record_of.day in (record.get("date"), record.get("start")), line["duty"]
    line = counted.iloc[0].to_dict()
    assert sample.duties.counted(line | {"duty": "没有这项"}) == []
    assert sample.duties.counted(line | {"counted": ["没有这条"]}) == []


def test_on_paper_and_in_the_workbook_stand_the_days_of_what_was_counted(sample):
    """The same records as on the page, for every line; a share and the fields of a dossier name none."""
    lines = sample.due(TODAY, done=True).iloc[::-1]
    dated = sample.duties.with_days(lines)
    assert dated.index.equals(lines.index) and dated.drop(columns="counted_on").equals(lines)
    for line in dated.to_dict("records"):
        days = sorted(record.day for record in sample.duties.counted(line))
        assert [day for day in line["counted_on"].split("、") if day] == days, line["duty"]
    assert (dated["counted_on"] != "").any() and (dated["counted_on"] == "").any()
    assert "counted_on" not in lines
    sheet = load_workbook(BytesIO(due_excel(dated))).worksheets[0]
    assert [row[-1].value or "" for row in sheet.iter_rows()] == ["计入的记录", *dated["counted_on"]]
    days = next(filter(None, dated["counted_on"]))
    assert f" · {say('due.counted')} {days}</td>" in due_sheet(dated)
    assert sample.duties.with_days(lines.iloc[:0]).empty


def test_one_persons_lines_are_those_that_name_the_person(sample, sample_folder, capsys):
    lines, rows, staff = sample.due(TODAY), sample.to_do(TODAY), sample.frame("staff")
    for person, name in zip(staff["id"], staff["name"], strict=True):
        assert keys(sample.due(TODAY, who=person)) == keys(filter_lines(lines, who=name))
        pairs = zip(rows["who_ids"], rows["raised_ids"], strict=True)
        own = [person in people or person in risen for people, risen in pairs]
        assert sample.to_do(TODAY, who=person)["text"].tolist() == rows.loc[own, "text"].tolist()
    assert (rows["who"] != "").all()  # what nobody is responsible for goes to who coordinates
    name, id_of = workload(rows)["who"].iloc[0], staff.set_index("name")["id"]
    command = ("due", sample_folder, "--on", TODAY, "--who", name, "--format")
    printed_rows = csv.reader(StringIO(printed(capsys, *command, "csv")))
    assert len(list(printed_rows)) - 1 == len(sample.to_do(TODAY, who=id_of[name]))
    assert len(json.loads(printed(capsys, *command, "json", "--lines"))) == len(
        sample.due(TODAY, who=id_of[name])
    )


def test_the_day_the_load_and_what_is_to_be_done_agree(sample):
    load = workload(sample.to_do(TODAY)).set_index("who")
    for person, name in zip(sample.frame("staff")["id"], sample.frame("staff")["name"], strict=True):
        mine = sample.to_do(TODAY, who=person)
        assert sum(MyDay(mine, {}, TODAY).counts.values()) == len(mine)
        responsible = sum(person in people for people in mine["who_ids"])
        assert responsible == (load.loc[name, "lines"] if name in load.index else 0)


def test_the_home_page_has_the_first_of_what_is_to_be_done_in_twenty_lines(sample):
    for who in (None, *sample.frame("staff")["id"]):
        rows, brief = sample.to_do(TODAY, who), sample.brief(TODAY, who)
        assert 0 < len(brief) <= 20 or rows.empty
        shown = {member for members in brief["members"] for member in members}
        urgent = rows[(rows["tier"] <= 4) & rows["soon"]]
        assert set(urgent["subject_id"]) - {""} <= shown


def test_the_matrix_the_duties_and_the_report_agree(sample, sample_folder, capsys):
    term = sample.term(TODAY)
    lines, table = sample.due(TODAY, done=True), sample.coverage(term, TODAY)
    duties = by_duty(table)
    for status in STATUSES:
        counts = lines[lines["status"] == status].groupby("duty").size()
        for duty, number in zip(duties["duty"], duties[status], strict=True):
            assert number == counts.get(duty, 0)
    printed_rows = json.loads(printed(capsys, "coverage", sample_folder, "--term", term, "--format", "json"))
    assert [row["missed"] for row in printed_rows] == table["missed"].tolist()
    matrix = Matrix(table)
    assert matrix.counts["missed"] == table.loc[table["kind"] == "child", "missed"].sum()


def test_every_number_opens_its_list(sample):
    figures = sample.duties.figures().set_index("key")
    for key, row in figures.iterrows():
        assert len(sample.counted_list("figure", key)[1]) == row["numerator"], key
        if pd.notna(row["denominator"]) and key != "children":
            assert len(sample.counted_list("figure", key, "whole")[1]) == row["denominator"], key
        if pd.notna(row["missing"]):
            assert len(sample.counted_list("figure", key, "missing")[1]) == row["missing"]
            assert row["missing"] + row["numerator"] == row["denominator"]
    title, classes = sample.counted_list("figure", "children", "whole")
    assert title.endswith(f"：{figures.at['children', 'denominator']}")
    assert sum(int(text.split()[0]) for text in classes["class"]) == figures.at["children", "denominator"]
    for row in by_duty(sample.coverage()).to_dict("records"):
        _, subjects = sample.counted_list("duty", row["duty"], row["kind"])
        assert len(subjects) == row["persons"], row["duty"]
    for row in workload(sample.to_do()).to_dict("records"):
        assert len(sample.counted_list("who", row["who"])[1]) == row["persons"], row["who"]
    gaps = sample.duties.gaps()
    assert len(gaps), "the sample has gaps"
    for row in gaps_by_field(gaps).to_dict("records"):
        assert len(sample.counted_list("field", row["field"], row["duty"])[1]) == row["persons"]
    incomplete = sample.due(TODAY, done=True)
    wanted = incomplete[
        incomplete["duty"].isin(set(gaps["duty"])) & ~incomplete["status"].isin(["done", "late", "excused"])
    ]
    assert set(gaps["subject_id"]) == set(wanted["subject_id"])


def test_two_rules_that_ask_for_one_field_have_a_list_each(filled):
    headmaster = filled.save("staff", {"name": "校长甲", "role": "headmaster", "active": "yes"})
    school = filled.as_user("校长甲", headmaster["id"])
    child = school.children().iloc[0]
    for child_id in school.children()["id"]:
        school.amend(
            "child", child_id, {"village": "", "boarding": "yes" if child_id == child["id"] else "no"}
        )
    shown = school.settings.read()
    rows = [("村组齐全", ""), ("寄宿生村组齐全", "是否寄宿 = 是")]
    cells = [
        {"name": name, "kind": "档案", "content": "村组", "subject_condition": condition}
        for name, condition in rows
    ]
    school.settings.change(shown, [school.settings.edit(shown, "duties", None, values) for values in cells])
    table = gaps_by_field(school.duties.gaps())
    persons = table[table["field"] == "village"].set_index("duty")["persons"]
    assert persons.to_dict() == {"村组齐全": len(school.children()), "寄宿生村组齐全": 1}
    for duty, number in persons.items():
        assert len(school.counted_list("field", "village", duty)[1]) == number


def test_the_lists_of_a_term_that_is_over_are_of_its_last_day():
    """Numbers of last term lead to the checklist as of its end, not to today's."""
    tables = coverage_tables()
    for part in ("duties", "people"):
        for address in tables[part]["link"].values():
            assert "day={day}" in address or "term={term}" in address, address


def test_the_workbooks_have_the_rows_of_the_page(sample):
    lines = sample.due(TODAY)
    sheet = load_workbook(BytesIO(due_excel(lines))).worksheets[0]
    assert sheet.max_row == len(lines) + 1
    assert {row[0].value for row in sheet.iter_rows(min_row=2)} == {"补办", "待办"}
    rows, table = sample.to_do(TODAY), sample.coverage(None, TODAY)
    closing = sample.closing_list()
    books = ((to_do_excel, rows), (coverage_excel, table), (closing_excel, closing))
    for book, shown in books:
        assert load_workbook(BytesIO(book(shown))).worksheets[0].max_row == len(shown) + 1


def test_the_dossier_shows_the_lines_of_the_child(sample):
    lines = sample.due()
    for child in sample.frame("child")["id"]:
        own = lines[lines["kind"].isin(["child", "guardian", "parent"]) & (lines["subject_id"] == child)]
        assert keys(sample.about(child)["due"]) == keys(own)


def test_the_command_for_nobody_says_so(sample_folder, capsys):
    assert main(["due", str(sample_folder), "--who", "没有这个人"]) == 2
    assert "没有这个人" in capsys.readouterr().err
