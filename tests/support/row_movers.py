"""A small school in which a row of a preset is moved by one record: what should change its line, and what should not.

`read_table` reads a preset's table (`tests/care/policy/row_moves/`, whose README says how a table is written) and
`lines_of` gives need and have of a single duty in the school. The tables are written from the documents, so that a row
that asks for something else fails.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from guanai.care.duties.due import due
from guanai.care.frames import AUTHOR_FIELDS
from guanai.care.policy.duty import Duty
from guanai.care.policy.policy import Policy, policy_from_sheets, sheets_from_markdown
from guanai.storage.form_files.form_catalogue import shipped_forms
from guanai.storage.forms import load_form
from guanai.storage.school.policy_in_use import SHARED_ROWS, preset_sheets
from guanai.templates import template
from guanai.templates.wording import markdown_rows

TABLES = Path(__file__).parents[1] / "care/policy/row_moves"
ON = date(2027, 1, 15)  # the day before the term's last one: each of its weeks, months and phases has begun
DAY = "2026-11-18"  # of a record that names no other: a Wednesday in the middle of the term

# Everybody is called what they are. `helper` carries the child `an` alone; `homeroom` leads its class.
STAFF = {
    "headmaster": "headmaster", "deputy": "deputy", "coordinator": "coordinator", "counsellor": "counsellor",
    "homeroom": "homeroom", "homeroom2": "homeroom", "helper": "subject", "subject": "subject", "other": "subject",
    "life": "life", "logistics": "logistics",
}  # fmt: skip
CHILD = {
    "status": "enrolled", "registered_on": "2025-09-01", "father_status": "away", "mother_status": "away",
    "birth_date": "2017-03-04", "sex": "female", "eligible": "yes", "boarding": "no",
}  # fmt: skip
SCHOOL: dict[str, list[dict[str, Any]]] = {
    "staff": [
        {"id": person, "name": person, "role": role, "active": "yes"} for person, role in STAFF.items()
    ],
    "class": [
        {"id": "one", "name": "one", "grade": 3, "level": "primary", "homeroom": "homeroom", "pupils": 30},
        {"id": "two", "name": "two", "grade": 4, "level": "primary", "homeroom": "homeroom2", "pupils": 30},
    ],
    "child": [
        {"id": "an", "name": "an", "class": "one"} | CHILD,
        {"id": "bo", "name": "bo", "class": "one"} | CHILD,
        {"id": "cy", "name": "cy", "class": "two"} | CHILD,
    ],
    "pairing": [{"id": "p", "child": "an", "role": "helper", "helper": "helper", "start": "2026-09-01"}],
}
PEOPLE = frozenset(SCHOOL)  # a step with the id of a record of theirs that is there changes that record
MARK = "#"
CHANGED = frozenset({"+", "child", "class", "staff"})  # of which a step changes a record, and adds none
Registers = dict[str, list[dict[str, Any]]]
Lines = dict[tuple[str, ...], tuple[int, int]]  # (subject, role, since, period): need and have


class Step(NamedTuple):
    """A record that is added (or, with ``register`` "+", answers added to the one before), or the day asked ("on")."""

    register: str
    answers: tuple[tuple[str, Any], ...]


class Scenario(NamedTuple):
    """Steps, and the last one: only what that changes is looked at. Several that change nothing may be last together."""

    before: tuple[Step, ...]
    last: tuple[Step, ...]


class Case(NamedTuple):
    """A row of a table: the duty, where the document says so, whose line, how many, and what moves it or does not."""

    preset: str
    duty: str
    line: str
    subject: str
    need: str
    moves: tuple[Scenario, ...]
    still: tuple[Scenario, ...]


@cache
def read_table(preset: str) -> tuple[Case, ...]:
    """Return the cases of a preset's table."""
    text = (TABLES / f"{preset}.md").read_text(encoding="utf-8")
    _, *rows = markdown_rows(text)
    return tuple(
        Case(preset, duty, line, subject, need, scenarios(moves), together(scenarios(still)))
        for duty, line, subject, need, moves, still in rows
    )


def tables() -> list[str]:
    """Return the presets that have a table."""
    return sorted(path.stem for path in TABLES.glob("*.md") if path.stem != "README")


