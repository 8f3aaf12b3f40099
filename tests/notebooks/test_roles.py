"""Every page opens for every role, and builds nothing of what the role may not do or see.

A page that builds a button and hides it can be driven by a raw message: so what counts is every widget that exists, shown or
not. The cells run in this process, which costs a tenth of a kernel for each page.

Requirement: data of children reach those who care for the child and nobody else (requirements 3, rules 1 and 2).
"""

import json
import shutil
from functools import partial
from pathlib import Path

import ipywidgets as ipw
import pytest

from guanai.storage import open_school
from guanai.storage.records.records import Identity
from guanai.templates.wording import say
from guanai.widgets import Dossier, Download, Form

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
PAGES = sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb"))
SHORT = ["bin", "child", "designer", "exchange", "home_visit", "pairing", "register", "same_child", "settings",
         "register?form=talk", "register?form=counselling", "register?form=talk&new=1", "child?new=1"]  # fmt: skip
#: Who opens which pages. What everybody may count or see takes long to work out, so one role with it is enough.
CASES = [
    *(((), page) for page in [*PAGES, *SHORT]),
    *((("town",), page) for page in SHORT),
    *((("librarian",), page) for page in SHORT),
    *((("subject",), page) for page in [*SHORT, "emergency", "trail"]),
    *((("homeroom",), page) for page in SHORT),
]
#: A button by its text, and the right without which it must not exist: an act on any register, or a matter.
BUTTONS = {
    "delete.ask": "delete *", "delete.yes": "delete *", "delete.undo": "delete *", "bin.restore": "delete *",
    "pair.accept": "change @proposals", "pair.propose": "see @proposals", "pair.undo": "change @proposals",
    "settings.save": "change @settings", "settings.add": "change @settings", "settings.remove": "change @settings",
    "settings.take": "change @settings", "merge.do": "change @duplicates", "merge.undo": "change @duplicates",
    "designer.publish": "change @forms", "designer.close": "change @forms", "imports.cancel": "change @imports",
    "imports.undo": "change @imports", "form.save": "write *", "due.print": "print *", "handout.print": "print *",
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(sample_folder, tmp_path_factory):
    """A school of its own: opening a dossier writes into its trail."""
    return shutil.copytree(sample_folder, tmp_path_factory.mktemp("roles") / "school")


@pytest.fixture(scope="module")
def owner(folder):
    school = open_school(folder)
    yield school
    school.close()


@pytest.fixture
def run(folder, owner, monkeypatch):
    """Run a page's cells as somebody with some roles; return every widget that then exists, and what they may do."""
    opened = []

    def execute(roles, page):
        name, _, query = page.partition("?")
        staff = {row["role"]: row for row in owner.table("staff").rows()}.get((*roles, "")[0], {})
        identity = Identity(staff.get("name", "某人"), staff.get("id", ""), roles)
        school = owner.as_identity(identity)
        opened.append(school)
        monkeypatch.setenv("QUERY_STRING", query)
        monkeypatch.setattr("guanai.storage.open_school", lambda: school)
        ipw.Widget.close_all()
        cells = json.loads((NOTEBOOKS / f"{name}.ipynb").read_text())["cells"]
        scope = {"__name__": "page"}
        for cell in cells:
            if cell["cell_type"] == "code":
                exec(compile("".join(cell["source"]), name, "exec"), scope)  # noqa: S102
        return list(ipw.widgets.widget._instances.values()), school.access

    yield execute
    ipw.Widget.close_all()


def may(access, need):
    act, _, register = need.partition(" ")
    if register.startswith("@"):
        return access.may_matter(register[1:], act)
    acts = ("add", "change") if act == "write" else (act,)
    return any(access.registers(one) for one in acts)


def texts(widgets):
    """Return everything that the browser gets of the widgets."""
    return "\n".join(
        str(value) for widget in widgets for key, value in widget.get_state().items() if key[:1] != "_"
    )


@pytest.mark.parametrize(
    ("roles", "page"), CASES, ids=lambda value: "-".join(value) if isinstance(value, tuple) else value
)
def test_a_page_opens_and_builds_nothing_that_the_role_may_not_do(run, owner, roles, page):
    widgets, access = run(roles, page)
    sent = texts(widgets)
    assert sent.strip()
    assert "guanai-notice guanai-bad" not in sent
    built = {one.description for one in widgets if isinstance(one, ipw.Button)}
    forbidden = {say(key) for key, need in BUTTONS.items() if not may(access, need)}
    assert not built & forbidden
    if not access.registers("export") and not access.registers("print"):
        assert not [one for one in widgets if isinstance(one, Download)]
    if not (access.may_matter("imports") or access.may_matter("forms")):
        uploads = [one for one in widgets if isinstance(one, ipw.FileUpload)]
        assert not uploads or "form=" in page
    for child in owner.table("child").rows():
        if not access.may("see", "child"):
            assert child["name"] not in sent
        if roles != ("homeroom",) and child.get("id_number"):
            assert str(child["id_number"]) not in sent


@pytest.mark.parametrize(
    "page", ["child", "exchange", "designer", "settings", "same_child", "bin", "pairing", "trail"]
)
def test_what_a_page_leaves_out_for_want_of_a_right_it_says_in_a_sentence(run, page):
    widgets, _ = run((), page)
    shown = [one for one in widgets if isinstance(one, ipw.HTML)]
    assert any("请找" in one.value for one in shown)


def test_the_owner_has_every_part(run, owner, monkeypatch):
    """The rules above hold because parts are left out, not because the texts of the buttons have changed."""
    monkeypatch.setattr(type(owner), "as_identity", lambda self, _: owner)
    built = set()
    for page in ("settings", "pairing", "exchange", "register?form=talk&new=1", "emergency"):
        widgets, _ = run((), page)
        built |= {one.description for one in widgets if isinstance(one, ipw.Button)}
    wanted = ("settings.save", "pair.accept", "imports.cancel", "form.save", "handout.print")
    assert {say(key) for key in wanted} <= built


def test_a_refused_save_keeps_what_was_typed_and_its_draft_and_says_who_can_help(filled):
    stranger = filled.as_identity(Identity("借阅员", "", ("librarian",)))
    form = Form(filled.form("talk"), partial(stranger.save, "talk"), drafts=filled.drafts("talk"))
    talk = {key: value for key, value in filled.table("talk").rows()[0].items() if key in form.controls}
    form = Form(
        filled.form("talk"), partial(stranger.save, "talk"), record=talk, drafts=filled.drafts("talk")
    )
    form.fill(date="2026-09-10")
    before = form.record
    form.save.click()
    assert not form.errors
    assert "请找" in form.notice.value
    assert form.record == before
    assert filled.drafts("talk").all()


def test_a_number_is_masked_until_a_click_that_is_written_down(filled):
    child = next(row for row in filled.table("child").rows() if row.get("contact_phone"))
    shown = []

    def reveal(path):
        shown.append(path)
        return filled.reveal("child", child["id"], path)

    ipw.Widget.close_all()
    dossier = Dossier(child, forms=filled.all_forms(), reveal=reveal)
    assert str(child["contact_phone"]) not in texts(list(ipw.widgets.widget._instances.values()))
    numbers = next(one for one in dossier.children if hasattr(one, "buttons"))
    numbers.buttons["contact_phone"].click()
    assert str(child["contact_phone"]) in numbers.texts["contact_phone"].value
    assert shown == ["contact_phone"]
    entries = filled.trail.of_record("child", child["id"])
    assert entries["act"].iloc[0] == "reveal"


def test_a_form_builds_no_question_that_the_person_does_not_see(filled):
    """The subject teacher's row hides the identity number of a dossier (002-1 L45)."""
    helper = next(row for row in filled.table("pairing").rows() if row.get("helper") and not row.get("end"))
    person = filled.as_identity(Identity("帮扶", helper["helper"], ("helper",)))
    child = person.record("child", helper["child"])
    assert child is not None
    ipw.Widget.close_all()
    form = Form(person.form("child"), record=child)
    form.fill(name=child["name"])
    assert "id_number" not in form.controls
    assert "id_number" in Form(filled.form("child"), record=filled.record("child", child["id"])).controls
