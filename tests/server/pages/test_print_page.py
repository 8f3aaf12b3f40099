"""Paper and one's own password over HTTP: who gets in, what is shown, what is escaped (server/pages/print_page.py, own_password.py)."""

import pytest
from support.servers import NAME, PASSWORD, start

from guanai.server.accounts.passwords import LONGEST, SHORTEST
from guanai.server.commands.http_probe import HttpProbe
from guanai.server.pages.print_page import css_text, page_numbers
from guanai.storage import open_school
from guanai.templates.wording import say

CLASS = {"name": "三年级1班", "grade": 3, "level": "primary", "pupils": 42}
CHILD = {"name": "林<b>小雨", "sex": "female", "birth_date": "2016-05-04", "class": "三年级1班"}
CHILD["registered_on"] = "2026-09-01"
NEW = "绿水长流-2027"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with start(tmp_path_factory.mktemp("served") / "school") as served:
        yield served


@pytest.fixture(scope="module")
def child(server):
    school = open_school(server.folder)
    school.save("class", CLASS)
    made = school.save("child", CHILD)
    school.close()
    return made


class TestPaper:
    def test_only_for_those_who_have_signed_in(self, server, child):
        answer = HttpProbe(server.base, follow=False).get(f"/print?what=dossier&id={child['id']}")
        assert answer.status == 302
        assert "/login" in answer.headers["Location"]

    @pytest.mark.parametrize(
        "query",
        [
            "what=dossier&id={id}",
            "what=card&id={id}",
            "what=appointment&id={id}",
            "what=registration&id={id}",
            "form=child&id={id}",
        ],
    )
    def test_of_a_child(self, server, child, query):
        answer = server.signed_in().get(f"/print?{query.format(id=child['id'])}")
        assert answer.status == 200
        assert "林&lt;b&gt;小雨" in answer.text
        assert "青山 &lt;b&gt;小学" in answer.text
        assert "<b>" not in answer.text
        assert "bar-pages" not in answer.text  # no navigation
        assert "'unsafe-inline'" not in answer.headers["Content-Security-Policy"].split("style-src")[0]

    @pytest.mark.parametrize(
        "query", ["form=home_visit", "form=talk", "what=card", "what=appointment", "what=registration"]
    )
    def test_blank(self, server, query):
        answer = server.signed_in().get(f"/print?{query}")
        assert answer.status == 200
        assert "☑" not in answer.text
        assert ("☐" in answer.text) is (query != "what=card")

    @pytest.mark.parametrize(
        "query",
        [
            "",
            "form=nosuch",
            "form=talk&id=gone",
            "what=dossier&id=gone",
            "what=dossier",
            "what=strange",
            "form=../x",
        ],
    )
    def test_nothing_to_print(self, server, query):
        answer = server.signed_in().get(f"/print?{query}")
        assert answer.status == 404
        assert "没有这份可打印的内容" in answer.text

    def test_what_was_saved_since_is_on_it(self, server, child):
        probe = server.signed_in()
        address = f"/print?what=card&id={child['id']}"
        assert "柳溪村" not in probe.get(address).text
        school = open_school(server.folder)
        school.save("child", {**school.record("child", child["id"]), "village": "柳溪村"})
        school.close()
        assert "柳溪村" in probe.get(address).text

    def test_in_the_language_of_the_browser(self, server):
        probe = server.signed_in()
        probe.get("/language?to=en")
        assert "Home visit record" in probe.get("/print?form=home_visit").text


def test_a_text_cannot_end_the_style_sheet():
    assert "<" not in css_text("</style><script>")
    assert css_text('a"b').count('"') == 2
    assert page_numbers("\0/\1").split() == ["counter(page)", '"\\2f', '"', "counter(pages)"]


class TestOwnPassword:
    def change(self, probe, old=PASSWORD, new=NEW, again=NEW):
        return probe.submit("/password", old=old, password=new, again=again)

    def test_the_name_in_the_bar_leads_there(self, server):
        probe = server.signed_in()
        assert 'href="/password"' in probe.get("/who").text
        assert NAME in probe.get("/password").text

    def test_only_for_those_who_have_signed_in(self, server):
        assert HttpProbe(server.base, follow=False).get("/password").status == 302
        assert HttpProbe(server.base).post("/password", {"old": PASSWORD, "password": NEW}).status == 403

    @pytest.mark.parametrize(
        ("old", "new", "again", "key"),
        [
            ("falsch-2026", NEW, NEW, "own_password.wrong"),
            (PASSWORD, NEW, "anders-2027", "password.differs"),
            (PASSWORD, "kurz", "kurz", "password.length"),
        ],
    )
    def test_refused(self, server, old, new, again, key):
        answer = self.change(server.signed_in(), old, new, again)
        assert answer.status == 400
        assert say(key, least=SHORTEST, most=LONGEST) in answer.text
        assert HttpProbe(server.base).sign_in(NAME, PASSWORD).status == 200

    def test_changed_here_and_signed_out_elsewhere(self, server):
        here, elsewhere = server.signed_in(), server.signed_in()
        try:
            answer = self.change(here)
            assert answer.status == 200
            assert "密码已修改" in answer.text
            assert "密码已修改" not in here.get("/password").text
            assert here.get("/password").url.endswith("/password")  # still signed in
            assert "/login" in elsewhere.get("/password").url
            assert HttpProbe(server.base).sign_in(NAME, PASSWORD).status == 401
        finally:
            server.school_accounts().set_password(NAME, PASSWORD)

    def test_guessing_the_password_in_use_is_slowed_down(self, server):
        probe = server.signed_in()
        answers = [self.change(probe, old=f"geraten-{n}").status for n in range(7)]
        assert 429 in answers

    def test_a_workshop_account_has_none(self, tmp_path):
        with start(tmp_path / "workshop", account=False, workshop="示范老师") as served:
            probe = HttpProbe(served.base)
            probe.submit("/login", workshop="1", next="/theme/icon.svg")
            page = probe.get("/password").text
            assert "不用密码" in page
            assert 'type="password"' not in page
            token = next(cookie.value for cookie in probe.cookies if cookie.name == "_xsrf")
            refused = probe.post("/password", {"_xsrf": token, "password": NEW, "again": NEW})
            assert refused.status == 400
            assert say("own_password.none") in refused.text
