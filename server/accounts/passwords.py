"""Passwords are stored only as argon2id hashes, and a wrong name takes as long to refuse as a wrong password."""

import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from guanai.care.errors import GuanaiError

__all__ = ["NO_PASSWORD", "hash_password", "is_right", "needs_rehash", "validate_password"]

SHORTEST, LONGEST = 8, 200
# The hash of an account without a password, and of a name without an account: no password matches it.
NO_PASSWORD = ""

_hasher = PasswordHasher()


def normalized(password: str) -> str:
    """Return a password as it is hashed: the same characters typed on another keyboard are the same."""
    return unicodedata.normalize("NFKC", password)


def validate_password(password: str, name: str = "") -> str:
    """Return a new password if it will do; raise GuanaiError if it is too short, too long or the name."""
    if not SHORTEST <= len(normalized(password)) <= LONGEST:
        raise GuanaiError("password.length", least=SHORTEST, most=LONGEST)
    if normalized(password).casefold() in {normalized(name).casefold(), normalized(name).casefold() * 2}:
        raise GuanaiError("password.is_name")
    return password


def hash_password(password: str) -> str:
    """Return the argon2id hash to store, with its salt and cost."""
    return _hasher.hash(normalized(password))


@cache
def _other_hash() -> str:
    return _hasher.hash("nobody's password")


def is_right(stored: str, password: str) -> bool:
    """Whether a password is the one whose hash is stored. Takes the same time where none is stored."""
    try:
        matches = _hasher.verify(stored or _other_hash(), normalized(password[:LONGEST]))
    except (VerificationError, InvalidHashError):
        return False
    return matches and stored != NO_PASSWORD


def needs_rehash(stored: str) -> bool:
    """Whether a hash was made at a lower cost than today's, so that it should be made again."""
    return _hasher.check_needs_rehash(stored)
