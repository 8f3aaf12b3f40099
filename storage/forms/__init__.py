"""Forms as data, and their logic without a screen: an XLSForm file in, sessions that people and imports fill in."""

from guanai.storage.forms.definitions import SYSTEM_FIELDS, Form, Group, Item, Question, Repeat
from guanai.storage.forms.loading import form_of, last_good_form, load_form
from guanai.storage.forms.sessions import Branch, Choice, Problem, Session, State

__all__ = [
    "SYSTEM_FIELDS",
    "Branch",
    "Choice",
    "Form",
    "Group",
    "Item",
    "Problem",
    "Question",
    "Repeat",
    "Session",
    "State",
    "form_of",
    "last_good_form",
    "load_form",
]
