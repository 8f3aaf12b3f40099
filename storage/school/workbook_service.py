"""The school's workbook as it is changed on a page: read with what is wrong in it, a row changed, suggestions added.

Who may change it the sheet 权限 says, of that sheet itself by a right of its own; the rules are no secret, so everybody may
read them. Every change is checked as a whole workbook before it is written, and noted with who made it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any

import pandas as pd
from uuid_utils import uuid7

from guanai.care.errors import AccessError, GuanaiError, PolicyError
from guanai.care.policy.conditions import Clause, lookup_name
from guanai.care.policy.duty import Duty
from guanai.care.policy.duty_rows import DERIVED
from guanai.care.policy.policy import fit_to_forms, policy_from_sheets, sheets_from_markdown
from guanai.care.policy.workbook_rows import HEADINGS, ROW, has_sheet
from guanai.care.rights.rights import RightRow
from guanai.storage.forms.session.parsers import UnreadableError, read_date
from guanai.storage.records.access import Access
from guanai.storage.records.registers import Registers
from guanai.storage.school.condition_fields import ConditionField, condition_fields, count_meeting
from guanai.storage.school.due_service import DutyService
from guanai.storage.school.duty_preview import DutyPreview, duty_previews, line_counts
from guanai.storage.school.policy_in_use import PolicyInUse
from guanai.storage.school.rights_in_use import rights_in_use, rights_rows, shipped_rights
from guanai.storage.school.workbook_edits import Edit, apply_edits, digest_of, write_edits
from guanai.storage.school.workbooks import Sheets, presets, read_workbook
from guanai.templates import template
from guanai.templates.wording import say

__all__ = ["WorkbookService", "WorkbookState"]

DAYS = frozenset({"start", "end"})
#: Who changed what in the workbook: it has no form, so that no page, frame or export shows it.
SETTINGS = "setting"


@dataclass(frozen=True)
class WorkbookState:
    """The workbook as it was read: its rows by sheet, which state of the file that was, and what is wrong in it.

    ``titles`` are the names of the sheets in the file by their plain names; ``language`` that of the headings.
    """

    sheets: Sheets
    digest: str
    mistake: PolicyError | None
    titles: Mapping[str, str]
    language: str

    @property
    def mistakes(self) -> Sequence[PolicyError]:
        """Everything that is wrong in it, a row each."""
        return self.mistake.each() if self.mistake else ()

    def rows(self, sheet: str) -> list[dict[str, Any]]:
        """Return the rows of a sheet by its plain name: cells by plain heading as text, and `ROW`."""
        rows = []
        for row in self.sheets.get(self.titles.get(sheet, ""), []):
            cells = {lookup_name("heading", str(head)): value for head, value in row.items() if head != ROW}
            plain = {head: cells.get(head) for head in HEADINGS[sheet]}
            rows.append({ROW: row[ROW], **{head: _text(value) for head, value in plain.items()}})
        return rows


class WorkbookService:
    """The workbook of one school."""

    def __init__(self, records: Registers, duties: DutyService, rules: PolicyInUse, access: Access) -> None:
        self._records = records
        self._duties = duties
        self._rules = rules
        self._access = access
        self._previews: dict[tuple[object, ...], dict[str, DutyPreview]] = {}

    @property
    def may_change(self) -> bool:
        """Whether the person may change it, but for the sheet 权限."""
        return self._access.may_matter("settings")

    @property
    def may_change_rights(self) -> bool:
        """Whether the person may change the sheet 权限."""
        return self._access.may_matter("rights")

    def read(self) -> WorkbookState:
        """Return the workbook as it is on the disk. Raises PolicyError where it cannot be opened at all."""
        path = self._records.folder.workbook
        if not path.exists():
            raise GuanaiError("settings.none", file=path.name)
        digest = digest_of(path)
        sheets = read_workbook(path)
        if not has_sheet(
            sheets, "rights"
        ):  # the one that ships is in use, and becomes the school's own when it is changed
            sheets = {**sheets, say("sheet.rights", "zh"): numbered(shipped_rights())}
        titles = {name: title for title in sheets if (name := lookup_name("sheet", title))}
        heads = [str(head) for rows in sheets.values() for row in rows[:1] for head in row]
        english = "name" in heads and say("heading.name", "zh") not in heads
        return WorkbookState(sheets, digest, self.mistake(sheets), titles, "en" if english else "zh")

    def mistake(self, sheets: Sheets) -> PolicyError | None:
        """Return the first mistake of a workbook with its place and remedy, None where there is none."""
        try:
            self._rules.read(sheets)
        except PolicyError as error:
            return error
        return None

    def mistake_of(self, shown: WorkbookState, edits: Sequence[Edit]) -> PolicyError | None:
        """Return the mistake for which `change` refuses some edits, None where it does not."""
        after = apply_edits(shown.sheets, edits)
        mistake = self.mistake(after)
        if mistake is None or shown.mistake is None:
            return mistake
        return next((one for one in mistake.each() if self._is_of(one, edits, after)), None)

    def change(self, shown: WorkbookState, edits: Sequence[Edit]) -> WorkbookState:
        """Check and write edits that were made on a state of the workbook; return it as it then is.

        Refused, with nothing written: by AccessError for who may not; by PolicyError where a row of the edits would have
        a mistake, or a workbook without one would get one; by GuanaiError where the file is newer than ``shown``. A
        workbook that is broken elsewhere can be mended row by row.
        """
        records = self._records
        rights = shown.titles.get("rights") or say("sheet.rights", "zh")
        if not self.may_change and (not edits or any(edit.sheet != rights for edit in edits)):
            raise AccessError("settings.not_you")
        if any(edit.sheet == rights for edit in edits):
            self._access.check_matter("rights")
        if mistake := self.mistake_of(shown, edits):
            raise mistake
        with records.transaction():  # one page after the other
            folder = records.folder
            written = self._with_own_rights(shown, edits, rights)
            backup = write_edits(folder.workbook, written, shown.digest, folder.backups)
            signed = records.signature()
            note = {
                "id": str(uuid7()),
                "kept": backup.name,
                "edits": [_noted(edit, shown.sheets) for edit in edits],
            }
            about = {"revision": 1, "created_at": signed["updated_at"], "created_by": signed["updated_by"]}
            records.table(SETTINGS).insert_once({**note, **about, **signed})
        self._duties.reload_rules()
        return self.read()

    def _with_own_rights(self, shown: WorkbookState, edits: Sequence[Edit], rights: str) -> Sequence[Edit]:
        """Return edits with which a workbook that had no sheet 权限 gets the whole one that ships, changed."""
        of_rights = [edit for edit in edits if edit.sheet == rights]
        if not of_rights or has_sheet(read_workbook(self._records.folder.workbook), "rights"):
            return edits
        rows = apply_edits({rights: shown.sheets[rights]}, of_rights)[rights]
        added = [
            Edit(rights, None, {head: cell for head, cell in row.items() if head != ROW}) for row in rows
        ]
        return [*(edit for edit in edits if edit.sheet != rights), *added]

    def rights_with(self, shown: WorkbookState, edits: Sequence[Edit]) -> tuple[RightRow, ...]:
        """Return the rows of rights as they would be after edits that have no mistake."""
        sheets = apply_edits(shown.sheets, edits)
        return rights_in_use(self._records, rights_rows(sheets, self._records.folder.workbook.name))

    def history(self, sheet: str) -> list[dict[str, Any]]:
        """Return the changes of a sheet by its plain name, the latest first: ``at``, ``by``, and its ``edits`` as noted.

        An edit has the row's number and its cells by heading ``before`` and ``after``. Raises AccessError for who may not
        look at the settings, or at the rights.
        """
        self._access.check_matter("rights" if sheet == "rights" else "settings", "see")
        notes = []
        for note in self._records.table(SETTINGS).rows():
            edits = [edit for edit in note["edits"] if lookup_name("sheet", edit["sheet"]) == sheet]
            if edits:
                notes.append({"at": note["created_at"], "by": note["created_by"], "edits": edits})
        return sorted(notes, key=lambda note: str(note["at"]), reverse=True)

    def suggestions(self, preset: str, shown: WorkbookState) -> list[dict[str, Any]]:
        """Return the duties of a preset that the workbook has none of that name of: cells by plain heading."""
        names = {row["name"] for row in shown.rows("duties")}
        fitted = fit_to_forms({"职责": list(_preset(preset))}, self._columns())["职责"]
        rows = [
            {lookup_name("heading", str(head)): _text(value) for head, value in row.items()} for row in fitted
        ]
        return [
            {str(head): value for head, value in row.items() if head}
            for row in rows
            if row["name"] not in names
        ]

    def previews(self, shown: WorkbookState, preset: str = "") -> dict[str, DutyPreview]:
        """Return what each row of 职责 asks, and how many lines it makes this term (`duty_previews`), by its name.

        With a preset that of its rows, in this school. A row with a mistake has none. How many lines a row makes is for who
        may change it: it is counted in the whole school.
        """
        today, duties = self._records.today(), self._duties
        key = (shown.digest, preset, self._records.sequence(), today)
        if key not in self._previews:
            policy = replace(duties.policy, duties=self._readable(self._sheets_with(shown, preset)))
            titles = {name: form.title() for name, form in self._records.all_forms().items()}
            counts = (
                duties.cached_frame(
                    ("line counts", shown.digest, preset, today),
                    lambda: line_counts(policy, duties.frames, today, titles),
                )
                if self.may_change
                else pd.DataFrame({"duty": [], "lines": []}, dtype=object)
            )
            previews = duty_previews(policy, counts, titles)
            self._previews = dict(list(self._previews.items())[-1:]) | {key: previews}
        return self._previews[key]

    def _sheets_with(self, shown: WorkbookState, preset: str) -> Sheets:
        """Return the workbook's sheets, the duties those of a preset where one is named."""
        if not preset:
            return shown.sheets
        title = shown.titles.get("duties") or say("sheet.duties", shown.language)
        return shown.sheets | fit_to_forms({title: list(_preset(preset))}, self._columns())

    def _readable(self, sheets: Sheets) -> tuple[Duty, ...]:
        """Return the duties of a workbook, without the rows that have a mistake; none where another sheet has one."""
        file, wrong = self._records.folder.workbook.name, self.mistake(sheets)
        for mistake in wrong.each() if wrong else ():
            rows = [row for row in sheets.get(mistake.sheet, []) if row.get(ROW) != mistake.row]
            sheets = sheets | {mistake.sheet: rows}
        try:
            return policy_from_sheets(sheets, file, self._columns(), self._rules.own_rules.kinds).duties
        except PolicyError:
            return ()

    def examples(self, heading: str) -> list[str]:
        """Return what the presets write under a heading of 职责, to choose from."""
        word = say(f"heading.{heading}", "zh")
        examples = {str(row.get(word) or "").strip() for name in presets() for row in _preset(name)}
        return sorted(examples - {""})

    def edit(self, shown: WorkbookState, sheet: str, row: int | None, cells: Mapping[str, str]) -> Edit:
        """Return an edit of plain headings with the headings that the workbook has."""
        heads = self._heads(shown, sheet)
        title = shown.titles.get(sheet) or say(f"sheet.{sheet}", shown.language)
        written = {heads[name]: _day(value) if name in DAYS else value for name, value in cells.items()}
        return Edit(title, row, written)

    def removal(self, shown: WorkbookState, sheet: str, row: int) -> Edit:
        """Return the edit that removes a row."""
        return Edit(shown.titles[sheet], row, remove=True)

    def register_of(self, written: str) -> str:
        """Return the register that a word or a name in the workbook means, the word itself if there is none."""
        bare = written.partition(".")[0].strip()
        return bare if bare in self.registers() else lookup_name("record", bare) or bare

    def registers(self) -> list[str]:
        """Return the names of the registers that a duty can name."""
        return sorted({*self._records.forms(), *DERIVED} - {"child", "class", "staff"})

    def condition_fields(self, registers: Sequence[str], *, by: bool = False) -> list[ConditionField]:
        """Return what a condition on some registers can be made of (`guanai.storage.school.condition_fields.condition_fields`)."""
        return condition_fields(self._records, registers, by=by)

    def count_meeting(self, registers: Sequence[str], clauses: Sequence[Clause]) -> tuple[int, int]:
        """Return how many records of some registers meet a condition now, and of how many.

        Raises AccessError for who may not change the rules: it is counted in the whole school.
        """
        self._access.check_matter("settings")
        for register in registers:
            if register in self._records.forms():
                self._access.check("count", register)
        return count_meeting(self._records, self._duties, registers, clauses)

    def _heads(self, shown: WorkbookState, sheet: str) -> dict[str, str]:
        """Return how each heading of a sheet is written in the workbook."""
        rows = shown.sheets.get(shown.titles.get(sheet, ""), [])
        written = {
            name: str(head) for row in rows[:1] for head in row if (name := lookup_name("heading", str(head)))
        }
        usual = {name: say(f"heading.{name}", shown.language) for name in HEADINGS[sheet]}
        return usual | written

    def _columns(self) -> dict[str, Collection[str]]:
        return {name: self._records.form(name).columns for name in self._records.forms()}

    def _is_of(self, mistake: PolicyError, edits: Sequence[Edit], after: Sheets) -> bool:
        """Whether a mistake is in a row that the edits change."""
        for edit in edits:
            rows = after.get(edit.sheet, [])
            row = edit.row if edit.row is not None else max((each[ROW] for each in rows), default=0)
            if mistake.sheet == edit.sheet and mistake.row == row and not edit.remove:
                return True
        return False


