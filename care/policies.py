"""A school's own rules, read from the sheets of its workbook: 学校, 校历, 职责, 类别, 用语.

Nearly every rule of the field differs from school to school (requirements 2A), so a rule is a row and
not code. `policy_from_sheets` reads the rows and refuses each mistake with its sheet, row, column and
what to do; the presets in ``templates/policies/`` are the same sheets in Markdown.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from guanai.care.calendars import Calendar, Holiday, Term, days
from guanai.care.conditions import Clause, spell
from guanai.care.eligibility import DEFINITIONS
from guanai.care.frames import COLUMNS, PEOPLE
from guanai.care.sheets import ROW, Row, Sheets, headings, rows_of, sheets_from_markdown
from guanai.templates.wording import say

__all__ = [
    "KINDS",
    "ROW",
    "Category",
    "Duty",
    "Policy",
    "headings",
    "policy_from_sheets",
    "sheets_from_markdown",
]

KINDS = ("count", "helper", "complete", "share", "quota")
FACE_TO_FACE = ("door", "school")  # 004 does not say where; 7.14: by telephone is not face to face
UNCOUNTED = frozenset({"child", "class", "pairing", "staff"})  # registers of people, not of what was done


@dataclass(frozen=True)
class Duty:
    """One rule of the school.

    ``count``: so many records per child and period. ``helper``: so many helpers for every child.
    ``complete``: fields of the dossier that may not be empty. ``share``: a target for a figure of the
    summary. ``quota``: children per helper. ``by`` is whose records count (helper, homeroom, or ""
    for anybody's); ``content`` the fields of ``complete`` or the figure of ``share``.
    """

    name: str
    kind: str = "count"
    subject: str = "child"
    subject_condition: tuple[Clause, ...] = ()
    records: tuple[str, ...] = ()
    condition: tuple[Clause, ...] = ()
    by: str = ""
    content: tuple[str, ...] = ()
    at_least: int = 1
    at_most: int | None = None
    target: float | None = None
    per: str = "term"
    who: str = ""
    grace_days: int = 0
    source: str = ""

    @property
    def record(self) -> str:
        """The form to fill in for this duty, "" if there is none."""
        return self.records[0] if self.records else ""


class Category(NamedTuple):
    """A value of a list of categories (such as ``problems``) and the school's word for it."""

    kind: str
    name: str
    label: str


@dataclass(frozen=True)
class Policy:
    """Everything that a school has decided for itself."""

    name: str = ""
    profile: Mapping[str, str] = field(default_factory=dict)
    calendar: Calendar = field(default_factory=Calendar)
    duties: tuple[Duty, ...] = ()
    categories: tuple[Category, ...] = ()
    wording: Mapping[str, str] = field(default_factory=dict)

    @property
    def definition(self) -> str:
        """Who is left-behind: ``both`` parents away, ``one`` or both, or ``13`` (国发〔2016〕13号)."""
        return self.profile.get("definition", "13")

    @property
    def face_to_face(self) -> tuple[str, ...]:
        """The modes of a visit that are face to face here."""
        return tuple(self.profile.get("face_to_face", " ".join(FACE_TO_FACE)).split())

    def of_kind(self, kind: str) -> tuple[Duty, ...]:
        """Return the duties of a kind, in the order of the sheet."""
        return tuple(duty for duty in self.duties if duty.kind == kind)

    def target(self, figure: str) -> Duty | None:
        """Return the row that sets the target of a figure, None if the school has set none."""
        return next((duty for duty in self.of_kind("share") if figure in duty.content), None)

    def word(self, name: str) -> str:
        """Return the school's own word for helper, guardian …, the usual one if it has none."""
        return self.wording.get(name) or say(f"word.{name}")

    def label(self, kind: str, value: str) -> str:
        """Return the school's word for a category, that of the catalogue, or the bare value."""
        own = {(category.kind, category.name): category.label for category in self.categories}
        if (kind, value) in own:
            return own[kind, value]
        try:
            return say(f"choice.{kind}.{value}")
        except KeyError:
            return value


def policy_from_sheets(
    sheets: Sheets, file: str, columns: Mapping[str, Collection[str]] | None = None
) -> Policy:
    """Return the policy that a workbook's sheets describe.

    ``sheets`` gives the rows of each sheet by its title, a row being its cells by heading with its number
    under `ROW`; ``columns`` the questions of each form, so that a duty on the school's own register
    can be told from a mistake (without it: the registers in `guanai.care.frames.COLUMNS`, fields unchecked).
    Raises PolicyError with file, sheet, row, column and what to do.
    """
    rows = rows_of(sheets, file)
    profile = _profile(rows["school"])
    modes = tuple(profile.get("face_to_face", " ".join(FACE_TO_FACE)).split())
    _unlike(rows["duties"], "name")
    return Policy(
        name=profile.get("policy", ""),
        profile=profile,
        calendar=_calendar(rows["calendar"]),
        duties=tuple(_duty(row, modes, columns) for row in rows["duties"]),
        categories=tuple(_category(row) for row in rows["categories"]),
        wording={row.choice("item", "word"): row.needed("value") for row in rows["wording"]},
    )


def _profile(rows: list[Row]) -> dict[str, str]:
    profile: dict[str, str] = {}
    for row in rows:
        item = row.choice("item", "profile")
        if item in profile:
            raise row.error("policy.twice", "item", value=row.text("item"))
        if not row.text("value"):
            continue
        if item == "definition":
            profile[item] = row.choice("value", "definition")
            assert profile[item] in DEFINITIONS  # noqa: S101 - the catalogue and the rules name the same
        elif item == "language":
            profile[item] = row.choice("value", "language.choice")
        elif item == "face_to_face":
            modes = [(spell("choice.mode", part), part) for part in row.several("value")]
            for mode, part in modes:
                if mode is None:
                    raise row.error("policy.condition", "value", value=part)
            profile[item] = " ".join(str(mode) for mode, _ in modes)
        else:
            profile[item] = row.text("value")
    return profile


def _calendar(rows: list[Row]) -> Calendar:
    terms: list[tuple[Term, Row]] = []
    holidays, make_up_days = [], set[date]()
    for row in rows:
        kind, name, start = row.choice("kind", "calendar.kind"), row.needed("name"), row.day("start")
        end = row.day("end")
        if end < start:
            raise row.error("policy.end_before_start", "end", start=start, end=end)
        if kind == "term":
            terms.append((Term(name, start, end), row))
        elif kind == "holiday":
            holidays.append(Holiday(name, start, end))
        else:
            make_up_days.update(days(start, end))
    _unlike([row for _, row in terms], "name")
    terms.sort(key=lambda pair: pair[0].start)
    for (before, _), (after, row) in pairwise(terms):
        if after.start <= before.end:
            raise row.error("policy.overlap", "start", name=after.name, other=before.name, end=before.end)
    return Calendar(
        tuple(term for term, _ in terms),
        tuple(sorted(holidays, key=lambda holiday: holiday.start)),
        frozenset(make_up_days),
    )


def _duty(row: Row, modes: tuple[str, ...], columns: Mapping[str, Collection[str]] | None) -> Duty:
    kind = row.choice("kind", "duty.kind")
    clauses = row.condition("record_condition")
    people = [clause for clause in clauses if clause.field == "by"]
    duty = Duty(
        name=row.needed("name"),
        kind=kind,
        subject=row.choice("subject", "duty.subject", "child"),
        subject_condition=row.condition("subject_condition"),
        records=tuple(_record(row, written, columns) for written in row.several("record")),
        condition=tuple(_expanded(clause, modes) for clause in clauses if clause.field != "by"),
        by=people[0].values[0] if people else "",
        at_least=row.whole("at_least", 1) or 0,
        at_most=row.whole("at_most", None, least=1),
        target=row.share("target"),
        per=row.choice("per", "duty.per", "term"),
        who=row.choice("who", "duty.who", ""),
        grace_days=row.whole("grace_days", 0) or 0,
        source=row.text("source"),
    )
    if people and (len(people) > 1 or people[0].negated or len(people[0].values) != 1):
        raise row.error("policy.by", "record_condition")
    if kind == "share":
        row.needed("target")
        return replace(duty, content=(row.choice("content", "duty.figure"),))
    duty = replace(duty, content=tuple(_content(part) for part in row.several("content")))
    _check_duty(row, duty)
    _check_fields(row, duty, columns or {})
    return duty


def _check_duty(row: Row, duty: Duty) -> None:
    """Refuse a row whose cells do not go together."""
    if duty.subject != "child" and duty.kind in ("count", "helper", "complete"):
        raise row.error("policy.subject", "subject", value=row.text("subject"))
    if duty.at_most is not None and duty.at_most < duty.at_least:
        raise row.error("policy.at_most", "at_most", least=duty.at_least, most=duty.at_most)
    if duty.kind == "count":
        row.needed("record")
    if duty.kind == "complete":
        row.needed("content")


def _check_fields(row: Row, duty: Duty, columns: Mapping[str, Collection[str]]) -> None:
    """Refuse a field that its form does not have, as far as the forms are known."""
    named = [("subject_condition", "child", clause.field) for clause in duty.subject_condition]
    named += [
        ("record_condition", record, clause.field) for clause in duty.condition for record in duty.records
    ]
    named += [("record_condition", record, PEOPLE.get(record, "by")) for record in duty.records if duty.by]
    named += [("content", "child", part.partition(".")[0]) for one in duty.content for part in one.split("/")]
    for heading, record, name in named:
        if record in columns and name not in columns[record]:
            raise row.error("policy.field", heading, value=name, record=_record_label(record))


def _record(row: Row, written: str, columns: Mapping[str, Collection[str]] | None) -> str:
    known = [name for name in (columns or COLUMNS) if name not in UNCOUNTED]
    name = spell("record", written) or written
    if name not in known:
        choices = say("policy.comma").join(_record_label(name) for name in known)
        raise row.error("policy.record", "record", value=written, choices=choices)
    if columns and not {"child", "date"} <= set(columns[name]):
        raise row.error("policy.record_fields", "record", value=written)
    return name


def _record_label(name: str) -> str:
    try:
        return say(f"record.{name}")
    except KeyError:
        return name


def _expanded(clause: Clause, modes: tuple[str, ...]) -> Clause:
    """Put the school's own modes in the place of 面对面."""
    values = [mode for value in clause.values for mode in (modes if value == "face_to_face" else (value,))]
    return clause._replace(values=tuple(dict.fromkeys(values)))


def _content(part: str) -> str:
    """Return the names of fields of which one is enough, with a slash between."""
    return "/".join(spell("question", name) or name.strip() for name in part.split("/"))


def _category(row: Row) -> Category:
    kind = spell("question", row.needed("kind")) or row.needed("kind")
    name = spell(f"choice.{kind}", row.needed("name")) or row.needed("name")
    return Category(kind, name, row.needed("label"))


def _unlike(rows: list[Row], heading: str) -> None:
    """Refuse a name that stands twice."""
    seen: dict[str, int] = {}
    for row in rows:
        name = row.needed(heading)
        if name in seen:
            raise row.error("policy.twice_row", heading, value=name, first=seen[name])
        seen[name] = row.number
