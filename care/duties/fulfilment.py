"""How far every duty of a term is fulfilled, child by child: the frame behind a matrix, a share, a notebook's own check."""

from typing import Any

import numpy as np
import pandas as pd

from guanai.care.duties.due_table import STATUSES
from guanai.care.policy.duty import OFTEN
from guanai.care.policy.policy import Policy
from guanai.templates.wording import say

__all__ = ["COLUMNS", "by_duty", "fulfilment", "grouped", "workload"]

Places = np.ndarray[Any, np.dtype[np.int64]]
OWED = ("overdue", "due", "postponed")

COLUMNS = (
    "duty", "kind", "subject_id", "subject", "class", "village", "who", "need", "have", "periods", "done", "open", "overdue",
    "postponed", "excused", "share", "met",
)  # fmt: skip


def fulfilment(policy: Policy, lines: pd.DataFrame) -> pd.DataFrame:
    """Return one row per duty and subject (child, helper, class …), in the order of the duties.

    ``lines`` are those of `guanai.care.duties.due.due` with ``done``, as of the last day of the term or of today; so the
    counts agree with every checklist. Columns: duty, kind (of subject), subject_id, subject, class, village, who; need
    and have (numbers, added up over the periods and events that have begun), periods (how many those are); of them
    done, open (due, not yet overdue), overdue, postponed and excused; share (done of the periods that are not excused,
    0 to 1, NA where all are) and met (nothing is overdue). A duty that only counts (经常) has need 0 and no share: without
    a number nobody can say how far it is done.
    """
    group, first = grouped(lines["duty"], lines["kind"], lines["subject_id"])

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
    order = {duty.name: place for place, duty in enumerate(policy.duties)}
    counting = {duty.name for duty in policy.duties if duty.per == OFTEN}
    asked = (table["periods"] - table["excused"]).where(~table["duty"].isin(counting), 0).astype("Float64")
    table = table.assign(
        share=(table["done"] / asked.where(asked > 0)).astype("Float64"),
        met=table["overdue"] == 0,
        place=table["duty"].map(order),
    )
    table = table.sort_values(["place", "class", "subject", "subject_id"], kind="stable")
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
    asked = (sums["periods"] - sums["excused"]).where(groups["share"].count() > 0, 0).astype("Float64")
    return sums.assign(share=(sums["done"] / asked.where(asked > 0)).astype("Float64")).reset_index()


def workload(lines: pd.DataFrame) -> pd.DataFrame:
    """Return what each person still owes, who owes most first: who, lines, overdue, open, postponed, persons.

    One row per name among the responsible of open due lines (a line of two counts for both); ``persons`` is of how
    many subjects. Lines that nobody answers for stand under 无人负责.
    """
    nobody, comma = say("people.nobody"), say("policy.comma")
    lines = lines[lines["status"].isin(OWED)]
    people, together = pd.factorize(lines["who"].to_numpy(object))
    owners = [str(one or nobody).split(comma) for one in together]
    names, places = np.unique([name for some in owners for name in some], return_inverse=True)
    group = np.repeat(np.arange(len(owners)), [len(some) for some in owners])
    counts = {}
    for status in OWED:
        number = np.bincount(people[(lines["status"] == status).to_numpy(bool)], minlength=len(owners))
        counts[status] = np.bincount(places, number[group], len(names)).astype(np.int64)
    # Whose line it is and who answers for it, each pair once, then each person of those who answer together.
    subject, _ = grouped(lines["subject_id"], lines["kind"])
    pairs = pd.DataFrame({"who": people, "subject": subject}).drop_duplicates()
    each = pairs.merge(pd.DataFrame({"who": group, "name": places}), on="who")
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


def grouped(*columns: "pd.Series[Any]") -> "tuple[Places, Places]":
    """Return for each row which group of equal values it is of, in the order they are met, and each group's first row."""
    group = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        codes, different = pd.factorize(column.to_numpy(object))
        group = pd.factorize(group * (len(different) + 1) + codes)[0]
    first = np.full(int(group.max(initial=-1)) + 1, len(group))
    np.minimum.at(first, group, np.arange(len(group)))
    return group, first
