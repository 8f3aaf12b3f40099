"""Children of one home are one household (W2: one way serves them all; care/children/households.py)."""

import pandas as pd
import pytest

from guanai.care.children.households import households


def child(child_id, address="大坪村3组12号", guardian="祖母", phone="", **values):
    return {"id": child_id, "address": address, "guardians": [{"name": guardian, "phone": phone}]} | values


@pytest.mark.parametrize(
    ("children", "together"),
    [
        ([child("a"), child("b")], [{"a", "b"}]),
        ([child("a"), child("b", address="大坪村 3组12号")], [{"a", "b"}]),  # spaces, full-width digits
        ([child("a"), child("b", address="大坪村３组12号")], [{"a", "b"}]),
        ([child("a"), child("b", guardian="外祖父")], [{"a"}, {"b"}]),  # one address for a whole village
        ([child("a", guardian="甲", phone="139 0000"), child("b", guardian="乙", phone="1390000")], [{"a", "b"}]),
        ([child("a", guardian="甲", mother_name="李"), child("b", guardian="乙", mother_name="李")], [{"a", "b"}]),
        ([child("a", address=None), child("b", address="")], [{"a"}, {"b"}]),  # nothing known is no home in common
        ([child("a", guardian=""), child("b", guardian=None)], [{"a"}, {"b"}]),
        ([child("a", guardian="甲"), child("b", guardian="乙"), child("c", guardian="甲", mother_name="丁"),
          child("d", guardian="乙", mother_name="丁")], [{"a", "b", "c", "d"}]),  # joined by those who come later
    ],
)  # fmt: skip
def test_who_lives_together(children, together):
    home_of = households(pd.DataFrame(children))
    homes = {}
    for child_id, home in home_of.items():
        homes.setdefault(home, set()).add(child_id)
    assert sorted(homes.values(), key=min) == sorted(together, key=min)
    assert all(home in members for home, members in homes.items())


def test_an_empty_register_has_no_household():
    assert households(pd.DataFrame({"id": [], "address": []})) == {}
