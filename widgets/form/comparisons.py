"""Versions of one record side by side, and what a person decides about them before a form saves.

Somebody else saved first (`Conflict`), or a new child may be one that is there already (`SameChildQuestion`).
"""

from collections.abc import Callable, Mapping, Sequence
from html import escape

import ipywidgets as ipw

from guanai.storage.forms.session.form_session import FormSession
from guanai.storage.forms.xlsform.items import Question
from guanai.storage.forms.xlsform.markdown import to_plain
from guanai.templates.wording import say
from guanai.widgets.base.boxes import button, hbox, html, plain
from guanai.widgets.base.value_labels import Record, all_nodes

__all__ = ["Conflict", "SameChildQuestion", "TypedChanges", "merged", "side_by_side", "texts_of", "title_of"]

#: Label and text of each answer, by its path.
Texts = Mapping[str, tuple[str, str]]

_MOST_CHILDREN = 3  # beside what was typed: more do not fit, and the likeliest come first


def title_of(child: Record) -> str:
    """Return a child's name and class: 林小雨（三年级1班）."""
    if not child.get("class"):
        return str(child.get("name", ""))
    return say("label.in_class", name=child.get("name", ""), group=child["class"])


def side_by_side(
    heads: Sequence[str], versions: Sequence[Texts], *, caption: str = "", all_: bool = False
) -> str:
    """Return versions of one form as an HTML table, a column each; rows without a difference only with ``all_``.

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


def texts_of(session: FormSession) -> dict[str, tuple[str, str]]:
    """Return label and text of every answer that applies, by path, as a person reads it."""
    paths = [node.path for node in all_nodes(session.tree()) if isinstance(node.item, Question)]
    states = {path: session.state(path) for path in paths}
    return {
        path: (to_plain(state.label), state.text or "") for path, state in states.items() if state.relevant
    }


class SameChildQuestion(ipw.VBox):
    """The question whether a new child is one of those that are registered already, each beside what was typed.

    ``matches`` are records, each with its reason; ``texts(record)`` gives label and text of every answer.
    ``on_this(record)`` and ``on_other()`` are called by the buttons.
    """

    def __init__(
        self,
        typed: Record,
        matches: Sequence[tuple[Record, str]],
        texts: Callable[[Record], Texts],
        *,
        on_this: Callable[[dict[str, object]], None],
        on_other: Callable[[], None],
    ) -> None:
        shown = matches[:_MOST_CHILDREN]
        heads = [say("alike.asked"), say("alike.typed")]
        heads += [f"{title_of(child)} · {say(f'alike.{why}')}" for child, why in shown]
        mine = texts(typed)
        answered = {path for path, (_, text) in mine.items() if text}
        others = [
            {path: pair for path, pair in texts(child).items() if path in answered} for child, _ in shown
        ]
        self.table = html(side_by_side(heads, [mine, *others], all_=True))
        self.this = tuple(
            button(
                say("alike.this", label=title_of(child)),
                lambda child=child: on_this(dict(child)),  # type: ignore[misc]
            )
            for child, _ in shown
        )
        self.other = button(say("alike.other"), on_other)
        choice = hbox([*self.this, self.other], "guanai-buttons")
        super().__init__([self.table, choice], layout=plain(), _dom_classes=("guanai-conflict",))


class TypedChanges(ipw.VBox):
    """What was typed and differs from the dossier into which it has been put."""

    def __init__(self, typed: Texts, before: Texts) -> None:
        heads = [say(key) for key in ("alike.asked", "alike.kept", "alike.typed")]
        table = side_by_side(heads, [before, typed], caption=say("alike.review"))
        self.table = html(table or f"<p>{escape(say('alike.same'))}</p>")
        super().__init__([self.table], layout=plain(), _dom_classes=("guanai-conflict",))


def merged(
    base: Mapping[str, object], mine: Mapping[str, object], theirs: Mapping[str, object], keys: Sequence[str]
) -> dict[str, object]:
    """Return the answers when I keep mine: what I changed is mine, everything else is as they saved it.

    ``base`` is the record as I opened it; ``keys`` are the questions of the form.

    >>> merged({"a": 1, "b": 1}, {"a": 2, "b": 1}, {"a": 3, "b": 3}, ["a", "b"])
    {'a': 2, 'b': 3}
    """
    chosen = {key: theirs.get(key) if mine.get(key) == base.get(key) else mine.get(key) for key in keys}
    return {key: value for key, value in chosen.items() if value is not None}


class Conflict(ipw.VBox):
    """What differs between my version and the one that somebody else saved, and the choice between them.

    ``lines`` are (label, my text, their text); the callbacks take no arguments.
    """

    def __init__(
        self,
        lines: Sequence[tuple[str, str, str]],
        who: str,
        *,
        on_keep: Callable[[], None],
        on_take: Callable[[], None],
    ) -> None:
        heads = [say(key) for key in ("conflict.question", "conflict.mine", "conflict.theirs")]
        head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
        rows = "".join(
            f'<tr><th scope="row">{escape(label)}</th><td>{escape(mine)}</td><td>{escape(theirs)}</td></tr>'
            for label, mine, theirs in lines
        )
        title = escape(say("conflict.title", who=who))
        self.table = html(
            f'<h3>{title}</h3><div class="guanai-scroll"><table class="guanai-table"><thead><tr>{head}</tr></thead>'
            f"<tbody>{rows}</tbody></table></div>"
        )
        self.keep = button(say("conflict.keep"), on_keep, "guanai-main")
        self.take = button(say("conflict.take"), on_take)
        choice = hbox([self.keep, self.take], "guanai-buttons")
        super().__init__([self.table, choice], layout=plain(), _dom_classes=("guanai-conflict",))
