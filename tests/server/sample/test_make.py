"""The sample school: F1, F7, 40 staff, invented people, and gaps that fill every list."""

import os
import re
import subprocess
import sys
from collections import Counter
from datetime import date
from functools import cache

import pandas as pd
import pytest

from guanai.care.children.eligibility import left_behind
from guanai.care.children.id_number import SAMPLE_REGION, read_identity
from guanai.care.duties.statuses import STATUSES
from guanai.care.errors import GuanaiError
from guanai.care.pairing.helper_loads import loads, unpaired
from guanai.server.sample.days import SampleDays
from guanai.server.sample.make import make_sample, sample_policy, sample_records
from guanai.server.sample.people import size_of
from guanai.server.sample.seeded_random import SeededRandom, sentences, words
from guanai.storage import open_school
from guanai.storage.form_files.form_catalogue import shipped_forms
from guanai.storage.records.frames import SYSTEM_FIELDS

pytestmark = pytest.mark.slow

SIZES = ("small", "full")
# In the middle of a term, on its first days, in the summer and winter holidays, late in a term, 29 February.
DAYS = [
    date(2026, 11, 20),
    date(2026, 9, 2),
    date(2026, 8, 12),
    date(2027, 2, 10),
    date(2027, 6, 25),
    date(2028, 2, 29),
]
EVERY = [(size, day) for size in SIZES for day in DAYS]
REGISTERS = ("pairing", "home_visit", "talk", "call")
TODAY = DAYS[0]


@cache
def sampled(size, day, seed=7):
    """Return a sample's records; tests only read them."""
    return sample_records(size, day, seed)


def frames_of(records):
    return {form: pd.DataFrame(some) for form, some in records.items()}


def in_care(records, on):
    return left_behind(frames_of(records)["child"], on, sample_policy(on).criterion)


@pytest.mark.parametrize("size", SIZES)
def test_the_same_seed_and_day_give_the_same_school(size):
    assert sample_records(size, TODAY) == sample_records(size, TODAY)
    assert sample_records(size, TODAY, seed=8) != sample_records(size, TODAY)


