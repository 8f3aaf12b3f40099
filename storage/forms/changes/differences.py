"""What has become of a form: two forms compared question by question, each difference texts in a sentence.

A question is known by where its answer stands in a record (``phone``, ``guardians/phone``; a group by ``@basics``).
One of another name is another question, unless ``renames`` says that it is the same one under a new name.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from guanai.storage.forms.changes.renames import renamed_path
from guanai.storage.forms.xlsform.author_words import as_written, choices_of, columns_of_choices, plain_text
from guanai.storage.forms.xlsform.definitions import Entity, Form
from guanai.storage.forms.xlsform.headings import write_type
from guanai.storage.forms.xlsform.items import Group, Item, Question, Repeat, Wording, stored_kind
from guanai.templates.wording import say

__all__ = ["Difference", "differences", "fields_of", "guessed_renames", "same_places", "title_of"]

_ALIKE = 0.6  # how much of two labels must agree before one question may be the other renamed


@dataclass(frozen=True)
class Difference:
    """One difference: its kind, the question's path (empty: the form itself), and the words that its sentence needs.

    Kinds: title, listed, restricted, unrestricted, added, removed, renamed, moved, regrouped, ungrouped, label, other_words, type, required,
    optional, aspect, list, choice_added, choice_removed, choice_label, choice_words, choice_columns, choice_order;
    group_added, group_removed for groups and repeats; entity_added, entity_removed, entity for what a save changes
    elsewhere; other_cells where nothing of all this differs and yet the files do.
    """

    kind: str
    path: str
    values: Mapping[str, str] = field(default_factory=dict)

    def text(self, language: str | None = None) -> str:
        """Return the difference as a sentence."""
        values = dict(self.values)
        if "aspect" in values:
            values["aspect"] = say(f"aspect.{values['aspect']}", language)
        for key in ("before", "after"):
            if key in values:
                values[key] = values[key] or say("difference.nothing", language)
        if self.kind == "type" and language == "en":
            values |= {"before": values["before_type"], "after": values["after_type"]}
        return say(f"difference.{self.kind}", language, **values)


@dataclass(frozen=True)
class _Entry:
    """One item with its place: the repeat whose rows it stands in, and the group or repeat right above it."""

    path: str
    item: Item
    above: str
    above_label: str


def differences(
    before: Form, after: Form, renames: Mapping[str, str] | None = None, language: str = "zh"
) -> list[Difference]:
    """Return what ``after`` does otherwise than ``before``: removals first, then page order of ``after``.

    ``renames`` gives the new path of a question by its old one; labels are quoted in ``language``.
    """
    was_there, is_there = list(_entries(before.items, language)), list(_entries(after.items, language))
    all_renames = {**_same_groups(was_there, is_there), **(renames or {})}
    old = {renamed_path(all_renames, entry.path): entry for entry in was_there}
    new = {entry.path: entry for entry in is_there}
    result: list[Difference] = []
    if before.title(language) != after.title(language):
        titles = {"before": before.title(language), "after": after.title(language)}
        result.append(Difference("title", "", titles))
    result += [
        Difference(kind, "", values) for kind, values in _of_whole_form(before, after, all_renames, language)
    ]
    for path, entry in old.items():
        if path not in new:
            result.append(_one("group_removed" if _is_container(entry) else "removed", entry, language))
    moved = _moved(old, new)
    for path, entry in new.items():
        was = old.get(path)
        if was is None:
            result.append(_one("group_added" if _is_container(entry) else "added", entry, language))
            continue
        if was.path in all_renames:
            result.append(
                _one("renamed", entry, language, before=was.path.lstrip("@"), after=path.lstrip("@"))
            )
        result += _compared(was, entry, all_renames, language)
        if renamed_path(all_renames, was.above) != entry.above:
            kind = "regrouped" if entry.above else "ungrouped"
            result.append(_one(kind, entry, language, group=entry.above_label))
        elif path in moved:
            result.append(_one("moved", entry, language))
    result += _choices(before, after, old, new, language)
    return result or ([] if before.source == after.source else [Difference("other_cells", "")])


def _of_whole_form(
    before: Form, after: Form, renames: Mapping[str, str], language: str
) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield kind and words of each difference in listing, vault and entities, which no preview shows."""
    groups = before.group_title(language), after.group_title(language)
    if groups[0] != groups[1]:
        yield "listed", {"before": groups[0], "after": groups[1]}
    if before.restricted != after.restricted:
        yield "restricted" if after.restricted else "unrestricted", {}
    old = {(entity.place, entity.register): _described(entity, renames) for entity in before.entities}
    new = {(entity.place, entity.register): _described(entity, {}) for entity in after.entities}
    for place, register in dict.fromkeys([*old, *new]):
        was, now = old.get((place, register)), new.get((place, register))
        if was != now:
            yield (
                "entity" if was and now else "entity_added" if now else "entity_removed",
                {"register": register, "before": was or "", "after": now or ""},
            )


