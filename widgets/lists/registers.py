"""Registers: which there are, by topic with their counts, and one of them as a list that can be narrowed down."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from html import escape
from typing import Any
from urllib.parse import quote

import ipywidgets as ipw
import pandas as pd

from guanai.storage.records.frames import within
from guanai.templates.wording import say, spoken
from guanai.widgets.base.boxes import Panel, button, html, set_visible
from guanai.widgets.base.layouts import plain
from guanai.widgets.base.name_search import find, natural_key
from guanai.widgets.base.page_urls import edit_page, list_columns
from guanai.widgets.base.table import Table
from guanai.widgets.base.value_labels import Labels
from guanai.widgets.form.inputs import Choice, Search

__all__ = ["RegisterIndex", "RegisterTable", "choice_fields", "newest_first"]

_DATED = ("date", "start")
_MANY_VALUES = 60
_MOST_AT_ONCE = 2000  # rows that are listed on one page when somebody asks for all


class RegisterIndex(Panel):
    """The registers by topic, each with its number of records and the way to a new one.

    ``forms`` are the forms by name; ``counts`` how many records each has. The group of a form comes from its
    sheet of settings (``guanai::group`` 类组); forms without one stand last. Those that are ``closed`` lie folded below,
    to be read.
    """

    def __init__(
        self,
        forms: Mapping[str, Any],
        counts: Mapping[str, int],
        *,
        closed: Collection[str] = (),
        language: str | None = None,
    ) -> None:
        super().__init__("guanai-registers")
        groups: dict[str, list[str]] = {}
        for name, form in forms.items():
            if name not in closed:
                groups.setdefault(str(getattr(form, "group", "")), []).append(name)
        parts = []
        for group in sorted(groups, key=_rank):
            cards = "".join(_card(name, forms[name], counts.get(name, 0), language) for name in groups[group])
            some = forms[groups[group][0]]
            title = some.group_title(spoken(language)) if group else ""
            head = escape(title or say("register.others" if len(groups) > 1 else "register.all", language))
            parts.append(f'<section><h3>{head}</h3><ul class="guanai-register-row">{cards}</ul></section>')
        if shut := [name for name in forms if name in closed]:
            cards = "".join(
                _card(name, forms[name], counts.get(name, 0), language, new=False) for name in shut
            )
            head = escape(say("register.closed_ones", language, count=len(shut)))
            parts.append(
                f'<details><summary>{head}</summary><ul class="guanai-register-row">{cards}</ul></details>'
            )
        self.groups = groups
        self.body = html("".join(parts))
        self.fill_with(self.body)


def _rank(group: str) -> tuple[int, str]:
    """Return the place of a group: the house's own in their order, the school's, then what has none."""
    from guanai.storage.forms.xlsform.headings import GROUPS

    known = list(GROUPS)
    return (known.index(group) if group in known else len(known) + (not group), group)


def _card(name: str, form: Any, count: int, language: str | None, *, new: bool = True) -> str:
    title = escape(form.title(spoken(language)))
    add = escape(say("register.add_to", language, title=form.title(spoken(language))))
    way = escape("child" if name == "child" else f"register?form={quote(name, safe='')}")
    plus = f'<a class="guanai-record guanai-plus" href="{escape(edit_page(name))}" aria-label="{add}" title="{add}">＋</a>'
    return (
        f'<li class="guanai-register"><a href="{way}"><span>{title}</span> '
        f'<span class="guanai-badge">{count}</span></a>{plus if new else ""}</li>'
    )


def choice_fields(form: Any) -> list[str]:
    """Return the questions of a form by whose choices its records can be narrowed down, in page order."""
    kinds = ("select_one", "select_multiple")
    return [key for key, kind in form.columns.items() if kind in kinds and key not in ("child", "class")]


def newest_first(frame: pd.DataFrame) -> pd.DataFrame:
    """Return records with the newest first; those without a day by their name, in the order of people."""
    day = next((column for column in _DATED if column in frame), None)
    if day is None and "name" in frame:
        places = sorted(
            range(len(frame)), key=lambda place: natural_key(str(frame["name"].iloc[place] or ""))
        )
        return frame.iloc[places]
    keys = [key for key in (day, "created_at") if key is not None and key in frame]
    return frame.sort_values(keys, ascending=False, kind="stable", na_position="last")


class RegisterTable(Panel):
    """The records of a register, newest first, in pages: searched, and narrowed by class, child, time and any choice.

    ``rows()`` gives the frame (`School.frame`); ``periods`` are first and last day by their name; ``given`` are the
    first values of the filters: ``class``, ``about`` (a child's id), ``period``, ``find``, or a question's name.
    """

    def __init__(
        self,
        form: Any,
        rows: Callable[[], pd.DataFrame],
        *,
        periods: Mapping[str, tuple[date, date]] | None = None,
        given: Mapping[str, str | None] | None = None,
        page: int = 30,
        language: str | None = None,
    ) -> None:
        super().__init__("guanai-register-list")
        self._form, self._rows, self._language = form, rows, language
        self._periods = dict(periods or {})
        self._labels = Labels(form, language)
        self._narrowed = False
        self._given = {key: value for key, value in (given or {}).items() if value}
        frame = rows()
        everything = say("register.any", language)
        fields = {key: self._labels.column(key) for key in choice_fields(form)}
        asked = next((key for key in fields if key in self._given), None)
        self.search = Search(say("register.find", language), value=self._given.get("find", ""))
        self.group = Choice(
            say("register.class", language), _classes(frame), value=self._given.get("class"), all=everything
        )
        children = _children(frame)
        self.child = Search(say("register.child", language), children, value=self._given.get("about"))
        self.period = Choice(
            say("register.period", language),
            list(self._periods),
            value=self._given.get("period"),
            all=everything,
        )
        self.field = Choice(say("register.field", language), fields, value=asked, all=everything)
        self.value = Choice(say("register.value", language), (), all=everything)
        self._offer(frame, self._given.get(asked or ""))
        self.field.observe(self._another_field, "value")
        self.clear = button(say("register.clear", language), self._cleared, "guanai-small")
        self.whole = button(say("register.whole", language), self._unroll, "guanai-small")
        self.told = html()
        inputs: Sequence[Any] = [
            self.search,
            *([self.group] if "class" in frame else []),
            *([self.child] if children else []),
            *([self.period] if self._periods and _day_of(frame) else []),
            *([self.field, self.value] if fields else []),
        ]
        columns = sorted(list_columns(form, frame), key=lambda key: key not in _DATED)
        self.table = Table(
            self._found,
            *inputs,
            columns=columns,
            form=form,
            page=page,
            link={columns[0]: f"register?form={quote(form.name, safe='')}&id={{id}}"}
            | ({"child_name": "child?id={child}"} if columns[0] != "child_name" else {}),
            empty=say("page.none" if frame.empty else "register.none_found", language),
            language=language,
        )
        self._inputs = inputs
        for one in inputs:
            one.observe(self._show_ways, "value")
        buttons = ipw.HBox([self.whole, self.clear], layout=plain(), _dom_classes=("guanai-buttons",))
        self._show_ways()
        head = ipw.HBox([self.told, buttons], layout=plain(), _dom_classes=("guanai-row-head",))
        self.fill_with(head, self.table)

    @property
    def count(self) -> int:
        """How many records are listed, on all pages."""
        return self.table.count

    def _found(self, *_: object) -> pd.DataFrame:
        """Return the records that all filters leave."""
        frame = self._rows()
        whole = len(frame)
        if self.group.value is not None and "class" in frame:
            frame = frame[frame["class"] == self.group.value]
        if self.child.value is not None and "child" in frame:
            frame = frame[frame["child"] == self.child.value]
        if self.period.value is not None:
            frame = within(frame, *self._periods[self.period.value])
        if self.field.value is not None and self.value.value is not None:
            frame = frame[_chosen(frame[self.field.value], self.value.value)]
        texts = [
            key for key, kind in self._form.columns.items() if kind in ("text", "repeat") and key in frame
        ]
        frame = find(frame, self.search.value, *texts, "child_name", "class")
        narrowed = len(frame) != whole
        self._narrowed = narrowed
        values = {"count": len(frame), **({"whole": whole} if narrowed else {})}
        said = say("register.counted" if narrowed else "register.count", self._language, **values)
        self.told.value = f'<p class="guanai-soft" role="status">{escape(said)}</p>'
        return newest_first(frame)

    def _show_ways(self, _: object = None) -> None:
        """Offer what makes sense now: to clear the filters, to list all at once."""
        set_visible(self.clear, self._narrowed)
        set_visible(self.whole, self.table.pager.size < self.table.count)

    def _unroll(self) -> None:
        """List everything on one page, so that the browser prints the whole list."""
        self.table.pager.size = _MOST_AT_ONCE
        self.table.run()
        self._show_ways()

    def _offer(self, frame: pd.DataFrame, value: str | None = None) -> None:
        """Offer the answers that stand in the register for the chosen question, with how often they do."""
        everything = say("register.any", self._language)
        key = self.field.value
        if key is None or key not in frame:
            self.value.offer((), all=everything)
            return
        tally = frame[key].explode().dropna().astype(str).value_counts().head(_MANY_VALUES)
        options = {one: f"{self._labels.text(key, one)}（{number}）" for one, number in tally.items()}
        self.value.offer(options, all=everything)
        if value in options:
            self.value.value = value

    def _another_field(self, _: object) -> None:
        self._offer(self._rows())

    def _cleared(self) -> None:
        for one in self._inputs:
            if isinstance(one, Search):
                one.control.value = ""
            else:
                one.value = None


def _day_of(frame: pd.DataFrame) -> bool:
    return any(column in frame for column in _DATED)


def _chosen(column: pd.Series, value: str) -> pd.Series:
    """Say where an answer is that choice, or has it among several."""
    return column.map(lambda one: value in one if isinstance(one, list) else str(one) == value).astype(bool)


def _classes(frame: pd.DataFrame) -> list[str]:
    return sorted(frame["class"].dropna().astype(str).unique(), key=natural_key) if "class" in frame else []


def _children(frame: pd.DataFrame) -> dict[str, str]:
    """Return the children that a register names, by id, as they are told apart."""
    if not {"child", "child_name"} <= set(frame.columns):
        return {}
    known = frame.dropna(subset=["child", "child_name"]).drop_duplicates("child")
    named = [
        (child, say("label.in_class", name=name, group=group or "—"))
        for child, name, group in zip(
            *(known[one].tolist() for one in ("child", "child_name", "class")), strict=True
        )
    ]
    tally = Counter(text for _, text in named)
    return {key: f"{text} [{key[-4:]}]" if tally[text] > 1 else text for key, text in named}
