"""The school's workbook as it is changed on a page: read with what is wrong in it, a row changed, suggestions added.

A coordinator may change it (校长, 副校长, 德育处/团少部); everybody may read it. Every change is checked as a whole
workbook before it is written, and noted with who made it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any

from uuid_utils import uuid7

from guanai.care.errors import AccessError, GuanaiError, PolicyError
from guanai.care.policy.conditions import Clause, lookup_name
from guanai.care.policy.duty import Duty
from guanai.care.policy.duty_rows import DERIVED
from guanai.care.policy.policy import fit_to_forms, policy_from_sheets, sheets_from_markdown
from guanai.care.policy.workbook_rows import HEADINGS, ROW
from guanai.storage.forms.session.parsers import UnreadableError, read_date
from guanai.storage.records.records import Records
from guanai.storage.school.condition_fields import ConditionField, condition_fields, count_meeting
from guanai.storage.school.due_service import DutyService
from guanai.storage.school.duty_preview import DutyPreview, duty_previews, line_counts
from guanai.storage.school.permissions import is_coordinator
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

    def __init__(self, records: Records, duties: DutyService) -> None:
        self._records = records
        self._duties = duties
        self._previews: dict[tuple[object, ...], dict[str, DutyPreview]] = {}

    @property
    def may_change(self) -> bool:
        """Whether the person may change it: who coordinates, and who works in the folder itself."""
        return is_coordinator(self._records)

    def read(self) -> WorkbookState:
        """Return the workbook as it is on the disk. Raises PolicyError where it cannot be opened at all."""
        path = self._records.folder.workbook
        if not path.exists():
            raise GuanaiError("settings.none", file=path.name)
        digest = digest_of(path)
        sheets = read_workbook(path)
        titles = {name: title for title in sheets if (name := lookup_name("sheet", title))}
        heads = [str(head) for rows in sheets.values() for row in rows[:1] for head in row]
        english = "name" in heads and say("heading.name", "zh") not in heads
        return WorkbookState(sheets, digest, self.mistake(sheets), titles, "en" if english else "zh")

    def mistake(self, sheets: Sheets) -> PolicyError | None:
        """Return the first mistake of a workbook with its place and remedy, None where there is none."""
        try:
            policy_from_sheets(
                sheets, self._records.folder.workbook.name, self._columns(), self._duties.own_kinds
            )
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
        if not self.may_change:
            raise AccessError("settings.not_you")
        if mistake := self.mistake_of(shown, edits):
            raise mistake
        with records.transaction():  # one page after the other
            folder = records.folder
            backup = write_edits(folder.workbook, edits, shown.digest, folder.backups)
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

        With a preset that of its rows, in this school. A row with a mistake has none.
        """
        today, duties = self._records.today(), self._duties
        key = (shown.digest, preset, self._records.sequence(), today)
        if key not in self._previews:
            policy = replace(duties.policy, duties=self._readable(self._sheets_with(shown, preset)))
            titles = {name: form.title() for name, form in self._records.all_forms().items()}
            counts = duties.cached_frame(
                ("line counts", shown.digest, preset, today),
                lambda: line_counts(policy, duties.frames, today, titles),
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
            return policy_from_sheets(sheets, file, self._columns(), self._duties.own_kinds).duties
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
        """Return how many records of some registers meet a condition now, and of how many."""
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
