"""A changed form before it is published: what differs, what becomes of the answers, both forms to be tried side by side."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from html import escape
from typing import Any

import ipywidgets as ipw

from guanai.care.errors import GuanaiError
from guanai.storage.forms.changes.differences import fields_of, title_of
from guanai.storage.records.school_form import SchoolForm
from guanai.templates.wording import say, spoken
from guanai.widgets.base.boxes import Columns, button, html
from guanai.widgets.base.errors import error_html
from guanai.widgets.base.layouts import plain
from guanai.widgets.base.progress import Progress
from guanai.widgets.form.form import Form
from guanai.widgets.form.inputs import Choice

__all__ = ["FormPreview", "ProposalView"]


class FormPreview(Form):
    """A form to be tried: it checks and answers as it will, and keeps nothing."""

    def __init__(self, form: Any, language: str | None = None) -> None:
        alone = form.without_files() if isinstance(form, SchoolForm) else form
        super().__init__(replace(alone, retired={}), self._tried, language=language)
        self.add_class("guanai-preview")
        self.save.description = say("designer.try", language)
        self.save.remove_class("guanai-main")

    def _tried(self, _record: dict[str, Any]) -> str:
        return say("designer.tried", self._language)

    def _touch(self) -> None:
        super()._touch()
        self.remove_class("guanai-dirty")  # leaving the page loses nothing


class ProposalView(ipw.VBox):
    """A proposal of `FormPublishing`, its differences in words, and the button that publishes it.

    ``designs`` plans and publishes; ``on_done(version)`` is called once it is published, ``on_drop()`` when the person
    wants it no more. ``mappings`` gives the choice of a new question for each one that goes, by its path.
    """

    def __init__(
        self,
        designs: Any,
        proposal: Any,
        *,
        on_done: Callable[[Any], None],
        on_drop: Callable[[], None],
        language: str | None = None,
    ) -> None:
        self._designs, self._proposal, self._language = designs, proposal, language
        self._on_done = on_done
        self.mappings: dict[str, Choice] = {}
        self.told = html("")
        self.notice = html("")
        self.publish = button(say("designer.publish", language), self._publish, "guanai-main")
        self.drop = button(say("designer.drop", language), on_drop)
        self.publish.disabled = not designs.allowed
        self.before = FormPreview(proposal.before, language) if proposal.before is not None else None
        self.after = FormPreview(proposal.form, language)
        self._plan = designs.plan(proposal)
        self._offer_mappings()
        for choice in self.mappings.values():
            choice.observe(self._changed, "value")
        super().__init__(layout=plain(), _dom_classes=("guanai-stack", "guanai-proposal"))
        foot = ipw.HBox([self.publish, self.drop], layout=plain(), _dom_classes=("guanai-buttons",))
        self.children = (self.told, *self._mapping_box(), self.notice, foot, self._previews())
        self._show()

    @property
    def renames(self) -> dict[str, str]:
        """The new question that was chosen for each old one."""
        return {path: choice.value for path, choice in self.mappings.items() if choice.value}

    # -- old questions and new ones

    def _offer_mappings(self) -> None:
        """Offer for each question that goes those that come, for answers that no question asks any of the form."""
        proposal = self._proposal
        if proposal.before is None:
            return
        old, new = fields_of(proposal.before), fields_of(proposal.form)
        come = [path for path in new if path not in old and path not in proposal.renames.values()]
        for one in self._plan.answers.stored:
            if one.kind == "removed":
                self._offer(one, [path for path in come if _beside(one.path, path)], new)
        for one in self._plan.answers.orphans:
            if one.path not in proposal.renames and "~" not in one.path:
                self._offer(one, [path for path in new if _beside(one.path, path)], new)

    def _offer(self, one: Any, paths: Iterable[str], fields: Any) -> None:
        offered = {path: title_of(fields[path], spoken(self._language)) for path in paths}
        if not offered:
            return
        guess = self._proposal.guesses.get(one.path)
        label = say("designer.map", self._language, question=one.label, answers=one.answers)
        stay = say("designer.map_none", self._language)
        self.mappings[one.path] = Choice(label, offered, guess, all=stay)

    def _mapping_box(self) -> list[Any]:
        if not self.mappings:
            return []
        head = html(
            f"<h3>{escape(say('designer.map_title', self._language))}</h3>"
            f"<p>{escape(say('designer.map_explain', self._language))}</p>"
        )
        return [ipw.VBox([head, *self.mappings.values()], layout=plain(), _dom_classes=("guanai-conflict",))]

    # -- what it would do

    def _changed(self, _: object) -> None:
        try:
            self._plan = self._designs.plan(self._proposal, self.renames)
            self.publish.disabled = not self._designs.allowed
            self.notice.value = ""
            self._show()
        except GuanaiError as error:
            self.publish.disabled = True
            self.notice.value = error_html(error, self._language)

    def _show(self) -> None:
        plan, language = self._plan, self._language
        lines = [one.text(language) for one in plan.differences]
        if self._proposal.before is None:
            count = len(fields_of(self._proposal.form))
            lines = [say("designer.new", language, title=self._proposal.form.title(), count=count)]
        parts = [f"<h3>{escape(say('designer.differences', language))}</h3>", _listed(lines)]
        if not lines:
            parts = [f'<p class="guanai-empty">{escape(say("designer.same", language))}</p>']
        answers = [one.text(language) for one in plan.answers.stored]
        if answers:
            parts += [f"<h3>{escape(say('designer.answers', language))}</h3>", _listed(answers)]
        if plan.duties:
            text = escape(say("designer.duties", language, error=plan.duties))
            parts.append(f'<p class="guanai-notice guanai-bad" role="alert">{text}</p>')
        self.told.value = f'<section class="guanai-part">{"".join(parts)}</section>'

    def _previews(self) -> Any:
        language = self._language
        now, then = say("designer.now", language), say("designer.then", language)
        right = ipw.VBox(
            [html(f"<h3>{escape(then)}</h3>"), self.after], layout=plain(), _dom_classes=("guanai-side",)
        )
        if self.before is None:
            return right
        left = ipw.VBox(
            [html(f"<h3>{escape(now)}</h3>"), self.before], layout=plain(), _dom_classes=("guanai-side",)
        )
        return Columns(left, right)

    def _publish(self) -> None:
        self.publish.disabled = True
        try:
            with Progress(say("designer.publishing", self._language), into=self.notice):
                version = self._designs.publish(self._proposal, self.renames)
        except Exception as error:
            self.notice.value = error_html(error, self._language)
            self.publish.disabled = not self._designs.allowed
            return
        self._on_done(version)


def _beside(path: str, other: str) -> bool:
    """Whether two answers stand in the same repeat, or in none."""
    return path.rpartition("/")[0] == other.rpartition("/")[0]


def _listed(lines: Iterable[str]) -> str:
    return f'<ul class="guanai-differences">{"".join(f"<li>{escape(line)}</li>" for line in lines)}</ul>'
