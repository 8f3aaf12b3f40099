"""One XLSForm with every question type and look, filled in and saved in Chromium.

Promise: a form of ODK's XLSForm can be filled in here as on a telephone (records R1 to R63 are such forms).

AT1 every type has its control · AT2 pulldata, constraint with a date-time, trigger, quick, or_other · AT3 lists on several
levels, from a register, from a csv file · AT4 repeats counted and within repeats · AT5 a picture made small · AT6 an entity
"""

import csv
import re

import pytest
from openpyxl import Workbook
from PIL import Image
from support.browsers import SIZES, Person, choose
from support.servers import demo_served as served

from guanai.storage import open_school

playwright = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.browser

COLUMNS = (
    "type",
    "name",
    "label",
    "required_message",
    "required",
    "relevant",
    "constraint",
    "constraint_message",
)
COLUMNS += ("calculation", "default", "appearance", "choice_filter", "parameters", "repeat_count", "trigger")
COLUMNS += ("guidance_hint", "save_to")


def row(kind, name="", label="", **cells):
    return [kind, name, label, *(cells.get(column, "") for column in COLUMNS[3:])]


SURVEY = [
    row("begin_group", "basics", "基本 **重要**", appearance="field-list"),
    row("select_one_from_file child.csv", "child", "孩子", required="yes", required_message="请先选孩子",
        parameters="value=id label=name"),
    row("calculate", "home", calculation="pulldata('child', 'village', 'id', ${child})"),
    row("note", "told", "# 住处\n- 住在 **${home}**"),
    row("text", "memo", "备注", appearance="multiline", guidance_hint="至少十个字"),
    row("integer", "age", "年龄", constraint=". >= 0 and . < 18", constraint_message="应在 0 到 17 岁"),
    row("date", "day", "日期", default="today()"),
    row("dateTime", "moment", "何时", constraint=". <= today()", constraint_message="不能晚于今天"),
    row("text", "phone_new", "新电话", save_to="phone"),
    row("text", "noted", "改年龄时写下", trigger="${age}", calculation="concat('改为 ', ${age})"),
    row("hidden", "secret", default="x1"),
    row("end_group"),
    row("begin_group", "looks", "选择"),
    row("select_one yn", "quick1", "快选", appearance="quick"),
    row("select_one five", "lik", "满意吗", appearance="likert"),
    row("select_one five", "nob", "无圆点", appearance="columns no-buttons"),
    row("select_one yn or_other", "oth", "还有"),
    row("select_multiple five", "many", "多选", appearance="columns"),
    row("rank five", "order", "排序"),
    row("range", "mark", "打分", parameters="start=0 end=10 step=2"),
    row("acknowledge", "read", "已阅读"),
    row("select_one five", "mixed", "随机", parameters="randomize=true"),
    row("select_one_from_file villages.csv", "village", "村"),
    row("select_one prov", "p", "省"),
    row("select_one city", "c", "市", choice_filter="prov = ${p}"),
    row("select_one county", "k", "县", choice_filter="prov = ${p} and city = ${c}"),
    row("end_group"),
    row("begin_group", "meals", "吃饭", appearance="table-list"),
    row("select_one yn", "early", "早饭"),
    row("select_one yn", "noon", "午饭"),
    row("end_group"),
    row("image", "photo", "照片"),
    row("file", "letter", "附件"),
    *(row(kind, kind, f"手机{kind}") for kind in ("geopoint", "audio", "barcode")),
    row("integer", "n", "几个兄弟姐妹", default="1"),
    row("begin_repeat", "sibling", "兄弟姐妹", repeat_count="${n}"),
    row("text", "sibling_name", "兄弟姐妹的姓名"),
    row("begin_repeat", "toy", "玩具"),
    row("text", "toy_name", "玩具名"),
    row("end_repeat"),
    row("end_repeat"),
    row("note", "toys", "一共 ${toy_count} 个玩具"),
    row("calculate", "toy_count", calculation="count(${toy})"),
]  # fmt: skip
CHOICES = [
    *(("yn", name, label) for name, label in (("yes", "是"), ("no", "否"))),
    *(
        ("five", str(number), label)
        for number, label in enumerate(("很差", "差", "一般", "好", "很好"), start=1)
    ),
    *(("prov", name, label) for name, label in (("ah", "安徽"), ("gz", "贵州"))),
    ("city", "la", "六安", "ah"),
    ("city", "gy", "贵阳", "gz"),
    ("county", "jz", "金寨", "ah", "la"),
    ("county", "xf", "息烽", "gz", "gy"),
]


