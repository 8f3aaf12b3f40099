"""Every record of the field (requirements 1, R1 to R63) has its form, which opens, refuses, saves and travels.

`RECORDS` is the list of section 1, written down here by itself; ``templates/records.md`` says which form and which
questions keep each.
"""

import re
from datetime import date

import pytest
from support.register_files import import_records

from guanai.care.duties.emergencies import countdown
from guanai.care.policy.policy import policy_from_sheets
from guanai.storage import create_school
from guanai.storage.exports.export import write_export
from guanai.storage.form_files.form_catalogue import shipped_forms
from guanai.storage.forms import load_form
from guanai.storage.forms.session.form_session import FormSession
from guanai.storage.forms.xlsform.headings import GROUPS
from guanai.storage.forms.xlsform.items import Question, Repeat
from guanai.storage.forms.xlsform.sheets import read_sheets
from guanai.storage.forms.xlsform.workbooks import write_xlsx
from guanai.storage.records.frames import SYSTEM_FIELDS
from guanai.templates import template
from guanai.templates.wording import catalogue, markdown_rows

TODAY = date(2026, 11, 20)
RECORDS = [f"R{number}" for number in range(1, 64)] + ["R1b", "R16b", "R16c", "R16d", "R16e"]
FORMS = list(shipped_forms())
# What the official form asks, block by block (农村留守儿童基本情况登记表).
OFFICIAL = {
    "儿童": "姓名 性别 民族 出生日期 公民身份号码 是否登记户口 户籍所在地 现居住地 身体情况 残疾类别及等级 患病类型 是否学校寄宿 就学情况",
    "家庭": "祖父母、外祖父母姓名 祖父母、外祖父母出生日期 父母姓名 父母出生日期 父母身份号码 当前务工地点 联系电话",
    "监护": "父母双方同时外出；一方外出另一方无监护能力 有无委托其他监护人 受委托人姓名 受委托人电话 受委托人身份号码 与儿童关系 受委托人居住地 监护类型",
    "经济": "家庭经济来源 救助帮扶",
    "签字": "填表人、复核人、负责人 父母或受委托监护人确认",
}
# Typed, one after another, until one is taken: an answer that is plausible for most questions.
TYPED = {
    "text": ["平安", "10001234567", "11010120160504001X"],
    "integer": ["1", "5", "60", "40", "1200", "0"],
    "decimal": ["4.9", "40", "120", "1"],
    "range": ["4", "1"],
    "date": ["2026-11-20", "2026-11-18", "2026-11-25"],
    "time": ["17:30"],
    "datetime": ["2026-11-20T00:00:00.000+08:00"],
}


def form_of(name):
    return load_form(shipped_forms()[name], name)


def tables():
    parts = re.split(r"^## .*$", (template("records.md")).read_text(encoding="utf-8"), flags=re.MULTILINE)
    return [markdown_rows(part)[1:] for part in parts]


def named(cell):
    """The questions of each form that a cell of the table names."""
    for part in cell.split(";"):
        form, _, fields = part.partition(":")
        yield form.strip(), [field.strip() for field in fields.split(",")]


# The table


def test_every_record_of_the_field_has_its_row():
    assert sorted(row[0] for row in tables()[0]) == sorted(RECORDS)


def test_every_field_of_the_official_form_has_its_question():
    by_block = {}
    for block, field, _ in tables()[1]:
        by_block.setdefault(block, []).append(field)
    assert by_block == {block: fields.split() for block, fields in OFFICIAL.items()}


@pytest.mark.parametrize("row", [*tables()[0], *tables()[1]], ids=lambda row: f"{row[0]} {row[1]}")
def test_every_form_and_question_that_the_table_names_is_there(row):
    for form, fields in named(row[2]):
        questions = {item.key for item in form_of(form).questions() if item.kind != "note"}
        repeats = {
            f"{item.key}/{inner.key}"
            for item in form_of(form).walk()
            if isinstance(item, Repeat)
            for inner in item.items
        }
        assert fields != [""] and set(fields) <= questions | repeats, (
            form,
            set(fields) - questions - repeats,
        )


def test_every_form_that_ships_is_of_a_record():
    of = {form for row in tables()[0] for form, _ in named(row[2])}
    assert of | {"deferral", "observation", "retention", "staff"} == set(FORMS)


# The words of the duties


