"""The page 账号, one-time links, and asking for the password again, over HTTP (requirements 3, 7.11; ASVS 2.5, 3.7, 4.2, 4.3).

Nobody without the right to accounts sees or changes anything there; no role is changed without the password; whoever is
locked, reset or has left is out at once.
"""

import html
import re

import pytest
from support.servers import NAME, PASSWORD, start

from guanai.server.commands.http_probe import HttpProbe
from guanai.server.web.many_accounts import MOST_BYTES
from guanai.storage import open_school
from guanai.storage.files.file_access import megabytes
from guanai.storage.school.workbooks import write_workbook
from guanai.templates.wording import say

TEACHER = "林老师"
KEY = re.compile(r'<p class="code">([A-Z2-9-]{14})</p>')
PAGES = (
    "accounts",
    "accounts/new",
    "accounts/one?name=林老师",
    "accounts/staff",
    "accounts/sheet",
    "accounts/links",
)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with start(tmp_path_factory.mktemp("accounts") / "school") as served:
        school = open_school(served.folder)
        for name, post in (("张伟", "homeroom"), ("李娜", "counsellor"), ("王强", "subject")):
            school.save("staff", {"name": name, "role": post, "active": "yes"})
        school.close()
        served.school_accounts().add(TEACHER, PASSWORD, roles=("homeroom",))
        yield served


def signed_in(server, name=NAME, follow=True):
    probe = HttpProbe(server.base, follow=follow)
    probe.submit("/login", name=name, password=PASSWORD, next="/theme/icon.svg")
    return probe


def upload(probe, name, content):
    """Send the form of the sheet with a file, as a browser does."""
    probe.get("/accounts/sheet")
    parts = [
        f'Content-Disposition: form-data; name="_xsrf"\r\n\r\n{probe.xsrf_token}'.encode(),
        f'Content-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode() + content,
    ]
    body = b"".join(b"--edge\r\n" + part + b"\r\n" for part in parts) + b"--edge--\r\n"
    return probe._send("/accounts/sheet", {"Content-Type": "multipart/form-data; boundary=edge"}, body)


def keys(answer):
    return KEY.findall(answer.text)


class TestWhoMay:
    @pytest.mark.parametrize("path", PAGES)
    def test_without_the_right_nothing_is_shown(self, server, path):
        refused = signed_in(server, TEACHER).get(f"/{path}")
        assert refused.status == 403
        assert say("office.not_accounts") in refused.text
        assert NAME not in refused.text.replace(say("office.not_accounts"), "")

    @pytest.mark.parametrize("path", PAGES)
    def test_without_signing_in_it_leads_to_the_sign_in_page(self, server, path):
        assert HttpProbe(server.base, follow=False).get(f"/{path}").status == 302

    @pytest.mark.parametrize(
        ("path", "form"),
        [
            ("accounts/new", {"name": "假账号", "roles": "coordinator"}),
            ("accounts/one", {"name": NAME, "act": "lock"}),
            ("accounts/one", {"name": TEACHER, "act": "roles", "roles": "coordinator"}),
            ("accounts/sheet", {"sheet": "假账号\t校长", "act": "make"}),
            ("accounts/staff", {"staff": "x"}),
        ],
    )
    def test_a_form_of_ones_own_making_changes_nothing(self, server, path, form):
        probe = signed_in(server, TEACHER)
        before = list(server.school_accounts())
        refused = probe.post(f"/{path}", {"_xsrf": probe.xsrf_token, "own_password": PASSWORD, **form})
        assert refused.status == 403
        assert list(server.school_accounts()) == before

    def test_a_form_from_elsewhere_changes_nothing(self, server):
        probe = signed_in(server)
        assert probe.post("/accounts/one", {"name": TEACHER, "act": "lock"}).status == 403
        assert server.school_accounts().get(TEACHER).is_open

    def test_the_menu_under_the_name_shows_it_to_those_only(self, server):
        assert 'href="/accounts"' in signed_in(server).get("/who").text
        assert 'href="/accounts"' not in signed_in(server, TEACHER).get("/who").text


