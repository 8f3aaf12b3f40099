"""Every page as a low role opens it, and every widget of it driven by raw messages: nothing gets past the sheet 权限.

Requirement: roles of the app (requirements 3, 7.11), counselling is kept apart (requirements 3, rule 1).

A widget that a page builds and does not show works by a message of the websocket as well as one that it shows. So each
page is opened as each role, also with the addresses of records outside, and every widget that it sends is clicked, changed
and given nonsense. Then no record outside has changed, no text of one has come, and no message shows the server's inside.
"""

import asyncio
import shutil
from urllib.parse import quote

import pytest
from support.days import TODAY
from support.planted_school import Watch, plant, readable
from support.raw_messages import RawPage
from support.servers import serving

from guanai.server.accounts.accounts import Accounts
from guanai.server.commands.http_probe import HttpProbe
from guanai.server.shipped_pages import renew, shipped_pages
from guanai.storage import open_school

pytestmark = pytest.mark.slow
ROLES = ("helper", "subject", "homeroom", "librarian", "nobody")
LEADING = ("headmaster", "deputy", "coordinator")
#: Addresses with a query; ``{…}`` are ids of records that the role is not to reach.
QUERIES = (
    "checklist?mine=1", "checklist?done=1&kind=child&subject_id={out}", "child?care=1", "child?id={out}",
    "child?id={out}&edit=1", "child?id={own}", "child?id={own}&edit=1", "child?new=1", "coverage?of=figures",
    "coverage?of=duties", "deferral?id={deferral}", "deferral?duty={duty}&kind=child&subject={out}&since=2026-11-16",
    "designer?form=child", "exchange?form=counselling", "exchange?form=child", "home_visit?child={out}",
    "home_visit?id={home_visit}", "pairing?child={out}", "pairing?id={pairing}", "register?form=counselling",
    "register?form=counselling&id={counselling}", "register?form=counselling&new=1&child={out}",
    "register?form=guidance", "register?form=child&id={out}", "register?form=child&id={out}&edit=1", "register?form=staff",
    "register?form=staff&id={staff}&edit=1", "register?form=class&id={class}&edit=1", "register?form=talk&child={out}",
    "register?form=talk", "bin?form=child", "bin?form=child&id={deleted}", "bin?form=counselling",
    "same_child?id={out}&other={own}", "summary?term=x",
)  # fmt: skip
#: On the page ``trail`` a click may begin to show more in an emergency, as it should: all pages after it would.
PAGES = (*(page for name in shipped_pages() if (page := name.removesuffix(".ipynb")) != "trail"), *QUERIES)
#: What no message may show: the server's files and its errors.
INSIDE = (
    "Traceback (most recent call last)",
    'File "',
    "site-packages",
    ".py\\",
    "/storage/records/",
)


class Stage:
    """The served school, its accounts, and the records whose addresses are tried."""

    def __init__(self, folder, server, people, known):
        self.folder, self.server, self.people, self.known = folder, server, people, known
        self.probes = {}

    def probe(self, role):
        """Return the browser of a role, signed in."""
        if role not in self.probes:
            self.probes[role] = HttpProbe(self.server.base)
            self.probes[role].one_click(self.people[role][0])
        return self.probes[role]


def chosen_people(school):
    """Return for each role a name, a record of staff and roles: who has children, and none of the counselled child."""
    staff = {one["id"]: one for one in school.documents("staff") if one.get("active") != "no"}
    helping = [
        one["helper"]
        for one in school.documents("pairing")
        if one.get("helper") in staff and not one.get("end")
    ]
    heads = [one["homeroom"] for one in school.documents("class") if one.get("homeroom") in staff]
    # Who leads the school by the register of staff has to report an incident, and is told of it (requirements 3, rule 2).
    helper = next(one for one in helping if one not in heads and staff[one]["role"] not in LEADING)
    subject = next(one for one in staff if one not in (*heads, helper) and staff[one]["role"] == "subject")
    return {
        "helper": ("帮扶者", helper, ("helper",)),
        "subject": ("科任者", subject, ("subject",)),
        "homeroom": ("班主任者", heads[0], ("homeroom",)),
        "librarian": ("图书者", "", ("librarian",)),
        "nobody": ("无角色者", "", ()),
    }


