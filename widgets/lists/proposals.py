"""A proposal of pairings on the screen: why each, changed by hand, accepted as a whole, undone as a whole."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import partial
from html import escape

import ipywidgets as ipw

from guanai.care.pairing.min_cost_flow import UNLIMITED
from guanai.care.pairing.proposals import CarerChoice as Option
from guanai.care.pairing.proposals import Proposal
from guanai.care.pairing.quotas import range_words
from guanai.care.pairing.shortages import shortages
from guanai.storage.forms.xlsform.definitions import Form as FormDefinition
from guanai.storage.school.pairing_service import PairingService
from guanai.templates.wording import say
from guanai.widgets.base.boxes import (
    Panel,
    TraitChange,
    button,
    control,
    hbox,
    html,
    plain,
    set_visible,
    vbox,
)
from guanai.widgets.base.notices import Progress, error_html, notice_html
from guanai.widgets.base.table import Pager, table_html
from guanai.widgets.base.value_labels import Labels, Row
from guanai.widgets.form.drafts import local_time
from guanai.widgets.form.inputs import Choice, Day

__all__ = ["Proposals"]

_MOST_HELPERS = 60  # in the list of a row: the best matches, and the one that is chosen
_SUCCESSOR = "successor:"


class _Row(ipw.HBox):
    """One child and who is proposed: a list of helpers, or for peers a box in which any name may be typed."""

    def __init__(self, on_choice: Callable[[int, str], None]) -> None:
        self.row, self._on_choice, self._muted = -1, on_choice, False
        self.text = html("", "guanai-pair-text")
        self.helper = control(ipw.Dropdown, "guanai-pair-choice", options=[("", "")])
        self.peer = control(ipw.Combobox, "guanai-pair-choice", continuous_update=False, options=())
        self.helper.observe(self._on_helper, "value")
        self.peer.observe(self._on_peer_name, "value")
        self._names: dict[str, str] = {}
        super().__init__([self.text, self.helper, self.peer], layout=plain(), _dom_classes=("guanai-pair",))

    def fill(self, row: int, pair: Row, options: Sequence[Option], role: str) -> None:
        """Show a row of a proposal."""
        self._muted, self.row = True, row
        stays = say("pair.stays") if pair["was"] and pair["was"] == pair["carer"] else ""
        remarks = (stays, pair["why"], pair["traded"])
        small = "".join(f"<small>{escape(text)}</small>" for text in remarks if text)
        about = " · ".join(escape(text) for text in (pair["class"], pair["village"]) if text)
        self.text.value = f"<strong>{escape(pair['name'])}</strong> <span>{about}</span>{small}"
        self.text.remove_class("guanai-pair-empty")
        if not pair["carer"]:
            self.text.add_class("guanai-pair-empty")
        label = say(f"pair.choose_{role}", name=pair["name"])
        set_visible(self.helper, role == "helper")
        set_visible(self.peer, role == "peer")
        if role == "peer":
            self._names = {option.name: option.carer for option in options}
            self.peer.options, self.peer.value = tuple(self._names), pair["carer_name"]
            self.peer.placeholder = self.peer.tooltip = label
        else:
            offered = [
                *options[:_MOST_HELPERS],
                *(one for one in options[_MOST_HELPERS:] if one.carer == pair["carer"]),
            ]
            self.helper.options = [
                (say("pair.nobody"), ""),
                *((self._label(one), one.carer) for one in offered),
            ]
            carers = {one.carer for one in offered}
            self.helper.value = pair["carer"] if pair["carer"] in carers else ""
            self.helper.tooltip = label
        self._muted = False

    def _label(self, option: Option) -> str:
        most = "" if option.most >= UNLIMITED else f"/{option.most}"
        return say("pair.option", name=option.name, load=f"{option.load}{most}", why=option.why)

    def _on_helper(self, change: TraitChange) -> None:
        if not self._muted:
            self._on_choice(self.row, change["new"] or "")

    def _on_peer_name(self, change: TraitChange) -> None:
        if not self._muted:
            name = change["new"].strip()
            self._on_choice(self.row, self._names.get(name, name))


class Proposals(Panel):
    """Propose pairings, look through them, change some, accept all or none; an acceptance can be undone.

    ``classes`` are the names of the classes, ``start`` is the first day of new pairings. ``on_change()`` is called once something was accepted or undone.
    Somebody who only proposes (``decides`` is False) has no button for either.
    """

    def __init__(
        self,
        pairings: PairingService,
        classes: Iterable[str] = (),
        start: date | None = None,
        *,
        form: FormDefinition | None = None,
        on_change: Callable[[], None] | None = None,
        decides: bool = True,
        page: int = 10,
    ) -> None:
        super().__init__("guanai-proposals")
        self._pairings, self._on_change, self._decides = pairings, on_change, decides
        self._labels = Labels(form)
        self.proposal: Proposal | None = None
        self._order: list[int] = []  # of the rows on the screen; changing a row does not move it
        self.what = Choice(say("pair.what"), self._kinds())
        self.scope = Choice(say("child.class"), list(classes), all=say("pair.whole_school"))
        self.start = Day(say("pair.start"), start)
        self.propose = button(say("pair.propose"), self._propose, "guanai-main")
        self.summary, self.loads, self.notice = html(), html(), html()
        self.rows = tuple(_Row(self._set_carer) for _ in range(page))
        self.pager = Pager(page, self._draw)
        self.accept = button(say("pair.accept"), self._accept, "guanai-main") if decides else None
        self.drop = button(say("pair.drop"), self._drop)
        self.undo: dict[str, ipw.Button] = {}
        self._done = vbox((), "guanai-accepted")
        bar = hbox([self.what, self.scope, self.start, self.propose], "guanai-bar")
        self._list = vbox([*self.rows], "guanai-pairs-list")
        deciding = [self.accept, self.drop] if self.accept is not None else [self.drop]
        self._deciding = hbox(deciding, "guanai-buttons")
        inside = (self.summary, self._list, self.pager, self._deciding, self.loads)
        self._open = vbox(inside, "guanai-stack")
        self.fill_with(bar, self.notice, self._open, self._done)
        self._show()
        self._list_accepted()

    def _kinds(self) -> list[tuple[str, str]]:
        """Return what can be proposed: helpers, peers, successors of everybody who has left."""
        leavers = self._pairings.leavers().to_dict("records")
        return [
            *((say(f"pair.for_{role}"), role) for role in ("helper", "peer", "renewal")),
            *(
                (say("pair.successors", name=one["name"], number=one["children"]), _SUCCESSOR + one["id"])
                for one in leavers
            ),
        ]  # fmt: skip

    # -- making and changing

    def _propose(self) -> None:
        self.notice.value = ""
        what = str(self.what.value)
        classes = None if self.scope.value is None else [self.scope.value]
        try:
            with Progress(say("pair.working"), into=self.notice):
                if what.startswith(_SUCCESSOR):
                    proposal = self._pairings.propose(
                        leaving=what.removeprefix(_SUCCESSOR), start=self.start.value
                    )
                else:
                    proposal = self._pairings.propose(what, classes=classes, start=self.start.value)
        except Exception as error:
            self.proposal, self.notice.value = None, error_html(error)
            self._show()
            return
        self.proposal = proposal if len(proposal.pairs) else None
        self.pager.start = 0
        # Children without a carer come first, then pairings that change.
        carers = proposal.pairs["carer"]
        rank = (1 + (carers == proposal.pairs["was"])).where(carers != "", 0)
        self._order = list(rank.sort_values(kind="stable").index)
        if self.proposal is None:
            self.notice.value = notice_html("good", say(f"pair.none_{proposal.role}"))
        self._show()

    def _set_carer(self, row: int, carer: str) -> None:
        if self.proposal is not None:
            self.proposal = self.proposal.with_carer(row, carer)
            self._show()

    def _drop(self) -> None:
        self.proposal = None
        self.notice.value = ""
        self._show()

    def _accept(self) -> None:
        if self.proposal is None or self.accept is None:
            return
        self.accept.disabled = True
        try:
            acceptance = self._pairings.accept(self.proposal, self.start.value)
        except Exception as error:
            self.notice.value = error_html(error)
            return
        finally:
            self.accept.disabled = False
        self.proposal = None
        key = "pair.accepted_taken" if acceptance.ended else "pair.accepted"
        self.notice.value = notice_html("good", say(key, made=acceptance.started, ended=acceptance.ended))
        self._refresh()

    def _undo(self, proposal_id: str) -> None:
        try:
            self._pairings.undo(proposal_id)
        except Exception as error:
            self.notice.value = error_html(error)
            return
        self.notice.value = notice_html("good", say("pair.undone"))
        self._refresh()

    def _refresh(self) -> None:
        """Show the present state everywhere on the page."""
        self._show()
        self._list_accepted()
        self.what.offer(self._kinds())
        if self._on_change is not None:
            self._on_change()

    # -- showing

    def _show(self) -> None:
        set_visible(self._open, self.proposal is not None)
        if self.proposal is None:
            return
        made, wanted, placed = (
            len(rows) for rows in (self.proposal.new_pairs, self.proposal.pairs, self.proposal.with_carers)
        )
        head = say("pair.summary", asked=wanted, made=made, left=wanted - placed)
        if placed > made:
            head += say("pair.summary_stays", number=placed - made)
        items = "".join(f"<li>{escape(one.text)}</li>" for one in shortages(self.proposal))
        listed = f'<ul class="guanai-notice guanai-lacks" role="status">{items}</ul>' if items else ""
        fits = "" if items else f" {escape(say('pair.fits'))}"
        self.summary.value = f"<p><strong>{escape(head)}</strong>{fits}</p>{listed}"
        self._draw()
        self.loads.value = self._loads(self.proposal) if self.proposal.role == "helper" else ""

    def _draw(self) -> None:
        """Show the rows of this page."""
        if self.proposal is None:
            return
        indices = self._order[self.pager.slice_of(len(self._order))]
        pairs = self.proposal.pairs
        for row, index in zip(self.rows, indices, strict=False):
            options = self.proposal.options(index)
            row.fill(index, dict(pairs.loc[index]), options, self.proposal.role)
        for number, row in enumerate(self.rows):
            set_visible(row, number < len(indices))

    def _loads(self, proposal: Proposal) -> str:
        loads = proposal.loads.sort_values(["load", "name"], ascending=[False, True])
        quota = [range_words(*both) for both in zip(loads["least"], loads["most"], strict=True)]
        table = loads.assign(quota=quota)[["name", "role", "carried", "new", "load", "quota"]]
        columns = {key: say(f"pair.column.{key}") for key in table.columns}
        return table_html(table, self._labels, columns, caption=say("pair.loads"))

    def _list_accepted(self) -> None:
        lines, self.undo = [], {}
        for one in [done for done in self._pairings.accepted() if not done.undone][:5]:
            text = say(
                f"pair.done_{one.role}", at=local_time(one.at), by=one.by, made=one.started, start=one.start
            )
            row: list[ipw.Widget] = [html(f"<p>{escape(text)}</p>")]
            if self._decides:
                self.undo[one.id] = button(say("pair.undo"), partial(self._undo, one.id), "guanai-small")
                row.append(self.undo[one.id])
            lines.append(hbox(row, "guanai-row-head"))
        title = html(f"<h3>{escape(say('pair.accepted_before'))}</h3>")
        self._done.children = (title, *lines) if lines else ()
