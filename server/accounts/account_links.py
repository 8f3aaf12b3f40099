"""One-time links by which a person chooses the password of an account: the key, short enough to be typed from a slip."""

import secrets
import unicodedata

from guanai.server.accounts.login_sessions import fingerprint

__all__ = ["LINK_DAYS", "link_fingerprint", "new_key"]

#: How many days a link can be used.
LINK_DAYS = 7
# No letter or figure that is taken for another: twelve of them are 59 bits.
LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
GROUPS, GROUP_LENGTH = 3, 4


def new_key() -> str:
    """Return a new key, in groups of four: ``ABCD-EFGH-JKMN``."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS))


def link_fingerprint(key: str) -> str:
    """Return the hash by which a key is recognized, however it was typed; empty for what cannot be one.

    >>> link_fingerprint("abcd efgh-jkmn") == link_fingerprint("ABCD-EFGH-JKMN")
    True
    >>> link_fingerprint("ABCD")
    ''
    """
    typed = unicodedata.normalize("NFKC", key).upper()
    bare = "".join(letter for letter in typed if letter.isalnum())
    return fingerprint(bare) if len(bare) == GROUPS * GROUP_LENGTH else ""
