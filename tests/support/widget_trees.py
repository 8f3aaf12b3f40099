"""What a test asks of a widget and its children without a browser: which are hidden, and how many there are."""

from collections.abc import Iterator

import ipywidgets as ipw

__all__ = ["count_widgets", "is_hidden", "walk"]


def is_hidden(widget: ipw.DOMWidget) -> bool:
    """Return whether a widget is hidden by its own layout."""
    return bool(widget.layout.display == "none")


def walk(widget: ipw.Widget) -> Iterator[ipw.Widget]:
    """Yield a widget and everything within it."""
    yield widget
    for child in getattr(widget, "children", ()):
        yield from walk(child)


def count_widgets(widget: ipw.Widget) -> int:
    """Return how many widgets a widget is made of, itself counted."""
    return sum(1 for _ in walk(widget))
