"""Why a line is there, in the words of the row: what was filled in, on which promised day, which pairings.

Requirement: a due line says what counted, and what had no date or mode (7.2, 7.14).
"""

from datetime import date

import pandas as pd
import pytest

from guanai.care.duties.due import due
from guanai.care.policy.policy import policy_from_sheets
from guanai.storage.school.policy_in_use import preset_sheets

ON = date(2026, 11, 30)
FRAMES = {
    "child": [
        {"id": "c", "name": "童", "class": "一班", "registered_on": "2026-08-20", "birth_date": "2016-02-02",
         "father_status": "away", "mother_status": "away", "eligible": "yes", "status": "enrolled"}
    ],
    "class": [{"id": "k", "name": "一班"}],
    "staff": [{"id": "s", "name": "师", "role": "subject"}],
    "pairing": [{"id": "p", "child": "c", "role": "helper", "helper": "s", "start": "2026-09-01"}],
    "home_visit": [{"id": "v", "child": "c", "date": "2026-11-02", "mode": "door", "follow_up": "2026-11-20"}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("preset", "duty", "why"),
    [
        ("001-3", "性格兴趣画像", "成长画像（填了性格特征；填了兴趣爱好；填了学习动机和方法；填了思想和心理；填了道德品质） 1 次"),
        ("003-2", "师生监护人座谈会", "会议（种类：座谈会；帮扶教师不小于 1；留守儿童不小于 1；监护人不小于 1） 1 次"),
        ("004", "家访跟进", "2026-11-02的家访，在跟进日期当天应有家访 1 次"),
        ("001-2a", "学习帮手", "每名留守儿童应有结对（角色：伙伴）至少 1 个，现有 0 个"),
        ("001-1", "结对帮扶（经常）", "经常（原文未写次数）；现有结对（角色：帮扶教师） 1 个"),
    ],
)  # fmt: skip
def test_a_reason_says_what_the_row_asks(preset, duty, why):
    policy = policy_from_sheets(preset_sheets(preset, ON), preset)
    lines = due(policy, {name: pd.DataFrame(rows) for name, rows in FRAMES.items()}, ON, done=True)
    assert why in lines.set_index("duty").at[duty, "why"]
