"""The few Layout and style models that every control of a page shares.

ipywidgets gives each control a Layout and a style model of its own; a browser fetches and builds every
model, so a form of fifty questions would cost two hundred of them. Shared, it costs about seventy.
They are made on first use, not on import: a kernel forked from a warm process has no comm before that.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import ipywidgets as ipw

__all__ = ["hidden", "plain", "style_of"]

_made: dict[str, Any] = {}


def _shared(key: str, make: Callable[[], Any]) -> Any:
    model = _made.get(key)
    if model is None or model.comm is None:  # closed by Widget.close_all(), as tests do
        model = _made[key] = make()
    return model


def plain() -> Any:
    """Return the Layout of everything that is shown; the style sheet does the rest."""
    return _shared("plain", ipw.Layout)


def hidden() -> Any:
    """Return the Layout of everything that does not apply now."""
    return _shared("hidden", lambda: ipw.Layout(display="none"))


@cache
def _style_class(widget_class: type) -> type:
    return widget_class.class_traits()["style"].klass  # type: ignore[attr-defined]


def style_of(widget_class: type) -> Any:
    """Return the one style model for a class of controls."""
    style = _style_class(widget_class)
    return _shared(style.__name__, style)
