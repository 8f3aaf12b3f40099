"""An attachment is sent to whoever sees a record that names it; one that nothing names is removed after some days.

What was found: an attachment was sent to anybody who had signed in and knew its name, and attachments of forms that were
never saved stayed for ever.

Promise: nothing is lost that a record names (7.4), and nobody sees what is not theirs (requirements 3).
"""

import os
import time
from datetime import timedelta

import pytest

from guanai.storage import create_school
from guanai.storage.records.attachment_names import UNUSED_FOR
from guanai.storage.records.attachments import Attachments
from guanai.storage.records.records import Identity

OLD = time.time() - (UNUSED_FOR + timedelta(days=1)).total_seconds()
TEACHER = Identity("王老师", "s1", ("homeroom",))
FORM = """
| survey | type | name | label |
| | select_one_from_file child.csv | child | 孩子 |
| | image | photo | 照片 |
| | begin_repeat | more | 更多 |
| | file | paper | 文件 |
| | end_repeat | | |
"""


@pytest.fixture
def school(tmp_path):
    made = create_school(tmp_path / "school")
    (made.folder.forms / "own.md").write_text(FORM, encoding="utf-8")
    made.table("staff").insert_multiple(
        [
            {"id": "s1", "name": "王老师", "role": "homeroom", "active": "yes"},
            {"id": "s2", "name": "李老师", "role": "homeroom", "active": "yes"},
        ]
    )
    made.table("class").insert_multiple(
        [
            {"id": "k1", "name": "一1", "grade": 1, "homeroom": "s1"},
            {"id": "k2", "name": "一2", "grade": 1, "homeroom": "s2"},
        ]
    )
    made.table("child").insert_multiple(
        [{"id": "c1", "name": "林小雨", "class": "一1"}, {"id": "c2", "name": "石头", "class": "一2"}]
    )
    yield made
    made.close()


def saved(school, name, old=True):
    marked = Attachments(school.folder.attachments).save(name, name.encode())
    if old:
        os.utime(school.folder.attachments / marked, (OLD, OLD))
    return marked


def swept(school):
    return school.remove_unused_attachments()


class TestWhoSeesOne:
    def test_whoever_sees_a_record_that_names_it(self, school):
        mine, other, loose = saved(school, "甲.txt"), saved(school, "乙.txt"), saved(school, "丙.txt")
        school.table("own").insert({"id": "1", "child": "c1", "photo": mine})
        school.table("own").insert({"id": "2", "child": "c2", "more": [{"paper": other}]})
        teacher = school.as_identity(TEACHER)
        assert teacher.attachment(mine) == school.folder.attachments / mine
        assert teacher.attachment(other) is None
        assert teacher.attachment(loose) is None
        assert school.attachment(other) is not None
        colleague = school.as_identity(Identity("李老师", "s2", ("homeroom",)))
        assert colleague.attachment(mine) is None
        assert colleague.attachment(other) is not None

    def test_not_with_a_role_that_sees_no_record_of_the_register(self, school):
        mine = saved(school, "甲.txt")
        school.table("own").insert({"id": "1", "child": "c1", "photo": mine})
        assert school.as_identity(Identity("镇", "", ("town",))).attachment(mine) is None
        assert school.as_identity(Identity("无", "", ())).attachment(mine) is None

    def test_no_longer_once_the_record_names_another_or_is_gone(self, school):
        first, second = saved(school, "甲.txt"), saved(school, "乙.txt")
        school.table("own").insert({"id": "1", "child": "c1", "photo": first, "revision": 1})
        teacher = school.as_identity(TEACHER)
        assert teacher.attachment(first)
        school.amend("own", "1", {"photo": second})
        assert teacher.attachment(first) is None
        assert teacher.attachment(second)
        school.delete("own", "1")
        assert teacher.attachment(second) is None

    def test_a_text_that_only_looks_so_gives_no_right(self, school):
        other = saved(school, "乙.txt")
        school.table("own").insert({"id": "1", "child": "c1", "remark": other})
        assert school.as_identity(TEACHER).attachment(other) is None

    def test_whoever_has_just_put_it_into_a_form(self, school):
        name = saved(school, "甲.txt", old=False)
        teacher = school.as_identity(TEACHER)
        assert teacher.attachment(name) is None
        teacher.drafts("own").save("t1", {"child": "c1", "photo": name})
        assert teacher.attachment(name)
        assert school.as_identity(Identity("李老师", "s2", ("homeroom",))).attachment(name) is None

    @pytest.mark.parametrize("name", ["", "..", "../records.db", "/etc/passwd", ".hidden", "a\0b"])
    def test_no_name_leads_out_of_the_folder(self, school, name):
        assert school.attachment(name) is None


class TestSweep:
    def test_what_nothing_names_goes_and_what_anything_names_stays(self, school):
        names = {
            what: saved(school, f"{what}.txt") for what in ("记录", "历史", "回收站", "草稿", "行", "没人")
        }
        young = saved(school, "刚才.txt", old=False)
        table = school.table("own")
        table.insert({"id": "1", "child": "c1", "photo": names["历史"], "revision": 1})
        school.amend("own", "1", {"photo": names["记录"], "more": [{"paper": names["行"]}]})
        table.insert({"id": "2", "child": "c1", "photo": names["回收站"], "revision": 1})
        school.delete("own", "2")
        school.as_identity(TEACHER).drafts("own").save("t1", {"photo": names["草稿"]})
        assert swept(school) == [names["没人"]]
        left = {file.name for file in school.folder.attachments.iterdir()}
        assert left == {young, *names.values()} - {names["没人"]}
        school.as_identity(TEACHER).drafts("own").discard("t1")
        assert swept(school) == [names["草稿"]]

    def test_nothing_goes_where_a_register_kept_apart_asks_for_files(self, school):
        name = saved(school, "没人.txt")
        restricted = FORM + "\n| settings | guanai::restricted |\n| | yes |\n"
        (school.folder.forms / "apart.md").write_text(restricted, encoding="utf-8")
        assert swept(school) == []
        assert (school.folder.attachments / name).exists()

    def test_a_school_without_attachments(self, school):
        assert swept(school) == []
