"""Two dossiers of one child: found, made one, taken apart again as a whole.

Requirement: one file for each child, with the history of both (R1, R60; 7.6).
"""

import pytest

from guanai.care.children.merging import combine, replace_reference, revert_change
from guanai.storage import GuanaiError

CLASS = {"name": "三年级1班", "grade": 3, "level": "primary", "pupils": 42}
CHILD = {"name": "林小雨", "sex": "female", "birth_date": "2016-05-04", "class": "三年级1班"}
TWIN = {**CHILD, "name": "林晓雨", "village": "柳溪村", "phone": "10012345678"}
VISIT = {"date": "2026-10-10", "mode": "door", "merits": "爱劳动"}


@pytest.fixture
def two(school):
    """Return a school, and two dossiers of one child with a visit and a talk each."""
    school.save("class", CLASS)
    own, other = school.save("child", CHILD), school.save("child", TWIN)
    for child in (own, other):
        school.save("home_visit", {**VISIT, "child": child["id"]})
    return school, own, other


def state(school):
    """Return everything that people have written down, without who and when and how often."""
    leave_out = {"revision", "updated_at", "updated_by"}
    return {
        form: [
            {key: value for key, value in row.items() if key not in leave_out}
            for row in school.table(form).rows()
        ]
        for form in school.forms()
    }


def test_found_before_there_are_two(two):
    school, own, other = two
    matches = school.duplicates.like({**CHILD, "name": "林小宇"})
    assert [(child["id"], why) for child, why in matches] == [(own["id"], "sound"), (other["id"], "sound")]
    assert school.duplicates.like({**CHILD, "birth_date": "2010-01-01", "name": "周大河"}) == []


def test_found_where_there_are_two(two):
    school, own, other = two
    pairs = school.duplicates.pairs()
    assert pairs[["id", "other", "why"]].values.tolist() == [[own["id"], other["id"], "sound"]]
    school.duplicates.merge(own["id"], other["id"])
    assert school.duplicates.pairs().empty


def test_a_child_saved_a_moment_ago_is_found(two):
    school, _, _ = two
    assert school.duplicates.like({"name": "周小河", "birth_date": "2015-03-08"}) == []
    school.as_user("李老师").save("child", {**CHILD, "name": "周小河", "birth_date": "2015-03-08"})
    assert len(school.duplicates.like({"name": "周小河", "birth_date": "2015-03-08"})) == 1


def test_merged(two):
    school, own, other = two
    merge = school.duplicates.merge(own["id"], other["id"])
    child = school.record("child", own["id"])
    assert (child["name"], child["village"], child["phone"]) == ("林小雨", "柳溪村", "10012345678")
    assert school.record("child", other["id"]) is None
    assert set(school.frame("home_visit")["child"]) == {own["id"]}
    assert len(school.frame("home_visit")) == 2
    assert (merge.moved, merge.by, merge.undone) == (1, "测试老师", False)
    assert school.duplicates.current_id(other["id"]) == own["id"]
    assert [change.record_id for change in school.deletions("child")] == [other["id"]]


def test_both_histories_are_kept(two):
    school, own, other = two
    school.save("child", {**other, "phone": "10087654321"})
    school.duplicates.merge(own["id"], other["id"])
    seen = [(change.record_id, change.kind) for change in school.about(own["id"])["history"]]
    assert seen == [
        (own["id"], "insert"),
        (other["id"], "insert"),
        (other["id"], "update"),
        (own["id"], "update"),
        (other["id"], "delete"),
    ]


def test_undone_as_a_whole(two):
    school, own, other = two
    before = state(school)
    merge = school.duplicates.merge(own["id"], other["id"])
    assert state(school) != before
    school.duplicates.undo(merge.id)
    assert state(school) == before
    assert school.duplicates.current_id(other["id"]) == other["id"]
    assert [merge.undone for merge in school.duplicates.merges(own["id"])] == [True]
    with pytest.raises(GuanaiError) as refused:
        school.duplicates.undo(merge.id)
    assert refused.value.key == "merge.gone"


def test_of_two_merges_one_upon_the_other_the_later_is_undone_first(two):
    """Otherwise the records of the first child would come back to the second one."""
    school, own, other = two
    third = school.save("child", {**CHILD, "name": "林小鱼"})
    before = state(school)
    first = school.duplicates.merge(own["id"], other["id"])
    second = school.duplicates.merge(third["id"], own["id"])
    with pytest.raises(GuanaiError, match="请先撤销那一次合并") as refused:
        school.duplicates.undo(first.id)
    assert refused.value.key == "merge.later"
    assert "林小鱼" in str(refused.value)
    school.duplicates.undo(second.id)
    school.duplicates.undo(first.id)
    assert state(school) == before