def worded():
    parts = [key.split(".") for key in catalogue() if key.startswith(("field.", "value."))]
    return sorted({(part[1], part[2]) for part in parts if part[1] in FORMS})


@pytest.mark.parametrize(("form", "field"), worded())
def test_a_duty_s_word_is_a_question_with_all_its_choices(form, field):
    """So that no choice of the form is one that a condition cannot name."""
    if (form, field) in {("child", "grade"), ("child", "level")}:  # of the class
        return
    question = next(item for item in form_of(form).questions() if item.key == field)
    said = {key.rpartition(".")[2] for key in catalogue() if key.startswith(f"value.{form}.{field}.")}
    if question.choices and question.choices.instance in form_of(form).lists and said:
        assert said == {choice.name for choice in offered(form, question)}
    for key in said:
        words = catalogue()[f"value.{form}.{field}.{key}"]
        assert not re.search(r"[,，、;；]", words["zh"]), "a condition parts its values there"


def offered(form, question):
    session = FormSession(form_of(form), today=TODAY, instances=lambda name: [])
    return session.state(question.key).choices


@pytest.mark.parametrize("form", FORMS)
def test_every_register_has_a_word(form):
    assert f"record.{form}" in catalogue()


# Each form


@pytest.mark.parametrize("name", FORMS)
def test_a_form_is_listed_with_others_of_its_topic(name):
    assert form_of(name).group in GROUPS


@pytest.mark.parametrize("name", sorted(set(FORMS) - {"child", "staff", "class", "pairing"}))
def test_a_register_has_its_day(name):
    day = next(item for item in form_of(name).questions() if item.key == "date")
    assert (day.kind, day.required is not None) == ("date", True)
    assert (
        FormSession(form_of(name), today=TODAY, instances=lambda file: []).state("date").value == "2026-11-20"
    )


@pytest.mark.parametrize("name", FORMS)
def test_no_list_of_choices_is_left_over(name):
    form = form_of(name)
    used = {item.choices.instance for item in form.questions() if item.choices}
    assert set(form.lists) <= used


@pytest.mark.slow
@pytest.mark.parametrize("name", FORMS)
def test_a_form_goes_to_a_workbook_and_back(name, tmp_path):
    write_xlsx(read_sheets(shipped_forms()[name]), tmp_path / f"{name}.xlsx")
    back = load_form(tmp_path / f"{name}.xlsx", name, cache=tmp_path)
    assert (back.source, back.columns) == (form_of(name).source, form_of(name).columns)
    assert (back.sensitive, back.group) == (form_of(name).sensitive, form_of(name).group)


SECRET = {
    "counselling": {"told", "done", "advice", "topics", "agreed", "measures"},
    "guidance": {"harm", "plan", "entries/done"},
    "individual_plan": {"findings", "situation", "measures", "checks/found", "result"},
    "rights": {"what"},
    "hardship": {"income", "situation"},
    "child": {"id_number", "phone", "father_phone", "guardians/phone", "special_groups"},
    "registration": {"father_id_number", "entrusted_id_number", "illness"},
    "health_check": {"height", "vision_left", "findings"},
}


@pytest.mark.parametrize("name", SECRET)
def test_what_nobody_else_need_know_is_marked_sensitive(name):
    """002-1 L93: counselling is secret; a child's data is sensitive (requirements 3)."""
    assert SECRET[name] <= form_of(name).sensitive


def test_the_danger_that_leaves_the_counselling_card_is_not_secret():
    assert not {"risk", "told_to", "told_at", "date", "child", "by"} & form_of("counselling").sensitive


# Filled in


@pytest.fixture(scope="module")
def school(tmp_path_factory):
    """A school with a record of each form that other forms choose from, and one of every other, filled in by itself."""
    folder = tmp_path_factory.mktemp("records") / "school"
    made = create_school(folder, policy="002-1+004", name="星光小学", on=TODAY)
    made.save("staff", {"name": "王老师", "role": "homeroom"})
    made.save("staff", {"name": "李老师", "role": "counsellor"})
    teacher = made.table("staff").rows()[0]["id"]
    made.save(
        "class", {"name": "三年级1班", "grade": 3, "level": "primary", "homeroom": teacher, "pupils": 40}
    )
    made.save("child", {"name": "林小雨", "sex": "female", "birth_date": "2016-05-04", "class": "三年级1班"})
    made.save("book", {"name": "海底两万里", "number": "A-1"})
    yield made
    made.close()


