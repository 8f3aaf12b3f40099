"""The CSV exports of ODK Central and Kobo: headings by name, group or label, and a file of its own for each repeat."""

import csv
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, cast

from guanai.storage.exports.question_columns import question_columns
from guanai.storage.forms.xlsform.author_words import choices_of, plain_text
from guanai.storage.forms.xlsform.definitions import Form
from guanai.storage.forms.xlsform.items import Group, Item, ItemSet, Question, Repeat
from guanai.storage.imports.column_matching import LEFT_OUT, FileColumn
from guanai.templates.wording import say

__all__ = ["Files", "Submission", "SubmissionTable", "is_main_table"]

Files = Mapping[str, bytes]

_KEYS = ("KEY", "meta-instanceID", "meta/instanceID", "instanceID", "_uuid")
_OF_THE_SERVER = frozenset(
    "SubmissionDate SubmitterID SubmitterName AttachmentsPresent AttachmentsExpected Status ReviewState DeviceID "
    "Edits FormVersion KEY PARENT_KEY instanceID instanceName formhub/uuid".split()
)
_POINT = ("Latitude", "Longitude", "Altitude", "Accuracy")
_PLACE = "place "  # before the number of a row of Kobo's main file, which the rows of a repeat refer to
_OF_A_PARENT = frozenset({"PARENT_KEY", "_parent_index"})  # columns that only the rows of a repeat have
_TICKED = frozenset({"1", "1.0", "True", "TRUE", "true"})


@dataclass
class Submission:
    """One submission: its number in the file, its own id, answers, folder, and remarks on what could not be imported."""

    number: int
    key: str
    answers: dict[str, Any]
    folder: PurePosixPath
    remarks: list[str] = field(default_factory=list)


def is_main_table(content: bytes) -> bool:
    """Return whether a CSV is an export of ODK or Kobo, by columns that only these have, and not that of a repeat."""
    headings, _ = _table(content.partition(b"\n")[0])
    return any(key in headings for key in _KEYS) and not _OF_A_PARENT & set(headings)


class SubmissionTable:
    """The main file of a CSV export, with those of its repeats beside it; ``renamed`` are former names of questions."""

    def __init__(
        self, form: Form, files: Files, name: str, chosen: Mapping[str, str], renamed: Collection[str]
    ) -> None:
        self._form, self._files, self._name = form, files, PurePosixPath(name)
        headings, self._rows = _table(files[name])
        self._questions = _headings(form, form.items)
        by_path = {header.path: header.question for header in question_columns(form)}
        by_text = {header.heading: header.question for header in question_columns(form)}
        left_out = {heading for heading, wanted in chosen.items() if wanted == LEFT_OUT}
        for heading in left_out:
            self._questions.pop(heading, None)
        for heading in headings:
            if question := by_path.get(chosen.get(heading, "")) or by_text.get(chosen.get(heading, "")):
                self._questions[heading] = question
        former_names = {*form.retired, *renamed}
        self._former = {
            heading: last
            for heading in headings
            if (last := _last(heading)) in former_names and heading not in self._questions
        }
        decided = {*self._former, *left_out, ""}
        self.columns = [
            FileColumn(index, heading, "unknown", samples=self._samples(heading))
            for index, heading in enumerate(headings)
            if heading not in decided and not _is_known(heading, self._questions)
        ]

    def _samples(self, heading: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(row[heading] for row in self._rows[:30] if row.get(heading)))[:3]

    def submissions(self) -> Iterator[Submission]:
        """Yield the submissions with the rows of their repeats, in the file's order."""
        inner, missing = _repeats(self._form, self._form.items, self._files, self._name)
        for number, cells in enumerate(self._rows, start=2):
            key = next((cells[key] for key in _KEYS if cells.get(key)), "")
            own = [key, cells.get("_uuid", ""), f"{_PLACE}{cells.get('_index', '')}"]
            repeats = {
                name: next((by_parent[parent] for parent in own if parent in by_parent), [])
                for name, by_parent in inner.items()
            }
            remarks = [say("submission.repeat_elsewhere", name=name) for name in missing]
            before = {name: cells[heading] for heading, name in self._former.items() if cells.get(heading)}
            answers = {**before, **_cells(self._form, self._questions, cells), **repeats}
            yield Submission(number, key, answers, self._name.parent, remarks)


