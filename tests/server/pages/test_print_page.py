"""Printed sheets over HTTP: who gets them, what is shown, what is escaped.

Requirement: blank and filled forms on paper, for those who have signed in (R4, R13, R15 to R17; 7.8; requirements 3).
"""

import pytest

from guanai.server.commands.http_probe import HttpProbe
from guanai.server.pages.print_page import css_text, page_numbers
from guanai.storage import open_school

CLASS = {"name": "三年级1班", "grade": 3, "level": "primary", "pupils": 42}
CHILD = {"name": "林<b>小雨", "sex": "female", "birth_date": "2016-05-04", "class": "三年级1班"}
CHILD["registered_on"] = "2026-09-01"
NEW = "绿水长流-2027"


@pytest.fixture(scope="module")
def child(server):
    school = open_school(server.folder)
    school.save("class", CLASS)
    made = school.save("child", CHILD)
    school.close()
    return made


class TestSheet:
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
    def test_each_sheet_of_a_child(self, server, child, query):
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
    def test_each_blank_sheet(self, server, query):
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
    def test_where_there_is_nothing_to_print_the_page_says_so(self, server, query):
        answer = server.signed_in().get(f"/print?{query}")
        assert answer.status == 404
        assert "没有这份可打印的内容" in answer.text

    def test_what_was_saved_after_the_first_sheet_is_on_the_next(self, server, child):
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
