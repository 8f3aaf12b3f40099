"""The school's workbook on a page: one sheet at a time, a line per row, a form for the row that is changed.

A mistake is shown beside its cell, with what to do. Ticking 启用 puts a rule in or out of force at once. Rules of other
documents are suggested with their source; those that are ticked are added.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape

import ipywidgets as ipw

from guanai.care.errors import PolicyError
from guanai.care.policy.conditions import lookup_name
from guanai.care.policy.duty_rows import REGISTER_OF_SUBJECT
from guanai.care.policy.workbook_rows import HEADINGS, REQUIRED, ROW, register_label
from guanai.storage.school.duty_preview import DutyPreview
from guanai.storage.school.workbook_edits import Edit
from guanai.storage.school.workbook_service import WorkbookService, WorkbookState
from guanai.templates.wording import catalogue, say
from guanai.widgets.base.boxes import Panel, button, checkbox, control, hbox, html, plain, set_visible, vbox
from guanai.widgets.base.notices import error_html, notice_html
from guanai.widgets.base.table import Pager
from guanai.widgets.base.value_labels import Record
from guanai.widgets.form.inputs import Choice
from guanai.widgets.settings.cell_fields import (
    CONDITION_CELLS,
    EXAMPLE_CELLS,
    OPTIONAL_CELLS,
    PROFILE,
    USED_CELLS,
    VOCABULARIES,
    CellField,
    ChecksCell,
    ChoiceCell,
    TextCell,
    parts_of,
    vocabulary,
)
from guanai.widgets.settings.condition_builder import ConditionCell, ConditionScope

__all__ = ["Settings"]

# The cells that a line of the list shows beside its name, in this order.
SHOWN_CELLS = {
    "school": ("value", "remark"), "calendar": ("kind", "start", "end", "remark"),
    "duties": ("kind", "subject", "subject_condition", "record", "record_condition", "content", "at_least", "at_most",
               "target", "per", "trigger", "limit", "who"),
    "categories": ("name", "label", "remark"), "wording": ("value", "remark"),
}  # fmt: skip
NAME_CELL = {"school": "item", "calendar": "name", "duties": "name", "categories": "kind", "wording": "item"}
_SUGGESTED = "suggested"


class _Line(ipw.HBox):
    """One row of a sheet: a checkbox for 启用 (or to select a suggestion), its text, and the button to change it."""

    def __init__(self, on_tick: Callable[["_Line"], None], on_edit: Callable[[Record, int], None]) -> None:
        self.row: Record = {}
        self._muted = False
        self.tick = checkbox()
        self.tick.observe(lambda _: None if self._muted else on_tick(self), "value")
        self.text = html("", "guanai-setting-text")
        self.edit = button(say("settings.edit"), lambda: on_edit(self.row, self.row[ROW]), "guanai-small")
        super().__init__([self.tick, self.text, self.edit], layout=plain(), _dom_classes=("guanai-setting",))

    def fill(self, row: Record, text: str, ticked: bool | None, label: str, may: bool) -> None:
        """Show a row."""
        self._muted, self.row = True, row
        self.text.value = text
        set_visible(self.tick, ticked is not None)
        self.tick.value, self.tick.description, self.tick.disabled = bool(ticked), label, not may
        self._muted = False


def _lines_text(preview: DutyPreview, *, suggested: bool) -> str:
    """Return how many lines a row makes this term, or would make once it is in force or taken in."""
    if preview.lines is None:
        return escape(say("settings.no_register"))
    when = "taken" if suggested else "now" if preview.in_force else "then"
    return escape(say(f"settings.lines_{when}", count=preview.lines))


class Settings(Panel):
    """The workbook of a school, changed row by row; ``presets`` are the names of the documents that suggest duties."""

    def __init__(self, book: WorkbookService, presets: Iterable[str] = (), *, page: int = 12) -> None:
        super().__init__("guanai-settings")
        self._book = book
        self.cells: dict[str, CellField] = {}
        self._row: int | None = None
        self._original: dict[str, str] = {}
        self.notice, self.state, self.title = html(), html(), html()
        sheets = [(say(f"sheet.{name}"), name) for name in HEADINGS]
        sheets.append((say("settings.suggested"), _SUGGESTED))
        self.sheet = control(ipw.ToggleButtons, "guanai-tab-row", options=sheets, value="duties")
        self.preset = Choice(say("settings.preset"), list(presets))
        self.lines = tuple(_Line(self._on_tick, self._show_row) for _ in range(page))
        self.pager = Pager(page, self._draw)
        self.add = button(say("settings.add"), self._add)
        self.adopt = button(say("settings.take"), self._adopt, "guanai-main")
        self.save = button(say("settings.save"), self._save, "guanai-main")
        self.cancel = button(say("settings.cancel"), self._close)
        self.remove = button(say("settings.remove"), self._remove, "guanai-remove")
        self._grid = vbox((), "guanai-grid")
        foot = hbox([self.save, self.cancel, self.remove], "guanai-buttons")
        self.form = vbox([self.title, self._grid, foot], "guanai-group", "guanai-stack")
        self._list = vbox([*self.lines], "guanai-setting-list")
        buttons = hbox([self.add, self.adopt], "guanai-buttons")
        self._browse = vbox([self.preset, self._list, self.pager, buttons], "guanai-stack")
        self._selected: set[str] = set()
        self.fill_with(self.state, self.sheet, self.notice, self._browse, self.form)
        set_visible(self.form, False)
        self.shown: WorkbookState | None = None
        self.read()
        self.sheet.observe(lambda _: self._on_sheet(), "value")
        self.preset.observe(lambda _: self._on_sheet(), "value")

    # -- the list

    @property
    def _workbook(self) -> WorkbookState:
        """The workbook as it was read; without one there is no row to show or change."""
        if self.shown is None:
            raise RuntimeError("no workbook has been read")
        return self.shown

    def read(self) -> None:
        """Read the workbook again."""
        try:
            self.shown = self._book.read()
        except Exception as error:
            self.shown, self.state.value = None, error_html(error)
        self._show_state()
        self._draw()

    def _show_state(self) -> None:
        """Show a mistake of the whole workbook, and whether the person may change it."""
        if self.shown is None:
            return
        mistakes = self.shown.mistakes
        parts = [notice_html("bad", say("settings.broken", error=mistake.message())) for mistake in mistakes]
        if not self._book.may_change:
            parts.append(notice_html("calm", say("settings.not_you")))
        self.state.value = "".join(parts)

    def _rows(self) -> Sequence[Record]:
        if self.shown is None:
            return []
        if self.sheet.value == _SUGGESTED:
            return self._book.suggestions(self.preset.value, self.shown) if self.preset.value else []
        return self.shown.rows(self.sheet.value)

    def _on_sheet(self) -> None:
        self.pager.start, self.notice.value = 0, ""
        self._selected.clear()
        self._close()

    def _draw(self) -> None:
        rows, sheet = self._rows(), str(self.sheet.value)
        suggested, may = sheet == _SUGGESTED, self._book.may_change
        page = rows[self.pager.slice_of(len(rows))]
        kind = "duties" if suggested else sheet
        previews = self._previews(kind)
        for line, row in zip(self.lines, page, strict=False):
            ticked = None
            if suggested:
                ticked = row["name"] in self._selected
            elif sheet == "duties":
                ticked = (lookup_name("yes_no", row["in_force"]) or "yes") == "yes"
            label = say("settings.take_in" if suggested else "heading.in_force")
            line.fill(row, self._row_html(kind, row, previews.get(row.get("name") or "")), ticked, label, may)
            set_visible(line.edit, may and not suggested)
        for number, line in enumerate(self.lines):
            set_visible(line, number < len(page))
        set_visible(self.preset, suggested)
        set_visible(self.adopt, suggested and may and bool(rows))
        set_visible(self.add, not suggested and may and self.shown is not None)

    def _previews(self, sheet: str) -> Mapping[str, DutyPreview]:
        """Return what the rows of 职责 that are shown ask, by their name."""
        if sheet != "duties" or self.shown is None:
            return {}
        preset = str(self.preset.value or "") if self.sheet.value == _SUGGESTED else ""
        return self._book.previews(self.shown, preset)

    def _row_html(self, sheet: str, row: Record, preview: DutyPreview | None) -> str:
        """Return the text of a row as HTML: what a duty asks in a sentence, of any other row its cells."""
        name = escape(row.get(NAME_CELL[sheet]) or "—")
        cells = [(head, row.get(head) or "") for head in SHOWN_CELLS[sheet]]
        small = " · ".join(f"{escape(say(f'heading.{head}'))} {escape(text)}" for head, text in cells if text)
        if preview is not None:
            lines = _lines_text(preview, suggested=self.sheet.value == _SUGGESTED)
            small = f'{escape(preview.sentence)} <span class="guanai-setting-lines">{lines}</span>'
        source = "" if preview is not None else escape(row.get("source") or "")  # a sentence ends with it
        about = f'<span class="guanai-badge">{source}</span>' if source else ""
        remark = f"<small>{escape(row['remark'])}</small>" if sheet == "duties" and row.get("remark") else ""
        error = "".join(
            f'<span class="guanai-error">{escape(mistake.message())}</span>'
            for mistake in self._workbook.mistakes
            if ROW in row and mistake.row == row[ROW] and lookup_name("sheet", mistake.sheet) == sheet
        )
        return f"<strong>{name}</strong> {about}<small>{small}</small>{remark}{error}"

    # -- changing a row

    def _on_tick(self, line: _Line) -> None:
        if self.sheet.value == _SUGGESTED:
            name = line.row["name"]
            (self._selected.add if line.tick.value else self._selected.discard)(name)
            return
        word = say(f"yes_no.{'yes' if line.tick.value else 'no'}", self._workbook.language)
        done = "settings.on" if line.tick.value else "settings.off"
        edit = self._book.edit(self._workbook, "duties", line.row[ROW], {"in_force": word})
        self._change([edit], done, line.row["name"])

    def _add(self) -> None:
        self._show_row(dict.fromkeys(HEADINGS[str(self.sheet.value)], ""), None)

    def _show_row(self, row: Record, number: int | None) -> None:
        """Show the form of a row."""
        sheet = str(self.sheet.value)
        self._row, self.cells = number, {}
        self._original = {head: str(row.get(head) or "") for head in HEADINGS[sheet]}
        self.cells = {head: self._cell(sheet, head, value) for head, value in self._original.items()}
        old, self._grid.children = self._grid.children, tuple(cell.view for cell in self.cells.values())
        for view in old:
            view.close()
        name = row.get(NAME_CELL[sheet]) or say("settings.new")
        place = say("place.row", value=number) if number else ""
        self.title.value = f"<h3>{escape(str(name))} <small>{escape(place)}</small></h3>"
        self.notice.value = ""
        set_visible(self.remove, number is not None)
        set_visible(self.form, True)
        set_visible(self._browse, False)
        self._check()
        if number is None:
            self._show_mistake(None)  # a new row shows no mistake before anything is typed

    def _cell(self, sheet: str, head: str, value: str) -> CellField:
        label, on_change = say(f"heading.{head}"), self._check
        prefix = VOCABULARIES.get((sheet, head), "")

        def checks(words: Mapping[str, str], name_of: Callable[[str], str]) -> ChecksCell:
            return ChecksCell(label, on_change, value, words, name_of)

        def checks_of(prefix: str) -> ChecksCell:
            return checks(self._words_of(prefix), lambda part: lookup_name(prefix, part) or "")

        if sheet == "school" and head == "value":
            item = lookup_name("profile", self._original["item"]) or ""
            if item == "face_to_face":
                return checks_of("choice.mode")
            prefix = PROFILE.get(item, "")
        if head == "who" and sheet == "duties":
            return checks_of("duty.who")
        if head == "record" and sheet == "duties":
            registers = {name: register_label(name) for name in self._book.registers()}
            return checks(
                registers, lambda part: part if part in registers else lookup_name("record", part) or ""
            )
        if sheet == "duties" and head in CONDITION_CELLS:
            hint = say(f"settings.hint.{head}")
            return ConditionCell(label, on_change, value, hint, lambda: self._about(head))
        if prefix:
            return ChoiceCell(
                label, on_change, value, self._words_of(prefix), prefix, needed=head in REQUIRED[sheet]
            )
        examples = self._book.examples(head) if sheet == "duties" and head in EXAMPLE_CELLS else ()
        hint = f"settings.hint.{head}"
        return TextCell(label, on_change, value, examples, say(hint) if hint in catalogue() else "")

    def _about(self, head: str) -> ConditionScope:
        """Return the registers and fields that a condition of the row is about, by its other cells as they are now."""

        def written(name: str) -> str:
            cell = self.cells.get(name)
            return cell.value if cell is not None else self._original[name]

        if head == "subject_condition":
            registers = [REGISTER_OF_SUBJECT[lookup_name("duty.subject", written("subject")) or "child"]]
        else:
            parts = parts_of(written("record" if head == "record_condition" else "trigger"))
            usual = ["pairing"] if lookup_name("duty.kind", written("kind")) == "quota" else []
            registers = [self._book.register_of(part) for part in parts] or usual
        fields = self._book.condition_fields(registers, by=head == "record_condition")
        return ConditionScope(
            tuple(registers), fields, lambda clauses: self._book.count_meeting(registers, clauses)
        )

    def _words_of(self, prefix: str) -> dict[str, str]:
        return vocabulary(prefix, self._workbook.language)

    def _changes(self) -> dict[str, str]:
        return {head: cell.value for head, cell in self.cells.items() if cell.value != self._original[head]}

    def _edit(self) -> Edit:
        return self._book.edit(self._workbook, str(self.sheet.value), self._row, self._changes())

    def _check(self) -> None:
        """Show the mistake that the row would have now, beside its cell."""
        if not self.cells:
            return
        for cell in self.cells.values():
            if isinstance(cell, ConditionCell):
                cell.refresh()
        mistake = self._book.mistake_of(self._workbook, [self._edit()])
        self._show_mistake(mistake)
        if self.sheet.value == "duties":
            used = USED_CELLS.get(
                lookup_name("duty.kind", self.cells["kind"].value) or "", " ".join(OPTIONAL_CELLS)
            ).split()
            for head, cell in self.cells.items():
                needed = head in used or head not in OPTIONAL_CELLS or cell.value
                set_visible(cell.view, bool(needed) or self._heading(mistake) == head)

    def _show_mistake(self, mistake: PolicyError | None) -> None:
        where = self._heading(mistake)
        for head, cell in self.cells.items():
            text = say(mistake.key, **mistake.values) if mistake is not None and head == where else ""
            cell.show_error(text)

    def _heading(self, mistake: PolicyError | None) -> str:
        """Return the plain heading of the cell that has a mistake."""
        if mistake is None or not mistake.column:
            return ""
        return lookup_name("heading", mistake.column) or ""

    def _save(self) -> None:
        if not self._changes():
            self._close()
            return
        name = self.cells[NAME_CELL[str(self.sheet.value)]].value
        if self._change([self._edit()], "settings.saved", name):
            self._close()

    def _remove(self) -> None:
        if self._row is not None:
            name = self._original[NAME_CELL[str(self.sheet.value)]]
            edit = self._book.removal(self._workbook, str(self.sheet.value), self._row)
            if self._change([edit], "settings.removed", name):
                self._close()

    def _adopt(self) -> None:
        """Add the selected suggestions as rows in force."""
        selected = [row for row in self._rows() if row["name"] in self._selected]
        edits = [
            self._book.edit(
                self._workbook, "duties", None, {head: text for head, text in row.items() if text}
            )
            for row in selected
        ]
        if edits and self._change(edits, "settings.taken", len(edits)):
            self._selected.clear()
            self._draw()

    def _change(self, edits: list[Edit], message: str, name: object) -> bool:
        try:
            self.shown = self._book.change(self._workbook, edits)
        except Exception as error:
            self.notice.value = error_html(error)
            if isinstance(error, PolicyError):
                self._show_mistake(error)
            self._draw()
            return False
        self.notice.value = notice_html("good", say(message, name=name))
        self._show_state()
        self._draw()
        return True

    def _close(self) -> None:
        self.cells = {}
        set_visible(self.form, False)
        set_visible(self._browse, True)
        self._draw()
