"""The form designer: download a form as a workbook, upload the changed one, compare and publish it, go back to a version.

A register that the school has made is closed and opened again here too.
"""

from collections.abc import Callable
from html import escape
from pathlib import Path
from urllib.parse import quote

import ipywidgets as ipw

from guanai.storage.form_files.uploads import LARGEST
from guanai.storage.form_files.versions import Version
from guanai.storage.school.form_publishing import FormProposal, FormPublishing
from guanai.templates.wording import say
from guanai.widgets.base.boxes import Panel, TraitChange, button, control, hbox, html, set_visible, vbox
from guanai.widgets.base.notices import Progress, error_html, notice_html
from guanai.widgets.base.page_urls import OWN_PAGES
from guanai.widgets.form.drafts import local_time
from guanai.widgets.form.inputs import Choice
from guanai.widgets.lists.downloads import Download
from guanai.widgets.settings.form_preview import ProposalView

__all__ = ["Designer"]

#: Versions that record something about the register and no change of its form.
CLOSING_VERSIONS = ("closed", "reopened")


class Designer(Panel):
    """Choose a form, download it, upload the changed one, compare, publish; earlier versions below.

    ``form`` is the name of the form to begin with, empty for a new register.
    """

    def __init__(self, publishing: FormPublishing, form: str | None = None) -> None:
        super().__init__("guanai-designer")
        self._publishing = publishing
        names = publishing.names()
        start = form if form in names else ""
        self.choice = Choice(say("designer.form"), names, start, all=say("designer.new_form"))
        self.name = control(
            ipw.Text,
            "guanai-field",
            description=say("designer.name"),
            placeholder=say("designer.name_example"),
            continuous_update=False,
        )
        self.file = html()
        self.download = Download(say("designer.download"), self._filename, self._workbook, self.choice)
        self.upload = control(
            ipw.FileUpload, "guanai-upload", accept=".xlsx,.xlsm,.md", description=say("designer.upload")
        )
        self.notice = html()
        self.proposal = vbox(())
        self.history = vbox((), "guanai-versions")
        self.take_back: dict[int, ipw.Button] = {}
        self.closing = CloseRegister(publishing, self._show_form)
        self.choice.observe(self._show_form, "value")
        self.upload.observe(self._on_upload, "value")
        self.fill_with(*self._steps())
        self._show_form()

    def _steps(self) -> list[ipw.Widget]:
        """Return the steps of the page in their order."""
        allowed = html()
        if not self._publishing.allowed:
            allowed.value = notice_html("calm", say("designer.not_allowed"))
        too_large = say("designer.too_large", size="{size}", most=LARGEST >> 20)
        most = html(
            f"<p>{escape(say('designer.upload_explain'))}</p>"
            f'<span class="guanai-most" data-most="{LARGEST}" data-text="{escape(f"{{name}}：{too_large}")}"></span>'
        )
        sending = vbox([most, self.upload], "guanai-attachment")
        first = [_heading("designer.step_out"), self.choice, self.name, self.file, self.download]
        second = [_heading("designer.step_in"), sending, self.notice]
        boxes = [vbox(step, "guanai-part", "guanai-step") for step in (first, second)]
        return [allowed, *boxes, self.proposal, self.history, self.closing]

    @property
    def view(self) -> ProposalView | None:
        """The proposal that is shown, None while there is none."""
        return self.proposal.children[0] if self.proposal.children else None

    # -- which form

    @property
    def _name(self) -> str:
        return self.choice.value or ""

    @property
    def _new_name(self) -> str:
        return str(self.name.value).strip()

    def _show_form(self, _: object = None) -> None:
        name = self._name
        set_visible(self.name, not name)
        self.notice.value, self.proposal.children = "", ()
        if not name:
            self.file.value = f"<p>{escape(say('designer.blank'))}</p>"
        else:
            file = self._publishing.own_file(name)
            key = "designer.place" if file else "designer.shipped"
            self.file.value = f"<p>{escape(say(key, place=file or f'forms/{name}.xlsx'))}</p>"
        self._show_history()
        self.closing.show_register(name)

    def _filename(self, name: str | None) -> str:
        return f"{name or self._new_name or say('designer.blank_file')}.xlsx"

    def _workbook(self, name: str | None) -> bytes:
        return bytes(self._publishing.workbook(name or "", title=self._new_name))

    # -- the changed form

    def _on_upload(self, change: TraitChange) -> None:
        if not change["new"]:
            return
        upload = change["new"][-1]
        file, content = str(upload["name"]), bytes(upload["content"])
        self.upload.value = ()
        self._read_upload(file, content)

    def _read_upload(self, file: str, content: bytes) -> None:
        name, is_new = self._name, not self._name
        if is_new:
            name = self._new_name or Path(file).stem.strip()
            self.name.value = name
        self._show_proposal(lambda: self._publishing.upload(name, file, content, new=is_new))

    def _show_proposal(self, find: Callable[[], FormProposal]) -> None:
        """Show a proposal, or why there is none."""
        self.notice.value, self.proposal.children = "", ()
        try:
            with Progress(say("designer.checking"), into=self.notice):
                view = ProposalView(
                    self._publishing, find(), on_done=self._show_published, on_drop=self._show_form
                )
        except Exception as error:
            self.notice.value = error_html(error)
            return
        self.proposal.children = (view,)
        self.notice.value = notice_html("calm", say("designer.checked"))

    def _show_published(self, version: Version) -> None:
        if version.form != self._name:  # a new register: from now on it is in the list
            self.choice.offer(self._publishing.names(), all=say("designer.new_form"))
            self.choice.value = version.form
            self.name.value = ""
        self._show_form()
        title = self._publishing.form(version.form).title()
        link = (
            f' <a href="{escape(_list_page(version.form))}">{escape(say("designer.open", title=title))}</a>'
        )
        key = "designer.done_shipped" if version.what == "shipped" else "designer.done"
        self.notice.value = notice_html("good", say(key, title=title, number=version.number), link)

    # -- earlier versions

    def _show_history(self) -> None:
        name = self._name
        self.take_back = {}
        versions = self._publishing.versions(name) if name else []
        if not versions:
            self.history.children = ()
            return
        lines = [_heading("designer.versions")]
        in_use = next((version for version in versions if version.what not in CLOSING_VERSIONS), None)
        for version in versions:
            if version is in_use:
                lines.append(html(self._version_html(version, say("designer.in_use"))))
            elif version.file:
                lines.append(self._row(version.number, self._version_html(version)))
            else:
                lines.append(html(self._version_html(version)))
        if self._publishing.ships(name) and versions[0].what != "shipped":
            lines.append(self._row(0, f"<p>{escape(say('designer.version_0'))}</p>"))
        self.history.children = tuple(lines)

    def _row(self, number: int, text: str) -> ipw.HBox:
        key = "designer.take_back" if number else "designer.take_back_shipped"
        take_back = button(
            say(key, number=number),
            lambda: self._show_proposal(lambda: self._publishing.earlier(self._name, number)),
            "guanai-small",
        )
        take_back.disabled = not self._publishing.allowed
        self.take_back[number] = take_back
        return hbox([html(text), take_back], "guanai-row-head")

    def _version_html(self, version: Version, mark: str = "") -> str:
        """Return who made a version when, and how it differs from the one before, as HTML."""
        head = say(
            f"designer.version_{version.what}",
            number=version.number,
            by=version.by,
            at=local_time(version.at),
            of=version.of or "",
        )
        badge = f' <span class="guanai-badge">{escape(mark)}</span>' if mark else ""
        changes = "；".join(version.changes)
        small = f"<small>{escape(changes)}</small>" if changes else ""
        return f'<p class="guanai-version"><strong>{escape(head)}</strong>{badge} {small}</p>'