class TestTheList:
    def test_it_says_who_has_which_roles_and_state(self, server):
        probe = signed_in(server)
        text = html.unescape(probe.get("/accounts").text)
        row = next(part for part in text.split("<tr>") if f">{TEACHER}<" in part)
        assert say("right.role.homeroom") in row
        assert say("account.state.active") in row
        assert say("account.from_staff_count", count=3) in text or "没有账号" in text

    def test_in_english(self, server):
        probe = signed_in(server)
        probe.get("/language?to=en&next=/theme/icon.svg")
        text = probe.get("/accounts").text
        assert say("office.accounts", "en") in text
        assert not re.search(
            "[一-鿿]",
            re.sub(r"青山|小学|林测试|林老师|中文|简体中文|张伟|李娜|王强", "", re.sub("<[^>]*>", "", text)),
        )


class TestMaking:
    def test_from_the_register_in_one_step_each_with_a_link(self, server):
        probe = signed_in(server)
        page = probe.get("/accounts/staff").text
        ids = re.findall(r'name="staff" value="([^"]+)"', page)
        assert len(ids) == 3
        form = [("_xsrf", probe.xsrf_token)]
        for one in ids[:2]:
            form += [
                ("staff", one),
                (f"name-{one}", html.unescape(re.search(rf'name="name-{one}" value="([^"]*)"', page)[1])),
            ]
            form += [
                (f"roles-{one}", role)
                for role in re.findall(rf'name="roles-{one}" value="(\w+)" checked', page)
            ]
        made = probe.post("/accounts/staff", form)
        assert made.url.endswith("/accounts/links")
        assert len(keys(made)) == 2
        assert made.text.count("<svg") == 2
        accounts = {account.staff: account for account in server.school_accounts() if account.staff in ids}
        assert set(accounts) == set(ids[:2])
        assert all("helper" in account.roles for account in accounts.values())
        assert {
            change.by
            for account in accounts.values()
            for change in server.school_accounts().changes(account.name)
        } == {NAME}

    def test_a_sheet_is_shown_first_and_made_then(self, server):
        probe = signed_in(server)
        seen = probe.submit("/accounts/sheet", sheet="周社工\t社会代理家长\n吴老师\t帮扶教师")
        assert say("account.sheet_read", count=2) in seen.text
        assert "周社工" not in server.school_accounts().names()
        made = probe.submit("/accounts/sheet", sheet="周社工\t社会代理家长\n吴老师\t帮扶教师", act="make")
        assert len(keys(made)) >= 2
        assert server.school_accounts().get("周社工").roles == ("social_carer",)

    def test_a_mistake_in_a_sheet_is_placed_and_what_was_typed_stays(self, server):
        refused = signed_in(server).submit(
            "/accounts/sheet", sheet="郑老师\t帮扶教师\n冯老师\t班煮任", act="make"
        )
        assert refused.status == 400
        text = html.unescape(refused.text)
        assert "班煮任" in text.split("</textarea>")[0].split("<textarea")[0]  # said in the box of problems
        assert "郑老师\t帮扶教师" in text
        assert "郑老师" not in server.school_accounts().names()

    @pytest.mark.parametrize("ending", ["csv", "xlsx"])
    def test_a_file_is_read_as_what_is_pasted(self, server, tmp_path, ending):
        path = tmp_path / f"名单.{ending}"
        if ending == "csv":
            path.write_text("姓名,角色\n褚老师,帮扶教师\n", encoding="gb18030")
        else:
            write_workbook(path, {"名单": [{"姓名": "褚老师", "角色": "帮扶教师"}]})
        seen = upload(signed_in(server), path.name, path.read_bytes())
        assert say("account.sheet_read", count=1) in seen.text
        assert "褚老师" in seen.text

    def test_a_file_that_is_no_list_of_names_is_refused(self, server):
        refused = upload(signed_in(server), "名单.csv", b"x" * (MOST_BYTES + 1))
        assert say("account.sheet_large", most=megabytes(MOST_BYTES)) in refused.text

    def test_one_account_with_its_roles(self, server):
        probe = signed_in(server)
        made = probe.submit("/accounts/new", name="<b>钱</b>", roles="librarian")
        assert "<b>钱</b>" not in made.text
        assert server.school_accounts().get("<b>钱</b>").roles == ("librarian",)

    def test_links_of_another_persons_session_are_not_shown(self, server):
        probe = signed_in(server)
        probe.submit("/accounts/new", name="孙老师", roles="helper")
        assert keys(probe.get("/accounts/links"))
        assert not keys(signed_in(server).get("/accounts/links"))

    def test_nobody_ticked_is_said(self, server):
        refused = signed_in(server).submit("/accounts/staff")
        assert say("account.nobody_ticked") in refused.text


