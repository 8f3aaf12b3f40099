"""What comes out of the printer, and the path through a register, in Chromium.

Requirement: blank and filled forms, cards and rolls on paper (R4, R5, R13, R15 to R17; 7.8).

The PDF is read with pypdfium2: pages, size, text; nothing of the page around the paper may be on it.
"""

import re

import pytest
from support.browsers import Person
from support.servers import demo_served as served

from guanai.storage import open_school

pypdfium2 = pytest.importorskip("pypdfium2")
playwright = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.browser

A4 = (210 / 25.4 * 72, 297 / 25.4 * 72)
LONG = "孩子在作文里写想念父母，老师读后和他谈了很久。" * 60


def printed(person, path, file):
    """Print a page as the browser does, and return the text of each sheet."""
    person.page.goto(f"{person.base}/{path}")
    person.page.locator("main.sheet").first.wait_for()
    person.page.pdf(path=file, prefer_css_page_size=True)
    document = pypdfium2.PdfDocument(file)
    sizes = [document[number].get_size() for number in range(len(document))]
    assert all(abs(size[place] - A4[place]) < 1 for size in sizes for place in (0, 1)), sizes
    texts = [document[number].get_textpage().get_text_range() for number in range(len(document))]
    return [re.sub(r"\s+", "", text) for text in texts]


def test_papers(chromium, folder, port, tmp_path):
    school = open_school(folder)
    visit = next(record for record in school.table("home_visit").rows() if record.get("problems"))
    other = next(record for record in school.table("home_visit").rows() if not record.get("problems"))
    talk = school.table("talk").rows()[0]
    school.save("talk", {**talk, "study": LONG})
    child = school.record("child", visit["child"])
    school.close()
    with served(folder, port):
        li = Person(chromium, f"http://127.0.0.1:{port}")

        def paper(query):
            return printed(li, f"print?{query}", tmp_path / "paper.pdf")

        pages = paper(f"what=record&form=home_visit&id={visit['id']}")
        assert len(pages) == 1
        whole = "".join(pages)
        assert "留守学生家访登记表" in whole
        assert "☑" in whole
        assert visit["merits"] in whole
        assert "第1页，共1页" in whole
        assert "家长（监护人）" in whole
        for around in ("首页", "返回", "打印空白表", "退出", "示范学校：数据"):
            assert around not in whole
        skipped = "".join(paper(f"what=record&form=home_visit&id={other['id']}"))
        assert "问题说明" not in skipped
        assert "问题说明" in whole

        blank = paper("what=record&form=home_visit")
        assert len(blank) == 1
        assert "☑" not in blank[0]
        assert "年____月" in blank[0]

        long_ = paper(f"what=record&form=talk&id={talk['id']}")
        assert (
            LONG in re.sub(r"第\d页，共\d页|[^\n]*?打印(?=第|$)", "", "".join(long_))
            or "".join(long_).count("孩子在作文里写想念父母") >= 60
        )

        dossier = paper(f"what=dossier&id={child['id']}")
        assert len(dossier) >= 2
        assert f"第1页，共{len(dossier)}页" in dossier[0]
        assert child["name"] in dossier[0]
        assert "关爱记录" in "".join(dossier)

        assert len(paper(f"what=card&id={child['id']}")) == 2  # for the school and for the family
        assert len(paper(f"what=appointment&id={child['id']}")) == 1
        official = paper(f"what=registration&id={child['id']}")
        assert len(official) == 1
        assert "农村留守儿童基本情况登记表" in official[0]
        assert not li.outside


@pytest.mark.parametrize("size", ["wide", "narrow"])
def test_find_read_delete_and_restore(chromium, folder, port, size):
    with served(folder, port):
        li = Person(chromium, f"http://127.0.0.1:{port}", size)
        li.open("register")
        assert li.overflow() <= 0
        li.page.get_by_role("link", name=re.compile("^谈心记录卡")).first.click()
        total = li.page.locator(".guanai-soft", has_text=re.compile("共 \\d+ 条"))
        total.wait_for()
        whole = int(re.search(r"\d+", total.inner_text())[0])
        li.page.get_by_label(re.compile("^时间")).select_option(label="本月")
        li.page.get_by_text(re.compile(f"找到 \\d+ 条（共 {whole} 条）")).wait_for()
        li.page.get_by_role("button", name="清除筛选").click()
        li.page.get_by_text(f"共 {whole} 条", exact=True).wait_for()
        assert li.overflow() <= 0

        li.page.locator("table tbody tr th a").first.click()
        li.page.get_by_text("修改经过").wait_for()
        address = li.page.url
        assert li.overflow() <= 0
        li.page.get_by_role("button", name="删除", exact=True).click()
        li.page.get_by_text(re.compile("放进回收站吗")).wait_for()
        li.page.get_by_role("button", name="放进回收站").click()
        li.page.get_by_role("button", name="恢复", exact=True).click()
        li.page.get_by_text(re.compile("^已恢复")).wait_for()
        li.page.get_by_role("button", name="删除", exact=True).click()
        li.page.get_by_role("button", name="放进回收站").click()
        li.page.get_by_text(re.compile("^已放进回收站")).wait_for()

        li.page.goto(address)
        li.page.get_by_text("可能已放进回收站").wait_for()
        li.page.get_by_role("link", name="回收站").last.click()
        li.page.get_by_role("button", name="恢复", exact=True).first.click()
        li.page.get_by_text(re.compile("^已恢复")).wait_for()
        assert li.overflow() <= 0
        li.page.goto(address)
        li.page.get_by_text("修改经过").wait_for()
        playwright.expect(li.page.locator(".guanai-history .guanai-badge")).to_have_text("5")
        assert not li.outside
