"""A frame that follows its records (storage/records/frames.py) is the frame that would be made anew.

Promise: a summary is of the records as they are now (ARCHITECTURE.md, the way of one answer; 7.16).
"""

from random import Random

import pandas as pd
import pytest

from guanai.storage import create_school, open_school
from guanai.storage.records.frames import MAX_CHANGED, frame_of, updated_frame

COLUMNS = {
    "name": "text",
    "on": "date",
    "times": "integer",
    "weight": "decimal",
    "problems": "select_multiple",
}


def document(dice, number):
    return {
        "id": f"id-{number}",
        "name": dice.choice(["小禾", "", None]),
        "on": dice.choice(["2026-03-02", None, "no day"]),
        "times": dice.choice([1, None, 70]),
        "weight": dice.choice([1.5, None, 3]),
        "problems": dice.choice([["study"], [], ["study", "affection"], None]),
        "revision": number,
    }


@pytest.mark.parametrize("seed", range(12))
def test_it_is_the_same_as_made_anew(seed):
    dice = Random(seed)  # noqa: S311  # repeatable
    documents = [document(dice, number) for number in range(dice.choice([0, 1, 40]))]
    frame = frame_of(documents, COLUMNS)
    for step in range(12):
        now = list(documents)
        for _ in range(dice.choice([0, 1, 1, 3])):
            kind = dice.choice(["change", "append", "append", "remove"])
            if kind == "append":
                now.append(document(dice, 1_000 * step + len(now)))
            elif now and kind == "change":
                place = dice.randrange(len(now))
                now[place] = document(dice, step)
            elif now:
                del now[dice.randrange(len(now))]
        frame = updated_frame(frame, documents, now, COLUMNS)
        documents = now
        pd.testing.assert_frame_equal(frame, frame_of(documents, COLUMNS))


def test_many_changes_at_once():
    dice = Random(1)  # noqa: S311  # repeatable
    before = [document(dice, number) for number in range(MAX_CHANGED + 10)]
    now = [document(dice, number) for number in range(MAX_CHANGED + 20)]
    followed = updated_frame(frame_of(before, COLUMNS), before, now, COLUMNS)
    pd.testing.assert_frame_equal(followed, frame_of(now, COLUMNS))


def test_the_frame_before_is_left_as_it_was():
    dice = Random(2)  # noqa: S311  # repeatable
    before = [document(dice, number) for number in range(5)]
    frame = frame_of(before, COLUMNS)
    copied = frame.copy()
    updated_frame(frame, before, [*before[:2], document(dice, 9), *before[3:]], COLUMNS)
    pd.testing.assert_frame_equal(frame, copied)


def test_a_school_that_has_followed_shows_what_a_new_one_reads(tmp_path):
    """Saves, changes, names of children and the bin, seen by somebody who had read before."""
    school, reader = create_school(tmp_path / "school"), open_school(tmp_path / "school")

    def same():
        fresh = open_school(tmp_path / "school")
        for name in ("child", "class", "staff"):
            pd.testing.assert_frame_equal(reader.frame(name), fresh.frame(name))
        fresh.close()

    same()
    people = [school.save("staff", {"name": name, "role": "subject"}) for name in ("安", "白", "柴")]
    same()
    school.save("staff", people[1] | {"name": "白又改"})
    same()
    theirs = reader.frame("staff")
    theirs.loc[0, "name"] = "只在这张表里"
    same()
    school.delete("staff", people[0]["id"])
    same()
    school.restore("staff", people[0]["id"])
    same()
