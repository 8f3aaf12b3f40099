"""Changing one's own password over HTTP: who may, what is refused, and who is signed out.

Requirement: Voila has no login of its own, so the server has one (7.11).
"""

import pytest
from support.servers import NAME, PASSWORD, start

from guanai.server.accounts.passwords import LONGEST, SHORTEST
from guanai.server.commands.http_probe import HttpProbe
from guanai.templates.wording import say

NEW = "绿水长流-2027"


class TestOwnPassword:
    def change(self, probe, old=PASSWORD, new=NEW, again=NEW):
        return probe.submit("/password", old=old, password=new, again=again)

    def test_the_name_in_the_bar_links_to_it(self, server):
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
    def test_a_wrong_old_or_bad_new_password_changes_nothing(self, server, old, new, again, key):
        answer = self.change(server.signed_in(), old, new, again)
        assert answer.status == 400
        assert say(key, least=SHORTEST, most=LONGEST) in answer.text
        assert HttpProbe(server.base).sign_in(NAME, PASSWORD).status == 200

    def test_a_change_keeps_this_browser_signed_in_and_signs_out_others(self, server):
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

    def test_guessing_the_old_password_has_to_wait(self, server):
        probe = server.signed_in()
        answers = [self.change(probe, old=f"geraten-{n}").status for n in range(7)]
        assert 429 in answers

    def test_a_workshop_account_has_no_password_to_change(self, tmp_path):
        with start(tmp_path / "workshop", account=False, workshop="示范老师") as served:
            probe = HttpProbe(served.base)
            probe.one_click(next="/theme/icon.svg")
            page = probe.get("/password").text
            assert "不用密码" in page
            assert 'type="password"' not in page
            form = {"_xsrf": probe.xsrf_token, "password": NEW, "again": NEW}
            refused = probe.post("/password", form)
            assert refused.status == 400
            assert say("own_password.none") in refused.text
