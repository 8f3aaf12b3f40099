"""The targets of 004 (F17), counted again with plain loops in invented schools: who was visited, by whom, how, whom one met."""

import random
from datetime import date, timedelta
from math import ceil

import pandas as pd
import pytest

from guanai.care.duties.due import due
from guanai.care.policy.policy import policy_from_sheets
from guanai.care.summary.term_summary import summary
from guanai.storage.school.policy_in_use import preset_sheets

ON = date(2026, 12, 18)
POLICY = policy_from_sheets(preset_sheets("004", ON), "004")
TERM = POLICY.calendar.current_or_last(ON)
FACE_TO_FACE = {"door", "school"}
SPECIAL = {"dropout_risk", "single_parent", "disabled", "psychological"}  # the short list of 四(二)
TARGETS = {"家访覆盖率": 1, "面对面家访率": 0.8, "教师参与率": 1, "外出家长联系率": 1, "特殊群体面对面率": 1}


def school(seed):
    """Return the registers of an invented school: gone children and staff, days before the term, kin of all kinds."""
    chance = random.Random(seed)  # noqa: S311 - invented records
    groups = [*sorted(SPECIAL), "learning_difficulty", "minimum_living"]
    children = [
        {
            "id": f"c{number}", "name": f"童{number}", "class": "一班", "birth_date": "2015-05-05",
            "registered_on": "2026-08-20", "father_status": "away", "mother_status": "away", "eligible": "yes",
            "status": "transferred" if number % 9 == 0 else "enrolled",
            "status_since": "2026-10-09" if number % 9 == 0 else None,
            "special_groups": chance.sample(groups, chance.choice([0, 0, 1, 2])),
        }
        for number in range(40)
    ]  # fmt: skip
    roles = ["headmaster", "deputy", *["homeroom"] * 4, *["subject"] * 4, "logistics"]
    staff = [{"id": f"s{n}", "name": f"师{n}", "role": role, "active": "yes"} for n, role in enumerate(roles)]
    staff.append({"id": "gone", "name": "离职", "role": "subject", "active": "no"})
    days = [date(2026, 8, 22) + timedelta(days=chance.randrange(118)) for _ in range(160)]
    visits, calls = [], []
    for number, day in enumerate(days):
        child = chance.choice(children)["id"]
        record = {"id": f"r{number}", "child": child, "date": day.isoformat()}
        if number % 4 == 0:
            calls.append(record | {"by": "s3", "parent": chance.choice(["father", "mother", "guardian"])})
            continue
        visits.append(
            record
            | {
                "mode": chance.choice(["door", "school", "phone", "video", "sms", None]),
                "visitors": chance.sample([person["id"] for person in staff], chance.choice([1, 2])),
                "person_met": chance.choice(["father", "mother", "grandparent", "child_only", None]),
            }
        )
    return {
        "child": children,
        "staff": staff,
        "home_visit": visits,
        "call": calls,
        "class": [{"id": "k", "name": "一班"}],
    }


def recount(records):
    """Return numerator and denominator of each figure, visit by visit."""
    in_care = [child for child in records["child"] if child["status"] == "enrolled"]
    visits = [
        record
        for record in records["home_visit"]
        if record["mode"] and TERM.start.isoformat() <= record["date"] <= ON.isoformat()
    ]
    calls = [
        record for record in records["call"] if TERM.start.isoformat() <= record["date"] <= ON.isoformat()
    ]
    covered, at_the_door, face_to_face, with_parents, visitors = set(), set(), set(), [], set()
    for visit in visits:
        covered.add(visit["child"])
        visitors.update(visit["visitors"])
        if visit["mode"] == "door":
            at_the_door.add(visit["child"])
        if visit["mode"] in FACE_TO_FACE:
            face_to_face.add(visit["child"])
        if visit["person_met"] in ("father", "mother"):
            with_parents.append(visit["child"])
    with_parents += [call["child"] for call in calls if call["parent"] in ("father", "mother")]
    teaching = [
        record["id"]
        for record in records["staff"]
        if record["active"] == "yes" and record["role"] != "logistics"
    ]
    ids = [child["id"] for child in in_care]
    reached = [record_id for record_id in ids if record_id in covered]
    special = [child["id"] for child in in_care if SPECIAL & set(child["special_groups"])]
    return {
        "coverage": (len(reached), len(ids)),
        "door": (sum(record_id in at_the_door for record_id in ids), len(ids)),
        "face_to_face": (sum(record_id in face_to_face for record_id in reached), len(reached)),
        "participation": (sum(record_id in visitors for record_id in teaching), len(teaching)),
        "away_contacts": (sum(with_parents.count(record_id) >= 2 for record_id in ids), len(ids)),
        "special_face_to_face": (sum(record_id in face_to_face for record_id in special), len(special)),
    }


@pytest.mark.parametrize("seed", range(12))
def test_f17_the_figures_of_the_term_are_those_of_a_plain_count(seed):
    records = school(seed)
    frames = {name: pd.DataFrame(rows) for name, rows in records.items()}
    figures = {figure.key: figure for figure in summary(POLICY, frames, TERM, ON).figures}
    counted = recount(records)
    assert {key: (figures[key].numerator, figures[key].denominator) for key in counted} == counted
    # The line of each target asks for as many as the target is of the whole.
    lines = due(POLICY, frames, ON, done=True).set_index("duty")
    keys = dict(
        zip(
            TARGETS,
            ("coverage", "face_to_face", "participation", "away_contacts", "special_face_to_face"),
            strict=True,
        )
    )
    for duty, target in TARGETS.items():
        have, whole = counted[keys[duty]]
        assert (lines.at[duty, "need"], lines.at[duty, "have"]) == (ceil(round(target * whole, 6)), have), (
            duty
        )


def test_two_visits_to_the_grandmother_are_no_contact_with_the_parents_away():
    """004 四(二) 家长在外地居住的每学期联系不少于两次: with 20 of 35 children one spoke with the parents, with 11 not."""
    records = school(0) | {"call": []}
    records["child"] = [child | {"status": "enrolled"} for child in records["child"][:35]]
    met = [*["mother"] * 20, *["grandparent"] * 11]
    records["home_visit"] = [
        {"id": f"v{number}-{time}", "child": f"c{number}", "date": f"2026-10-1{time}", "mode": "phone", "visitors": ["s3"],
         "person_met": who}
        for number, who in enumerate(met) for time in range(2)
    ]  # fmt: skip
    frames = {name: pd.DataFrame(rows) for name, rows in records.items()}
    figures = {figure.key: figure for figure in summary(POLICY, frames, TERM, ON).figures}
    assert (figures["away_contacts"].numerator, figures["away_contacts"].denominator) == (20, 35)
    assert figures["coverage"].numerator == 31
    own = due(POLICY, frames, ON, done=True)
    own = own[own["duty"] == "与外出家长联系"]
    assert (own["have"] >= 2).sum() == 20
