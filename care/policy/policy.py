"""A school's own rules, read from the sheets of its workbook: 学校, 校历, 职责, 类别, 用语.

Nearly every rule of the field differs from school to school (requirements 2A), so a rule is a row and
not code. `policy_from_sheets` reads the rows and refuses each mistake with its sheet, row, column and
what to do; the presets in ``templates/policies/`` are the same sheets in Markdown.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any, NamedTuple, TypeVar

from guanai.care.calendar.school_calendar import Calendar
from guanai.care.children.eligibility import AGE_LIMITS, DEFINITIONS, Criterion
from guanai.care.errors import PolicyError
from guanai.care.policy.calendar_rows import check_unique, read_calendar
from guanai.care.policy.conditions import lookup_name
from guanai.care.policy.duty import KINDS, Duty, Limit
from guanai.care.policy.duty_rows import KnownForms, read_duty
from guanai.care.policy.workbook_rows import (
    ROW,
    Row,
    Sheets,
    has_sheet,
    headings,
    rows_of,
    sheets_from_markdown,
)
from guanai.templates.wording import say

__all__ = [
    "KINDS",
    "ROW",
    "Category",
    "Duty",
    "Policy",
    "fit_to_forms",
    "headings",
    "policy_from_sheets",
    "sheets_from_markdown",
]

# The mistakes of a row that a school without the form, the question or the rule of its own makes.
MISSING_FORM_ERRORS = frozenset({"policy.record", "policy.record_fields", "policy.field", "policy.kind"})
T = TypeVar("T")
FACE_TO_FACE = ("door", "school")  # 004 does not say where; 7.14: by telephone is not face to face
DEFAULT_LIMIT = Limit(14)  # no document says when an event without a limit is late
NO_CONTACT_WEEKS = 4
MOST_WEEKS, MOST_YEARS = 99, 99


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
    #: The rules of the school's own (``rules/*.py``) by the name that a row of 职责 has in 种类: from a duty and the facts of
    #: a day to the frame of its lines.
    own_kinds: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    #: The rows of the sheet 权限 (`guanai.care.rights.rights_rows`), None where the workbook has none.
    rights: tuple[Row, ...] | None = None

    @property
    def default_limit(self) -> Limit:
        """The limit of rows of the kinds 事件 and 办结 that have none (默认时限)."""
        written = self.profile.get("default_limit", "").split()
        return Limit(int(written[0]), written[1]) if written else DEFAULT_LIMIT

    def limit_of(self, duty: Duty) -> Limit | None:
        """Return the limit of a row, that of the school for an event or a state without one."""
        return duty.limit or (self.default_limit if duty.kind in ("event", "state") else None)

    def by_the_minute(self, duty: Duty) -> bool:
        """Say whether minutes count for a row."""
        limit = self.limit_of(duty)
        return limit is not None and limit.momentary

    @property
    def no_contact_weeks(self) -> int:
        """After how many weeks of school without any contact a child is to be looked after first (多久没有联系)."""
        return int(self.profile.get("no_contact_weeks", NO_CONTACT_WEEKS))

    @property
    def age_limit(self) -> int | None:
        """From which age on a child is no longer in care (年龄上限), None for no limit; without a row that of the definition."""
        written = self.profile.get("age_limit", "")
        if not written:
            return AGE_LIMITS.get(self.definition)
        return int(written) if written.isdecimal() else None

    @property
    def definition(self) -> str:
        """The definition of left-behind: ``both`` parents away, ``one`` or both, or ``13`` (国发〔2016〕13号)."""
        return self.profile.get("definition", "13")

    @property
    def criterion(self) -> Criterion:
        """Who is in care: the definition, the age limit, and the last days of the terms."""
        last_days = frozenset(term.end for term in self.calendar.terms)
        return Criterion(self.definition, self.age_limit, last_days)

    @property
    def began(self) -> date | None:
        """The day on which the school began to work with its rows (启用日期): nothing is due from before it."""
        return date.fromisoformat(self.profile["began"]) if "began" in self.profile else None

    @property
    def face_to_face(self) -> tuple[str, ...]:
        """The modes of a visit that are face to face here."""
        return tuple(self.profile.get("face_to_face", " ".join(FACE_TO_FACE)).split())

    def of_kind(self, kind: str) -> tuple[Duty, ...]:
        """Return the duties of a kind, in the order of the sheet."""
        return tuple(duty for duty in self.duties if duty.kind == kind and duty.in_force)

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
    sheets: Sheets,
    file: str,
    columns: Mapping[str, Collection[str]] | None = None,
    own_kinds: Mapping[str, Callable[..., Any]] | None = None,
) -> Policy:
    """Return the policy that a workbook's sheets describe.

    ``sheets`` gives the rows of each sheet by its title, a row being its cells by heading with its number
    under `ROW`; ``columns`` the questions of each form, so that a duty on the school's own register
    can be distinguished from a mistake (without it: every register that the catalogue has a word for, fields unchecked);
    ``own_kinds`` are the rules of the school's own by name. Raises PolicyError with file, sheet, row, column and what to
    do; the mistakes of other rows are its ``others``.
    """
    rows, mistakes = rows_of(sheets, file), Mistakes()
    profile = mistakes.read(partial(_read_profile, rows["school"])) or {}
    modes = tuple(profile.get("face_to_face", " ".join(FACE_TO_FACE)).split())
    forms = KnownForms(modes, columns, tuple(own_kinds or ()))
    country = profile.get("public_holidays", "china")
    mistakes.read(partial(check_unique, rows["duties"], "name"))
    policy = Policy(
        name=profile.get("policy", ""),
        profile=profile,
        calendar=mistakes.read(partial(read_calendar, rows["calendar"], country)) or Calendar(),
        duties=mistakes.read_all(rows["duties"], partial(read_duty, forms=forms)),
        categories=mistakes.read_all(rows["categories"], _read_category),
        wording=dict(mistakes.read_all(rows["wording"], _read_word)),
        own_kinds=own_kinds or {},
        rights=tuple(rows["rights"]) if has_sheet(sheets, "rights") else None,
    )
    mistakes.raise_first()
    return policy


class Mistakes(list[PolicyError]):
    """What is wrong in the rows of a workbook, in their order: a coordinator is told all of it at once."""

    def read(self, read: Callable[[], T]) -> T | None:
        """Return what some rows say, None where they have a mistake."""
        try:
            return read()
        except PolicyError as error:
            self.append(error)
            return None

    def read_all(self, rows: Iterable[Row], read: Callable[[Row], T]) -> tuple[T, ...]:
        """Return what each row says, those with a mistake left out."""
        values = (self.read(partial(read, row)) for row in rows)
        return tuple(value for value in values if value is not None)

    def raise_first(self) -> None:
        """Raise the first mistake with the others, if there is any."""
        if self:
            self[0].others = tuple(self[1:])
            raise self[0]


def fit_to_forms(
    sheets: Sheets, columns: Mapping[str, Collection[str]], own_kinds: Collection[str] = ()
) -> dict[str, list[dict[str, Any]]]:
    """Return the sheets of a preset for a school with certain forms.

    A duty on a form or a question that the school does not have is switched off (启用: 否), with the reason as its
    remark: a preset names every register of its document, and a school adds them one by one.
    """
    fitted = {title: [dict(row) for row in rows] for title, rows in sheets.items()}
    forms = KnownForms(FACE_TO_FACE, columns, tuple(own_kinds))
    for title, rows in fitted.items():
        if lookup_name("sheet", title) != "duties":
            continue
        for cells in rows:
            for row in rows_of({"school": [], title: [cells]}, title)["duties"]:
                try:
                    read_duty(row, forms)
                except PolicyError as error:
                    if error.key not in MISSING_FORM_ERRORS:
                        raise
                    named = {lookup_name("heading", heading): heading for heading in cells}
                    cells[named.get("in_force") or say("heading.in_force", "zh")] = say("yes_no.no", "zh")
                    cells[named.get("remark") or say("heading.remark", "zh")] = say(
                        "policy.waits", "zh", value=error.values.get("record") or error.values["value"]
                    )
    return fitted


def _read_profile(rows: list[Row]) -> dict[str, str]:
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
        elif item == "public_holidays":
            profile[item] = row.choice("value", "public_holidays")
        elif item == "began":
            profile[item] = row.day("value").isoformat()
        elif item == "default_limit":
            profile[item] = _read_default_limit(row)
        elif item == "no_contact_weeks":
            profile[item] = str(row.whole_number("value", NO_CONTACT_WEEKS, least=1, most=MOST_WEEKS))
        elif item == "age_limit":
            profile[item] = _read_age_limit(row)
        elif item == "face_to_face":
            modes = [(lookup_name("choice.mode", part), part) for part in row.several("value")]
            for mode, part in modes:
                if mode is None:
                    raise row.error("policy.condition", "value", value=part)
            profile[item] = " ".join(str(mode) for mode, _ in modes)
        else:
            profile[item] = row.text("value")
    return profile


def _read_default_limit(row: Row) -> str:
    """Return a limit as a number and its unit; one at once, of no days or until a day of the year is none for an event."""
    limit = row.limit("value")
    if limit is None or limit.unit == "date" or limit.number < 1:
        raise row.error("policy.default_limit", "value", value=row.text("value"))
    return f"{limit.number} {limit.unit}"


def _read_age_limit(row: Row) -> str:
    """Return an age in years, or ``none``; 16岁 is read as 16."""
    if lookup_name("age_limit", row.text("value")) == "none":
        return "none"
    bare = re.sub(r"\s*(?:周?岁|years?)$", "", row.text("value"))
    if not bare.isdecimal() or not 1 <= int(bare) <= MOST_YEARS:
        raise row.error("policy.age_limit", "value", value=row.text("value"))
    return str(int(bare))


def _read_word(row: Row) -> tuple[str, str]:
    return row.choice("item", "word"), row.required("value")


def _read_category(row: Row) -> Category:
    kind = lookup_name("question", row.required("kind")) or row.required("kind")
    name = lookup_name(f"choice.{kind}", row.required("name")) or row.required("name")
    return Category(kind, name, row.required("label"))
