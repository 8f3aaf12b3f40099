"""The identity number (R1; GB 11643-1999): checksum, birth date, sex; sample numbers nobody can have."""

from datetime import date

import pytest

from guanai.care.children.id_number import (
    check_digit,
    clean_identity,
    read_identity,
    sample_identity,
)
from guanai.care.errors import RecordError

LEAP = "99999920160229101X"


def test_the_check_digit_of_the_standards_own_example():
    # The worked example printed in GB 11643-1999.
    assert check_digit("11010519491231002") == "X"


@pytest.mark.parametrize("sex", ["male", "female"])
@pytest.mark.parametrize("birth_date", [date(2016, 2, 29), date(2010, 12, 31), date(2020, 1, 1)])
@pytest.mark.parametrize("order", [0, 7, 499])
def test_a_sample_number_states_what_it_was_made_of(birth_date, sex, order):
    identity = read_identity(sample_identity(birth_date, sex, order))
    assert (identity.birth_date, identity.sex, identity.region) == (birth_date, sex, "999999")


def test_sample_numbers_of_one_day_differ():
    numbers = {
        sample_identity(date(2016, 2, 29), sex, order) for sex in ("male", "female") for order in range(500)
    }
    assert len(numbers) == 1000
    with pytest.raises(ValueError, match="499"):
        sample_identity(date(2016, 2, 29), "male", 500)


@pytest.mark.parametrize(
    ("written", "clean"),
    [("９９９９９９２０１６０２２９１０１Ｘ", LEAP), (" 999999 20160229 101x ", LEAP), (LEAP, LEAP)],
)
def test_full_width_digits_and_spaces_are_read(written, clean):
    assert clean_identity(written) == clean
    assert read_identity(written).birth_date == date(2016, 2, 29)


@pytest.mark.parametrize(
    ("number", "key"),
    [
        pytest.param("", "identity.digits", id="empty"),
        pytest.param(LEAP[:17], "identity.digits", id="a digit short"),
        pytest.param("9999992016O229101X", "identity.digits", id="letter O"),
        pytest.param("999999201602291०1X", "identity.digits", id="a digit of another script"),
        pytest.param("99999920150229101X", "identity.date", id="29 February of a common year"),
        pytest.param("99999920161301101X", "identity.date", id="month 13"),
        pytest.param("999999201602291011", "identity.check_digit", id="check digit"),
        pytest.param("99999920160229102X", "identity.check_digit", id="one digit miscopied"),
        pytest.param("99999920160229110X", "identity.check_digit", id="two digits swapped"),
    ],
)
def test_a_wrong_number_is_refused_with_what_to_do(number, key):
    with pytest.raises(RecordError) as refusal:
        read_identity(number)
    assert refusal.value.key == key
    assert refusal.value.fields == {"id_number": refusal.value.message()}
