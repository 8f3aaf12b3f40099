"""Rules of a school's own (``rules/*.py``): found, named in 种类, asked; whatever is wrong is told with file and line.

Requirement: every rule is the school's own (requirements 2A, 7.4).
"""

import re
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import load_workbook
from support.days import TODAY

from guanai.care.calendar.school_calendar import Calendar, Term
from guanai.care.duties.due import due
from guanai.care.errors import OwnRuleError
from guanai.care.policy.duty import Duty
from guanai.care.policy.policy import Policy
from guanai.storage import open_school
from guanai.storage.school.own_rules import load_own_rules
from guanai.templates import template

GOOD = """
import pandas as pd


def call_home(duty, facts):
    "给家里打个电话。"
    children = facts.present(duty)
    return pd.DataFrame(
        {"subject": children.index, "since": facts.day, "due": facts.day, "need": 1, "have": 0, "why": "打电话"}
    )
"""


def write(school, **files):
    """Write files of rules, and one that has been there all the time."""
    school.folder.rules.mkdir(exist_ok=True)
    for name, text in files.items():
        (school.folder.rules / f"{name}.py").write_text(text, encoding="utf-8")


def add_duty(school, **cells):
    """Add a row to the sheet 职责."""
    book = load_workbook(school.folder.workbook)
    page = book["职责"]
    heads = [cell.value for cell in page[1]]
    row = {"名称": "本校规则", "对象": "儿童", "责任人": "班主任"} | cells
    page.append([row.get(head) for head in heads])
    book.save(school.folder.workbook)


@pytest.fixture
def reopened():
    """Open a school anew, as the next page does."""
    opened = []

    def again(school):
        opened.append(open_school(school.folder.path))
        return opened[-1]

    yield again
    for each in opened:
        each.close()


def example():
    """Return the file that templates/README.md shows."""
    text = template("README.md").read_text(encoding="utf-8")
    section = text[text.index("### A kind of duty of your own") :]
    return re.search(r"```python\n(.*?)```", section, re.DOTALL)[1]


def test_the_worked_example_of_the_readme_gives_a_line_for_each_child_with_a_late_book(filled, reopened):
    write(filled, books=example())
    add_duty(filled, 名称="催还图书", 种类="late_books", 宽限天数=3)
    school = reopened(filled)
    child = school.children(TODAY).iloc[0]["id"]
    school.table("loan").insert({"id": "x1", "child": child, "date": "2026-10-28", "books": 1})
    school.duties.clear_cache()
    lines = school.due(TODAY)
    own = lines[(lines["duty"] == "催还图书") & (lines["subject_id"] == child)]
    assert len(own) == 1
    line = own.iloc[0]
    assert (line["due"].date(), line["status"], line["why"]) == (date(2026, 11, 14), "standing", "书还没有还")
    assert line["who"]  # the homeroom teacher, found like that of every other row
    assert school.notices == [] and lines.attrs["problems"] == ()


def test_a_rule_changed_on_the_disk_is_another_at_the_next_opening(filled, reopened):
    write(filled, home=GOOD)
    add_duty(filled, 种类="call_home")
    assert "打电话" in set(reopened(filled).due(TODAY)["why"])
    write(filled, home=GOOD.replace('"why": "打电话"', '"why": "写信"'))
    assert "写信" in set(reopened(filled).due(TODAY)["why"])


