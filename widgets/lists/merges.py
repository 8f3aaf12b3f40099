"""Merge two dossiers of one child, and the merges of before, each of which can be undone."""

from collections.abc import Callable, Sequence
from functools import partial
from html import escape

import ipywidgets as ipw

from guanai.care.errors import GuanaiError
from guanai.storage.forms.session.form_session import FormSession
from guanai.storage.forms.xlsform.definitions import Form as FormDefinition
from guanai.storage.school.duplicate_service import Merge
from guanai.templates.wording import say, spoken
from guanai.widgets.base.boxes import Panel, button, hbox, html
from guanai.widgets.base.notices import error_html, notice_html
from guanai.widgets.base.value_labels import Record
from guanai.widgets.form.comparisons import Texts, side_by_side, texts_of, title_of
from guanai.widgets.form.drafts import local_time

__all__ = ["MergeHistory", "MergePanel"]


class MergePanel(Panel):
    """Two dossiers side by side, and the button that makes them one.

    ``on_merge(kept, other)`` moves the records of the second to the first and returns a `Merge`, ``on_undo(id)`` undoes
    it; without them the dossiers are only compared. ``count(child)`` returns how many records in the registers are the child's.
    """

    def __init__(
        self,
        form: FormDefinition,
        kept: Record,
        other: Record,
        *,
        on_merge: Callable[[str, str], Merge] | None = None,
        on_undo: Callable[[str], None] | None = None,
        count: Callable[[str], int],
    ) -> None:
        super().__init__("guanai-merge")
        self._form = form
        self._kept, self._other = kept, other
        self._count = count
        self._merge_id = ""
        self.table = html("")
        self.notice = html("")
        if on_merge is None or on_undo is None:
            self.fill_with(self.table)
        else:
            self._on_merge, self._on_undo = on_merge, on_undo
            self.merge = button(say("merge.do"), self._merge, "guanai-main")
            self.swap = button(say("merge.swap"), self._swap)
            self.undo = button(say("merge.undo"), self._undo)
            self.choice = hbox([self.merge, self.swap], "guanai-buttons")
            self.fill_with(self.table, self.notice, self.choice)
        self._show()

    def _texts(self, child: Record) -> Texts:
        return texts_of(FormSession(self._form, child, language=spoken()))

    def _show(self) -> None:
        heads = [
            say("alike.asked"),
            f"{say('merge.kept')} · {title_of(self._kept)}",
            f"{say('merge.other')} · {title_of(self._other)}",
        ]
        table = side_by_side(heads, [self._texts(self._kept), self._texts(self._other)], all_=True)
        title = escape(say("merge.title"))
        text = escape(say("merge.explain", count=self._count(self._other["id"])))
        self.table.value = f"<h3>{title}</h3><p>{text}</p>{table}"

    def _swap(self) -> None:
        self._kept, self._other = self._other, self._kept
        self._show()

    def _merge(self) -> None:
        try:
            merge = self._on_merge(self._kept["id"], self._other["id"])
        except GuanaiError as error:
            self.notice.value = error_html(error)
            return
        self._merge_id = merge.id
        self.choice.children = (self.undo,)
        text = say("merge.done", label=title_of(self._kept), count=merge.moved)
        self.notice.value = notice_html("good", text)

    def _undo(self) -> None:
        try:
            self._on_undo(self._merge_id)
        except GuanaiError as error:
            self.notice.value = error_html(error)
            return
        self.choice.children = (self.merge, self.swap)
        self.notice.value = notice_html("good", say("merge.undone"))


class MergeHistory(Panel):
    """The dossiers that were merged, each with a button that undoes it where ``on_undo`` is given.

    ``merges()`` gives them (`guanai.storage.school.duplicate_service.Merge`), ``label(id)`` the name of a child.
    """

    def __init__(
        self,
        merges: Callable[[], Sequence[Merge]],
        *,
        label: Callable[[str], str],
        on_undo: Callable[[str], None] | None = None,
    ) -> None:
        super().__init__("guanai-merges")
        self._merges, self._label, self._on_undo = merges, label, on_undo
        self.undo: dict[str, ipw.Button] = {}
        self.notice = html("")
        self._show()

    def _show(self) -> None:
        self.undo = {}
        lines: list[ipw.Widget] = []
        for one in self._merges():
            if one.undone:
                continue
            kept, other = self._label(one.kept), self._label(one.other)
            text = say(
                "merge.line", at=local_time(one.at), by=one.by, kept=kept, other=other, count=one.moved
            )
            line: list[ipw.Widget] = [html(f"<p>{escape(text)}</p>")]
            if self._on_undo is not None:
                undo = partial(self._undo, self._on_undo, one.id)
                self.undo[one.id] = button(say("merge.undo"), undo, "guanai-small")
                line.append(self.undo[one.id])
            lines.append(hbox(line, "guanai-row-head"))
        head = [html(f"<h3>{escape(say('merge.list'))}</h3>")] if lines else []
        self.fill_with(*head, *lines, self.notice)

    def _undo(self, on_undo: Callable[[str], None], merge_id: str) -> None:
        try:
            on_undo(merge_id)
        except GuanaiError as error:
            self.notice.value = error_html(error)
            return
        self._show()
        self.notice.value = notice_html("good", say("merge.undone"))
