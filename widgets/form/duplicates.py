"""Answers side by side, so that a person can say whether two children are one."""

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

import ipywidgets as ipw

from guanai.care.errors import GuanaiError
from guanai.storage.forms.session.form_session import FormSession
from guanai.storage.forms.xlsform.markdown import to_plain
from guanai.templates.wording import say, spoken
from guanai.widgets.base.boxes import Panel, button, html
from guanai.widgets.base.errors import error_html, message_of
from guanai.widgets.base.layouts import plain
from guanai.widgets.form.drafts import local_time

__all__ = [
    "MergeHistory",
    "MergePanel",
    "SameChildQuestion",
    "TypedChanges",
    "side_by_side",
    "texts_of",
    "title_of",
]

Answers = Mapping[str, Any]
Texts = Mapping[str, tuple[str, str]]  # label and text of an answer by its path

_MANY = 3  # look-alikes beside what was typed: more do not fit, and the likeliest come first


def title_of(child: Answers, language: str | None = None) -> str:
    """Return how a child is called: 林小雨（三年级1班）."""
    if not child.get("class"):
        return str(child.get("name", ""))
    return say("label.in_class", language, name=child.get("name", ""), group=child["class"])


def side_by_side(
    heads: Sequence[str], versions: Sequence[Texts], *, caption: str = "", all_: bool = False
) -> str:
    """Return versions of one form as an HTML table, a column each; lines in which none differs only with ``all_``.

    What differs from the first version is marked.
    """
    labels = {path: label for version in reversed(versions) for path, (label, _) in version.items()}
    order = dict.fromkeys(path for version in versions for path in version)
    lines = []
    for path in order:
        texts = [version.get(path, ("", ""))[1] for version in versions]
        if not any(texts) or (not all_ and len(set(texts)) == 1):
            continue
        cells = "".join(
            f'<td data-label="{escape(head)}">{_marked(text, text != texts[0])}</td>'
            for head, text in zip(heads[1:], texts, strict=True)
        )
        lines.append(f'<tr><th scope="row">{escape(labels[path])}</th>{cells}</tr>')
    if not lines:
        return ""
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    return (
        f'<div class="guanai-scroll"><table class="guanai-table guanai-beside">{title}'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table></div>"
    )


def _marked(text: str, differs: bool) -> str:
    return f"<mark>{escape(text)}</mark>" if differs and text else escape(text)


class SameChildQuestion(ipw.VBox):
    """Those who may be the child that is being registered, beside what was typed, and the question which it is.

    ``found`` are records, each with its reason; ``texts(record)`` gives label and text of every answer.
    ``on_this(record)`` and ``on_other()`` are called by the buttons.
    """

    def __init__(
        self,
        typed: Answers,
        found: Sequence[tuple[Answers, str]],
        texts: Callable[[Answers], Texts],
        *,
        on_this: Callable[[Any], None],
        on_other: Callable[[], None],
        language: str | None = None,
    ) -> None:
        shown = found[:_MANY]
        heads = [say("alike.asked", language), say("alike.typed", language)]
        heads += [f"{title_of(child, language)} · {say(f'alike.{why}', language)}" for child, why in shown]
        mine = texts(typed)
        wanted = {path for path, (_, text) in mine.items() if text}
        theirs = [{path: pair for path, pair in texts(child).items() if path in wanted} for child, _ in shown]
        self.table = html(side_by_side(heads, [mine, *theirs], all_=True))
        self.this = tuple(
            button(
                say("alike.this", language, label=title_of(child, language)),
                lambda child=child: on_this(child),  # type: ignore[misc]
            )
            for child, _ in shown
        )
        self.other = button(say("alike.other", language), on_other)
        choice = ipw.HBox([*self.this, self.other], layout=plain(), _dom_classes=("guanai-buttons",))
        super().__init__([self.table, choice], layout=plain(), _dom_classes=("guanai-conflict",))


class TypedChanges(ipw.VBox):
    """What was typed and differs from the dossier that it has been put into."""

    def __init__(self, typed: Texts, kept: Texts, language: str | None = None) -> None:
        heads = [say(key, language) for key in ("alike.asked", "alike.kept", "alike.typed")]
        table = side_by_side(heads, [kept, typed], caption=say("alike.review", language))
        self.table = html(table or f"<p>{escape(say('alike.same', language))}</p>")
        super().__init__([self.table], layout=plain(), _dom_classes=("guanai-conflict",))


