"""Names of the version before: a notebook that a school has copied finds them for one version, with a warning.

`forward` makes a removed module, or a package that has its name now, return what its old names refer to today.
"""

import sys
import warnings
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

__all__ = ["MODULES", "forward"]

#: Of each removed module its names: for each the package to import it from now, and its name there.
MODULES: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "guanai.care.fulfilment": {
        "by_duty": ("guanai.care", "by_duty"),
        "workload": ("guanai.care", "workload"),
    },
    "guanai.care.gaps": {"gaps_by_field": ("guanai.care", "gaps_by_field")},
    "guanai.care.pairing": {"loads": ("guanai.care", "loads"), "unpaired": ("guanai.care", "unpaired")},
    "guanai.care.peers": {"without_peer": ("guanai.care", "without_peer")},
}


def forward(modules: Mapping[str, Mapping[str, tuple[str, str]]]) -> None:
    """Let ``from OLD import NAME`` give what the name is now, where OLD is gone and where it is a package now."""
    for name, names in modules.items():
        if name not in sys.modules and find_spec(name) is None:
            sys.modules[name] = ModuleType(name, "Names of the version before.")
        module = import_module(name)
        module.__getattr__ = _finder(name, names)  # type: ignore[method-assign]


def _finder(module: str, names: Mapping[str, tuple[str, str]]) -> Any:
    def find(name: str) -> Any:
        if name not in names:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        home, new = names[name]
        target: Any = import_module(home)
        for part in new.split("."):
            target = getattr(target, part)
        message = f"{module}.{name} is now {home}.{new}"
        warnings.warn(message, DeprecationWarning, stacklevel=2)
        return target

    return find