class TestLink:
    @pytest.fixture
    def key(self, server, request):
        accounts, name = server.school_accounts(), f"新人{abs(hash(request.node.name)) % 10**6}"
        accounts.add_without_password(name, roles=("helper",))
        return name, accounts.make_link(name)

    def test_a_teacher_chooses_a_password_and_is_in(self, server, key):
        name, key = key
        probe = HttpProbe(server.base, follow=False)
        assert name in probe.get(f"/link?key={key}").text
        done = probe.submit(f"/link?key={key}", key=key, password=PASSWORD, again=PASSWORD)
        assert (done.status, done.headers["Location"]) == (302, "/")
        assert probe.get("/nosuch").status == 404
        assert HttpProbe(server.base, follow=False).sign_in(name, PASSWORD).status == 302
        used = HttpProbe(server.base).get(f"/link?key={key}")
        assert used.status == 410
        assert say("account.link_over") in used.text

    def test_looking_at_it_does_not_use_it_up(self, server, key):
        for _ in range(3):
            assert HttpProbe(server.base).get(f"/link?key={key[1]}").status == 200
        assert server.school_accounts().of_link(key[1])

    def test_the_code_can_be_typed(self, server, key):
        name, key = key
        probe = HttpProbe(server.base)
        assert name in probe.submit("/link", key=key.lower().replace("-", " ")).text

    @pytest.mark.parametrize(
        ("password", "again", "text"), [(PASSWORD, "anders-2027", "password.differs"), ("kurz", "kurz", "8")]
    )
    def test_a_poor_password_can_be_typed_again(self, server, key, password, again, text):
        name, key = key
        probe = HttpProbe(server.base)
        refused = probe.submit(f"/link?key={key}", key=key, password=password, again=again)
        assert refused.status == 400
        assert (say(text) if "." in text else text) in refused.text
        assert name in refused.text
        assert server.school_accounts().of_link(key)

    def test_a_wrong_code_names_nobody(self, server):
        answer = HttpProbe(server.base).get("/link?key=AAAA-BBBB-CCCC")
        assert answer.status == 410
        assert say("account.link_over") in answer.text


