"""Messages that no control of a page sends: the widget stays as it was, and no traceback reaches the browser.

What was found: a bad trait value sent a traceback with paths of the machine to the browser.

Promise: errors say what to do, and show nothing of the machine (7.10).
"""

import logging
from types import SimpleNamespace

import ipywidgets
import pytest

from guanai.care.errors import GuanaiError
from guanai.server.kernels import widget_messages
from guanai.server.kernels.widget_messages import MOST_ENTRIES, guard_messages, handle_message

NAN = float("nan")
DEEP = {"a": 1}
for _ in range(100):
    DEEP = {"a": DEEP}


def message(state=None, **data):
    data = {"method": "update", "state": state, **data} if state is not None or not data else data
    return {"content": {"data": data}, "buffers": []}


@pytest.fixture(autouse=True)
def _close():
    yield
    ipywidgets.Widget.close_all()


@pytest.fixture
def log(caplog):
    caplog.set_level(logging.WARNING, "guanai.server")
    return caplog


@pytest.mark.parametrize(
    ("widget", "state"),
    [
        (lambda: ipywidgets.Text("a"), {"value": {"a": 1}}),
        (lambda: ipywidgets.Text("a"), {"value": None}),
        (lambda: ipywidgets.Text("a"), {"value": "b", "disabled": "perhaps"}),
        (lambda: ipywidgets.Text("a"), {"value": "b", "description": "x" * 3_000_000}),
        (lambda: ipywidgets.IntText(1), {"value": NAN}),
        (lambda: ipywidgets.FloatText(1.0), {"value": NAN}),
        (lambda: ipywidgets.FloatText(1.0), {"value": float("inf")}),
        (lambda: ipywidgets.FloatText(1.0), {"value": [1]}),
        (lambda: ipywidgets.Checkbox(False), {"value": "yes"}),
        (lambda: ipywidgets.Dropdown(options=["a"]), {"index": "0"}),
        (lambda: ipywidgets.Dropdown(options=["a"]), {"index": 7}),
        (lambda: ipywidgets.SelectMultiple(options=["a"]), {"index": [0] * (MOST_ENTRIES + 1)}),
        (lambda: ipywidgets.SelectMultiple(options=["a"]), {"index": [5]}),
        (lambda: ipywidgets.DatePicker(), {"value": "yesterday"}),
        (lambda: ipywidgets.DatePicker(), {"value": {"year": 2026, "month": 99, "date": 1}}),
        (lambda: ipywidgets.VBox(), {"children": ["IPY_MODEL_nosuch"]}),
        (lambda: ipywidgets.VBox(), {"layout": "IPY_MODEL_nosuch"}),
        (lambda: ipywidgets.VBox(), {"_dom_classes": DEEP}),
    ],
)
def test_a_bad_value_leaves_the_widget_as_it_was(widget, state, log):
    made = widget()
    before = made.get_state()
    handle_message(made, message(state))
    after = made.get_state()
    assert after == before


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {"method": 7},
        {"state": {}},
        {"method": "update", "state": [1]},
        {"method": "update", "state": {}, "buffer_paths": [["a", "b"]]},
        {"method": "update", "state": {"value": "x"}, "buffer_paths": 7},
        {"method": "custom", "content": DEEP},
        {"method": "nosuch"},
    ],
)
def test_a_message_of_no_form_is_refused(data):
    made = ipywidgets.Text("a")
    before = made.get_state()
    handle_message(made, {"content": {"data": data}, "buffers": []})
    assert made.get_state() == before


def test_the_log_gets_one_line_without_a_traceback(log):
    handle_message(ipywidgets.Text("a"), message({"value": 7}))
    (record,) = log.records
    assert "Text" in record.getMessage()
    assert "value" in record.getMessage()
    assert record.exc_info is None


def test_what_a_control_sends_is_taken():
    text, many, box = (
        ipywidgets.Text("a"),
        ipywidgets.SelectMultiple(options=["a", "b"]),
        ipywidgets.Checkbox(),
    )
    clicks, button = [], ipywidgets.Button()
    button.on_click(clicks.append)
    upload = ipywidgets.FileUpload()
    handle_message(text, message({"value": "b", "nosuch": 1}))
    handle_message(many, message({"index": [1]}))
    handle_message(box, message({"value": True}))
    handle_message(button, message(method="custom", content={"event": "click"}))
    file = {"name": "a.txt", "type": "", "size": 1, "last_modified": 0, "content": None}
    handle_message(
        upload,
        {
            "content": {
                "data": {
                    "method": "update",
                    "state": {"value": [file]},
                    "buffer_paths": [["value", 0, "content"]],
                }
            },
            "buffers": [memoryview(b"x")],
        },
    )
    assert (text.value, many.value, box.value, clicks) == ("b", ("b",), True, [button])
    assert bytes(upload.value[0].content) == b"x"


@pytest.mark.parametrize(
    ("error", "kind", "says"),
    [
        (ValueError("/home/school/secret.py"), "comm_msg", "fault"),
        (GuanaiError("school.no_terms"), "comm_msg", ""),
        (ValueError("/home/school/secret.py"), "execute_request", ""),
    ],
)
def test_no_traceback_and_no_path_goes_to_the_page(monkeypatch, error, kind, says):
    sent, logged = [], []
    hook = SimpleNamespace(
        parent_header={"msg_type": kind},
        pub_socket=None,
        session=SimpleNamespace(send=lambda *parts: sent.append(parts)),
    )
    shell = SimpleNamespace(displayhook=hook)
    monkeypatch.setattr(widget_messages, "log_fault", lambda error, where: logged.append(error) or "fault-7")
    monkeypatch.setattr(ipywidgets.Widget, "_handle_msg", ipywidgets.Widget._handle_msg)
    guard_messages(shell)
    shell._showtraceback(type(error), error, ["Traceback", "/home/school/secret.py"])
    ((_, name, content, _parent),) = sent
    assert name == "error"
    assert content["traceback"] == []
    assert content["evalue"]
    assert "secret" not in str(content)
    assert bool(logged) is bool(says)