def _described(entity: Entity, renames: Mapping[str, str]) -> str:
    """Return when and which record is made or changed, in the words of the sheet ``entities``."""
    headings = {"create": "create_if", "update": "update_if", "id": "entity_id", "label": "label"}
    texts = {
        headings[part]: as_written(expression.text, renames)
        for part, expression in entity.expressions.items()
    }
    return "\u3000".join(f"{heading}: {text}" for heading, text in sorted(texts.items())) or entity.register


def fields_of(form: Form) -> dict[str, Question | Repeat]:
    """Return every question whose answer is stored, and every repeat, by its path."""
    return {
        entry.path: entry.item
        for entry in _entries(form.items, "zh")
        if isinstance(entry.item, Repeat) or (isinstance(entry.item, Question) and entry.item.kind != "note")
    }


def title_of(item: Item, language: str = "zh") -> str:
    """Return how a question is called: its label, without one its name."""
    return plain_text(item.label, language) or item.name


def guessed_renames(before: Form, after: Form, language: str = "zh") -> dict[str, str]:
    """Return for removed questions the added one that may be the same under a new name; each is taken once.

    They stand in the same repeat or in none, have the same kind, and are called alike or the same.
    """
    old, new = fields_of(before), fields_of(after)
    removed = [path for path in old if path not in new]
    added = [path for path in new if path not in old]
    scored = sorted(
        (
            (-_likeness(old[removed_path], new[added_path], language), removed_path, added_path)
            for removed_path in removed
            for added_path in added
            if removed_path.rpartition("/")[0] == added_path.rpartition("/")[0]
            and _kind_of(old[removed_path]) == _kind_of(new[added_path])
        ),
    )
    guessed: dict[str, str] = {}
    for score, removed_path, added_path in scored:
        if -score >= _ALIKE and removed_path not in guessed and added_path not in guessed.values():
            guessed[removed_path] = added_path
    return guessed


def same_places(before: Form, after: Form) -> dict[str, str]:
    """Return the new path of each question that is where it was and only has another field, since names are shared.

    A name that stands in two groups is kept with its group before it (``father-phone``), as soon as the second comes.
    Where one of two goes and the other takes its field, the answers of the first are put aside (``phone~text``).
    """
    old, new = fields_of(before), fields_of(after)
    now = {item.path: path for path, item in new.items()}
    moved = {path: now[item.path] for path, item in old.items() if now.get(item.path, path) != path}
    aside = {
        path: f"{path}~{stored_kind(item) if isinstance(item, Question) else 'repeat'}"
        for path, item in old.items()
        if path in moved.values() and item.path not in now
    }
    return {**aside, **moved}


def _kind_of(item: Question | Repeat) -> str:
    return item.kind if isinstance(item, Question) else "repeat"


def _likeness(item: Item, other: Item, language: str) -> float:
    labels = title_of(item, language), title_of(other, language)
    return 1.0 if labels[0] == labels[1] else SequenceMatcher(None, *labels).ratio()


