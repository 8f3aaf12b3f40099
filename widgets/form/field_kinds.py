"""Which control a question gets: the one table, and the rule that picks a row of it."""

from guanai.storage.forms.session.states import FieldState
from guanai.storage.forms.xlsform.items import Question
from guanai.storage.records.attachments import Attachments
from guanai.widgets.form.attachment_fields import FileField, PictureField
from guanai.widgets.form.choice_fields import (
    CheckboxesField,
    DropdownField,
    RadioField,
    SearchField,
    SearchManyField,
)
from guanai.widgets.form.fields import (
    DateField,
    Field,
    LongTextField,
    NoteField,
    OnAnswer,
    ReadOnlyField,
    TextField,
)
from guanai.widgets.form.scale_fields import (
    AcknowledgeField,
    DateTimeField,
    PhoneOnlyField,
    RangeField,
    RankField,
)

__all__ = ["CONTROLS", "field_for"]

CONTROLS: dict[tuple[str, str], type[Field] | None] = {
    ("text", ""): TextField,
    ("text", "multiline"): LongTextField,
    ("integer", ""): TextField,  # text, so that a full-width or half-typed number gets a message, not a blank
    ("decimal", ""): TextField,
    ("date", ""): DateField,
    ("time", ""): TextField,
    ("select_one", ""): RadioField,
    ("select_one", "list"): DropdownField,
    ("select_one", "search"): SearchField,
    ("select_multiple", ""): CheckboxesField,
    ("select_multiple", "search"): SearchManyField,
    ("datetime", ""): DateTimeField,
    ("range", ""): RangeField,
    ("rank", ""): RankField,
    ("acknowledge", ""): AcknowledgeField,
    ("image", ""): PictureField,
    ("file", ""): FileField,
    ("phone", ""): PhoneOnlyField,
    ("note", ""): NoteField,
    ("calculate", ""): None,  # these three are not on the screen
    ("hidden", ""): None,
    ("metadata", ""): None,
    ("read_only", ""): ReadOnlyField,
}

_BUTTONS = frozenset({"quick", "likert", "no-buttons", "horizontal", "list-nolabel", "label", "compact"})
_FEW, _MANY, _SHORT = 5, 20, 30


def _variant(item: Question, state: FieldState) -> tuple[str, str]:
    kind, look = item.kind, item.appearance
    if kind in ("calculate", "hidden", "metadata", "note", "phone"):
        return kind, ""
    if state.read_only:
        return "read_only", ""
    if kind == "text" and "multiline" in look:
        return kind, "multiline"
    if kind not in ("select_one", "select_multiple"):
        return kind, ""
    count = len(state.choices)
    if count > _MANY or look & {"autocomplete", "search"}:
        return kind, "search"
    if kind == "select_multiple" or any(name.startswith("columns") for name in look):
        return kind, ""
    if look & _BUTTONS:
        return kind, ""
    short = sum(len(choice.label) for choice in state.choices) <= _SHORT
    # No choice yet, since a filter waits for another answer: a list can take any number of them later.
    return kind, "" if 0 < count <= _FEW and short and "minimal" not in look else "list"


def field_for(
    item: Question, path: str, state: FieldState, on_answer: OnAnswer, *, store: Attachments | None = None
) -> Field | None:
    """Return the field of a question; None for one that is not on the screen: hidden ones, and notes without a text."""
    if item.kind == "note" and not (item.label or item.hint):
        return None
    kind = CONTROLS[_variant(item, state)]
    return kind(path, state, on_answer, item=item, store=store) if kind else None
