"""Every page runs in an empty school and in a filled one, and its last value is what a person sees.

Requirement: forms, lists, dossiers and the summary, in an empty school too (R1, R16; W1, W4, W6; 7.2, 7.13, 7.16).
"""

import ast
import json
from pathlib import Path

import nbformat
import pytest
from jupyter_client.manager import start_new_kernel
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell
from support.days import TODAY

from guanai.storage import create_school, open_school
from guanai.templates.wording import say

pytestmark = pytest.mark.slow

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
PAGES = sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb"))
QUERIES = [
    *PAGES,
    "child?new=1",
    *(f"register?form={name}" for name in ("staff", "class", "talk", "home_visit")),
    *("register?form=talk&new=1", "register?form=talk&id=gone", "child?id=gone", "bin?form=talk"),
]


BEGIN = """
%reset -f
import os, ipywidgets
ipywidgets.Widget.close_all()
os.chdir({folder!r})
os.environ |= {{"GUANAI_SCHOOL": {folder!r}, "QUERY_STRING": {query!r}}}
%reset -f
"""


@pytest.fixture(scope="module")
def kernel():
    """One kernel for all pages, so that its imports are paid once; each page finds nothing of the one before."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GUANAI_TODAY", TODAY.isoformat())
        manager, client = start_new_kernel()
    client.stop_channels()
    yield manager
    manager.shutdown_kernel(now=True)


@pytest.fixture
def run(kernel):
    """Execute a page as the server would, with more cells after it; return what the last one printed."""

    def execute(folder, page, *more):
        name, _, query = page.partition("?")
        notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", 4)
        notebook.cells.insert(0, new_code_cell(BEGIN.format(folder=str(folder), query=query)))
        notebook.cells += [new_code_cell(source) for source in more]
        NotebookClient(notebook, km=kernel, timeout=120).execute()
        outputs = notebook.cells[-1].outputs
        return "".join(output.get("text", "") for output in outputs)

    return execute


def shown_name(page):
    """Return the name of a page's last value."""
    cells = json.loads((NOTEBOOKS / f"{page.partition('?')[0]}.ipynb").read_text())["cells"]
    last = ast.parse("".join(cells[-1]["source"])).body[-1]
    assert isinstance(last, ast.Expr)
    assert isinstance(last.value, ast.Name), "the last line names one value"
    return last.value.id


# What stands on a page: every HTML text in its tree of widgets.
WALK = """
def texts(widget):
    yield str(getattr(widget, "value", "")) + str(getattr(widget, "description", ""))
    for child in getattr(widget, "children", ()):
        yield from texts(child)

import time
time.sleep({wait})
print("\\n".join(texts({name})))
"""


@pytest.fixture(scope="module")
def empty_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("empty") / "school"
    create_school(folder, policy="004").close()
    return folder


@pytest.mark.parametrize("page", QUERIES)
def test_a_page_opens_in_an_empty_school_and_says_what_to_do(run, empty_folder, page):
    text = run(empty_folder, page, WALK.format(name=shown_name(page), wait=0))
    assert text.strip()
    assert 'class="guanai-notice guanai-bad' not in text
    said = {
        "home": "先做这几步",
        "child": "登记一名儿童",
        "pairing": "还没有结对",
        "home_visit": "本学期还没有家访记录",
        "checklist": "没有要办的事",
        "register": "谈心记录卡",
        "register?form=talk": "点“新增”登记第一条",
        "register?form=talk&id=gone": "可能已放进回收站",
        "child?id=gone": "可能已被删除",
        "bin": "删除的记录会放在这里",
    }
    assert said.get(page, "") in text


@pytest.mark.parametrize("page", QUERIES)
def test_a_page_opens_in_a_filled_school(run, sample_folder, page):
    text = run(sample_folder, page, WALK.format(name=shown_name(page), wait=0))
    assert text.strip()
    assert 'class="guanai-notice guanai-bad' not in text


