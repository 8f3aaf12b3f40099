"""What is to be done, for people: one row per child and duty, one per cause, in the order of what cannot wait.

R21, R22: talks and calls in their periods; R29: every child has a helper; 7.2: due and missing lists; 7.7: who has no helper
comes first; 002-3 L217: what protects a child is first of all.
"""

from datetime import date, timedelta

import pandas as pd
import pytest
from support.due_lines import as_lines, line, weeks

from guanai.care.calendar.school_calendar import Calendar, Holiday, Term
from guanai.care.children.required_fields import field_label
from guanai.care.duties.brief import brief
from guanai.care.duties.fulfilment import closing_list
from guanai.care.duties.to_do import COLUMNS, coordinators, rows_of, to_do
from guanai.care.policy.duty import Duty, Limit, Trigger
from guanai.care.policy.policy import Policy

MONDAY = date(2026, 11, 30)
TERM = Term("秋季学期", date(2026, 9, 1), date(2027, 1, 16))
CALENDAR = Calendar(terms=(TERM,), holidays=(Holiday("国庆节", date(2026, 10, 1), date(2026, 10, 7)),))
TALK = Duty("谈心", records=("talk",), per="week", who="helper")
VISIT = Duty("家访", records=("home_visit",), at_least=2, who="homeroom")
ISSUE = Duty(
    "了结问题", "state", trigger=Trigger("issue"), content=("closed",), limit=Limit(14), who="homeroom"
)
ILLNESS = Duty(
    "五必访", "event", records=("home_visit",), trigger=Trigger("observation"), who="homeroom", weight="harm"
)
HELPER = Duty("结对", "helper", who="coordinator")
POLICY = Policy(
    profile={"definition": "both"}, calendar=CALENDAR, duties=(TALK, VISIT, ISSUE, ILLNESS, HELPER)
)

STAFF = [
    {"id": "s1", "name": "周老师", "role": "subject", "active": "yes"},
    {"id": "s2", "name": "吴老师", "role": "homeroom", "active": "yes"},
    {"id": "s3", "name": "郑主任", "role": "coordinator", "active": "yes"},
    {"id": "s4", "name": "王校长", "role": "headmaster", "active": "yes"},
]
CLASSES = [
    {"id": "k1", "name": "三1班", "grade": 3, "homeroom": "s2"},
    {"id": "k2", "name": "三2班", "grade": 3, "homeroom": None},
]

CHILD = {"id": "c1", "name": "林小雨", "class": "三1班", "birth_date": "2017-05-02", "registered_on": "2026-09-01",
         "father_status": "away", "mother_status": "away"}  # fmt: skip


def school(staff=STAFF, **registers):
    frames = {"staff": staff, "class": CLASSES, **registers}
    return {name: pd.DataFrame(rows) for name, rows in frames.items()}


def rows(lines, on=MONDAY, *, policy=POLICY, staff=STAFF, who=None, **registers):
    return to_do(policy, school(staff, **registers), as_lines(lines), on, who=who)


def only(table):
    assert len(table) == 1, table[["tier", "cause", "duty", "subject", "status"]]
    return table.iloc[0]


def policy_with(**changed):
    talk = Duty("谈心", records=("talk",), per="week", who="helper", **changed)
    return Policy(profile={"definition": "both"}, calendar=CALENDAR, duties=(talk,))


