"""Many accounts in one step, from the register of staff or from a sheet; and the slips with their one-time links."""

import socket
import tempfile
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote, urlsplit

import segno

from guanai.care.errors import ExchangeError, GuanaiError
from guanai.server.accounts.account_administration import NewAccount
from guanai.server.accounts.account_sheets import (
    cells_of,
    read_account_sheet,
    staff_without_account,
)
from guanai.server.accounts.roles import read_roles, role_labels
from guanai.server.addresses import is_loopback
from guanai.server.web.accounts_page import AccountsPage
from guanai.server.web.confirmation import confirm
from guanai.storage.files.file_access import megabytes
from guanai.storage.imports.sources import read_source
from guanai.templates.wording import say

__all__ = ["AccountSheet", "AccountSlips", "StaffAccounts"]

#: The endings of a sheet of accounts.
SHEETS = (".xlsx", ".xlsm", ".csv", ".tsv", ".txt")
# Names and roles of a thousand people take 50 KB.
MOST_BYTES = 512 * 1024


class ManyAccounts(AccountsPage):
    """Makes the accounts that a form asks for."""

    #: The longest body of a request: the largest sheet, as a file or as text, and the form around it.
    body_limit = 4 * MOST_BYTES

    async def make(self, new: Sequence[NewAccount]) -> None:
        """Make them, all or none, and go on to their slips."""
        for one in new:
            self.served.accounts.check_new(one.name)  # before the password is asked for
        await confirm(self)
        links = self.served.administration(self.account).add(new)
        for one in new:
            self.note(
                "account", f"{say('account.act.added', 'zh')} {one.name}: {role_labels(one.roles, 'zh')}"
            )
        self.hand_out(*links)


class StaffAccounts(ManyAccounts):
    """Whoever of the register of staff has no account, to be ticked."""

    async def open(self, *problems: str) -> None:
        """Show them, with names and roles that can be changed; after a mistake as they were filled in."""
        filled = self.request.method == "POST"
        ticked = set(self.get_arguments("staff"))
        rows = []
        for one in staff_without_account(self.staff(), self.served.accounts):
            key = one.proposed.staff
            roles = set(self.get_arguments(f"roles-{key}")) if filled else set(one.proposed.roles)
            rows.append(
                {
                    "id": key,
                    "person": one.person,
                    "post": self.post_words(one.post),
                    "name": self.get_argument(f"name-{key}", one.proposed.name),
                    "roles": roles,
                    "labels": role_labels(roles, self.language),
                    "ticked": key in ticked if filled else not one.same_name,
                    "same_name": one.same_name,
                }
            )
        self.show_office("accounts_staff.html", problems=problems, rows=rows, roles=self.roles())

    async def act(self) -> None:
        """Make an account for everybody who is ticked."""
        ticked, known = self.get_body_arguments("staff"), {row["id"] for row in self.staff()}
        if not ticked:
            raise GuanaiError("account.nobody_ticked")
        unknown = next((key for key in ticked if key not in known), "")
        if unknown:
            raise GuanaiError("account.no_staff_row", id=unknown)
        roles = {key: read_roles("、".join(self.get_body_arguments(f"roles-{key}"))) for key in ticked}
        await self.make([NewAccount(self.text(f"name-{key}"), roles[key], key) for key in ticked])


