"""A changed form before it is published: what differs, what becomes of the answers, both forms to be tried side by side."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from html import escape

import ipywidgets as ipw

from guanai.care.errors import GuanaiError
from guanai.storage.form_files.versions import Version
from guanai.storage.forms.changes.answer_migration import AffectedAnswers
from guanai.storage.forms.changes.differences import fields_of, title_of
from guanai.storage.forms.xlsform.definitions import Form as FormDefinition
from guanai.storage.forms.xlsform.items import Question, Repeat
from guanai.storage.records.school_form import SchoolForm
from guanai.storage.school.form_publishing import FormProposal, FormPublishing
from guanai.templates.wording import say, spoken
from guanai.widgets.base.boxes import Columns, button, hbox, html, plain, vbox
from guanai.widgets.base.notices import Progress, empty_html, error_html, notice_html
from guanai.widgets.form.form import Form
from guanai.widgets.form.inputs import Choice

__all__ = ["FormPreview", "ProposalView"]


class FormPreview(Form):
    """A form to be tried: it checks answers as it will once published, and saves nothing."""

    def __init__(self, form: FormDefinition) -> None:
        alone = form.without_files() if isinstance(form, SchoolForm) else form
        super().__init__(replace(alone, retired={}), lambda _: say("designer.tried"))
        self.add_class("guanai-preview")
        self.save.description = say("designer.try")
        self.save.remove_class("guanai-main")

    def _mark_changed(self) -> None:
        super()._mark_changed()
        self.remove_class("guanai-dirty")  # leaving the page loses nothing


class ProposalView(ipw.VBox):
    """A proposal of `FormPublishing`, its differences in words, and the button that publishes it.

    ``on_done(version)`` is called once it is published, ``on_drop()`` when the person drops it. ``mappings`` gives the choice
    of a new question for each removed one, by its path.
    """

    def __init__(
        self,
        publishing: FormPublishing,
        proposal: FormProposal,
        *,
        on_done: Callable[[Version], None],
        on_drop: Callable[[], None],
    ) -> None:
        self._publishing, self._proposal = publishing, proposal
        self._on_done = on_done
        self.mappings: dict[str, Choice] = {}
        self.differences = html("")
        self.notice = html("")
        self.publish = button(say("designer.publish"), self._publish, "guanai-main")
        self.drop = button(say("designer.drop"), on_drop)
        self.publish.disabled = not publishing.allowed
        self.before = FormPreview(proposal.before) if proposal.before is not None else None
        self.after = FormPreview(proposal.form)
        self._plan = publishing.plan(proposal)
        self._offer_mappings()
        for choice in self.mappings.values():
            choice.observe(self._changed, "value")
        super().__init__(layout=plain(), _dom_classes=("guanai-stack", "guanai-proposal"))
        foot = hbox([self.publish, self.drop], "guanai-buttons")
        self.children = (self.differences, *self._mapping_box(), self.notice, foot, self._previews())
        self._show()

    @property
    def renames(self) -> dict[str, str]:
        """The new question that was chosen for each old one."""
        return {path: choice.value for path, choice in self.mappings.items() if choice.value}

    # -- old questions and new ones

    def _offer_mappings(self) -> None:
        """Offer the new questions for each removed one, and any question for answers that no question of the form has."""
        proposal = self._proposal
        if proposal.before is None:
            return
        old, new = fields_of(proposal.before), fields_of(proposal.form)
        added = [path for path in new if path not in old and path not in proposal.renames.values()]
        for affected in self._plan.answers.stored:
            if affected.kind == "removed":
                self._offer(affected, [path for path in added if _same_repeat(affected.path, path)], new)
        for affected in self._plan.answers.orphans:
            if affected.path not in proposal.renames and "~" not in affected.path:
                self._offer(affected, [path for path in new if _same_repeat(affected.path, path)], new)

    def _offer(
        self, affected: AffectedAnswers, paths: Iterable[str], fields: Mapping[str, Question | Repeat]
    ) -> None:
        offered = {path: title_of(fields[path], spoken()) for path in paths}
        if not offered:
            return
        guess = self._proposal.guesses.get(affected.path)
        label = say("designer.map", question=affected.label, answers=affected.answers)
        none = say("designer.map_none")
        self.mappings[affected.path] = Choice(label, offered, guess, all=none)

    def _mapping_box(self) -> list[ipw.Widget]:
        if not self.mappings:
            return []
        head = html(
            f"<h3>{escape(say('designer.map_title'))}</h3><p>{escape(say('designer.map_explain'))}</p>"
        )
        return [vbox([head, *self.mappings.values()], "guanai-conflict")]

    # -- what it would do

    def _changed(self, _: object) -> None:
        try:
            self._plan = self._publishing.plan(self._proposal, self.renames)
            self.publish.disabled = not self._publishing.allowed
            self.notice.value = ""
            self._show()
        except GuanaiError as error:
            self.publish.disabled = True
            self.notice.value = error_html(error)

    def _show(self) -> None:
        plan = self._plan
        lines = [difference.text() for difference in plan.differences]
        if self._proposal.before is None:
            count = len(fields_of(self._proposal.form))
            lines = [say("designer.new", title=self._proposal.form.title(), count=count)]
        parts = [f"<h3>{escape(say('designer.differences'))}</h3>", _listed(lines)]
        if not lines:
            parts = [empty_html(say("designer.same"))]
        answers = [affected.text() for affected in plan.answers.stored]
        if answers:
            parts += [f"<h3>{escape(say('designer.answers'))}</h3>", _listed(answers)]
        if plan.duties:
            parts.append(notice_html("bad", say("designer.duties", error=plan.duties)))
        self.differences.value = f'<section class="guanai-part">{"".join(parts)}</section>'

    def _previews(self) -> ipw.Widget:
        sides = [
            vbox([html(f"<h3>{escape(say(key))}</h3>"), form], "guanai-side")
            for key, form in (("designer.now", self.before), ("designer.then", self.after))
            if form is not None
        ]
        return Columns(*sides) if len(sides) > 1 else sides[0]

    def _publish(self) -> None:
        self.publish.disabled = True
        try:
            with Progress(say("designer.publishing"), into=self.notice):
                version = self._publishing.publish(self._proposal, self.renames)
        except Exception as error:
            self.notice.value = error_html(error)
            self.publish.disabled = not self._publishing.allowed
            return
        self._on_done(version)


def _same_repeat(path: str, other: str) -> bool:
    """Whether two answers are in the same repeat, or both in none."""
    return path.rpartition("/")[0] == other.rpartition("/")[0]


def _listed(lines: Iterable[str]) -> str:
    return f'<ul class="guanai-differences">{"".join(f"<li>{escape(line)}</li>" for line in lines)}</ul>'
