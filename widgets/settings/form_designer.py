"""The form designer: a form taken out as a workbook, the changed one brought back, looked at, published, taken back."""

from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import ipywidgets as ipw

from guanai.storage.form_files.uploads import LARGEST
from guanai.templates.wording import say
from guanai.widgets.base.boxes import Panel, button, html, set_visible
from guanai.widgets.base.errors import error_html
from guanai.widgets.base.layouts import plain, style_of
from guanai.widgets.base.page_urls import OWN_PAGES
from guanai.widgets.base.progress import Progress
from guanai.widgets.form.drafts import local_time
from guanai.widgets.form.inputs import Choice
from guanai.widgets.lists.downloads import Download
from guanai.widgets.settings.close_register import CLOSING_VERSIONS, CloseRegister
from guanai.widgets.settings.form_preview import ProposalView

__all__ = ["Designer"]


class Designer(Panel):
    """Choose a form, download it, upload the changed one, compare, publish; earlier versions below.

    ``designs`` is `School.publishing`; ``form`` the name of the form to begin with, empty for a new register.
    """

    def __init__(self, designs: Any, form: str | None = None, *, language: str | None = None) -> None:
        super().__init__("guanai-designer")
        self._designs, self._language = designs, language
        names = designs.names()
        start = form if form in names else ""
        self.choice = Choice(
            say("designer.form", language), names, start, all=say("designer.new_form", language)
        )
        self.name = ipw.Text(
            description=say("designer.name", language),
            placeholder=say("designer.name_example", language),
            continuous_update=False,
            layout=plain(),
            style=style_of(ipw.Text),
            _dom_classes=("guanai-field",),
        )
        self.place = html()
        self.download = Download(
            say("designer.download", language), self._filename, self._workbook, self.choice, language=language
        )
        self.upload = ipw.FileUpload(
            accept=".xlsx,.xlsm,.md",
            description=say("designer.upload", language),
            layout=plain(),
            style=style_of(ipw.FileUpload),
            _dom_classes=("guanai-upload",),
        )
        self.notice = html()
        self.proposal = ipw.VBox(layout=plain())
        self.history = ipw.VBox(layout=plain(), _dom_classes=("guanai-versions",))
        self.take_back: dict[int, ipw.Button] = {}
        self.closing = CloseRegister(designs, self._chosen, language)
        self.choice.observe(self._chosen, "value")
        self.upload.observe(self._sent, "value")
        self.fill_with(*self._parts())
        self._chosen()

    def _parts(self) -> list[Any]:
        """Return the steps of the page in their order."""
        language = self._language
        allowed = html()
        if not self._designs.allowed:
            text = escape(say("designer.not_allowed", language))
            allowed.value = f'<p class="guanai-notice" role="status">{text}</p>'
        too_large = say("designer.too_large", language, size="{size}", most=LARGEST >> 20)
        most = html(
            f"<p>{escape(say('designer.upload_explain', language))}</p>"
            f'<span class="guanai-most" data-most="{LARGEST}" data-text="{escape(f"{{name}}：{too_large}")}"></span>'
        )
        sending = ipw.VBox([most, self.upload], layout=plain(), _dom_classes=("guanai-attachment",))
        first = [_head("designer.step_out", language), self.choice, self.name, self.place, self.download]
        second = [_head("designer.step_in", language), sending, self.notice]
        boxes = [
            ipw.VBox(step, layout=plain(), _dom_classes=("guanai-part", "guanai-step"))
            for step in (first, second)
        ]
        return [allowed, *boxes, self.proposal, self.history, self.closing]

    @property
    def view(self) -> ProposalView | None:
        """The proposal that is being looked at, None while there is none."""
        return self.proposal.children[0] if self.proposal.children else None

    def send(self, file: str, content: bytes) -> None:
        """Upload a file as a person would."""
        self._take(file, content)

    # -- which form

    @property
    def _name(self) -> str:
        return self.choice.value or ""

    @property
    def _new_name(self) -> str:
        return str(self.name.value).strip()

    def _chosen(self, _: object = None) -> None:
        name, language = self._name, self._language
        set_visible(self.name, not name)
        self.notice.value, self.proposal.children = "", ()
        if not name:
            self.place.value = f"<p>{escape(say('designer.blank', language))}</p>"
        else:
            place = self._designs.own_file(name)
            key = "designer.place" if place else "designer.shipped"
            self.place.value = f"<p>{escape(say(key, language, place=place or f'forms/{name}.xlsx'))}</p>"
        self._show_history()
        self.closing.of(name)

    def _filename(self, name: str | None) -> str:
        return f"{name or self._new_name or say('designer.blank_file', self._language)}.xlsx"

    def _workbook(self, name: str | None) -> bytes:
        return bytes(self._designs.workbook(name or "", title=self._new_name))

    # -- the changed one

    def _sent(self, change: dict[str, Any]) -> None:
        if not change["new"]:
            return
        sent = change["new"][-1]
        file, content = str(sent["name"]), bytes(sent["content"])
        self.upload.value = ()
        self._take(file, content)

    def _take(self, file: str, content: bytes) -> None:
        name, new = self._name, not self._name
        if new:
            name = self._new_name or Path(file).stem.strip()
            self.name.value = name
        self._look(lambda: self._designs.upload(name, file, content, new=new))

    def _look(self, find: Callable[[], Any]) -> None:
        """Show a proposal, or why there is none."""
        self.notice.value, self.proposal.children = "", ()
        try:
            with Progress(say("designer.checking", self._language), into=self.notice):
                view = ProposalView(
                    self._designs, find(), on_done=self._done, on_drop=self._chosen, language=self._language
                )
        except Exception as error:
            self.notice.value = error_html(error, self._language)
            return
        self.proposal.children = (view,)
        self._say("guanai-calm", say("designer.checked", self._language))

    def _done(self, version: Any) -> None:
        language = self._language
        if version.form != self._name:  # a new register: from now on it is in the list
            self.choice.offer(self._designs.names(), all=say("designer.new_form", language))
            self.choice.value = version.form
            self.name.value = ""
        self._chosen()
        title = self._designs.form(version.form).title()
        link = f' <a href="{escape(_list_of(version.form))}">{escape(say("designer.open", language, title=title))}</a>'
        key = "designer.done_shipped" if version.what == "shipped" else "designer.done"
        self._say("guanai-good", say(key, language, title=title, number=version.number), link)

    def _say(self, kind: str, text: str, extra: str = "") -> None:
        self.notice.value = f'<div class="guanai-notice {kind}" role="status">{escape(text)}{extra}</div>'

    # -- earlier ones

    def _show_history(self) -> None:
        name, language = self._name, self._language
        self.take_back = {}
        versions = self._designs.versions(name) if name else []
        if not versions:
            self.history.children = ()
            return
        lines = [_head("designer.versions", language)]
        in_use = next((one for one in versions if one.what not in CLOSING_VERSIONS), None)
        for version in versions:
            if version is in_use:
                lines.append(html(self._line(version, say("designer.in_use", language))))
            elif version.file:
                lines.append(self._row(version.number, self._line(version)))
            else:
                lines.append(html(self._line(version)))
        if self._designs.ships(name) and versions[0].what != "shipped":
            lines.append(self._row(0, f"<p>{escape(say('designer.version_0', language))}</p>"))
        self.history.children = tuple(lines)

    def _row(self, number: int, text: str) -> Any:
        key = "designer.take_back" if number else "designer.take_back_shipped"
        again = button(
            say(key, self._language, number=number),
            lambda: self._look(lambda: self._designs.earlier(self._name, number)),
            "guanai-small",
        )
        again.disabled = not self._designs.allowed
        self.take_back[number] = again
        return ipw.HBox([html(text), again], layout=plain(), _dom_classes=("guanai-row-head",))

    def _line(self, version: Any, mark: str = "") -> str:
        """Return who made a version when, and in what it differed from the one before."""
        language = self._language
        head = say(
            f"designer.version_{version.what}",
            language,
            number=version.number,
            by=version.by,
            at=local_time(version.at),
            of=version.of or "",
        )
        badge = f' <span class="guanai-badge">{escape(mark)}</span>' if mark else ""
        told = "；".join(version.changes)
        small = f"<small>{escape(told)}</small>" if told else ""
        return f'<p class="guanai-version"><strong>{escape(head)}</strong>{badge} {small}</p>'


def _list_of(form: str) -> str:
    """Return the page on which the records of a form are listed."""
    return form if form in OWN_PAGES else f"register?form={quote(form, safe='')}"


def _head(key: str, language: str | None) -> Any:
    return html(f"<h3>{escape(say(key, language))}</h3>")