class TestOneAccount:
    @pytest.fixture
    def other(self, server, request):
        """An account, and its person signed in."""
        name = f"同事{abs(hash(request.node.name)) % 10**6}"
        server.school_accounts().add(name, PASSWORD, roles=("helper",))
        return name, signed_in(server, name, follow=False)

    def act(self, server, name, act, **fields):
        return signed_in(server).submit(f"/accounts/one?name={name}", name=name, act=act, **fields)

    @pytest.mark.parametrize("act", ["lock", "leave", "reset", "sign_out"])
    def test_it_ends_every_session_at_once(self, server, other, act):
        name, probe = other
        page = probe.get("/who")
        assert page.kernel
        self.act(server, name, act)
        assert probe.get("/nosuch").status == 302
        assert probe.get(f"/voila/api/kernel/{page.kernel}").status == 401
        again = HttpProbe(server.base, follow=False).sign_in(name, PASSWORD)
        assert again.status == (302 if act == "sign_out" else 401)

    def test_unlocked_the_same_password_works(self, server, other):
        self.act(server, other[0], "lock")
        self.act(server, other[0], "unlock")
        assert HttpProbe(server.base, follow=False).sign_in(other[0], PASSWORD).status == 302

    def test_other_roles_hold_for_the_next_page(self, server, other):
        name, probe = other
        page = probe.get("/who")
        assert "ROLES helper" in page.text
        self.act(server, name, "roles", roles="homeroom")
        assert probe.get(f"/voila/api/kernel/{page.kernel}").status == 404  # the page that was open has ended
        assert "ROLES homeroom" in probe.get("/who").text
        page = signed_in(server).get(f"/accounts/one?name={name}").text
        assert f"{say('right.role.helper')} → {say('right.role.homeroom')}" in page

    @pytest.mark.parametrize("act", ["lock", "leave", "reset", "sign_out", "roles"])
    def test_nobody_raises_or_closes_the_own_account(self, server, act):
        refused = self.act(server, NAME, act, roles="headmaster")
        assert refused.status == 403
        account = server.school_accounts().get(NAME)
        assert account.is_open and account.roles == ("coordinator",)

    def test_the_last_one_in_charge_stays(self, server):
        refused = self.act(server, NAME, "roles")
        assert refused.status == 400
        assert html.escape(say("account.last", name=NAME)) in refused.text

    def test_a_change_meanwhile_is_not_overwritten(self, server, other):
        name, _ = other
        refused = self.act(server, name, "roles", roles="counsellor", revision="0")
        assert refused.status == 409
        assert server.school_accounts().get(name).roles == ("helper",)

    def test_an_account_that_is_not_there(self, server):
        assert signed_in(server).get("/accounts/one?name=没有此人").status == 404


class TestConfirmation:
    """The password typed more than ten minutes ago is asked for again."""

    @pytest.fixture(scope="class")
    @classmethod
    def server(cls, tmp_path_factory):
        with start(tmp_path_factory.mktemp("confirm") / "school", confirmed=0) as served:
            served.school_accounts().add(TEACHER, PASSWORD, roles=("homeroom",))
            yield served

    @pytest.mark.parametrize(
        ("typed", "status", "key"), [("", 403, "confirm.needed"), ("falsch-2026", 403, "confirm.wrong")]
    )
    @pytest.mark.parametrize(
        ("path", "form"),
        [
            ("accounts/one?name=林老师", {"name": TEACHER, "act": "roles", "roles": "counsellor"}),
            ("accounts/one?name=林老师", {"name": TEACHER, "act": "reset"}),
            ("accounts/new", {"name": "新人", "roles": "helper"}),
            ("accounts/sheet", {"sheet": "新人\t帮扶教师", "act": "make"}),
        ],
    )
    def test_without_it_nothing_changes(self, server, path, form, typed, status, key):
        before = list(server.school_accounts())
        refused = signed_in(server).submit(f"/{path}", own_password=typed, **form)
        assert refused.status == status
        assert say(key) in refused.text
        assert list(server.school_accounts()) == before

    def test_with_it_the_change_is_made(self, server):
        probe = signed_in(server)
        done = probe.submit(
            f"/accounts/one?name={TEACHER}", name=TEACHER, act="roles", roles="subject", own_password=PASSWORD
        )
        assert done.status == 200
        assert server.school_accounts().get(TEACHER).roles == ("subject",)

    def test_a_page_that_needs_it_leads_there_and_back(self, server):
        probe = signed_in(server, follow=False)
        assert say("confirm.title") in probe.get("/confirm?next=/exchange").text
        wrong = probe.submit("/confirm?next=/exchange", next="/exchange", own_password="falsch-2026")
        assert wrong.status == 401
        done = probe.submit("/confirm?next=/exchange", next="/exchange", own_password=PASSWORD)
        assert (done.status, done.headers["Location"]) == (302, "/exchange")
        evil = probe.submit("/confirm", next="//evil.example", own_password=PASSWORD)
        assert evil.headers["Location"] == "/"


def test_a_kernel_learns_until_when_the_password_counts_and_cannot_be_lied_to(server):
    probe = signed_in(server)
    text = probe.get("/who", **{"X-Guanai-Confirmed-Until": "99999999999"}).text
    until = int(re.search(r"CONFIRMED_UNTIL (\d+)", text)[1])
    assert 0 < until < 99999999999
