"""Identity and telephone numbers of a record: masked on the page, and each shown by a click that is written down."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from html import escape
from typing import Any

import ipywidgets as ipw

from guanai.care.rights.masking import is_number_question, mask, masked_numbers
from guanai.storage.database.history import Change
from guanai.storage.forms.changes.differences import fields_of, title_of
from guanai.storage.forms.xlsform.definitions import Form as FormDefinition
from guanai.storage.forms.xlsform.items import Question, Repeat
from guanai.templates.wording import say, spoken
from guanai.widgets.base.boxes import Panel, button, hbox, html
from guanai.widgets.base.notices import error_html
from guanai.widgets.base.value_labels import Record, plain_text

__all__ = ["MaskedNumbers", "Reveal", "masked_change", "masked_record", "number_paths"]

#: Gives a number by the path of its question (``guardians/0/phone``), and writes down that it was shown.
Reveal = Callable[[str], str]


def masked_record(record: Record) -> dict[str, Any]:
    """Return a record with its identity and telephone numbers masked."""
    return {key: masked_numbers(value, key) for key, value in record.items()}


def masked_change(change: Change) -> Change:
    """Return a change of a record with the numbers in it masked."""
    before, after = (None if one is None else masked_record(one) for one in (change.before, change.after))
    return replace(change, before=before, after=after)


def number_paths(answers: Mapping[str, Any], place: str = "") -> Iterator[tuple[str, str]]:
    """Yield path and text of every identity or telephone number in answers, those in the rows of a repeat too."""
    for key, value in answers.items():
        if isinstance(value, list):
            for number, row in enumerate(value):
                if isinstance(row, Mapping):
                    yield from number_paths(row, f"{place}{key}/{number}/")
        elif value and is_number_question(key):
            yield place + key, plain_text(value)


class MaskedNumbers(Panel):
    """The numbers of a record, each masked beside a button that shows it: the browser gets it with the click.

    ``buttons`` are the buttons by the path of the question.
    """

    def __init__(self, record: Record, form: FormDefinition | None, reveal: Reveal) -> None:
        super().__init__("guanai-numbers")
        self._reveal = reveal
        self.buttons: dict[str, ipw.Button] = {}
        self.texts: dict[str, ipw.HTML] = {}
        fields = {} if form is None else fields_of(form)
        rows = []
        for path, text in number_paths(record):
            label = self._label(record, fields, path)
            covered = text if "*" in text else str(mask(text))
            self.texts[path] = html(f"<span>{escape(label)} {escape(covered)}</span>")
            name = say("reveal.show", question=label)
            self.buttons[path] = button(name, partial(self._show, path, label), "guanai-small")
            rows.append(hbox([self.texts[path], self.buttons[path]], "guanai-row-head"))
        head = [html(f"<h3>{escape(say('reveal.title'))}</h3>")] if rows else []
        self.fill_with(*head, *rows)

    def _label(self, record: Record, fields: Mapping[str, Question | Repeat], path: str) -> str:
        """Return the label of a question, in a repeat behind the name of its row."""
        parts = path.split("/")
        question = "/".join(part for part in parts if not part.isdecimal())
        label = title_of(fields[question], spoken()) if question in fields else question
        if len(parts) < 3:
            return label
        row = record[parts[0]][int(parts[1])]
        return " ".join(filter(None, [plain_text(row.get("name")), label]))

    def _show(self, path: str, label: str) -> None:
        try:
            number = self._reveal(path)
        except Exception as error:
            self.texts[path].value = error_html(error)
            return
        digits = "".join(sign for sign in number if sign.isdecimal() or sign == "+")
        shown = escape(number)
        if "phone" in path and "*" not in number and digits:
            shown = f'<a href="tel:{escape(digits)}">{shown}</a>'
        self.texts[path].value = f'<span role="status">{escape(label)} {shown}</span>'
