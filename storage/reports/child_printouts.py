"""A child on paper: the whole dossier, the contact card (R4), the appointment card of a visit (R15)."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from guanai.storage.forms.session.form_session import FormSession
from guanai.storage.forms.xlsform.definitions import Form
from guanai.storage.forms.xlsform.items import Question
from guanai.storage.forms.xlsform.markdown import to_plain
from guanai.storage.records.child_records import day_of, open_records, without_other_children
from guanai.storage.records.records import Records
from guanai.storage.reports.printout import Checkbox, PrintField, Printout, PrintSection
from guanai.storage.reports.record_printout import day_in_words, record_sections, signatures_of
from guanai.templates.wording import say

__all__ = ["appointment_card", "contact_card", "dossier_printout"]

Record = Mapping[str, Any]

CHILD, VISIT = "child", "home_visit"
_PARENTS = ("father", "mother")
_IN_OTHER_COLUMNS = (CHILD, "date", "start", "end")
_MAX_GUARDIANS = 2  # that a contact card has room for


def dossier_printout(about: Mapping[str, Any], child: Record, language: str | None = None) -> Printout:
    """Return everything about a child: the dossier, who cares now and before, what is open and due, what was done.

    ``about`` is what `School.about` gives, with ``hidden`` (the questions of each register that are not printed) where there
    are any. Unanswered questions and empty sections are left out. What is about several children is printed without the
    others; of a restricted register (counselling) nothing is printed, whoever prints.
    """
    forms, hidden = about["forms"], about.get("hidden", {})
    records = {
        name: [without_other_children(forms[name], row, child["id"]) for row in rows]
        for name, rows in about["records"].items()
        if not forms[name].restricted
    }
    answers = _RecordAnswers(forms, language, hidden)
    sections = record_sections(forms[CHILD], child, language, answered=True, hidden=hidden.get(CHILD, ()))
    sections += _carers(answers, records.get("pairing", []), about["on"].isoformat(), language)
    sections += answers.table("print.open", open_records(forms, records))
    about_restricted = {name for name, form in forms.items() if form.restricted}
    sections += _due(about["due"][~about["due"]["form"].isin(about_restricted)], language)
    done = [(name, row) for name, rows in records.items() if name != "pairing" for row in rows]
    sections += answers.table("print.done", sorted(done, key=lambda pair: day_of(pair[1])))
    title, signatures = say("print.dossier", language), signatures_of("dossier", language)
    return Printout(title, tuple(sections), signatures, style="dossier")


class _RecordAnswers:
    """Records in words, one row each: day, register, the answers."""

    def __init__(
        self, forms: Mapping[str, Form], language: str | None, hidden: Mapping[str, Collection[str]]
    ) -> None:
        self._forms, self._language, self._hidden = forms, language, hidden

    def table(self, title: str, records: Iterable[tuple[str, Record]]) -> list[PrintSection]:
        """Return a table of records (form name, record); no section where there are none."""
        rows = tuple(
            (day_of(record), self._forms[name].title(self._language), self.in_words(name, record))
            for name, record in records
        )
        return _table(title, ("on", "register", "content"), rows, 2, self._language)

    def in_words(self, name: str, record: Record) -> str:
        """Return the answers of a record, one a line, without the child and the day, which have columns of their own."""
        lines: list[str] = []
        form, hidden = self._forms[name], self._hidden.get(name, ())
        for section in record_sections(form, record, self._language, answered=True, hidden=hidden):
            fields = (field for field in section.fields if field.key not in _IN_OTHER_COLUMNS)
            lines += [f"{field.label}：{field.answer}" for field in fields]
            lines += ["；".join(filter(None, row)) for row in section.rows]
        return "\n".join(lines)


def _carers(
    answers: _RecordAnswers, pairings: Iterable[Record], today: str, language: str | None
) -> list[PrintSection]:
    """Return who cares for the child now, and who did before."""
    sections: list[PrintSection] = []
    latest_first = sorted(pairings, key=day_of, reverse=True)
    for title, ended in (("print.carers", False), ("print.carers_before", True)):
        pairs = [
            pair for pair in latest_first if (bool(pair.get("end")) and str(pair["end"]) < today) is ended
        ]
        rows = tuple(
            (day_of(pair), str(pair.get("end") or ""), answers.in_words("pairing", pair)) for pair in pairs
        )
        sections += _table(title, ("from", "until", "content"), rows, 2, language)
    return sections


def _due(lines: Any, language: str | None) -> list[PrintSection]:
    """Return what is to be done for the child, one row per open line that nobody has put off."""
    rows = tuple(
        (
            str(line["duty"]),
            "" if line["due"] is None or line["due"] != line["due"] else str(line["due"])[:10],
            str(line.get("who") or ""),
        )
        for line in lines.to_dict("records")
        if line.get("status") in ("standing", "to_do")
    )
    return _table("print.due", ("duty", "by_when", "who"), rows, 0, language)


def _table(
    title: str,
    headings: Iterable[str],
    rows: tuple[tuple[str, ...], ...],
    wide_column: int,
    language: str | None,
) -> list[PrintSection]:
    """Return a table, its title and headings as the word catalogue has them; no section where there are no rows."""
    if not rows:
        return []
    texts = tuple(say(f"print.{heading}", language) for heading in headings)
    return [PrintSection(say(title, language), headings=texts, rows=rows, wide_column=wide_column)]


class _DossierAnswers:
    """The answers of a child's dossier as fields with the form's own labels; empty ones for a blank card."""

    def __init__(
        self, form: Form, child: Record | None, language: str | None, hidden: Collection[str] = ()
    ) -> None:
        self._session = FormSession(form, child, language=language or "zh", defaults=False)
        self._keys = {item.key for item in form.questions()}
        self._hidden = frozenset(hidden)
        self._language = language

    def text(self, path: str) -> str:
        """Return an answer in words, empty where the form has no such question."""
        if path.rsplit("/", 1)[-1] not in self._keys or path.partition("/")[0] in self._hidden:
            return ""
        state = self._session.state(path)
        if state.value is None or not state.relevant:
            return ""
        return day_in_words(state.text, self._language) if _is_day(state.text) else state.text

    def fields(self, *keys: str, full_width: bool = False) -> list[PrintField]:
        """Return the fields of those questions that the form has."""
        return [
            PrintField(
                to_plain(self._session.state(key).label), self.text(key), blank_lines=1, full_width=full_width
            )
            for key in keys
            if key in self._keys and key not in self._hidden
        ]

    def count(self, repeat: str) -> int:
        """Return how many rows a repeat has."""
        try:
            return self._session.count(repeat)
        except (KeyError, TypeError):
            return 0


def _is_day(text: str) -> bool:
    return len(text) == 10 and text[4] == text[7] == "-" and text[:4].isdecimal()


def contact_card(
    records: Records, child: Record | None, language: str | None = None, hidden: Collection[str] = ()
) -> Printout:
    """Return the contact card of a child, or a blank one, twice on the paper: for the school and for the family (R4).

    ``hidden`` questions of the dossier stay empty. It has what R4 names: the pupil, the parents with their place of work and telephone, each guardian with
    occupation, address, telephone, health and age; and whom of the school to call.
    """
    answers = _DossierAnswers(records.form(CHILD), child, language, hidden)

    def title(key: str) -> str:
        return say(f"print.card_{key}", language)

    pupil = [
        *answers.fields("name", "sex", "birth_date", "class", "village", "phone"),
        *answers.fields("address", full_width=True),
    ]
    sections = [PrintSection(title("pupil"), tuple(pupil))]
    for parent in _PARENTS:
        workplace = [answers.text(f"{parent}_{key}") for key in ("work_place", "employer")]
        work = PrintField(title("work"), " ".join(filter(None, workplace)), blank_lines=1, full_width=True)
        fields = [
            PrintField(title(key), answers.text(f"{parent}_{key}"), blank_lines=1)
            for key in ("name", "phone")
        ]
        sections.append(PrintSection(title(parent), (*fields, work)))
    guardians = min(answers.count("guardians"), _MAX_GUARDIANS) or 1
    sections += [_guardian(answers, index, language) for index in range(guardians)]
    sections.append(PrintSection(title("school"), tuple(_school_contacts(records, child, language))))
    copies = (title("for_school"), title("for_family"))
    return Printout(title("title"), tuple(sections), signatures_of("card", language), "card", copies)


def _guardian(answers: _DossierAnswers, index: int, language: str | None) -> PrintSection:
    """Return one guardian, empty fields where the dossier has none of that number."""
    exists = index < answers.count("guardians")

    def field(key: str, *, full_width: bool = False) -> PrintField:
        text = answers.text(f"guardians/{index}/{key}") if exists else ""
        return PrintField(say(f"print.card_{key}", language), text, blank_lines=1, full_width=full_width)

    fields = [field(key) for key in ("name", "relation", "age", "health", "occupation", "phone")]
    return PrintSection(say("print.card_guardian", language), (*fields, field("address", full_width=True)))


def _school_contacts(records: Records, child: Record | None, language: str | None) -> list[PrintField]:
    """Return whom of the school to call: the homeroom teacher and the helpers, with their telephones."""
    people: list[tuple[str, Record]] = [("homeroom", {}), ("helper", {})]
    if child:
        today = records.today().isoformat()
        classes = records.search("class", "name", str(child.get("class") or ""))
        homeroom = _person(records, classes[0].get("homeroom")) if classes else {}
        pairs = records.search("pairing", CHILD, child["id"])
        running = [pair for pair in pairs if not pair.get("end") or pair["end"] >= today]
        helpers = [person for pair in running if (person := _person(records, pair.get("helper")))]
        people = [("homeroom", homeroom), *(("helper", helper) for helper in helpers or [{}])]
    fields = []
    for role, person in people:
        name, phone = str(person.get("name") or ""), str(person.get("phone") or "")
        fields.append(PrintField(say(f"print.card_{role}", language), name, blank_lines=1))
        fields.append(PrintField(say("print.card_phone", language), phone, blank_lines=1))
    return fields


def _person(records: Records, staff_id: Any) -> Record:
    """Return one of the staff, an empty record for nobody."""
    return (records.record("staff", str(staff_id)) if staff_id else None) or {}


def appointment_card(
    records: Records,
    child: Record | None,
    language: str | None = None,
    appointment: Record | None = None,
    hidden: Collection[str] = (),
) -> Printout:
    """Return the appointment card of a home visit with the family's answer (R15, 004 五要 2).

    It is filled in from the record ``appointment`` where one is given; the rest is filled in by hand.
    """

    def title(key: str) -> str:
        return say(f"print.visit_{key}", language)

    def field(key: str, text: str, *, full_width: bool = False) -> PrintField:
        return PrintField(title(key), text, blank_lines=1, full_width=full_width)

    agreed = appointment or {}
    teacher = _person(records, agreed.get("by"))
    answers = _DossierAnswers(records.form(CHILD), child, language, hidden)
    guardian = answers.text("guardians/0/name") if answers.count("guardians") else ""
    phone = answers.text("guardians/0/phone") if answers.count("guardians") else ""
    blank = say("print.blank_moment", language)
    day = day_in_words(str(agreed["visit_on"]), language) if agreed.get("visit_on") else ""
    moment = " ".join(filter(None, (day, str(agreed.get("visit_at") or "")[:5])))
    topic = str(agreed.get("topic") or "")
    topics = () if topic else _topics(records.form(VISIT), language)
    invitation = (
        field("pupil", answers.text("name")),
        field("class", answers.text("class")),
        field("family", str(agreed.get("with_whom") or guardian)),
        field("phone", str(agreed.get("phone") or phone or answers.text("contact_phone"))),
        field("address", answers.text("address") or answers.text("village"), full_width=True),
        PrintField(title("when"), moment or blank, full_width=True),
        field("teacher", str(teacher.get("name") or "")),
        field("teacher_phone", str(teacher.get("phone") or "")),
        PrintField(title("topics"), topic, topics, 1, full_width=True),
    )
    boxes = (Checkbox(title("agreed")), Checkbox(title("other_time")))
    reply = (
        PrintField(title("reply"), checkboxes=boxes, full_width=True),
        PrintField(title("other_when"), blank, full_width=True),
        PrintField(title("wishes"), blank_lines=2, full_width=True),
    )
    sections = (
        PrintSection("", invitation, note=title("dear")),
        PrintSection(title("answer"), reply, cut_above=True),
        PrintSection(note=title("signed")),
    )
    return Printout(title("title"), sections, style="card")


def _topics(form: Form, language: str | None) -> tuple[Checkbox, ...]:
    """Return what a visit may be about, as the visit's own form lists it."""
    has_topics = any(isinstance(item, Question) and item.key == "content" for item in form.questions())
    choices = FormSession(form, language=language or "zh").state("content").choices if has_topics else ()
    return tuple(Checkbox(choice.label) for choice in choices)
