"""Records that name a child in whatever question they do, and matters that are open (storage/records/child_records.py).

Requirement: everything about a child stands in its dossier, open matters first (R1, R8, R19; W5).
"""

import pytest

from guanai.storage.forms.xlsform.loading import form_of
from guanai.storage.records.child_records import day_of, naming_fields, open_records, records_naming

ACTIVITY = """
| survey | type | name | label | parameters |
| | date | date | 日期 | |
| | select_multiple_from_file child.csv | children | 参加的孩子 | value=id, label=label |
| | begin_repeat | prizes | 奖 | |
| | select_one_from_file child.csv | winner | 得奖的孩子 | value=id, label=label |
| | end_repeat | | | |
| | date | closed_on | 了结日期 | |

| settings | form_title |
| | 活动 |
"""
CLASS = {"name": "三年级1班", "grade": 3, "level": "primary", "pupils": 42}


@pytest.fixture
def desk(school):
    (school.folder.forms / "outing.md").write_text(ACTIVITY, encoding="utf-8")
    school.save("class", CLASS)
    fresh = school.as_user("测试老师")
    ids = [
        fresh.save(
            "child", {"name": name, "sex": "female", "birth_date": "2016-05-04", "class": "三年级1班"}
        )["id"]
        for name in ("林小雨", "白小川")
    ]
    return fresh, *ids


def test_where_a_form_names_children():
    assert naming_fields(form_of(ACTIVITY)) == {"children": "several", "prizes": "rows"}


def test_records_of_one_child(desk):
    school, lin, bai = desk
    first = school.save("outing", {"date": "2026-10-01", "children": [lin, bai]})
    second = school.save("outing", {"date": "2026-10-02", "prizes": [{"winner": lin}]})
    pair = school.save("pairing", {"child": bai, "role": "peer", "peer_name": "甲", "start": "2026-09-01"})
    of_lin, of_bai = records_naming(school, lin), records_naming(school, bai)
    assert [record["id"] for record in of_lin["outing"]] == [first["id"], second["id"]]
    assert [record["id"] for record in of_bai["outing"]] == [first["id"]]
    assert [record["id"] for record in of_bai["pairing"]] == [pair["id"]]
    assert of_lin["pairing"] == []
    assert "child" not in of_lin
    assert "staff" not in of_lin


def test_a_dossier_is_made_of_them(desk):
    school, lin, _ = desk
    school.save("outing", {"date": "2026-10-01", "children": [lin]})
    assert len(school.about(lin)["records"]["outing"]) == 1


def test_open_matters_the_oldest_first(desk):
    school, lin, _ = desk
    for day, closed in (("2026-10-03", ""), ("2026-10-01", ""), ("2026-10-02", "2026-10-09")):
        record = {"date": day, "children": [lin], **({"closed_on": closed} if closed else {})}
        school.save("outing", record)
    about = school.about(lin)
    matters = open_records(about["forms"], about["records"])
    assert [(name, row["date"]) for name, row in matters] == [
        ("outing", "2026-10-01"),
        ("outing", "2026-10-03"),
    ]


@pytest.mark.parametrize(
    ("record", "day"),
    [
        ({"date": "2026-10-01", "created_at": "2026-11-01T00:00:00+00:00"}, "2026-10-01"),
        ({"start": "2026-10-02"}, "2026-10-02"),
        ({"created_at": "2026-11-01T00:00:00+00:00"}, "2026-11-01"),
        ({}, ""),
    ],
)
def test_the_day_of_a_record(record, day):
    assert day_of(record) == day
