"""Import a library without one that it can do without, where that one costs seconds."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["GRAMMAR", "without"]

#: jsonschema, which jupyter_events and Altair import, has this compile a grammar of international addresses for two
#: to five seconds. Nothing here has such an address, and jsonschema does without that library where it is missing.
GRAMMAR = "rfc3987_syntax"


@contextmanager
def without(name: str) -> Iterator[None]:
    """Let a module seem to be missing while others are imported; one that is there already stays."""
    if name in sys.modules:
        yield
        return
    sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[name]
