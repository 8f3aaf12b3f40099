"""A whole or a restricted register leaves the school only shortly after the password was typed (requirements 3; ASVS 3.7)."""

import time
from dataclasses import replace

import pytest
from support.signed_in import signed_in

from guanai.care.errors import AccessError
from guanai.storage import export_bytes


@pytest.fixture
def headmaster(school):
    return signed_in(school, "王校长", "headmaster")


@pytest.mark.parametrize("until", [0.0, 1.0])
def test_without_the_password_a_whole_register_is_not_exported(headmaster, until):
    unsure = headmaster.as_identity(replace(headmaster.identity, confirmed_until=until))
    with pytest.raises(AccessError) as refused:
        export_bytes(unsure, "talk", "csv")
    assert refused.value.key == "confirm.first"


def test_with_it_it_is(headmaster):
    sure = headmaster.as_identity(replace(headmaster.identity, confirmed_until=time.time() + 60))
    assert export_bytes(sure, "talk", "csv")


def test_who_owns_the_folder_is_not_asked(school):
    assert export_bytes(school, "talk", "csv")