def test_a_dossier_shows_everything_about_the_child(run, sample_folder):
    school = open_school(sample_folder)
    visit = school.frame("home_visit").sort_values("date").iloc[-1]  # the timeline opens with the newest
    school.close()
    text = run(sample_folder, f"child?id={visit['child']}", WALK.format(name="page", wait=0))
    assert visit["child_name"] in text
    assert str(visit["date"].date()) in text
    assert visit["merits"] in text


def test_the_counts_on_the_home_page_are_the_lengths_of_the_lists_behind_them(run, sample_folder):
    """A list and its badge have the same count (7.16)."""
    counted = run(sample_folder, "home", "print([card[1] for card in cards.cards])")
    lists = [
        run(sample_folder, "checklist?status=standing&mine=1", "print(len(checklist.shown))"),
        run(sample_folder, "checklist?status=to_do&mine=1", "print(len(checklist.shown))"),
        run(sample_folder, "pairing", "print(lonely.count)"),
        run(sample_folder, "child?care=1", "print(table.count)"),
    ]
    assert json.loads(counted) == [int(length) for length in lists]
    assert all(json.loads(counted))


def test_a_refused_visit_keeps_what_was_typed_and_says_where(run, filled):
    """R16e: at least one merit is told."""
    text = run(
        filled.folder.path,
        "home_visit",
        "form.fill(mode='door'); form.save.click(); print(sorted(form.errors), form.record['mode'])",
    )
    assert "'child'" in text
    assert "'merits'" in text
    assert text.strip().endswith("door")


def test_a_child_is_looked_for_on_the_registers_own_page_too(run, filled):
    """Wherever a new child is saved, those who look like it are shown first."""
    school = open_school(filled.folder.path)
    child = school.table("child").rows()[0]
    count = len(school.table("child"))
    typed = {key: child[key] for key in ("name", "sex", "birth_date", "class")}
    said = say("alike.this", label=f"{child['name']}（{child['class']}）")
    acts = f"form.fill(**{typed!r}); form.save.click()"
    text = run(filled.folder.path, "register?form=child&new=1", acts, WALK.format(name="form", wait=0))
    assert said in text
    assert len(school.table("child")) == count
    school.close()


def test_the_main_job_without_a_browser(run, tmp_path):
    """Register a child, pair it, record a visit, read the checklist, get the summary (W1, W4, W6)."""
    folder = tmp_path / "school"
    school = create_school(folder, policy="002-1", name="星光小学")
    school.save("class", {"name": "三年级1班", "grade": 3, "level": "primary", "pupils": 42})
    teacher = school.save("staff", {"name": "宋老师", "role": "homeroom", "active": "yes"})
    run(
        folder,
        "child?new=1",
        "page.fill(name='林小雨', sex='女', birth_date='2016-5-4', father_status='外出务工', mother_status='外出务工', **{'class': '三年级1班'})"
        "\npage.save.click(); assert not page.errors, page.errors",
    )
    child = school.frame("child").iloc[0]
    assert child["eligible"] == "yes"
    lines = school.due(done=True)
    assert set(lines[lines["duty"] == "落实帮扶教师"]["status"]) == {"to_do"}
    run(
        folder,
        f"pairing?child={child['id']}",
        f"form.fill(helper='{teacher['id']}'); form.save.click(); assert not form.errors, form.errors",
    )
    run(
        folder,
        f"home_visit?child={child['id']}",
        "form.fill(mode='走进家庭', merits='乐于助人'); form.save.click(); assert not form.errors, form.errors",
    )
    assert "落实帮扶教师" not in set(school.due()["duty"])
    assert school.summary().figure("coverage").numerator == 1
    school.close()


def test_a_summary_is_downloaded_as_word_and_excel(run, sample_folder):
    text = run(
        sample_folder,
        "summary",
        "import io, zipfile\n"
        "for make in (word, excel):\n"
        "    print(len(zipfile.ZipFile(io.BytesIO(make(term.value))).namelist()))",
    )
    assert all(int(count) > 5 for count in text.split())
