"""Who may come in, who is in, and for how long: accounts, sessions, throttling, the pages for it.

Requirement: Voila has no login of its own, so the server has one (7.11; requirements 3).
"""

import io
import json
import time
from urllib.parse import urlsplit

import pytest
from support.servers import NAME, PASSWORD, start

from guanai.care.errors import GuanaiError
from guanai.server.accounts import login_sessions
from guanai.server.accounts.accounts import Accounts
from guanai.server.accounts.login_sessions import INVITATION_SECONDS, Invitation, Sessions, fingerprint
from guanai.server.accounts.passwords import hash_password, is_right
from guanai.server.commands.cli import main
from guanai.server.commands.http_probe import HttpProbe
from guanai.server.web.handlers import safe_next
from guanai.templates.wording import say

pytestmark = pytest.mark.slow

IDLE = 8  # seconds, for one server of these tests


class Clock:
    def __init__(self):
        self.now = 1_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def accounts(school):
    return Accounts(school)


class TestAccounts:
    def test_a_password_is_stored_as_argon2id_only(self, school, accounts):
        accounts.add("陈 老师", PASSWORD)
        row = school.table("account").all()[0]
        assert row["password"].startswith("$argon2id$")
        assert PASSWORD not in json.dumps(row)

    @pytest.mark.parametrize(
        ("name", "password", "key"),
        [
            ("", PASSWORD, "account.name"),
            ("   ", PASSWORD, "account.name"),
            ("长" * 61, PASSWORD, "account.name"),
            ("a\x00b", PASSWORD, "account.name"),
            ("陈老师", "1234567", "password.length"),
            ("陈老师", "x" * 201, "password.length"),
            ("chenlaoshi", "ChenLaoshi", "password.is_name"),
        ],
    )
    def test_a_bad_name_or_password_makes_no_account(self, accounts, name, password, key):
        with pytest.raises(GuanaiError) as refused:
            accounts.add(name, password)
        assert refused.value.key == key
        assert len(accounts) == 0

    def test_full_width_letters_make_no_other_person(self, accounts):
        accounts.add("Ｌｉ  Na", PASSWORD)
        assert accounts.find(" Li Na ")
        with pytest.raises(GuanaiError, match="Li Na"):
            accounts.add("Li Na", PASSWORD)

    def test_no_password_matches_an_account_without_one(self, accounts):
        account = accounts.add_without_password("示范老师")
        assert not any(is_right(account.password, typed) for typed in ("", "nobody's password", PASSWORD))
        assert not accounts.can_sign_in

    def test_a_new_password_makes_older_sessions_invalid(self, accounts):
        before = accounts.add("陈老师", PASSWORD)
        accounts.set_password("陈老师", "另一个 密码 2")
        after = accounts.find("陈老师")
        assert after.valid_since_seconds > before.valid_since_seconds
        assert is_right(after.password, "另一个 密码 2")
        assert not is_right(after.password, PASSWORD)

    def test_accounts_are_in_no_register(self, school, accounts):
        accounts.add("陈老师", PASSWORD)
        assert "account" not in school.forms()


def test_a_password_is_the_same_in_any_normal_form():
    assert is_right(hash_password("Ｐａｓｓｗｏｒｄ１"), "Password1")


class TestSessions:
    def test_a_session_ends_after_its_idle_time_and_after_its_longest_time(self, tmp_path, monkeypatch):
        monkeypatch.setattr(login_sessions, "LONGEST_SECONDS", 1000)
        clock = Clock()
        sessions = Sessions(tmp_path / "sessions.json", clock)
        sessions.idle = 100
        key = fingerprint(sessions.begin("陈老师"))
        for _ in range(9):
            clock.now += 99
            assert sessions.find(key)
            sessions.mark_used(key)
        clock.now += 101
        assert sessions.find(key) is None
        key = fingerprint(sessions.begin("陈老师"))
        for _ in range(11):
            clock.now += 99
            sessions.mark_used(key)
        assert sessions.find(key) is None

    def test_sessions_outlive_a_restart_and_their_tokens_are_not_stored(self, tmp_path):
        file = tmp_path / "sessions.json"
        token = Sessions(file).begin("陈老师")
        assert token not in file.read_text()
        assert file.stat().st_mode & 0o077 == 0
        again = Sessions(file)
        assert again.find(fingerprint(token)).person == "陈老师"
        again.end(fingerprint(token))
        assert Sessions(file).find(fingerprint(token)) is None

    @pytest.mark.parametrize("content", ["", "{", "[]", '{"a": 1}', '{"a": {"b": 1}}'])
    def test_a_damaged_file_signs_everybody_out(self, tmp_path, content):
        file = tmp_path / "sessions.json"
        file.write_text(content)
        assert Sessions(file).find("a") is None


