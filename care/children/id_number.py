"""The 18-digit identity number: its check digit, and the birth date and sex that it states.

GB 11643-1999: six digits of region, eight of birth date, three of order (odd for a boy, even for a
girl) and a check digit over the seventeen before it (ISO 7064 MOD 11-2, X for ten).

>>> read_identity("99999920160229101X")
Identity(region='999999', birth_date=datetime.date(2016, 2, 29), sex='male')
"""

import unicodedata
from datetime import date
from typing import NamedTuple

from guanai.care.errors import RecordError
from guanai.templates.wording import say

__all__ = [
    "SAMPLE_REGION",
    "Identity",
    "check_digit",
    "clean_identity",
    "read_identity",
    "sample_identity",
]

# Regions begin with 1 to 8; a leading 9 belongs to foreign residents, followed by a province (11 to 65)
# and a country (ISO 3166 numeric). 99 is no province and 999 no country, so no person has this number.
SAMPLE_REGION = "999999"
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_DIGITS = "10X98765432"
MAX_ORDER = 500  # numbers of one sex that one region can give on one day


class Identity(NamedTuple):
    """What an identity number states about its owner."""

    region: str
    birth_date: date
    sex: str


def clean_identity(text: str) -> str:
    """Return a number as it is stored: full-width digits and a small x converted, spaces removed."""
    return "".join(unicodedata.normalize("NFKC", text).split()).upper()


def check_digit(first: str) -> str:
    """Return the check digit of the first seventeen digits."""
    total = sum(int(digit) * weight for digit, weight in zip(first, WEIGHTS, strict=True))
    return CHECK_DIGITS[total % 11]


def read_identity(number: str) -> Identity:
    """Return what a number states; raises RecordError (field ``id_number``) if it cannot be one."""
    number = clean_identity(number)
    if len(number) != 18 or not (number[:17].isascii() and number[:17].isdigit()):
        raise _refused("identity.digits", count=len(number))
    try:
        birth_date = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise _refused("identity.date", part=number[6:14]) from None
    if check_digit(number[:17]) != number[17]:
        raise _refused("identity.check_digit")
    return Identity(number[:6], birth_date, "male" if int(number[16]) % 2 else "female")


def sample_identity(birth_date: date, sex: str, order: int = 0) -> str:
    """Return a well-formed number for a sample child that no real person can have.

    ``order`` (0 to 499) distinguishes children of one sex and birth date.
    """
    if not 0 <= order < MAX_ORDER:
        raise ValueError(f"order must be 0 to {MAX_ORDER - 1}, not {order}")
    first = f"{SAMPLE_REGION}{birth_date:%Y%m%d}{2 * order + (sex == 'male'):03d}"
    return first + check_digit(first)


def _refused(key: str, **values: object) -> RecordError:
    return RecordError(key, {"id_number": say(key, **values)}, **values)
