"""The states of a page's widgets, collected in its kernel while a cell runs and sent as one output of the cell.

A page of forty fields makes 130 widgets. Each would be a message of its own, which the server parses, stores, and
sends on to a browser that has no use for it; one text goes through unparsed, into the page.

Messages that are not a widget's state are sent as usual, and so is all that is about Output widgets: the server acts as
their front end while cells run. ipykernel and ipywidgets make their comms by `comm.create_comm`, which is meant to be
replaced.
"""

import base64
from itertools import count
from typing import Any

import comm
from ipykernel.comm.comm import BaseComm
from jupyter_client.session import json_packer

__all__ = ["OUTPUT", "STATES", "StateComm", "collect_states", "state_for_page"]

#: The media type of the output that holds a cell's states.
STATES = "text/vnd.guanai.states"
#: The module of the widgets whose messages are sent at once.
OUTPUT = "@jupyter-widgets/output"
# Keys of a state that the page's script knows for the widgets of Jupyter.
KNOWN_TO_BROWSER = {"_model_module_version", "_view_module", "_view_module_version"}


class StateCollector:
    """The states that widgets have sent since the cell began, by the id of their widget."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._is_collecting = False
        self._states: dict[str, dict[str, Any]] = {}
        self._buffers: dict[str, dict[tuple[Any, ...], bytes]] = {}
        self._outputs: set[str] = set()

    def begin(self, _info: Any) -> None:
        """Collect from now on (before a cell runs)."""
        self._is_collecting = True

    def send(self, _result: Any) -> None:
        """Send what has been collected (after a cell has run)."""
        self._is_collecting = False
        states, self._states = self._states, {}
        buffers, self._buffers = self._buffers, {}
        if states:
            by_widget = {
                widget: state_for_page(state, encoded(buffers.get(widget, {})))
                for widget, state in states.items()
            }
            self._shell.display_pub.publish({STATES: json_packer(by_widget).decode()})

    def collect(self, sender: BaseComm, kind: str, data: Any, buffers: Any) -> bool:
        """Collect a message if it is a widget's state and a cell runs; return whether it was collected."""
        if sender.target_name != "jupyter.widget" or (not data and kind != "comm_close"):
            return False
        widget = sender.comm_id
        if kind == "comm_open" and data["state"].get("_model_module") == OUTPUT:
            self._outputs.add(widget)
        if not self._is_collecting or widget in self._outputs:
            return False
        if kind == "comm_close":
            return self._states.pop(widget, {}).get("_model_name") is not None
        if kind != "comm_open" and data.get("method") != "update":
            return False
        self._states.setdefault(widget, {}).update(data["state"])
        for path, buffer in zip(data.get("buffer_paths") or (), buffers or (), strict=True):
            self._buffers.setdefault(widget, {})[tuple(path)] = buffer
        return True


class StateComm(BaseComm):
    """A comm whose messages may be collected."""

    collector: StateCollector | None = None
    _numbers = count(1)

    def __init__(self, *args: Any, comm_id: str | None = None, **kwargs: Any) -> None:
        # Only this kernel and its page know the id, and a page repeats it several times: a short one will do.
        super().__init__(  # type: ignore[no-untyped-call]
            *args, comm_id=comm_id or f"w{next(self._numbers)}", **kwargs
        )

    def publish_msg(
        self, msg_type: str, data: Any = None, metadata: Any = None, buffers: Any = None, **keys: Any
    ) -> None:
        """Send a message, unless it is collected."""
        if self.collector is None or not self.collector.collect(self, msg_type, data, buffers):
            super().publish_msg(msg_type, data, metadata, buffers, **keys)  # type: ignore[no-untyped-call]


def collect_states(shell: Any) -> None:
    """Collect the states of widgets in this kernel from now on."""
    StateComm.collector = collector = StateCollector(shell)
    # A comm gets its kernel when it first sends something, and ipywidgets sends nothing by a comm that has none.
    StateComm.kernel = shell.kernel
    comm.create_comm = StateComm
    shell.events.register("pre_run_cell", collector.begin)
    shell.events.register("post_run_cell", collector.send)


def encoded(buffers: dict[tuple[Any, ...], bytes]) -> list[dict[str, Any]]:
    """Return the binary parts of a state in base64, as they can stand in a page."""
    return [
        {"path": list(path), "encoding": "base64", "data": base64.b64encode(buffer).decode()}
        for path, buffer in buffers.items()
    ]


def state_for_page(state: dict[str, Any], buffers: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a widget's state as the page needs it: nothing that the browser has as a default anyway."""
    own = state.get("_model_module", "").startswith("@jupyter-widgets/")
    plain = own and state["_model_name"].endswith(("LayoutModel", "StyleModel"))
    needed = {
        key: value
        for key, value in state.items()
        if not (plain and value is None) and not (own and key in KNOWN_TO_BROWSER)
    }
    return {"state": needed, **({"buffers": buffers} if buffers else {})}