def test_what_was_written_since_the_merge_stays_when_it_is_undone(two):
    school, own, other = two
    merge = school.duplicates.merge(own["id"], other["id"])
    child = school.record("child", own["id"])
    school.save("child", {**child, "village": "河东村"})
    new = school.save("home_visit", {**VISIT, "child": own["id"]})
    moved = next(row for row in school.table("home_visit").rows() if row["revision"] == 2)
    school.save("home_visit", {**moved, "merits": "后来改的"})
    gone = next(row for row in school.table("home_visit").rows() if row["id"] not in (moved["id"], new["id"]))
    school.delete("home_visit", gone["id"])
    school.duplicates.undo(merge.id)
    now = school.record("child", own["id"])
    assert now["village"] == "河东村"
    assert "phone" not in now
    assert school.record("child", other["id"])["village"] == "柳溪村"
    visits = school.frame("home_visit").set_index("id")
    assert visits.loc[moved["id"], ["child", "merits"]].tolist() == [other["id"], "后来改的"]
    assert visits.loc[new["id"], "child"] == own["id"]


def test_all_or_nothing(two, monkeypatch):
    school, own, other = two
    before = state(school)
    monkeypatch.setattr(type(school.table("child")), "to_bin", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        school.duplicates.merge(own["id"], other["id"])
    assert state(school) == before
    assert school.duplicates.merges() == []


@pytest.mark.parametrize(
    ("stays", "goes", "key"), [("kept", "kept", "merge.same"), ("kept", "x", "merge.no_child")]
)
def test_refused(two, stays, goes, key):
    school, own, _ = two
    ids = {"kept": own["id"], "x": "x"}
    with pytest.raises(GuanaiError) as refused:
        school.duplicates.merge(ids[stays], ids[goes])
    assert refused.value.key == key


def test_a_merge_shows_in_no_register(two):
    school, own, other = two
    school.duplicates.merge(own["id"], other["id"])
    assert "merge" not in school.forms()
    assert "merge" not in school.frames()


def test_three_dossiers_one_after_the_other(two):
    school, own, other = two
    third = school.save("child", {**CHILD, "name": "林小羽"})
    school.duplicates.merge(other["id"], third["id"])
    school.duplicates.merge(own["id"], other["id"])
    assert school.duplicates.current_id(third["id"]) == own["id"]
    ids = {change.record_id for change in school.duplicates.history(own["id"])}
    assert ids == {own["id"], other["id"], third["id"]}


@pytest.mark.parametrize(
    ("own", "other", "newer", "result"),
    [
        ({"a": 1}, {"a": 2}, [], {"a": 1}),
        ({"a": 1}, {"a": 2}, ["a"], {"a": 2}),
        ({"a": 1}, {"a": ""}, ["a"], {"a": 1}),
        ({"a": ""}, {"a": 2}, [], {"a": 2}),
        ({"a": ["x"]}, {"a": ["y", "x"]}, [], {"a": ["x", "y"]}),
        ({"g": [{"n": "甲"}]}, {"g": [{"n": "乙"}]}, [], {"g": [{"n": "甲"}, {"n": "乙"}]}),
        (
            {"g": [{"n": "甲", "t": 1}]},
            {"g": [{"n": "甲", "t": 2, "u": 3}]},
            [],
            {"g": [{"n": "甲", "t": 1, "u": 3}]},
        ),
        ({"g": [{"n": "甲", "t": 1}]}, {"g": [{"n": "甲", "t": 2}]}, ["g"], {"g": [{"n": "甲", "t": 2}]}),
    ],
)
def test_combined(own, other, newer, result):
    assert combine(own, other, newer=newer) == result


def test_reverted_and_references():
    assert revert_change({"a": 2, "c": 3}, {"a": 1}, {"a": 2, "b": 5}) == {"a": 1, "c": 3}
    assert revert_change({"a": 9, "b": 5}, {"a": 1}, {"a": 2, "b": 5}) == {"a": 9}
    assert replace_reference({"rows": [{"child": "b"}], "all": ["b", "c"]}, "b", "a") == {
        "rows": [{"child": "a"}],
        "all": ["a", "c"],
    }
