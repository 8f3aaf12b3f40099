"""The page 权限: the sheet of who may do what, changed row by row after a look at what that changes, with its history."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from guanai.care.errors import GuanaiError
from guanai.care.policy.workbook_rows import HEADINGS, ROW
from guanai.care.rights.rights import ACTS, GRANTING, MATTER_SIGN, MATTERS, ROLES, SCOPES, Rights
from guanai.server.accounts.rights_effects import Difference, check_somebody_stays, differences
from guanai.server.accounts.roles import role_label
from guanai.server.web.confirmation import confirm
from guanai.server.web.office_page import OfficePage
from guanai.server.web.sign_in import end_pages
from guanai.storage.records.records import NOBODY
from guanai.storage.school.school import School
from guanai.storage.school.workbook_edits import Edit
from guanai.storage.school.workbook_service import WorkbookService, WorkbookState
from guanai.templates.wording import say

__all__ = ["OneRight", "RightsHistory", "RightsPage"]

SHEET = "rights"
COLUMNS = HEADINGS[SHEET]
#: How many differences are shown one by one.
SHOWN = 40


class RightsPage(OfficePage):
    """The sheet as it is in use, all of it or the rows of one role; and what a role may do, added up."""

    matter = "rights"

    async def open(self, *problems: str) -> None:
        """Show it."""
        shown = self.settings_service.read()
        role = self.text("role") if self.text("role") in ROLES else ""
        self.show_office(
            "rights.html",
            problems=[*problems, *(mistake.message(self.language) for mistake in shown.mistakes)],
            done=self.text("done") == "1" and not problems,
            role=role,
            every=self.text("role") == "all",
            overview=[(name, label, self._holders(name)) for name, label in self.role_words()],
            roles=self.role_words(),
            columns=COLUMNS[:-1],
            row_key=ROW,
            rows=[row for row in shown.rows(SHEET) if not role or self.names_role(row, role)],
            sums=self._sums(role) if role else [],
            holders=self._holders(role),
        )

    async def act(self) -> None:
        """Change nothing: rows are changed on pages of their own."""
        self.redirect(f"{self.base_url}rights")

    @property
    def school(self) -> School:
        """The school as the person who asks sees it."""
        return self.served.current.as_identity(self.account.identity)

    @property
    def settings_service(self) -> WorkbookService:
        """The school's workbook, changed in the name of the person who asks."""
        return self.school.settings

    def role_words(self) -> list[tuple[str, str]]:
        """Return every role by its name, in words."""
        return [(role, role_label(role, self.language)) for role in ROLES]

    def names_role(self, row: Mapping[str, Any], role: str) -> bool:
        """Whether a row of the sheet is about a role."""
        words = {role, *(say(f"right.role.{role}", language) for language in ("zh", "en"))}
        written = str(row["right_role"] or "").replace(",", "、").replace("，", "、").split("、")
        return bool(words & {word.strip() for word in written})

    def register_word(self, register: str) -> str:
        """Return a register, a matter or a granting question in words."""
        if register.startswith(MATTER_SIGN):
            return self.say(f"right.matter.{register.removeprefix(MATTER_SIGN)}")
        return register if register in GRANTING else self.served.current.form(register).title(self.language)

    def scope_word(self, scope: str | None) -> str:
        """Return a scope in words."""
        return self.say(f"right.scope.{scope}") if scope else self.say("rights_page.not_at_all")

    def moment(self, text: str) -> str:
        """Return a time of the records as people here read it."""
        return f"{datetime.fromisoformat(text).astimezone():%Y-%m-%d %H:%M}"

    def _holders(self, role: str) -> str:
        """Return the names of the accounts that have a role."""
        names = [one.name for one in self.served.accounts if one.is_open and role in one.roles]
        return self.say("account.comma").join(names)

    def _sums(self, role: str) -> list[tuple[str, str]]:
        """Return for each register and matter what a role may do there, acts of one scope together."""
        rights = self.served.rights_of([role])
        names = [*self.served.current.forms(), *(MATTER_SIGN + matter for matter in MATTERS)]
        sums = [(self.register_word(name), self._sum(rights, name)) for name in names]
        return [(word, text) for word, text in sums if text]

    def _sum(self, rights: Rights, register: str) -> str:
        parts = []
        for scope in SCOPES:
            acts = [act for act in ACTS if rights.scope(act, register) == scope]
            if acts:
                words = self.say("account.comma").join(self.say(f"right.act.{act}") for act in acts)
                parts.append(self.say("rights_page.sum", scope=self.scope_word(scope), acts=words))
        return self.say("rights_page.then").join(parts)