def test_the_one_time_link_works_once_and_for_an_hour():
    clock = Clock()
    link = Invitation(clock)
    assert link.is_valid(link.key)
    assert not link.is_valid("another")
    clock.now += INVITATION_SECONDS
    assert not link.is_valid(link.key)
    used = Invitation(clock)
    used.use()
    assert not used.is_valid(used.key)


@pytest.mark.parametrize(
    "url",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "\\\\evil.example",
        "/a\nb",
        "evil",
        "",
        "/\tx",
    ],
)
def test_signing_in_redirects_to_no_other_site(url):
    assert safe_next(url, "/") == "/"


class TestOverHttp:
    """On a school that is served."""

    def test_without_signing_in_every_page_leads_to_the_sign_in_page(self, server):
        for path in ("/", "/who?x=1", "/nosuch", "/voila/render/who.ipynb", "/voila/files/who.ipynb"):
            answer = HttpProbe(server.base, follow=False).get(path)
            assert answer.status == 302
            assert urlsplit(answer.headers["Location"]).path == "/login"

    def test_the_right_password_goes_on_to_the_page_asked_for(self, server):
        probe = HttpProbe(server.base, follow=False)
        answer = probe.submit("/login?next=/who%3Fx%3D1", name=NAME, password=PASSWORD, next="/who?x=1")
        assert (answer.status, answer.headers["Location"]) == (302, "/who?x=1")

    def test_cookies_are_httponly_and_samesite(self, server):
        answer = HttpProbe(server.base, follow=False).sign_in(NAME, PASSWORD)
        cookies = [cookie for cookie in answer.headers.get_all("Set-Cookie") if cookie.startswith("guanai-")]
        assert len(cookies) == 2
        for cookie in cookies:
            assert "HttpOnly" in cookie
            assert "SameSite=Lax" in cookie
            assert "Secure" not in cookie  # over http; see the next test

    def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(self, server):
        wrong = HttpProbe(server.base).sign_in(NAME, "不是这个密码")
        unknown = HttpProbe(server.base).sign_in("没有 此人", PASSWORD)
        assert (wrong.status, unknown.status) == (401, 401)
        assert say("sign_in.wrong") in wrong.text
        assert say("sign_in.wrong") in unknown.text

    def test_what_was_typed_is_escaped(self, server):
        answer = HttpProbe(server.base).sign_in("<b>x</b>", "wrong-password")
        assert "<b>x</b>" not in answer.text
        assert "&lt;b&gt;x" in answer.text

    def test_guessing_makes_strangers_wait_and_not_the_persons_own_device(self, server):
        """Somebody else's guessing never locks the right person out."""
        server.school_accounts().add("慢老师", PASSWORD)
        own = HttpProbe(server.base, follow=False)
        assert own.sign_in("慢老师", PASSWORD).status == 302
        own.submit("/login")  # signed in already: goes on
        stranger = HttpProbe(server.base, follow=False)
        answers = [stranger.sign_in("慢老师", f"guess-number-{number}").status for number in range(14)]
        assert 429 in answers
        assert stranger.sign_in("慢老师", PASSWORD).status == 429
        sign_out(own)
        assert own.sign_in("慢老师", PASSWORD).status == 302

    @pytest.mark.parametrize("next_url", ["//evil.example/", "https://evil.example/", "/\\evil.example"])
    def test_the_form_redirects_to_no_other_site(self, server, next_url):
        answer = HttpProbe(server.base, follow=False).submit(
            "/login", name=NAME, password=PASSWORD, next=next_url
        )
        assert answer.headers["Location"] == "/"

    @pytest.mark.parametrize("path", ["/login", "/logout"])
    def test_forms_from_elsewhere_are_refused(self, server, path):
        probe = server.signed_in()
        assert probe.post(path, {"name": NAME, "password": PASSWORD}).status == 403
        assert probe.get("/who").status == 200

    def test_signing_out_ends_the_session_itself(self, server):
        probe = server.signed_in()
        copied = HttpProbe(server.base, follow=False)
        for cookie in probe.cookies:
            copied.cookies.set_cookie(cookie)
        assert copied.get("/theme-does-not-exist").status == 404  # signed in
        sign_out(probe)
        assert copied.get("/theme-does-not-exist").status == 302

    def test_signing_out_by_a_link_does_nothing(self, server):
        probe = server.signed_in()
        probe.get("/logout")
        assert probe.get("/nosuch").status == 404

    def test_a_new_password_and_a_removed_account_end_sessions(self, server, monkeypatch):
        server.school_accounts().add("赵老师", PASSWORD)
        probe = HttpProbe(server.base, follow=False)
        probe.sign_in("赵老师", PASSWORD)
        assert probe.get("/nosuch").status == 404
        monkeypatch.setattr("sys.stdin", io.StringIO("另一个密码-999\n"))
        assert main(["user", str(server.folder), "password", "赵老师", "--password-stdin"]) == 0
        assert probe.get("/nosuch").status == 302
        probe.sign_in("赵老师", "另一个密码-999")
        assert probe.get("/nosuch").status == 404
        assert main(["user", str(server.folder), "remove", "赵老师"]) == 0
        assert probe.get("/nosuch").status == 302

    @pytest.mark.parametrize("state", ["locked", "left"])
    def test_a_closed_account_comes_in_no_more_and_its_sessions_end(self, server, state):
        """That it is closed is said to whoever has the password, and to nobody else."""
        name, accounts = f"钱老师{state}", server.school_accounts()
        accounts.add(name, PASSWORD)
        probe = HttpProbe(server.base, follow=False)
        probe.sign_in(name, PASSWORD)
        assert probe.get("/nosuch").status == 404
        accounts.change(name, state, **{state: "2026-11-20T08:00:00+00:00"})
        assert probe.get("/nosuch").status == 302
        refused = HttpProbe(server.base).sign_in(name, PASSWORD)
        assert refused.status == 401
        assert say("sign_in.closed") in refused.text
        assert say("sign_in.wrong") in HttpProbe(server.base).sign_in(name, "wrong-password").text

    def test_signing_out_everywhere_ends_every_browser(self, server):
        server.school_accounts().add("孙老师", PASSWORD)
        here, elsewhere, other = (HttpProbe(server.base, follow=False) for _ in range(3))
        here.sign_in("孙老师", PASSWORD)
        elsewhere.sign_in("孙老师", PASSWORD)
        other.sign_in(NAME, PASSWORD)
        here.post("/logout", {"_xsrf": here.xsrf_token, "everywhere": "1"})
        assert [probe.get("/nosuch").status for probe in (here, elsewhere, other)] == [302, 302, 404]

    def test_one_click_is_for_demonstrations_only(self, server):
        assert "workshop" not in HttpProbe(server.base).get("/login").text
        assert HttpProbe(server.base).submit("/login", workshop=NAME).status == 403

    def test_the_sign_in_page_in_english(self, server):
        probe = HttpProbe(server.base)
        answer = probe.get("/language?to=en&next=/login")
        assert say("sign_in.title", "en") in answer.text
        assert '<html lang="en">' in answer.text


