"""What a page's browser sends to a widget: looked at before it is taken, and never answered with a traceback.

A browser that runs our script sends what its controls allow; anybody who is signed in can send anything else. A message
that no control could have sent leaves the widget as it was, the page gets the widget's state again, and the log one line.
Where our own code fails on a message, the traceback goes to the log under a number, as it does for a cell.
"""

import logging
import math
from collections.abc import Iterable, Mapping
from typing import Any

from ipywidgets.widgets.widget import Widget, _put_buffers

from guanai.care.errors import GuanaiError
from guanai.server.logs import log_fault
from guanai.templates.wording import say

__all__ = ["guard_messages", "handle_message"]

log = logging.getLogger("guanai.server")

# Of one message: entries of lists and names of mappings, characters of a text, how deep they lie in each other.
MOST_ENTRIES, MOST_CHARACTERS, MOST_DEPTH = 50_000, 2_000_000, 12

_take = Widget._handle_msg


def guard_messages(shell: Any) -> None:
    """Look at the messages of all widgets of this kernel from now on, and send no traceback to its page."""
    Widget._handle_msg = handle_message
    shell._showtraceback = _report_fault_of(shell)


def handle_message(widget: Any, message: Mapping[str, Any]) -> None:
    """Take a message of the browser's, or leave the widget as it was and send its state again."""
    data = message["content"].get("data")
    try:
        _take(widget, _checked(widget, data, message))
    except _RefusedError as error:
        log.warning("A message to %s was refused: %s.", type(widget).__name__, error)
        names = _names(widget, data)
        if names and widget.comm is not None:
            widget.send_state(names)


class _RefusedError(Exception):
    """A message that no control of a page sends."""


def _checked(widget: Any, data: Any, message: Mapping[str, Any]) -> dict[str, Any]:
    """Return a message that can be taken, its buffers in their places. Raises _RefusedError."""
    if not isinstance(data, dict) or not isinstance(data.get("method"), str):
        raise _RefusedError("it has no method")
    _measure(data)
    if data["method"] == "update" and "state" in data:
        if not isinstance(data["state"], dict):
            raise _RefusedError("its state is none")
        data = {**data, "state": dict(data["state"])}
        try:
            _put_buffers(data["state"], data.pop("buffer_paths", None) or (), message.get("buffers") or ())
        except Exception as error:
            raise _RefusedError("its buffers have no place") from error
        for name in _names(widget, data):
            _check_value(widget, name, data["state"][name])
    return {**message, "content": {**message["content"], "data": data}}


def _names(widget: Any, data: Any) -> list[str]:
    """Return which traits of the widget a message names."""
    state = data.get("state") if isinstance(data, dict) else None
    return [name for name in state if name in widget.keys] if isinstance(state, dict) else []


def _check_value(widget: Any, name: str, raw: Any) -> None:
    """Raise _RefusedError for a value that the trait cannot have."""
    trait = widget.traits()[name]
    try:
        value = widget.trait_metadata(name, "from_json", widget._trait_from_json)(raw, widget)
        if hasattr(trait, "validate") and not (value is None and trait.allow_none):
            trait.validate(widget, value)
    except Exception as error:  # whatever a trait or its reading raises for a value of another kind
        raise _RefusedError(f"{name} cannot be {type(raw).__name__}") from error


def _measure(data: Any) -> None:
    """Raise _RefusedError for what is too much, too deep, or a number that is none."""
    level, entries = [data], 0
    for _ in range(MOST_DEPTH):
        if not level:
            return
        entries += len(level)
        if entries > MOST_ENTRIES:
            break
        inner: list[Any] = []
        for value in level:
            if isinstance(value, str):
                if len(value) > MOST_CHARACTERS:
                    raise _RefusedError("it is too long")
            elif isinstance(value, float) and not math.isfinite(value):
                raise _RefusedError("a number in it is none")
            elif isinstance(value, Mapping):
                inner.extend(value.values())
            elif isinstance(value, list | tuple):
                inner.extend(value)
        level = inner
    raise _RefusedError("it has too many parts")


def _report_fault_of(shell: Any) -> Any:
    """Return what tells a page that something failed: in words, the traceback goes to the log."""

    def report(_kind: type[BaseException], error: BaseException, _traceback: Iterable[str]) -> None:
        if isinstance(error, GuanaiError):
            text = error.message()
        elif shell.displayhook.parent_header.get("msg_type") == "comm_msg":
            text = say("fault.text", reference=log_fault(error, "a message of a page"))
        else:  # of a cell, which `kernel_extension.show_fault` logs and shows
            text = say("fault.head")
        hook = shell.displayhook
        content = {"traceback": [], "ename": "Error", "evalue": text}
        hook.session.send(hook.pub_socket, "error", content, hook.parent_header)

    return report
