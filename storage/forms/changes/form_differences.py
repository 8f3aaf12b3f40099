"""What has become of a form apart from its questions: with which forms it is listed, what it changes elsewhere.

What a save changes in other registers no preview shows; so it is told even where every question is as it was.
"""

from collections.abc import Iterator, Mapping

from guanai.storage.forms.xlsform.author_words import in_author_words
from guanai.storage.forms.xlsform.definitions import Entity, Form

__all__ = ["form_differences"]


def form_differences(
    before: Form, after: Form, renames: Mapping[str, str], language: str
) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield kind and words of each difference: listed, entity_added, entity_removed, entity."""
    groups = before.group_title(language), after.group_title(language)
    if groups[0] != groups[1]:
        yield "listed", {"before": groups[0], "after": groups[1]}
    old = {(one.place, one.register): _described(one, renames) for one in before.entities}
    new = {(one.place, one.register): _described(one, {}) for one in after.entities}
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
    told = {headings[part]: in_author_words(one.text, renames) for part, one in entity.expressions.items()}
    return "\u3000".join(f"{heading}: {text}" for heading, text in sorted(told.items())) or entity.register
