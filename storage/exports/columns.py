"""The columns of a register as a spreadsheet: one for each question, those of a repeat once for each of its rows."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from guanai.storage.forms.session.form_session import FormSession
from guanai.storage.forms.xlsform.definitions import Form
from guanai.storage.forms.xlsform.items import Group, Item, Question, Repeat, stored_kind
from guanai.storage.forms.xlsform.markdown import to_plain
from guanai.templates.wording import LANGUAGES, say

__all__ = ["Header", "headers_of", "label_of", "labels_of", "repeats_of"]


@dataclass(frozen=True)
class Header:
    """One column: its heading, and where its answer lies (``guardians/0/name``, counted from 0).

    ``labels`` are the question's label in each language of the form.
    """

    text: str
    label: str
    path: str
    kind: str
    question: Question
    labels: tuple[str, ...] = ()

    @property
    def read_only(self) -> bool:
        """Whether the form works the answer out by itself, so that an import leaves it alone."""
        return not self.question.asked or self.question.calculate is not None

    def find(self, document: Mapping[str, Any]) -> Any:
        """Return the answer in a record, None where there is none."""
        place: Any = document
        for part in self.path.split("/"):
            if isinstance(place, list):
                place = place[int(part)] if int(part) < len(place) else None
            else:
                place = place.get(part) if isinstance(place, Mapping) else None
        return place

    def reach(self, session: FormSession, *, make: bool) -> bool:
        """Say whether the session has a place for the answer, adding rows to a repeat if asked to."""
        repeat, _, rest = self.path.partition("/")
        if not rest:
            return True
        index = int(rest.partition("/")[0])
        while (rows := session.count(repeat)) <= index:
            if not make:
                return False
            if session.add(repeat) < rows:
                return False
        return True


def headers_of(
    form: Form | Repeat,
    documents: Sequence[Mapping[str, Any]] = (),
    *,
    repeats: int = 1,
    inner: bool = True,
) -> list[Header]:
    """Return the columns of a form in page order; a repeat has as many rows as the longest record, at least some.

    Headings are labels in Chinese; a label that stands more than once has the question's name behind it. Without
    ``inner`` repeats are left out, for they have a sheet each; the columns of a repeat itself are those of its rows.
    """
    plain = list(_columns(form.items, documents, repeats if inner else None))
    often = Counter(labels[0] for labels, _, _ in plain)
    return [
        Header(
            text=labels[0] if often[labels[0]] == 1 else f"{labels[0]} ({path})",
            label=labels[0],
            path=path,
            kind=stored_kind(question),
            question=question,
            labels=labels,
        )
        for labels, path, question in plain
    ]


def repeats_of(items: Sequence[Item], keys: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Repeat]]:
    """Yield every repeat with the keys that lead to it, an outer one before those in it."""
    for item in items:
        if isinstance(item, Group):
            yield from repeats_of(item.items, keys)
        elif isinstance(item, Repeat):
            yield (*keys, item.key), item
            yield from repeats_of(item.items, (*keys, item.key))


def _columns(
    items: Sequence[Item],
    documents: Sequence[Mapping[str, Any]],
    repeats: int | None,
    path: str = "",
    before: Mapping[str, str] | None = None,
) -> Iterator[tuple[tuple[str, ...], str, Question]]:
    before = before or {}
    for item in items:
        if isinstance(item, Group):
            yield from _columns(item.items, documents, repeats, path, before)
        elif isinstance(item, Repeat):
            if repeats is None:
                continue
            lists = [document.get(item.key) or () for document in documents]
            for index in range(max([repeats, *map(len, lists)])):
                rows = [one[index] for one in lists if index < len(one)]
                heads = {
                    code: before.get(code, "")
                    + say("exchange.repeat", code, label=label_of(item, code), number=index + 1)
                    for code in LANGUAGES
                }
                yield from _columns(item.items, rows, min(repeats, 1), f"{path}{item.key}/{index}/", heads)
        elif isinstance(item, Question) and item.kind not in ("note", "metadata"):
            labels = dict.fromkeys(
                before.get(code, before.get("zh", "")) + label for code, label in labels_of(item).items()
            )
            yield tuple(labels), path + item.key, item


def label_of(item: Item, language: str = "zh") -> str:
    """Return an item's label without what is filled in while answering; its name where it has none."""
    text = "".join(part for part in item.label.parts(language) if isinstance(part, str)).strip()
    return to_plain(text) or item.name


def labels_of(item: Item) -> dict[str, str]:
    """Return an item's label in each language, Chinese first."""
    return {code: label_of(item, code) for code in dict.fromkeys(("zh", *item.label.texts))}
