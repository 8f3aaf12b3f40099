"""Delete a record after a question, with an undo; and the bin: what was deleted by whom when, each with a restore button."""

from collections.abc import Callable, Mapping, Sequence
from html import escape

import ipywidgets as ipw

from guanai.storage.forms.xlsform.definitions import Form as FormDefinition
from guanai.storage.school.deleted_records import DeletedRecord
from guanai.templates.wording import say, spoken
from guanai.widgets.base.boxes import Panel, button, hbox, html, set_visible
from guanai.widgets.base.name_search import matches
from guanai.widgets.base.notices import empty_html, error_html, notice_html
from guanai.widgets.base.page_urls import view_pages
from guanai.widgets.base.table import Pager, href
from guanai.widgets.form.drafts import local_time
from guanai.widgets.form.inputs import Choice, Search

__all__ = ["BinList", "DeleteButton"]

_ROWS = 15  # of the bin on one page; each costs a button


class DeleteButton(Panel):
    """A button that deletes after a question, with an undo: ``Deletion("谈心 …", on_delete, on_restore)``.

    ``warning`` is said with the question; ``on_change(deleted)`` is called when the record was deleted or restored.
    """

    def __init__(
        self,
        label: str,
        on_delete: Callable[[], object],
        on_restore: Callable[[], object],
        *,
        warning: str = "",
        on_change: Callable[[bool], None] | None = None,
    ) -> None:
        super().__init__("guanai-deletion")
        self._label, self._delete, self._restore = label, on_delete, on_restore
        self._warning, self._on_change = warning, on_change
        self.ask = button(say("delete.ask"), self._ask, "guanai-remove")
        self.yes = button(say("delete.yes"), self._do, "guanai-remove")
        self.no = button(say("delete.no"), self._leave)
        self.undo = button(say("delete.undo"), self._take_back, "guanai-main")
        self.notice = html()
        choice = hbox([self.ask, self.yes, self.no, self.undo], "guanai-buttons")
        self.fill_with(self.notice, choice)
        self._show(self.ask)

    def show_deleted(self) -> None:
        """Show that the record has been deleted before, and the button that restores it."""
        self.notice.value = notice_html("calm", say("bin.lies"))
        self._show(self.undo)

    def _show(self, *shown: ipw.Button) -> None:
        for one in (self.ask, self.yes, self.no, self.undo):
            set_visible(one, one in shown)

    def _ask(self) -> None:
        question = say("delete.question", label=self._label)
        warning = f"<p>{escape(self._warning)}</p>" if self._warning else ""
        self.notice.value = (
            f'<div class="guanai-conflict" role="alert"><strong>{escape(question)}</strong>{warning}</div>'
        )
        self._show(self.yes, self.no)
        self.no.focus()

    def _leave(self) -> None:
        self.notice.value = ""
        self._show(self.ask)

    def _do(self) -> None:
        if self._succeeds(self._delete):
            link = f' <a href="bin">{escape(say("bin.title"))}</a>'
            self.notice.value = notice_html("good", say("delete.done", label=self._label), link)
            self._show(self.undo)
            self._report(True)

    def _take_back(self) -> None:
        if self._succeeds(self._restore):
            self.notice.value = notice_html("good", say("delete.undone", label=self._label))
            self._show(self.ask)
            self._report(False)

    def _report(self, deleted: bool) -> None:
        if self._on_change is not None:
            self._on_change(deleted)

    def _succeeds(self, act: Callable[[], object]) -> bool:
        try:
            act()
        except Exception as error:
            self.notice.value = error_html(error)
            return False
        return True


class BinList(Panel):
    """The deleted records, the last deleted first, each with a button that restores it.

    ``deleted()`` gives them, ``forms`` the forms by name, ``on_restore(form, id)``
    restores one. A dossier that was merged into another links to the page where that is undone.
    """

    def __init__(
        self,
        deleted: Callable[[], Sequence[DeletedRecord]],
        forms: Mapping[str, FormDefinition],
        on_restore: Callable[[str, str], object],
        *,
        form: str | None = None,
    ) -> None:
        super().__init__("guanai-bin")
        self._deleted, self._forms, self._restore = deleted, forms, on_restore
        self.items: list[DeletedRecord] = []
        self.shown: list[DeletedRecord] = []
        titles = {name: one.title(spoken()) for name, one in forms.items()}
        self.form = Choice(say("register.which"), titles, value=form, all=say("register.all"))
        self.search = Search(say("bin.find"))
        self.notice = html()
        self.body = html()
        self.pager = Pager(_ROWS, self._draw)
        self.items = list(self._deleted())
        self.rows = [self._row(number) for number in range(min(_ROWS, len(self.items)))]
        for one in (self.form, self.search):
            one.observe(self._changed, "value")
        bar = hbox([self.form, self.search], "guanai-bar")
        self.fill_with(bar, self.notice, self.body, *(row for row, _, _ in self.rows), self.pager)
        self._changed(None)

    def _row(self, number: int) -> tuple[ipw.HBox, ipw.HTML, ipw.Button]:
        text = html()
        act = button(say("bin.restore"), lambda: self._restore_row(number), "guanai-small")
        return hbox([text, act], "guanai-row-head", "guanai-binned"), text, act

    def run(self) -> None:
        """Read the bin again."""
        self.items = list(self._deleted())
        self._changed(None)

    def _changed(self, _: object) -> None:
        self.pager.start = 0
        self.shown = [
            one
            for one in self.items
            if self.form.value in (None, one.form)
            and matches(self.search.value or "", f"{one.label} {one.by} {local_time(one.at)}")
        ]
        self._draw()

    def _draw(self) -> None:
        part = self.shown[self.pager.slice_of(len(self.shown))]
        self.body.value = "" if part else empty_html(say("bin.empty"))
        for number, (row, text, act) in enumerate(self.rows):
            set_visible(row, number < len(part))
            if number < len(part):
                text.value = self._entry_html(part[number])
                set_visible(act, not part[number].into)

    def _entry_html(self, one: DeletedRecord) -> str:
        title = self._forms[one.form].title(spoken())
        address = href("bin?form={form}&id={id}", {"form": one.form, "id": one.id})
        when = escape(say("bin.by", by=one.by or say("unsaved.somebody"), at=local_time(one.at)))
        merged = f' <a href="same_child">{escape(say("bin.merged_short"))}</a>' if one.into else ""
        return (
            f'<a href="{address}"><strong>{escape(one.label)}</strong></a> '
            f"<small>{escape(title)} · {when}</small>{merged}"
        )

    def _restore_row(self, number: int) -> None:
        place = self.pager.start + number
        if place >= len(self.shown):  # a row that is not shown
            return
        one = self.shown[place]
        try:
            self._restore(one.form, one.id)
        except Exception as error:
            self.notice.value = error_html(error)
            return
        self.run()
        address = href(view_pages([one.form])[one.form], {"id": one.id})
        link = f' <a href="{address}">{escape(say("register.open"))}</a>'
        self.notice.value = notice_html("good", say("delete.undone", label=one.label), link)
