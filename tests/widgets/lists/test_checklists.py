"""Due lines (widgets/lists/checklists.py): counts are the lengths of the lists they stand on."""

from datetime import date

import pandas as pd
import pytest

from guanai.widgets import Checklist, Day

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
            "status": ("overdue", "due", "due")[number % 3],
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
    assert checklist.counts == {"overdue": 4, "due": 8}
    assert option(checklist, "") == "全部 12"
    assert option(checklist, "overdue") == "逾期 4"
    for key, count in {"": 12, "overdue": 4, "due": 8}.items():
        checklist.status.value = key
        assert len(checklist.shown) == shown_lines(checklist) == count


def test_groups_show_their_number_of_lines(checklist):
    assert checklist.body.value.count('<span class="guanai-badge">3</span>') == 4
    checklist.status.value = "overdue"
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
    checklist = Checklist(lines, day=Day("日期", ON), status="overdue")
    assert checklist.status.value == "overdue"
    assert len(checklist.shown) == 4
    assert Checklist(lines(), status="done").status.value == ""


def test_another_day_runs_the_function_again():
    asked = []

    def items(day):
        asked.append(day)
        return lines(day) if day == ON else lines(day).iloc[:1]

    day = Day("日期", ON)
    checklist = Checklist(items, day=day)
    day.value = date(2025, 11, 30)
    assert asked == [ON, date(2025, 11, 30)]
    assert checklist.counts == {"overdue": 1}
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
    checklist = Checklist(lines(), values={"duty": "谈心", "class": None}, status="overdue")
    assert set(checklist.shown["duty"]) == {"谈心"} and set(checklist.shown["status"]) == {"overdue"}


def test_all_lines_are_printed_not_only_the_page_that_is_shown():
    checklist = Checklist(lines(), page=3, heading="星光小学")
    checklist.paper.click()
    sheet = checklist.sheet.value
    assert sheet.count("☐") == 12
    assert "data-print-now" in sheet and "星光小学" in sheet and "每学期至少 1 次&lt;b&gt;" in sheet
    checklist.status.value = "overdue"
    assert checklist.sheet.value == ""