def filled_in(session, choose):
    """Fill in every question that is asked, the first answer that is taken; rows of repeats one each."""
    for _ in range(4):
        before = session.record()
        for node in walk(session.tree()):
            item = node.item
            if isinstance(item, Repeat) and not node.children:
                session.add(node.path)
            elif isinstance(item, Question) and item.kind not in ("note", "image", "file") and item.asked:
                fill(session, node.path, item, choose)
        if session.record() == before:
            break
    return session


def fill(session, path, item, choose):
    state = session.state(path)
    if not state.relevant or state.read_only or (state.value not in (None, "", []) and state.error is None):
        return
    if item.kind in ("select_one", "select_multiple"):
        names = [choice.name for choice in state.choices]
        answers = [
            [name] if item.kind == "select_multiple" else name for name in (names[choose:] + names[:choose])
        ]
    else:
        answers = TYPED[item.kind]
    for answer in answers:
        session.set(path, answer)
        if session.state(path).error is None:
            return
    session.set(path, "")


def walk(nodes):
    for node in nodes:
        yield node
        yield from walk(node.children)


@pytest.mark.parametrize("name", FORMS)
def test_an_empty_save_is_refused_in_the_form_s_own_words(school, name):
    session = school.session(name)
    problems = session.check()
    if name == "self_log":
        assert [problem.path for problem in problems] == ["child"]
    assert problems
    for problem in problems:
        assert problem.message and problem.label


@pytest.mark.slow
@pytest.mark.parametrize("choose", [0, 1, -1])
@pytest.mark.parametrize("name", FORMS)
def test_a_plausible_record_is_kept_as_it_was_typed(school, name, choose):
    session = filled_in(school.session(name), choose)
    assert session.check() == []
    record = session.record()
    assert len(record) >= 3
    stored = school.save(name, record)
    assert {key: value for key, value in stored.items() if key not in SYSTEM_FIELDS} == record
    assert set(record) <= set(form_of(name).columns)
    school.delete(name, stored["id"])


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in FORMS if name not in ("child", "staff", "class", "book")])
def test_records_go_out_and_come_back(school, name, tmp_path):
    record = filled_in(school.session(name), 0).record()
    stored = school.save(name, record)
    path = tmp_path / f"{name}.xlsx"
    assert write_export(school, name, path) == 1
    (row,) = import_records(school, name, path)
    assert (row.state, row.messages) == ("same", ())
    school.delete(name, stored["id"])
    before = len(school.frame(name))
    table = path.with_name("new.csv")
    write_export(school, name, table)
    assert len(import_records(school, name, table) if before else []) == before


# What single forms are for


