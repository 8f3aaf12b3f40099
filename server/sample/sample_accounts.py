"""The accounts of a sample school: one for each post that a trainer shows, entered by one click and without a password."""

from typing import Any

from guanai.server.accounts.account_names import unique_name
from guanai.server.accounts.accounts import Accounts
from guanai.server.accounts.roles import roles_of_staff
from guanai.storage.school.school import School
from guanai.templates.wording import say

__all__ = ["add_accounts"]

#: The posts in the order in which the sign-in page offers them.
POSTS = ("coordinator", "headmaster", "homeroom", "subject", "counsellor")


def add_accounts(school: School, accounts: Accounts) -> None:
    """Make an account for one person of each post; of the teachers for one who has children to show.

    A teacher of a subject stands for the helper. The first is the coordinator: a sample school without staff has that one.
    """
    helped = _children_by(school, "pairing", "helper")
    taught = {str(group.get("homeroom")): 1 for group in school.table("class").all()}
    staff: list[dict[str, Any]] = [dict(row) for row in school.table("staff").all()]
    for post in POSTS:
        able = [row for row in staff if row.get("role") == post and row.get("active") != "no"]
        able.sort(key=lambda row: (-taught.get(row["id"], 0), -helped.get(row["id"], 0)))
        if able:
            name = unique_name(able[0]["name"], accounts.names())
            accounts.add_without_password(name, roles=_roles(post), staff=able[0]["id"])
        elif post == POSTS[0]:
            accounts.add_without_password(say("demo.person"), roles=_roles(post))


def _roles(post: str) -> tuple[str, ...]:
    return ("helper",) if post == "subject" else roles_of_staff(post)


def _children_by(school: School, form: str, question: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    for record in school.table(form).all():
        if not record.get("end"):
            name = str(record.get(question) or "")
            counts[name] = counts.get(name, 0) + 1
    return counts