FRAME = 'pd.DataFrame({"subject": ["%s"], "since": [%s], "due": [facts.day], "need": [%s], "have": [0], "why": ["x"]})'
FAULTS = [
    pytest.param("def call_home(duty, facts)\n    pass", "own_rule.syntax", 1, id="a colon forgotten"),
    pytest.param("def call_home(duty, facts): ...\nx = '\n", "own_rule.syntax", 2, id="a quote forgotten"),
    pytest.param("def call_home(duty, facts):\n  x\n\ty", "own_rule.syntax", 3, id="tabs and spaces"),
    pytest.param("import pandas\nimport no_such_package\n\ndef call_home(duty, facts): ...", "own_rule.failed_to_load", 2, id="a package that is not there"),
    pytest.param("def call_home(duty, facts): ...\n\nraise SystemExit", "own_rule.failed_to_load", 3, id="a file that ends the program"),
    pytest.param("\n\n1 / 0\n\ndef call_home(duty, facts): ...", "own_rule.failed_to_load", 3, id="a file that fails"),
    pytest.param("\n\ndef call_home(duty): ...", "own_rule.signature", 3, id="one argument"),
    pytest.param("def call_home(duty, facts, day): ...", "own_rule.signature", 1, id="three arguments"),
    pytest.param("def call_home(duty, facts):\n    return 1 / 0", "own_rule.failed", 2, id="a function that fails"),
    pytest.param("def call_home(duty, facts):\n    return _more(facts)\n\ndef _more(facts):\n    return facts.frame('none')[1]", "own_rule.failed", 5, id="fails deeper in the file"),
    pytest.param("import sys\n\ndef call_home(duty, facts):\n    sys.exit(1)", "own_rule.failed", 4, id="a function that ends the program"),
    pytest.param("def call_home(duty, facts):\n    return call_home(duty, facts)", "own_rule.failed", 2, id="a function that asks itself"),
    pytest.param("\ndef call_home(duty, facts):\n    return 5", "own_rule.failed", 2, id="a number"),
    pytest.param("\ndef call_home(duty, facts):\n    return None", "own_rule.failed", 2, id="nothing"),
    pytest.param("import pandas as pd\n\ndef call_home(duty, facts):\n    return pd.DataFrame({'subject': []})", "own_rule.failed", 3, id="columns missing"),
    pytest.param("import pandas as pd\n\ndef call_home(duty, facts):\n    return " + FRAME % ("nobody", "facts.day", "1"), "own_rule.failed", 3, id="a subject that is not known"),
    pytest.param("import pandas as pd\n\ndef call_home(duty, facts):\n    child = facts.present(duty).index[0]\n    return " + (FRAME % ("nobody", "'morgen'", "1")).replace('"nobody"', "child"), "own_rule.failed", 3, id="a day in words"),
    pytest.param("import pandas as pd\n\ndef call_home(duty, facts):\n    child = facts.present(duty).index[0]\n    return " + (FRAME % ("nobody", "facts.day", "'viel'")).replace('"nobody"', "child"), "own_rule.failed", 3, id="a number in words"),
    pytest.param("import pandas as pd\n\ndef call_home(duty, facts):\n    child = facts.present(duty).index[0]\n    return " + (FRAME % ("nobody", "facts.day", "float('inf')")).replace('"nobody"', "child"), "own_rule.failed", 3, id="without end"),
    pytest.param("import pandas as pd\n\ndef call_home(duty, facts):\n    return " + (FRAME % ("nobody", "facts.day", "1")).replace('"nobody"', "[1]"), "own_rule.failed", 3, id="a list for a subject"),
]  # fmt: skip


TERM = Term("秋", date(2026, 9, 1), date(2027, 1, 16))
CHILDREN = pd.DataFrame(
    {
        "id": ["c1", "c2"],
        "name": ["甲", "乙"],
        "father_status": "away",
        "mother_status": "away",
        "registered_on": "2026-09-01",
    }
)


def lines_and_problems(school):
    """Return what a small school's rules of its own give: its lines, with their problems, and those of the files."""
    rules = load_own_rules(school.folder)
    duties = tuple(Duty(name, kind=kind) for name, kind in (("本校规则", "call_home"), ("另一条", "other")))
    policy = Policy(
        calendar=Calendar((TERM,)), duties=(*duties, Duty("谈心", records=("talk",))), own_kinds=rules.kinds
    )
    lines = due(policy, {"child": CHILDREN}, TODAY)
    return lines, tuple(dict.fromkeys((*rules.problems, *lines.attrs["problems"])))


@pytest.mark.parametrize(("source", "key", "line"), FAULTS)
def test_a_fault_is_told_with_file_and_line_and_every_other_duty_goes_on(school, source, key, line):
    write(school, fault=source, good=GOOD.replace("call_home", "other"))
    lines, (problem,) = lines_and_problems(school)
    assert isinstance(problem, OwnRuleError)
    assert (problem.key, problem.file, problem.row) == (key, "rules/fault.py", line)
    assert f"rules/fault.py，第 {line} 行" in str(problem) and not re.search(r"[{}]", str(problem))
    assert set(lines["duty"]) == {"另一条", "谈心"} and len(lines) == 4