def test_another_process_gives_the_same_school():
    code = (
        "import hashlib,json,datetime;from guanai.server.sample.make import sample_records as s;"
        "print(hashlib.sha256(json.dumps(s('small',datetime.date(2026,11,20))).encode()).hexdigest())"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            check=True,
            env=os.environ | {"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(seen) == 1


@pytest.mark.parametrize("day", DAYS)
def test_f7_277_of_1349_pupils_are_left_behind(day):
    records = sampled("full", day)
    assert sum(group["pupils"] for group in records["class"]) == 1349
    care = in_care(records, day)
    assert len(care) == 277
    assert set(care["father_status"]) == set(care["mother_status"]) == {"away"}


@pytest.mark.parametrize("day", DAYS)
def test_f1_guardians_are_74_25_and_1_percent(day):
    kinds = in_care(sampled("full", day), day)["guardian_type"].value_counts()
    assert {kind: round(100 * number / 277) for kind, number in kinds.items()} == {
        "grandparent": 74,
        "foster": 25,
        "none": 1,
    }


def test_the_full_school_has_forty_staff_and_a_homeroom_teacher_for_each_class():
    records = sampled("full", TODAY)
    assert len(records["staff"]) == 40
    assert 25 <= len(records["class"]) <= 35
    homerooms = {person["id"] for person in records["staff"] if person["role"] == "homeroom"}
    assert {group["homeroom"] for group in records["class"]} == homerooms
    assert len(homerooms) == len(records["class"])
    assert all(40 <= group["pupils"] <= 56 for group in records["class"])


@pytest.mark.parametrize("day", DAYS)
def test_the_small_school_has_thirty_children(day):
    records = sampled("small", day)
    assert len(in_care(records, day)) == 30
    assert len(records["child"]) == 32
    assert 4 <= len(records["class"]) <= 6
    assert 10 <= len(records["staff"]) <= 12


@pytest.mark.parametrize(("size", "day"), EVERY)
def test_ids_are_unlike_and_lead_somewhere(size, day):
    records = sampled(size, day)
    ids = [record["id"] for some in records.values() for record in some]
    assert len(set(ids)) == len(ids)
    assert all(
        re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", record_id)
        for record_id in ids
    )
    children, staff = ({record["id"] for record in records[form]} for form in ("child", "staff"))
    for form in REGISTERS:
        for record in records[form]:
            assert record["child"] in children
            assert {
                *record.get("visitors", []),
                *filter(None, [record.get("by"), record.get("helper")]),
            } <= staff
    classes = {group["name"] for group in records["class"]}
    assert {child["class"] for child in records["child"]} <= classes


@pytest.mark.parametrize(("size", "day"), EVERY)
def test_nothing_lies_ahead_or_before_the_child_was_registered(size, day):
    records = sampled(size, day)
    registered = {child["id"]: child["registered_on"] for child in records["child"]}
    last = day.isoformat()
    for child in records["child"]:
        for name in ("birth_date", "registered_on", "card_given_on", "status_since"):
            assert child.get(name, "") <= last
        for guardian in child.get("guardians", []):
            assert guardian["since"] <= child["registered_on"]
    for form in REGISTERS:
        for record in records[form]:
            assert registered[record["child"]] <= (record.get("date") or record["start"]) <= last
            assert record.get("end", "") <= last
            assert record.get("follow_up", "9999") > record.get("date", "")


@pytest.mark.parametrize(("size", "day"), EVERY)
@pytest.mark.parametrize("seed", [7, 8, 9])
def test_no_list_is_empty_and_none_is_everything(size, day, seed):
    """Gaps as real schools have them: every list of the pages has something in it."""
    records = sampled(size, day, seed)
    frames, policy, care = frames_of(records), sample_policy(day), set(in_care(records, day)["id"])
    visits = [visit for visit in records["home_visit"] if visit["child"] in care]
    modes = {child: {visit["mode"] for visit in visits if visit["child"] == child} for child in care}
    last = {visit["child"]: visit for visit in visits}
    carried = loads(policy, frames, day)
    children = [child for child in records["child"] if child["id"] in care]
    some = {
        "never visited": [child for child in care if not modes[child]],
        "visited only from afar": [
            child for child in care if modes[child] and modes[child] <= {"phone", "video", "wechat"}
        ],
        "visited at the door": [child for child in care if "door" in modes[child]],
        "without a helper": list(unpaired(policy, frames, day)["id"]),
        "with a peer": [
            pair for pair in records["pairing"] if pair["role"] == "peer" and pair["child"] in care
        ],
        "follow-up ahead": [
            child for child, visit in last.items() if visit.get("follow_up", "") > day.isoformat()
        ],
        "follow-up overdue": [
            child for child, visit in last.items() if "" < visit.get("follow_up", "") < day.isoformat()
        ],
        "problem found": [child for child, visit in last.items() if visit.get("problems")],
        "father's telephone missing": [child for child in children if "father_phone" not in child],
        "work place missing": [child for child in children if "father_work_place" not in child],
        "contact card missing": [child for child in children if "card_given_on" not in child],
        "identity number missing": [child for child in children if "id_number" not in child],
        "guardian without a telephone": [
            child
            for child in children
            if any("phone" not in guardian for guardian in child.get("guardians", []))
        ],
        "special group": [child for child in children if child.get("special_groups")],
        "talked with": {talk["child"] for talk in records["talk"]} & care,
        "called": {call["child"] for call in records["call"]} & care,
    }
    for name, records_of in some.items():
        assert 0 < len(records_of) < len(records["child"]), name
    assert len(some["never visited"]) <= len(care) / 2
    assert {"none", "under"} <= set(carried["load"])
    assert carried["children"].max() > 1.4 * carried["children"].mean()
    assert "unclear" in {child["eligible"] for child in records["child"]}


def test_the_others_in_the_register_say_why_they_are_not_in_care():
    children = sampled("full", TODAY)["child"]
    others = [child for child in children if (child["eligible"], child["status"]) != ("yes", "enrolled")]
    assert len(others) == 12
    assert {child["eligible_reason"] for child in others} >= {"one_away", "none_away", "unknown"}
    assert {child["status"] for child in others} == {"enrolled", "returned", "transferred"}


@pytest.mark.parametrize("size", SIZES)
def test_nobodys_real_data(size):
    """Identity numbers have a region never issued, telephone numbers a beginning no operator has."""
    records = sampled(size, TODAY)
    for child in records["child"]:
        if "id_number" in child:
            born = date.fromisoformat(child["birth_date"])
            assert read_identity(child["id_number"]) == (SAMPLE_REGION, born, child["sex"])
    numbers = [child["id_number"] for child in records["child"] if "id_number" in child]
    assert len(set(numbers)) == len(numbers)
    phones = re.findall(r"'(?:\w+_)?phone': '(\d+)'", str(records))
    assert len(phones) > len(records["child"])
    assert all(re.fullmatch(r"1000\d{7}", phone) for phone in phones)
    villages = words()["village"]
    assert {child["village"] for child in records["child"]} <= set(villages)


@pytest.mark.parametrize("size", SIZES)
def test_two_children_of_one_class_have_one_name(size):
    often = Counter((child["class"], child["name"]) for child in sampled(size, TODAY)["child"])
    assert sorted(often.values())[-2:] == [1, 2]


@pytest.mark.parametrize("size", SIZES)
def test_siblings_share_home_and_parents(size):
    homes = {}
    for child in sampled(size, TODAY)["child"]:
        homes.setdefault(child["address"], []).append(child)
    assert any(len(home) > 1 for home in homes.values())
    for home in homes.values():
        for name in ("village", "father_name", "mother_name", "guardians", "registered_on"):
            assert all(child.get(name) == home[0].get(name) for child in home)


def test_talks_and_calls_are_on_school_days():
    calendar = sample_policy(TODAY).calendar
    records = sampled("full", TODAY)
    for record in records["talk"] + records["call"]:
        assert calendar.is_school_day(date.fromisoformat(record["date"]))


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        (date(2026, 11, 20), date(2026, 9, 1), date(2026, 11, 20)),
        (date(2026, 9, 10), date(2026, 2, 21), date(2026, 9, 10)),  # a young term: the one before it too
        (date(2026, 8, 12), date(2026, 2, 21), date(2026, 7, 5)),  # between terms: the last one
        (date(2027, 2, 10), date(2026, 9, 1), date(2027, 1, 16)),
    ],
)
def test_the_days_are_the_term_of_the_day(day, first, last):
    days = SampleDays.of(sample_policy(day).calendar, day)
    assert (days.first, days.last) == (first, last)


