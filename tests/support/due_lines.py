"""Due lines made by hand, in the columns of `guanai.care.duties.due.due`, for tests of what is made of them."""

from collections.abc import Iterable
from typing import Any

import pandas as pd

COLUMNS = (
    "duty", "subject", "subject_id", "who", "due", "since", "status", "why", "period", "need", "have", "counted", "class",
    "village", "form", "kind", "role", "deferral", "who_ids", "weight", "met_at", "nobody",
)  # fmt: skip


def line(
    duty: str, subject: str, status: str, since: str, due: str | None = None, **values: Any
) -> dict[str, Any]:
    """Return one line as a dict: of a child in the class 三1班 for whom 周老师 (s1) is responsible, if nothing else is given."""
    met = status in ("late", "done")
    row = {
        "duty": duty, "subject": f"童{subject}", "subject_id": subject, "who": "周老师", "due": due, "since": since,
        "status": status, "why": "", "period": "", "need": 1, "have": int(met), "counted": [], "class": "三1班",
        "village": "", "form": "talk", "kind": "child", "role": "", "deferral": "", "who_ids": ["s1"], "weight": "ordinary",
        "met_at": None, "nobody": "",
    }  # fmt: skip
    given = row | values
    if given["nobody"]:
        given |= {"who": "", "who_ids": []}
    return given


def weeks(
    duty: str, subject: str, statuses: str, first: str = "2026-09-07", **values: Any
) -> list[dict[str, Any]]:
    """Return weekly lines from a Monday on, a letter for each: m missed, d done, l late, t to do, s standing, e excused, p put off."""
    names = {
        "m": "missed",
        "d": "done",
        "l": "late",
        "t": "to_do",
        "s": "standing",
        "e": "excused",
        "p": "postponed",
    }
    made = []
    for number, letter in enumerate(statuses):
        monday = pd.Timestamp(first) + pd.Timedelta(weeks=number)
        days = {"since": f"{monday:%Y-%m-%d}", "due": f"{monday + pd.Timedelta(days=6):%Y-%m-%d}"}
        made.append(line(duty, subject, names[letter], **days, period=f"第{number + 1}周", **values))
    return made


def as_lines(rows: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """Return lines as the frame that `due` gives: days as datetime64, lists and texts as objects."""
    frame = pd.DataFrame(list(rows), columns=list(COLUMNS)).astype(object)
    days = {name: pd.to_datetime(frame[name]).astype("datetime64[ns]") for name in ("due", "since", "met_at")}
    return frame.assign(**days, need=frame["need"].astype("int64"), have=frame["have"].astype("int64"))