def test_the_first_coordinator_comes_by_the_link(tmp_path):
    """A school without an account: the link on the console, once."""
    with start(tmp_path / "school", account=False) as server:
        link = next(word for word in server.console() if "/first?key=" in word)
        path = link.removeprefix(server.base)
        assert HttpProbe(server.base).get("/first?key=guess").status == 410
        probe = HttpProbe(server.base, follow=False)
        differs = probe.submit(
            path, key=path.split("=")[1], name="王敏", password=PASSWORD, again="other-password"
        )
        assert differs.status == 400
        made = probe.submit(path, key=path.split("=")[1], name="王敏", password=PASSWORD, again=PASSWORD)
        assert made.status == 302
        assert probe.get("/nosuch").status == 404
        assert HttpProbe(server.base).get(path).status == 410
        assert HttpProbe(server.base, follow=False).sign_in("王敏", PASSWORD).status == 302


def test_a_demonstration_lets_in_by_one_click_on_this_machine(tmp_path):
    with start(tmp_path / "school", workshop="示范老师", idle=IDLE, proxies=["127.0.0.1"]) as server:
        page = HttpProbe(server.base).get("/login")
        assert say("sign_in.workshop_button", person="示范老师") in page.text.replace("&#34;", '"')
        probe = HttpProbe(server.base, follow=False)
        assert probe.one_click("示范老师").status == 302
        assert probe.get("/nosuch").status == 404
        # Another machine through a proxy, or a page of another name that points here, gets no click.
        far = HttpProbe(server.base).get("/login", **{"X-Forwarded-For": "10.1.2.3"})
        assert 'name="workshop"' not in far.text
        assert HttpProbe(server.base).get("/login", Host="evil.example").status == 403
        assert probe.get("/nosuch").status == 404
        time.sleep(IDLE + 1)
        assert probe.get("/nosuch").status == 302  # idle for longer than this server allows


def sign_out(probe):
    return probe.post("/logout", {"_xsrf": probe.xsrf_token})