class CloseRegister(Panel):
    """The button that closes a register that the school has made, or opens it again; hidden for a shipped one.

    ``on_done()`` is called when something has changed.
    """

    def __init__(self, publishing: FormPublishing, on_done: Callable[[], None]) -> None:
        super().__init__("guanai-part", "guanai-step")
        self._publishing, self._on_done = publishing, on_done
        self._name = ""
        self.text = html()
        self.toggle = button("", self._toggle)
        self.notice = html()
        buttons = hbox([self.toggle], "guanai-buttons")
        self.fill_with(self.text, buttons, self.notice)

    def show_register(self, name: str) -> None:
        """Show whether a register is closed, and the button to change that."""
        if name != self._name:
            self.notice.value = ""
        self._name = name
        set_visible(self, self._publishing.closable(name))
        closed = self._publishing.is_closed(name)
        key = "designer.closed" if closed else "designer.close"
        title, text = escape(say(key)), escape(say(f"{key}_text"))
        self.text.value = f"<h3>{title}</h3><p>{text}</p>"
        self.toggle.description = say("designer.reopen" if closed else "designer.close")
        self.toggle.disabled = not self._publishing.allowed

    def _toggle(self) -> None:
        closed = self._publishing.is_closed(self._name)
        try:
            (self._publishing.reopen if closed else self._publishing.close)(self._name)
        except Exception as error:
            self.notice.value = error_html(error)
            return
        text = say("designer.reopened" if closed else "designer.done_closed")
        self.notice.value = notice_html("good", text)
        self._on_done()


def _list_page(form: str) -> str:
    """Return the page on which the records of a form are listed."""
    return form if form in OWN_PAGES else f"register?form={quote(form, safe='')}"


def _heading(key: str) -> ipw.HTML:
    return html(f"<h3>{escape(say(key))}</h3>")
