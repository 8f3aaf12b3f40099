"""A child's dossier on one page (widgets/lists/dossiers.py, widgets/lists/timelines.py).

Requirement: everything about a child, and who was guardian and carer when (R1 to R4, R8, R29; 7.6).
"""

from datetime import date
from types import SimpleNamespace

import pandas as pd

from guanai.storage.forms.xlsform.loading import form_of
from guanai.widgets import Dossier

CHILD_FORM = form_of("""
| survey | type | name | label |
| | text | name | 姓名 |
| | select_one sex | sex | 性别 |
| | text | phone | 电话 |
| | begin_repeat | guardians | 监护人 |
| | text | name | 监护人姓名 |
| | select_one relation | relation | 关系 |
| | end_repeat | | |

| choices | list_name | name | label |
| | sex | female | 女 |
| | relation | grandfather | 祖父 |

| settings | form_title |
| | 档案 |
""")
CHILD = {
    "id": "c1",
    "name": "<安>小苗",
    "sex": "female",
    "contact_phone": "138-0000",
    "guardians": [{"name": "安大山", "relation": "grandfather", "phone": "138 0000"}],
}
VISITS = pd.DataFrame([{"id": "v 1", "child": "c1", "date": pd.Timestamp("2025-10-12"), "name": "谈了学习"}])
PAIRINGS = [
    {"id": "p1", "helper": "严老师", "start": "2025-09-01"},
    {"id": "p2", "helper": "柏老师", "start": "2024-09-01", "end": "2025-06-30", "end_reason": "调走"},
]
CHANGES = [
    SimpleNamespace(at="2025-09-01T08:00:00+00:00", by="严老师", kind="insert", before=None, after={"name": "x"}),
    SimpleNamespace(
        at="2025-10-01T08:00:00+00:00", by="柏<老>师", kind="update",
        before={"phone": "1", "revision": 1}, after={"phone": "2", "sex": "female", "revision": 2},
    ),
]  # fmt: skip


def whole(made):
    return made.body.value + made.timeline.body.value


def dossier(**more):
    return Dossier(CHILD, forms={"child": CHILD_FORM, "home_visit": CHILD_FORM}, **more)


def test_the_head_shows_the_child_in_words():
    body = dossier().body.value
    assert "&lt;安&gt;小苗" in body
    assert "女" in body
    assert "female" not in body
    assert "安大山" in body
    assert "祖父" in body
    assert 'href="tel:1380000"' in body


def test_who_cares_now_and_before():
    body = dossier(records={"pairing": PAIRINGS}, on=date(2025, 11, 1)).body.value
    now, before = body.index("<h4>现在"), body.index("<h4>以前")
    assert now < body.index("严老师") < before < body.index("柏老师")
    assert "调走" in body


def test_a_pairing_that_ends_later_still_runs():
    body = dossier(records={"pairing": PAIRINGS}, on=date(2025, 6, 1)).body.value
    assert "<h4>以前" not in body


def test_the_timeline_holds_records_and_changes_newest_first():
    made = dossier(
        records={"home_visit": VISITS}, history=CHANGES, links={"home_visit": "home_visit?id={id}"}
    )
    body = whole(made)
    days = [body.index(f'datetime="{day}"') for day in ("2025-10-12", "2025-10-01", "2025-09-01")]
    assert days == sorted(days)
    assert 'href="home_visit?id=v%201"' in body
    assert "1 → 2" in body
    assert "柏&lt;老&gt;师" in body
    assert "revision" not in body
    assert len(made.events) == 3


def test_changes_of_one_day_come_newest_first():
    change = CHANGES[1]
    later = SimpleNamespace(
        **{
            **vars(change),
            "at": "2025-10-01T09:00:00+00:00",
            "before": {"phone": "2"},
            "after": {"phone": "3"},
        }
    )
    body = whole(dossier(history=[*CHANGES, later]))
    assert body.index("2 → 3") < body.index("1 → 2")


def test_due_lines_and_the_link_to_edit():
    due = pd.DataFrame(
        [
            {
                "duty": "家访",
                "subject": "x",
                "subject_id": "c1",
                "status": "standing",
                "why": "y",
                "form": "home_visit",
            }
        ]
    )
    body = dossier(due=due, links={"child": "child?id={id}"}).body.value
    assert 'href="home_visit?child=c1"' in body
    assert 'href="child?id=c1"' in body


def test_a_child_without_records_has_a_page_too():
    body = whole(Dossier({"id": "c1", "name": "安"}))
    assert body.count("还没有。") == 3


TALKS = [
    {"id": f"t{n}", "child": "c1", "date": f"2025-{n % 12 + 1:02d}-01", "name": f"第{n}次"}
    for n in range(100)
]


def test_a_long_timeline_has_pages_and_a_filter_by_register():
    made = dossier(records={"home_visit": VISITS, "talk": TALKS}, history=CHANGES)
    assert len(made.events) == 103
    assert whole(made).count("<time") == 40
    made.timeline.pager.next.click()
    assert "41" in made.timeline.pager.position.value
    made.timeline.which.value = "档案"
    assert whole(made).count("<time") == 1
    assert "谈了学习" in whole(made)


def test_open_records_have_a_section_of_their_own():
    """Open issues of the child (R27)."""
    form = form_of("""
| survey | type | name | label |
| | date | date | 日期 |
| | text | what | 什么事 |
| | date | closed_on | 了结日期 |

| settings | form_title |
| | 问题台账 |
""")
    rows = [
        {"id": "i1", "date": "2025-10-01", "what": "<缺课>"},
        {"id": "i2", "date": "2025-09-01", "what": "已好", "closed_on": "2025-09-20"},
    ]
    made = Dossier(CHILD, forms={"child": CHILD_FORM, "issue": form}, records={"issue": rows})
    _head, _, rest = made.body.value.partition("还没了结的事")
    assert "&lt;缺课&gt;" in rest
    assert "已好" not in made.body.value
    assert "还没了结的事" not in Dossier(CHILD, forms={"issue": form}, records={"issue": rows[1:]}).body.value


def test_counts_links_and_prints_of_a_dossier():
    made = dossier(
        records={"home_visit": VISITS, "talk": []},
        adds={"home_visit": "home_visit?child=c1", "talk": "register?form=talk&child=c1"},
        quick=["home_visit"],
        prints={"联系卡": "print?what=card&id=c1"},
    )
    body = made.body.value
    assert 'href="register?form=home_visit&amp;about=c1"' in body
    assert "register?form=talk&amp;about" not in body  # none yet
    assert (
        body.index('href="home_visit?child=c1"') < body.index("<details") < body.index("form=talk&amp;child")
    )
    assert 'href="print?what=card&amp;id=c1"' in body
