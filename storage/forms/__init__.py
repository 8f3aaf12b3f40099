"""Forms as data, and their logic without a screen: an XLSForm file becomes a `Form`, a `FormSession` fills it in.

The files themselves are in `guanai.storage.form_files`, the records in `guanai.storage.records`. Lowest first:
`xpath`, `xlsform`, `session`, `changes`; begin with `xlsform`.
"""

from guanai.storage.forms.session.form_session import Branch, Choice, FieldState, FormSession, Problem
from guanai.storage.forms.xlsform.definitions import SYSTEM_FIELDS, Form
from guanai.storage.forms.xlsform.items import Group, Item, Question, Repeat
from guanai.storage.forms.xlsform.loading import form_of, last_good_form, load_form

__all__ = [
    "SYSTEM_FIELDS",
    "Branch",
    "Choice",
    "FieldState",
    "Form",
    "FormSession",
    "Group",
    "Item",
    "Problem",
    "Question",
    "Repeat",
    "form_of",
    "last_good_form",
    "load_form",
]
