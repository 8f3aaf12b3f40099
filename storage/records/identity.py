"""Who a page is for: the person that changes are signed with, and what the account says of them."""

from dataclasses import dataclass

__all__ = ["NOBODY", "Identity"]

#: What a save is signed with where nobody has signed in: the command line, JupyterLab.
NOBODY = "guanai"


@dataclass(frozen=True)
class Identity:
    """A person by name, with their record in the register of staff and the role of their account, where they have one."""

    person: str = NOBODY
    staff_id: str = ""
    role: str = ""
