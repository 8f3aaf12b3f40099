"""A school that was read before its page asks for it: quicker, never older, and nobody's in particular.

Promise: what another person saved is seen at the next page; the cache only saves time (7.12).
"""

import os
import subprocess
import sys

import pandas as pd
import pytest
from support.form_designs import change

from guanai.care.rights.masking import is_number_question
from guanai.server.kernels import school_cache
from guanai.storage import AccessError, open_school
from guanai.storage.files.school_folder import SchoolFolder
from guanai.storage.forms.session import choices
from guanai.storage.records.frames import frame_of, lazy_copy
from guanai.storage.records.records import Identity
from guanai.storage.school.open_school import SERVED
from guanai.templates import template
from guanai.widgets.base.value_labels import Labels

pytestmark = pytest.mark.slow

SAVE = """
import sys
from guanai.care.rights.masking import is_number_question
from guanai.server.kernels import school_cache
from guanai.storage import open_school
school = open_school(sys.argv[1])
school.insert_many("child", [{"id": "later", "name": "后来的"}])
print("later")
"""


@pytest.fixture
def warm(filled, monkeypatch):
    """A small sample school that has been read."""
    monkeypatch.setattr(school_cache, "_preloaded", None)
    monkeypatch.setattr(school_cache, "_worked_out", None)
    list(school_cache.preload_school(filled.folder.path))
    yield filled
    school_cache._preloaded[0].close()


def as_page(school, person="李老师"):
    identity = Identity(person, "staff-1", ("coordinator",))
    return school_cache.preloaded_school(SchoolFolder(school.folder.path), identity)


def due_to_everybody(school):
    """Return the due lines without those about restricted registers, which a coordinator does not see."""
    apart = {duty.name for duty in school.policy.duties if duty.registers & school.access.restricted}
    lines = school.due()
    return lines[~lines["duty"].isin(apart)].reset_index(drop=True)


def test_nothing_is_warm_before_it_was_read(filled, monkeypatch):
    monkeypatch.setattr(school_cache, "_preloaded", None)
    assert as_page(filled) is None


def test_it_answers_as_one_that_was_just_opened(warm):
    page, cold = as_page(warm), open_school(warm.folder.path)
    assert (page.person, page.staff_id) == ("李老师", "staff-1")
    assert as_page(warm, "王老师").person == "王老师"
    assert page.forms() == cold.forms()
    for name in page.forms():
        if page.form(name).restricted:
            assert page.frame(name).empty
            continue
        shown, whole = page.frame(name), cold.frame(name)
        masked = [column for column in whole if is_number_question(column) or column == "guardians"]
        pd.testing.assert_frame_equal(shown.drop(columns=masked), whole.drop(columns=masked))
        assert page.instances(name) == cold.instances(name)
    pd.testing.assert_frame_equal(page.due(), due_to_everybody(cold))
    assert page.summary().figures == cold.summary().figures
    cold.close()


def test_it_reads_no_register_again(warm, monkeypatch):
    """What makes it quick: while nothing has changed, no row is fetched and nothing is reckoned."""
    page = as_page(warm)
    monkeypatch.setattr("guanai.storage.database.row_cache.CachedRows.load", None)
    for name in ("due", "to_do", "fulfilment", "gaps", "summary"):
        monkeypatch.setattr(f"guanai.storage.school.due_service.{name}", None)
    monkeypatch.setattr("guanai.storage.school.workbook_service.line_counts", None)
    monkeypatch.setattr("guanai.storage.records.stored_registers.frame_of", None)
    assert len(page.frames()["child"])
    assert len(page.due()) and len(page.to_do()) and len(page.brief())
    assert len(page.coverage())
    assert page.settings.previews(page.settings.read())
    assert len(page.duties.gaps())
    assert page.summary().figures
    before = page.terms()[: page.terms().index(page.term())]
    assert before
    assert all(page.summary(term).figures for term in before)


def test_a_form_finds_the_choices_that_it_takes_from_a_register(warm, monkeypatch):
    """Of ten thousand children no kernel makes labels again, and a record is read without them all."""
    page = as_page(warm)
    monkeypatch.setattr("guanai.storage.forms.session.choices._plain", None)
    monkeypatch.setattr("guanai.storage.forms.session.choices._tables", choices._LatestCache())
    child = page.frame("child").iloc[0]
    for form in ("talk", "home_visit"):
        assert child["name"] in Labels(page.form(form)).text("child", child["id"])


def test_a_page_in_another_language_has_its_own_words(warm, monkeypatch):
    """Due lines and figures hold words; those of the process that read the school are Chinese."""
    chinese = as_page(warm)
    monkeypatch.setenv("GUANAI_LANGUAGE", "en")
    page, cold = as_page(warm), open_school(warm.folder.path)
    assert page.summary().figures == cold.summary().figures != chinese.summary().figures
    pd.testing.assert_frame_equal(page.due(), due_to_everybody(cold))
    cold.close()


