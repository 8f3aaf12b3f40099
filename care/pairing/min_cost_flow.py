"""The best assignment of carers to children within everybody's quota: as many children as possible, the best matches first.

A minimum-cost flow (OR-Tools) computes it: source → class → child → carer → sink. Goals in their order: most children
placed; every class up to its least; no carer with children below their own least; then the sum of costs, in which
every further child costs a little more for a carer who has many already.

A carer without any child is below no least (002-1: who helps, helps at least six), so a school may have to
choose who helps at all. A flow cannot choose that: carers are closed one after the other, those with the fewest
children first, and some are exchanged as long as that is better. Up to `EXHAUSTIVE` such carers every choice is tried.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations, islice, product
from typing import Any, NamedTuple

import numpy as np

__all__ = ["EVEN", "UNLIMITED", "Assignment", "AssignmentProblem", "assign"]

Numbers = np.ndarray[Any, np.dtype[np.int64]]
Mask = np.ndarray[Any, np.dtype[np.bool_]]

UNLIMITED = 1 << 30
EVEN = 2  # what each child that a carer has already adds to the cost of one more
EXHAUSTIVE = 6  # so many carers who need not help at all: every choice among them is tried
ARCS = 1_000_000  # how many arcs all exchanges together may have: about a second of work


@dataclass(frozen=True)
class AssignmentProblem:
    """What may be paired, and how many each may have: arrays, one entry per possible pair, child, carer or class.

    ``child``, ``carer``, ``cost``: the possible pairs, costs not negative. ``need``: how many carers a child still
    needs. ``carried``: how many children a carer has; ``least``, ``most``: of how many in all. ``group``: the
    class of a child, -1 without a quota; ``group_least``, ``group_most``: how many more children of a class.
    """

    child: Numbers
    carer: Numbers
    cost: Numbers
    need: Numbers
    carried: Numbers
    least: Numbers
    most: Numbers
    group: Numbers
    group_least: Numbers
    group_most: Numbers


class Assignment(NamedTuple):
    """Which of the pairs are chosen, and what is missing: children unplaced, and what classes and carers lack."""

    pairs: Numbers
    unplaced: Numbers  # per child: how many of its needs stay open
    group_short: Numbers
    short: Numbers  # per carer who carries a child: how many below the least
    cost: int

    @property
    def rank(self) -> tuple[int, int, int, int]:
        """The goals in their order: the smaller, the better."""
        return int(self.unplaced.sum()), int(self.group_short.sum()), int(self.short.sum()), self.cost


def assign(problem: AssignmentProblem) -> Assignment:
    """Return the best choice of pairs; see the module for what is better."""
    nobody = np.zeros(len(problem.most), dtype=bool)
    best = _flow(problem, nobody)
    free = np.flatnonzero((problem.carried == 0) & (problem.least > 0) & (problem.most > 0))
    if not (problem.least[free] > 1).any() or not len(problem.child):
        return best
    if len(free) <= EXHAUSTIVE:
        choices = (some for number in range(1, len(free) + 1) for some in combinations(free.tolist(), number))
        return min([best, *(_flow(problem, _with_closed(nobody, some)) for some in choices)], key=_rank)
    best, closed = _close_carers(problem, best, free)
    return _exchange_carers(problem, best, closed, free)


def _rank(assignment: Assignment) -> tuple[int, int, int, int]:
    return assignment.rank


def _with_closed(nobody: Mask, some: Iterable[int]) -> Mask:
    closed = nobody.copy()
    closed[list(some)] = True
    return closed


def _close_carers(problem: AssignmentProblem, best: Assignment, free: Numbers) -> tuple[Assignment, Mask]:
    """Close carers, those with the fewest children first, until nobody is below the least."""
    closed = np.zeros(len(problem.most), dtype=bool)
    trial, open_pairs = best, closed
    while trial.short.sum():
        loads = np.bincount(problem.carer[trial.pairs], minlength=len(closed))
        under = free[~closed[free] & (trial.short[free] > 0)]
        if not len(under):
            break
        # Several at a time, but not all: the children of closed carers fill up the others.
        number = max(1, int(0.8 * trial.short.sum() / problem.least[under].mean()))
        under = under[np.argsort(loads[under], kind="stable")]
        closed = closed.copy()
        closed[under[:number]] = True
        trial = _flow(problem, closed)
        if trial.rank[:2] > best.rank[:2]:
            break
        if trial.rank < best.rank:
            best, open_pairs = trial, closed
    return best, open_pairs


def _exchange_carers(problem: AssignmentProblem, best: Assignment, closed: Mask, free: Numbers) -> Assignment:
    """Try to close one carer and open another, as long as there is time."""
    trials = min(24, ARCS // (len(problem.child) + 1) - 4)
    if trials < 1:
        return best
    costs = np.full(len(closed), np.iinfo(np.int64).max)
    np.minimum.at(costs, problem.carer, problem.cost)
    loads = np.bincount(problem.carer[best.pairs], minlength=len(closed))
    inside = free[~closed[free] & (loads[free] > 0)]
    inside = inside[np.argsort(loads[inside], kind="stable")]
    outside = free[closed[free]]
    outside = outside[np.argsort(costs[outside], kind="stable")]
    for out, into in islice(product(inside, outside), trials):
        if closed[out] or not closed[into]:
            continue
        other = closed.copy()
        other[out], other[into] = True, False
        trial = _flow(problem, other)
        if trial.rank < best.rank:
            best, closed = trial, other
    return best


def _flow(problem: AssignmentProblem, closed: Mask) -> Assignment:
    """Return the best choice without the closed carers."""
    from ortools.graph.python import (
        min_cost_flow,
    )  # on first use: a page that proposes nothing does not load it

    children, carers, groups = len(problem.need), len(problem.most), len(problem.group_most)
    source, sink = children + carers + groups, children + carers + groups + 1
    # Any single change of a flow is a cycle, in which each goal counts at most twice: these distances are enough.
    loads = problem.carried + np.bincount(problem.carer, minlength=carers)
    dearest = int(problem.cost.max(initial=0)) + EVEN * int(loads.max(initial=0)) + 1
    carer_goal = 2 * dearest * (children + 1)
    group_goal, placing = 4 * carer_goal, 16 * carer_goal
    solver = min_cost_flow.SimpleMinCostFlow()

    def arcs(tails: Any, heads: Any, room: Any, costs: Any) -> Any:
        columns = np.broadcast_arrays(tails, heads, room, costs)
        return solver.add_arcs_with_capacity_and_unit_cost(
            *(np.ascontiguousarray(column, dtype=np.int64) for column in columns)
        )

    open_pairs = np.flatnonzero(~closed[problem.carer])
    chosen = arcs(
        problem.child[open_pairs], children + problem.carer[open_pairs], 1, problem.cost[open_pairs]
    )
    alone = np.flatnonzero(problem.group < 0)
    arcs(source, alone, problem.need[alone], 0)
    inside = np.flatnonzero(problem.group >= 0)
    arcs(children + carers + problem.group[inside], inside, problem.need[inside], 0)
    hubs = children + carers + np.arange(groups)
    least_of_group = np.minimum(problem.group_least, problem.group_most)
    group_arcs = arcs(source, hubs, least_of_group, -group_goal)
    arcs(source, hubs, problem.group_most - least_of_group, 0)
    carer, load = _slots(problem, closed)
    # A least of one needs no reward: without a child there is no shortage, with one there is none either.
    least = np.where((problem.carried == 0) & (problem.least == 1), 0, problem.least)
    slot_arcs = arcs(
        children + carer, sink, 1, EVEN * (load - 1) - np.where(load <= least[carer], carer_goal, 0)
    )
    total = int(problem.need.sum())
    arcs(source, sink, total, placing)
    solver.set_node_supply(source, total)
    solver.set_node_supply(sink, -total)
    if solver.solve() != solver.OPTIMAL:
        raise ArithmeticError("the flow has no solution")  # cannot happen: everything may stay unplaced

    pairs = open_pairs[solver.flows(chosen) > 0] if len(open_pairs) else open_pairs
    new = np.bincount(problem.carer[pairs], minlength=carers)
    held = problem.carried + new
    used = solver.flows(slot_arcs) if len(carer) else np.empty(0, dtype=np.int64)
    groups_used = solver.flows(group_arcs) if groups else np.empty(0, dtype=np.int64)
    return Assignment(
        pairs=pairs,
        unplaced=problem.need - np.bincount(problem.child[pairs], minlength=children),
        group_short=problem.group_least - groups_used,
        short=np.where(held > 0, np.maximum(problem.least - held, 0), 0),
        cost=int(problem.cost[pairs].sum() + (EVEN * (load - 1) * used).sum()),
    )


def _slots(problem: AssignmentProblem, closed: Mask) -> tuple[Numbers, Numbers]:
    """Return the free places of carers: the carer, and the number of children after taking that place."""
    possible = np.bincount(problem.carer, minlength=len(closed))
    room = np.clip(np.minimum(problem.most - problem.carried, possible), 0, None)
    room[closed] = 0
    carer = np.repeat(np.arange(len(room)), room)
    before = np.repeat(np.cumsum(room) - room, room)
    return carer, problem.carried[carer] + np.arange(len(carer)) - before + 1
