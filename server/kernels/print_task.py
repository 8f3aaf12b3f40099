"""What ``/print`` shows, made for whoever asks: a record, a dossier, a card, an official form, filled in or blank."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from guanai.storage.reports.child_printouts import appointment_card, contact_card, dossier_printout
from guanai.storage.reports.official_form import official_printout
from guanai.storage.reports.printout import Printout
from guanai.storage.reports.record_printout import day_in_words, record_printout
from guanai.storage.school.open_school import open_school
from guanai.storage.school.school import School

__all__ = ["KINDS", "print_task"]

Child = dict[str, Any] | None
Maker = Callable[[School, str, str, str], Printout | None]
ChildMaker = Callable[[School, Child, Child, str, frozenset[str]], Printout]


def _printed(school: School, form: str, record_id: str) -> tuple[dict[str, Any] | None, frozenset[str]]:
    """Return a record as the person may print it, None without one, and the questions that are hidden from them in it."""
    seen = school.record(form, record_id) if record_id else None
    if seen is None:
        return None, school.access.rights.hidden(form)
    cover = school.access.cover(form, seen, "print")
    return (None, frozenset()) if cover is None else (cover.apply(seen), cover.hidden)


def _record(school: School, form: str, record_id: str, language: str) -> Printout | None:
    record, hidden = _printed(school, form, record_id)
    return record_printout(school.form(form), record, language, hidden) if record or not record_id else None


def _dossier(school: School, _form: str, child_id: str, language: str) -> Printout | None:
    child, hidden = _printed(school, "child", child_id)
    if child is None:
        return None
    about, access = school.about(child_id), school.access
    shown = {
        name: [one for row in rows if (one := access.visible(name, row, "print")) is not None]
        for name, rows in about["records"].items()
    }
    never = {name: access.rights.hidden(name) for name in shown} | {"child": hidden}
    return dossier_printout({**about, "records": shown, "hidden": never}, child, language)


def _card(school: School, _form: str, child_id: str, language: str) -> Printout | None:
    child, hidden = _printed(school, "child", child_id)
    return contact_card(school, child, language, hidden) if child or not child_id else None


def _about_child(make: ChildMaker) -> Maker:
    """Return what makes a sheet about a child: ``make`` gets the child, and with a form the record that was asked for."""

    def sheet(school: School, form: str, record_id: str, language: str) -> Printout | None:
        record, hidden = _printed(school, form or "child", record_id)
        child = record
        if form and record:
            child, hidden = _printed(school, "child", str(record.get("child")))
        if child is None and record_id:
            return None
        return make(school, child, record if form else None, language, hidden)

    return sheet


#: What ``/print?what=…`` can print; ``id`` is a child's, or with ``form`` a record's; without it the sheet is blank.
KINDS: dict[str, Maker] = {
    "record": _record,
    "dossier": _dossier,
    "card": _card,
    "appointment": _about_child(
        lambda school, child, record, language, hidden: appointment_card(
            school, child, language, record, hidden
        )
    ),
    "registration": _about_child(official_printout),
}


def _check(school: School, form: str, record_id: str) -> None:
    """Raise AccessError for whoever may not print a record; a blank form is also for whoever may fill it in."""
    record = school.record(form, record_id) if record_id else None
    if record is not None:
        school.access.check("print", form, record)
    elif not school.access.may("add", form):
        school.access.check("print", form)


def print_task(request: Mapping[str, Any]) -> Callable[[], dict[str, Any]]:
    """Read what a sheet needs, and return what makes it.

    That gives ``sheet`` (`guanai.storage.reports.printout.printout_of` reads it), None where there is none, and the
    ``day``. The request has ``what`` (one of `KINDS`), ``form``, ``id`` and ``language``. Raises AccessError.
    """
    what, form, language = request["what"], request["form"], request["language"]
    school = open_school()
    exists = form in school.forms() if form else what != "record"
    if what in KINDS and exists:
        _check(school, form or "child", request["id"])
    if what == "dossier":
        school.due()

    def make() -> dict[str, Any]:
        sheet = KINDS[what](school, form, request["id"], language) if what in KINDS and exists else None
        day = day_in_words(school.today().isoformat(), language)
        return {"sheet": asdict(sheet) if sheet else None, "day": day}

    return make
