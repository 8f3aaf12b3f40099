"""How far every duty of a term is fulfilled, one row per duty and subject; missing fields; the workload of each person."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from guanai.care.children.required_fields import field_label, missing_fields
from guanai.care.duties.context import DutyContext
from guanai.care.duties.due_table import STATUSES
from guanai.care.policy.duty import OFTEN
from guanai.care.policy.policy import Policy
from guanai.templates.wording import say

__all__ = [
    "COLUMNS",
    "GAP_COLUMNS",
    "by_duty",
    "fulfilment",
    "gaps",
    "gaps_by_field",
    "group_rows",
    "workload",
]

Places = np.ndarray[Any, np.dtype[np.int64]]
OPEN_STATUSES = ("overdue", "due", "postponed")

COLUMNS = (
    "duty", "kind", "subject_id", "subject", "class", "village", "who", "need", "have", "periods", "done", "open", "overdue",
    "postponed", "excused", "share", "met",
)  # fmt: skip
GAP_COLUMNS = ("duty", "field", "field_label", "kind", "subject_id", "subject", "class", "village")


def fulfilment(policy: Policy, lines: pd.DataFrame) -> pd.DataFrame:
    """Return one row per duty and subject (child, helper, class …), in the order of the duties.

    ``lines`` are those of `guanai.care.duties.due.due` with ``done``, as of the last day of the term or of today; so the
    counts agree with every checklist. Columns: duty, kind (of subject), subject_id, subject, class, village, who; need
    and have (numbers, added up over the periods and events that have begun), periods (how many those are); of them
    done, open (due, not yet overdue), overdue, postponed and excused; share (done of the periods that are not excused,
    0 to 1, NA where all are) and met (nothing is overdue). A duty that only counts (经常) has need 0 and no share: without
    a number nobody can say how far it is done.
    """
    group, first = group_rows(lines["duty"], lines["kind"], lines["subject_id"])

    def total(
        values: "np.ndarray[Any, np.dtype[Any]] | None" = None,
    ) -> "np.ndarray[Any, np.dtype[np.int64]]":
        return np.bincount(group, values, len(first)).astype(np.int64)

    status = lines["status"].to_numpy(object)
    counted = {"open" if name == "due" else name: total(status == name) for name in STATUSES}
    texts = lines[["duty", "kind", "subject_id", "subject", "class", "village", "who"]].iloc[first]
    table = texts.reset_index(drop=True).assign(
        need=total(lines["need"].to_numpy()), have=total(lines["have"].to_numpy()), periods=total(), **counted
    )
    order = {duty.name: position for position, duty in enumerate(policy.duties)}
    counting = {duty.name for duty in policy.duties if duty.per == OFTEN}
    not_excused = (
        (table["periods"] - table["excused"]).where(~table["duty"].isin(counting), 0).astype("Float64")
    )
    table = table.assign(
        share=(table["done"] / not_excused.where(not_excused > 0)).astype("Float64"),
        met=table["overdue"] == 0,
        position=table["duty"].map(order),
    )
    table = table.sort_values(["position", "class", "subject", "subject_id"], kind="stable")
    return table[list(COLUMNS)].reset_index(drop=True)


def by_duty(table: pd.DataFrame) -> pd.DataFrame:
    """Return `fulfilment` added up by duty: duty, kind, persons (how many subjects), periods, done … excused, share.

    One row per duty and kind of subject, in the order of the duties; ``share`` is done of the periods that are not
    excused, NA where the duty only counts. Every number is the length of the list of that status.
    """
    counted = ["periods", "done", "open", "overdue", "postponed", "excused"]
    groups = table.groupby(["duty", "kind"], sort=False)
    sums = groups[counted].sum().astype("int64")
    sums.insert(0, "persons", groups["subject_id"].nunique())
    not_excused = (sums["periods"] - sums["excused"]).where(groups["share"].count() > 0, 0).astype("Float64")
    return sums.assign(
        share=(sums["done"] / not_excused.where(not_excused > 0)).astype("Float64")
    ).reset_index()


def workload(lines: pd.DataFrame) -> pd.DataFrame:
    """Return what each person still has to do, the most first: who, lines, overdue, open, postponed, persons.

    One row per name among the responsible of open due lines (a line of two counts for both); ``persons`` is of how
    many subjects. Lines without a responsible person are under 无人负责.
    """
    nobody, comma = say("people.nobody"), say("policy.comma")
    lines = lines[lines["status"].isin(OPEN_STATUSES)]
    people, who_texts = pd.factorize(lines["who"].to_numpy(object))
    owners = [str(one or nobody).split(comma) for one in who_texts]
    names, person = np.unique([name for some in owners for name in some], return_inverse=True)
    group = np.repeat(np.arange(len(owners)), [len(some) for some in owners])
    counts = {}
    for status in OPEN_STATUSES:
        number = np.bincount(people[(lines["status"] == status).to_numpy(bool)], minlength=len(owners))
        counts[status] = np.bincount(person, number[group], len(names)).astype(np.int64)
    # Each pair of a subject and a list of the responsible once, then each person of that list.
    subject, _ = group_rows(lines["subject_id"], lines["kind"])
    pairs = pd.DataFrame({"who": people, "subject": subject}).drop_duplicates()
    each = pairs.merge(pd.DataFrame({"who": group, "name": person}), on="who")
    each = each.drop_duplicates(["name", "subject"])
    table = pd.DataFrame(
        {
            "who": pd.Series(names.tolist(), dtype=object),
            "lines": sum(counts.values()) if counts else 0,
            "overdue": counts["overdue"],
            "open": counts["due"],
            "postponed": counts["postponed"],
            "persons": np.bincount(each["name"], minlength=len(names)),
        }
    )
    return table.sort_values(["overdue", "lines", "who"], ascending=[False, False, True], ignore_index=True)


def group_rows(*columns: "pd.Series[Any]") -> "tuple[Places, Places]":
    """Return for each row which group of equal values it is of, in the order they are met, and each group's first row."""
    group = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        codes, different = pd.factorize(column.to_numpy(object))
        group = pd.factorize(group * (len(different) + 1) + codes)[0]
    first = np.full(int(group.max(initial=-1)) + 1, len(group))
    np.minimum.at(first, group, np.arange(len(group)))
    return group, first


