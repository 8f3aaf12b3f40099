"""One-time links by which a person chooses the password of an account: the key, short enough to be typed from a slip."""

import secrets
import time
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from guanai.server.accounts.login_sessions import fingerprint

__all__ = ["LINK_DAYS", "HandedLink", "LinksToHandOut", "link_fingerprint", "new_key"]

#: How many days a link can be used.
LINK_DAYS = 7
# No letter or figure that is taken for another: twelve of them are 59 bits.
LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
GROUPS, GROUP_LENGTH = 3, 4
# How long links that were just made can be shown and printed: half an hour.
SHOWN_SECONDS = 30 * 60


@dataclass(frozen=True)
class HandedLink:
    """A one-time link to be handed out: whose, its key, and until when it can be used (ISO 8601, UTC)."""

    name: str
    key: str
    until: str


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


class LinksToHandOut:
    """The one-time links that somebody has just made, to be shown and printed until `SHOWN_SECONDS` later.

    They are in this process's memory only: stored are their fingerprints.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._links: dict[str, tuple[float, list[HandedLink]]] = {}

    def add(self, session: str, links: Sequence[HandedLink]) -> None:
        """Add links that were made in a session; a newer one of the same account replaces the older."""
        names = {link.name for link in links}
        before = [link for link in self.of(session) if link.name not in names]
        self._links[session] = self._clock() + SHOWN_SECONDS, [*before, *links]

    def of(self, session: str) -> list[HandedLink]:
        """Return the links of a session that can still be shown."""
        moment = self._clock()
        self._links = {key: kept for key, kept in self._links.items() if kept[0] > moment}
        return list(self._links.get(session, (0.0, []))[1])

    def forget(self, session: str) -> None:
        """Show the links of a session no more."""
        self._links.pop(session, None)
