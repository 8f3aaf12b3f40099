"""What must be so on the day asked, whenever that is: helpers, dossiers, and how many children each carries.

A child in care without a helper is a line since the last helper ended or the child came into care; a dossier
with an empty field since the child came into care; a helper, a class or a child with too few or too many
pairings since the term began (or the child came into care).
"""

import numpy as np
import pandas as pd

from guanai.care.children.required_fields import field_label, missing_fields
from guanai.care.duties.context import Facts, Found, Numbers, Truths
from guanai.care.duties.explanations import in_range, plain_words, source
from guanai.care.duties.lines import Lines, counted_lists, lines, worded
from guanai.care.duties.subjects import ALWAYS, NO_DAY, number_of
from guanai.care.policy.conditions import holds
from guanai.care.policy.duty import ALL_CHILDREN, Duty
from guanai.templates.wording import say

__all__ = ["complete", "helpers", "quotas"]


def helpers(duty: Duty, facts: Facts, asked: Truths, by: tuple[str, ...]) -> Lines:
    """Return the lines of a duty of the kind helper: so many helpers for every child in care."""
    pairs, subjects = _running(facts, "child", duty), facts.subjects("child")
    codes = np.flatnonzero(asked & _there(facts, "child"))
    have = _partners(pairs, len(subjects))[codes]
    rows, children = facts.owners("pairing", "child")
    ended = facts.days_of("pairing", "end")[rows]
    was = (facts.frames["pairing"]["role"] == "helper").to_numpy(bool)[rows]
    was &= (ended != NO_DAY) & (ended < facts.day)
    free = np.full(len(subjects), NO_DAY)
    np.maximum.at(free, children[was], ended[was] + 1)
    since = np.maximum(_since(facts, "child")[codes], free[codes])
    words = plain_words("why.helper", duty)
    line = np.full(len(subjects), -1)
    line[codes] = np.arange(len(codes))
    return lines(
        code=codes,
        since=since,
        due=since,
        need=np.full(len(codes), duty.at_least),
        have=have,
        fine=have >= duty.at_least,
        period=[""] * len(codes),
        why=worded(lambda number: words(duty.at_least, number), have),
        counted=counted_lists(line[pairs.codes], pairs, len(codes)),
    )


def complete(duty: Duty, facts: Facts, asked: Truths, by: tuple[str, ...]) -> Lines:
    """Return the lines of a duty of the kind complete: named fields filled."""
    codes = np.flatnonzero(asked & _there(facts, duty.subject))
    subjects = facts.subjects(duty.subject)
    missing = missing_fields(subjects.frame.iloc[codes], duty.content)
    labels, comma, need = (
        {field: field_label(field) for field in duty.content},
        say("policy.comma"),
        len(duty.content),
    )
    words = plain_words("why.complete", duty)
    told: dict[tuple[str, ...], str] = {}
    for fields in map(tuple, missing):
        if fields not in told:
            told[fields] = words(need, need - len(fields), comma.join(labels[field] for field in fields))
    have = need - missing.map(len).to_numpy(np.int64)
    since = _since(facts, duty.subject)[codes]
    return lines(
        code=codes,
        since=since,
        due=since,
        need=np.full(len(codes), need),
        have=have,
        fine=have >= need,
        period=[""] * len(codes),
        why=[told[tuple(fields)] for fields in missing],
        counted=[[one] for one in subjects.ids[codes]],
    )