@pytest.mark.parametrize(
    ("form", "answers", "field", "typed", "good"),
    [
        ("loan", {}, "books", "2", True),
        ("loan", {}, "books", "3", False),
        ("loan", {"date": "2026-11-10"}, "returned_on", "2026-11-09", False),
        ("health_check", {}, "height", "14", False),
        ("health_check", {}, "height", "142.5", True),
        ("health_check", {}, "vision_left", "5.2", True),
        ("health_check", {}, "vision_left", "1.5", False),
        ("health_check", {"systolic": 100}, "diastolic", "110", False),
        ("health_check", {"systolic": 100}, "diastolic", "65", True),
        ("lesson", {}, "hours", "5", False),
        ("census", {"pupils": 40}, "left_behind", "41", False),
        ("census", {"left_behind": 10}, "grandparent", "11", False),
        ("test", {"sat": 30}, "passed", "31", False),
        ("appointment", {"date": "2026-11-20"}, "visit_on", "2026-11-19", False),
        ("feedback", {"date": "2026-11-10", "answer": "已答复"}, "answered_on", "2026-11-21", False),
        ("incident", {"date": "2026-11-20"}, "found_at", "2026-11-19T23:59:00.000+08:00", False),
        ("incident", {"date": "2026-11-19", "found_at": "2026-11-19T14:00:00.000+08:00"}, "guardian_told_at", "2026-11-19T13:59:00.000+08:00", False),
        ("incident", {"date": "2026-11-19", "found_at": "2026-11-19T14:00:00.000+08:00"}, "guardian_told_at", "2026-11-19T14:20:00.000+08:00", True),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(school, form, answers, field, typed, good):
    session = school.session(form, answers)
    session.set(field, typed)
    assert (session.state(field).error is None) == good
    assert good or session.state(field).error


def test_a_loan_says_when_it_is_due_and_what_is_still_open(school):
    """R48, 002-1 L79: seven days, and back before the next."""
    child = school.table("child").rows()[0]["id"]
    loan = school.save("loan", {"child": child, "titles": "海底两万里", "books": 1, "date": "2026-11-10"})
    assert loan["due_on"] == "2026-11-17"
    session = school.session("loan")
    assert not session.state("still_open").relevant
    session.set("child", child)
    assert session.state("still_open").relevant
    assert not school.session("loan", loan).state("still_open").relevant, "not of itself"
    school.save("loan", {**loan, "returned_on": "2026-11-15"})
    again = school.session("loan")
    again.set("child", child)
    assert not again.state("still_open").relevant
    school.delete("loan", loan["id"])


@pytest.mark.parametrize("kind", ["violence", "missing", "alone", "guardian_unable", "injury"])
def test_harm_and_neglect_ask_for_the_police(school, kind):
    session = school.session("incident", {"kind": kind})
    assert session.state("must_report").relevant and session.state("police_told_at").relevant
    assert not school.session("incident", {"kind": "illness"}).state("must_report").relevant


def test_an_incident_runs_against_the_clock_of_002_3(school):
    """What the form keeps is what the countdown reads."""
    child = school.table("child").rows()[0]["id"]
    teacher = school.table("staff").rows()[0]["id"]
    incident = school.save(
        "incident",
        {
            "child": child, "date": "2026-11-19", "kind": "injury", "by": teacher, "what": "下楼时扭伤",
            "found_at": "2026-11-19T14:00:00.000+08:00", "guardian_told_at": "2026-11-19T14:20:00.000+08:00",
            "parents_told_at": "2026-11-19T15:30:00.000+08:00",
        },
    )  # fmt: skip
    rules = policy_from_sheets(school_rules("002-3"), "002-3.md", {n: form_of(n).columns for n in FORMS})
    # By what is known today: it is written down a day later.
    steps = countdown(rules, school.duties.frames, school_moment("2026-11-19 15:40"), finished=True)
    status = dict(zip(steps["duty"], steps["status"], strict=True))
    assert status == {
        "突发事件告知监护人": "done", "突发事件告知家长": "done_late",
        "突发事件报告教育部门": "running", "突发事件报告乡镇": "running",
        "强制报告": "late",  # an injury is told to the police at once (templates/national.md)
    }  # fmt: skip
    school.delete("incident", incident["id"])


def school_rules(name):
    from guanai.storage.school.policy_in_use import preset_sheets

    return preset_sheets(name, TODAY)


def school_moment(text):
    from datetime import datetime

    return datetime.fromisoformat(text)


def test_danger_must_say_what_was_done_at_once(school):
    """002-1 L95."""
    session = school.session("counselling", {"risk": "yes"})
    wrong = {problem.path: problem.message for problem in session.check()}
    assert {"told_to", "told_at", "measures"} <= set(wrong)
    assert "立即" in wrong["measures"]
    assert "measures" not in {
        problem.path for problem in school.session("counselling", {"risk": "no"}).check()
    }


def test_a_letter_of_the_school_goes_to_many_and_any_other_to_one(school):
    session = school.session("letter", {"direction": "school_to_parent"})
    assert {problem.path for problem in session.check()} == {"children"}
    session.set("direction", "child_to_parent")
    assert {problem.path for problem in session.check()} == {"child"}


def test_health_lessons_are_added_up_from_the_register(school):
    """R37, 002-1 L105: a cancelled lesson has no hours, and a duty that adds them up takes it so."""
    group, teacher = school.table("class").rows()[0]["name"], school.table("staff").rows()[0]["id"]
    lesson = {"class": group, "by": teacher, "date": "2026-11-18"}
    lessons = [
        school.save("lesson", {**lesson, "cancelled": "no", "hours": 2, "topic": "用眼卫生"}),
        school.save("lesson", {**lesson, "cancelled": "yes", "reason": "运动会"}),
    ]
    lines = school.due(TODAY, done=True)
    (line,) = lines[lines["duty"] == "健康课"].to_dict("records")
    assert line["have"] == 2
    for record in lessons:
        school.delete("lesson", record["id"])