@pytest.fixture(scope="module")
def stage(sample_folder, tmp_path_factory):
    """Serve the small sample school with marked records and an account for each role."""
    folder = shutil.copytree(sample_folder, tmp_path_factory.mktemp("raw") / "school")
    renew(folder / "notebooks")
    school = open_school(folder)
    with school.transaction():
        plant(school)
    people = chosen_people(school)
    school.amend("staff", people["subject"][1], {"teaches": [school.documents("class")[0]["name"]]})
    accounts = Accounts(school)
    for name, staff, roles in people.values():
        accounts.add_without_password(name, roles=roles, staff=staff)
    known = records_outside(school, people)
    school.close()
    with pytest.MonkeyPatch.context() as patch:  # the server's day is that of the tests
        patch.setenv("GUANAI_TODAY", TODAY.isoformat())
        with serving(folder, " ".join(person[0] for person in people.values())) as server:
            yield Stage(folder, server, people, known)


def records_outside(school, people):
    """Return the ids in the addresses: of children and records that none of these people reaches, and one dossier in the bin."""
    children = {one["id"]: one for one in school.documents("child")}
    mine = {one["homeroom"]: one["name"] for one in school.documents("class")}.get(people["homeroom"][1])
    paired = {one["child"] for one in school.documents("pairing")}
    outside = [
        key
        for key, one in children.items()
        if one["class"] != mine and one["class"] != school.documents("class")[0]["name"]
    ]
    helped = next(
        one["child"]
        for one in school.documents("pairing")
        if one.get("helper") == people["helper"][1] and not one.get("end")
    )
    out = next(key for key in outside if key != helped)
    deleted = next(key for key in outside if key not in (out, helped) and key in (paired or outside))
    school.delete("child", deleted)
    first = {form: next((one["id"] for one in school.documents(form) if one.get("child", out) not in (helped,)), "none")
             for form in ("counselling", "home_visit", "pairing", "deferral", "class", "staff")}  # fmt: skip
    return {"out": out, "own": helped, "deleted": deleted, "duty": quote("每周谈心"), **first}


@pytest.fixture(scope="module")
def owner(stage):
    school = open_school(stage.folder)
    yield school
    school.close()


#: Every page as a helper; as the others those in which much depends on the role: each page takes many seconds.
OF_OTHERS = (
    "home", "exchange", "register?form=counselling&id={counselling}", "register?form=child&id={out}&edit=1",
    "register?form=class&id={class}&edit=1", "pairing?child={out}", "bin?form=child&id={deleted}",
)  # fmt: skip
TRIED = [(role, page) for role in ROLES for page in (PAGES if role == ROLES[0] else OF_OTHERS)]


@pytest.mark.parametrize(("role", "address"), TRIED)
def test_no_message_gets_past_the_sheet(stage, owner, role, address):
    watch = Watch(owner, *stage.people[role])
    secrets = watch.secrets()
    probe = stage.probe(role)
    response = probe.get(f"/{address.format(**stage.known)}")
    assert response.kernel or response.status == 403, f"{response.status}: {response.text[-600:]}"
    page = RawPage(probe, response)
    if response.kernel:
        try:
            asyncio.run(attacked(page))
        finally:
            probe.close(response)
    sent = [readable(response.text), *page.received()]
    leaks = {what: text[max(0, at - 200) : at + 100] for text in sent for secret, what in secrets.items()
             if (at := text.find(secret)) >= 0}  # fmt: skip
    assert not leaks, f"{role} got from {address}: {sorted(leaks)[:12]}, as in: {next(iter(leaks.values()))}"
    inside = [text[max(0, at - 300) : at + 300] for text in sent for mark in (*INSIDE, str(stage.folder))
              if (at := text.find(mark)) >= 0]  # fmt: skip
    assert not inside, f"{role} saw of {address}: {inside[0]}"
    assert watch.wrongly_changed() == [], f"{role} changed from {address}"


async def attacked(page):
    """Drive every widget of a page."""
    await page.connect()
    try:
        await page.attack()
    finally:
        page.close()