class AccountSheet(ManyAccounts):
    """A sheet of names and roles, pasted or uploaded: shown as it is understood, then made."""

    async def open(self, *problems: str) -> None:
        """Show the field for the sheet."""
        self._show(problems)

    async def act(self) -> None:
        """Show how the sheet is understood, or make its accounts."""
        text = self.text("sheet") or self._uploaded()
        rows = enumerate(cells_of(text), start=1)
        new = read_account_sheet(rows, self.staff(), self.served.accounts)
        if self.text("act") == "make":
            await self.make(new)
        else:
            self._show((), text, new)

    def _show(self, problems: Sequence[str], text: str = "", new: Sequence[NewAccount] = ()) -> None:
        staff = {row["id"]: row for row in self.staff()}
        rows = [
            {
                "name": one.name,
                "roles": role_labels(one.roles, self.language),
                "staff": self.staff_words(staff.get(one.staff)),
            }
            for one in new
        ]
        try:
            typed = text or self.text("sheet") or self._uploaded()
        except GuanaiError:
            typed = ""
        roles = [label for _, label in self.roles()]
        self.show_office("accounts_sheet.html", problems=problems, text=typed, rows=rows, role_words=roles)

    def _uploaded(self) -> str:
        """Return the first sheet of an uploaded file as text, its cells by tabs. Raises ExchangeError for another file."""
        files = self.request.files.get("file", [])
        if not files or not files[0]["body"]:
            return ""
        if len(files[0]["body"]) > MOST_BYTES:
            raise ExchangeError("account.sheet_large", most=megabytes(MOST_BYTES))
        name = Path(files[0]["filename"]).name
        ending = Path(name).suffix.lower()
        with tempfile.NamedTemporaryFile(suffix=ending if ending in SHEETS else "") as copy:
            copy.write(files[0]["body"])
            copy.flush()
            source = read_source(Path(copy.name), name)
        lines: list[str] = []
        for number, cells in source.sheets[0].rows if source.sheets else ():
            lines += [""] * (number - 1 - len(lines))
            texts = ("" if cell is None else str(cell) for cell in cells)
            lines.append("\t".join(" ".join(text.split()) for text in texts))
        return "\n".join(lines)


class AccountSlips(AccountsPage):
    """The links that were just made, one slip each: ten on a sheet of A4 paper."""

    async def open(self, *problems: str) -> None:
        """Show the slips, with the address under which the others reach this server."""
        address = self._address()
        links = self.served.links_to_hand_out.of(self.current_user.session)
        slips = [
            {
                "name": link.name,
                "key": link.key,
                "until": self.moment(link.until)[:10],
                "address": f"{address}link?key={link.key}",
                "code": qr_code(f"{address}link?key={link.key}"),
            }
            for link in links
        ]
        host = urlsplit(address).hostname or ""
        self.show_office(
            "account_slips.html",
            problems=problems,
            slips=slips,
            address=address,
            only_here=is_loopback(host),
            at_server=is_loopback(self.request.host_name),
        )

    async def act(self) -> None:
        """Show the slips no more."""
        self.served.links_to_hand_out.forget(self.current_user.session)
        self.redirect(f"{self.base_url}accounts")

    def _address(self) -> str:
        """Return the address of this server for the slips: as it was typed, else as the browser knows it.

        Where the browser sits on the server's own machine, that machine's address in the network stands for it.
        """
        typed = self.text("address").strip()
        parts = urlsplit(typed if "://" in typed else f"{self.request.protocol}://{typed}")
        if typed and parts.scheme in ("http", "https") and parts.hostname and parts.hostname.isascii():
            return f"{parts.scheme}://{quote(parts.netloc, safe='@:[]')}{self.base_url}"
        host = self.request.host
        if is_loopback(self.request.host_name):
            port = host.rpartition(":")[2]
            host = network_address() + (f":{port}" if port.isdigit() else "")
        return f"{self.request.protocol}://{host}{self.base_url}"


def network_address() -> str:
    """Return the address by which the machine's network knows it, 127.0.0.1 where it has none. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(
                ("192.0.2.1", 9)
            )  # an address of documentation (RFC 5737): only the route is looked up
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


def qr_code(text: str) -> str:
    """Return a text as a QR code, an inline picture (SVG) made here.

    >>> qr_code("http://school.example/link?key=ABCD").startswith("<svg")
    True
    """
    return str(segno.make(text, error="m", micro=False).svg_inline(omitsize=True, border=1))
