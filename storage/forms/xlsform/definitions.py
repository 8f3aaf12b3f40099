"""A form as all other rooms see it: its titles, languages, lists and the tree of what it asks.

Everything here is read-only and shared by all who fill the form in; their answers are in a
`guanai.storage.forms.session.form_session.FormSession`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from guanai.storage.forms.xlsform.dependency_order import DependencyOrder
from guanai.storage.forms.xlsform.headings import GROUPS
from guanai.storage.forms.xlsform.items import Group, Item, Question, Repeat, Wording, columns_of, walk
from guanai.storage.forms.xpath.expressions import Expression
from guanai.storage.forms.xpath.node_tree import Node
from guanai.templates.wording import say

__all__ = ["SYSTEM_FIELDS", "Entity", "Form", "Instances", "Retired"]

SYSTEM_FIELDS = (
    "id",
    "form",
    "version",
    "revision",
    "created_at",
    "created_by",
    "updated_at",
    "updated_by",
)

Instances = Callable[[str], list[dict[str, Any]]]


@dataclass(frozen=True)
class Entity:
    """What a saved record changes in another register: once, or once for each instance of a repeat.

    ``place`` is the path of the form's root or of the repeat. ``expressions`` say whether to ``create`` and to
    ``update``, which record (``id``) and how a new one is called (``label``); ``saves`` gives the field that each
    question's answer goes to, by the question's path.
    """

    place: str
    register: str
    creates: bool
    updates: bool
    expressions: Mapping[str, Expression] = field(default_factory=dict)
    saves: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Retired:
    """A question that the form had once: how it was called by language, its kind, its choices' labels by name.

    For a question that the form still has, only the choices that were taken out of it.
    """

    labels: Mapping[str, str] = field(default_factory=dict)
    kind: str = "text"
    choices: Mapping[str, str] = field(default_factory=dict)

    def label(self, language: str, name: str) -> str:
        """Return how it was called in a language, or its name."""
        return self.labels.get(language) or next(iter(self.labels.values()), "") or name


@dataclass(frozen=True, eq=False)
class Form:
    """One form: its name, version, titles by language, languages by code, and the tree of what it asks.

    Two forms are equal when they ask the same in the same words, whatever file they were read from: ``source`` is a
    hash of that. ``lists`` and ``wordings`` are the form's own choices, ``external`` the lists kept elsewhere, and
    ``names`` every name that an expression can be asking them for (with ``*`` any). ``group`` says with which other
    forms it is listed: a key of `guanai.storage.forms.xlsform.headings.GROUPS`, the school's own word, or "". The
    records of a ``restricted`` form are kept in the vault (`guanai.storage.vault`).
    """

    name: str
    version: str
    titles: Mapping[str, str]
    languages: tuple[str, ...]
    items: tuple[Item, ...]
    order: DependencyOrder = field(repr=False)
    source: str = field(repr=False)
    root: str = "data"
    lists: Mapping[str, Node] = field(default_factory=dict, repr=False)
    wordings: Mapping[str, Wording] = field(default_factory=dict, repr=False)
    external: frozenset[str] = frozenset()
    names: frozenset[str] = field(default=frozenset(), repr=False)
    warnings: tuple[str, ...] = ()
    entities: tuple[Entity, ...] = field(default=(), repr=False)
    group: str = ""
    restricted: bool = False
    # Where a school's form finds the rows of its registers, and which day it is there; none for a form by itself.
    instances: Instances | None = field(default=None, repr=False)
    clock: Callable[[], date] | None = field(default=None, repr=False)
    # Who is signed in: an id in the register of staff, or "".
    person: str = field(default="", repr=False)
    # What the form asked once, by the path of the answers that records may still hold (`guanai.storage.form_files.versions`).
    retired: Mapping[str, Retired] = field(default_factory=dict, repr=False)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Form) and self._identity == other._identity

    def __hash__(self) -> int:
        return hash(self._identity)

    @property
    def _identity(self) -> tuple[str, str, str]:
        return self.name, self.version, self.source

    def title(self, language: str | None = None) -> str:
        """Return what the form is called in a language."""
        return self.titles.get(language or "zh") or next(iter(self.titles.values()), self.name)

    def group_title(self, language: str | None = None) -> str:
        """Return what the forms of its group are called in a language, the school's own word as it is."""
        return say(f"form.group.{self.group}", language) if self.group in GROUPS else self.group

    def walk(self) -> Iterator[Item]:
        """Yield every item of the form in page order, groups and repeats before what is in them."""
        yield from walk(self.items)

    def questions(self) -> Iterator[Question]:
        """Yield every question in page order, those inside repeats too."""
        return (item for item in self.walk() if isinstance(item, Question))

    def row_of_list(self, name: str) -> int | None:
        """Return the row of the first question that chooses from a list, None where only an expression reads it."""
        questions = (question for question in self.questions() if question.choices)
        return next((one.row for one in questions if one.choices and one.choices.instance == name), None)

    @cached_property
    def sensitive(self) -> frozenset[str]:
        """The fields that an export can leave out, those of a repeat behind its name: ``{"phone", "guardians/phone"}``."""
        return frozenset(_sensitive(self.items))

    @cached_property
    def columns(self) -> dict[str, str]:
        """Return the fields of a record and their kinds, repeats as one field: ``{"name": "text", …}``.

        Kinds: text, integer, decimal, date, time, datetime, select_one, select_multiple, repeat. A calculation counts as
        decimal when its expression can only give a number, otherwise as text, unless its ``bind::type`` says more.
        """
        return columns_of(self.items)


def _sensitive(items: tuple[Item, ...], place: str = "") -> Iterator[str]:
    for item in items:
        if isinstance(item, Question):
            if item.sensitive:
                yield place + item.key
        elif isinstance(item, Repeat):
            yield from _sensitive(item.items, f"{place}{item.key}/")
        elif isinstance(item, Group):
            yield from _sensitive(item.items, place)