def _entries(
    items: Sequence[Item], language: str, inside: str = "", above: str = "", above_label: str = ""
) -> Iterator[_Entry]:
    """Yield items with their places, in page order."""
    for item in items:
        path = f"{inside}@{item.key}" if isinstance(item, Group) else f"{inside}{item.key}"
        yield _Entry(path, item, above, above_label)
        if isinstance(item, Group | Repeat):
            within = f"{path}/" if isinstance(item, Repeat) else inside
            yield from _entries(item.items, language, within, path, title_of(item, language))


def _is_container(entry: _Entry) -> bool:
    return isinstance(entry.item, Group | Repeat)


def _one(kind: str, entry: _Entry, language: str, **values: str) -> Difference:
    name = entry.path.rpartition("/")[2].lstrip("@")
    return Difference(kind, entry.path, {"question": title_of(entry.item, language), "name": name, **values})


def _same_groups(before: Sequence[_Entry], after: Sequence[_Entry]) -> dict[str, str]:
    """Return the new name of each group that is called the same as one that went: no answer tells them apart."""
    removed, added = (
        {
            title_of(entry.item): entry.path
            for entry in some
            if isinstance(entry.item, Group)
            and entry.item.label
            and entry.path not in {two.path for two in others}
        }
        for some, others in ((before, after), (after, before))
    )
    return {path: added[title] for title, path in removed.items() if title in added}


def _moved(old: Mapping[str, _Entry], new: Mapping[str, _Entry]) -> set[str]:
    """Return the fewest items that must have been moved, each among its own neighbours."""
    moved: set[str] = set()
    stayed = {path for path in old.keys() & new.keys() if old[path].above == new[path].above}
    for above in dict.fromkeys(entry.above for entry in new.values()):
        left = [path for path in old if path in stayed and old[path].above == above]
        right = [path for path in new if path in stayed and new[path].above == above]
        places = {path: place for place, path in enumerate(left)}
        moved |= set(right) - set(_longest_increasing(right, places))
    return moved


def _longest_increasing(paths: Sequence[str], places: Mapping[str, int]) -> list[str]:
    """Return as many of these paths as can be, in this order, with rising places."""
    best: list[list[str]] = []  # the run of each length that ends lowest
    for path in paths:
        length = bisect_left([places[run[-1]] for run in best], places[path])
        best[length : length + 1] = [[*(best[length - 1] if length else []), path]]
    return best[-1] if best else []


def _compared(was: _Entry, now: _Entry, renames: Mapping[str, str], language: str) -> Iterator[Difference]:
    label = plain_text(was.item.label, language), plain_text(now.item.label, language)
    if label[0] != label[1]:
        yield _one("label", now, language, before=label[0], after=label[1])
    elif _differs_in_other_languages(was.item, now.item, language):
        yield _one("other_words", now, language)
    before, after = _aspects(was.item, renames, language), _aspects(now.item, {}, language)
    if isinstance(was.item, Question) and isinstance(now.item, Question):
        if _type(was.item) != _type(now.item):
            types = {"before_type": _type(was.item), "after_type": _type(now.item)}
            words = {"before": write_type(_type(was.item)), "after": write_type(_type(now.item))}
            yield _one("type", now, language, **types, **words)
        required = before.pop("required", ""), after.pop("required", "")
        if required[0] != required[1]:
            plain = {"true()": "required", "": "optional"}.get(required[1])
            sentence = {"aspect": "required", "before": required[0], "after": required[1]}
            yield _one(plain, now, language) if plain else _one("aspect", now, language, **sentence)
    for aspect in dict.fromkeys([*before, *after]):
        if before.get(aspect, "") != after.get(aspect, ""):
            sides = {"before": before.get(aspect, ""), "after": after.get(aspect, "")}
            yield _one("aspect", now, language, aspect=aspect, **sides)


def _type(question: Question) -> str:
    """Return a question's type as an XLSForm has it."""
    return {"datetime": "dateTime", "phone": question.type, "metadata": question.preload or "start"}.get(
        question.kind, question.kind
    )


def _differs_in_other_languages(was: Item, now: Item, language: str) -> bool:
    """Whether two items differ only in what they say in the languages that the differences are not texts in."""
    wordings = [(was.label, now.label), (was.hint, now.hint)]
    if isinstance(was, Question) and isinstance(now, Question):
        wordings.append((was.required_message, now.required_message))
        wordings.append((was.constraint_message, now.constraint_message))
    return any(
        plain_text(before, language) == plain_text(after, language)
        and _all_words(before) != _all_words(after)
        for before, after in wordings
    )