class TestOneRowPerChildAndDuty:
    def test_missed_weeks_are_numbers_in_the_row_of_the_week_that_runs(self):
        talks = [{"id": "t1", "child": "c1", "date": "2026-11-03", "by": "s1"}]
        lines = weeks("谈心", "c1", "dmmmdddddmmet")
        lines[8]["counted"] = ["t1"]
        row = only(rows(lines, talk=talks))
        assert row["text"] == "谈心：13 周里错过 5 周，上次 11-03"
        assert (row["status"], row["since"], row["lines"]) == ("to_do", pd.Timestamp("2026-11-30"), 1)
        assert (row["periods"], row["missed"], row["run"], row["last"]) == (
            13,
            5,
            0,
            pd.Timestamp("2026-11-03"),
        )
        assert row["members"] == ["c1"]

    def test_what_was_only_missed_is_no_row(self):
        assert rows(weeks("谈心", "c1", "mmmm")).empty

    def test_what_is_done_late_or_excused_is_no_row(self):
        assert rows(weeks("谈心", "c1", "dle")).empty

    def test_several_open_lines_are_one_row_that_shows_the_most_urgent(self):
        """Of each child: R19, three issues that nobody has closed."""
        lines = [
            line("了结问题", "c1", "to_do", "2026-11-25", "2026-12-09"),
            line("了结问题", "c1", "standing", "2026-10-12", "2026-10-26"),
            line("了结问题", "c1", "standing", "2026-10-20", "2026-11-03"),
        ]
        row = only(rows(lines))
        assert (row["lines"], row["status"], row["due"]) == (3, "standing", pd.Timestamp("2026-10-26"))
        assert row["text"] == "了结问题：3 件问题台账还没办完，最早 10-12"

    def test_each_role_that_owes_a_duty_apart_has_its_own_row(self):
        lines = [
            line("谈心", "c1", "to_do", "2026-11-30", "2026-12-06", role=role, who_ids=[person])
            for role, person in (("helper", "s1"), ("homeroom", "s2"))
        ]
        assert rows(lines)["role"].tolist() == ["helper", "homeroom"]

    def test_a_child_who_has_left_has_no_row_unless_the_record_is_open(self):
        """The engine gives no open line of them but a state's: nothing else may bring them back."""
        lines = [
            *weeks("谈心", "gone", "mmmm"),
            line("了结问题", "gone", "standing", "2026-10-12", "2026-10-26"),
        ]
        assert only(rows(lines))["duty"] == "了结问题"

    @pytest.mark.parametrize(
        ("lines", "text"),
        [
            (weeks("谈心", "c1", "dt", "2026-11-23"), "谈心：本周还没做"),
            (weeks("谈心", "c1", "mt", "2026-11-23"), "谈心：2 周里错过 1 周，一次也没有"),
            (weeks("谈心", "c1", "dmmmt", "2026-11-02"), "谈心：5 周里错过 3 周，连着错过 3 次"),
            ([line("家访", "c1", "to_do", "2026-09-01", "2027-01-16", need=2, have=1, period="秋季学期")], "家访：本学期要 2 次，已有 1 次"),
            ([line("五必访", "c1", "standing", "2026-11-02", "2026-11-16")], "五必访：11-02 登记的观察，还没做"),
            ([line("了结问题", "c1", "standing", "2025-12-01", "2025-12-15")], "了结问题：2025-12-01 登记的问题台账，还没办完"),
            ([line("结对", "c1", "standing", "2026-09-01", "2026-09-15", need=2, have=1)], "结对：要有 2 名，现有 1 名"),
            ([line("某项", "c1", "to_do", "2026-09-01", "2026-09-15", need=2, have=1)], "某项：要 2，已有 1"),
        ],
    )  # fmt: skip
    def test_the_sentence(self, lines, text):
        assert rows(lines).iloc[0]["text"] == text

    @pytest.mark.parametrize(
        ("statuses", "text"),
        [
            ("dt", "谈心：上周的还没记"),
            ("mt", "谈心：上周的还没记，2 周里错过 1 周"),
            ("td", "谈心：第1周的还没记"),
        ],
    )
    def test_what_is_only_to_be_written_up_says_so(self, statuses, text):
        """Within the days of grace: the week is over, it may have been held."""
        lines = weeks("谈心", "c1", statuses, "2026-11-16")
        policy = policy_with(grace_days=3)
        lines = [each | {"due": str(date.fromisoformat(each["due"]) + timedelta(days=3))} for each in lines]
        assert only(rows(lines, policy=policy))["text"] == text

    def test_the_fields_that_a_dossier_lacks_are_named(self):
        complete = Duty("建档", "complete", content=("address", "father_phone"), who="homeroom")
        children = [{"id": "c1", "name": "林小雨", "address": "", "father_phone": "139"}]
        lines = [line("建档", "c1", "standing", "2026-09-01", "2026-09-15", need=2, have=1)]
        table = rows(lines, policy=Policy(calendar=CALENDAR, duties=(complete,)), child=children)
        assert only(table)["text"] == f"建档：还缺{field_label('address')}"

    def test_an_empty_school_has_the_columns(self):
        table = rows([])
        assert tuple(table.columns) == COLUMNS and table.empty