def test_days_of_another_zone_and_a_column_too_many_break_nothing(school):
    zone = GOOD.replace('"since": facts.day', '"since": facts.day.tz_localize("UTC")')
    write(
        school,
        zone=zone,
        more=GOOD.replace("call_home", "other").replace('"need": 1', '"need": 1, "remark": [[1]] * 2'),
    )
    lines, problems = lines_and_problems(school)
    assert len(lines[lines["duty"] == "另一条"]) == 2
    assert len(lines[lines["duty"] == "本校规则"]) == 2 or problems


def test_the_pages_of_a_school_say_what_is_wrong_with_a_rule_and_show_the_rest(filled, reopened):
    write(filled, fault="def call_home(duty, facts):\n    return 1 / 0")
    add_duty(filled, 种类="call_home")
    school = reopened(filled)
    lines = school.due(TODAY)
    (problem,) = school.own_rule_problems()
    assert (problem.key, problem.row) == ("own_rule.failed", 2)
    assert str(problem) in school.notices
    assert len(lines) and "本校规则" not in set(lines["duty"])


def test_two_files_with_a_rule_of_one_name_and_one_of_a_built_in_name(school):
    write(school, a=GOOD, b=GOOD, c="def count(duty, facts): ...\n\ndef 次数(duty, facts): ...")
    rules = load_own_rules(school.folder)
    problems = [(problem.key, problem.file, problem.row) for problem in rules.problems]
    assert problems == [
        ("own_rule.twice", "rules/b.py", 5),
        ("own_rule.taken", "rules/c.py", 1),
        ("own_rule.taken", "rules/c.py", 3),
    ]
    with pytest.raises(OwnRuleError, match=r"rules/a\.py"):
        rules.kinds["call_home"](None, None)


def test_what_is_no_rule_is_none(school):
    write(
        school,
        own="from math import comb\nimport pandas as pd\n_half = 2\n\nclass Book: ...\n\ndef _more(day): ...\n\ndef 家访提醒(duty, facts): ...",
    )
    rules = load_own_rules(school.folder)
    assert (list(rules.kinds), rules.problems) == (["家访提醒"], ())


def test_a_dataclass_and_annotations_of_the_future_are_as_in_any_module(school):
    source = "from __future__ import annotations\nfrom dataclasses import dataclass\n\n@dataclass\nclass Book:\n    title: str\n\ndef books(duty, facts) -> Book: ..."
    write(school, own=source)
    assert load_own_rules(school.folder).problems == ()


def test_only_files_of_the_schools_own_folder_are_read(school, tmp_path):
    outside = tmp_path / "outside.py"
    outside.write_text("raise RuntimeError('read')\n")
    write(school, good=GOOD)
    (school.folder.rules / "link.py").symlink_to(outside)
    rules = load_own_rules(school.folder)
    assert [(problem.key, problem.file) for problem in rules.problems] == [
        ("own_rule.outside", "rules/link.py")
    ]
    assert list(rules.kinds) == ["call_home"]


def test_a_file_that_cannot_be_opened_is_told(school, monkeypatch):
    write(school, good=GOOD)

    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    (problem,) = load_own_rules(school.folder).problems
    assert (problem.key, problem.file) == ("own_rule.unreadable", "rules/good.py")


def test_a_school_without_the_folder_has_none(school):
    assert load_own_rules(school.folder) == ({}, ())


def test_a_row_without_its_rule_says_which_is_missing():
    policy = Policy(calendar=Calendar((TERM,)), duties=(Duty("本校规则", kind="call_home"),))
    (problem,) = due(policy, {"child": CHILDREN}, TODAY).attrs["problems"]
    assert problem.key == "own_rule.missing"
    assert "本校规则" in str(problem) and "call_home" in str(problem)


def test_a_rule_that_is_gone_takes_only_its_own_duty_along(filled, reopened):
    write(filled, home=GOOD)
    add_duty(filled, 种类="call_home")
    assert "本校规则" in set(reopened(filled).due(TODAY)["duty"])
    (filled.folder.rules / "home.py").unlink()
    school = reopened(filled)
    assert "call_home" in school.notices[0] and "第" in school.notices[0]
    names = {duty.name: duty.in_force for duty in school.policy.duties}
    assert names["本校规则"] is False and names["谈心"] is True


def test_an_unknown_kind_is_refused_with_the_nearest_and_the_schools_own(filled, reopened):
    write(filled, home=GOOD)
    add_duty(filled, 种类="cal_home")
    notice = reopened(filled).notices[0]
    assert "是不是“call_home”" in notice and "种类" in notice and "次数" in notice
