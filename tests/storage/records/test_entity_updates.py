"""Answers that change another register (the entities sheet), and lists from files beside the forms.

Requirement: a change told at a visit updates the file (R1 to R4; W1; 7.6; 002-7d L451).

EN1 an answer updates the child's dossier in one step with the save · EN2 an empty answer changes nothing
EN3 what cannot be applied is refused before anything is saved · EN4 create · EN5 per row of a repeat
LF1 csv, xml, geojson beside the forms · LF2 a register comes first
"""

import pytest

from guanai.storage import GuanaiError

CHILD = {"name": "林小雨", "sex": "female", "birth_date": "2016-05-04", "class": "三年级1班"}
HEAD = "| survey | type | name | label | required | save_to |\n"
VISIT = (
    HEAD
    + "| | select_one_from_file child.csv | who | 孩子 | yes | |\n| | text | new_phone | 新电话 | | phone |\n"
    + "| | text | new_village | 新村 | | village |\n| | text | remark | 备注 | | |\n| settings | version |\n| | 1 |\n"
)
UPDATE = VISIT + (
    "| entities | list_name | entity_id | update_if |\n| | {register} | ${{who}} | ${{remark}} != '不改' |\n"
)


def written(school, name, text):
    (school.folder.forms / f"{name}.md").write_text(
        text.replace("| required | save_to |", "| required | save_to | parameters |").replace(
            "| 孩子 | yes | |", "| 孩子 | yes | | value=id, label=label |"
        ),
        encoding="utf-8",
    )


@pytest.fixture
def desk(school):
    school.save("class", {"name": "三年级1班", "grade": 3, "level": "primary", "pupils": 42})
    written(school, "news", UPDATE.format(register="child"))
    return school


@pytest.fixture
def child(desk):
    return desk.save("child", CHILD | {"phone": "13800000000", "village": "柳溪村"})


def test_an_answer_updates_the_dossier(desk, child):
    desk.save("news", {"who": child["id"], "new_phone": "13911110000"})
    now = desk.record("child", child["id"])
    assert (now["phone"], now["village"], now["revision"]) == ("13911110000", "柳溪村", 2)
    assert desk.history("child", child["id"])[-1].by == "测试老师"


def test_a_condition_says_whether(desk, child):
    desk.save("news", {"who": child["id"], "new_phone": "13911110000", "remark": "不改"})
    assert desk.record("child", child["id"])["phone"] == "13800000000"
    assert desk.record("child", child["id"])["revision"] == 1


def test_a_record_saved_again_repeats_only_what_it_now_says_otherwise(desk, child):
    news = desk.save("news", {"who": child["id"], "new_phone": "13911110000"})
    desk.save("child", desk.record("child", child["id"]) | {"phone": "13722220000"})
    news = desk.save("news", news | {"remark": "补充"})
    assert desk.record("child", child["id"])["phone"] == "13722220000"
    desk.save("news", news | {"new_phone": "13633330000"})
    assert desk.record("child", child["id"])["phone"] == "13633330000"


def test_the_same_save_sent_twice_changes_the_dossier_once(desk, child):
    for _ in range(2):
        desk.save("news", {"who": child["id"], "new_phone": "13911110000"}, token="t1")
    assert desk.record("child", child["id"])["revision"] == 2
    assert len(desk.frame("news")) == 1


@pytest.mark.parametrize(
    ("register", "answers", "key"),
    [
        ("nosuch", {"new_phone": "13911110000"}, "entity.no_register"),
        ("class", {"new_village": "石桥村"}, "entity.no_field"),
        ("staff", {"new_phone": "13911110000"}, "entity.no_record"),
        ("child", {"new_phone": "不是号码"}, "entity.refused"),
    ],
)
def test_nothing_is_saved_where_the_dossier_cannot_take_it(desk, child, register, answers, key):
    written(desk, "news", UPDATE.format(register=register))
    with pytest.raises(GuanaiError) as refused:
        desk.save("news", {"who": child["id"], **answers})
    assert refused.value.key == key
    assert desk.frame("news").empty
    assert desk.record("child", child["id"])["revision"] == 1


