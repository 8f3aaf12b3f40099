"""The roles that an account can have, in words, and those that follow from a person's post in the register of staff."""

from collections.abc import Iterable

from guanai.care.errors import GuanaiError
from guanai.care.policy.conditions import lookup_name
from guanai.care.rights.rights import ROLES
from guanai.templates.wording import say, spoken

__all__ = ["read_roles", "role_label", "role_labels", "roles_of_staff"]

SEPARATORS = "、,，;；/"


def roles_of_staff(post: str) -> tuple[str, ...]:
    """Return the roles that follow from a post (``staff.role``): the role of that name, and everybody is a helper.

    >>> roles_of_staff("homeroom")
    ('homeroom', 'helper')
    """
    return tuple(role for role in ROLES if role in (post, "helper"))


def role_label(role: str, language: str | None = None) -> str:
    """Return a role in words; one that this version does not know is shown as it is written."""
    return say(f"right.role.{role}", language) if role in ROLES else role


def role_labels(roles: Iterable[str], language: str | None = None) -> str:
    """Return roles in words, in the order in which they are offered."""
    own = set(roles)
    ordered = [*(role for role in ROLES if role in own), *sorted(own - set(ROLES))]
    return say("account.comma", language).join(role_label(role, language) for role in ordered)


def read_roles(text: str) -> tuple[str, ...]:
    """Return the roles that a text lists, by their names or in words. Raises GuanaiError for a word that is no role.

    >>> read_roles("班主任、helper")
    ('homeroom', 'helper')
    """
    for separator in SEPARATORS:
        text = text.replace(separator, "\n")
    words = [word.strip() for word in text.split("\n") if word.strip()]
    own = {word: lookup_name("right.role", word) for word in words}
    unknown = next((word for word, role in own.items() if role not in ROLES), "")
    if unknown:
        raise GuanaiError("account.no_role", role=unknown, roles=role_labels(ROLES, spoken()))
    return tuple(role for role in ROLES if role in own.values())
