"""The columns of a form as a spreadsheet: one for each question, those of a repeat once for each of its rows."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from guanai.storage.forms.xlsform.definitions import Form
from guanai.storage.forms.xlsform.items import Group, Item, Question, Repeat, stored_kind
from guanai.storage.forms.xlsform.markdown import to_plain
from guanai.templates.wording import LANGUAGES, say

__all__ = [
    "CHOICE_SEPARATOR",
    "QuestionColumn",
    "item_label",
    "item_labels",
    "question_columns",
    "repeats_of",
]

#: Between several choices in one cell.
CHOICE_SEPARATOR = "；"


@dataclass(frozen=True)
class QuestionColumn:
    """One column: its heading, and the path of its answer in a record (``guardians/0/name``, counted from 0).

    ``labels`` are the question's label in each language of the form.
    """

    heading: str
    label: str
    path: str
    kind: str
    question: Question
    labels: tuple[str, ...] = ()

    @property
    def read_only(self) -> bool:
        """Whether the form calculates the answer, so that an import leaves it alone."""
        return not self.question.asked or self.question.calculate is not None

    def value_in(self, document: Mapping[str, Any]) -> Any:
        """Return the answer in a record, None where there is none."""
        value: Any = document
        for part in self.path.split("/"):
            if isinstance(value, list):
                value = value[int(part)] if int(part) < len(value) else None
            else:
                value = value.get(part) if isinstance(value, Mapping) else None
        return value


def question_columns(
    form: Form | Repeat,
    documents: Sequence[Mapping[str, Any]] = (),
    *,
    repeats: int = 1,
    inner: bool = True,
) -> list[QuestionColumn]:
    """Return the columns of a form in page order; a repeat has as many rows as the longest record, at least some.

    Headings are the Chinese labels; a label of several questions has the question's path behind it. Without ``inner`` repeats
    are left out, for they have a sheet each; the columns of a repeat itself are those of its rows.
    """
    columns = list(_columns(form.items, documents, repeats if inner else None))
    counts = Counter(labels[0] for labels, _, _ in columns)
    return [
        QuestionColumn(
            heading=labels[0] if counts[labels[0]] == 1 else f"{labels[0]} ({path})",
            label=labels[0],
            path=path,
            kind=stored_kind(question),
            question=question,
            labels=labels,
        )
        for labels, path, question in columns
    ]


def repeats_of(items: Sequence[Item], keys: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Repeat]]:
    """Yield every repeat with the keys of its path, an outer repeat before those in it."""
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
    prefix: Mapping[str, str] | None = None,
) -> Iterator[tuple[tuple[str, ...], str, Question]]:
    prefix = prefix or {}
    for item in items:
        if isinstance(item, Group):
            yield from _columns(item.items, documents, repeats, path, prefix)
        elif isinstance(item, Repeat):
            if repeats is None:
                continue
            lists = [document.get(item.key) or () for document in documents]
            for index in range(max([repeats, *map(len, lists)])):
                rows = [one[index] for one in lists if index < len(one)]
                prefixes = {
                    code: prefix.get(code, "")
                    + say("exchange.repeat", code, label=item_label(item, code), number=index + 1)
                    for code in LANGUAGES
                }
                yield from _columns(item.items, rows, min(repeats, 1), f"{path}{item.key}/{index}/", prefixes)
        elif isinstance(item, Question) and item.kind not in ("note", "metadata"):
            labels = dict.fromkeys(
                prefix.get(code, prefix.get("zh", "")) + label for code, label in item_labels(item).items()
            )
            yield tuple(labels), path + item.key, item


def item_label(item: Item, language: str = "zh") -> str:
    """Return an item's label without references to answers; its name where it has no label."""
    text = "".join(part for part in item.label.parts(language) if isinstance(part, str)).strip()
    return to_plain(text) or item.name


def item_labels(item: Item) -> dict[str, str]:
    """Return an item's label in each language, Chinese first."""
    return {code: item_label(item, code) for code in dict.fromkeys(("zh", *item.label.texts))}
