"""Passwords are stored only as argon2id hashes, and a wrong name takes as long to refuse as a wrong password.

Which are refused follows NIST SP 800-63B, 5.1.1.2 (revision 3): at least 8 characters of any kind, none that are widely
used, that follow from what everybody knows of the account, or that are neighbouring keys or one thing repeated; no rule
asks for kinds of characters. Revision 4 asks for 15 characters where there is no second factor. Teachers would write
those down, so here it is 8, with the list (templates/common_passwords.csv) and with guessing made slow.
"""

import csv
import re
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from guanai.care.errors import GuanaiError
from guanai.templates import template

__all__ = ["NO_PASSWORD", "hash_password", "is_right", "needs_rehash", "validate_password"]

SHORTEST, LONGEST = 8, 128
# No more than this of what is typed at a sign-in is looked at: longer ones were allowed once.
LONGEST_TYPED = 200
# The hash of an account without a password, and of a name without an account: no password matches it.
NO_PASSWORD = ""
PROGRAM_NAMES = ("guanai", "关爱")

# Keys that lie side by side or one below the other, and what people count off.
_ROWS = (
    "01234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm", "!@#$%^&*()",
    "1qaz", "2wsx", "3edc", "4rfv", "5tgb", "6yhn", "7ujm", "147", "258", "369", "159", "357",
)  # fmt: skip
_RUNS = (*_ROWS, *(row[::-1] for row in _ROWS))
_SHORTEST_RUN = 3
_FEWEST_LETTERS = 4
_REPEATED = re.compile(r"(.{1,6}?)\1+.{0,2}", re.DOTALL)
# A day of these two centuries in either order, and a mobile telephone and an identity number of the mainland.
_NUMBER = re.compile(
    r"(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])|(0[1-9]|[12]\d|3[01])(0[1-9]|1[0-2])(19|20)\d\d"
    r"|1[3-9]\d{9}|\d{17}[\dx]"
)

_hasher = PasswordHasher()


def normalized(password: str) -> str:
    """Return a password as it is hashed: the same characters typed on another keyboard are the same."""
    return unicodedata.normalize("NFKC", password)


def validate_password(password: str, name: str = "", school: str = "") -> str:
    """Return a new password if it will do. Raises GuanaiError that says what is wrong with it and what to do.

    ``name`` is the account's and ``school`` the school's: neither makes a password, with figures around it or without.
    """
    typed = normalized(password)
    if not SHORTEST <= len(typed) <= LONGEST:
        raise GuanaiError("password.length", least=SHORTEST, most=LONGEST)
    if not typed.strip():
        raise GuanaiError("password.spaces")
    plain = "".join(typed.casefold().split())
    if _is_made_of(plain, (name, school, *PROGRAM_NAMES)):
        raise GuanaiError("password.is_name")
    if _is_common(plain):
        raise GuanaiError("password.common")
    if _is_patterned(plain):
        raise GuanaiError("password.pattern")
    return password


def _is_made_of(plain: str, names: tuple[str, ...]) -> bool:
    """Whether nothing but figures and signs is left when these names, or their pinyin, are taken out of a password."""
    from pypinyin import Style, lazy_pinyin  # takes a while to load, and only a new password needs it

    parts = set()
    for name in names:
        bare = "".join(normalized(name).casefold().split())
        parts |= {bare, "".join(lazy_pinyin(bare)), "".join(lazy_pinyin(bare, style=Style.FIRST_LETTER))}
    rest = plain
    for part in sorted(filter(None, parts), key=len, reverse=True):
        rest = rest.replace(part, "")
    return rest != plain and not any(letter.isalpha() for letter in rest)


def _is_common(plain: str) -> bool:
    """Whether a password is widely used: on the list, or a word of the list with one of its affixes or twice."""
    listed = _common()
    if plain in listed["whole"] or plain in listed["word"]:
        return True
    half = len(plain) // 2
    if plain[:half] == plain[half:] and plain[:half] in listed["word"]:
        return True
    splits = ((plain[:at], plain[at:]) for at in range(1, len(plain)))
    return any(
        (first in listed["word"] and second in listed["affix"])
        or (first in listed["affix"] and second in listed["word"])
        for first, second in splits
    )


@cache
def _common() -> dict[str, frozenset[str]]:
    with template("common_passwords.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    kinds = ("whole", "word", "affix")
    return {kind: frozenset(row["text"] for row in rows if row["kind"] == kind) for kind in kinds}


def _is_patterned(plain: str) -> bool:
    """Whether a password is something repeated, a day or a number that stands in papers, or neighbouring keys only."""
    if len(set(plain)) < _FEWEST_LETTERS or _REPEATED.fullmatch(plain) or _NUMBER.fullmatch(plain):
        return True
    at = 0
    while at < len(plain):
        length = _run_length(plain, at)
        if length < _SHORTEST_RUN:
            return False
        at += length
    return True


def _run_length(plain: str, at: int) -> int:
    """Return how many characters from ``at`` on are the same or neighbours."""
    length = 1
    while at + length < len(plain) and plain[at + length] == plain[at]:
        length += 1
    while at + length < len(plain) and any(plain[at : at + length + 1] in run for run in _RUNS):
        length += 1
    return length


def hash_password(password: str) -> str:
    """Return the argon2id hash to store, with its salt and cost."""
    return _hasher.hash(normalized(password))


@cache
def _other_hash() -> str:
    return _hasher.hash("nobody's password")


def is_right(stored: str, password: str) -> bool:
    """Whether a password is the one whose hash is stored. Takes the same time where none is stored."""
    try:
        matches = _hasher.verify(stored or _other_hash(), normalized(password[:LONGEST_TYPED]))
    except (VerificationError, InvalidHashError):
        return False
    return matches and stored != NO_PASSWORD


def needs_rehash(stored: str) -> bool:
    """Whether a hash was made at a lower cost than today's, so that it should be made again."""
    return _hasher.check_needs_rehash(stored)
