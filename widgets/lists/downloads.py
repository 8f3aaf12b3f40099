"""A file that is made on a click and sent to the browser within the page."""

import mimetypes
from base64 import b64encode
from collections.abc import Callable
from html import escape

import ipywidgets as ipw

from guanai.templates.wording import say
from guanai.widgets.base.boxes import HasValue, Panel, button, html, plain
from guanai.widgets.base.notices import Progress, error_html

__all__ = ["Download"]


class Download(Panel):
    """A button that makes a file and saves it: ``Download("下载汇总表", "summary.xlsx", make)``.

    ``make`` gets the values of the inputs and returns bytes; ``filename`` is a text or a function of the inputs.
    One click does it where the page may run a script; a link is shown in any case. The file is sent in the page itself:
    Voila serves no files, and the file must not be written to the disk.
    """

    def __init__(
        self, label: str, filename: str | Callable[..., str], make: Callable[..., bytes], *inputs: HasValue
    ) -> None:
        super().__init__("guanai-download")
        self._filename, self._make, self._inputs = filename, make, inputs
        self.content = b""
        self.button = button(label, self._on_click, "guanai-main")
        self.link = html()
        self.script = ipw.Output(layout=plain(), _dom_classes=("guanai-script",))
        for one in inputs:
            one.observe(self._clear, "value")
        self.fill_with(self.button, self.link, self.script)

    def click(self) -> None:
        """Press the button."""
        self.button.click()

    def _clear(self, _: object) -> None:
        self.link.value, self.content = "", b""

    def _on_click(self) -> None:
        self.button.disabled = True
        try:
            with Progress(say("download.making"), into=self.link):
                values = [one.value for one in self._inputs]
                self.content = self._make(*values)
                name = self._filename(*values) if callable(self._filename) else self._filename
            self._show_link(name)
        except Exception as error:
            self.link.value = error_html(error)
        finally:
            self.button.disabled = False

    def _show_link(self, name: str) -> None:
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        address = f"data:{kind};base64,{b64encode(self.content).decode('ascii')}"
        text = escape(say("download.ready", name=name))
        mark = f"guanai-{id(self):x}-{len(self.content):x}"
        self.link.value = (
            f'<a class="guanai-record {mark}" download="{escape(name)}" href="{address}">{text}</a>'
        )
        script = f"setTimeout(() => {{ const link = document.querySelector('a.{mark}'); if (link) link.click(); }}, 100);"
        self.script.outputs = (
            {"output_type": "display_data", "data": {"application/javascript": script}, "metadata": {}},
        )
