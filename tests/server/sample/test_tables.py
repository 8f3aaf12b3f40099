"""The tables that the sample school is made from: what a cell may say, and where one that is not understood stands.

Requirement: sample data is invented and has all record types (R1 to R63).
"""

import re
from datetime import date

import pytest

from guanai.care.errors import GuanaiError
from guanai.server.sample.days import SampleDays
from guanai.server.sample.make import sample_policy
from guanai.server.sample.records import make_records
from guanai.server.sample.rules import RULES, Context, condition, rule
from guanai.server.sample.sample_school import SampleSchool
from guanai.server.sample.seeded_random import SeededRandom
from guanai.server.sample.tables import read_tables, sample_tables
from guanai.templates import template
from guanai.templates.wording import markdown_rows

DAY = date(2026, 11, 20)
HEAD = "| field | value | when | share |\n|---|---|---|---|\n"


@pytest.fixture(scope="module")
def school():
    return SampleSchool(SampleDays.of(sample_policy(DAY).calendar, DAY), 7)


@pytest.fixture
def context(school):
    return Context(school, SeededRandom(7, "test"), DAY)


@pytest.fixture
def read(tmp_path):
    """Return the first table that a file with these rows holds."""

    def table(rows, head=HEAD):
        file = tmp_path / "visits.md"
        file.write_text(f"# Visits\n\n## talk weekly\n\n{head}{rows}\n", encoding="utf-8")
        return read_tables(file)[0]

    return table


def test_the_readme_shows_every_rule():
    """A trainer finds each of them there, and none that is not understood."""
    text = (template("sample") / "README.md").read_text(encoding="utf-8")
    _, *rows = markdown_rows(text[text.index("| rule |") :])
    shown = [example for row in rows for example in re.findall("`=([^`]+)`", " ".join(row))]
    for example in shown:
        rule(f"={example}")
    for pattern, _ in RULES:
        assert any(pattern.fullmatch(example) for example in shown), pattern.pattern


def test_the_first_row_that_gives_an_answer_counts(read, context):
    table = read("| topic | | |\n| topic | 读书 | grade>=7 |\n| topic | 写字 |\n| topic | 画画 |")
    context.names = {"grade": 3}
    assert table.fill(context) == {"topic": "写字"}
    context.names = {"grade": 7}
    assert table.fill(context) == {"topic": "读书"}


def test_values_between_bars_are_taken_in_turn(read, context):
    table = read("| kind | a / / =number 3 |")
    answers = []
    for number in range(4):
        context.names = {"number": number}
        answers.append(table.fill(context).get("kind"))
    assert answers == ["a", None, 3, "a"]


def test_a_note_is_not_kept_and_a_repeat_has_rows(read, context):
    table = read(
        "| _item | 书 | | |\n| lent.1.item | =_item | | |\n| lent.1.number | =number 2 | | |\n| lent.2.item | 笔 | | |"
    )
    assert table.fill(context) == {"lent": [{"item": "书", "number": 2}, {"item": "笔"}]}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("kind=a/b", True),
        ("not kind=a/b", False),
        ("kind, number%4=2", True),
        ("kind, number<6", False),
        ("number>=6", True),
        ("nothing", False),
        ("not nothing", True),
        ("people.2.name=王", True),
        ("people.3.name", False),
    ],
)
def test_conditions(context, text, holds):
    context.names = {"kind": "b", "number": 6, "nothing": "", "people": [{"name": "李"}, {"name": "王"}]}
    assert condition(text)(context) is holds


@pytest.mark.parametrize(
    ("row", "column", "cell"),
    [
        ("| study | =sentences of study | | |", "value", "=sentences of study"),
        ("| study | a | kind == b | |", "when", "kind == b"),
        ("| study | a | | often |", "share", "often"),
    ],
)
def test_a_cell_that_is_not_understood_is_reported_with_its_place(read, row, column, cell):
    with pytest.raises(GuanaiError) as error:
        read(f"| life | 好 | | |\n{row}")
    assert error.value.values == {
        "place": "visits.md ## talk weekly",
        "row": 2,
        "column": column,
        "cell": cell,
    }
    assert "templates/sample/README.md" in str(error.value)


def test_other_columns_are_reported(read):
    with pytest.raises(GuanaiError, match="feld"):
        read("| study | a | | |", head=HEAD.replace("field", "feld"))


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("| study | =sentence talk.studies | | |", "value"),
        ("| study | =child.name | | |", "value"),
        ("| study | =word cities | | |", "value"),
        ("| study | a | child.name | |", "when"),
    ],
)
def test_a_name_or_kind_that_is_not_there_is_reported_with_its_place(read, context, row, column):
    with pytest.raises(GuanaiError) as error:
        read(row).fill(context)
    assert (error.value.values["row"], error.value.values["column"]) == (1, column)


@pytest.mark.parametrize("each", ["child x day", "some children", "3 x week"])
def test_for_whom_records_are_is_checked(read, school, monkeypatch, each):
    table = read(f"| (each) | {each} | | |\n| (day) | =day 0.5 | | |\n| study | a | | |")
    monkeypatch.setattr("guanai.server.sample.records.sample_tables", lambda: {table.title: table})
    with pytest.raises(GuanaiError, match=each):
        make_records(school)


def test_every_table_says_when_its_records_are():
    for table in sample_tables().values():
        assert set(table.settings) in ({"each", "day"}, {"each", "day", "share"}, set()), table.title
