"""Names of accounts: how a name is stored, which are refused, and which people would take for one another."""

import unicodedata
from collections.abc import Iterable

from guanai.care.errors import GuanaiError
from guanai.storage.records.records import NOBODY

__all__ = ["check_name", "look_alike", "stored_name", "unique_name"]

LONGEST_NAME = 60
#: Letters of other scripts, and figures, that look like a Latin letter.
LOOKS = str.maketrans("01iıɡзаеорсухкмнтвіјοαρνικτ", "olllg3aeopcyxkmhtbljoapvlkt")


def stored_name(name: str) -> str:
    """Return a name as it is stored: full-width letters and extra spaces do not make another person."""
    return " ".join(unicodedata.normalize("NFKC", name).split())


def look_alike(name: str) -> str:
    """Return what a name looks like: two names with the same looks cannot be told apart in a list.

    >>> look_alike("Li Na") == look_alike("LI-NÁ") == look_alike("1i na")
    True
    >>> look_alike("张伟") == look_alike("张伟2")
    False
    """
    letters = unicodedata.normalize("NFKD", name).casefold()
    bare = "".join(letter for letter in letters if unicodedata.category(letter)[0] in "LN")
    return bare.translate(LOOKS)


def check_name(name: str, others: Iterable[str]) -> str:
    """Return the name of a new account as it is stored.

    Raises GuanaiError for no name, for one that is taken or looks like one of the ``others``, and for the name with
    which the program itself signs.
    """
    stored, looks = stored_name(name), look_alike(name)
    if not 0 < len(stored) <= LONGEST_NAME or not stored.isprintable() or not looks:
        raise GuanaiError("account.name", most=LONGEST_NAME)
    if looks == look_alike(NOBODY):
        raise GuanaiError("account.reserved", name=stored)
    for other in others:
        if other == stored:
            raise GuanaiError("account.taken", name=stored)
        if look_alike(other) == looks:
            raise GuanaiError("account.like", name=stored, other=other)
    return stored


def unique_name(name: str, others: Iterable[str]) -> str:
    """Return a name that looks like none of the others: with a number where it has to be.

    >>> unique_name("张伟", ["张伟", "张伟2"])
    '张伟3'
    """
    taken = {look_alike(other) for other in (*others, NOBODY)}
    stored, number = stored_name(name), 1
    unique = stored
    while look_alike(unique) in taken:
        number += 1
        unique = f"{stored}{number}"
    return unique