def test_a_calendar_without_a_term_gives_no_days():
    with pytest.raises(ValueError, match="no term"):
        SampleDays.of(sample_policy(TODAY).calendar, date(2000, 1, 1))


def test_sentences_are_many_and_unlike():
    for kind, texts in sentences().items():
        assert len(set(texts)) == len(texts), kind
    visits = sampled("full", TODAY)["home_visit"]
    assert len({visit["situation"] for visit in visits}) > len(visits) / 3


def without_system_fields(record):
    return {name: value for name, value in record.items() if name not in SYSTEM_FIELDS}


@pytest.mark.parametrize("form", shipped_forms())
def test_every_record_is_as_its_form_would_have_kept_it(sample_folder, form):
    """All of the small sample, through the forms' own sessions: calculated answers too."""
    school = open_school(sample_folder)
    for record in school.table(form).all():
        session = school.session(form, record)
        assert session.check() == [], record
        assert without_system_fields(session.record()) == without_system_fields(record)
    school.close()


def test_a_sample_school_is_a_folder_that_opens(tmp_path):
    """The full one, and some records of each form through its form's session."""
    counts = make_sample(tmp_path / "school", "full", TODAY)
    school = open_school(tmp_path / "school")
    assert school.name == words()["school"][0]
    assert {form: len(school.frame(form)) for form in counts} == counts
    assert school.notices == []
    assert school.summary().figure("children").numerator == size_of("full").left_behind
    assert set(STATUSES) - {"postponed", "excused"} <= set(school.due(done=True)["status"])
    teachers = set(school.frame("staff")["name"])
    assert set(school.frame("home_visit")["created_by"]) <= teachers
    assert (
        school.frame("talk")["created_at"].str[:10] == school.frame("talk")["date"].dt.strftime("%Y-%m-%d")
    ).all()
    for form, number in counts.items():
        for record in SeededRandom(7, form).sample(school.table(form).all(), min(number, 6)):
            session = school.session(form, record)
            assert session.check() == [], record
            assert without_system_fields(session.record()) == without_system_fields(record)
    school.close()


def test_no_record_was_made_after_its_day(tmp_path):
    """In August the school year has not begun yet."""
    make_sample(tmp_path / "school", "small", date(2026, 8, 12))
    school = open_school(tmp_path / "school")
    for form in school.forms():
        assert (school.frame(form)["created_at"] < "2026-08-13").all()
    school.close()


def test_a_past_day_of_the_sample_knows_what_was_recorded_by_then(tmp_path, monkeypatch):
    """In a young term the sample tells about the term before too: its staff and classes were known then."""
    monkeypatch.setenv("GUANAI_TODAY", "2026-09-10")
    make_sample(tmp_path / "school", "small", date(2026, 9, 10))
    school = open_school(tmp_path / "school")
    past = school.duties.frames_known_on(date(2026, 5, 15))
    for form in ("staff", "class"):
        assert len(past[form]) == len(school.frame(form))
    talks = school.frame("talk")
    assert len(past["talk"]) == (talks["date"] <= "2026-05-15").sum() > 0
    school.close()


def test_a_school_that_is_there_stays(tmp_path):
    make_sample(tmp_path / "school", "small", TODAY)
    before = (tmp_path / "school" / "school.xlsx").read_bytes()
    with pytest.raises(GuanaiError, match="school"):
        make_sample(tmp_path / "school", "small", TODAY)
    assert (tmp_path / "school" / "school.xlsx").read_bytes() == before


def test_a_sample_appears_whole_or_not_at_all(tmp_path, monkeypatch):
    monkeypatch.setattr("guanai.storage.school.school.School.insert_many", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        make_sample(tmp_path / "school", "small", TODAY)
    assert not (tmp_path / "school").exists()
    monkeypatch.undo()
    (tmp_path / "school").mkdir()
    assert make_sample(tmp_path / "school", "small", TODAY)["child"] == 32
    assert [path.name for path in tmp_path.iterdir()] == ["school"]