@cache
def policy_of(preset: str) -> Policy:
    """Return the policy of a preset in a school with the forms that ship; of `SHARED_ROWS` that of any."""
    columns = {name: load_form(path, name).columns for name, path in shipped_forms().items()}
    sheets = preset_sheets("000-9" if preset in SHARED_ROWS else preset, ON)
    return policy_from_sheets(sheets, f"{preset}.md", columns)


@cache
def rows_of(preset: str) -> dict[str, Duty]:
    """Return the duties that the rows of a preset (or of a file of `SHARED_ROWS`) are, by name."""
    path = template(f"{preset}.md") if preset in SHARED_ROWS else template("policies") / f"{preset}.md"
    own = [row["名称"] for row in sheets_from_markdown(path.read_text(encoding="utf-8"))["职责"]]
    duties = {duty.name: replace(duty, in_force=True) for duty in policy_of(preset).duties}
    return {name: duties[name] for name in own}


# Tables


def scenarios(cell: str) -> tuple[Scenario, ...]:
    """Return the scenarios of a cell, alternatives (``mode=door|school``, ``mode=!phone``) written out."""
    every: list[Scenario] = []
    for scenario in filter(None, (part.strip() for part in cell.split(";"))):
        choices: list[list[Step]] = []
        register = ""
        for text in scenario.split(">"):
            name, *pairs = text.split()
            register = name if name != "+" else register
            choices.append([Step(name, answers) for answers in _answers(register, pairs)])
        every += [Scenario(steps[:-1], steps[-1:]) for steps in product(*choices)]
    return tuple(every)


def together(some: Iterable[Scenario]) -> tuple[Scenario, ...]:
    """Return scenarios with those as one that add a record to the same school: none of them changes anything."""
    added: dict[tuple[Step, ...], list[Step]] = {}
    changed = []
    for scenario in some:
        if scenario.last[0].register in CHANGED:
            changed.append(scenario)
        else:
            added.setdefault(scenario.before, []).extend(scenario.last)
    return (*(Scenario(before, tuple(steps)) for before, steps in added.items()), *changed)


def _answers(register: str, pairs: Iterable[str]) -> Iterator[tuple[tuple[str, Any], ...]]:
    if register == "on":
        yield tuple(("on", pair) for pair in pairs)
        return
    options: list[list[tuple[str, Any]]] = []
    for pair in pairs:
        field, sign, written = pair.partition("=")
        if not sign:
            raise ValueError(f"{register}: {pair}")
        options.append([(field, value) for value in _values(register, field, written)])
    yield from product(*options)


def _values(register: str, field: str, written: str) -> list[Any]:
    kind, choices = questions(register).get(field.partition(".")[0], (None, frozenset()))
    if kind is None and field != "id" and register not in ("change",):
        raise ValueError(f"{register} has no question {field}")
    excluded = written.startswith("!")
    values = written.removeprefix("!").split("|")
    for value in (part for option in values for part in option.split("+")):
        if choices and value and value not in choices:
            raise ValueError(f"{register}.{field} has no choice {value}")
    if excluded:
        values = sorted(choices - set(values))
    return [tuple(value.split("+")) if kind == "select_multiple" and value else value for value in values]


@cache
def questions(register: str) -> dict[str, tuple[str, frozenset[str]]]:
    """Return the questions of a form: what kind of answer, and the choices ("" for those of a register)."""
    if register not in shipped_forms():
        return {}
    text = shipped_forms()[register].read_text(encoding="utf-8")
    sheets = {
        table[0][0]: table for table in map(markdown_rows, re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE))
    }
    lists: dict[str, set[str]] = {}
    for row in sheets.get("choices", [])[1:]:
        lists.setdefault(row[1], set()).add(row[2])
    by_name: dict[str, tuple[str, frozenset[str]]] = {}
    for row in sheets["survey"][1:]:
        kind, _, of = row[1].partition(" ")
        kind = kind.removesuffix("_from_file")
        by_name.setdefault(row[2], (kind, frozenset(lists.get(of, ()))))
    return by_name


# The school


