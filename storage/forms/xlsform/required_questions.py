"""The questions that pages and rules of the software read: a changed form may say them otherwise, not leave them out."""

from collections.abc import Container

from guanai.care.errors import FormError
from guanai.storage.forms.xlsform.definitions import Form

__all__ = ["NEEDED", "check_needed"]

#: By form: the questions without which a page, a rule or the summary cannot work.
NEEDED: dict[str, tuple[str, ...]] = {
    "child": ("name", "class", "birth_date", "status"),
    "class": ("name", "grade"),
    "staff": ("name", "role", "active"),
    "home_visit": ("child", "date", "mode"),
    "pairing": ("child", "role", "helper", "start", "end"),
    "talk": ("child", "date"),
    "call": ("child", "date"),
}


def check_needed(name: str, form: Form, shipped: Container[str]) -> None:
    """Raise FormError where a shipped form has lost a question that the software reads."""
    if name not in shipped:
        return
    missing = [key for key in NEEDED.get(name, ()) if key not in form.columns]
    if missing:
        raise FormError("designer.needed", file=f"{name}.xlsx", names="、".join(missing))