class ChangingPage(RightsPage):
    """A change of the sheet: shown with what it changes, and made once it is confirmed."""

    async def change(self, shown: WorkbookState, edits: Sequence[Edit]) -> None:
        """Make a change that was shown, and end the open pages of those for whom it changes anything."""
        service = self.settings_service
        if shown.digest != self.text("digest"):
            raise GuanaiError("settings.newer", file=self.served.school.folder.workbook.name)
        effects = self.effects(service, shown, edits)
        await confirm(self)
        service.change(shown, edits)
        affected = {name for difference in effects for name in difference.accounts} - {self.account.name}
        for name in sorted(affected):
            await end_pages(self, name)
        self.note("rights", "; ".join(_in_words(edit) for edit in edits))
        self.redirect(f"{self.base_url}rights?done=1")

    def effects(
        self, service: WorkbookService, shown: WorkbookState, edits: Sequence[Edit]
    ) -> list[Difference]:
        """Return what edits change. Raises PolicyError for a mistake in them, GuanaiError where nobody is left in charge."""
        if mistake := service.mistake_of(shown, edits):
            raise mistake
        school = self.served.current
        before, after = (service.rights_with(shown, some) for some in ((), edits))
        restricted = school.access.restricted
        check_somebody_stays(after, restricted, self.served.accounts)
        return differences(before, after, restricted, school.forms(), self.served.accounts)

    def effect_words(self, effects: Sequence[Difference]) -> dict[str, Any]:
        """Return what a change changes in words: for how many accounts, whose, and what."""
        names = sorted({name for difference in effects for name in difference.accounts})
        lines = [
            {
                "register": self.register_word(one.register),
                "act": self.say(f"right.act.{one.act}"),
                "before": self.scope_word(one.before),
                "after": self.scope_word(one.after)
                if one.before != one.after
                else self.say("rights_page.questions"),
                "count": len(one.accounts),
            }
            for one in effects
        ]
        return {"names": names, "lines": lines[:SHOWN], "more": max(0, len(lines) - SHOWN)}


