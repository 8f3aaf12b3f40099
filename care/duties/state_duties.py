"""What must be true on the day: every child has a helper, every dossier is complete, every quota is met.

The lines start as follows. A child in care without a helper: when the last helper ended, or when the child came into
care. A dossier with an empty field: when the child came into care. A helper, a class or a child with too few or too
many pairings: when the term began, or when the child came into care.
"""

import numpy as np
import pandas as pd

from guanai.care.children.required_fields import field_label, missing_fields
from guanai.care.duties.context import DutyContext, Mask, MatchedRecords, Numbers
from guanai.care.duties.explanations import number_words, range_words, source
from guanai.care.duties.lines import DutyLines, counted_ids, duty_lines, texts_by_row
from guanai.care.duties.subjects import ALWAYS, NO_DAY, day_number
from guanai.care.policy.conditions import holds
from guanai.care.policy.duty import ALL_CHILDREN, Duty
from guanai.templates.wording import say

__all__ = ["complete_lines", "helper_lines", "quota_lines"]


def helper_lines(duty: Duty, context: DutyContext, applies: Mask, by: tuple[str, ...]) -> DutyLines:
    """Return the lines of a duty of the kind helper: so many helpers for every child in care."""
    pairs, subjects = _current_pairs(context, "child", duty), context.subjects("child")
    codes = np.flatnonzero(applies & _present(context, "child"))
    have = _partner_counts(pairs, len(subjects))[codes]
    rows, children = context.record_subjects("pairing", "child")
    ended = context.days_of("pairing", "end")[rows]
    ended_before = (context.frames["pairing"]["role"] == "helper").to_numpy(bool)[rows]
    ended_before &= (ended != NO_DAY) & (ended < context.day)
    free = np.full(len(subjects), NO_DAY)
    np.maximum.at(free, children[ended_before], ended[ended_before] + 1)
    since = np.maximum(_present_since(context, "child")[codes], free[codes])
    words = number_words("why.helper", duty)
    line = np.full(len(subjects), -1)
    line[codes] = np.arange(len(codes))
    return duty_lines(
        code=codes,
        since=since,
        due=since,
        need=np.full(len(codes), duty.at_least),
        have=have,
        met=have >= duty.at_least,
        period=[""] * len(codes),
        why=texts_by_row(lambda number: words(duty.at_least, number), have),
        counted=counted_ids(line[pairs.codes], pairs, len(codes)),
    )


def complete_lines(duty: Duty, context: DutyContext, applies: Mask, by: tuple[str, ...]) -> DutyLines:
    """Return the lines of a duty of the kind complete: named fields filled."""
    codes = np.flatnonzero(applies & _present(context, duty.subject))
    subjects = context.subjects(duty.subject)
    missing = missing_fields(subjects.frame.iloc[codes], duty.content)
    labels, comma, need = (
        {field: field_label(field) for field in duty.content},
        say("policy.comma"),
        len(duty.content),
    )
    words = number_words("why.complete", duty)
    reasons: dict[tuple[str, ...], str] = {}
    for fields in map(tuple, missing):
        if fields not in reasons:
            reasons[fields] = words(need, need - len(fields), comma.join(labels[field] for field in fields))
    have = need - missing.map(len).to_numpy(np.int64)
    since = _present_since(context, duty.subject)[codes]
    return duty_lines(
        code=codes,
        since=since,
        due=since,
        need=np.full(len(codes), need),
        have=have,
        met=have >= need,
        period=[""] * len(codes),
        why=[reasons[tuple(fields)] for fields in missing],
        counted=[[one] for one in subjects.ids[codes]],
    )


def quota_lines(duty: Duty, context: DutyContext, applies: Mask, by: tuple[str, ...]) -> DutyLines:
    """Return the lines of a duty of the kind quota: pairings between a least and a most.

    What is counted: of a helper the children in care paired with them (somebody without any is no helper); of a
    class its children who have a pairing (not more than it has in care); of a child its helpers or peers.
    """
    kind, size = duty.subject, len(context.subjects(duty.subject))
    pairs = _current_pairs(context, kind, duty)
    need = np.full(size, duty.at_least)
    if kind == "child":
        have = _partner_counts(pairs, size)
    else:
        each_child = pd.DataFrame(
            {"code": pairs.codes, "child": _children_of(context, pairs)}
        ).drop_duplicates()
        have = np.bincount(each_child["code"], minlength=size)
    if kind == "class":
        need = np.minimum(need, _in_care_by_class(context))
    present = applies & _present(context, kind)
    if kind in ("helper", "teacher"):
        present &= have > 0
    met = (have >= need) & (have <= (duty.at_most or np.iinfo(np.int64).max))
    codes = np.flatnonzero(present & (context.done | ~met))
    since = _present_since(context, kind)[codes]
    line = np.full(size, -1)
    line[codes] = np.arange(len(codes))
    key = f"why.quota_{'helper' if kind in ('teacher', 'staff') else kind}"
    around = range_words(duty)
    return duty_lines(
        code=codes,
        since=since,
        due=since,
        need=need[codes],
        have=have[codes],
        met=met[codes],
        period=[""] * len(codes),
        why=texts_by_row(
            lambda number: say(key, source=source(duty), range=around, have=number), have[codes]
        ),
        counted=counted_ids(line[pairs.codes], pairs, len(codes)),
    )