class TestCauses:
    """Who has no helper, class teacher or post: one row, to the coordinator, with the reason (R29, 7.7)."""

    def test_children_without_a_helper_are_one_row_for_the_coordinator(self):
        lines = [
            line("结对", f"c{n}", "standing", "2026-09-01", "2026-09-15", need=1, have=0) for n in range(17)
        ]
        lines += [
            line("谈心", f"c{n}", "to_do", "2026-11-30", "2026-12-06", nobody="helper") for n in range(17)
        ]
        row = only(rows(lines))
        assert (row["tier"], row["cause"], row["who"], row["who_ids"]) == (4, "helper", "郑主任", ["s3"])
        assert row["text"] == "17 名学生没有帮扶教师，这些事没有人做：谈心"
        assert (row["lines"], len(row["members"]), row["form"]) == (34, 17, "pairing")

    def test_what_others_owe_a_child_without_a_helper_stays(self):
        lines = [
            line("谈心", "c1", "to_do", "2026-11-30", "2026-12-06", nobody="helper"),
            line("家访", "c1", "to_do", "2026-09-01", "2027-01-16", who_ids=["s2"], who="吴老师"),
        ]
        assert rows(lines)["cause"].tolist() == ["helper", ""]

    def test_one_helper_of_two_is_a_row_of_the_child(self):
        assert (
            only(rows([line("结对", "c1", "standing", "2026-09-01", "2026-09-15", need=2, have=1)]))["cause"]
            == ""
        )

    @pytest.mark.parametrize(
        ("nobody", "class_name", "text"),
        [
            ("homeroom", "三2班", "三2班没有班主任，这些事没有人做：家访"),
            ("counsellor", "三1班", "学校没有心理辅导教师，这些事没有人做：家访"),
        ],
    )
    def test_a_class_without_a_teacher_and_a_vacant_post_are_one_row_each(self, nobody, class_name, text):
        lines = [
            line("家访", f"c{n}", "to_do", "2026-09-01", "2027-01-16", nobody=nobody, **{"class": class_name})
            for n in range(3)
        ]
        row = only(rows(lines))
        assert (row["text"], row["who"], row["members"]) == (text, "郑主任", ["c0", "c1", "c2"])

    def test_without_a_coordinator_the_headmaster_has_it(self):
        staff = [each for each in STAFF if each["role"] != "coordinator"]
        row = only(
            rows([line("谈心", "c1", "to_do", "2026-11-30", "2026-12-06", nobody="helper")], staff=staff)
        )
        assert row["who_ids"] == ["s4"]

    def test_without_either_the_sentence_says_whom_to_name(self):
        row = only(
            rows([line("谈心", "c1", "to_do", "2026-11-30", "2026-12-06", nobody="helper")], staff=STAFF[:2])
        )
        assert row["who"] == "" and row["who_ids"] == []
        assert row["text"].endswith("请先在“教职工”里登记一位德育负责人")

    def test_who_has_left_the_school_is_no_coordinator(self):
        staff = [each | ({"active": "no"} if each["role"] == "coordinator" else {}) for each in STAFF]
        assert coordinators(school(staff)) == ["s4"]

    def test_a_duty_for_which_the_rules_name_nobody_goes_to_the_coordinator(self):
        row = only(rows([line("家访", "c1", "to_do", "2026-09-01", "2027-01-16", who="", who_ids=[])]))
        assert (row["cause"], row["who"]) == ("", "郑主任")

    def test_an_emergency_that_nobody_answers_for_is_first(self):
        lines = [
            line(
                "告知监护人", "c1", "standing", "2026-11-30", "2026-11-30", weight="protect", nobody="helper"
            ),
            line("五必访", "c2", "standing", "2026-11-02", "2026-11-16", weight="harm"),
        ]
        assert rows(lines)["tier"].tolist() == [1, 2]


