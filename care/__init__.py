"""The rules of care for left-behind children: pure functions over frames and a policy, with the day as an argument.

Nothing here reads a clock, a file or a screen; records and what a school has decided come from `guanai.storage`. Begin
with `guanai.care.duties`, which works out what is due. A notebook imports the names listed here, and none from the modules below.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from guanai.care.old_names import MODULES, forward

if TYPE_CHECKING:
    from guanai.care.duties.brief import brief
    from guanai.care.duties.fulfilment import by_duty, closing_list, gaps_by_field, workload
    from guanai.care.pairing.helper_loads import loads, unpaired
    from guanai.care.pairing.peer_proposals import without_peer

__all__ = [
    "brief",
    "by_duty",
    "closing_list",
    "gaps_by_field",
    "loads",
    "unpaired",
    "without_peer",
    "workload",
]

# Loaded on first use: the help of a command needs the errors of this package, but not pandas.
_MODULES = {
    "brief": "guanai.care.duties.brief",
    "by_duty": "guanai.care.duties.fulfilment",
    "closing_list": "guanai.care.duties.fulfilment",
    "gaps_by_field": "guanai.care.duties.fulfilment",
    "loads": "guanai.care.pairing.helper_loads",
    "unpaired": "guanai.care.pairing.helper_loads",
    "without_peer": "guanai.care.pairing.peer_proposals",
    "workload": "guanai.care.duties.fulfilment",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name]), name)


forward(MODULES)
