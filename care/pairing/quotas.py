"""How many children each of the staff may have, how many each class puts forward, how many carers a child needs.

Read from the school's own rows 名额 and 帮扶人 and from what a helper's own record says (承担上限); no number
is fixed here. A row of 经常 only counts, so it limits nobody.
"""

from collections.abc import Iterable, Mapping
from datetime import date

import pandas as pd

from guanai.care.children.eligibility import left_behind
from guanai.care.duties.record_rules import class_names
from guanai.care.frames import as_strings, normalized_frame
from guanai.care.pairing.min_cost_flow import UNLIMITED
from guanai.care.policy.conditions import holds
from guanai.care.policy.duty import OFTEN, STAFF_KINDS, Duty
from guanai.care.policy.policy import Policy

__all__ = ["class_quotas", "helper_quotas", "needs", "range_words"]


def helper_quotas(policy: Policy, staff: pd.DataFrame) -> pd.DataFrame:
    """Return how many children each of the staff carries at least and at most, one row per person, same index.

    Columns: ``least``, ``most`` (`UNLIMITED` without a limit), ``own`` (whether the person's own limit is what
    counts) and ``source`` (of the rows that apply). Of several rows the strictest counts; a person's own limit
    (``most_children``) comes before the school's least.
    """
    least, most = (pd.Series(number, index=staff.index, dtype="int64") for number in (0, UNLIMITED))
    source = pd.Series("", index=staff.index, dtype=object)
    for duty in _quotas(policy, STAFF_KINDS, "helper"):
        applies = holds(duty.subject_condition, staff)
        least = least.where(~applies, least.clip(lower=duty.at_least))
        most = most.where(~applies, most.clip(upper=duty.at_most or UNLIMITED))
        source = source.where(~applies, duty.source or duty.name)
    own = pd.Series(UNLIMITED, index=staff.index, dtype="int64")
    if "most_children" in staff.columns:
        own = pd.to_numeric(staff["most_children"], errors="coerce").fillna(UNLIMITED).astype("int64")
    limited = own < most
    most = most.where(~limited, own)
    return pd.DataFrame(
        {"least": least.where(least <= most, most), "most": most, "own": limited, "source": source},
        index=staff.index,
    )


def class_quotas(policy: Policy, frames: Mapping[str, pd.DataFrame], on: date) -> pd.DataFrame:
    """Return how many children of each class are put forward: one row per class with a quota, by its name.

    Columns: ``least`` (not more than are in care), ``most`` (`UNLIMITED` without one), ``source`` (000-7 L122).
    """
    classes = normalized_frame(frames, "class").drop_duplicates("name")
    class_name_of = class_names(frames)
    children = left_behind(normalized_frame(frames, "child"), on, policy.criterion)
    sizes = as_strings(children["class"]).map(lambda name: class_name_of.get(name, name)).value_counts()
    rows: dict[str, tuple[int, int, str]] = {}
    for duty in _quotas(policy, ("class",), "helper"):
        for name in as_strings(classes["name"])[holds(duty.subject_condition, classes)]:
            least, most, _ = rows.get(name, (0, UNLIMITED, ""))
            wanted = min(duty.at_least, int(sizes.get(name, 0)))
            rows[name] = (max(least, wanted), min(most, duty.at_most or UNLIMITED), duty.source or duty.name)
    return pd.DataFrame.from_dict(rows, orient="index", columns=["least", "most", "source"])


def needs(policy: Policy, children: pd.DataFrame, role: str) -> "pd.Series[int]":
    """Return how many carers of a role (helper, peer) each child should have: at least one (R29, R30).

    ``children`` with the grade of their class (`guanai.care.duties.subjects.with_class_fields`), as a condition may ask for it.
    """
    number = pd.Series(1, index=children.index, dtype="int64")
    for duty in [*_quotas(policy, ("child",), role), *(policy.of_kind("helper") if role == "helper" else ())]:
        applies = holds(duty.subject_condition, children)
        number = number.where(~applies, number.clip(lower=duty.at_least))
    return number


def range_words(least: int, most: int) -> str:
    """Return a quota in figures: 6+, 2—3, 1.

    >>> range_words(6, UNLIMITED), range_words(2, 3), range_words(1, 1), range_words(0, 4), range_words(0, UNLIMITED)
    ('≥6', '2—3', '1', '≤4', '—')
    """
    if most >= UNLIMITED:
        return f"≥{least}" if least else "—"
    if least == most:
        return str(most)
    return f"{least}—{most}" if least else f"≤{most}"


def _quotas(policy: Policy, subjects: Iterable[str], role: str) -> list[Duty]:
    """Return the quotas of pairings with a role: rows with another condition do not hold for everybody."""
    duties = []
    for duty in policy.of_kind("quota"):
        if duty.subject not in subjects or duty.per == OFTEN or duty.records not in ((), ("pairing",)):
            continue
        roles = {value for clause in duty.condition if clause.field == "role" for value in clause.values}
        others = [clause for clause in duty.condition if clause.field != "role" or clause.negated]
        if not others and (roles or {"helper"}) == {role}:
            duties.append(duty)
    return duties
