"""The navigation bar: which pages are in it, in which order, and under which titles.

Requirement: the pages in the order of a day's work (W1, W4; 7.2).
"""

import json

import pytest

from guanai.care.rights.rights import ACTS, MATTERS, OWNER_RIGHTS, RightRow, Rights
from guanai.server.shipped_pages import shipped_pages
from guanai.server.web.navigation import Page, heading, pages


def test_pages_are_in_the_order_of_a_days_work(tmp_path):
    for name in ("summary", "自己的", "home", "_draft", "child", "activities"):
        cell = {"cell_type": "markdown", "source": [f"# 题{name} / {name.title()}\n", "more"]}
        (tmp_path / f"{name}.ipynb").write_text(json.dumps({"cells": [cell]}))
    in_order = pages(tmp_path)
    assert [page.name for page in in_order] == ["home", "child", "summary", "activities", "自己的"]
    assert in_order[1].title("zh") == "题child"
    assert in_order[1].title("en") == "Child"


def test_a_page_may_stay_out_of_the_bar(tmp_path):
    for name, settings in (("matrix", {"bar": False}), ("day", {"bar": True}), ("home", {})):
        (tmp_path / f"{name}.ipynb").write_text(json.dumps({"cells": [], "metadata": {"guanai": settings}}))
    assert [(page.name, page.in_bar) for page in pages(tmp_path)] == [
        ("home", True), ("day", True), ("matrix", False),
    ]  # fmt: skip


@pytest.mark.parametrize("content", ["", "{", "{}", '{"cells": 1}', '{"cells": [{}]}'])
def test_a_damaged_notebook_is_in_the_bar_by_its_name(tmp_path, content):
    (tmp_path / "odd.ipynb").write_text(content)
    assert pages(tmp_path) == [Page("odd", "odd")]


def test_the_first_heading_is_the_title():
    assert heading(["no heading", "text\n# 家访 / Home visits\n# second"]) == "家访 / Home visits"


REGISTERS = ["child", "talk", "loan"]


@pytest.mark.parametrize(
    ("needs", "acts", "registers", "shown"),
    [
        ((), (), (), True),
        (("see child",), ("see",), ("child",), True),
        (("see child",), ("add",), ("child",), False),
        (("see child", "add talk"), ("add",), ("talk",), True),
        (("export *",), ("export",), ("loan",), True),
        (("export *",), ("see",), ("loan",), False),
        (("change @imports",), ("change",), ("@imports",), True),
        (("change @imports",), ("see",), ("@imports",), False),
        (("see @trail",), ("change",), ("@trail",), True),
    ],
)
def test_a_page_is_shown_to_who_has_one_of_the_rights_that_it_needs(needs, acts, registers, shown):
    rights = Rights.of([RightRow(("helper",), registers, acts, "own")], ["helper"], [])
    assert Page("x", "x", needs=needs).is_for(rights, REGISTERS) is shown


def test_what_the_shipped_pages_need_is_an_act_on_a_register_or_matter_that_there_is(school):
    """A need that is misspelled would hide the page from everybody, or, misread, from nobody."""
    nobody = Rights.of([], [], [])
    for page in pages(next(iter(shipped_pages().values())).parent):
        assert page.is_for(OWNER_RIGHTS, school.forms())
        assert not page.needs or not page.is_for(nobody, school.forms())
        for need in page.needs:
            act, _, register = need.partition(" ")
            assert act in ACTS
            assert register.removeprefix("@") in {*MATTERS, *school.forms(), "*"}