class MergePanel(Panel):
    """Two dossiers side by side, and the button that makes them one.

    ``on_merge(kept, other)`` makes the second go up in the first and returns a ``Merge``; ``on_undo(id)`` takes them
    apart again; ``count(child)`` tells how many records of the registers are the child's.
    """

    def __init__(
        self,
        form: Any,
        kept: Answers,
        other: Answers,
        *,
        on_merge: Callable[[str, str], Any],
        on_undo: Callable[[str], None],
        count: Callable[[str], int],
        language: str | None = None,
    ) -> None:
        super().__init__("guanai-merge")
        self._form, self._language = form, language
        self._kept, self._other = kept, other
        self._on_merge, self._on_undo, self._count = on_merge, on_undo, count
        self._merged = ""
        self.table = html("")
        self.notice = html("")
        self.merge = button(say("merge.do", language), self._do, "guanai-main")
        self.swap = button(say("merge.swap", language), self._swap)
        self.undo = button(say("merge.undo", language), self._take_back)
        self.choice = ipw.HBox([self.merge, self.swap], layout=plain(), _dom_classes=("guanai-buttons",))
        self.fill_with(self.table, self.notice, self.choice)
        self._show()

    def _texts(self, child: Answers) -> Texts:
        return texts_of(FormSession(self._form, child, language=spoken(self._language)))

    def _show(self) -> None:
        heads = [
            say("alike.asked", self._language),
            f"{say('merge.kept', self._language)} · {title_of(self._kept, self._language)}",
            f"{say('merge.other', self._language)} · {title_of(self._other, self._language)}",
        ]
        table = side_by_side(heads, [self._texts(self._kept), self._texts(self._other)], all_=True)
        title = escape(say("merge.title", self._language))
        text = escape(say("merge.explain", self._language, count=self._count(self._other["id"])))
        self.table.value = f"<h3>{title}</h3><p>{text}</p>{table}"

    def _swap(self) -> None:
        self._kept, self._other = self._other, self._kept
        self._show()

    def _do(self) -> None:
        try:
            done = self._on_merge(self._kept["id"], self._other["id"])
        except GuanaiError as error:
            self._say("bad", message_of(error, self._language))
            return
        self._merged = done.id
        self.choice.children = (self.undo,)
        text = say("merge.done", self._language, label=title_of(self._kept, self._language), count=done.moved)
        self._say("good", text)

    def _take_back(self) -> None:
        try:
            self._on_undo(self._merged)
        except GuanaiError as error:
            self._say("bad", message_of(error, self._language))
            return
        self.choice.children = (self.merge, self.swap)
        self._say("good", say("merge.undone", self._language))

    def _say(self, kind: str, text: str) -> None:
        self.notice.value = f'<div class="guanai-notice guanai-{kind}" role="{"alert" if kind == "bad" else "status"}">{escape(text)}</div>'


class MergeHistory(Panel):
    """The dossiers that were merged, each with a button that takes them apart again.

    ``merges()`` gives them (`guanai.storage.school.duplicate_service.Merge`), ``label(id)`` how a child is called.
    """

    def __init__(
        self,
        merges: Callable[[], Sequence[Any]],
        *,
        label: Callable[[str], str],
        on_undo: Callable[[str], None],
        language: str | None = None,
    ) -> None:
        super().__init__("guanai-merges")
        self._merges, self._label, self._on_undo, self._language = merges, label, on_undo, language
        self.undo: dict[str, ipw.Button] = {}
        self.notice = html("")
        self._show()

    def _show(self) -> None:
        self.undo = {}
        lines: list[Any] = []
        for one in self._merges():
            if one.undone:
                continue
            kept, other = self._label(one.kept), self._label(one.other)
            text = say(
                "merge.line",
                self._language,
                at=local_time(one.at),
                by=one.by,
                kept=kept,
                other=other,
                count=one.moved,
            )
            self.undo[one.id] = button(
                say("merge.undo", self._language), self._undoer(one.id), "guanai-small"
            )
            line = [html(f"<p>{escape(text)}</p>"), self.undo[one.id]]
            lines.append(ipw.HBox(line, layout=plain(), _dom_classes=("guanai-row-head",)))
        head = [html(f"<h3>{escape(say('merge.list', self._language))}</h3>")] if lines else []
        self.fill_with(*head, *lines, self.notice)

    def _undoer(self, merge_id: str) -> Callable[[], None]:
        def undo() -> None:
            try:
                self._on_undo(merge_id)
            except GuanaiError as error:
                self.notice.value = error_html(error, self._language)
                return
            self._show()
            text = escape(say("merge.undone", self._language))
            self.notice.value = f'<div class="guanai-notice guanai-good" role="status">{text}</div>'

        return undo


def texts_of(session: Any) -> dict[str, tuple[str, str]]:
    """Return label and text of every answer that applies, by path, as a person reads them."""
    states = {path: session.state(path) for path in _paths(session.tree())}
    return {
        path: (to_plain(state.label), state.text or "") for path, state in states.items() if state.relevant
    }


def _paths(nodes: Any) -> list[str]:
    paths: list[str] = []
    for node in nodes:
        paths += [node.path] if hasattr(node.item, "kind") else _paths(node.children)
    return paths
