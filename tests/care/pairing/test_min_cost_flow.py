"""The best choice of pairs: against every choice there is in tiny cases, within the quotas in any (R29, W6, 002-1 L45)."""

from itertools import product

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from guanai.care.pairing.min_cost_flow import EVEN, UNLIMITED, AssignmentProblem, assign


def places(costs, need=None, carried=None, least=0, most=UNLIMITED, group=None, bounds=()):
    """Every child with every carer; ``costs`` one row per child, None where a pair may not be made."""
    children, carers = len(costs), len(costs[0]) if costs else 0
    pairs = [(c, h, costs[c][h]) for c in range(children) for h in range(carers) if costs[c][h] is not None]
    columns = [np.array([pair[place] for pair in pairs], dtype=np.int64) for place in range(3)]

    def each(value, size):
        return np.broadcast_to(np.array(value, dtype=np.int64), (size,)).copy()

    return AssignmentProblem(
        *columns,
        each(1 if need is None else need, children),
        each(carried or 0, carers),
        each(least, carers),
        each(most, carers),
        each(-1 if group is None else group, children),
        np.array([least for least, _ in bounds], dtype=np.int64),
        np.array([most for _, most in bounds], dtype=np.int64),
    )


def by_brute_force(given):
    """Return the rank of the best of all choices, each looked at."""
    count = len(given.child)
    best = None
    for choice in product((False, True), repeat=count):
        chosen = np.flatnonzero(choice)
        per_child = np.bincount(given.child[chosen], minlength=len(given.need))
        new = np.bincount(given.carer[chosen], minlength=len(given.most))
        held = given.carried + new
        inside = given.group[given.child[chosen]]
        of_group = np.bincount(inside[inside >= 0], minlength=len(given.group_most))
        if (per_child > given.need).any() or ((held > given.most) & (new > 0)).any():
            continue
        if (of_group > given.group_most).any():
            continue
        even = sum(
            EVEN * step
            for before, more in zip(given.carried, new, strict=True)
            for step in range(before, before + more)
        )
        rank = (
            int((given.need - per_child).sum()),
            int(np.maximum(given.group_least - of_group, 0).sum()),
            int(np.where(held > 0, np.maximum(given.least - held, 0), 0).sum()),
            int(given.cost[chosen].sum() + even),
        )
        best = rank if best is None or rank < best else best
    return best


@st.composite
def tiny(draw):
    children, carers = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    number = st.integers(0, 40)
    costs = [
        [draw(st.one_of(st.none(), number, number)) for _ in range(carers)] for _ in range(children)
    ]  # fmt: skip
    least = [draw(st.integers(0, 3)) for _ in range(carers)]
    most = [low + draw(st.integers(0, 2)) for low in least]
    groups = draw(st.integers(0, 2))
    bounds = [
        (low, low + draw(st.integers(0, 2))) for low in (draw(st.integers(0, 2)) for _ in range(groups))
    ]
    return places(
        costs,
        need=[draw(st.integers(0, 2)) for _ in range(children)] if not groups else 1,
        carried=[draw(st.integers(0, 2)) for _ in range(carers)],
        least=least,
        most=most,
        group=[draw(st.integers(-1, groups - 1)) for _ in range(children)],
        bounds=bounds,
    )


@settings(max_examples=150, deadline=None)
@example(places([[None, None, None], [0, 1, None]], need=[0, 1], least=[0, 1, 0], most=[1, 1, 0]))
@given(tiny())
def test_nothing_is_better_than_what_is_chosen(given):
    assert assign(given).rank == by_brute_force(given)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 60), st.integers(7, 14), st.integers(0, 6), st.integers(0, 5), st.integers(0, 10_000))
def test_quotas_hold_in_any_school(children, carers, least, more, seed):
    """Where everybody may carry anybody: nobody above the most, all placed if there is room, few below the least."""
    dice = np.random.default_rng(seed)
    most = max(1, least + more)
    assigned = assign(places(dice.integers(0, 100, (children, carers)).tolist(), least=least, most=most))
    places_given = places(dice.integers(0, 100, (children, carers)).tolist(), least=least, most=most)
    loads = np.bincount(places_given.carer[assigned.pairs], minlength=carers)
    assert (loads <= most).all()
    assert loads.sum() == min(children, carers * most)
    assert (np.bincount(places_given.child[assigned.pairs], minlength=children) <= 1).all()
    helping = [number for number in range(1, carers + 1) if number * least <= children <= number * most]
    if helping:
        assert not assigned.short.any(), "so many helpers, each between the least and the most, would do"


@pytest.mark.parametrize(
    ("children", "carers", "least", "most", "unplaced", "short"),
    [
        pytest.param(
            40, 12, 0, 3, 4, 0, id="R29, 000-7: 40 children, 12 helpers of 3 at most: 4 places short"
        ),
        pytest.param(36, 12, 2, 3, 0, 0, id="000-7 L122: just enough"),
        pytest.param(40, 12, 6, UNLIMITED, 0, 0, id="002-1 L45: at least 6, so that 6 of 12 help"),
        pytest.param(4, 2, 6, UNLIMITED, 0, 2, id="002-1: four children are too few for one helper"),
        pytest.param(5, 7, 1, 1, 0, 0, id="002-8 L517: one each"),
        pytest.param(9, 7, 1, 1, 2, 0, id="002-8 L517: two too many"),
        pytest.param(3, 0, 0, 3, 3, 0, id="nobody helps"),
    ],
)
def test_what_the_documents_ask(children, carers, least, most, unplaced, short):
    assigned = assign(places([[5] * carers for _ in range(children)], least=least, most=most))
    assert (int(assigned.unplaced.sum()), int(assigned.short.sum())) == (unplaced, short)


def test_a_class_puts_forward_between_its_least_and_its_most():
    """000-7 L122: 4—5 of each class; who is scarce goes first to the class that has too few."""
    group = [0] * 8 + [1] * 8
    assigned = assign(places([[0]] * 8 + [[90]] * 8, most=8, group=group, bounds=[(4, 5), (4, 5)]))
    chosen = np.bincount(np.array(group)[assigned.pairs], minlength=2)
    assert chosen.tolist() == [4, 4]
    assert not assigned.group_short.any()
    full = assign(places([[0]] * 8 + [[90]] * 8, group=group, bounds=[(4, 5), (4, 5)]))
    assert np.bincount(np.array(group)[full.pairs], minlength=2).tolist() == [5, 5]


def test_with_alike_matches_the_children_are_spread_evenly():
    assigned = assign(places([[7] * 4 for _ in range(10)], carried=[0, 0, 0, 3]))
    assert np.bincount(np.arange(40).reshape(10, 4).ravel()[assigned.pairs] % 4, minlength=4).tolist() in (
        [4, 3, 3, 0], [3, 4, 3, 0], [3, 3, 4, 0], [3, 3, 3, 1],
    )  # fmt: skip


def test_a_better_match_is_worth_an_exchange_of_who_helps():
    """With more free helpers than are tried one by one, the one who fits best is among those who help."""
    costs = [[90] * 9 + [0] for _ in range(6)]
    assigned = assign(places(costs, least=6, most=6))
    assert set(np.tile(np.arange(10), 6)[assigned.pairs]) == {9}