def test_a_new_record_is_made_once(desk):
    written(
        desk,
        "arrival",
        HEAD + "| | text | who | 姓名 | yes | |\n| | text | tel | 电话 | | phone |\n"
        "| | text | duty | 职务 | | role |\n| entities | list_name | label |\n| | staff | ${who} |\n",
    )
    arrival = desk.save("arrival", {"who": "陈老师", "tel": "13700001111", "duty": "subject"})
    desk.save("arrival", arrival | {"tel": "13700002222"})
    staff = desk.frame("staff")
    assert staff[["name", "phone"]].to_dict("records") == [{"name": "陈老师", "phone": "13700001111"}]


def test_each_row_of_a_repeat_changes_its_own_record(desk, child):
    other = desk.save("child", CHILD | {"name": "王小山"})
    written(
        desk,
        "roll",
        HEAD
        + "| | begin_repeat | row | 行 | | |\n| | text | who | 谁 | yes | |\n| | text | tel | 电话 | | phone |\n"
        "| | end_repeat | | | | |\n| entities | list_name | entity_id | repeat |\n| | child | ${who} | ${row} |\n",
    )
    rows = [{"who": child["id"], "tel": "13911110000"}, {"who": other["id"], "tel": "13922220000"}]
    desk.save("roll", {"row": rows})
    assert [desk.record("child", each["id"])["phone"] for each in (child, other)] == [
        "13911110000",
        "13922220000",
    ]


FILES = {
    "csv": "name,label\ne1,东一村\nw1,西一村\n".encode(),
    "xml": "<root><item><name>e1</name><label>东一村</label></item><item><name>w1</name><label>西一村</label></item></root>".encode(),
    "geojson": b'{"type":"FeatureCollection","features":[{"id":"e1","properties":{"title":"\xe4\xb8\x9c\xe4\xb8\x80\xe6\x9d\x91"}},{"id":"w1","properties":{"title":"\xe8\xa5\xbf\xe4\xb8\x80\xe6\x9d\x91"}}]}',
}


@pytest.mark.parametrize("ending", FILES)
def test_a_list_may_be_a_file_beside_the_forms(school, ending):
    (school.folder.forms / f"villages.{ending}").write_bytes(FILES[ending])
    written(school, "move", HEAD + f"| | select_one_from_file villages.{ending} | to | 去哪里 | | |\n")
    session = school.session("move")
    assert [(choice.name, choice.label) for choice in session.state("to").choices] == [
        ("e1", "东一村"),
        ("w1", "西一村"),
    ]
    session.set("to", "西一村")
    assert session.record() == {"to": "w1"}


def test_a_list_in_the_encoding_of_chinese_spreadsheets_is_read_and_seen_when_it_changes(school):
    path = school.folder.forms / "villages.csv"
    path.write_bytes("name,label\ne1,东一村\n".encode("gb18030"))
    assert school.instances("villages") == [{"name": "e1", "label": "东一村"}]
    path.write_bytes("name,label\ne1,东一村\nw1,西一村\n".encode())
    assert len(school.instances("villages")) == 2


def test_a_register_comes_before_a_file_of_its_name(desk, child):
    (desk.folder.forms / "child.csv").write_text("id,label\nx,谁\n", encoding="utf-8")
    assert [row["id"] for row in desk.instances("child")] == [child["id"]]


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.xml", b"<root><item>"), ("a.xml", b"<!DOCTYPE x [<!ENTITY a 'b'>]><root/>"), ("a.geojson", b"[1]")],
)
def test_a_list_that_cannot_be_read_says_so(school, name, content):
    (school.folder.forms / name).write_bytes(content)
    with pytest.raises(GuanaiError) as refused:
        school.instances("a")
    assert refused.value.key == "list.unreadable"
