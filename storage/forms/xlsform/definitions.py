"""A form as the rest of the house sees it: questions, groups and repeats, with their wording and expressions.

Everything here is read-only and shared by all sessions of a form; what a person types lives in `sessions`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from guanai.storage.forms.xlsform.headings import GROUPS
from guanai.storage.forms.xpath.expressions import Expression
from guanai.storage.forms.xpath.node_tree import Node
from guanai.templates.wording import say

if TYPE_CHECKING:
    from guanai.storage.forms.session.form_session import FormSession
    from guanai.storage.forms.xlsform.dependency_order import Order
    from guanai.storage.records.attachments import Attachments

__all__ = [
    "METADATA_TYPES",
    "PHONE_TYPES",
    "SYSTEM_FIELDS",
    "Entity",
    "Form",
    "Group",
    "Instances",
    "Item",
    "ItemSet",
    "Kind",
    "Question",
    "Repeat",
    "Retired",
    "Wording",
    "columns_of",
    "stored_kind",
    "walk",
]

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

# Types that only a telephone in somebody's hand can answer.
PHONE_TYPES = frozenset(
    "geopoint geotrace geoshape audio video barcode osm "
    "background-audio background-geopoint start-geopoint".split()
)
# Types that a telephone fills in about itself, unseen.
METADATA_TYPES = frozenset(
    "today start end username deviceid phonenumber email subscriberid simserial audit".split()
)

Kind = Literal[
    "text",
    "integer",
    "decimal",
    "date",
    "time",
    "select_one",
    "select_multiple",
    "datetime",
    "range",
    "rank",
    "acknowledge",
    "image",
    "file",
    "phone",
    "note",
    "calculate",
    "hidden",
    "metadata",
]
Instances = Callable[[str], list[dict[str, Any]]]


@dataclass(frozen=True)
class Wording:
    """A text in the languages of a form; each is text with expressions between that are filled in when shown."""

    texts: Mapping[str, tuple[str | Expression, ...]] = field(default_factory=dict)

    def parts(self, language: str) -> tuple[str | Expression, ...]:
        """Return the text in a language, or in the first that has one; empty when there is none."""
        return self.texts.get(language) or next((parts for parts in self.texts.values() if parts), ())

    def expressions(self) -> Iterator[Expression]:
        """Yield every expression that stands in the text, in any language."""
        for parts in self.texts.values():
            yield from (part for part in parts if isinstance(part, Expression))

    def __bool__(self) -> bool:
        return any(self.texts.values())


@dataclass(frozen=True)
class ItemSet:
    """Where the choices of a select come from: the items an expression finds, and which parts of each are name and label.

    With ``translated`` the label part holds the id of a wording instead of the label itself; without ``filtered``
    all items of the instance are offered, in their order. ``spoken`` are the expressions in the labels, so that these
    can change while the form is open. With ``other`` pyxform has added a choice "Other" that no author wrote.
    """

    items: Expression
    value: str
    label: str
    translated: bool
    instance: str
    filtered: bool
    spoken: tuple[Expression, ...] = ()
    other: bool = False

    @property
    def worded(self) -> bool:
        """Whether the form itself has words for a label: then it is another one in another language."""
        return self.translated or self.other


@dataclass(frozen=True, kw_only=True)
class Item:
    """What every row of a form has: a name, its place in the instance (``/data/grp/name``), wording, conditions."""

    key: str
    name: str
    path: str
    label: Wording = field(default_factory=Wording)
    hint: Wording = field(default_factory=Wording)
    appearance: frozenset[str] = frozenset()
    relevant: Expression | None = None
    row: int | None = field(default=None, compare=False)


@dataclass(frozen=True, kw_only=True)
class Question(Item):
    """One question, or a value worked out without being asked (kinds calculate, hidden, metadata)."""

    kind: Kind
    type: str = "string"
    parameters: Mapping[str, str] = field(default_factory=dict)
    required: Expression | None = None
    required_message: Wording = field(default_factory=Wording)
    constraint: Expression | None = None
    constraint_message: Wording = field(default_factory=Wording)
    calculate: Expression | None = None
    read_only: Expression | None = None
    default: str = ""
    default_expression: Expression | None = None
    preload: str = ""
    numeric: bool = False
    choices: ItemSet | None = None
    # Worked out again whenever a person changes one of these answers; no expression empties it.
    triggers: tuple[str, ...] = ()
    triggered: Expression | None = None
    save_to: str = ""
    # Whether an export can leave the answer out: marked 保密 by itself, or by the group that it stands in.
    sensitive: bool = False
    # Whether a new record is answered here with the one of the staff who is signed in.
    own: bool = False

    @property
    def asked(self) -> bool:
        """Whether the question is shown to a person."""
        return self.kind not in ("calculate", "hidden", "metadata")


@dataclass(frozen=True, kw_only=True)
class Group(Item):
    """Questions that stand together; their answers lie flat in the record."""

    items: tuple["Item", ...] = ()


@dataclass(frozen=True, kw_only=True)
class Repeat(Item):
    """Questions asked again for each of several, such as guardians; a list of dicts in the record."""

    items: tuple["Item", ...] = ()
    count: Expression | None = None


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


@dataclass(frozen=True)
class Form:
    """One form: its name, version, titles by language, languages by code, and the tree of what it asks.

    Two forms are equal when they ask the same in the same words, whatever file they were read from. ``lists`` and
    ``wordings`` are the form's own choices, ``external`` the lists kept elsewhere, and ``names`` every name that an
    expression can be asking them for (with ``*`` any).
    """

    name: str
    version: str
    titles: Mapping[str, str] = field(compare=False)
    languages: tuple[str, ...] = field(compare=False)
    items: tuple[Item, ...] = field(compare=False)
    order: "Order" = field(compare=False, repr=False)
    source: str = field(repr=False)
    root: str = field(default="data", compare=False)
    lists: Mapping[str, Node] = field(default_factory=dict, compare=False, repr=False)
    wordings: Mapping[str, Wording] = field(default_factory=dict, compare=False, repr=False)
    external: frozenset[str] = field(default=frozenset(), compare=False)
    names: frozenset[str] = field(default=frozenset(), compare=False, repr=False)
    warnings: tuple[str, ...] = field(default=(), compare=False)
    entities: tuple[Entity, ...] = field(default=(), compare=False, repr=False)
    # Where a school's form finds the rows of its registers, and which day it is there; none for a form by itself.
    instances: Instances | None = field(default=None, compare=False, repr=False)
    clock: Callable[[], date] | None = field(default=None, compare=False, repr=False)
    # Who is signed in: an id in the register of staff, or "".
    person: str = field(default="", compare=False, repr=False)
    # Where a school's form keeps pictures and files; a form by itself keeps none.
    attachments: "Attachments | None" = field(default=None, compare=False, repr=False)
    # Where answers are kept that nobody has saved yet (`guanai.storage.records.drafts.Drafts`).
    drafts: Any = field(default=None, compare=False, repr=False)
    # With which other forms it is listed: a key of `guanai.storage.forms.xlsform.headings.GROUPS`, the school's own word, or "".
    group: str = field(default="", compare=False)
    # What the form asked once, by the path of the answers that records may still hold (`guanai.storage.form_files.versions`).
    retired: Mapping[str, Retired] = field(default_factory=dict, compare=False, repr=False)

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

    def session(
        self,
        answers: Mapping[str, Any] | None = None,
        *,
        language: str = "zh",
        today: date | None = None,
        instances: Instances | None = None,
        defaults: bool | None = None,
        person: str = "",
    ) -> "FormSession":
        """Open the form on a new record, or on the answers of one to be changed.

        ``today`` stands still while the session lasts; ``instances(name)`` gives the rows of a list that is kept
        elsewhere, such as ``child`` for ``child.csv``. ``defaults`` says whether empty questions get theirs; without
        a word those of a new record do. ``person`` is who fills it in, where a question asks for that (本人).
        """
        from guanai.storage.forms.session.form_session import FormSession  # imports this module

        day = today or (self.clock() if self.clock else None)
        return FormSession(
            self,
            answers or {},
            language=language,
            today=day,
            instances=instances or self.instances,
            defaults=defaults,
            person=person,
        )


def columns_of(items: tuple[Item, ...]) -> dict[str, str]:
    """Return the record fields that these items give, groups flat: one row's kinds by key."""
    columns: dict[str, str] = {}
    for item in items:
        if isinstance(item, Repeat):
            columns[item.key] = "repeat"
        elif isinstance(item, Group):
            columns.update(columns_of(item.items))
        elif isinstance(item, Question) and item.kind != "note":
            columns[item.key] = stored_kind(item)
    return columns


def _sensitive(items: tuple[Item, ...], place: str = "") -> Iterator[str]:
    for item in items:
        if isinstance(item, Question):
            if item.sensitive:
                yield place + item.key
        elif isinstance(item, Repeat):
            yield from _sensitive(item.items, f"{place}{item.key}/")
        elif isinstance(item, Group):
            yield from _sensitive(item.items, place)


_STORED = {"int": "integer", "decimal": "decimal", "date": "date", "time": "time"}
_KEPT_AS = {
    "rank": "select_multiple",
    "acknowledge": "text",
    "image": "text",
    "file": "text",
    "phone": "text",
}


def stored_kind(question: Question) -> str:
    """Return the kind of value that a question leaves in a record."""
    if question.kind in ("calculate", "hidden", "metadata"):
        return _STORED.get(question.type, "decimal" if question.numeric else "text")
    if question.kind == "range":
        return _STORED.get(question.type, "decimal")
    return _KEPT_AS.get(question.kind, question.kind)


def walk(items: tuple[Item, ...]) -> Iterator[Item]:
    """Yield these items and all below them, each before what is in it."""
    for item in items:
        yield item
        if isinstance(item, Group | Repeat):
            yield from walk(item.items)
