"""A sample school, made by a seeded generator: invented people, the shape and the gaps of real ones.

The full one has 1,349 pupils of whom 277 are left-behind (000-7, F7) and guardians in the shares of 000-1
(74, 25 and 1 in a hundred, F1); the small one is for a workshop. Nothing in it is a real person's: names
are put together by chance, identity numbers have a region that was never issued, telephone numbers a
beginning that no operator has, the township is invented.
"""

import shutil
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone
from pathlib import Path
from typing import Any

from guanai.care.calendar.school_calendar import school_year
from guanai.care.children.eligibility import eligibility
from guanai.care.errors import GuanaiError
from guanai.care.policy.default_terms import usual_terms
from guanai.care.policy.policy import Policy, fit_to_forms, policy_from_sheets
from guanai.server.sample.contacts import calls, pairings, talks
from guanai.server.sample.days import Window
from guanai.server.sample.materials import parts
from guanai.server.sample.people import Shape, people
from guanai.server.sample.registers import registers
from guanai.server.sample.visits import home_visits
from guanai.storage import create_school
from guanai.storage.files.school_folder import Folder
from guanai.storage.school.policy_in_use import preset_sheets
from guanai.storage.school.workbooks import Sheets, write_workbook

__all__ = ["SHAPES", "make_sample", "sample_policy", "sample_records"]

Record = dict[str, Any]

# 205 + 69 + 3 = 277 children give 74.0, 24.9 and 1.1 in a hundred.
SHAPES = {
    "full": Shape(
        pupils=1349,
        classes={1: 4} | dict.fromkeys(range(2, 10), 3),
        roles={"headmaster": 1, "deputy": 1, "coordinator": 1, "counsellor": 1, "life": 2, "logistics": 1, "subject": 5},
        guardians={"grandparent": 205, "foster": 69, "none": 3},
        others=("returned",) * 3 + ("transferred",) * 3 + ("over_16",) + ("unclear",) * 2 + ("one_away",) * 2 + ("none_away",),
    ),
    "small": Shape(
        pupils=146,
        classes=dict.fromkeys(range(2, 7), 1),
        roles={"headmaster": 1, "coordinator": 1, "counsellor": 1, "life": 1, "subject": 2},
        guardians={"grandparent": 22, "foster": 7, "none": 1},
        others=("returned", "unclear"),
    ),
}  # fmt: skip

# One school, two rules that apply together: so every kind of duty and every target is in the sample.
SAMPLE_POLICY = "002-1+004"
CHINA = timezone(timedelta(hours=8))


def sample_records(size: str, on: date, seed: int = 7) -> dict[str, list[Record]]:
    """Return the records of a sample school by form: ``small`` or ``full``, as they stand on a day.

    Alike for a size, day and seed. Every record has its id and is as its form would have kept it. It tells
    about the term of that day, and while that is young about the term before it too; between terms about
    the one that ended last. No record has a day after ``on``, or before its child was registered.
    """
    policy = sample_policy(on)
    window = Window.of(policy.calendar, on)
    everybody = people(SHAPES[size], window, seed)
    paired = pairings(everybody, window, seed)
    records = {
        "staff": everybody.staff,
        "class": everybody.classes,
        "child": [_judged(child, on, policy.definition) for child in everybody.children],
        "pairing": paired,
        "home_visit": home_visits(everybody, window, seed),
        "talk": talks(everybody, paired, window, seed),
        "call": calls(everybody, window, seed),
        **registers(everybody, window, seed),
    }
    for register in ("pairing", "home_visit", "talk", "call"):
        records[register].sort(key=lambda record: (record.get("date") or record["start"], record["id"]))
    return records


def sample_policy(on: date) -> Policy:
    """Return the rules of a sample school made on a day."""
    return policy_from_sheets(_sheets(on), SAMPLE_POLICY)


def _sheets(on: date) -> Sheets:
    """Return the workbook of a sample school: a preset, with the terms of the school year before as well."""
    sheets = preset_sheets(SAMPLE_POLICY, on, parts("places")["school"][0])
    return sheets | {"校历": usual_terms(school_year(on) - 1) + sheets["校历"]}


def _judged(child: Record, on: date, definition: str) -> Record:
    """Return a child with what its form works out: whether it is left-behind, and why."""
    answer = eligibility(
        child.get("father_status"),
        child.get("mother_status"),
        date.fromisoformat(child["birth_date"]),
        on,
        definition,
    )
    return child | {"eligible": answer.answer, "eligible_reason": answer.reason}


def _stamped(record: Record, names: Mapping[str, str], on: date) -> Record:
    """Return a record as if its teacher had entered it after school on its own day."""
    author = record.get("by") or record.get("helper") or next(iter(record.get("visitors", [])), "")
    began = min(date(school_year(on), 9, 1), on).isoformat()
    day = next((record[name] for name in ("date", "start", "registered_on") if name in record), began)
    moment = datetime.combine(date.fromisoformat(day), time(17, 30), CHINA).astimezone(UTC)
    stamp = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    who = names.get(author, names[""])
    return record | {"created_at": stamp, "created_by": who, "updated_at": stamp, "updated_by": who}


def make_sample(folder: Path, size: str, on: date, seed: int = 7) -> dict[str, int]:
    """Make a sample school in a folder that has none; return how many records each form has.

    The folder appears whole or not at all. Raises GuanaiError when there is a school already.
    """
    if Folder(folder).is_school:
        raise GuanaiError("school.exists", path=folder)
    making = folder.with_name(f".{folder.name}.making")
    shutil.rmtree(making, ignore_errors=True)
    records = sample_records(size, on, seed)
    names = {person["id"]: person["name"] for person in records["staff"]}
    names[""] = next(person["name"] for person in records["staff"] if person["role"] == "coordinator")
    school = create_school(making, policy=SAMPLE_POLICY, on=on)
    try:
        columns = {form: school.form(form).columns for form in school.forms()}
        write_workbook(school.folder.workbook, fit_to_forms(_sheets(on), columns))
        counts = {
            form: school.insert_many(form, [_stamped(record, names, on) for record in some])
            for form, some in records.items()
        }
    finally:
        school.close()
    folder.parent.mkdir(parents=True, exist_ok=True)
    if folder.exists():
        folder.rmdir()
    making.rename(folder)
    return counts