class TestRising:
    """Three periods missed in a row rise to the homeroom teacher, then to the coordinator (column 上报)."""

    @pytest.mark.parametrize(
        ("statuses", "raised", "people"),
        [
            ("mmt", "", []),
            ("mmmt", "homeroom", ["s2"]),
            ("mmmmmt", "homeroom", ["s2"]),
            ("mmmmmmt", "coordinator", ["s2", "s3"]),
            ("mmmmmdt", "", []),  # done last week: the row of misses is over
            ("mmlmt", "", []),  # late is made good
            ("mmemt", "", []),  # who excused it knows of the child
            ("mmmemmmt", "homeroom", ["s2"]),
            ("dmmmp", "homeroom", ["s2"]),
        ],
    )
    def test_by_how_many_were_missed_in_a_row(self, statuses, raised, people):
        row = only(rows(weeks("谈心", "c1", statuses)))
        assert (row["raised"], row["raised_ids"]) == (raised, people)

    @pytest.mark.parametrize(
        ("lines", "raised", "people"),
        [
            (weeks("谈心", "c1", "mmmt", who_ids=["s2"], who="吴老师"), "coordinator", ["s3"]),
            (weeks("谈心", "c1", "mmmt", **{"class": "三2班"}), "coordinator", ["s3"]),
            (weeks("谈心", "s1", "mmmt", kind="teacher", **{"class": ""}), "coordinator", ["s3"]),
            (weeks("谈心", "k1", "mmmt", kind="class"), "homeroom", ["s2"]),
            (weeks("谈心", "c1", "mmmt", who_ids=["s3"], who="郑主任"), "homeroom", ["s2"]),
        ],
    )
    def test_past_a_homeroom_teacher_who_owes_it_or_is_missing(self, lines, raised, people):
        row = only(rows(lines))
        assert (row["raised"], row["raised_ids"]) == (raised, people)

    @pytest.mark.parametrize(
        ("escalate", "statuses", "raised"),
        [(None, "mmmmmmmmmt", ""), (1, "mt", "homeroom"), (1, "mmt", "coordinator"), (5, "mmmmt", "")],
    )
    def test_as_the_row_of_the_duty_says(self, escalate, statuses, raised):
        row = only(rows(weeks("谈心", "c1", statuses), policy=policy_with(escalate=escalate)))
        assert row["raised"] == raised

    def test_without_a_coordinator_and_headmaster_it_rises_to_nobody(self):
        row = only(rows(weeks("谈心", "c1", "mmmmmmt"), staff=STAFF[:2]))
        assert (row["raised"], row["raised_ids"]) == ("coordinator", ["s2"])

    def test_a_person_sees_what_they_owe_and_what_has_risen_to_them(self):
        lines = [
            *weeks("谈心", "c1", "mmmt"),
            *weeks("谈心", "c2", "dddt"),
            line("家访", "c3", "to_do", "2026-09-01", "2027-01-16", who_ids=["s2"], who="吴老师"),
        ]
        assert sorted(rows(lines, who="s1")["subject_id"]) == ["c1", "c2"]
        assert sorted(rows(lines, who="s2")["subject_id"]) == ["c1", "c3"]
        assert rows(lines, who="s3").empty


