"""How far every duty of a term is fulfilled, child by child: the frame behind a matrix, a share, a notebook's own check."""

from collections.abc import Mapping
from datetime import date

import pandas as pd

from guanai.care.calendars import Term
from guanai.care.coverage import reckoning_day
from guanai.care.duties import due
from guanai.care.policies import Policy

__all__ = ["COLUMNS", "fulfilment"]

COLUMNS = (
    "duty", "kind", "subject_id", "subject", "class", "who", "need", "have", "periods", "done", "open", "overdue", "share",
    "met",
)  # fmt: skip


def fulfilment(policy: Policy, frames: Mapping[str, pd.DataFrame], term: Term, on: date) -> pd.DataFrame:
    """Return one row per duty and subject (child, helper, class …) for a term up to a day, in the order of the duties.

    Columns: duty, kind (of subject), subject_id, subject, class, who; need and have (numbers, added up over the
    periods and events that have begun), periods (how many those are), done, open (due, not yet overdue) and overdue (how
    many of them), share (done of periods, 0 to 1) and met (nothing is overdue). The lines are those of
    `guanai.care.duties.due`, so the counts agree with every checklist. A duty that only counts (经常) has need 0.
    """
    lines = due(policy, frames, reckoning_day(term, on), done=True)
    keys = ["duty", "kind", "subject_id"]
    marks = lines.assign(
        **{name: (lines["status"] == name).astype("int64") for name in ("done", "due", "overdue")}, periods=1
    )
    groups = marks.groupby(keys, sort=False)
    table = groups[["need", "have", "periods", "done", "due", "overdue"]].sum()
    texts = groups[["subject", "class", "who"]].first()
    table = texts.join(table).rename(columns={"due": "open"}).reset_index()
    order = {duty.name: place for place, duty in enumerate(policy.duties)}
    table = table.assign(
        share=table["done"] / table["periods"], met=table["overdue"] == 0, place=table["duty"].map(order)
    )
    table = table.sort_values(["place", "class", "subject", "subject_id"], kind="stable")
    return table[list(COLUMNS)].reset_index(drop=True)
