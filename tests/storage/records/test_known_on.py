"""As of a day means as of a day: what was recorded later is not known then (R48, 002-1 L79)."""

from datetime import date, timedelta

import pytest

from guanai.care.children.eligibility import Criterion, left_behind
from guanai.storage.records.change_register import day_of

CHILD = {
    "name": "林小雨",
    "sex": "female",
    "birth_date": "2016-05-04",
    "class": "三年级1班",
    "registered_on": "2026-09-01",
}
AWAY = {"father_status": "away", "mother_status": "away"}
CLASS = {"name": "三年级1班", "grade": 3, "level": "primary", "pupils": 42}


@pytest.fixture
def on(school, monkeypatch):
    """The school on a day: what is saved there is written on that day."""

    def at(day):
        monkeypatch.setenv("GUANAI_TODAY", f"2026-{day}")
        return school

    at("09-01").save("class", CLASS)
    return at


@pytest.fixture
def child(on):
    return on("09-02").save("child", CHILD | AWAY)


def talk_of(school, child, day):
    """A talk of a day, entered on the day that counts as today."""
    teacher = school.save("staff", {"name": "周老师", "role": "subject", "active": "yes"})["id"]
    about = {"mode": "face_to_face", "content": ["study"], "by": teacher}
    return school.save("talk", {"child": child["id"], "date": f"2026-{day}", **about})


def known(school, name, day):
    """A register as the rules read it on a day."""
    return school.duties.frames_known_on(date.fromisoformat(f"2026-{day}"))[name]


def test_what_is_saved_carries_the_day_that_counts_as_today(on, child):
    assert day_of(child["created_at"]) == "2026-09-02"
    assert [day_of(change.at) for change in on("09-03").history("child", child["id"])] == ["2026-09-02"]


def test_r48_a_book_that_came_back_too_late_is_still_out_before(on, child):
    """Lent on 10-11, to be back on 10-18, back on 10-21: on 10-20 it stands over."""
    loan = on("10-11").save(
        "loan", {"child": child["id"], "date": "2026-10-11", "titles": "小王子", "books": 1}
    )
    on("10-21").save("loan", loan | {"returned_on": "2026-10-21"})
    school = on("11-20")
    frames = {day: known(school, "loan", day) for day in ("10-10", "10-11", "10-20", "10-21", "11-20")}
    assert {day: len(frame) for day, frame in frames.items()} == {
        "10-10": 0, "10-11": 1, "10-20": 1, "10-21": 1, "11-20": 1,
    }  # fmt: skip
    assert {day for day, frame in frames.items() if frame["returned_on"].notna().any()} == {"10-21", "11-20"}
    for day, met in ((20, 0), (21, 1)):
        lines = school.due(date(2026, 10, day), done=True)
        assert lines.loc[lines["duty"] == "按期还书", "have"].tolist() == [met]


def test_an_answer_is_what_it_was_and_so_is_the_childs_class_in_other_registers(on, child):
    talk_of(on("09-10"), child, "09-10")
    on("09-20").save("class", CLASS | {"name": "四年级1班", "grade": 4})
    on("10-01").amend("child", child["id"], {"class": "四年级1班", "village": "柳溪村"})
    school = on("11-20")
    assert known(school, "child", "09-30")["class"].tolist() == ["三年级1班"]
    assert known(school, "child", "09-30")["village"].isna().all()
    assert known(school, "child", "10-01")["village"].tolist() == ["柳溪村"]
    assert known(school, "talk", "09-30")["class"].tolist() == ["三年级1班"]
    assert known(school, "talk", "10-01")["class"].tolist() == ["四年级1班"]


def test_of_two_changes_on_one_day_the_last_stands_and_the_day_before_has_neither(on, child):
    for village in ("柳溪村", "石桥村"):
        on("10-05").amend("child", child["id"], {"village": village})
    on("10-06").amend("child", child["id"], {"village": "云朵坪村"})
    school = on("11-20")
    assert known(school, "child", "10-04")["village"].isna().all()
    assert known(school, "child", "10-05")["village"].tolist() == ["石桥村"]
    assert known(school, "child", "10-06")["village"].tolist() == ["云朵坪村"]