class TestOrder:
    def test_tiers(self):
        lines = [
            line("推迟的", "c1", "postponed", "2026-09-01", "2026-12-01", weight="protect"),
            line("以后的", "c1", "to_do", "2026-09-01", "2027-01-16", weight="important"),
            line("较轻的", "c1", "standing", "2026-09-01", "2026-09-20", weight="minor"),
            line("欠着的", "c1", "standing", "2026-10-01", "2026-10-20"),
            line("欠得久", "c1", "standing", "2026-09-01", "2026-09-20"),
            line("重要的", "c1", "standing", "2026-11-01", "2026-11-20", weight="important"),
            line("周日前", "c1", "to_do", "2026-11-30", "2026-12-06"),
            line("今天的", "c1", "to_do", "2026-11-30", "2026-11-30"),
            line("谈心", "c9", "to_do", "2026-11-30", "2026-12-06", nobody="helper"),
            line("约定的", "c1", "to_do", "2026-11-30", "2026-12-20", weight="promise"),
            line("伤害的", "c1", "to_do", "2026-11-30", "2026-12-20", weight="harm"),
            line("伤害欠", "c1", "standing", "2026-11-01", "2026-11-20", weight="harm"),
            line("保护的", "c1", "to_do", "2026-11-30", "2026-11-30", weight="protect"),
        ]
        table = rows(lines)
        assert [*zip(table["tier"], table["duty"] + table["cause"], strict=True)] == [
            (1, "保护的"), (2, "伤害欠"), (2, "伤害的"), (3, "约定的"), (4, "helper"), (5, "今天的"), (5, "周日前"),
            (6, "重要的"), (6, "欠得久"), (6, "欠着的"), (6, "较轻的"), (7, "以后的"), (8, "推迟的"),
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("status", "due", "grace", "soon"),
    [
        ("to_do", "2026-12-06", 0, True),
        ("to_do", "2026-12-07", 0, False),
        ("to_do", "2026-12-09", 3, True),  # held by Sunday, written up by Wednesday
        ("to_do", None, 0, False),
        ("standing", "2026-09-01", 0, True),
        ("postponed", "2026-12-06", 0, False),
    ],
)
def test_what_is_to_be_done_by_sunday(status, due, grace, soon):
    policy = policy_with(grace_days=grace)
    assert only(rows([line("谈心", "c1", status, "2026-11-30", due)], policy=policy))["soon"] == soon


