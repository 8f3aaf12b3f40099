"""Each row of each preset is moved by the record that its document asks for, and by no other (see ``row_moves/README.md``).

Requirement: each rule of each document is met by what it asks for and nothing else (requirements 2A, 2B, 7.4; F17).
"""

from collections import Counter
from dataclasses import replace
from functools import cache

import pytest
from support.row_movers import lines_of, read_table, rows_of, tables

from guanai.care.policy.conditions import Clause
from guanai.storage.school.policy_in_use import SHARED_ROWS
from guanai.storage.school.workbooks import presets

CASES = [
    pytest.param(case, id=f"{case.preset}-{case.duty}") for preset in tables() for case in read_table(preset)
]


@cache
def all_changes(case, duty):
    """Return for each scenario of a case the subjects whose lines its last step changes."""
    every = case.moves + case.still
    steps = [some for scenario in every for some in (scenario.before, scenario.before + scenario.last)]
    lines = lines_of(case.preset, duty, steps)
    return {
        scenario: {key[0] for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
        for scenario, before, after in zip(every, lines[::2], lines[1::2], strict=True)
    }


def changes(case, duty, scenario):
    """Return the subjects whose lines the last step of a scenario changes."""
    return all_changes(case, duty)[scenario]


def whose(case):
    return "" if case.subject == "school" else case.subject


def moves(case, duty, scenario):
    """Return whether the last step of a scenario changes the line of the duty."""
    return whose(case) in changes(case, duty, scenario)


def test_each_preset_has_a_table():
    assert tables() == sorted([*presets(), *SHARED_ROWS])


@pytest.mark.parametrize("preset", tables())
def test_the_table_has_each_row_of_the_preset_with_what_moves_it_and_what_does_not(preset):
    cases = read_table(preset)
    assert Counter(case.duty for case in cases) == Counter(list(rows_of(preset)))
    for case in cases:
        assert case.line in rows_of(preset)[case.duty].source, case.duty
        assert case.moves and case.still, case.duty


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_what_the_document_asks_for_moves_the_row_of_whom_it_is_about(case):
    duty = rows_of(case.preset)[case.duty]
    for scenario in case.moves:
        assert changes(case, duty, scenario) == {whose(case)}, scenario
    first = case.moves[0]
    (lines,) = lines_of(case.preset, duty, [first.before + first.last])
    needs = [need for key, (need, _) in lines.items() if key[0] == whose(case)]
    assert max(needs) == int(case.need)


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_nothing_else_moves_it(case):
    duty = rows_of(case.preset)[case.duty]
    for scenario in case.still:
        if moves(case, duty, scenario):
            alone = [scenario._replace(last=(step,)) for step in scenario.last]
            each = case._replace(moves=(), still=tuple(alone))
            pytest.fail(str([single for single in alone if moves(each, duty, single)] or scenario))


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_no_condition_of_the_row_is_without_a_record_that_shows_it(case):
    """A row with one clause, one value or one register less is another rule; the table tells the two apart."""
    duty = rows_of(case.preset)[case.duty]
    for what, other in weaker(duty):
        lets_in = any(moves(case, other, scenario) for scenario in case.still)
        assert lets_in or not all(moves(case, other, scenario) for scenario in case.moves), what


def weaker(duty):
    """Return the duty without each of its clauses, values, registers and its author, with what is left out."""
    for heading in ("condition", "trigger_condition", "subject_condition"):
        clauses = getattr(duty, heading)
        for position, clause in enumerate(clauses):
            if duty.kind == "quota" and clause == Clause("role", ("helper",)):
                continue  # pairings are those with a helper where nothing else is said
            rest = clauses[:position] + clauses[position + 1 :]
            if not (duty.kind == "share" and clause.field == "mode"):  # 面对面: so is the figure by its name
                yield (heading, clause), replace(duty, **{heading: rest})
            for value in clause.values if len(clause.values) > 1 else ():
                fewer = clause._replace(values=tuple(other for other in clause.values if other != value))
                others = (*clauses[:position], fewer, *clauses[position + 1 :])
                yield (heading, clause, value), replace(duty, **{heading: others})
    if duty.by:
        yield ("by", duty.by), replace(duty, by=())
    for register in duty.records if len(duty.records) > 1 else ():
        yield (
            ("record", register),
            replace(duty, records=tuple(other for other in duty.records if other != register)),
        )
