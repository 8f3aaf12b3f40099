"""Passwords are kept only as argon2id hashes, and a wrong name takes as long to refuse as a wrong password."""

import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from guanai.care.errors import GuanaiError

__all__ = ["NOBODY", "checked", "hashed", "is_right", "is_weak"]

SHORTEST, LONGEST = 8, 200
# What an account without a password, and a name without an account, is compared with: nothing matches it.
NOBODY = ""

_hasher = PasswordHasher()


def plain(password: str) -> str:
    """Return a password as it is compared: the same characters typed on another keyboard are the same."""
    return unicodedata.normalize("NFKC", password)


def checked(password: str, name: str = "") -> str:
    """Return a new password if it will do; raise GuanaiError if it is too short, too long or the name."""
    if not SHORTEST <= len(plain(password)) <= LONGEST:
        raise GuanaiError("password.length", least=SHORTEST, most=LONGEST)
    if plain(password).casefold() in {plain(name).casefold(), plain(name).casefold() * 2}:
        raise GuanaiError("password.is_name")
    return password


def hashed(password: str) -> str:
    """Return the argon2id hash to keep of a password, salt and cost in it."""
    return _hasher.hash(plain(password))


@cache
def _decoy() -> str:
    return _hasher.hash("nobody's password")


def is_right(kept: str, password: str) -> bool:
    """Whether a password is the one whose hash is kept. Takes the same time where none is kept."""
    try:
        matches = _hasher.verify(kept or _decoy(), plain(password[:LONGEST]))
    except (VerificationError, InvalidHashError):
        return False
    return matches and kept != NOBODY


def is_weak(kept: str) -> bool:
    """Whether a hash was made at a lower cost than today's, so that it is worth making again."""
    return _hasher.check_needs_rehash(kept)