class TestNoContact:
    """Children in care with whom nothing was held for N weeks of school (多久没有联系); 20 days of school before 11-30: from 11-03."""

    def not_visited(self, on=MONDAY, weeks_without=4, policy=None, **registers):
        policy = policy or Policy(
            profile={"definition": "both", "no_contact_weeks": str(weeks_without)}, calendar=CALENDAR
        )
        registers = {"child": [CHILD], **registers}
        return to_do(policy, school(**registers), as_lines([]), on)

    def test_one_row_for_all_of_them(self):
        row = only(self.not_visited(child=[CHILD, CHILD | {"id": "c2"}]))
        assert (row["tier"], row["cause"], row["members"], row["who"]) == (
            4,
            "no_contact",
            ["c1", "c2"],
            "郑主任",
        )
        assert row["text"] == "2 名学生满 4 周没有任何联系（谈心、通话、家访都没有记录）"

    @pytest.mark.parametrize(
        ("register", "answers", "alone"),
        [
            ("talk", {"date": "2026-11-03"}, False),
            ("talk", {"date": "2026-11-02"}, True),
            ("guardian_contact", {"date": "2026-11-10"}, False),
            ("family_call", {"date": "2026-11-28"}, False),
            ("home_visit", {"date": "2026-11-10", "mode": "door"}, False),
            ("home_visit", {"date": "2026-11-10"}, True),  # 7.14: without a mode it is no visit
            ("letter", {"date": "2026-11-10"}, True),
            ("talk", {"date": "2026-12-01"}, True),  # after the day
        ],
    )
    def test_by_what_is_recorded_with_child_or_home(self, register, answers, alone):
        record = {"id": "r1", "child": "c1", "by": "s1"} | answers
        assert len(self.not_visited(**{register: [record]})) == alone

    @pytest.mark.parametrize(
        ("registered", "alone"), [("2026-11-03", True), ("2026-11-04", False), ("2026-11-23", False)]
    )
    def test_a_child_who_came_lately_is_not_without_contact(self, registered, alone):
        assert len(self.not_visited(child=[CHILD | {"registered_on": registered}])) == alone

    @pytest.mark.parametrize(
        ("on", "weeks_without", "alone"),
        [
            (date(2026, 9, 7), 1, True),  # five days of school since Tuesday 1 September
            (date(2026, 9, 6), 1, False),
            (date(2026, 10, 9), 1, True),
            (date(2026, 9, 25), 4, False),
            (date(2026, 9, 28), 4, True),
        ],
    )
    def test_weeks_of_school_of_the_term_count(self, on, weeks_without, alone):
        assert len(self.not_visited(on, weeks_without)) == alone

    def test_holidays_do_not_count(self):
        """A talk on 30 September, no school from 1 to 7 October: on the 14th that is five days of school ago."""
        talk = [{"id": "t1", "child": "c1", "date": "2026-09-30", "by": "s1"}]
        assert self.not_visited(date(2026, 10, 13), 1, talk=talk).empty
        assert len(self.not_visited(date(2026, 10, 14), 1, talk=talk)) == 1

    def test_nothing_is_asked_from_before_the_school_began(self):
        policy = Policy(profile={"definition": "both", "began": "2026-11-10"}, calendar=CALENDAR)
        assert self.not_visited(policy=policy).empty

    def test_who_is_not_in_care_is_not_asked_about(self):
        assert self.not_visited(child=[CHILD | {"mother_status": "home"}]).empty


