"""The columns of a register as a spreadsheet: one for each question, those of a repeat once for each of its rows."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from guanai.storage.forms.definitions import Form, Group, Item, Question, Repeat, stored_kind
from guanai.storage.forms.marks import to_plain
from guanai.storage.forms.sessions import Session
from guanai.templates.wording import say

__all__ = ["Header", "headers_of"]


@dataclass(frozen=True)
class Header:
    """One column: its heading, and where its answer lies (``guardians/0/name``, counted from 0)."""

    text: str
    label: str
    path: str
    kind: str
    question: Question

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
                place = None if place is None else place.get(part)
        return place

    def reach(self, session: Session, *, make: bool) -> bool:
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


def headers_of(form: Form, documents: Sequence[Mapping[str, Any]] = (), *, repeats: int = 1) -> list[Header]:
    """Return the columns of a form in page order; a repeat has as many rows as the longest record, at least some.

    Headings are labels in Chinese; a label that stands more than once has the question's name behind it.
    """
    plain = list(_columns(form.items, documents, repeats))
    often = Counter(label for label, _, _ in plain)
    return [
        Header(
            text=label if often[label] == 1 else f"{label} ({path})",
            label=label,
            path=path,
            kind=stored_kind(question),
            question=question,
        )
        for label, path, question in plain
    ]


def _columns(
    items: Sequence[Item],
    documents: Sequence[Mapping[str, Any]],
    repeats: int,
    path: str = "",
    label: str = "",
) -> Iterator[tuple[str, str, Question]]:
    for item in items:
        if isinstance(item, Group):
            yield from _columns(item.items, documents, repeats, path, label)
        elif isinstance(item, Repeat):
            rows = max([repeats, *(len(document.get(item.key) or ()) for document in documents)])
            for index in range(rows):
                heading = say("exchange.repeat", label=_label(item), number=index + 1)
                yield from _columns(item.items, (), 0, f"{path}{item.key}/{index}/", heading)
        elif isinstance(item, Question) and item.kind not in ("note", "metadata"):
            yield label + _label(item), path + item.key, item


def _label(item: Item) -> str:
    """Return an item's label without what is filled in while answering; its name where it has none."""
    text = "".join(part for part in item.label.parts("zh") if isinstance(part, str)).strip()
    return to_plain(text) or item.name
