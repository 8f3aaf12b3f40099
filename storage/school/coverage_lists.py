"""The lists behind the numbers of the coverage page: everybody who was counted, by name."""

from collections.abc import Iterable

import pandas as pd

from guanai.care.errors import AccessError
from guanai.care.policy.duty import ALL_CHILDREN
from guanai.care.summary.duty_tables import DUTY_FIGURES, numbered_lines
from guanai.storage.records.records import Records
from guanai.storage.school.due_service import DutyService
from guanai.storage.school.duty_view import DutyView
from guanai.templates.wording import say

__all__ = ["counted_list"]

COLUMNS = ["form", "id", "name", "class"]
FORMS = {**dict.fromkeys(ALL_CHILDREN, "child"), "helper": "staff", "teacher": "staff", "class": "class"}


def counted_list(
    records: Records,
    duties: DutyService | DutyView,
    of: str,
    name: str,
    part: str = "",
    term: str | None = None,
) -> tuple[str, pd.DataFrame]:
    """Return the list behind a number: its title, and a frame of one row per record with form, id, name, class.

    ``of`` says what was counted, ``name`` which one of them: a ``figure`` (``part``: "" who is in it, ``missing`` who
    is not, ``whole`` out of whom), a ``field`` (who lacks it; ``part`` is the duty that requires it), a ``duty`` (for whom it is
    owed; ``part`` is the kind of subject) or ``who`` (for whom that person still owes something). Raises KeyError for anything else,
    and AccessError where a person has a number counted whose list they may not see.
    """
    return {"figure": _figure, "field": _field, "duty": _duty, "who": _who}[of](
        records, duties, name, part, term
    )


def _figure(
    records: Records, duties: DutyService | DutyView, name: str, part: str, term: str | None
) -> tuple[str, pd.DataFrame]:
    figure = duties.summary(term).figure(name)
    if name in DUTY_FIGURES:
        lines = numbered_lines(duties.policy, duties.everybodys_lines_of_term(term))
        if len(lines) != figure.denominator:
            raise AccessError("rights.totals_only")
        lines = lines if part == "whole" else lines[lines["status"] == DUTY_FIGURES[name]]
        key = "coverage.whole" if part == "whole" else "coverage.of"
        return say(key, label=figure.label, count=len(lines)), _lines(lines)
    if part == "whole" and figure.denominator != len(figure.ids) + len(
        figure.missing
    ):  # the pupils of all classes
        return say("coverage.whole", label=figure.label, count=figure.denominator), _classes(duties)
    if figure.numerator != len(figure.ids):
        raise AccessError("rights.totals_only")
    key, ids = {
        "missing": ("coverage.not_of", figure.missing),
        "whole": ("coverage.whole", figure.ids + figure.missing),
    }.get(part, ("coverage.of", figure.ids))
    return say(key, label=figure.label, count=len(ids)), _named(records, duties, ids)


def _field(
    records: Records, duties: DutyService | DutyView, name: str, part: str, term: str | None
) -> tuple[str, pd.DataFrame]:
    rows = duties.gaps(term)
    rows = rows[(rows["field"] == name) & (rows["duty"] == part if part else True)]
    rows = rows.drop_duplicates("subject_id")
    return next(iter(rows["field_label"]), name), _named(records, duties, rows["subject_id"])


def _duty(
    records: Records, duties: DutyService | DutyView, name: str, part: str, term: str | None
) -> tuple[str, pd.DataFrame]:
    table = duties.fulfilment(term)
    subjects = _subjects(table[(table["duty"] == name) & (table["kind"] == part)])
    return say("coverage.persons", label=name, count=len(subjects)), subjects


def _who(
    records: Records, duties: DutyService | DutyView, name: str, _part: str, term: str | None
) -> tuple[str, pd.DataFrame]:
    """Return for whom a person has something to do: the subjects of their rows, without those of a cause."""
    rows = duties.to_do(duties.term_day(term), known=records.today())
    comma, nobody = say("policy.comma"), say("people.nobody")
    theirs = rows["who"].map(lambda who: name in str(who or nobody).split(comma)).astype(bool)
    of_subject = (rows["subject_id"] != "") | (rows["kind"] == "school")
    subjects = _subjects(rows[theirs & of_subject])
    return say("coverage.owing", label=name, count=len(subjects)), subjects


def _subjects(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the subjects of due lines, each once; the school itself is no record and has no form."""
    rows = rows.drop_duplicates(["kind", "subject_id"])
    forms = rows["kind"].map(FORMS).fillna("")
    listed = pd.DataFrame(
        {"form": forms, "id": rows["subject_id"], "name": rows["subject"], "class": rows["class"]}
    )
    return _in_order(listed)


def _lines(lines: pd.DataFrame) -> pd.DataFrame:
    """Return due lines, one row each, with whose and of which duty and period they are as the name."""
    names = lines["subject"] + " · " + lines["duty"] + " " + lines["period"]
    forms = lines["kind"].map(FORMS).fillna("")
    return _in_order(
        pd.DataFrame({"form": forms, "id": lines["subject_id"], "name": names, "class": lines["class"]})
    )


def _classes(duties: DutyService | DutyView) -> pd.DataFrame:
    """Return the classes, with how many pupils each states."""
    rows = duties.frames["class"]
    pupils = [
        say("coverage.pupils", count=int(count or 0)) for count in pd.to_numeric(rows["pupils"]).fillna(0)
    ]
    return _in_order(
        pd.DataFrame({"form": "class", "id": rows["id"], "name": rows["name"], "class": pupils}), "name"
    )


def _named(records: Records, duties: DutyService | DutyView, ids: Iterable[str]) -> pd.DataFrame:
    """Return records by their ids, whichever register of people, classes or visits they are of."""
    wanted, parts = list(ids), []
    for form in ("child", "staff", "class", "home_visit"):
        frame = duties.frames[form]
        rows = frame[frame["id"].isin(wanted)]
        labels = records.labels("child" if form == "home_visit" else form)
        named = rows["child"] if form == "home_visit" else rows["id"]
        classes = rows["class"] if "class" in rows else pd.Series("", rows.index, dtype=object)
        names = named.map(lambda record_id, labels=labels: labels.get(record_id, record_id)).astype(object)
        parts.append(pd.DataFrame({"form": form, "id": rows["id"], "name": names, "class": classes}))
    return _in_order(pd.concat(parts, ignore_index=True))


def _in_order(listed: pd.DataFrame, *by: str) -> pd.DataFrame:
    return listed[COLUMNS].sort_values(list(by or ("class", "name")), kind="stable", ignore_index=True)
