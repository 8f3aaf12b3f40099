"""A form as a school has it: with the folder of its pictures and files, and with the answers not saved yet."""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any

from guanai.storage.forms.xlsform.definitions import Form
from guanai.storage.records.attachments import Attachments
from guanai.storage.records.drafts import Drafts

__all__ = ["SchoolForm"]


@dataclass(frozen=True, eq=False, kw_only=True)
class SchoolForm(Form):
    """A form whose pictures and files are saved in ``attachments`` and its unsaved answers in ``drafts``, None for nowhere."""

    attachments: Attachments = field(repr=False)
    drafts: Drafts | None = field(default=None, repr=False)
    #: Returns the questions that the person does not see, or only masked, of a record (by its id) or of a new one ("").
    covered: Callable[[str], frozenset[str]] | None = field(default=None, repr=False)

    @classmethod
    def of(cls, form: Form, attachments: Attachments, drafts: Drafts | None = None) -> "SchoolForm":
        """Return a form with its attachments and drafts."""
        return cls(**_values(form), attachments=attachments, drafts=drafts)

    def without_files(self) -> Form:
        """Return the form by itself: filled in, it saves neither drafts nor files."""
        return Form(**_values(self))


def _values(form: Form) -> dict[str, Any]:
    return {each.name: getattr(form, each.name) for each in fields(Form)}