def lines_of(preset: str, duty: Duty, some: Sequence[tuple[Step, ...]]) -> list[Lines]:
    """Return need and have of each line of one duty after the steps of each of some scenarios.

    The scenarios are worked out at once, each in a school of its own beside the others: its records and people have
    their number behind their id. A duty of the school as a whole is worked out once for each.
    """
    together = [*range(len(some))]
    parts = (
        [[number] for number in together] if duty.subject == "school" or duty.kind == "share" else [together]
    )
    lines: list[Lines] = [{} for _ in some]
    for part in parts:
        days = {number: school_after(some[number]) for number in part}
        for on in sorted({day for _, day in days.values()}):
            _add_lines(
                preset,
                duty,
                {number: registers for number, (registers, day) in days.items() if day == on},
                on,
                lines,
            )
    return lines


def _add_lines(
    preset: str, duty: Duty, schools: dict[int, Registers], on: date, of_each: list[Lines]
) -> None:
    registers: Registers = {}
    for number, school in schools.items():
        for name, records in school.items():
            registers.setdefault(name, []).extend(_numbered(name, record, number) for record in records)
    frames = {name: pd.DataFrame(records) for name, records in registers.items()}
    policy = replace(policy_of(preset), duties=(duty,))
    lines = due(policy, frames, on, done=True, now=datetime.combine(on, time(18)))
    columns = ["subject_id", "role", "since", "period", "need", "have"]
    for whose, role, since, period, need, have in lines[columns].itertuples(index=False):
        subject, _, number = whose.partition(MARK)
        place = int(number) if number else next(iter(schools))
        of_each[place][(subject, role, str(since)[:10], period)] = (int(need), int(have))


def _numbered(register: str, record: dict[str, Any], number: int) -> dict[str, Any]:
    """Return a record with the number of its school behind each id that it has or names."""
    fields = questions(register)
    numbered = {}
    for field, value in record.items():
        kind, choices = fields.get(field, ("", frozenset()))
        names = field in ("id", "child") or (kind.startswith("select") and not choices)
        names = names or (field == "name" and register in CHANGED)
        if names and isinstance(value, list):
            value = [f"{part}{MARK}{number}" for part in value]
        elif names and value:
            value = f"{value}{MARK}{number}"
        numbered[field] = value
    return numbered


def school_after(scenario: Iterable[Step]) -> tuple[Registers, date]:
    """Return the registers of the school with the records of a scenario, and the day asked."""
    registers = {name: [dict(record) for record in records] for name, records in SCHOOL.items()}
    on, last = ON, {}
    for step in scenario:
        if step.register == "on":
            on = date.fromisoformat(step.answers[0][1])
            continue
        if step.register != "+":
            last = _record(registers, step)
        for field, value in step.answers:
            _answer(last, field, value)
    return registers, on


def _record(registers: Registers, step: Step) -> dict[str, Any]:
    records, answers = registers.setdefault(step.register, []), dict(step.answers)
    named = answers.get("id", "an" if step.register == "child" else "")
    if step.register in PEOPLE and (there := [person for person in records if person["id"] == named]):
        return there[0]
    fields = questions(step.register)
    record: dict[str, Any] = {"id": named or f"{step.register}-{len(records)}"}
    if "date" in fields or step.register == "change":
        record["date"] = DAY
    if "child" in fields or step.register == "change":
        record["child"] = "an"
    if "class" in fields and "child" not in fields:
        record["class"] = ["one"] if fields["class"][0] == "select_multiple" else "one"
    if step.register == "pairing":
        record |= {"role": "helper", "start": "2026-09-01"}
    author = AUTHOR_FIELDS.get(step.register, "by")
    if author in fields:  # somebody who has nothing to do with the child
        record[author] = ["other"] if fields[author][0] == "select_multiple" else "other"
    records.append(record)
    return record


def _answer(record: dict[str, Any], field: str, value: Any) -> None:
    repeat, _, inner = field.partition(".")
    if inner:
        rows = record.setdefault(repeat, [{}])
        rows[0][inner] = value
    elif value == "":
        record[field] = None
    elif field in ("books", "hours", "grade", "minutes", "files", "number") and str(value).isdecimal():
        record[field] = int(value)
    else:
        record[field] = list(value) if isinstance(value, tuple) else value