@lru_cache(maxsize=64)
def _preset(name: str) -> tuple[dict[str, Any], ...]:
    """Return the duties of a preset, as they are written."""
    if name not in presets():
        raise GuanaiError("school.no_policy", name=name, names="、".join(presets()))
    text = (template("policies") / f"{name}.md").read_text(encoding="utf-8")
    return tuple(sheets_from_markdown(text).get("职责", []))


def numbered(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return rows as they stand in a sheet of their own, from its second row on."""
    return [{**row, ROW: number} for number, row in enumerate(rows, start=2)]


def _noted(edit: Edit, before: Sheets) -> dict[str, Any]:
    rows = before.get(edit.sheet, [])
    was = next((row for row in rows if row[ROW] == edit.row), {})
    heads = was if edit.remove else edit.cells
    return {
        "sheet": edit.sheet,
        "row": edit.row,
        "before": {str(head): _text(was.get(head)) for head in heads if head != ROW},
        "after": {} if edit.remove else {head: _text(value) for head, value in edit.cells.items()},
    }


def _day(text: str) -> Any:
    """Return a day for text that is one; ``8月1日``, every year again, and anything else stays text."""
    try:
        return date.fromisoformat(read_date(text))
    except UnreadableError:
        return text


def _text(value: Any) -> str:
    return "" if value is None else str(value)