class OneRight(ChangingPage):
    """One row of the sheet, or a new one."""

    async def open(self, *problems: str) -> None:
        """Show the row to be changed; once it was filled in also what it would change."""
        shown = self.settings_service.read()
        row = self._row(shown)
        if self.text("row") and row is None:
            self.redirect(f"{self.base_url}rights")
            return
        filled = (
            self._cells()
            if self.request.method == "POST"
            else {name: (row or {}).get(name) or "" for name in COLUMNS}
        )
        effects = None
        if self.request.method == "POST" and not problems:
            edits = [self._edit(shown, row)]
            effects = self.effect_words(self.effects(self.settings_service, shown, edits))
        self.show_office(
            "rights_row.html",
            problems=problems,
            number=self.text("row"),
            digest=shown.digest,
            cells=filled,
            removes=self.text("act") in ("remove", "remove_now"),
            effects=effects,
            roles=self.role_words(),
            chosen_roles=[role for role in ROLES if self.names_role(filled, role)],
            acts=[(act, self.say(f"right.act.{act}")) for act in ACTS],
            chosen_acts=[act for act in ACTS if self._names_act(filled, act)],
            scopes=[(scope, self.say(f"right.scope.{scope}")) for scope in (*SCOPES, "totals")],
            scope=next(
                (
                    one
                    for one in (*SCOPES, "totals")
                    if str(filled["right_scope"]) in self._words("scope", one)
                ),
                "school",
            ),
            told=str(filled["right_told"]) in self._words("told", "exists"),
        )

    async def act(self) -> None:
        """Show what the change changes, or make it."""
        shown = self.settings_service.read()
        row = self._row(shown)
        if self.text("row") and row is None:
            raise GuanaiError("settings.newer", file=self.served.school.folder.workbook.name)
        if self.text("act") in ("save", "remove_now"):
            await self.change(shown, [self._edit(shown, row)])
        else:
            await self.open()

    def _row(self, shown: WorkbookState) -> dict[str, Any] | None:
        return next((row for row in shown.rows(SHEET) if str(row[ROW]) == self.text("row")), None)

    def _edit(self, shown: WorkbookState, row: Mapping[str, Any] | None) -> Edit:
        service = self.settings_service
        if row is not None and self.text("act") in ("remove", "remove_now"):
            return service.removal(shown, SHEET, row[ROW])
        return service.edit(shown, SHEET, row[ROW] if row else None, self._cells())

    def _cells(self) -> dict[str, str]:
        """Return the row as it was filled in, in the words of the sheet: Chinese, as in the one that ships."""
        acts = [say(f"right.act.{act}", "zh") for act in ACTS if act in self.get_arguments("acts")]
        roles = [role_label(role, "zh") for role in ROLES if role in self.get_arguments("roles")]
        scope = self.text("scope") if self.text("scope") in (*SCOPES, "totals") else "school"
        return {
            "right_role": "、".join(roles),
            "right_register": self.text("register"),
            "right_acts": "、".join(acts),
            "right_scope": say(f"right.scope.{scope}", "zh"),
            "right_hidden": self.text("hidden"),
            "right_masked": self.text("masked"),
            "right_told": say("right.told.exists", "zh") if self.text("told") else "",
            COLUMNS[-1]: self.text("remark"),
        }

    def _names_act(self, cells: Mapping[str, Any], act: str) -> bool:
        words = {
            word.strip()
            for word in str(cells["right_acts"]).replace(",", "、").replace("，", "、").split("、")
        }
        return bool(words & (self._words("act", act) | self._words("act", "all")))

    def _words(self, kind: str, name: str) -> set[str]:
        return {name, *(say(f"right.{kind}.{name}", language) for language in ("zh", "en"))}


class RightsHistory(ChangingPage):
    """Every change of the sheet: who, when, before, after; and undoing one."""

    async def open(self, *problems: str) -> None:
        """Show it."""
        notes = [
            {
                "number": number,
                "at": self.moment(str(note["at"])),
                "by": self.say("account.by_owner") if note["by"] == NOBODY else note["by"],
                "edits": [self._cells_changed(edit) for edit in note["edits"]],
            }
            for number, note in enumerate(self.settings_service.history(SHEET))
        ]
        shown = self.settings_service.read()
        self.show_office("rights_history.html", problems=problems, notes=notes[:100], digest=shown.digest)

    async def act(self) -> None:
        """Undo one change."""
        history, number = self.settings_service.history(SHEET), self.text("number")
        if not (number.isascii() and number.isdecimal() and int(number) < len(history)):
            raise GuanaiError("rights_page.cannot_undo")
        shown = self.settings_service.read()
        await self.change(shown, [self._inverse(shown, edit) for edit in history[int(number)]["edits"]])

    def _inverse(self, shown: WorkbookState, edit: Mapping[str, Any]) -> Edit:
        """Return the edit that takes another one back. Raises GuanaiError where its row has been changed since."""
        before, after, title = edit["before"], edit["after"], shown.titles[SHEET]
        if not after:
            return Edit(title, None, before)
        rows = shown.sheets.get(title, [])
        row = next(
            (
                row
                for row in rows
                if all(str(row.get(head) or "") == str(text or "") for head, text in after.items())
            ),
            None,
        )
        if row is None:
            raise GuanaiError("rights_page.cannot_undo")
        return (
            Edit(title, row[ROW], remove=True) if not any(before.values()) else Edit(title, row[ROW], before)
        )

    def _cells_changed(self, edit: Mapping[str, Any]) -> list[tuple[str, str, str]]:
        """Return the cells of an edit that are different: heading, before, after."""
        heads = dict.fromkeys([*edit["before"], *edit["after"]])
        cells = [
            (head, str(edit["before"].get(head) or ""), str(edit["after"].get(head) or "")) for head in heads
        ]
        return [cell for cell in cells if cell[1] != cell[2]]


def _in_words(edit: Edit) -> str:
    return f"{edit.row or ''} " + " | ".join(str(value) for value in edit.cells.values() if value)