@pytest.mark.parametrize("again", [False, True])
def test_what_another_process_has_saved_since_is_seen(warm, again):
    page = as_page(warm)
    before = len(page.frame("child"))
    saved = subprocess.run(
        [sys.executable, "-c", SAVE, str(warm.folder.path)], capture_output=True, text=True, encoding="utf-8"
    )
    assert saved.returncode == 0, saved.stderr
    if again:
        list(school_cache.preload_school(warm.folder.path))
        page = as_page(warm)
    frame = page.frame("child")
    assert len(frame) == before + 1
    assert saved.stdout.strip() in set(frame["id"])
    assert saved.stdout.strip() in {row["id"] for row in page.instances("child")}


@pytest.mark.parametrize("change", ["form", "workbook", "rule of its own", "another school"])
def test_what_is_outdated_is_not_used(warm, tmp_path, change):
    folder = SchoolFolder(warm.folder.path)
    if change == "form":
        folder.forms.mkdir(exist_ok=True)
        (folder.forms / "talk.md").write_bytes((template("forms") / "talk.md").read_bytes())
    elif change == "rule of its own":
        folder.rules.mkdir()
        (folder.rules / "books.py").write_text("", encoding="utf-8")
    elif change == "workbook":
        os.utime(folder.workbook, (1, 1))
    else:
        folder = SchoolFolder(tmp_path)
    assert school_cache.preloaded_school(folder, Identity("李老师")) is None


def test_what_a_page_does_to_a_frame_stays_on_that_page(warm):
    page = as_page(warm)
    for frame in (page.frame("child"), page.due()):
        frame.loc[:, frame.columns[0]] = "changed"
        frame["new"] = 1
    for fresh in (page, as_page(warm)):
        child, due = fresh.frame("child"), fresh.due()
        assert "changed" not in set(child[child.columns[0]]) | set(due[due.columns[0]])
        assert "new" not in {*child.columns, *due.columns}


def test_a_lazy_copy_may_be_changed_in_every_way():
    frame = frame_of(
        [{"name": "a", "age": 7}, {"name": "b", "age": None}], {"name": "text", "age": "integer"}
    )
    whole = frame.copy(deep=True)
    for alter in (
        lambda copy: copy.loc.__setitem__((0, "name"), "x"),
        lambda copy: copy.iloc.__setitem__((1, 1), 9),
        lambda copy: copy.__setitem__("age", 3),
        lambda copy: copy["name"].mask([True, True], "y"),
        lambda copy: copy.update(pd.DataFrame({"name": ["z", "z"]})),
        lambda copy: copy.insert(0, "new", 1),
        lambda copy: copy.pop("age"),
    ):
        alter(lazy_copy(frame))
        pd.testing.assert_frame_equal(frame, whole)


def test_it_is_read_again_after_a_form_was_published(school, monkeypatch):
    monkeypatch.setattr(school_cache, "_preloaded", None)
    monkeypatch.setattr(school_cache, "_worked_out", None)
    person = Identity("测试老师")
    list(school_cache.preload_school(school.folder.path))
    assert school_cache.preloaded_school(school.folder, person) is not None
    change(school, "talk", add=[("mood", "文本", "心情")])
    assert school_cache.preloaded_school(school.folder, person) is None, "what was read is outdated"
    list(school_cache.preload_school(school.folder.path))
    again = school_cache.preloaded_school(school.folder, person)
    assert again is not None
    assert "mood" in again.form("talk").columns


@pytest.mark.parametrize(
    ("headers", "identity"),
    [
        ({}, None),
        ({"HTTP_X_GUANAI_ROLES": "coordinator"}, None),
        (
            {
                "HTTP_X_GUANAI_PERSON": "%E6%9E%97",
                "HTTP_X_GUANAI_STAFF": "s1",
                "HTTP_X_GUANAI_ROLES": "homeroom",
            },
            Identity("林", "s1", ("homeroom",)),
        ),
    ],
)
def test_a_page_opens_the_school_for_whom_its_request_names(filled, monkeypatch, headers, identity):
    monkeypatch.setenv("GUANAI_SCHOOL", str(filled.folder.path))
    monkeypatch.setenv(SERVED, "1")
    school_cache.sign_in_from_headers(headers)
    try:
        if identity is None:
            for path in (None, filled.folder.path):
                with pytest.raises(AccessError):
                    open_school(path)
            return
        for path in (None, filled.folder.path):  # nobody's more than the person's, whatever folder is named
            opened = open_school(path)
            assert opened.identity == identity
            opened.close()
    finally:
        school_cache.sign_in_from_headers({})
