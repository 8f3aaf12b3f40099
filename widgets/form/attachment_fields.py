"""A picture or a file of a record: uploaded, shown small or whole, removed again.

An upload is written to the school's folder at once, and the answer is its name; so a draft of the record has it too.
A file that is too large for the connection is refused in the browser before it is sent (theme/attachments.js).
"""

import mimetypes
import os
from base64 import b64encode
from datetime import UTC, datetime
from html import escape
from typing import cast
from urllib.parse import quote

import ipywidgets as ipw

from guanai.care.errors import GuanaiError
from guanai.storage.forms.session.states import FieldState
from guanai.storage.records.attachments import LARGEST
from guanai.templates.wording import say
from guanai.widgets.base.boxes import TraitChange, button, control, hbox, html, set_visible, vbox
from guanai.widgets.form.fields import LegendField, legend_html

__all__ = ["FileField", "PictureField"]


class FileField(LegendField):
    """A file: its name as a link once it is uploaded."""

    classes = ("guanai-wide",)
    accept = ""
    words = "attachment.choose"

    def _build(self, state: FieldState) -> None:
        super()._build(state)
        self.control = control(
            ipw.FileUpload, "guanai-upload", accept=self.accept, description=say(self.words)
        )
        self.shown = html("", "guanai-attached")
        self.remove = button(say("attachment.remove"), self._remove, "guanai-small")
        self.view = vbox(
            [self.head, self.shown, self._row()], "guanai-field", "guanai-attachment", *self.classes
        )
        self._name: str | None = None
        self.control.observe(self._on_upload, "value")

    def _row(self) -> ipw.HBox:
        return hbox([self.control, self.remove], "guanai-acts")

    def _show_label(self, text: str) -> None:
        # A file that is too large is not sent; the browser fills name and size into the message.
        message = say("attachment.too_large", name="{name}", size="{size}", most=f"{LARGEST >> 20} MB")
        most = f'<span class="guanai-most" data-most="{LARGEST}" data-text="{escape(message)}"></span>'
        self.head.value = legend_html(text) + most

    def _show_value(self, state: FieldState) -> None:
        name = state.value or ""
        if name != self._name:
            self._name = name
            self.shown.value = self._shown_html(name) if name else ""
            set_visible(self.remove, bool(name))

    def _shown_html(self, name: str) -> str:
        if self.store is None or self.store.path(name) is None:
            missing = say("attachment.gone") if self.store is not None else ""
            return f'<span>{escape(name)}</span> <span class="guanai-hint">{escape(missing)}</span>'
        return f'<a href="{escape(address(name))}" target="_blank">{escape(name)}</a>'

    def _on_upload(self, change: TraitChange) -> None:
        if self._muted or not change["new"]:
            return
        sent = change["new"][-1]
        with self.muted():
            self.control.value = ()  # the content goes to the folder and does not stay in the page
        try:
            name = self._store(str(sent["name"]), bytes(sent["content"]))
        except GuanaiError as error:
            self.own_error = error.message()
            name = self._name or ""
        else:
            self.own_error = ""
        self._on_answer(self, name)

    def _store(self, name: str, content: bytes) -> str:
        if self.store is None:
            raise GuanaiError("attachment.nowhere")
        return str(self.store.save(name, content))

    def _remove(self) -> None:
        self.own_error = ""
        self._on_answer(self, "")

    def enter(self, value: object) -> None:
        """Choose a file as a person would, given as a pair of name and content; nothing removes it."""
        if not value:
            self._remove()
            return
        name, content = cast("tuple[str, bytes]", value)
        about = {"name": name, "type": "", "size": len(content), "last_modified": datetime.now(UTC)}
        self.control.value = ({**about, "content": memoryview(content)},)


class PictureField(FileField):
    """A picture: small beside the question, whole on a click."""

    accept = "image/*"
    words = "attachment.choose_picture"

    def _row(self) -> ipw.HBox:
        self._is_whole = False
        self.full = button(say("attachment.full"), self._toggle_size, "guanai-small")
        return hbox([self.control, self.full, self.remove], "guanai-acts")

    def _show_value(self, state: FieldState) -> None:
        if (state.value or "") != self._name:
            self._is_whole = False
        super()._show_value(state)
        set_visible(self.full, bool(self._name) and self.shown.value.startswith("<img"))

    def _shown_html(self, name: str) -> str:
        small = self.store.thumbnail(name) if self.store is not None else None
        if small is None:
            return super()._shown_html(name)
        path = self.store.path(name) if self.store is not None and self._is_whole else None
        content = path.read_bytes() if path is not None else small
        kind = (mimetypes.guess_type(name)[0] if self._is_whole else "") or "image/jpeg"
        data = b64encode(content).decode("ascii")
        return f'<img alt="{escape(name)}" src="data:{kind};base64,{data}">'

    def _toggle_size(self) -> None:
        self._is_whole = not self._is_whole
        self.full.description = say("attachment.smaller" if self._is_whole else "attachment.full")
        self.shown.value = self._shown_html(self._name or "")

    def _store(self, name: str, content: bytes) -> str:
        if self.store is None:
            raise GuanaiError("attachment.nowhere")
        side = str(self.item.parameters.get("max-pixels", ""))
        return str(self.store.save_picture(name, content, *([int(side)] if side.isdigit() else [])))


def address(name: str) -> str:
    """Return the address of an attachment on the school's server, for people who are signed in."""
    base = os.environ.get("SCRIPT_NAME", "/").rstrip("/")
    return f"{base}/attachment/{quote(name)}"
