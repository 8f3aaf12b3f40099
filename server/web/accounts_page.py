"""The page 账号: every account with its roles and state, and what can be done with one."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from guanai.care.errors import GuanaiError
from guanai.care.rights.rights import ROLES
from guanai.server.accounts.account_administration import NewAccount
from guanai.server.accounts.account_links import HandedLink
from guanai.server.accounts.account_sheets import staff_without_account
from guanai.server.accounts.accounts import Account, AccountChange
from guanai.server.accounts.roles import read_roles, role_label, role_labels, roles_of_staff
from guanai.server.web.confirmation import confirm
from guanai.server.web.office_page import OfficePage
from guanai.server.web.sign_in import end_everywhere, end_pages
from guanai.storage.records.records import NOBODY
from guanai.templates.wording import say

__all__ = ["AccountList", "AccountsPage", "NewAccountPage", "OneAccount"]


class AccountsPage(OfficePage):
    """What the pages of accounts have in common."""

    def staff(self) -> list[Mapping[str, Any]]:
        """Return the rows of the register of staff."""
        return list(self.served.school.table("staff").rows())

    def staff_words(self, row: Mapping[str, Any] | None) -> str:
        """Return a row of the register of staff in words: the name and the post."""
        if row is None:
            return ""
        post = self.post_words(str(row.get("role") or ""))
        return (
            self.say("account.staff_words", name=row.get("name"), post=post) if post else str(row.get("name"))
        )

    def post_words(self, post: str) -> str:
        """Return a post of the register of staff in words."""
        return role_label(post, self.language) if post else ""

    def staff_choices(self) -> list[tuple[str, str]]:
        """Return who of the staff has no account yet: the id, and name and post in words."""
        without = staff_without_account(self.staff(), self.served.accounts)
        staff = {row["id"]: row for row in self.staff()}
        return [(one.proposed.staff, self.staff_words(staff[one.proposed.staff])) for one in without]

    def roles(self) -> list[tuple[str, str]]:
        """Return every role by its name, in words."""
        offered = [role for role in ROLES if role != "trainer" or self.served.accounts.in_sample]
        return [(role, role_label(role, self.language)) for role in offered]

    def moment(self, text: str) -> str:
        """Return a time of the records as people here read it; empty for never."""
        return f"{datetime.fromisoformat(text).astimezone():%Y-%m-%d %H:%M}" if text else ""

    def chosen_roles(self) -> tuple[str, ...]:
        """Return the roles that are ticked. Raises GuanaiError for one that is none."""
        return read_roles("、".join(self.get_body_arguments("roles")))

    def hand_out(self, *links: HandedLink) -> None:
        """Go on to the links that were just made."""
        self.served.links_to_hand_out.add(self.current_user.session, links)
        self.redirect(f"{self.base_url}accounts/links")


class AccountList(AccountsPage):
    """The list of accounts."""

    async def open(self, *problems: str) -> None:
        """Show it, who has left at the end."""
        staff = {row["id"]: row for row in self.staff()}
        accounts = sorted(self.served.accounts, key=lambda account: bool(account.left))
        rows = [(account, self._row(account, staff.get(account.staff))) for account in accounts]
        without = staff_without_account(list(staff.values()), self.served.accounts)
        self.show_office(
            "accounts.html",
            rows=[row for account, row in rows if not account.left],
            left=[row for account, row in rows if account.left],
            without=len(without),
            links=len(self.served.links_to_hand_out.of(self.current_user.session)),
            problems=problems,
        )

    def _row(self, account: Account, staff: Mapping[str, Any] | None) -> dict[str, Any]:
        return {
            "account": account,
            "staff": self.staff_words(staff),
            "roles": role_labels(account.roles, self.language),
            "last": self.moment(self.served.last_sign_ins.of(account.name)),
            "state": self.say(f"account.state.{account.state}"),
        }

    async def act(self) -> None:
        """Change nothing: the list has no form."""
        self.redirect(f"{self.base_url}accounts")


class NewAccountPage(AccountsPage):
    """Where one account is added."""

    async def open(self, *problems: str) -> None:
        """Show the form, with what was typed."""
        self.show_office(
            "account_new.html",
            problems=problems,
            name=self.text("name"),
            staff_id=self.text("staff"),
            without=self.staff_choices(),
            chosen=self.get_arguments("roles") or ["helper"],
            roles=self.roles(),
        )

    async def act(self) -> None:
        """Make the account, with a link to hand out."""
        staff_id, name = self.text("staff"), self.text("name")
        row = next((row for row in self.staff() if row["id"] == staff_id), None) if staff_id else None
        if staff_id and row is None:
            raise GuanaiError("account.no_staff_row", id=staff_id)
        name = name or (str(row.get("name") or "") if row else "")
        roles = self.chosen_roles() or roles_of_staff(str((row or {}).get("role") or ""))
        office = self.served.administration(self.account)
        self.served.accounts.check_new(name)  # before the password is asked for
        await confirm(self)
        links = office.add([NewAccount(name, roles, staff_id)])
        self.note("account", f"{say('account.act.added', 'zh')} {name}: {role_labels(roles, 'zh')}")
        self.hand_out(*links)


class OneAccount(AccountsPage):
    """One account: its roles, its row of the register of staff, what can be done with it, who changed it."""

    async def open(self, *problems: str) -> None:
        """Show it."""
        account = self.served.accounts.find(self.text("name"))
        if account is None:
            self.set_status(404)
            text = self.say("account.unknown", name=self.text("name"))
            self.show("error.html", head=self.say("error.404.head"), text=text, reference="")
            return
        staff = {row["id"]: row for row in self.staff()}
        self.show_office(
            "account_one.html",
            problems=problems,
            done=self.text("done") if not problems else "",
            one=account,
            own=account.name == self.account.name,
            state=self.say(f"account.state.{account.state}"),
            until=self.moment(account.link_until) if account.link else "",
            last=self.moment(self.served.last_sign_ins.of(account.name)),
            staff=self.staff_words(staff.get(account.staff)),
            without=self.staff_choices(),
            roles=self.roles(),
            history=[self._told(change, staff) for change in self.served.accounts.changes(account.name)[:30]],
        )

    async def act(self) -> None:
        """Do what the pressed button says, after the password has been typed where that is needed."""
        name, act, revision = self.text("name"), self.text("act"), self.revision()
        office = self.served.administration(self.account)
        office.check()
        if act not in ACTS:
            raise GuanaiError("account.unknown", name=name)
        await confirm(self)
        link = None
        if act == "roles":
            office.set_roles(name, self.chosen_roles(), revision)
        elif act == "staff":
            self._check_staff()
            office.set_staff(name, self.text("staff"), revision)
        elif act == "sign_out":
            office.sign_out(name)
        elif act in ("reset", "come_back"):
            link = office.reset(name, revision) if act == "reset" else office.come_back(name, revision)
        else:
            {"lock": office.lock, "unlock": office.unlock, "leave": office.leave}[act](name, revision)
        account = self.served.accounts.get(name)
        if act in ("roles", "staff"):
            await end_pages(self, account.name)
        elif act != "unlock":
            await end_everywhere(self, account.name)
        detail = f": {role_labels(account.roles, 'zh')}" if act == "roles" else ""
        self.note("account", f"{say(f'account.act.{ACTS[act]}', 'zh')} {account.name}{detail}")
        if link:
            self.hand_out(link)
        elif not self.served.may(self.account.roles, self.matter):  # given up by oneself
            self.redirect(self.base_url)
        else:
            query = urlencode({"name": account.name, "done": ACTS[act]})
            self.redirect(f"{self.base_url}accounts/one?{query}")

    def _check_staff(self) -> None:
        staff = self.text("staff")
        if staff and not any(row["id"] == staff for row in self.staff()):
            raise GuanaiError("account.no_staff_row", id=staff)

    def _told(self, change: AccountChange, staff: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
        """Return one change in words: when, who, what, and what is different."""
        before, after = change.before.get("roles", []), change.after.get("roles", [])
        detail = ""
        if change.act in ("added", "upgraded") and after:
            detail = role_labels(after, self.language)
        elif before != after and change.after:
            labels = [
                role_labels(roles, self.language) or self.say("account.no_roles") for roles in (before, after)
            ]
            detail = self.say("account.before_after", before=labels[0], after=labels[1])
        elif change.act == "staff":
            detail = self.staff_words(staff.get(str(change.after.get("staff") or ""))) or self.say(
                "account.no_row"
            )
        return {
            "at": self.moment(change.at),
            "by": self.say("account.by_owner") if change.by == NOBODY else change.by,
            "act": self.say(f"account.act.{change.act}"),
            "detail": detail,
        }


#: What the buttons of an account ask for, and how the change is called (``account.act.…``).
ACTS = {
    "roles": "roles",
    "staff": "staff",
    "reset": "link",
    "lock": "locked",
    "unlock": "unlocked",
    "sign_out": "signed_out",
    "leave": "left",
    "come_back": "back",
}
