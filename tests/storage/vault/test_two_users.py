"""One process may have a school open twice, and close one of the two.

Promise: nothing is lost. What is acknowledged is on the disk, whoever closes what (7.12).
"""

from guanai.storage import open_school


def test_a_vault_that_is_closed_by_one_goes_on_for_another(school):
    other = open_school(school.folder.path)
    assert other.frame("counselling").empty
    other.close()
    card = {"child": "child-1", "date": "2026-11-02", "by": "", "risk": "no"}
    school.table("counselling").insert_once(card | {"id": "card-1", "revision": 1})
    assert list(school.frame("counselling")["id"]) == ["card-1"]
