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

from guanai.care.calendar.school_calendar import school_year
from guanai.care.children.eligibility import Criterion, eligibility
from guanai.care.errors import GuanaiError
from guanai.care.policy.calendar_rows import usual_terms
from guanai.care.policy.policy import Policy, fit_to_forms, policy_from_sheets
from guanai.server.sample.days import SampleDays
from guanai.server.sample.pairings import make_pairings
from guanai.server.sample.people import add_people, size_of
from guanai.server.sample.records import fill_part, make_records
from guanai.server.sample.sample_school import Record, SampleSchool
from guanai.server.sample.seeded_random import SeededRandom, words
from guanai.storage import create_school
from guanai.storage.files.school_folder import SchoolFolder
from guanai.storage.school.policy_in_use import preset_sheets
from guanai.storage.school.workbooks import Sheets, write_workbook

__all__ = ["make_sample", "sample_policy", "sample_records"]

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
    school = SampleSchool(SampleDays.of(policy.calendar, on), seed)
    add_people(school, size_of(size))
    school.records["pairing"] = make_pairings(school)
    make_records(school)
    _agree_follow_ups(school)
    _miss_talks(school)
    for records in school.records.values():
        records.sort(key=lambda record: (record.get("date") or record["start"], record["id"]))
    return {
        "staff": school.staff,
        "class": list(school.classes.values()),
        "child": [_with_eligibility(child, on, policy.criterion) for child in school.children],
        **school.records,
    }


def _agree_follow_ups(school: SampleSchool) -> None:
    """Let most promised follow-ups be kept, some be late, some stand over: of old visits few, in the smallest sample two.

    The two newest visits have one to come. Of a child's visits the next one is the follow-up.
    """
    random = SeededRandom(school.seed, "follow-ups")
    visits = sorted(school.records["home_visit"], key=lambda visit: (visit["date"], visit["id"]))
    next_visits: dict[str, str] = {}
    for visit in reversed(visits):
        following = next_visits.get(visit["child"])
        next_visits[visit["child"]] = visit["date"]
        if "follow_up" not in visit:
            continue
        if following and following > visit["date"] and random.happens(0.8):
            visit["follow_up"] = (
                date.fromisoformat(following) + timedelta(days=random.randint(0, 5))
            ).isoformat()
        elif not following and visit["follow_up"] <= school.days.on.isoformat() and random.happens(0.75):
            del visit["follow_up"], visit["follow_up_what"]  # settled on the spot
    latest = sorted({visit["child"]: visit for visit in visits}.values(), key=lambda visit: visit["date"])
    ahead = [(visit, school.days.on + timedelta(days=9)) for visit in latest[-2:]]
    past = [(visit, date.fromisoformat(visit["date"]) + timedelta(days=10)) for visit in latest[:2]]
    for visit, day in ahead + past:
        if "problems" not in visit:
            visit |= fill_part(school, "problem", random, day)
        visit |= fill_part(school, "follow_up", random, day)


def _miss_talks(school: SampleSchool) -> None:
    """Let two children not have been talked with for four weeks: what is missed three times in a row rises."""
    helped = [
        pair["child"] for pair in school.records["pairing"] if pair["role"] == "helper" and "end" not in pair
    ]
    missed = SeededRandom(school.seed, "missed talks").sample(sorted(set(helped)), 2)
    first = (school.days.last - timedelta(weeks=4)).isoformat()
    talks = school.records["talk"]
    talks[:] = [talk for talk in talks if talk["child"] not in missed or talk["date"] < first]


def sample_policy(on: date) -> Policy:
    """Return the rules of a sample school made on a day."""
    return policy_from_sheets(_sheets(on), SAMPLE_POLICY)


def _sheets(on: date) -> Sheets:
    """Return the workbook of a sample school: a preset, with the terms of the school year before as well."""
    sheets = preset_sheets(SAMPLE_POLICY, on, words()["school"][0])
    return sheets | {"校历": usual_terms(school_year(on) - 1) + sheets["校历"]}


def _with_eligibility(child: Record, on: date, criterion: Criterion) -> Record:
    """Return a child with what its form works out: whether it is left-behind, and why."""
    answer = eligibility(
        child.get("father_status"),
        child.get("mother_status"),
        date.fromisoformat(child["birth_date"]),
        on,
        criterion,
    )
    return child | {"eligible": answer.answer, "eligible_reason": answer.reason}


def _stamped(record: Record, names: Mapping[str, str], first: date) -> Record:
    """Return a record as if its teacher had entered it after school on its own day; without one, on the ``first``."""
    author = record.get("by") or record.get("helper") or next(iter(record.get("visitors", [])), "")
    own_days = (record[name] for name in ("date", "start", "registered_on") if name in record)
    day = next(own_days, first.isoformat())
    moment = datetime.combine(date.fromisoformat(day), time(17, 30), CHINA).astimezone(UTC)
    stamp = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    who = names.get(author, names[""])
    return record | {"created_at": stamp, "created_by": who, "updated_at": stamp, "updated_by": who}


def make_sample(folder: Path, size: str, on: date, seed: int = 7) -> dict[str, int]:
    """Make a sample school in a folder that has none; return how many records each form has.

    The folder appears whole or not at all. Raises GuanaiError when there is a school already.
    """
    if SchoolFolder(folder).is_school:
        raise GuanaiError("school.exists", path=folder)
    making = folder.with_name(f".{folder.name}.making")
    shutil.rmtree(making, ignore_errors=True)
    records = sample_records(size, on, seed)
    names = {person["id"]: person["name"] for person in records["staff"]}
    first = SampleDays.of(sample_policy(on).calendar, on).first  # the first day that the records tell about
    names[""] = next(person["name"] for person in records["staff"] if person["role"] == "coordinator")
    school = create_school(making, policy=SAMPLE_POLICY, on=on)
    try:
        columns = {form: school.form(form).columns for form in school.forms()}
        write_workbook(school.folder.workbook, fit_to_forms(_sheets(on), columns))
        counts = {
            form: school.insert_many(form, [_stamped(record, names, first) for record in some])
            for form, some in records.items()
        }
    finally:
        school.close()
    folder.parent.mkdir(parents=True, exist_ok=True)
    if folder.exists():
        folder.rmdir()
    making.rename(folder)
    return counts
