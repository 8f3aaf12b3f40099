"""The official form 农村留守儿童基本情况登记表, of the dossier and its registration together (requirements 2A, peers 5)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from guanai.storage.forms.xlsform.definitions import Form
from guanai.storage.printing.record_sheet import record_parts, signers
from guanai.storage.printing.sheet_layout import Cell, Mark, Part, Sheet
from guanai.storage.records.child_records import day_of
from guanai.storage.records.records import Records
from guanai.templates.wording import say

__all__ = ["latest_of", "official_sheet"]

CHILD, REGISTRATION = "child", "registration"
_GONE = "deceased"

# What stands in which part, in the order of the official form; a name with a dot is asked by the registration.
_PARTS: dict[str, tuple[str, ...]] = {
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


def latest_of(school: Records, form: str, child_id: str) -> dict[str, Any] | None:
    """Return the latest record of a register about a child, or None."""
    if form not in school.forms():
        return None
    mine = [one for one in school.table(form).rows() if one.get("child") == child_id]
    latest = max(mine, key=day_of, default=None)
    return None if latest is None else dict(latest)


def official_sheet(
    school: Records,
    child: Mapping[str, Any] | None,
    registration: Mapping[str, Any] | None = None,
    language: str | None = None,
) -> Sheet:
    """Return the official form of a child, or blank: what does not apply stays empty, as the form is laid down.

    Without a ``registration`` it is the child's latest one. A parent who has died is told by a dash, as the form asks.
    """
    if child and registration is None:
        registration = latest_of(school, REGISTRATION, child["id"])
    cells = _cells(school.form(CHILD), child, language)
    if REGISTRATION in school.forms():
        asked = _cells(school.form(REGISTRATION), registration, language, blank=child is None)
        cells |= {f".{key}": cell for key, cell in asked.items()}
    cells["+away"] = _away(child or {}, language)
    parts = []
    for name, keys in _PARTS.items():
        found = [cells[key] for key in keys if key in cells]
        if child and child.get(f"{name}_status") == _GONE:
            found = [replace(cell, text="—", marks=()) for cell in found]
        parts.append(Part(say(f"print.official_{name}", language), tuple(found)))
    title, signed = say("print.official", language), signers("official", language)
    note = say("print.official_note", language)
    return Sheet(title, (*parts, Part(note=note)), signed, look="official")


def _cells(
    form: Form, record: Mapping[str, Any] | None, language: str | None, *, blank: bool = True
) -> dict[str, Cell]:
    """Return the cells of a form by question; those that the answers skip are there too, empty."""
    empty = {cell.key: cell for part in record_parts(form, None, language) for cell in part.cells}
    if record is None and blank:
        return empty
    parts = record_parts(form, record or {}, language)
    filled = {cell.key: cell for part in parts for cell in part.cells if cell.key in empty}
    unwritten = {key: replace(cell, text="", lines=1) for key, cell in empty.items()}
    return unwritten | filled


def _away(child: Mapping[str, Any], language: str | None) -> Cell:
    """Return which parents are away, as the form asks: both, or one while the other is unable to care."""
    father, mother = child.get("father_status"), child.get("mother_status")
    marks = (
        Mark(say("print.official_both_away", language), father == mother == "away"),
        Mark(say("print.official_father_unable", language), (father, mother) == ("unable", "away")),
        Mark(say("print.official_mother_unable", language), (father, mother) == ("away", "unable")),
    )
    return Cell(say("print.official_away", language), marks=marks, broad=True)