def test_a_deleted_record_is_there_before_and_a_restored_one_is_not_there_between(on, child):
    talk = talk_of(on("09-10"), child, "09-10")
    on("10-01").delete("talk", talk["id"])
    on("10-08").restore("talk", talk["id"])
    school = on("11-20")
    there = {
        day: len(known(school, "talk", day)) for day in ("09-09", "09-10", "09-30", "10-01", "10-07", "10-08")
    }
    assert there == {"09-09": 0, "09-10": 1, "09-30": 1, "10-01": 0, "10-07": 0, "10-08": 1}
    on("11-19").delete("child", child["id"])
    assert len(known(on("11-20"), "child", "11-18")) == 1


def test_an_imported_record_is_known_from_the_day_of_the_import(on, child):
    """A spreadsheet of September's talks that is taken in on 10-15; one of another school keeps the day of its entry."""
    talk = {"child": child["id"], "date": "2026-09-10", "mode": "face_to_face"}
    on("10-15").insert_many("talk", [talk])
    on("10-15").insert_many("talk", [talk | {"id": "from-there", "created_at": "2026-09-12T09:30:00.000Z"}])
    school = on("11-20")
    assert {day: len(known(school, "talk", day)) for day in ("09-11", "09-12", "10-14", "10-15")} == {
        "09-11": 0, "09-12": 1, "10-14": 1, "10-15": 2,
    }  # fmt: skip


def test_a_record_that_was_deleted_and_came_back_from_a_file_is_there_once(on, child):
    talk = talk_of(on("09-10"), child, "09-10")
    on("10-01").delete("talk", talk["id"])
    on("10-08").insert_many("talk", [talk])  # a copy of the school, with the moment of its first entry
    school = on("11-20")
    there = {day: len(known(school, "talk", day)) for day in ("09-30", "10-05", "10-08")}
    assert there == {"09-30": 1, "10-05": 0, "10-08": 1}


def test_the_register_of_changes_ends_with_the_day(on, child):
    """A father who came home on 10-01 and was written down on 10-20: on 10-10 nobody knew."""
    on("10-20").amend("child", child["id"], {"father_status": "home"})
    school = on("11-20")
    for day, changes, children in (("10-10", 0, 1), ("10-20", 1, 0)):
        register = known(school, "change", day)
        assert (register["field"] == "father_status").sum() == changes
        dossiers = known(school, "child", day)
        assert len(left_behind(dossiers, date.fromisoformat(f"2026-{day}"), Criterion("13", 16))) == children


def test_a_past_day_has_the_columns_and_types_of_today(on, child):
    on("10-01").delete("child", child["id"])
    school = on("11-20")
    for name in school.forms():
        now, past = school.duties.frames.raw[name], school.duties.frames_known_on(date(2026, 9, 30)).raw[name]
        assert past.dtypes.to_dict() == now.dtypes.to_dict(), name


def test_today_reads_no_history(on, child, monkeypatch):
    monkeypatch.setattr("guanai.storage.records.known_on.PastRecords.documents", lambda *_: 1 / 0)
    school = on("11-20")
    assert (
        len(school.due(done=True))
        and len(school.coverage())
        and len(school.due(date(2026, 12, 1), done=True))
    )
    with pytest.raises(ZeroDivisionError):
        school.due(date(2026, 11, 19), done=True)


def test_a_term_that_is_over_is_shown_as_it_is_known_today(on, child, monkeypatch):
    """A talk of the term that is entered in the holidays counts in its coverage, and in no checklist of its last day."""
    school = on("09-02")
    helper = school.save("staff", {"name": "周老师", "role": "subject", "active": "yes"})["id"]
    school.save("pairing", {"child": child["id"], "role": "helper", "helper": helper, "start": "2026-09-02"})
    term = school.policy.calendar.terms[0]
    monkeypatch.setenv("GUANAI_TODAY", (term.end + timedelta(days=5)).isoformat())
    about = {"mode": "face_to_face", "content": ["study"], "by": helper}
    school.save("talk", {"child": child["id"], "date": "2026-09-10", **about})
    table, lines = school.coverage(term.name), school.due(term.end, done=True)
    talks, then = table[table["duty"] == "谈心"], lines[lines["duty"] == "谈心"]
    assert (talks["have"].tolist(), then["have"].sum()) == ([1], 0)
    now = school.due(term.end, done=True, known=school.today())
    assert now.loc[now["duty"] == "谈心", "have"].sum() == 1