def _present(context: DutyContext, kind: str) -> Mask:
    subjects = context.subjects(kind)
    present: Mask = (subjects.first <= context.day) & (context.day <= subjects.last)
    return present


def _present_since(context: DutyContext, kind: str) -> Numbers:
    """Return since when each subject is present; for those that always were, since the term began."""
    first = context.subjects(kind).first
    begin = day_number(context.term.start) if context.term else context.day
    return np.where(first == ALWAYS, begin, first) if kind in ALL_CHILDREN else np.maximum(first, begin)


def _current_pairs(context: DutyContext, kind: str, duty: Duty) -> MatchedRecords:
    """Return the pairings of children in care that run on the day, by subject, one for each pair.

    With a helper, unless the duty's condition says with whom. A pairing without a start does not run: its beginning
    has not been agreed yet.
    """
    pairings, day = context.frames["pairing"], context.day
    starts, ends = context.days_of("pairing", "start"), context.days_of("pairing", "end")
    runs = (starts != NO_DAY) & (starts <= day) & ((ends == NO_DAY) | (day <= ends))
    if not any(clause.field == "role" for clause in duty.condition):
        runs &= (pairings["role"] == "helper").to_numpy(bool)
    runs &= holds(duty.condition, pairings).to_numpy(bool)
    if "helper" in pairings:
        helping = (pairings["role"] == "helper").to_numpy(bool)
        runs &= ~helping | pairings["helper"].notna().to_numpy(bool)
    rows, children = context.record_subjects("pairing", "child")
    codes: Numbers
    runs[np.setdiff1d(np.arange(len(runs)), rows[_present(context, "child")[children]])] = False
    if kind in ("helper", "teacher", "staff"):
        subjects = context.subjects(kind)
        codes = subjects.index.get_indexer(pd.Index(pairings["helper"], dtype=object)).astype(np.int64)
        rows = np.flatnonzero(codes >= 0).astype(np.int64)
        codes = codes[rows]
    elif kind == "class":
        positions = dict(zip(context.subjects(kind).names, range(len(context.subjects(kind))), strict=True))
        own = context.subjects("child").classes.map(positions).fillna(-1).to_numpy(np.int64)[children]
        rows, codes = rows[own >= 0], np.asarray(own[own >= 0], dtype=np.int64)
    else:
        codes = children
    rows, codes = rows[runs[rows]], codes[runs[rows]]
    other = (
        pairings["helper"]
        if "peer_name" not in pairings
        else pairings["helper"].fillna(pairings["peer_name"])
    )
    pair = pd.DataFrame({"child": pairings["child"].iloc[rows], "other": other.iloc[rows]})
    first = (~pair.duplicated()).to_numpy(bool)
    rows, codes = rows[first], codes[first]
    ids = pairings["id"].to_numpy(object)[rows]
    return MatchedRecords(rows, codes, starts[rows], ids, np.zeros(len(rows), dtype=np.int64))


def _partner_counts(pairs: MatchedRecords, size: int) -> Numbers:
    return np.bincount(pairs.codes, minlength=size)


def _children_of(context: DutyContext, pairs: MatchedRecords) -> Numbers:
    """Return the child of each pairing, by its position among the children."""
    rows, codes = context.record_subjects("pairing", "child")
    of_row = np.full(len(context.frames["pairing"]), len(context.subjects("child")))
    of_row[rows] = codes
    children_of_pairs: Numbers = of_row[pairs.rows]
    return children_of_pairs


def _in_care_by_class(context: DutyContext) -> Numbers:
    """Return how many children of each class are in care on the day."""
    children, classes = context.subjects("child"), context.subjects("class")
    positions = dict(zip(classes.names, range(len(classes)), strict=True))
    own = children.classes.map(positions).fillna(-1).to_numpy(np.int64)[_present(context, "child")]
    return np.bincount(own[own >= 0], minlength=len(classes))
