"""From the XForm that pyxform writes to a `Form`: binds, wording in each language, controls and lists read once.

The XForm decides what a form means; the sheets add the author's types and the rows, for messages.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast, get_args
from xml.etree.ElementTree import Element, fromstring

from guanai.care.errors import FormError
from guanai.storage.forms.xlsform.checks import SurveyRow
from guanai.storage.forms.xlsform.definitions import Entity, Form
from guanai.storage.forms.xlsform.dependency_order import DependencyOrder
from guanai.storage.forms.xlsform.items import (
    METADATA_TYPES,
    PHONE_TYPES,
    Group,
    Item,
    ItemSet,
    Kind,
    Question,
    Repeat,
)
from guanai.storage.forms.xlsform.sheets import FormSheets, Place
from guanai.storage.forms.xlsform.wordings import XFORMS, Wordings, catalogue_wording
from guanai.storage.forms.xpath.expressions import Expression, compile_expression
from guanai.storage.forms.xpath.node_tree import Node

__all__ = ["Sources", "read_xform"]

_ROSA = "{http://openrosa.org/javarosa}"
_ITEXT_OF_ITEM = re.compile(r"^jr:itext\((\w+)\)$")
_LIST = re.compile(r"instance\('([^']*)'\)")
_WHOLE_LIST = re.compile(r"^instance\('[^']*'\)/root/item$")
_ENTITIES = "{http://www.opendatakit.org/xforms/entities}"
_CHANGED = "xforms-value-changed"
_KINDS: dict[str, Kind] = {  # where the kind is not the word itself
    **dict.fromkeys(PHONE_TYPES, "phone"),
    **dict.fromkeys(METADATA_TYPES, "metadata"),
    **dict.fromkeys(("background-audio", "background-geopoint", "start-geopoint"), "metadata"),
    "dateTime": "datetime",
    "phone number": "text",  # not "phonenumber", which a telephone tells of itself
    "select_one_external": "select_one",
    "select_one_from_file": "select_one",
    "select_multiple_from_file": "select_multiple",
}
_CONTROLS = frozenset({"input", "select", "select1", "group", "range", "rank", "upload", "trigger"})
_ALWAYS, _NEVER = "true()", "false()"
_FROM_SHEET = {  # which column of the sheet an expression of the XForm was written in
    "relevant": "relevant",
    "constraint": "constraint",
    "required": "required",
    "readonly": "read_only",
    "calculate": "calculation",
    "default": "default",
    "count": "repeat_count",
    "items": "choice_filter",
}


@dataclass(frozen=True)
class Sources:
    """All that a form is made of; plain values, so that they can be kept on disk between two starts."""

    name: str
    version: str
    xform: str
    content: str
    titles: dict[str, str] = field(default_factory=dict)
    rows: dict[str, SurveyRow] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    group: str = ""
    restricted: bool = False


def read_xform(sources: Sources, sheets: FormSheets | None = None) -> Form:
    """Return the form of an XForm; with the sheets it came from, an error in an expression names its row and column."""
    return _XFormReader(sources, sheets).form()


class _XFormReader:
    def __init__(self, sources: Sources, sheets: FormSheets | None) -> None:
        self.sources = sources
        self.sheets = sheets
        html = fromstring(sources.xform)  # noqa: S314 - written by pyxform a moment ago or kept from then
        model = html.find(f".//{XFORMS}model")
        body = html[-1]
        if model is None:
            raise ValueError("an XForm has a model")
        self.model = model
        self.instances = {instance.get("id", "") for instance in model.findall(f"{XFORMS}instance")}
        self.binds = {bind.get("nodeset", ""): bind for bind in model.findall(f"{XFORMS}bind")}
        self.wordings = Wordings(
            model, other_added=any(row.type.endswith(" or_other") for row in sources.rows.values())
        )
        self.controls: dict[str, Element] = {}
        self.repeats: dict[str, Element] = {}
        self.defaults: dict[str, str] = {}
        self.triggers: dict[str, list[str]] = defaultdict(list)
        self.triggered: dict[str, str] = {}
        for element in [*model.iter(f"{XFORMS}setvalue"), *body.iter()]:
            self._index_element(element)

    def form(self) -> Form:
        primary, *secondary = self.model.findall(f"{XFORMS}instance")
        root = primary[0]
        languages = tuple(self.wordings.codes.values()) or ("zh",)
        path = f"/{_local(root)}"
        items = self._items(root, path, _keys_of_shared_names(root, set(self.repeats), path))
        return Form(
            name=self.sources.name,
            version=self.sources.version,
            titles=self.sources.titles,
            languages=languages,
            items=items,
            order=DependencyOrder(items, self.sheets),
            source=self.sources.content,
            root=_local(root),
            lists={
                instance.get("id", ""): _nodes(instance) for instance in secondary if not instance.get("src")
            },
            wordings=self.wordings.of_choices(),
            external=frozenset(instance.get("id", "") for instance in secondary if instance.get("src")),
            names=_names(self.sources.xform),
            warnings=self.sources.warnings,
            entities=tuple(self._entities(root, path)),
            group=self.sources.group,
            restricted=self.sources.restricted,
        )

    def _index_element(self, element: Element) -> None:
        name = _local(element)
        ref = element.get("ref") or element.get("nodeset") or ""
        if name == "setvalue" and _CHANGED not in element.get("event", ""):
            self.defaults[ref] = element.get("value", "")
        elif name == "repeat":
            self.repeats[ref] = element
        elif name in _CONTROLS:
            self.controls[ref] = element
            for action in element.findall(f"{XFORMS}setvalue"):
                self.triggers[action.get("ref", "")].append(ref)
                self.triggered[action.get("ref", "")] = action.get("value", "")

    def _compiled(self, path: str, text: str | None, aspect: str) -> Expression | None:
        if text is None or not text.strip():
            return None
        row, place = self.sources.rows.get(path), Place()
        if self.sheets and row:
            place = self.sheets.place("survey", row.row, _FROM_SHEET[aspect])
        expression = compile_expression(text.strip(), place)
        for name in expression.instances - self.instances:
            raise FormError("form.unknown_instance", **place, name=name)
        return expression

    def _condition(self, path: str, aspect: str) -> Expression | None:
        """Return a condition of a bind, None when it says nothing: never required, always relevant."""
        bind = self.binds.get(path)
        text = bind.get(aspect) if bind is not None else None
        nothing = _ALWAYS if aspect == "relevant" else _NEVER
        return None if text == nothing else self._compiled(path, text, aspect)

    def _items(self, parent: Element, path: str, keys: Mapping[str, str]) -> tuple[Item, ...]:
        items: dict[str, Item] = {}
        for element in parent:
            name = _local(element)
            here = f"{path}/{name}"
            if name in items or name == "meta":  # a repeat's first instance after its template
                continue
            key = keys.get(here, name)
            if here in self.repeats:
                items[name] = self._repeat(element, here, key)
            elif len(element) or (here in self.controls and _local(self.controls[here]) == "group"):
                items[name] = self._group(element, here, key, keys)
            else:
                items[name] = self._question(element, here, key)
        return tuple(items.values())

    def _common(self, path: str, key: str) -> dict[str, Any]:
        """Return what an item of any kind has."""
        control, repeat = self.controls.get(path), self.repeats.get(path)
        survey_row = self.sources.rows.get(path)
        looks = (element.get("appearance", "") for element in (control, repeat) if element is not None)
        label = self.wordings.of_element(_child(control, "label"))
        other = self.sources.rows.get(path.removesuffix("_other"))
        if survey_row is None and other and other.type.endswith(" or_other"):  # the box that or_other adds
            label = catalogue_wording("form.specify_other")
        return {
            "key": key,
            "name": path.rpartition("/")[2],
            "path": path,
            "label": label,
            "hint": self.wordings.of_element(_child(control, "hint")),
            "appearance": frozenset(" ".join(looks).split()),
            "relevant": self._condition(path, "relevant"),
            "row": survey_row.row if survey_row else None,
        }

    def _repeat(self, element: Element, path: str, key: str) -> Repeat:
        count = self.repeats[path].get(f"{_ROSA}count")
        keys = _keys_of_shared_names(element, set(self.repeats), path)
        return Repeat(
            **self._common(path, key),
            items=self._items(element, path, keys),
            count=self._compiled(path, count, "count"),
        )

    def _group(self, element: Element, path: str, key: str, keys: Mapping[str, str]) -> Group:
        return Group(**self._common(path, key), items=self._items(element, path, keys))

    def _question(self, element: Element, path: str, key: str) -> Question:
        bind, control = self.binds.get(path), self.controls.get(path)
        attribute = bind.get if bind is not None else lambda name: None
        survey_row = self.sources.rows.get(path)
        default = self.defaults.get(path)
        calculate = self._compiled(path, attribute("calculate"), "calculate")
        common = self._common(path, key)
        kind = (
            _kind(survey_row.type, shown=control is not None)
            if survey_row
            else _kind_of_added(control, attribute)
        )
        if kind.startswith("select") and "label" in common["appearance"]:
            kind = "note"  # the heading row of a table: nothing to answer
        return Question(
            **common,
            kind=kind,
            type=attribute("type") or "string",
            parameters=survey_row.parameters if survey_row else {},
            required=self._condition(path, "required"),
            required_message=self.wordings.of_message(attribute(f"{_ROSA}requiredMsg")),
            constraint=self._compiled(path, attribute("constraint"), "constraint"),
            constraint_message=self.wordings.of_message(attribute(f"{_ROSA}constraintMsg")),
            calculate=calculate,
            numeric=calculate is not None and calculate.numeric,
            read_only=self._condition(path, "readonly"),
            default=(element.text or "").strip(),
            default_expression=self._compiled(path, default, "default"),
            preload=survey_row.type if survey_row and survey_row.type in METADATA_TYPES else "",
            choices=None if kind == "note" else self._choices(path, control),
            triggers=tuple(self.triggers.get(path, ())),
            triggered=self._compiled(path, self.triggered.get(path), "calculate"),
            save_to=attribute(f"{_ENTITIES}saveto") or "",
            sensitive=_is_sensitive(self.sources.rows, path),
            own=survey_row is not None and survey_row.own,
        )

    def _entities(self, element: Element, path: str) -> Iterator[Entity]:
        """Yield what is declared in the ``meta`` of the form and of each repeat."""
        seen = set()
        for child in element:
            here = f"{path}/{_local(child)}"
            if _local(child) != "meta":
                if here not in seen:  # a repeat stands twice: its template, its first instance
                    seen.add(here)
                    yield from self._entities(child, here)
                continue
            for entity in child:
                if _local(entity) == "entity":
                    yield self._entity(entity, path, f"{here}/entity")

    def _entity(self, entity: Element, path: str, here: str) -> Entity:
        expressions = {}
        for part, at in (("create", "/@create"), ("update", "/@update"), ("id", "/@id"), ("label", "/label")):
            bind = self.binds.get(here + at)
            text = bind.get("calculate") if bind is not None else None
            expression = self._compiled(here + at, text, "calculate")
            if expression:
                expressions[part] = expression
        saves = {at: bind.get(f"{_ENTITIES}saveto", "") for at, bind in self.binds.items()}
        inner = tuple(f"{at}/" for at in self.repeats if at.startswith(f"{path}/"))
        return Entity(
            place=path,
            register=entity.get("dataset", ""),
            creates=entity.get("create") == "1",
            updates=entity.get("update") == "1",
            expressions=expressions,
            saves={
                at: name
                for at, name in saves.items()
                if name and at.startswith(f"{path}/") and not at.startswith(inner)
            },
        )

    def _choices(self, path: str, control: Element | None) -> ItemSet | None:
        itemset = _child(control, "itemset")
        if itemset is None:
            return None
        items = self._compiled(path, itemset.get("nodeset"), "items")
        value, label = _child(itemset, "value"), _child(itemset, "label")
        survey_row = self.sources.rows.get(path)
        nodeset = itemset.get("nodeset", "")
        instance = _LIST.search(nodeset)
        if items is None or value is None or label is None:
            raise ValueError(f"{path} has an itemset without items, value or label")
        of_item = _ITEXT_OF_ITEM.match(label.get("ref", ""))
        return ItemSet(
            items=items,
            value=value.get("ref", "name"),
            label=of_item[1] if of_item else label.get("ref", "label"),
            translated=of_item is not None,
            instance=instance[1] if instance else "",
            label_expressions=tuple(self.wordings.expressions_of_list(instance[1]))
            if instance and of_item
            else (),
            other=bool(survey_row and survey_row.type.endswith(" or_other")),
            filtered=not _WHOLE_LIST.match(nodeset),
        )


def _child(element: Element | None, name: str) -> Element | None:
    return element.find(f"{XFORMS}{name}") if element is not None else None


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _is_sensitive(rows: Mapping[str, SurveyRow], path: str) -> bool:
    """Whether a question is marked so; the box that or_other adds is as the question that it belongs to."""
    survey_row = rows.get(path) or rows.get(path.removesuffix("_other"))
    return survey_row is not None and survey_row.sensitive


def _kind(written_type: str, *, shown: bool) -> Kind:
    """Return the kind of a question; what has no control is computed, though it is called an integer."""
    word = written_type.partition(" ")[0]
    kind: str = _KINDS[written_type] if written_type in _KINDS else _KINDS.get(word, word)
    if kind == "metadata":
        return "metadata"
    if not shown and word != "hidden":
        return "calculate"
    if kind not in get_args(Kind):
        raise ValueError(f"{word} is not a kind of question")
    return cast(Kind, kind)


def _kind_of_added(control: Element | None, attribute: Callable[[str], str | None]) -> Kind:
    """Return the kind of a question that no author wrote: pyxform adds some to a table-list and to ``or_other``."""
    if control is None:
        return "calculate"
    if _local(control) in ("select", "select1"):
        return "select_one" if _local(control) == "select1" else "select_multiple"
    return "note" if attribute("readonly") == _ALWAYS else "text"


def _keys_of_shared_names(parent: Element, repeats: set[str], path: str) -> dict[str, str]:
    """Return ``group-name`` as the key of questions whose name occurs more than once outside inner repeats.

    ODK writes it so. A slash cannot be used: in a path it parts the number of a repeat's row.
    """
    paths: dict[tuple[bool, str], set[str]] = defaultdict(set)

    def gather(element: Element, at: str) -> None:
        for child in element:
            here = f"{at}/{_local(child)}"
            if here not in repeats:
                paths[len(child) > 0, _local(child)].add(here)
                gather(child, here)

    gather(parent, path)
    taken = {name for _, name in paths}
    keys: dict[str, str] = {}
    for here in sorted(here for places in paths.values() if len(places) > 1 for here in places):
        steps = here.removeprefix(f"{path}/").split("/")
        key = "-".join(steps)
        while len(steps) > 1 and key in taken:  # as another question is called
            key += "-"
        taken.add(key)
        keys[here] = key
    return keys


def _names(xform: str) -> frozenset[str]:
    """Return every word of an XForm, for what it may be asking a list; ``*`` when it may be asking for anything."""
    anything = {"*"} if re.search(r"/\*|node\(\)|::", xform) else set()
    return frozenset(re.findall(r"[\w.-]+", xform)) | anything


def _nodes(element: Element) -> Node:
    """Return a secondary instance as a tree of nodes."""
    node = Node(_local(element), (element.text or "").strip())
    for child in element:
        node.insert(len(node.children), _nodes(child))
    return node
