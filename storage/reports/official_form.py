"""The official form 农村留守儿童基本情况登记表, from the dossier and its registration (requirements 2A, peers 5)."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from guanai.storage.forms.xlsform.definitions import Form
from guanai.storage.records.child_records import day_of
from guanai.storage.records.records import Records
from guanai.storage.reports.printout import Checkbox, PrintField, Printout, PrintSection
from guanai.storage.reports.record_printout import record_sections, signatures_of
from guanai.templates.wording import say

__all__ = ["official_printout"]

Record = Mapping[str, Any]

CHILD, REGISTRATION = "child", "registration"
_DECEASED = "deceased"

# The sections in the order of the official form, each with its questions: a name with a dot is a question of the
# registration, one with a plus is worked out here, all others are questions of the dossier.
_SECTIONS: dict[str, tuple[str, ...]] = {
    "child": (
        "name", "sex", "ethnic", "birth_date", "id_number", ".household_registered", ".household_place", "address",
        ".condition", ".disability_kind", ".disability_grade", ".illness", "boarding", ".schooling",
    ),
    "grandparents": (
        ".grandfather_name", ".grandfather_birth", ".grandmother_name", ".grandmother_birth",
        ".maternal_grandfather_name", ".maternal_grandfather_birth",
        ".maternal_grandmother_name", ".maternal_grandmother_birth",
    ),
    "father": ("father_name", ".father_birth", ".father_id_number", "father_work_place", "father_phone"),
    "mother": ("mother_name", ".mother_birth", ".mother_id_number", "mother_work_place", "mother_phone"),
    "care": (
        "+away", ".entrusted", ".entrusted_name", ".entrusted_phone", ".entrusted_id_number", ".entrusted_relation",
        ".entrusted_address", ".care_grade",
    ),
    "means": (".income", ".relief"),
}  # fmt: skip


def _latest(records: Records, form: str, child_id: str) -> dict[str, Any] | None:
    """Return the latest record of a register about a child, or None."""
    if form not in records.forms():
        return None
    return max(records.search(form, "child", child_id), key=day_of, default=None)


def official_printout(
    records: Records,
    child: Record | None,
    registration: Record | None = None,
    language: str | None = None,
    hidden: Collection[str] = (),
) -> Printout:
    """Return the official form of a child, or blank: what does not apply stays empty, as the form is laid down.

    ``hidden`` questions of the dossier, and those of the registration that the person does not see, are left out.

    Without a ``registration`` it is the child's latest one. A parent who has died is a dash, as the form asks.
    """
    if child and registration is None:
        registration = _latest(records, REGISTRATION, child["id"])
    fields = _fields(records.form(CHILD), child, language)
    fields = {key: field for key, field in fields.items() if key not in hidden}
    if REGISTRATION in records.forms():
        registered = _fields(records.form(REGISTRATION), registration, language, blank=child is None)
        fields |= {f".{key}": field for key, field in registered.items()}
    if not {"father_status", "mother_status"}.intersection(hidden):
        fields["+away"] = _away(child or {}, language)
    sections = []
    for name, keys in _SECTIONS.items():
        present = [fields[key] for key in keys if key in fields]
        if child and child.get(f"{name}_status") == _DECEASED:
            present = [replace(field, text="—", checkboxes=()) for field in present]
        sections.append(PrintSection(say(f"print.official_{name}", language), tuple(present)))
    sections.append(PrintSection(note=say("print.official_note", language)))
    title, signatures = say("print.official", language), signatures_of("official", language)
    return Printout(title, tuple(sections), signatures, style="official")


def _fields(
    form: Form, record: Record | None, language: str | None, *, blank: bool = True
) -> dict[str, PrintField]:
    """Return the fields of a form by question; those that the answers skip are there too, empty."""
    blanks = {field.key: field for part in record_sections(form, None, language) for field in part.fields}
    if record is None and blank:
        return blanks
    sections = record_sections(form, record or {}, language)
    filled = {field.key: field for part in sections for field in part.fields if field.key in blanks}
    unwritten = {key: replace(field, text="", blank_lines=1) for key, field in blanks.items()}
    return unwritten | filled


def _away(child: Record, language: str | None) -> PrintField:
    """Return which parents are away, as the form asks: both, or one while the other is unable to care."""
    father, mother = child.get("father_status"), child.get("mother_status")
    boxes = (
        Checkbox(say("print.official_both_away", language), father == mother == "away"),
        Checkbox(say("print.official_father_unable", language), (father, mother) == ("unable", "away")),
        Checkbox(say("print.official_mother_unable", language), (father, mother) == ("away", "unable")),
    )
    return PrintField(say("print.official_away", language), checkboxes=boxes, full_width=True)