class TestBrief:
    def visits(self, count, **values):
        return [line("家访", f"c{n}", "to_do", "2026-09-01", "2027-01-16", **values) for n in range(count)]

    def test_five_of_one_duty_and_person_are_one_line(self):
        lines = [*self.visits(4), line("家访", "c4", "missed", "2026-03-01"), *self.visits(5)[4:]]
        row = only(brief(rows(lines)))
        assert row["text"] == "家访：5 名学生还没做，其中 1 名以前错过"
        assert (row["subject_id"], row["lines"], row["members"]) == ("", 5, ["c0", "c1", "c2", "c3", "c4"])

    def test_four_stay_apart(self):
        assert len(brief(rows(self.visits(4)))) == 4

    def test_of_two_persons_they_are_two_lines(self):
        lines = [
            *self.visits(5),
            *(each | {"subject_id": f"d{each['subject_id']}", "who_ids": ["s2"]} for each in self.visits(6)),
        ]
        assert brief(rows(lines))["lines"].tolist() == [5, 6]

    def test_what_has_risen_to_the_coordinator_is_one_line_of_all_helpers(self):
        lines = [
            each
            for n in range(6)
            for each in weeks("谈心", f"c{n}", "mmmmmmt", who_ids=[f"h{n}"], who=f"师{n}")
        ]
        row = only(brief(rows(lines, who="s3"), who="s3"))
        assert row["text"] == "谈心：6 名学生还没做，都连着错过 6 次以上"

    def test_what_a_helper_owes_is_one_line_to_whomever_it_has_risen(self):
        lines = [
            each
            for n, letters in enumerate(["dt", "mt", "mmmt", "mmmmmmt", "t"])
            for each in weeks("谈心", f"c{n}", letters)
        ]
        row = only(brief(rows(lines, who="s1"), who="s1"))
        assert row["text"] == "谈心：5 名学生还没做，其中 3 名以前错过"

    def test_at_most_so_many_lines_and_how_many_more(self):
        lines = [line(f"事{n}", "c1", "standing", "2026-09-01", f"2026-09-{n:02}") for n in range(1, 26)]
        table = brief(rows(lines), 20)
        assert len(table) == 20
        assert (table.iloc[-1]["cause"], table.iloc[-1]["text"]) == ("rest", "其余 6 项")
        assert len(brief(rows(lines[:20]), 20)) == 20 and "rest" not in set(brief(rows(lines[:20]))["cause"])

    def test_what_others_owe_is_one_line_whoever_they_are(self):
        lines = [
            line(
                "跟进",
                f"c{n}",
                "standing",
                "2026-11-02",
                "2026-11-16",
                weight="promise",
                who_ids=[f"h{n}"],
                who=f"师{n}",
            )
            for n in range(6)
        ]
        assert len(brief(rows(lines))) == 6
        assert only(brief(rows(lines), who="s3"))["text"] == "跟进：6 名学生过期了还没做"

    def test_what_has_time_until_after_sunday_comes_last(self):
        lines = [
            line("约定", "c1", "to_do", "2026-11-30", "2026-12-20", weight="promise"),
            line("欠着", "c1", "standing", "2026-10-01", "2026-10-20"),
        ]
        assert brief(rows(lines))["duty"].tolist() == ["欠着", "约定"]

    def test_what_is_due_this_week_is_not_hidden_among_what_has_time(self):
        """A promise for tomorrow is a line of its own beside five for next month (W4)."""
        tomorrow = line("家访", "c9", "to_do", "2026-09-01", "2026-12-01")
        table = brief(rows([*self.visits(5), tomorrow]))
        assert table["members"].tolist() == [["c9"], ["c0", "c1", "c2", "c3", "c4"]]

    def test_nothing_to_do_is_no_line(self):
        assert brief(rows([])).empty and tuple(brief(rows([])).columns) == COLUMNS

    def test_who_leads_also_has_what_cannot_wait_in_the_whole_school(self):
        lines = [
            line("五必访", "c1", "standing", "2026-11-02", "2026-11-16", weight="harm"),
            line("五必访", "c3", "to_do", "2026-11-29", "2026-12-13", weight="harm"),  # it has time
            line("家访", "c1", "to_do", "2026-09-01", "2027-01-16"),
            line("谈心", "c2", "to_do", "2026-11-30", "2026-12-06", nobody="helper"),
            line(
                "会议", "", "to_do", "2026-11-30", "2026-12-06", kind="school", who_ids=["s3"], who="郑主任"
            ),
        ]
        table = rows(lines)
        mine = rows_of(table, "s3", leads=True)
        assert (mine["duty"] + mine["cause"]).tolist() == ["五必访", "helper", "会议"]
        assert rows_of(table, "s1")["duty"].tolist() == ["五必访", "五必访", "家访"]
        assert len(rows_of(table, None)) == 5


def test_a_term_leaves_what_was_missed_and_what_stands_over():
    lines = as_lines(
        [
            *weeks("谈心", "c1", "dmmld"),
            *weeks("谈心", "c2", "ddd"),
            line("了结问题", "c1", "standing", "2026-10-12", "2026-10-26"),
            line("了结问题", "c3", "to_do", "2027-02-25", "2027-03-10"),
        ]
    )
    table = closing_list(lines, TERM)
    assert table[["duty", "subject_id", "periods", "done", "late", "missed", "standing", "stays_open", "text"]].to_numpy().tolist() == [
        ["谈心", "c1", 5, 2, 1, 2, 0, False, "5 次里错过 2 次，迟办 1 次"],
        ["了结问题", "c1", 1, 0, 0, 0, 1, True, "还没办完"],
    ]  # fmt: skip
    assert closing_list(as_lines([]), TERM).empty
