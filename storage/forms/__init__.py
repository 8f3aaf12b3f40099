"""Forms as data, and their logic without a screen: an XLSForm file in, sessions that people and imports fill in."""

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
