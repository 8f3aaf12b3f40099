"""A child on paper: the whole dossier, the contact card (R4), the appointment card of a visit (R15)."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from guanai.storage.forms.session.form_session import FormSession
from guanai.storage.forms.xlsform.definitions import Form
from guanai.storage.forms.xlsform.items import Question
from guanai.storage.forms.xlsform.markdown import to_plain
from guanai.storage.printing.record_sheet import day_in_words, record_parts, signers
from guanai.storage.printing.sheet_layout import Cell, Mark, Part, Sheet
from guanai.storage.records.child_records import day_of, open_records
from guanai.templates.wording import say

if TYPE_CHECKING:
    from guanai.storage.school.school import School

__all__ = ["appointment_card", "contact_card", "dossier_sheet"]

CHILD, VISIT = "child", "home_visit"
_PARENTS = ("father", "mother")
_BESIDE = (CHILD, "date", "start", "end")
_GUARDIANS = 2  # that a contact card has room for


def dossier_sheet(school: "School", child: Mapping[str, Any], language: str | None = None) -> Sheet:
    """Return everything about a child: the dossier, who cares now and before, what is open and due, what was done.

    What was not answered is left out, and so is a part of which there is nothing.
    """
    about = school.about(child["id"])
    forms, records = about["forms"], about["records"]
    made = _Records(forms, language)
    parts = record_parts(forms[CHILD], child, language, answered=True)
    parts += _carers(made, records.get("pairing", []), about["on"].isoformat(), language)
    open_ = open_records(forms, records)
    parts += made.table("print.open", ((name, row) for name, row in open_))
    parts += _due(about["due"], language)
    done = [(name, row) for name, rows in records.items() if name != "pairing" for row in rows]
    parts += made.table("print.done", sorted(done, key=lambda one: day_of(one[1])))
    return Sheet(say("print.dossier", language), tuple(parts), signers("dossier", language), look="dossier")


class _Records:
    """Records in words, line by line: day, register, what was answered."""

    def __init__(self, forms: Mapping[str, Form], language: str | None) -> None:
        self._forms, self._language = forms, language

    def table(self, title: str, found: Iterable[tuple[str, Mapping[str, Any]]]) -> list[Part]:
        """Return a table of records; nothing where there are none."""
        rows = tuple((day_of(row), self._title(name), self.words(name, row)) for name, row in found)
        head = tuple(say(f"print.{key}", self._language) for key in ("on", "register", "content"))
        return [Part(say(title, self._language), head=head, rows=rows, broad=2)] if rows else []

    def _title(self, name: str) -> str:
        return self._forms[name].title(self._language)

    def words(self, name: str, record: Mapping[str, Any]) -> str:
        """Return the answers of a record, a line each, without the child and the day, which stand beside it."""
        lines: list[str] = []
        for part in record_parts(self._forms[name], record, self._language, answered=True):
            lines += [f"{cell.label}：{cell.answer}" for cell in part.cells if cell.key not in _BESIDE]
            lines += ["；".join(filter(None, row)) for row in part.rows]
        return "\n".join(lines)


def _carers(
    made: _Records, pairings: Iterable[Mapping[str, Any]], today: str, language: str | None
) -> list[Part]:
    """Return who carries the child now and who did before."""
    parts = []
    ordered = sorted(pairings, key=day_of, reverse=True)
    for key, over in (("print.carers", False), ("print.carers_before", True)):
        found = [row for row in ordered if (bool(row.get("end")) and str(row["end"]) < today) is over]
        rows = tuple((day_of(row), str(row.get("end") or ""), made.words("pairing", row)) for row in found)
        head = tuple(say(f"print.{name}", language) for name in ("from", "until", "content"))
        parts += [Part(say(key, language), head=head, rows=rows, broad=2)] if rows else []
    return parts


def _due(lines: Any, language: str | None) -> list[Part]:
    """Return what is due for the child, by its duties."""
    rows = tuple(
        (
            str(line["duty"]),
            "" if line["due"] is None or line["due"] != line["due"] else str(line["due"])[:10],
            str(line.get("who") or ""),
        )
        for line in lines.to_dict("records")
        if line.get("status") in ("overdue", "due")
    )
    head = tuple(say(f"print.{key}", language) for key in ("duty", "by_when", "who"))
    return [Part(say("print.due", language), head=head, rows=rows, broad=0)] if rows else []


class _Answers:
    """The answers of a child's dossier as cells, with the form's own labels; empty ones for a blank card."""

    def __init__(self, form: Form, child: Mapping[str, Any] | None, language: str | None) -> None:
        self._session = FormSession(form, child, language=language or "zh", defaults=False)
        self._keys = {item.key for item in form.questions()}
        self._language = language

    def text(self, path: str) -> str:
        """Return an answer in words."""
        if path.rsplit("/", 1)[-1] not in self._keys:
            return ""
        state = self._session.state(path)
        if state.value is None or not state.relevant:
            return ""
        return day_in_words(state.text, self._language) if _is_day(state.text) else state.text

    def cells(self, *keys: str, broad: bool = False) -> list[Cell]:
        """Return the cells of questions under their own labels; of those that the form asks."""
        asked = [key for key in keys if key in self._keys]
        labels = {key: to_plain(self._session.state(key).label) for key in asked}
        return [Cell(labels[key], self.text(key), lines=1, broad=broad) for key in asked]

    def count(self, repeat: str) -> int:
        """Return how many instances a repeat has."""
        try:
            return self._session.count(repeat)
        except (KeyError, TypeError):
            return 0


def _is_day(text: str) -> bool:
    return len(text) == 10 and text[4] == text[7] == "-" and text[:4].isdecimal()


def contact_card(school: "School", child: Mapping[str, Any] | None, language: str | None = None) -> Sheet:
    """Return the contact card of a child, or a blank one, twice on the sheet: for the school and for the family (R4).

    It has what R4 names: the pupil, the parents with their place of work and telephone, each guardian with
    occupation, address, telephone, health and age; and whom of the school to call.
    """
    answers = _Answers(school.form(CHILD), child, language)

    def title(key: str) -> str:
        return say(f"print.card_{key}", language)

    pupil = [
        *answers.cells("name", "sex", "birth_date", "class", "village", "phone"),
        *answers.cells("address", broad=True),
    ]
    parts = [Part(title("pupil"), tuple(pupil))]
    for parent in _PARENTS:
        place = [answers.text(f"{parent}_{key}") for key in ("work_place", "employer")]
        work = Cell(title("work"), " ".join(filter(None, place)), lines=1, broad=True)
        cells = [Cell(title(key), answers.text(f"{parent}_{key}"), lines=1) for key in ("name", "phone")]
        parts.append(Part(title(parent), (*cells, work)))
    number = min(answers.count("guardians"), _GUARDIANS) or 1
    for order in range(number):
        keys = ("name", "relation", "age", "health", "occupation", "phone")
        there = order < answers.count("guardians")
        guardian = [
            Cell(title(key), answers.text(f"guardians/{order}/{key}") if there else "", lines=1)
            for key in keys
        ]
        lives = answers.text(f"guardians/{order}/address") if there else ""
        parts.append(Part(title("guardian"), (*guardian, Cell(title("address"), lives, lines=1, broad=True))))
    parts.append(Part(title("school"), tuple(_callers(school, child, language))))
    copies = (title("for_school"), title("for_family"))
    return Sheet(title("title"), tuple(parts), signers("card", language), look="card", copies=copies)


def _callers(school: "School", child: Mapping[str, Any] | None, language: str | None) -> list[Cell]:
    """Return whom of the school to call: the homeroom teacher and the helper, with their telephones."""
    found: list[tuple[str, Mapping[str, Any]]] = [("homeroom", {}), ("helper", {})]
    if child:
        today = school.today().isoformat()
        staff = {one["id"]: one for one in school.table("staff").rows()}
        groups = {one.get("name"): one for one in school.table("class").rows()}
        homeroom = staff.get(groups.get(child.get("class"), {}).get("homeroom"), {})
        helpers = [
            staff[row["helper"]]
            for row in school.table("pairing").rows()
            if row.get("child") == child["id"]
            and row.get("helper") in staff
            and (not row.get("end") or row["end"] >= today)
        ]
        found = [("homeroom", homeroom), *(("helper", one) for one in helpers or [{}])]
    cells = []
    for role, person in found:
        cells.append(Cell(say(f"print.card_{role}", language), str(person.get("name") or ""), lines=1))
        cells.append(Cell(say("print.card_phone", language), str(person.get("phone") or ""), lines=1))
    return cells


def appointment_card(
    school: "School",
    child: Mapping[str, Any] | None,
    language: str | None = None,
    appointment: Mapping[str, Any] | None = None,
) -> Sheet:
    """Return the appointment card of a home visit with the family's answer (R15, 004 五要 2).

    What was agreed stands on it where an ``appointment`` is given; the rest is filled in by hand.
    """

    def title(key: str) -> str:
        return say(f"print.visit_{key}", language)

    agreed = appointment or {}
    teacher = (school.record("staff", str(agreed["by"])) if agreed.get("by") else None) or {}
    answers = _Answers(school.form(CHILD), child, language)
    guardian = answers.text("guardians/0/name") if answers.count("guardians") else ""
    phone = answers.text("guardians/0/phone") if answers.count("guardians") else ""
    blank = say("print.blank_moment", language)
    day = day_in_words(str(agreed["visit_on"]), language) if agreed.get("visit_on") else ""
    moment = " ".join(filter(None, (day, str(agreed.get("visit_at") or "")[:5])))
    topic = str(agreed.get("topic") or "")
    asked = (
        Cell(title("pupil"), answers.text("name"), lines=1),
        Cell(title("class"), answers.text("class"), lines=1),
        Cell(title("family"), str(agreed.get("with_whom") or guardian), lines=1),
        Cell(title("phone"), str(agreed.get("phone") or phone or answers.text("contact_phone")), lines=1),
        Cell(title("address"), answers.text("address") or answers.text("village"), lines=1, broad=True),
        Cell(title("when"), moment or blank, broad=True),
        Cell(title("teacher"), str(teacher.get("name") or ""), lines=1),
        Cell(title("teacher_phone"), str(teacher.get("phone") or ""), lines=1),
        Cell(title("topics"), topic, () if topic else _topics(school.form(VISIT), language), 1, broad=True),
    )
    reply = (
        Cell(title("reply"), marks=(Mark(title("agreed")), Mark(title("other_time"))), broad=True),
        Cell(title("other_when"), blank, broad=True),
        Cell(title("wishes"), lines=2, broad=True),
    )
    parts = (
        Part("", asked, note=title("dear")),
        Part(title("answer"), reply, cut=True),
        Part(note=title("signed")),
    )
    return Sheet(title("title"), parts, (), look="card")


def _topics(form: Form, language: str | None) -> tuple[Mark, ...]:
    """Return what a visit may be about, as the visit's own form lists it."""
    there = any(isinstance(item, Question) and item.key == "content" for item in form.questions())
    choices = FormSession(form, language=language or "zh").state("content").choices if there else ()
    return tuple(Mark(choice.label) for choice in choices)
