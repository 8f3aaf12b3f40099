"""The page 权限 over HTTP: looked at, changed after what it changes was shown and the password typed, undone (requirements 3; ASVS 4.1, 4.3).

Nobody without the right changes the sheet; a mistake, a change meanwhile and one that leaves nobody in charge change nothing.
"""

import html
import re

import pytest
from support.servers import NAME, PASSWORD, start

from guanai.server.commands.http_probe import HttpProbe
from guanai.storage import open_school
from guanai.templates.wording import say

TEACHER, DEPUTY = "林老师", "孙副校长"
ROW = {"roles": "librarian", "register": "书信", "acts": "see", "scope": "school"}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with start(tmp_path_factory.mktemp("rights") / "school", confirmed=0) as served:
        accounts = served.school_accounts()
        accounts.add(TEACHER, PASSWORD, roles=("librarian",))
        accounts.add(DEPUTY, PASSWORD, roles=("deputy",))
        yield served


def signed_in(server, name=NAME, follow=True):
    probe = HttpProbe(server.base, follow=follow)
    probe.submit("/login", name=name, password=PASSWORD, next="/theme/icon.svg")
    return probe


def digest(answer):
    return re.search(r'name="digest" value="(\w*)"', answer.text)[1]


def sheet(server):
    school = open_school(server.folder)
    try:
        return [row["right_register"] for row in school.settings.read().rows("rights")]
    finally:
        school.close()


def change(server, probe=None, address="/rights/row", **fields):
    probe = probe or signed_in(server)
    seen = probe.get(address)
    form = {"act": "save", "own_password": PASSWORD, **ROW, **fields}
    return probe.post(address.partition("?")[0], {"_xsrf": probe.xsrf_token, "digest": digest(seen), **form})


@pytest.mark.parametrize("path", ["rights", "rights/row", "rights/history"])
@pytest.mark.parametrize("name", [TEACHER, DEPUTY])
def test_without_the_right_to_change_it_the_page_is_closed(server, path, name):
    refused = signed_in(server, name).get(f"/{path}")
    assert refused.status == 403
    assert say("office.not_rights") in refused.text


def test_a_form_of_ones_own_making_changes_nothing(server):
    probe, before = signed_in(server, TEACHER), sheet(server)
    form = {"_xsrf": probe.xsrf_token, "act": "save", "own_password": PASSWORD, "digest": "", **ROW}
    assert probe.post("/rights/row", form).status == 403
    assert sheet(server) == before


def test_the_sheet_is_shown_by_role_with_what_it_comes_to(server):
    text = html.unescape(signed_in(server).get("/rights?role=librarian").text)
    assert "借阅、图书登记" in text
    assert "咨询记录卡" not in text.split("<details>")[1].split("<h2>")[1]
    assert say("rights_page.holders", names=TEACHER) in text


def test_what_a_change_changes_is_shown_first(server):
    probe, before = signed_in(server), sheet(server)
    seen = change(server, probe, act="look", own_password="")
    assert seen.status == 200
    assert say("rights_page.effect", count=1, names=TEACHER) in html.unescape(seen.text)
    assert sheet(server) == before


@pytest.mark.parametrize(
    ("fields", "status", "key"),
    [
        ({"own_password": ""}, 403, "confirm.needed"),
        ({"own_password": "falsch-2026"}, 403, "confirm.wrong"),
        ({"digest": "0"}, 400, "settings.newer"),
    ],
)
def test_what_is_not_confirmed_or_outdated_changes_nothing(server, fields, status, key):
    before = sheet(server)
    refused = change(server, **fields)
    assert refused.status == status
    assert say(key, file="school.xlsx") in html.unescape(refused.text)
    assert sheet(server) == before


def test_a_mistake_is_said_and_what_was_filled_in_stays(server):
    before = sheet(server)
    refused = change(server, register="没有这种表")
    assert refused.status == 400
    assert refused.text.count("没有这种表") >= 2
    assert sheet(server) == before


def test_a_change_that_leaves_nobody_in_charge_is_refused(server):
    probe, before = signed_in(server), sheet(server)
    rows = probe.get("/rights?role=coordinator").text.split("<tr>")
    of_rights = next(row for row in rows if re.search(r">权限\s*<", row) and "rights/row?" in row)
    number = re.search(r"rights/row\?row=(\d+)", of_rights)[1]
    refused = change(server, probe, f"/rights/row?row={number}", row=number, act="remove_now")
    assert refused.status == 400
    assert sheet(server) == before


def test_a_change_holds_at_once_ends_open_pages_is_noted_and_undone(server):
    teacher = signed_in(server, TEACHER, follow=False)
    page, before = teacher.get("/who"), sheet(server)
    done = change(server)
    assert say("rights_page.done") in done.text
    assert sorted(sheet(server)) == sorted([*before, "书信"])
    assert teacher.get(f"/voila/api/kernel/{page.kernel}").status == 404
    probe = signed_in(server)
    history = probe.get("/rights/history")
    assert NAME in history.text and "书信" in history.text
    form = {"_xsrf": probe.xsrf_token, "digest": digest(history), "number": "0"}
    assert probe.post("/rights/history", form).status == 403  # the password is asked for here too
    undone = probe.post("/rights/history", {**form, "own_password": PASSWORD})
    assert say("rights_page.done") in undone.text
    assert sorted(sheet(server)) == sorted(before)
    again = probe.get("/rights/history")
    refused = probe.post(
        "/rights/history", {**form, "digest": digest(again), "number": "1", "own_password": PASSWORD}
    )
    assert say("rights_page.cannot_undo") in refused.text
