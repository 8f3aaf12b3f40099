"""Due lines (widgets/lists/checklists.py): counts are the lengths of the lists they stand on.

Requirement: due and missing lists, whose counts are those of the lines (7.2, 7.16; W8).
"""

from datetime import date

import pandas as pd
import pytest

from guanai.widgets import Checklist, Day, deferral_page, duty_page

ON = date(2025, 11, 21)


def lines(day=ON):
    rows = [
        {
            "duty": ("家访", "谈心")[number % 2],
            "subject": f"安小{number}",
            "subject_id": f"c {number}",
            "who": f"{'严柏'[number % 2]}老师",
            "due": pd.Timestamp(day),
            "since": pd.Timestamp("2025-09-01"),
            "status": ("standing", "to_do", "to_do")[number % 3],
            "why": "每学期至少 1 次<b>",
            "class": f"三{number % 4 + 1}班",
            "form": ("home_visit", "talk")[number % 2],
        }
        for number in range(12)
    ]
    return pd.DataFrame(rows)


@pytest.fixture
def checklist():
    return Checklist(lines, day=Day("日期", ON))


def option(checklist, key):
    return next(label for label, value in checklist.status.options if value == key)


def shown_lines(checklist):
    return checklist.body.value.count("<li ")


def test_counts_are_the_lengths_of_the_lists(checklist):
    assert checklist.counts == {"standing": 4, "to_do": 8}
    assert option(checklist, "") == "全部 12"
    assert option(checklist, "standing") == "补办 4"
    for key, count in {"": 12, "standing": 4, "to_do": 8}.items():
        checklist.status.value = key
        assert len(checklist.shown) == shown_lines(checklist) == count


def test_groups_show_their_number_of_lines(checklist):
    assert checklist.body.value.count('<span class="guanai-badge">3</span>') == 4
    checklist.status.value = "standing"
    sections = checklist.body.value.split("<section>")[1:]
    assert sum(section.count("<li ") for section in sections) == 4
    for section in sections:
        assert f'guanai-badge">{section.count("<li ")}<' in section


def test_classes_come_in_order_people_by_urgency():
    frame = lines().assign(**{"class": ["三年级1班", "二年级1班"] * 6})
    body = Checklist(frame).body.value
    assert body.index("二年级1班") < body.index("三年级1班")
    body = Checklist(frame.iloc[::-1], group="subject").body.value
    assert body.index("安小11") < body.index("安小0")


def test_filters_apply_to_counts_and_lines(checklist):
    checklist.filters["who"].value = "严老师"
    assert set(checklist.shown["who"]) == {"严老师"}
    assert sum(checklist.counts.values()) == len(checklist.shown) == 6
    checklist.filters["class"].value = "三1班"
    assert set(checklist.shown["class"]) == {"三1班"}


def test_each_line_says_what_since_when_and_why_and_links_to_its_form(checklist):
    first = checklist.body.value.split("<li ")[1]
    assert "安小0" in first
    assert "家访" in first
    assert "2025-11-21" in first
    assert "2025-09-01" in first
    assert "每学期至少 1 次&lt;b&gt;" in first
    assert 'href="home_visit?child=c%200"' in first


def test_a_line_links_to_the_records_that_were_counted():
    records = [("talk", f"r {number}", f"2026-11-{number:02}") for number in range(1, 11)]
    made = Checklist(lines(), counted=lambda line: records if line["subject"] == "安小0" else ()).body.value
    assert made.count("计入 <a") == 1
    assert '<a href="register?form=talk&amp;id=r%201">2026-11-01</a>' in made
    assert made.count("register?form=talk") == 8 and "另有 2 条" in made


def test_links_may_be_given_by_duty_form_or_function():
    made = Checklist(lines(), link={"家访": "visit?of={subject_id}"}).body.value
    assert 'href="visit?of=c%200"' in made
    assert made.count("guanai-record") == 6
    assert 'href="x"' in Checklist(lines(), link=lambda row: "x").body.value


def test_a_checklist_may_start_with_one_status():
    checklist = Checklist(lines, day=Day("日期", ON), status="standing")
    assert checklist.status.value == "standing"
    assert len(checklist.shown) == 4
    assert Checklist(lines(), status="done").status.value == ""


@pytest.mark.parametrize(("old", "status"), [("overdue", "standing"), ("due", "to_do")])
def test_old_links_still_work(old, status):
    assert Checklist(lines(), status=old).status.value == status


def test_what_was_missed_or_late_can_be_looked_back_on():
    """Beside what is to be done, and not counted under 全部."""
    back = lines().assign(status=["missed", "late", "done", "to_do"] * 3)
    checklist = Checklist(lines(), back=lambda day: back, day=Day("日期", ON))
    assert checklist.counts == {"standing": 4, "to_do": 8, "missed": 3, "late": 3}
    assert option(checklist, "") == "全部 12" and option(checklist, "missed") == "错过 3"
    checklist.status.value = "missed"
    assert len(checklist.shown) == shown_lines(checklist) == 3
    assert "guanai-record" not in checklist.body.value  # nobody can record it any more
    checklist.filters["duty"].value = "谈心"
    assert checklist.counts == {"standing": 2, "to_do": 4, "late": 3} and checklist.status.value == ""


def row(**values):
    members = ["c1"]
    return {
        "tier": 5, "cause": "", "duty": "谈心", "subject": "林小雨", "subject_id": "c1", "kind": "child", "class": "三1班",
        "village": "", "who": "周老师", "due": pd.Timestamp("2026-12-06"), "since": pd.Timestamp("2026-11-30"),
        "status": "to_do", "why": "", "form": "talk", "text": "谈心：13 周里错过 5 周，上次 11-03", "members": members,
        "raised": "", "raised_ids": [], "who_ids": ["s1"], "record": "", "deferral": "", "role": "",
    } | values  # fmt: skip


