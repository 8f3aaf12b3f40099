"""A small school and one row of the sheet 职责, as a coordinator writes it: for tables of cases.

Two children of one class, both helped by 帮老师; 1 September 2026 is a Tuesday, the term has twenty weeks and ends on a Saturday.
"""

from datetime import date

import pandas as pd

from guanai.care.duties.due import due
from guanai.care.policy.policy import policy_from_sheets

ON = date(2026, 11, 20)  # a Friday, the term's twelfth week
CALENDAR = [
    {"种类": "学期", "名称": "秋", "开始": "2026-09-01", "结束": "2027-01-16"},
    {"种类": "集中家访", "名称": "寒假", "开始": "2027-01-17", "结束": "2027-02-10"},
]
ONE = {"对象条件": "是否寄宿 = 是"}  # of the two children only the first, so that a case is one line


def policy_of(*rows, profile=(), calendar=CALENDAR):
    """Return the policy of some rows of the sheet 职责, of the kind 次数 where they say no kind."""
    sheets = {
        "学校": [{"项目": "法定节假日", "值": "不用"}, *profile],
        "校历": list(calendar),
        "职责": [
            {"名称": f"职{number or ''}", "种类": "次数", "row": number + 2} | row
            for number, row in enumerate(rows)
        ],
    }
    return policy_from_sheets(sheets, "school.xlsx")


def registers_with(records):
    """Return the registers of the school with some records."""
    return {name: pd.DataFrame(rows) for name, rows in (people() | records).items()}


def lines_of(records, on=ON, now=None, profile=(), calendar=CALENDAR, known=None, done=True, **row):
    """Return the lines of one row."""
    policy = policy_of(row, profile=profile, calendar=calendar)
    return due(policy, registers_with(records), on, done=done, now=now, known=known)


def summed_up(lines):
    """Return of each line: whose, status, last day, needed, there."""
    return [
        (
            line["subject"],
            line["status"],
            "" if pd.isna(line["due"]) else f"{line['due']:%m-%d}",
            line["need"],
            line["have"],
        )
        for line in lines.to_dict("records")
    ]


def statuses_of(lines):
    """Return the statuses of lines in their order."""
    return lines["status"].tolist()


def people():
    child = {
        "status": "enrolled", "registered_on": "2026-08-25", "birth_date": "2016-02-29", "eligible": "yes", "class": "三1班",
        "father_status": "away", "mother_status": "away", "address": "大坪村", "father_phone": "1", "status_since": None,
    }  # fmt: skip
    return {
        "child": [
            child | {"id": "x1", "name": "童一", "boarding": "yes", "special_groups": ["disabled"]},
            child | {"id": "x2", "name": "童二", "boarding": "no", "special_groups": [], "address": ""},
        ],
        "class": [{"id": "k1", "name": "三1班", "grade": 3, "homeroom": "s1"}],
        "staff": [
            {"id": "s1", "name": "班老师", "role": "homeroom", "active": "yes"},
            {"id": "s2", "name": "帮老师", "role": "subject", "active": "yes"},
            {"id": "s3", "name": "德老师", "role": "coordinator", "active": "yes"},
            {"id": "s4", "name": "心老师", "role": "counsellor", "active": "yes"},
        ],
        "pairing": [
            {"id": f"p{number}", "child": f"x{number}", "role": "helper", "helper": "s2", "start": "2026-09-01", "end": None}
            for number in (1, 2)
        ],
    }  # fmt: skip


def first_child(**answers):
    """Return the register of children with other answers of the first child."""
    first, *others = people()["child"]
    return {"child": [first | answers, *others]}


def record(day, child="x1", **answers):
    """Return a record of a register of children, made by the helper."""
    return {"id": f"t{day}{child}", "child": child, "date": day, "by": "s2"} | answers


def visit(day, child="x1", mode="door", by="s1", **answers):
    """Return a home visit of the class teacher."""
    return {"id": f"v{day}{child}", "child": child, "date": day, "mode": mode, "visitors": [by]} | answers
