"""How far every duty of a term is fulfilled, child by child: the frame behind a matrix, a share, a notebook's own check."""

import pandas as pd

from guanai.care.duties import STATUSES
from guanai.care.policies import Policy
from guanai.templates.wording import say

__all__ = ["COLUMNS", "by_duty", "fulfilment", "workload"]

COLUMNS = (
    "duty", "kind", "subject_id", "subject", "class", "village", "who", "need", "have", "periods", "done", "open", "overdue",
    "postponed", "excused", "share", "met",
)  # fmt: skip


def fulfilment(policy: Policy, lines: pd.DataFrame) -> pd.DataFrame:
    """Return one row per duty and subject (child, helper, class …), in the order of the duties.

    ``lines`` are those of `guanai.care.duties.due` with ``done``, as of the last day of the term or of today; so the
    counts agree with every checklist. Columns: duty, kind (of subject), subject_id, subject, class, village, who; need
    and have (numbers, added up over the periods and events that have begun), periods (how many those are); of them
    done, open (due, not yet overdue), overdue, postponed and excused; share (done of the periods that are not excused,
    0 to 1, NA where all are) and met (nothing is overdue). A duty that only counts (经常) has need 0.
    """
    keys = ["duty", "kind", "subject_id"]
    marks = lines.assign(**{name: (lines["status"] == name).astype("int64") for name in STATUSES}, periods=1)
    groups = marks.groupby(keys, sort=False)
    table = groups[["need", "have", "periods", *STATUSES]].sum()
    texts = groups[["subject", "class", "village", "who"]].first()
    table = texts.join(table).rename(columns={"due": "open"}).reset_index()
    order = {duty.name: place for place, duty in enumerate(policy.duties)}
    asked = (table["periods"] - table["excused"]).astype("Float64")
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
    excused. Every number is the length of the list of that status.
    """
    counted = ["periods", "done", "open", "overdue", "postponed", "excused"]
    groups = table.groupby(["duty", "kind"], sort=False)
    sums = groups[counted].sum().astype("int64")
    sums.insert(0, "persons", groups["subject_id"].nunique())
    asked = (sums["periods"] - sums["excused"]).astype("Float64")
    return sums.assign(share=(sums["done"] / asked.where(asked > 0)).astype("Float64")).reset_index()


def workload(lines: pd.DataFrame) -> pd.DataFrame:
    """Return what each person still owes, who owes most first: who, lines, overdue, open, postponed, persons.

    One row per name among the responsible of open due lines (a line of two counts for both); ``persons`` is of how
    many subjects. Lines that nobody answers for stand under 无人负责.
    """
    nobody = say("people.nobody")
    names = lines["who"].map(lambda people: str(people or nobody).split(say("policy.comma")))
    rows = lines[["subject_id", "kind", "status"]].assign(who=names).explode("who")
    rows = rows[rows["status"].isin(["overdue", "due", "postponed"])]
    counts = pd.crosstab(rows["who"], rows["status"]).reindex(
        columns=["overdue", "due", "postponed"], fill_value=0
    )
    table = counts.rename(columns={"due": "open"}).rename_axis(columns=None)
    table.insert(0, "lines", table.sum(axis=1).astype("int64"))
    table["persons"] = (
        rows.drop_duplicates(["who", "subject_id", "kind"]).groupby("who").size().astype("int64")
    )
    return table.reset_index().sort_values(
        ["overdue", "lines", "who"], ascending=[False, False, True], ignore_index=True
    )
