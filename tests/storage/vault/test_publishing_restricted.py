"""A register becomes restricted by publishing its form, its records move into the vault, and it stays so.

Issue 13, section 3 (what a school marks restricted); requirements 3, rule 1; R35.
"""

import pytest

from guanai.care.errors import AccessError, GuanaiError
from guanai.storage import open_school
from guanai.storage.forms.xlsform.sheets import sheets_of
from guanai.storage.forms.xlsform.workbooks import write_xlsx
from guanai.storage.records.records import Identity

PLANTED = "她说的话只有老师知道"


def workbook(tmp_path, mark, question="said"):
    text = (
        f"| survey | type | name | label |\n|---|---|---|---|\n| | text | {question} | 说了什么 |\n\n"
        f"| settings | form_title | guanai::restricted |\n|---|---|---|\n| | 知心话 | {mark} |\n"
    )
    write_xlsx(sheets_of(text.encode(), "trust.md"), tmp_path / "trust.xlsx")
    return (tmp_path / "trust.xlsx").read_bytes()


def publish(school, content, *, new=False):
    publishing = school.publishing
    return publishing.publish(publishing.upload("trust", "trust.xlsx", content, new=new))


def test_a_register_that_becomes_restricted_moves_and_does_not_come_back(school, tmp_path):
    publish(school, workbook(tmp_path, "no"), new=True)
    record = school.save("trust", {"said": PLANTED})
    publish(school, workbook(tmp_path, "yes"))
    opened = open_school(school.folder.path)
    assert opened.record("trust", record["id"])["said"] == PLANTED
    content = b"".join(file.read_bytes() for file in school.folder.path.glob("records.db*"))
    assert PLANTED.encode() not in content
    with pytest.raises(GuanaiError) as error:
        publish(opened, workbook(tmp_path, "no"))
    assert error.value.key == "designer.stays_restricted"
    opened.close()


def test_answers_that_a_coordinator_does_not_see_are_not_renamed_by_one(school, tmp_path):
    publish(school, workbook(tmp_path, "yes"), new=True)
    record = school.save("trust", {"said": PLANTED})
    coordinator = school.as_identity(Identity("周主任", "", ("coordinator",)))
    renamed = workbook(tmp_path, "yes", "told")
    proposal = coordinator.publishing.upload("trust", "trust.xlsx", renamed)
    with pytest.raises(AccessError) as error:
        coordinator.publishing.publish(proposal, {"said": "told"})
    assert error.value.key == "vault.owner_only"
    assert school.record("trust", record["id"])["said"] == PLANTED
    publishing = school.publishing
    publishing.publish(publishing.upload("trust", "trust.xlsx", renamed), {"said": "told"})
    assert school.record("trust", record["id"])["told"] == PLANTED