def quotas(duty: Duty, facts: Facts, asked: Truths, by: tuple[str, ...]) -> Lines:
    """Return the lines of a duty of the kind quota: pairings between a least and a most.

    Of a helper the children in care that it carries (whoever carries nobody is no helper), of a class its
    children who have a pairing (not more than it has in care), of a child its helpers or peers.
    """
    kind, size = duty.subject, len(facts.subjects(duty.subject))
    pairs = _running(facts, kind, duty)
    need = np.full(size, duty.at_least)
    if kind == "child":
        have = _partners(pairs, size)
    else:
        children = _children_of(facts, pairs)
        cells = np.unique(pairs.codes * (len(facts.subjects("child")) + 1) + children)
        have = np.bincount(cells // (len(facts.subjects("child")) + 1), minlength=size)
    if kind == "class":
        need = np.minimum(need, _in_care_by_class(facts))
    there = asked & _there(facts, kind)
    if kind in ("helper", "teacher"):
        there &= have > 0
    fine = (have >= need) & (have <= (duty.at_most or np.iinfo(np.int64).max))
    codes = np.flatnonzero(there & (facts.done | ~fine))
    since = _since(facts, kind)[codes]
    line = np.full(size, -1)
    line[codes] = np.arange(len(codes))
    key = f"why.quota_{'helper' if kind == 'teacher' else kind}"
    around = in_range(duty)
    return lines(
        code=codes,
        since=since,
        due=since,
        need=need[codes],
        have=have[codes],
        fine=fine[codes],
        period=[""] * len(codes),
        why=worded(lambda number: say(key, source=source(duty), range=around, have=number), have[codes]),
        counted=counted_lists(line[pairs.codes], pairs, len(codes)),
    )


def _there(facts: Facts, kind: str) -> Truths:
    subjects = facts.subjects(kind)
    there: Truths = (subjects.first <= facts.day) & (facts.day <= subjects.last)
    return there


def _since(facts: Facts, kind: str) -> Numbers:
    """Return since when each subject is there, for those that always were: since the term began."""
    first = facts.subjects(kind).first
    begin = number_of(facts.term.start) if facts.term else facts.day
    return np.where(first == ALWAYS, begin, first) if kind in ALL_CHILDREN else np.maximum(first, begin)


def _running(facts: Facts, kind: str, duty: Duty) -> Found:
    """Return the pairings of children in care that run on the day, by subject, one for each pair.

    With a helper, unless the duty's condition says with whom. A pairing without a start does not run: it has not
    been agreed when it begins.
    """
    pairings, day = facts.frames["pairing"], facts.day
    starts, ends = facts.days_of("pairing", "start"), facts.days_of("pairing", "end")
    kept = (starts != NO_DAY) & (starts <= day) & ((ends == NO_DAY) | (day <= ends))
    if not any(clause.field == "role" for clause in duty.condition):
        kept &= (pairings["role"] == "helper").to_numpy(bool)
    kept &= holds(duty.condition, pairings).to_numpy(bool)
    if "helper" in pairings:
        helping = (pairings["role"] == "helper").to_numpy(bool)
        kept &= ~helping | pairings["helper"].notna().to_numpy(bool)
    rows, children = facts.owners("pairing", "child")
    codes: Numbers
    kept[np.setdiff1d(np.arange(len(kept)), rows[_there(facts, "child")[children]])] = False
    if kind in ("helper", "teacher"):
        subjects = facts.subjects(kind)
        codes = subjects.index.get_indexer(pd.Index(pairings["helper"], dtype=object)).astype(np.int64)
        rows = np.flatnonzero(codes >= 0).astype(np.int64)
        codes = codes[rows]
    elif kind == "class":
        places = dict(zip(facts.subjects(kind).names, range(len(facts.subjects(kind))), strict=True))
        own = facts.subjects("child").classes.map(places).fillna(-1).to_numpy(np.int64)[children]
        rows, codes = rows[own >= 0], np.asarray(own[own >= 0], dtype=np.int64)
    else:
        codes = children
    rows, codes = rows[kept[rows]], codes[kept[rows]]
    other = (
        pairings["helper"]
        if "peer_name" not in pairings
        else pairings["helper"].fillna(pairings["peer_name"])
    )
    pair = pd.DataFrame({"child": pairings["child"].iloc[rows], "other": other.iloc[rows]})
    first = (~pair.duplicated()).to_numpy(bool)
    rows, codes = rows[first], codes[first]
    ids = pairings["id"].to_numpy(object)[rows]
    return Found(rows, codes, starts[rows], ids, np.zeros(len(rows), dtype=np.int64))


def _partners(pairs: Found, size: int) -> Numbers:
    return np.bincount(pairs.codes, minlength=size)


def _children_of(facts: Facts, pairs: Found) -> Numbers:
    """Return the child of each pairing, by its place among the children."""
    rows, codes = facts.owners("pairing", "child")
    of_row = np.full(len(facts.frames["pairing"]), len(facts.subjects("child")))
    of_row[rows] = codes
    found: Numbers = of_row[pairs.rows]
    return found


def _in_care_by_class(facts: Facts) -> Numbers:
    """Return how many children of each class are in care on the day."""
    children, classes = facts.subjects("child"), facts.subjects("class")
    places = dict(zip(classes.names, range(len(classes)), strict=True))
    own = children.classes.map(places).fillna(-1).to_numpy(np.int64)[_there(facts, "child")]
    return np.bincount(own[own >= 0], minlength=len(classes))
