"""What a form asks: questions, groups and repeats, with their wording and expressions.

Everything here is read-only and shared by all who fill the form in. `guanai.storage.forms.xlsform.xforms` makes it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from guanai.storage.forms.xpath.expressions import Expression

__all__ = [
    "METADATA_TYPES",
    "PHONE_TYPES",
    "Group",
    "Item",
    "ItemSet",
    "Kind",
    "Question",
    "Repeat",
    "Wording",
    "columns_of",
    "stored_kind",
    "walk",
]

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


@dataclass(frozen=True)
class Wording:
    """A text in the languages of a form; each is text with expressions between that are filled in when shown."""

    texts: Mapping[str, tuple[str | Expression, ...]] = field(default_factory=dict)

    def parts(self, language: str) -> tuple[str | Expression, ...]:
        """Return the text in a language, or in the first that has one; empty when there is none."""
        return self.texts.get(language) or next((parts for parts in self.texts.values() if parts), ())

    def expressions(self) -> Iterator[Expression]:
        """Yield every expression in the text, in any language."""
        for parts in self.texts.values():
            yield from (part for part in parts if isinstance(part, Expression))

    def __bool__(self) -> bool:
        return any(self.texts.values())


@dataclass(frozen=True)
class ItemSet:
    """Where the choices of a select come from: the items an expression finds, and which parts of each are name and label.

    With ``translated`` the label part holds the id of a wording instead of the label itself; without ``filtered``
    all items of the instance are offered, in their order. ``label_expressions`` are the expressions in the labels, so that these
    can change while the form is open. With ``other`` pyxform has added a choice "Other" that no author wrote.
    """

    items: Expression
    value: str
    label: str
    translated: bool
    instance: str
    filtered: bool
    label_expressions: tuple[Expression, ...] = ()
    other: bool = False

    @property
    def has_own_labels(self) -> bool:
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
    """One question, or a value computed without being asked (kinds calculate, hidden, metadata)."""

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
    # Computed again whenever a person changes one of these answers; no expression empties it.
    triggers: tuple[str, ...] = ()
    triggered: Expression | None = None
    save_to: str = ""
    # Whether an export can leave the answer out: marked 保密 by itself, or by the group that it is in.
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
