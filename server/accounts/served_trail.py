"""What the server itself writes into the trail: who signed in, failed to, signed out, was refused, changed an account."""

import logging
from collections.abc import Callable, Iterable
from typing import Any

__all__ = ["ServedTrail"]

log = logging.getLogger("guanai.server")

#: Takes one entry to the vault: see `guanai.storage.vault.trail.Entry`. Raises OSError where the vault is away.
Sender = Callable[[dict[str, Any]], None]


class ServedTrail:
    """The trail as the server writes it: in the name of whoever a request came from, known or not."""

    def __init__(self) -> None:
        #: Set once there is a vault; before that nothing is written.
        self.send: Sender | None = None

    def append(
        self,
        person: str,
        act: str,
        detail: str = "",
        *,
        roles: Iterable[str] = (),
        address: str = "",
        session: str = "",
        form: str = "",
        record: str = "",
    ) -> None:
        """Write that somebody did something: one of `guanai.storage.vault.trail.ACTS`.

        ``address`` is where the request came from, ``session`` the fingerprint of the session (of which the first
        letters are written). Never raises: what could not be written stands in the log.
        """
        if self.send is None:
            return
        entry = {
            "person": person,
            "roles": list(roles),
            "act": act,
            "form": form,
            "record": record,
            "detail": detail,
            "source": " ".join(filter(None, (address, session[:8]))),
        }
        try:
            self.send(entry)
        except OSError as error:
            log.error("The trail was not written (%s): %s by %s.", error, act, person)  # noqa: TRY400  # no traceback for each
