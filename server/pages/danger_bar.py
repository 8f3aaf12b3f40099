"""The dangers above every page: that a child is in danger, since when and who was told, to whoever must know of it at once.

It is the one thing that leaves a counselling card (requirements 3, rule 2; 002-1 L95). The vault says whom it concerns; this
process asks it over a connection in the person's own name, and learns nothing else.
"""

import os
import socket
from datetime import datetime
from typing import TYPE_CHECKING

from guanai.server.logs import log_fault
from guanai.server.web.handlers import HtmlHandler
from guanai.storage.vault.client import VaultClient
from guanai.storage.vault.protocol import Flag
from guanai.templates.wording import say

if TYPE_CHECKING:
    from guanai.storage.school.school import School

__all__ = ["CONCERNED", "danger_text", "shown_dangers"]

# A page's head waits no longer for the vault.
SECONDS = 1.0
#: The roles that can hear of a danger; for others nothing is asked.
CONCERNED = frozenset({"headmaster", "deputy", "coordinator", "homeroom", "counsellor", "trainer"})


def shown_dangers(handler: HtmlHandler) -> list[str]:
    """Return a sentence for each danger that the person must know of; an error is logged, and the page opens without."""
    try:
        session, address = handler.current_user.session, str(handler.request.remote_ip)
        account = handler.served.account_of(session)
        if account is None or not CONCERNED & set(account.roles):
            return []
        with handler.kernels.vault_of(session, address) as descriptor:
            if descriptor is None:
                return []
            client = VaultClient(socket.socket(fileno=os.dup(descriptor)), seconds=SECONDS)
            flags = client.flags()
            client.close()
        school = handler.served.seen_by(account) if flags else None
        return [danger_text(school, flag, handler.language) for flag in flags if school is not None]
    except Exception as error:
        log_fault(error, "dangers")
        return []


def danger_text(school: "School", flag: Flag, language: str) -> str:
    """Return a danger as a sentence: which child, since when, who was told; nothing of what was said."""
    told = say("policy.comma", language).join(say(f"danger.told.{name}", language) for name in flag.told)
    return say(
        "danger.flag",
        language,
        child=school.label("child", flag.child),
        since=_moment(flag.since),
        told=told or say("danger.told.nobody", language),
    )


def _moment(text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return f"{moment.astimezone() if moment.tzinfo else moment:%m-%d %H:%M}"
