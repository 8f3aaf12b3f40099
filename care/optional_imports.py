"""Import a library as if one of its optional dependencies, which costs seconds, were not installed."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["GRAMMAR", "without"]

#: jsonschema, which jupyter_events and Altair import, compiles with this library a grammar of international addresses.
#: Nothing here has such an address, and jsonschema works without the library. Importing Altair takes 1.9 s of processor
#: time with it and 0.5 s without; there is no plainer way, since jsonschema imports it unasked.
GRAMMAR = "rfc3987_syntax"


@contextmanager
def without(name: str) -> Iterator[None]:
    """Make a module seem not to be installed while others are imported; one that is loaded already stays."""
    if name in sys.modules:
        yield
        return
    sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[name]
