"""Records as the sample's tables say: for each child, class, family or pairing, each week or month, on its day."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from guanai.server.sample.rules import Context, options
from guanai.server.sample.sample_school import IN_CARE, Record, SampleSchool
from guanai.server.sample.seeded_random import SeededRandom
from guanai.server.sample.tables import Row, Table, sample_tables

__all__ = ["fill_part", "make_records"]

EACH = re.compile(
    r"(?:(\d+) (times?|children|child)|(child|class|family|pairing|record of \w+|week|month)(?: x (week|month|visits .+))?)"
)
# Families whose child was in care until this term: they were visited too.
LEFT = frozenset({"returned", "transferred"})


def fill_part(school: SampleSchool, title: str, random: SeededRandom, day: date, **names: Any) -> Record:
    """Return the answers of a table that has no ``(each)``: part of a record that code puts together."""
    return sample_tables()[title].fill(Context(school, random, day, {"today": school.days.on} | names))


def make_records(school: SampleSchool) -> None:
    """Add to a school the records of every table that says for whom they are; each has its id and date."""
    for table in sample_tables().values():
        if "each" in table.settings:
            _records_of(table, school, SeededRandom(school.seed, f"table {table.title}"))


def _records_of(table: Table, school: SampleSchool, random: SeededRandom) -> None:
    each, on_day, share = table.settings["each"], table.settings["day"], table.settings.get("share")
    records = school.records.setdefault(table.form, [])
    chosen: set[str] = set()
    drawn: Record = {}
    for names in _occasions(each, school, random):
        context = Context(school, random, school.days.on, names, drawn)
        if not each.answer(context) or (share and not random.happens(float(share.answer(context)))):
            continue
        answer = on_day.answer(context)
        if not answer or answer > school.days.last.isoformat():
            continue
        context.day = day = date.fromisoformat(answer)
        if "one_child" in names:
            names |= _one_child(school, random, day, chosen)
        for about in _present(names, school, day):
            context.names = about
            records.append({"id": random.identifier(day)} | table.fill(context) | {"date": day.isoformat()})


def _occasions(each: Row, school: SampleSchool, random: SeededRandom) -> Iterator[Record]:
    """Yield for each record whom it is about and in which period: names that the rules may refer to."""
    match = EACH.fullmatch(each.cells["value"])
    if not match:
        raise each.not_understood("value")
    times, counted, subject, period = match.groups()
    if subject in ("week", "month"):
        times, period = "1", subject
    if times:
        about: Record = {"one_child": True} if counted and counted.startswith("child") else {}
        subjects = [about] * int(times)
    else:
        subjects = list(_subjects(subject, school))
    pupils = sum(group["pupils"] for group in school.classes.values())
    everywhere = {"today": school.days.on, "pupils": pupils, "staff_number": len(school.staff)}
    for place, names in enumerate(subjects):
        periods = _periods(period, school, random) if period else [[]]
        for index, days in enumerate(periods):
            number, of = (index, len(periods)) if period else (place, len(subjects))
            last = "yes" if number == of - 1 else ""
            yield everywhere | names | {"period": days, "number": number, "last": last}


def _subjects(subject: str, school: SampleSchool) -> Iterator[Record]:
    if subject == "child":
        yield from ({"child": child} | _of_child(child, school) for child in school.in_care)
    elif subject == "class":
        yield from ({"class": group} for group in school.classes.values())
    elif subject == "family":
        for home in school.families:
            if home.kind in IN_CARE | LEFT:
                yield {"family": home.answers, "kind": home.kind, "visited": home.visited, "home": home}
    elif subject == "pairing":
        children = {child["id"]: child for child in school.children}
        for pairing in school.records["pairing"]:
            if pairing["role"] == "helper" and pairing["kind"] != "many_to_one":
                child = children[pairing["child"]]
                yield {"pairing": pairing, "child": child} | _of_child(child, school)
    else:
        form = subject.removeprefix("record of ")
        yield from ({"record": record} for record in list(school.records[form]))


def _of_child(child: Record, school: SampleSchool) -> Record:
    group = school.classes[child["class"]]
    age = school.days.last.year - int(child["birth_date"][:4])
    return {"class": group, "homeroom": group["homeroom"], "age": age}


def _periods(period: str, school: SampleSchool, random: SeededRandom) -> list[list[date]]:
    """Return the days of each week or month, or of each visit: a term in as many parts as chance gives."""
    if period in ("week", "month"):
        return school.days.weeks if period == "week" else school.days.months
    numbers = options(period.removeprefix("visits "))
    parts = []
    for term in school.days.terms:
        number = int(random.weighted(numbers))
        length = (term.end - term.start).days * 17 // (20 * number)  # the last weeks are for examinations
        starts = [term.start + timedelta(days=length * part) for part in range(number)]
        parts += [[start + timedelta(days=day) for day in range(length)] for start in starts]
    return parts


def _one_child(school: SampleSchool, random: SeededRandom, day: date, chosen: set[str]) -> Record:
    """Return a child who was in the register on the day, another each time."""
    there = school.registered(day)
    child = random.choice([child for child in there if child["id"] not in chosen] or there)
    chosen.add(child["id"])
    return {"child": child} | _of_child(child, school)


def _present(names: Record, school: SampleSchool, day: date) -> list[Record]:
    """Return the names of each record of an occasion: none for a child who was not there, one for each of a family."""
    if home := names.get("home"):
        ago = (school.days.last - day).days
        names |= {"visit": f"{home.house} {day}", "day_kind": school.days.kind(day), "days_ago": ago}
        return [
            names | {"child": child} | _of_child(child, school)
            for child in home.children
            if school.is_registered(child, day)
        ]
    pairing = names.get("pairing")
    if pairing and not pairing["start"] < day.isoformat() < pairing.get("end", "9999-12-31"):
        return []
    child = names.get("child")
    return [names] if not child or school.is_registered(child, day) else []
