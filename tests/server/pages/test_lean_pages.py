"""The making of our own pages (server/pages/lean_pages.py, server/pages/notebook_sources.py), without a server.

Promise: the way of one page of ARCHITECTURE.md: few bytes, shown before the kernel is live (7.12).
"""

import asyncio
import os
from types import SimpleNamespace

import nbformat
import pytest
from support.clocks import at_leisure
from tornado.httputil import HTTPHeaders

from guanai.server.kernels.widget_states import STATES
from guanai.server.pages.lean_pages import Cells, environment, with_keepalive
from guanai.server.pages.notebook_sources import markdown, notebook_at, wants_voila_page, with_headings
from guanai.server.pages.page_sockets import is_states


async def pieces(*waits, fails=False):
    for number, seconds in enumerate(waits):
        await asyncio.sleep(seconds)
        yield str(number)
    if fails:
        raise RuntimeError("broken off")


def collected(waits, *, fails=False, most=50):
    async def collect():
        received = []
        try:
            async for piece in with_keepalive(pieces(*waits, fails=fails), 0.05):
                received.append(piece)
                if len(received) == most:
                    break
        except RuntimeError as error:
            received.append(str(error))
        return received

    return at_leisure(collect())


class TestKeepalive:
    def test_pieces_that_come_at_once_need_no_keepalive(self):
        assert collected([0, 0, 0]) == ["0", "1", "2"]

    def test_a_keepalive_is_sent_while_no_piece_comes(self):
        received = collected([0, 0.3, 0])
        assert [piece for piece in received if piece is not None] == ["0", "1", "2"]
        assert received[1:3] == [None, None]

    def test_an_error_is_passed_on(self):
        assert collected([0], fails=True) == ["0", "broken off"]

    def test_a_reader_who_leaves_cancels_the_work(self):
        stopped = []

        async def work():
            try:
                await asyncio.sleep(60)
                yield ""
            finally:
                stopped.append(True)

        async def leave():
            beats = with_keepalive(work(), 0.01)
            assert await anext(beats) is None
            await beats.aclose()
            await asyncio.sleep(0.05)

        at_leisure(leave())
        assert stopped


def written(path, *cells, **metadata):
    notebook = nbformat.v4.new_notebook(metadata=metadata)
    notebook.cells = list(cells)
    nbformat.write(notebook, path)
    return path


class TestSources:
    @pytest.fixture
    def path(self, tmp_path):
        code = nbformat.v4.new_code_cell("1", outputs=[nbformat.v4.new_output("stream", text="old")])
        return written(tmp_path / "one.ipynb", nbformat.v4.new_markdown_cell("# 家访 / Visits\n\n*x*"), code)

    def test_a_notebook_is_read_without_stored_outputs(self, path):
        assert notebook_at(path).cells[1].outputs == []

    def test_each_page_gets_a_copy(self, path):
        with_headings(notebook_at(path), "en").cells[1].outputs.append("mine")
        assert notebook_at(path).cells[1].outputs == []
        assert notebook_at(path).cells[0].source.startswith("# 家访 / Visits")

    def test_a_changed_file_is_read_again(self, path):
        notebook_at(path)
        written(path, nbformat.v4.new_markdown_cell("新"))
        os.utime(path, ns=(1, 1))
        assert notebook_at(path).cells[0].source == "新"

    @pytest.mark.parametrize(
        ("asks", "expected"),
        [({"page": "full"}, True), ({"page": "lean"}, False), ({}, False), ("full", False)],
    )
    def test_a_notebook_may_ask_for_voilas_page(self, tmp_path, asks, expected):
        path = tmp_path / "asks.ipynb"
        path.write_text(
            nbformat.writes(nbformat.v4.new_notebook(metadata={"guanai": asks})), encoding="utf-8"
        )
        assert wants_voila_page(path) is expected

    def test_a_damaged_notebook_asks_for_no_page(self, tmp_path):
        (tmp_path / "bad.ipynb").write_text("{", encoding="utf-8")
        assert wants_voila_page(tmp_path / "bad.ipynb") is False

    @pytest.mark.parametrize(("language", "heading"), [("zh", "家访"), ("en", "Visits")])
    def test_markdown_in_one_language(self, path, language, heading):
        text = markdown(with_headings(notebook_at(path), language).cells[0], None)
        assert ">" + "".join(f"&#{ord(sign)};" if ord(sign) > 127 else sign for sign in heading) in text
        assert "<em>x</em>" in text

    def test_a_picture_beside_the_notebook_is_put_into_the_page(self):
        contents = SimpleNamespace(
            file_exists=lambda name: name == "a.png", get=lambda name, format: {"content": "QUJD\n"}
        )
        text = markdown(nbformat.v4.new_markdown_cell("![看](a.png)"), contents)
        assert 'src="data:image/png;base64,QUJD"' in text


class TestCells:
    def test_the_states_of_widgets_are_not_among_the_shown_outputs(self):
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("")])
        states = nbformat.v4.new_output("display_data", {STATES: '{"w1": {"state": {"value": "<b>"}}}'})
        text = nbformat.v4.new_output("stream", text="hello")
        notebook.cells[0].outputs = [states, text]
        cells = Cells(notebook, None)
        assert cells.shown(0) == [text]
        assert cells.states(0) == ['{"w1": {"state": {"value": "\\u003cb>"}}}']

    def test_the_state_of_an_output_widget_is_sent_once(self):
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("")])
        cells = Cells(notebook, None)
        cells.widget_state = {
            "w2": {"_model_module": "@jupyter-widgets/output", "_model_name": "OutputModel"}
        }
        assert len(cells.states(0)) == 1
        assert cells.states(0) == []


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'{"data": {"text/vnd.guanai.states": "{}"}, "metadata": {}}', True),
        (b'{"data": {"text/plain": "text/vnd.guanai.states stands far behind in this one, as text"}}', False),
        (b'{"execution_state": "idle"}', False),
    ],
)
def test_states_are_not_sent_twice(content, expected):
    """They stand in the page; its websocket passes on everything else."""
    assert is_states([b"{}", b"{}", b"{}", content]) is expected


def test_the_environment_describes_the_request_and_the_person():
    headers = HTTPHeaders({"X-Guanai-Person": "%E6%9E%97", "X-Other": "1"})
    request = SimpleNamespace(
        host="School.example:8899", path="/child", query="id=1", version="HTTP/1.1", headers=headers
    )
    variables = environment(request)
    assert variables["HTTP_X_GUANAI_PERSON"] == "%E6%9E%97"
    assert "HTTP_X_GUANAI_STAFF" not in variables and "HTTP_X_OTHER" not in variables
    assert (variables["SCRIPT_NAME"], variables["QUERY_STRING"]) == ("/child", "id=1")
    assert (variables["SERVER_NAME"], variables["SERVER_PORT"]) == ("school.example", "8899")
    assert variables["SERVER_SOFTWARE"].startswith("voila/")