def _all_words(wording: Wording) -> dict[str, str]:
    return {language: plain_text(wording, language) for language in wording.texts}


def _aspects(item: Item, renames: Mapping[str, str], language: str) -> dict[str, str]:
    """Return all else that an author writes about an item, as text by the heading it is written under."""
    expressions = {"relevant": item.relevant}
    texts = {"hint": plain_text(item.hint, language), "appearance": " ".join(sorted(item.appearance))}
    if isinstance(item, Repeat):
        expressions["repeat_count"] = item.count
    if isinstance(item, Question):
        expressions |= {
            "required": item.required,
            "constraint": item.constraint,
            "calculation": item.calculate or item.triggered,
            "read_only": item.read_only,
        }
        if item.choices and item.choices.filtered:
            expressions["choice_filter"] = item.choices.items
        default = item.default
        if item.default_expression:
            default = as_written(item.default_expression.text, renames)
        texts |= {
            "default": default,
            "required_message": plain_text(item.required_message, language),
            "constraint_message": plain_text(item.constraint_message, language),
            "parameters": " ".join(f"{key}={value}" for key, value in sorted(item.parameters.items())),
            "save_to": item.save_to,
            "trigger": "、".join(renamed_path(renames, path.rpartition("/")[2]) for path in item.triggers),
        }
        marks = {"sensitive": item.sensitive, "own": item.own}
        texts |= {key: say("difference.marked", language) for key, marked in marks.items() if marked}
    texts |= {
        key: as_written(expression.text, renames)
        for key, expression in expressions.items()
        if expression is not None
    }
    return {key: text for key, text in texts.items() if text}


def _choices(
    before: Form, after: Form, old: Mapping[str, _Entry], new: Mapping[str, _Entry], language: str
) -> list[Difference]:
    """Return how the choices differ, one difference for all questions that share a list."""
    paths: dict[tuple[str, str, str, str], list[str]] = defaultdict(list)

    def add(path: str, kind: str, name: str, was: str = "", now: str = "") -> None:
        paths[kind, name, was, now].append(path)

    for path, entry in new.items():
        was = old[path].item if path in old else None
        if not isinstance(entry.item, Question) or not isinstance(was, Question):
            continue
        if entry.item.choices is None or was.choices is None:
            continue
        lists = was.choices.instance, entry.item.choices.instance
        if lists[0] != lists[1] and (lists[0] in before.external or lists[1] in after.external):
            add(path, "list", "", *lists)
            continue
        left = choices_of(before, was.choices, language)
        right = choices_of(after, entry.item.choices, language)
        for name in [name for name in left if name not in right]:
            add(path, "choice_removed", name, left[name])
        for name, label in right.items():
            if name not in left:
                add(path, "choice_added", name, "", label)
            elif left[name] != label:
                add(path, "choice_label", name, left[name], label)
        both = [name for name in left if name in right]
        if both != [name for name in right if name in left]:
            add(path, "choice_order", "")
        lists_of = [(before, was.choices), (after, entry.item.choices)]
        words = [[choices_of(form, choices, code) for code in form.languages] for form, choices in lists_of]
        columns = [columns_of_choices(form, choices) for form, choices in lists_of]
        for name in both:
            if columns[0].get(name) != columns[1].get(name):
                add(path, "choice_columns", name, left[name], right[name])
            elif left[name] == right[name] and _labels_of(words[0], name) != _labels_of(words[1], name):
                add(path, "choice_words", name, left[name], right[name])
    return [
        Difference(
            kind,
            at[0],
            {
                "question": "、".join(title_of(new[path].item, language) for path in at),
                "name": name,
                "before": was,
                "after": now,
            },
        )
        for (kind, name, was, now), at in paths.items()
    ]


def _labels_of(words: Sequence[Mapping[str, str]], name: str) -> list[str | None]:
    return [labels.get(name) for labels in words]
