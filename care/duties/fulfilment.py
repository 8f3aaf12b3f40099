"""How far every duty of a term is fulfilled, one row per duty and subject; what a term leaves; missing fields; workloads."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from guanai.care.calendar.school_calendar import Term
from guanai.care.children.required_fields import field_label, missing_fields
from guanai.care.duties.facts import Facts
from guanai.care.duties.statuses import OPEN_STATUSES, STATUSES
from guanai.care.duties.to_do_words import missed_words
from guanai.care.frames import object_column, timestamp
from guanai.care.policy.duty import OFTEN
from guanai.care.policy.policy import Policy
from guanai.templates.wording import say

__all__ = [
    "CLOSING_COLUMNS",
    "COLUMNS",
    "GAP_COLUMNS",
    "OPEN_STATUSES",
    "by_duty",
    "closing_list",
    "fulfilment",
    "gaps",
    "gaps_by_field",
    "group_rows",
    "workload",
]

Places = np.ndarray[Any, np.dtype[np.int64]]

COLUMNS = (
    "duty", "kind", "subject_id", "subject", "class", "village", "who", "need", "have", "periods", "done", "late", "to_do",
    "standing", "missed", "postponed", "excused", "share", "late_share", "met",
)  # fmt: skip
GAP_COLUMNS = ("duty", "field", "field_label", "kind", "subject_id", "subject", "class", "village")
COUNTED = ("done", "late", "to_do", "standing", "missed", "postponed", "excused")
CLOSING_COLUMNS = (
    "duty", "kind", "subject_id", "subject", "class", "village", "who", "periods", "done", "late", "missed", "standing",
    "stays_open", "text",
)  # fmt: skip


def fulfilment(policy: Policy, lines: pd.DataFrame) -> pd.DataFrame:
    """Return one row per duty and subject (child, helper, class …), in the order of the duties.

    ``lines`` are those of `guanai.care.duties.due.due` with ``done``, as of the last day of the term or of today; so the
    counts agree with every checklist. Columns: duty, kind (of subject), subject_id, subject, class, village, who; need
    and have (numbers, added up over the periods and events that have begun), periods (how many those are); how many of
    them have each status: done (in time), late (made good after the limit), to_do, standing, missed, postponed, excused;
    share (done in time of the periods that are not excused, 0 to 1, NA where all are), late_share (late of the same) and
    met (nothing is missed, stands over or was late). A duty that only counts (经常) has need 0 and no share: without a
    number nobody can say how far it is done.
    """
    table = _counts(lines)
    order = {duty.name: position for position, duty in enumerate(policy.duties)}
    counting = {duty.name for duty in policy.duties if duty.per == OFTEN}
    not_excused = (table["periods"] - table["excused"]).where(~table["duty"].isin(counting), 0)
    table = table.assign(
        share=_share_of(table["done"], not_excused),
        late_share=_share_of(table["late"], not_excused),
        met=table[["missed", "standing", "late"]].sum(axis=1) == 0,
        position=table["duty"].map(order),
    )
    table = table.sort_values(["position", "class", "subject", "subject_id"], kind="stable")
    return table[list(COLUMNS)].reset_index(drop=True)


def closing_list(lines: pd.DataFrame, term: Term) -> pd.DataFrame:
    """Return what a term leaves: one row per duty and subject of which something was missed or stands over, the most first.

    ``lines`` are those of `guanai.care.duties.due.due` with ``done`` of a day after the term and its days of grace (of a
    running term: what there is so far); only what began in the term or before is in the list. Columns: duty, kind,
    subject_id, subject, class, village, who (无人负责 where nobody is); periods, done, late, missed and standing (numbers);
    stays_open (whether something can still be made good, and so goes over into the next term); text (both, in a sentence).
    """
    table = _counts(lines[lines["since"] <= timestamp(term.end)])
    table = table[(table["missed"] > 0) | (table["standing"] > 0)]
    table = table.sort_values(["missed", "standing"], ascending=False, kind="stable", ignore_index=True)
    columns = (table[name] for name in ("periods", "missed", "late", "standing"))
    texts = [_closing_text(*numbers) for numbers in zip(*columns, strict=True)]
    stays_open = table["standing"] > 0
    who = table["who"].mask(table["who"] == "", say("people.nobody"))
    table = table.assign(who=who, stays_open=stays_open, text=object_column(texts, table.index))
    return table[list(CLOSING_COLUMNS)]


@cache
def _closing_text(periods: int, missed: int, late: int, standing: int) -> str:
    parts = [missed_words("", periods, missed)] if missed else []
    parts += [say("closing.late", late=late)] if late else []
    if standing:
        parts.append(say("closing.standing_one" if standing == 1 else "closing.standing", standing=standing))
    return say("to_do.comma").join(parts)


def _counts(lines: pd.DataFrame) -> pd.DataFrame:
    """Return per duty and subject the sums of need and have, how many lines there are, and how many of each status."""
    group, first = group_rows(lines["duty"], lines["kind"], lines["subject_id"])

    def total(values: "np.ndarray[Any, np.dtype[Any]] | None" = None) -> Places:
        return np.bincount(group, values, len(first)).astype(np.int64)

    status = lines["status"].to_numpy(object)
    texts = lines[["duty", "kind", "subject_id", "subject", "class", "village", "who"]].iloc[first]
    return texts.reset_index(drop=True).assign(
        need=total(lines["need"].to_numpy()),
        have=total(lines["have"].to_numpy()),
        periods=total(),
        **{name: total(status == name) for name in STATUSES},
    )


def _share_of(numbers: "pd.Series[int]", whole: "pd.Series[int]") -> "pd.Series[float]":
    """Return a share from 0 to 1, NA where there is nothing to do."""
    divisor = whole.astype("Float64")
    return (numbers / divisor.where(divisor > 0)).astype("Float64")


def by_duty(table: pd.DataFrame) -> pd.DataFrame:
    """Return `fulfilment` added up by duty: duty, kind, persons (how many subjects), periods, done … excused, both shares.

    One row per duty and kind of subject, in the order of the duties; ``share`` is done in time of the periods that are not
    excused, ``late_share`` late of the same, NA where the duty only counts. Every number is the length of the list of that
    status.
    """
    groups = table.groupby(["duty", "kind"], sort=False)
    sums = groups[["periods", *COUNTED]].sum().astype("int64")
    sums.insert(0, "persons", groups["subject_id"].nunique())
    not_excused = (sums["periods"] - sums["excused"]).where(groups["share"].count() > 0, 0)
    shares = {
        "share": _share_of(sums["done"], not_excused),
        "late_share": _share_of(sums["late"], not_excused),
    }
    return sums.assign(**shares).reset_index()


def workload(rows: pd.DataFrame) -> pd.DataFrame:
    """Return what each person still has to do, the most first: who, lines, standing, to_do, postponed, persons.

    ``rows`` are those of `guanai.care.duties.to_do.to_do` (or due lines), so that each number is the length of the list that a
    person sees. One row per name among the responsible of open rows (a row of two counts for both); ``persons`` is of
    how many subjects. Rows without a responsible person are under 无人负责.
    """
    nobody, comma = say("people.nobody"), say("policy.comma")
    open_rows = rows[rows["status"].isin(OPEN_STATUSES)]
    each = pd.DataFrame(
        {
            "who": object_column(
                (str(names or nobody).split(comma) for names in open_rows["who"]), open_rows.index
            ),
            "subject": open_rows["kind"] + " " + open_rows["subject_id"],
            "cause": open_rows["subject_id"].eq("") & open_rows["kind"].ne("school"),
            "status": open_rows["status"],
        }
    ).explode("who")
    counts = pd.crosstab(each["who"], each["status"]).reindex(columns=list(OPEN_STATUSES), fill_value=0)
    persons = each[~each["cause"]].groupby("who")["subject"].nunique().reindex(counts.index, fill_value=0)
    table = counts.assign(lines=counts.sum(axis=1), persons=persons).reset_index().rename_axis(columns=None)
    table = table.sort_values(["standing", "lines", "who"], ascending=[False, False, True], ignore_index=True)
    return table[["who", "lines", *OPEN_STATUSES, "persons"]]


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
    facts, parts = Facts(policy, frames, on), []
    for duty in policy.of_kind("complete"):
        subjects = facts.present(duty).sort_values("place")
        part = pd.DataFrame(
            {
                "duty": duty.name, "field": missing_fields(subjects, duty.content).to_list(), "kind": duty.subject,
                "subject_id": subjects.index, "subject": subjects["name"].to_numpy(object),
                "class": subjects["class"].to_numpy(object), "village": subjects["village"].to_numpy(object),
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
