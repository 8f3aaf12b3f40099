"""What becomes of the messages of widgets while a cell runs, and after it.

Promise: a page is sent in one piece, light on a slow line, as ARCHITECTURE.md describes it (7.12).
"""

import json
from types import SimpleNamespace

import comm
import ipywidgets
import pytest
from ipykernel.comm.comm import BaseComm

from guanai.server.kernels.widget_states import STATES, StateComm, collect_states


class Shell:
    """As much of a kernel's shell as gathering asks for."""

    def __init__(self):
        self.events = SimpleNamespace(register=lambda event, call: setattr(self, event, call))
        self.display_pub = SimpleNamespace(publish=lambda data: self.shown.append(json.loads(data[STATES])))
        self.kernel = object()
        self.shown, self.sent = [], []

    def run(self, cell):
        """Run a cell; return what it makes, and the states that it has shown."""
        self.shown.clear()
        self.pre_run_cell(None)
        made = cell()
        self.post_run_cell(None)
        return made, {key: value for some in self.shown for key, value in some.items()}


@pytest.fixture
def shell(monkeypatch):
    """A shell whose messages that are not gathered are in ``sent``, as (kind, model id)."""
    shell = Shell()
    monkeypatch.setattr(comm, "create_comm", comm.create_comm)
    monkeypatch.setattr(StateComm, "collector", None)
    monkeypatch.setattr(StateComm, "kernel", None)
    monkeypatch.setattr(
        BaseComm, "publish_msg", lambda comm, kind, *_, **__: shell.sent.append((kind, comm.comm_id))
    )
    collect_states(shell)
    yield shell
    ipywidgets.Widget.close_all()


def test_a_cells_widgets_are_one_output(shell):
    box, states = shell.run(lambda: ipywidgets.VBox([ipywidgets.Text("甲"), ipywidgets.Button()]))
    assert len(shell.shown) == 1
    assert not shell.sent
    assert len(states) == 8  # three widgets, their layouts, two styles
    assert states[box.model_id]["state"]["children"] == [
        f"IPY_MODEL_{child.model_id}" for child in box.children
    ]
    assert states[box.children[0].model_id]["state"]["value"] == "甲"


def test_what_changes_within_the_cell_is_in_its_state(shell):
    def cell():
        text = ipywidgets.Text("甲")
        text.value = "乙"
        return text

    text, states = shell.run(cell)
    assert states[text.model_id]["state"]["value"] == "乙"
    assert not shell.sent


def test_what_a_later_cell_changes_comes_by_itself(shell):
    text, _ = shell.run(lambda: ipywidgets.Text("甲"))
    _, states = shell.run(lambda: setattr(text, "value", "乙"))
    assert states == {text.model_id: {"state": {"value": "乙"}}}


def test_after_the_cell_messages_go_as_ever(shell):
    """Also the first one of a widget that has sent nothing by itself so far."""
    text, _ = shell.run(lambda: ipywidgets.Text("甲"))
    text.value = "乙"
    other = ipywidgets.Layout()
    text.close()
    assert shell.sent == [
        ("comm_msg", text_id(shell)),
        ("comm_open", other.model_id),
        ("comm_close", text_id(shell)),
    ]


def text_id(shell):
    """Return the id of the widget that spoke first."""
    return shell.sent[0][1]


def test_what_is_closed_within_the_cell_is_not_there(shell):
    def cell():
        text = ipywidgets.Text()
        text.close()
        return text

    _, states = shell.run(cell)
    assert not any("value" in state["state"] for state in states.values())
    assert not shell.sent


def test_output_widgets_are_heard_of_at_once(shell):
    """The server, which plays the front end, takes for them what is printed while the cell runs."""
    output, states = shell.run(ipywidgets.Output)
    assert shell.sent[0] == ("comm_open", output.model_id)
    assert output.model_id not in states


def test_messages_that_are_no_state_go_their_way(shell):
    def cell():
        text = ipywidgets.Text()
        text.send({"event": "look"})
        return text

    text, _ = shell.run(cell)
    assert shell.sent == [("comm_msg", text.model_id)]


def test_binary_parts_come_along(shell):
    image, states = shell.run(lambda: ipywidgets.Image(value=b"\x00\x01"))
    [part] = states[image.model_id]["buffers"]
    assert part == {"path": ["value"], "encoding": "base64", "data": "AAE="}


def test_a_cell_without_widgets_shows_nothing(shell):
    assert shell.run(lambda: 1) == (1, {})
    assert not shell.shown


def test_what_the_browser_knows_is_left_out(shell):
    text, states = shell.run(lambda: ipywidgets.Text(layout=ipywidgets.Layout(width="5em")))
    layout = states[text.layout.model_id]["state"]
    assert layout["width"] == "5em"
    assert not any(value is None for value in layout.values())
    assert "_view_module" not in states[text.model_id]["state"]