def write_form(folder):
    book = Workbook()
    sheets = {
        "survey": [COLUMNS, *SURVEY],
        "choices": [("list_name", "name", "label", "prov", "city"), *CHOICES],
        "settings": [("form_title",), ("各种题型",)],
        "entities": [("dataset", "entity_id", "update_if"), ("child", "${child}", "true()")],
    }
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for cells in rows:
            sheet.append(cells)
    book.remove(book.worksheets[0])
    book.save(folder / "forms" / "every_type.xlsx")
    with (folder / "forms" / "villages.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("name", "label"), ("v1", "东村"), ("v2", "西村")])


@pytest.fixture(params=SIZES)
def wang(request, chromium, folder, port):
    write_form(folder)
    with served(folder, port):
        person = Person(chromium, f"http://127.0.0.1:{port}", request.param)
        person.folder = folder
        yield person
        person.context.close()


def test_every_type_is_filled_in_and_kept(wang, tmp_path):
    child = open_school(wang.folder).frame("child").iloc[0]
    page = wang.open("register?form=every_type&new=1")
    assert wang.overflow() <= 0
    playwright.expect(page.get_by_text("这一题要用手机填写")).to_have_count(3)
    page.get_by_role("button", name="保存", exact=True).click()
    page.get_by_text("请先选孩子").first.wait_for()
    choose(wang, "孩子", child["name"])
    page.locator(".guanai-note strong", has_text=child["village"]).wait_for()

    wang.fill(年龄="30", 何时="2099-1-1 8:00")
    page.get_by_text("应在 0 到 17 岁").wait_for()
    page.get_by_text("不能晚于今天").wait_for()
    today = page.get_by_label(re.compile("^日期")).first.input_value()
    wang.fill(年龄="9", 何时=f"{today} 0:01", 新电话="10099998888")
    noted = page.get_by_label(re.compile("^改年龄时写下")).first
    playwright.expect(noted).to_have_value("改为 9")
    playwright.expect(page.locator(".guanai-error")).to_have_count(0)

    page.locator(".guanai-look-quick").get_by_label("是", exact=True).check()
    page.locator(".guanai-look-likert :focus").wait_for()
    assert page.locator(".guanai-look-quick").get_by_text("其他").count() == 0
    page.locator(".guanai-look-likert").get_by_label("一般", exact=True).check()
    page.get_by_label("其他", exact=True).check()
    page.get_by_label(re.compile("^其他，请说明")).first.fill("打工")
    page.get_by_role("button", name="就按这个顺序").click()
    wang.fill(打分="4")
    page.get_by_label("已确认").check()
    page.get_by_label("西村", exact=True).check()
    page.get_by_label("贵州", exact=True).check()
    for label, choice in (("市", "贵阳"), ("县", "息烽")):
        page.get_by_label(re.compile(f"^{label}")).first.select_option(label=choice)

    Image.new("RGB", (3000, 2000), "green").save(tmp_path / "家.png")
    with page.expect_file_chooser() as waiting:
        page.get_by_role("button", name="选择图片").click()
    waiting.value.set_files(tmp_path / "家.png")
    page.locator(".guanai-attached img").wait_for()

    wang.fill(几个兄弟姐妹="2")
    page.get_by_text("兄弟姐妹 2", exact=True).wait_for()
    page.get_by_role("button", name=re.compile("添加玩具")).nth(1).click()
    wang.fill(玩具名="风筝")
    page.get_by_text("一共 1 个玩具").wait_for()
    wang.save()

    school = open_school(wang.folder)
    record = school.table("every_type").all()[-1]
    assert {key: record[key] for key in ("quick1", "lik", "oth", "oth_other", "mark", "read", "village", "k")} == {
        "quick1": "yes", "lik": "3", "oth": "other", "oth_other": "打工", "mark": 4, "read": "OK", "village": "v2",
        "k": "xf",
    }  # fmt: skip
    assert record["order"] == ["1", "2", "3", "4", "5"]
    assert (record["noted"], record["secret"], record["home"]) == ("改为 9", "x1", child["village"])
    assert record["sibling"][1]["toy"] == [{"toy_name": "风筝"}]
    with Image.open(wang.folder / "attachments" / record["photo"]) as picture:
        assert max(picture.size) < 3000
    assert school.record("child", child["id"])["phone"] == "10099998888"
    assert wang.outside == []