def _table(content: bytes) -> tuple[list[str], list[dict[str, str]]]:
    """Return headings and rows; Central separates cells with commas, Kobo with semicolons."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("gb18030", errors="replace")
    first = text.partition("\n")[0]
    reader = csv.DictReader(
        text.splitlines(keepends=True), delimiter=";" if first.count(";") > first.count(",") else ","
    )
    rows = [
        {name: value.strip() for name, value in row.items() if name and isinstance(value, str)}
        for row in reader
    ]
    return list(reader.fieldnames or ()), rows


def _headings(form: Form, items: Sequence[Item], groups: tuple[Item, ...] = ()) -> dict[str, Question]:
    """Return the question of every heading that it can have: names before labels, in whatever language."""
    questions = dict(_columns(items, tuple(group.name for group in groups)))
    for language in form.languages:
        for heading, question in _labelled(
            items, tuple(plain_text(group.label, language) for group in groups), language
        ):
            questions.setdefault(heading, question)
    return questions


def _columns(items: Sequence[Item], groups: tuple[str, ...] = ()) -> Iterator[tuple[str, Question]]:
    """Yield the headings that a question can have: its name, with its groups before it and - or / between."""
    for item in items:
        if isinstance(item, Group):
            yield from _columns(item.items, (*groups, item.name))
        elif isinstance(item, Question):
            for heading in {"-".join((*groups, item.name)), "/".join((*groups, item.name)), item.key}:
                yield heading, item


def _labelled(
    items: Sequence[Item], groups: tuple[str, ...], language: str
) -> Iterator[tuple[str, Question]]:
    """Yield the headings of an export of Kobo with labels: the label, or with those of its groups before it."""
    for item in items:
        label = plain_text(item.label, language)
        if isinstance(item, Group):
            yield from _labelled(item.items, (*groups, label or item.name), language)
        elif isinstance(item, Question) and label:
            yield label, item
            yield "/".join((*groups, label)), item


def _is_known(heading: str, columns: Mapping[str, Question]) -> bool:
    if (
        heading in columns
        or heading in _OF_THE_SERVER
        or heading.startswith(("_", "meta-", "meta/", "SET-OF-"))
    ):
        return True
    question = columns.get(heading.rpartition("-")[0]) or columns.get(heading.rpartition("/")[0])
    return question is not None and question.kind in ("select_multiple", "rank", "phone")


def _last(heading: str) -> str:
    """Return the name of the question in a heading that has its groups before it."""
    return heading.rpartition("/")[2].rpartition("-")[2]


def _cells(form: Form, columns: Mapping[str, Question], cells: Mapping[str, str]) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    ticked = defaultdict(list)
    for heading, text in cells.items():
        if heading in columns and text:
            answers[columns[heading].key] = text
        name, _, choice = heading.rpartition("/")
        if name in columns and columns[name].kind == "select_multiple" and text in _TICKED:
            ticked[columns[name].key].append(_choice(form, columns[name], choice))
    for heading, question in columns.items():
        if question.kind == "phone":
            point = " ".join(filter(None, (cells.get(f"{heading}-{part}", "") for part in _POINT)))
            if point:
                answers.setdefault(question.key, point)
    return {**ticked, **answers}


def _choice(form: Form, question: Question, written: str) -> str:
    """Return the name of a choice that a heading gives by its name or its label."""
    names: dict[str, str] = {}
    for language in form.languages if question.choices else ():
        for name, label in choices_of(form, cast(ItemSet, question.choices), language).items():
            names.setdefault(label, name)
            names[name] = name
    return names.get(written, written)


def _repeats(
    form: Form, items: Sequence[Item], files: Files, path: PurePosixPath, groups: tuple[Item, ...] = ()
) -> tuple[dict[str, dict[str, list[dict[str, Any]]]], list[str]]:
    """Return the rows of each repeat by the submission that they are of, and the repeats that have no file.

    Central writes ``FILE-REPEAT.csv`` beside it; of Kobo's, ``REPEAT.csv`` and the repeat's label for a name do too.
    """
    by_repeat: dict[str, dict[str, list[dict[str, Any]]]] = {}
    missing: list[str] = []
    for item in items:
        if isinstance(item, Group):
            inner, lacking = _repeats(form, item.items, files, path, (*groups, item))
            by_repeat, missing = {**by_repeat, **inner}, [*missing, *lacking]
        elif isinstance(item, Repeat):
            names_of_item = [item.name, *(plain_text(item.label, language) for language in form.languages)]
            names = [f"{stem}{name}.csv" for name in names_of_item if name for stem in (f"{path.stem}-", "")]
            places = [path.with_name(name) for name in names if "/" not in name]
            beside = next((place for place in places if str(place) in files and place != path), None)
            if beside is None:
                missing.append(item.name)
                continue
            missing += [inner.name for inner in item.items if isinstance(inner, Repeat)]
            columns = _headings(form, item.items, (*groups, item)) | _headings(form, item.items)
            by_parent: dict[str, list[dict[str, Any]]] = defaultdict(list)
            for cells in _table(files[str(beside)])[1]:
                by_parent[_parent(cells)].append(_cells(form, columns, cells))
            by_repeat[item.key] = dict(by_parent)
    return by_repeat, missing


def _parent(cells: Mapping[str, str]) -> str:
    """Return what a repeat's row says of its submission: its key, its uuid, or its place in the main file."""
    named = cells.get("PARENT_KEY") or cells.get("_submission__uuid")
    return named or f"{_PLACE}{cells.get('_parent_index', '')}"
