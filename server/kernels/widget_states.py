"""The states of a page's widgets, gathered in its kernel while a cell runs and sent as one output of the cell.

A page of forty fields makes 130 widgets. Each would be a message of its own, which the server takes apart, keeps, and
hands on to a browser that has no use for it; one text goes through untouched, into the page.

Messages that are not a widget's state go their own way, and so does all that is about Output widgets: the server plays
the front end to them while cells run. ipykernel and ipywidgets make their comms by `comm.create_comm`, which is there
to be replaced.
"""

import base64
from itertools import count
from typing import Any

import comm
from ipykernel.comm.comm import BaseComm
from jupyter_client.session import json_packer

__all__ = ["OUTPUT", "STATES", "StateComm", "collect_states", "state_for_page"]

#: The kind of output that a cell's states are.
STATES = "text/vnd.guanai.states"
#: The widgets that the server hears of at once.
OUTPUT = "@jupyter-widgets/output"
# What a widget's state need not say of the widgets that the page's script holds.
KNOWN_TO_BROWSER = {"_model_module_version", "_view_module", "_view_module_version"}


class StateCollector:
    """The states that have come up since the cell began, by the id of their widget."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._gathers = False
        self._states: dict[str, dict[str, Any]] = {}
        self._buffers: dict[str, dict[tuple[Any, ...], bytes]] = {}
        self._outputs: set[str] = set()

    def begin(self, _info: Any) -> None:
        """Gather from now on (before a cell runs)."""
        self._gathers = True

    def send(self, _result: Any) -> None:
        """Send what there is (after a cell has run)."""
        self._gathers = False
        states, self._states = self._states, {}
        buffers, self._buffers = self._buffers, {}
        if states:
            found = {
                one: state_for_page(state, packed(buffers.get(one, {}))) for one, state in states.items()
            }
            self._shell.display_pub.publish({STATES: json_packer(found).decode()})

    def takes(self, of: BaseComm, kind: str, data: Any, buffers: Any) -> bool:
        """Take a message if it is a widget's state, and a cell runs."""
        if of.target_name != "jupyter.widget" or (not data and kind != "comm_close"):
            return False
        widget = of.comm_id
        if kind == "comm_open" and data["state"].get("_model_module") == OUTPUT:
            self._outputs.add(widget)
        if not self._gathers or widget in self._outputs:
            return False
        if kind == "comm_close":
            return self._states.pop(widget, {}).get("_model_name") is not None
        if kind != "comm_open" and data.get("method") != "update":
            return False
        self._states.setdefault(widget, {}).update(data["state"])
        for path, found in zip(data.get("buffer_paths") or (), buffers or (), strict=True):
            self._buffers.setdefault(widget, {})[tuple(path)] = found
        return True


class StateComm(BaseComm):
    """A comm whose messages may be gathered."""

    collector: StateCollector | None = None
    _numbers = count(1)

    def __init__(self, *args: Any, comm_id: str | None = None, **kwargs: Any) -> None:
        # Nobody but this kernel and its page knows the id: a short one, which a page has several times, will do.
        super().__init__(  # type: ignore[no-untyped-call]
            *args, comm_id=comm_id or f"w{next(self._numbers)}", **kwargs
        )

    def publish_msg(
        self, msg_type: str, data: Any = None, metadata: Any = None, buffers: Any = None, **keys: Any
    ) -> None:
        """Send a message, unless it is gathered."""
        if self.collector is None or not self.collector.takes(self, msg_type, data, buffers):
            super().publish_msg(msg_type, data, metadata, buffers, **keys)  # type: ignore[no-untyped-call]


def collect_states(shell: Any) -> None:
    """Gather the states of widgets in this kernel from now on."""
    StateComm.collector = collector = StateCollector(shell)
    StateComm.kernel = (
        shell.kernel
    )  # a comm that has sent nothing yet has none, and ipywidgets then says nothing by it
    comm.create_comm = StateComm
    shell.events.register("pre_run_cell", collector.begin)
    shell.events.register("post_run_cell", collector.send)


def packed(buffers: dict[tuple[Any, ...], bytes]) -> list[dict[str, Any]]:
    """Return binary parts of a state as they can stand in a page."""
    return [
        {"path": list(path), "encoding": "base64", "data": base64.b64encode(found).decode()}
        for path, found in buffers.items()
    ]


def state_for_page(state: dict[str, Any], buffers: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a widget's state as the page needs it: nothing that the browser has as a default anyway."""
    own = state.get("_model_module", "").startswith("@jupyter-widgets/")
    plain = own and state["_model_name"].endswith(("LayoutModel", "StyleModel"))
    kept = {
        key: value
        for key, value in state.items()
        if not (plain and value is None) and not (own and key in KNOWN_TO_BROWSER)
    }
    return {"state": kept, **({"buffers": buffers} if buffers else {})}
