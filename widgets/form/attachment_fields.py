"""A picture or a file of a record: chosen, sent, shown small, seen whole, taken away again.

What is chosen is kept at once in the school's folder, and the answer is its name; so a draft of the record holds it
too. A file that the connection could not carry is refused in the browser before it is sent (theme/attachments.js).
"""

import mimetypes
import os
from base64 import b64encode
from datetime import UTC, datetime
from html import escape
from typing import Any, cast
from urllib.parse import quote

import ipywidgets as ipw

from guanai.care.errors import GuanaiError
from guanai.storage.records.attachments import LARGEST
from guanai.templates.wording import say
from guanai.widgets.base.boxes import button, html, set_visible
from guanai.widgets.base.layouts import plain, style_of
from guanai.widgets.form.fields import Field

__all__ = ["FileField", "PictureField"]


class FileField(Field):
    """A file: its name as a link once it is kept."""

    classes = ("guanai-wide",)
    accept = ""
    words = "attachment.choose"

    def _make(self, state: Any) -> None:
        self.head = html("", "guanai-legend")
        self.control = ipw.FileUpload(
            accept=self.accept,
            description=say(self.words, self.language),
            layout=plain(),
            style=style_of(ipw.FileUpload),
            _dom_classes=("guanai-upload",),
        )
        self.shown = html("", "guanai-attached")
        self.away = button(say("attachment.remove", self.language), self._take_away, "guanai-small")
        self.view = ipw.VBox(
            [self.head, self.shown, self._row()],
            layout=plain(),
            _dom_classes=("guanai-field", "guanai-attachment", *self.classes),
        )
        self._name: str | None = None
        self.control.observe(self._sent, "value")

    def _row(self) -> Any:
        return ipw.HBox([self.control, self.away], layout=plain(), _dom_classes=("guanai-acts",))

    def _label(self, text: str) -> None:
        most = (
            f'<span class="guanai-most" data-most="{LARGEST}" data-text="{escape(self._too_large())}"></span>'
        )
        value = f'<div class="guanai-legend-text">{text}</div>{most}'
        if self.head.value != value:
            self.head.value = value

    def _too_large(self) -> str:
        """Return what the browser says of a file that is not sent; it fills in name and size."""
        return say(
            "attachment.too_large", self.language, name="{name}", size="{size}", most=f"{LARGEST >> 20} MB"
        )

    def _put(self, state: Any) -> None:
        name = state.value or ""
        if name != self._name:
            self._name = name
            self.shown.value = self._look(name) if name else ""
            set_visible(self.away, bool(name))

    def _look(self, name: str) -> str:
        if self.store is None or self.store.path(name) is None:
            gone = say("attachment.gone", self.language) if self.store is not None else ""
            return f'<span>{escape(name)}</span> <span class="guanai-hint">{escape(gone)}</span>'
        return f'<a href="{escape(address(name))}" target="_blank">{escape(name)}</a>'

    def _sent(self, change: dict[str, Any]) -> None:
        if self._muted or not change["new"]:
            return
        sent = change["new"][-1]
        with self.muted():
            self.control.value = ()  # the content is kept in the folder, not in the page
        try:
            name = self._keep(str(sent["name"]), bytes(sent["content"]))
        except GuanaiError as error:
            self.own_error = error.message(self.language)
            name = self._name or ""
        else:
            self.own_error = ""
        self._tell(self, name)

    def _keep(self, name: str, content: bytes) -> str:
        if self.store is None:
            raise GuanaiError("attachment.nowhere")
        return str(self.store.save(name, content))

    def _take_away(self) -> None:
        self.own_error = ""
        self._tell(self, "")

    def enter(self, value: object) -> None:
        """Choose a file as a person would: a pair of its name and content; nothing takes it away."""
        if not value:
            self._take_away()
            return
        name, content = cast("tuple[str, bytes]", value)
        told = {"name": name, "type": "", "size": len(content), "last_modified": datetime.now(UTC)}
        self.control.value = ({**told, "content": memoryview(content)},)


class PictureField(FileField):
    """A picture: small beside the question, whole on a click."""

    accept = "image/*"
    words = "attachment.choose_picture"

    def _row(self) -> Any:
        self._whole = False
        self.full = button(say("attachment.full", self.language), self._turn, "guanai-small")
        return ipw.HBox([self.control, self.full, self.away], layout=plain(), _dom_classes=("guanai-acts",))

    def _put(self, state: Any) -> None:
        if (state.value or "") != self._name:
            self._whole = False
        super()._put(state)
        set_visible(self.full, bool(self._name) and self.shown.value.startswith("<img"))

    def _look(self, name: str) -> str:
        small = self.store.thumbnail(name) if self.store is not None else None
        if small is None:
            return super()._look(name)
        path = self.store.path(name)
        content = path.read_bytes() if self._whole else small
        kind = (mimetypes.guess_type(name)[0] if self._whole else "") or "image/jpeg"
        data = b64encode(content).decode("ascii")
        return f'<img alt="{escape(name)}" src="data:{kind};base64,{data}">'

    def _turn(self) -> None:
        self._whole = not self._whole
        self.full.description = say("attachment.smaller" if self._whole else "attachment.full", self.language)
        self.shown.value = self._look(self._name or "")

    def _keep(self, name: str, content: bytes) -> str:
        if self.store is None:
            raise GuanaiError("attachment.nowhere")
        side = str(self.item.parameters.get("max-pixels", "")) if self.item is not None else ""
        return str(self.store.save_picture(name, content, *([int(side)] if side.isdigit() else [])))


def address(name: str) -> str:
    """Return where the server of the school shows an attachment to people who are signed in."""
    base = os.environ.get("SCRIPT_NAME", "/").rstrip("/")
    return f"{base}/attachment/{quote(name)}"
