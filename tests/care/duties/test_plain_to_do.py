"""What is to be done and what a term leaves against `support.plain_to_do`, an independent reading of them, in invented schools.

Requirement: due and missing lists and what a term leaves (7.2, 7.5, 7.16; F17).
"""

import pandas as pd
import pytest
from support.invented_schools import days_to_ask, invented_school, with_decisions
from support.plain_duties import as_frames, plain_due
from support.plain_to_do import plain_closing_list, plain_coverage, plain_to_do

from guanai.care.duties.due import due
from guanai.care.duties.fulfilment import closing_list, fulfilment
from guanai.care.duties.to_do import to_do

SEEDS, MORE_SEEDS = range(10), range(100, 160)
OF_CAUSES = ("tier", "cause", "who_ids", "lines", "members")
OF_ROWS = (
    "tier", "cause", "duty", "kind", "subject_id", "who_ids", "due", "since", "status", "weight", "lines", "periods", "missed",
    "run", "last", "members", "raised", "raised_ids",
)  # fmt: skip


def plain(value):
    """Return a value as the plain loops write it: days as dates and moments, lists as tuples, None for nothing."""
    if isinstance(value, list | tuple):
        return tuple(value)
    if value is None or value is pd.NaT:
        return None
    return pd.Timestamp(value) if hasattr(value, "year") else value


def named(row):
    """Return what is compared of a row; of a cause the members, whatever their order."""
    values = {name: plain(row[name]) for name in (OF_CAUSES if row["cause"] else OF_ROWS)}
    return values | ({"members": tuple(sorted(values["members"]))} if row["cause"] else {})


def rows_and_plain_rows(seed):
    policy, registers = invented_school(seed)
    for on, now, known in days_to_ask(seed, policy):
        if known is not None:
            continue
        # The storage hands in what is known on the day.
        registers_then = {
            name: [row for row in rows if known_on(row, on)] for name, rows in registers.items()
        }
        lines = plain_due(policy, registers_then, on, done=True, now=now)
        registers_then = with_decisions(seed, lines, policy, registers_then, on)
        frames = as_frames(registers_then)
        lines = plain_due(policy, registers_then, on, done=True, now=now)
        yield policy, frames, registers_then, due(policy, frames, on, done=True, now=now), lines, on


def known_on(record, day):
    return str(record.get("created_at") or "")[:10] <= day.isoformat()


def check(seed):
    for policy, frames, registers, made, lines, on in rows_and_plain_rows(seed):
        rows = [named(row) for row in to_do(policy, frames, made, on).to_dict("records")]
        others = [named(row) for row in plain_to_do(policy, registers, lines, on)]
        assert [row for row in rows if row not in others] == [], f"seed {seed}, {on}"
        assert [row for row in others if row not in rows] == [], f"seed {seed}, {on}"
        assert [row["tier"] for row in rows] == [row["tier"] for row in others]
        coverage = plain_coverage(policy, lines)
        for row in fulfilment(policy, made).to_dict("records"):
            other = coverage.pop((row["duty"], row["kind"], row["subject_id"]))
            assert {name: plain(row[name]) if row[name] is not pd.NA else None for name in other} == other
        assert not coverage
        left, term = plain_closing_list(policy, lines), policy.calendar.terms[-1]
        for row in closing_list(made, term).to_dict("records") if on <= term.end else ():
            other = left.pop((row["duty"], row["kind"], row["subject_id"]))
            numbers = ("periods", "done", "late", "missed", "standing")
            assert {name: row[name] for name in numbers} == {name: other[name] for name in numbers}
            assert row["stays_open"] == (row["standing"] > 0)
        assert not left or on > term.end


@pytest.mark.parametrize("seed", SEEDS)
def test_rows_coverage_and_what_a_term_leaves_are_those_of_the_plain_loops(seed):
    check(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", MORE_SEEDS)
def test_they_are_in_many_schools(seed):
    check(seed)
