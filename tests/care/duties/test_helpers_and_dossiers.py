"""A helper for every child and a complete dossier: owed at all times, after their days of grace (requirements 7.2, 7.3; 002-1 L19, L45)."""

from datetime import date

import pytest
from support.duty_cases import ONE, first_child, lines_of

HELPER = {"种类": "帮扶人", "责任人": "德育负责人", "宽限天数": 14} | ONE
DOSSIER = {"种类": "档案", "内容": "现居住地, 父亲电话/母亲电话", "宽限天数": 7} | ONE
FIRST = date(2026, 9, 1)


@pytest.mark.parametrize(
    ("pairs", "on", "expected"),
    [
        pytest.param([], date(2026, 9, 8), [("to_do", "2026-08-25", "2026-09-08", 0)], id="new, within grace"),
        pytest.param([], date(2026, 9, 9), [("standing", "2026-08-25", "2026-09-08", 0)], id="new, too long"),
        pytest.param([("helper", "2026-09-01", None)], date(2026, 9, 9), [], id="has one"),
        pytest.param([("helper", "2026-09-10", None)], date(2026, 9, 10), [], id="from today"),
        pytest.param([("helper", "2026-09-11", None)], date(2026, 9, 10), [("standing", "2026-08-25", "2026-09-08", 0)], id="from tomorrow"),
        pytest.param([("helper", "2026-09-01", "2026-10-31")], date(2026, 10, 31), [], id="last day"),
        pytest.param([("helper", "2026-09-01", "2026-10-31")], date(2026, 11, 1), [("to_do", "2026-11-01", "2026-11-15", 0)], id="ended"),
        pytest.param([("peer", "2026-09-01", None)], date(2026, 9, 9), [("standing", "2026-08-25", "2026-09-08", 0)], id="a peer is no helper"),
        pytest.param([("helper", None, None)], date(2026, 9, 9), [("standing", "2026-08-25", "2026-09-08", 0)], id="no start"),
    ],
)  # fmt: skip
def test_every_child_has_a_helper(pairs, on, expected):
    rows = [
        {"id": f"p{number}", "child": "x1", "role": role, "helper": "s2", "start": start, "end": end}
        for number, (role, start, end) in enumerate(pairs)
    ]
    lines = lines_of({"pairing": rows}, on, done=False, **HELPER)
    assert [
        (line["status"], str(line["since"].date()), str(line["due"].date()), line["have"])
        for line in lines.to_dict("records")
    ] == expected
    assert set(lines["who"]) <= {"德老师"} and set(lines["form"]) <= {"pairing"}


@pytest.mark.parametrize(
    ("answers", "missing"),
    [
        pytest.param({}, ["address", "father_phone/mother_phone"], id="empty"),
        pytest.param({"address": "大坪村", "mother_phone": "10000000001"}, [], id="one telephone is enough"),
        pytest.param({"address": "", "father_phone": "1"}, ["address"], id="empty text"),
        pytest.param(
            {"address": "大坪村", "father_status": "deceased", "mother_phone": ""},
            ["father_phone/mother_phone"],
            id="the living parent is asked",
        ),
    ],
)
def test_a_dossier_is_complete(answers, missing):
    children = first_child(**({"address": None, "father_phone": None, "mother_phone": None} | answers))
    lines = lines_of(children, date(2026, 9, 10), **DOSSIER)
    assert (lines["need"] - lines["have"]).tolist() == [len(missing)]
    assert lines["status"].tolist() == ["standing" if missing else "done"]
    assert ("现居住地" in lines["why"][0]) is ("address" in missing)
    within_grace = lines_of(children, date(2026, 9, 1), **DOSSIER)
    assert within_grace["status"].tolist() == ["to_do" if missing else "done"]


def test_nothing_is_asked_of_the_dead_and_no_place_of_work_of_who_is_at_home():
    row = {"种类": "档案", "内容": "father_phone, mother_work_place, guardians.phone"} | ONE
    orphaned = first_child(
        father_status="deceased",
        father_phone=None,
        mother_work_place="某市",
        guardians=[{"phone": ""}, {"phone": "1"}],
    )
    assert lines_of(orphaned, FIRST, **row)["have"].tolist() == [3]
    lines = lines_of(first_child(mother_status="unable", guardians=[{"name": "奶奶"}]), FIRST, **row)
    assert lines["have"].tolist() == [2]  # of three: the father's telephone, and no place of work to ask for
    assert lines["why"][0].endswith("缺监护人电话")