def gaps(policy: Policy, frames: Mapping[str, pd.DataFrame], on: date) -> pd.DataFrame:
    """Return the missing fields of a day, one row per duty, subject and field, in the order of duties and classes.

    Columns: duty, field (as the duty names it), field_label (in words), kind, subject_id, subject, class, village. Subjects
    are those that the duty applies to and that are present on the day: the same as in the lines of the duty.
    """
    context, parts = DutyContext(policy, frames, on), []
    for duty in policy.of_kind("complete"):
        subjects = context.subjects(duty.subject)
        applies = subjects.matching(duty.subject_condition)
        codes = np.flatnonzero(applies & (subjects.first <= context.day) & (context.day <= subjects.last))
        codes = codes[np.argsort(subjects.order[codes], kind="stable")]
        missing = missing_fields(subjects.frame.iloc[codes], duty.content)
        part = pd.DataFrame(
            {
                "duty": duty.name, "field": list(missing), "kind": duty.subject, "subject_id": subjects.ids[codes],
                "subject": subjects.names.to_numpy(object)[codes],
                "class": subjects.classes.to_numpy(object)[codes], "village": subjects.villages[codes],
            },
            dtype=object,
        ).explode("field")  # fmt: skip
        parts.append(part[part["field"].notna()])
    table = (
        pd.concat(parts, ignore_index=True)
        if parts
        else pd.DataFrame(columns=list(GAP_COLUMNS), dtype=object)
    )
    labels = {field: field_label(field) for field in set(table["field"])}
    return table.assign(field_label=table["field"].map(labels).astype(object))[list(GAP_COLUMNS)]


def gaps_by_field(table: pd.DataFrame) -> pd.DataFrame:
    """Return how many subjects lack each field: duty, field, field_label, persons; what is lacking most first."""
    sizes = (
        table.groupby(["duty", "field", "field_label"], sort=False)["subject_id"].nunique().rename("persons")
    )
    return sizes.reset_index().sort_values("persons", ascending=False, kind="stable", ignore_index=True)