def shown(**values):
    frame = pd.DataFrame([row(**values)])
    ways = {"link": duty_page, "more": deferral_page, "name_of": lambda form, key: f"{form}<{key}>"}
    return Checklist(frame, filters=[], group="tier", **ways).body.value


def test_a_row_shows_its_sentence_who_and_until_when_and_links_to_the_form():
    body = shown()
    assert "林小雨" in body and "三1班" in body and "谈心：13 周里错过 5 周，上次 11-03" in body
    assert "2026-12-06 前 · 周老师" in body
    assert 'href="register?form=talk&amp;child=c1"' in body and "deferral?duty=" in body
    assert "本周到期" in body and '<span class="guanai-status">待办</span>' in body


def test_a_row_that_has_risen_says_to_whom():
    assert "已报班主任" in shown(raised="homeroom") and "已报德育负责人" in shown(raised="coordinator")


def test_a_row_about_an_open_record_opens_that_record():
    assert 'href="register?form=issue&amp;id=i1&amp;edit=1"' in shown(form="issue", record="i1")


def test_a_cause_is_one_row_that_opens_to_its_names():
    several = {"subject": "", "subject_id": "", "class": "", "members": ["c1", "c2"], "duty": ""}
    body = shown(cause="helper", form="pairing", text="2 名学生没有帮扶教师", **several)
    assert body.count("<li ") == 1 and "<details>" in body and 'href="child?id=c2">child&lt;c2&gt;<' in body
    assert 'href="pairing"' in body and "去安排" in body and "deferral" not in body
    assert "guanai-record" not in shown(cause="no_contact", **several)


@pytest.mark.parametrize(
    ("reader", "query"),
    [
        ("s1", "status=to_do&amp;mine=1"),  # their own
        ("s2", "status=to_do&amp;mine=1"),  # risen to them
        ("s3", 'status=to_do"'),
        (None, "status=to_do&amp;who=%E5%91%A8"),
    ],
)
def test_a_row_of_several_links_to_the_list_of_them(reader, query):
    several = {"subject": "", "subject_id": "", "members": [f"c{n}" for n in range(6)], "raised_ids": ["s2"]}
    body = Checklist(pd.DataFrame([row(**several)]), filters=[], reader=reader).body.value
    assert f"checklist?duty=%E8%B0%88%E5%BF%83&amp;{query}" in body


def test_a_list_of_lines_that_has_no_tiers_is_by_class():
    assert "三1班" in Checklist(lines(), group="tier").body.value.split("</h3>")[0]


def test_another_day_runs_the_function_again():
    days = []

    def items(day):
        days.append(day)
        return lines(day) if day == ON else lines(day).iloc[:1]

    day = Day("日期", ON)
    checklist = Checklist(items, day=day)
    day.value = date(2025, 11, 30)
    assert days == [ON, date(2025, 11, 30)]
    assert checklist.counts == {"standing": 1}
    assert shown_lines(checklist) == 1


def test_a_filter_that_is_no_longer_offered_falls_back_to_all():
    day = Day("日期", ON)
    checklist = Checklist(lambda day: lines() if day == ON else lines().iloc[:1], day=day)
    checklist.filters["class"].value = "三3班"
    day.value = date(2025, 12, 1)
    assert checklist.filters["class"].value is None
    assert len(checklist.shown) == 1


def test_nothing_due_says_so():
    checklist = Checklist(lines().iloc[:0], empty="没有。")
    assert "没有。" in checklist.body.value
    assert checklist.counts == {}


def test_long_lists_come_in_pages():
    many = pd.concat([lines()] * 20, ignore_index=True)
    checklist = Checklist(many)
    assert shown_lines(checklist) == 100
    assert option(checklist, "") == "全部 240"
    checklist.pager.next.click()
    checklist.pager.next.click()
    assert shown_lines(checklist) == 40


def test_an_error_is_shown():
    def fail(day):
        raise ZeroDivisionError("secret")

    assert "secret" not in Checklist(fail).body.value


def test_a_teacher_is_chosen_by_one_name_of_several():
    both = lines().assign(who="严老师、柏老师")
    checklist = Checklist(both, filters=["who", "subject"])
    assert set(checklist.filters["who"].control.options) == {"全部", "柏老师", "严老师"}
    checklist.filters["who"].value = "柏老师"
    assert len(checklist.shown) == 12
    checklist.filters["subject"].value = "ax1"
    assert set(checklist.shown["subject"]) == {"安小1", "安小10", "安小11"}


def test_the_person_chooses_how_to_group():
    checklist = Checklist(lines(), groups=["class", "duty"])
    checklist.grouping.value = "duty"
    assert checklist.body.value.count("<section>") == 2


def test_filters_start_with_the_values_of_the_address():
    checklist = Checklist(lines(), values={"duty": "谈心", "class": None}, status="standing")
    assert set(checklist.shown["duty"]) == {"谈心"} and set(checklist.shown["status"]) == {"standing"}


def test_all_lines_are_printed_not_only_the_page_that_is_shown():
    checklist = Checklist(lines(), page=3, heading="星光小学")
    checklist.paper.click()
    sheet = checklist.sheet.value
    assert sheet.count("☐") == 12
    assert "data-print-now" in sheet and "星光小学" in sheet and "每学期至少 1 次&lt;b&gt;" in sheet
    checklist.status.value = "standing"
    assert checklist.sheet.value == ""
