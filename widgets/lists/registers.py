"""The registers by topic with their counts, and one register as a list with filters."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from html import escape
from urllib.parse import quote

import pandas as pd

from guanai.storage.forms.xlsform.definitions import Form as FormDefinition
from guanai.storage.forms.xlsform.headings import GROUPS
from guanai.storage.records.frames import within
from guanai.templates.wording import say, spoken
from guanai.widgets.base.boxes import Panel, button, hbox, html, set_visible
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
    """The registers by topic, each with its number of records and a link to a new one.

    ``forms`` are the forms by name; ``counts`` how many records each has. The group of a form comes from its
    sheet of settings (``guanai::group`` 类组); forms without one come last. The ``closed`` ones are
    folded away below and can only be read. ``addable`` are those to which the person may add, None for all; one without
    a number in ``counts`` the person cannot read.
    """

    def __init__(
        self,
        forms: Mapping[str, FormDefinition],
        counts: Mapping[str, int],
        *,
        closed: Collection[str] = (),
        addable: Collection[str] | None = None,
    ) -> None:
        super().__init__("guanai-registers")
        adds = forms if addable is None else addable
        groups: dict[str, list[str]] = {}
        for name, form in forms.items():
            if name not in closed:
                groups.setdefault(form.group, []).append(name)
        parts = []
        for group in sorted(groups, key=_rank):
            cards = "".join(
                _card(name, forms[name], counts.get(name, 0), new=name in adds) for name in groups[group]
            )
            some = forms[groups[group][0]]
            title = some.group_title(spoken()) if group else ""
            head = escape(title or say("register.others" if len(groups) > 1 else "register.all"))
            parts.append(f'<section><h3>{head}</h3><ul class="guanai-register-row">{cards}</ul></section>')
        if closed_names := [name for name in forms if name in closed]:
            cards = "".join(_card(name, forms[name], counts.get(name, 0), new=False) for name in closed_names)
            head = escape(say("register.closed_ones", count=len(closed_names)))
            parts.append(
                f'<details><summary>{head}</summary><ul class="guanai-register-row">{cards}</ul></details>'
            )
        self.groups = groups
        self.body = html("".join(parts))
        self.fill_with(self.body)


def _rank(group: str) -> tuple[int, str]:
    """Return the sort key of a group: the shipped ones in their order, those of the school, then forms without one."""
    shipped = list(GROUPS)
    return (shipped.index(group) if group in shipped else len(shipped) + (not group), group)


def _card(name: str, form: FormDefinition, count: int, *, new: bool = True) -> str:
    title = escape(form.title(spoken()))
    add = escape(say("register.add_to", title=form.title(spoken())))
    address = escape("child" if name == "child" else f"register?form={quote(name, safe='')}")
    plus = f'<a class="guanai-record guanai-plus" href="{escape(edit_page(name))}" aria-label="{add}" title="{add}">＋</a>'
    return (
        f'<li class="guanai-register"><a href="{address}"><span>{title}</span> '
        f'<span class="guanai-badge">{count}</span></a>{plus if new else ""}</li>'
    )


def choice_fields(form: FormDefinition) -> list[str]:
    """Return the questions with choices of a form, by which its records can be filtered, in page order."""
    kinds = ("select_one", "select_multiple")
    return [key for key, kind in form.columns.items() if kind in kinds and key not in ("child", "class")]


def newest_first(frame: pd.DataFrame) -> pd.DataFrame:
    """Return records with the newest first; those of a register without a day by name."""
    day = next((column for column in _DATED if column in frame), None)
    if day is None and "name" in frame:
        order = sorted(range(len(frame)), key=lambda row: natural_key(str(frame["name"].iloc[row] or "")))
        return frame.iloc[order]
    keys = [key for key in (day, "created_at") if key is not None and key in frame]
    return frame.sort_values(keys, ascending=False, kind="stable", na_position="last")


class RegisterTable(Panel):
    """The records of a register, newest first, in pages, with a search and filters by class, child, time and any choice.

    ``rows()`` gives the frame (`School.frame`); ``periods`` are first and last day by their name; ``given`` are the
    initial values of the filters: ``class``, ``about`` (a child's id), ``period``, ``find``, or a question's name.
    """

    def __init__(
        self,
        form: FormDefinition,
        rows: Callable[[], pd.DataFrame],
        *,
        periods: Mapping[str, tuple[date, date]] | None = None,
        given: Mapping[str, str | None] | None = None,
        page: int = 30,
    ) -> None:
        super().__init__("guanai-register-list")
        self._form, self._rows = form, rows
        self._periods = dict(periods or {})
        self._labels = Labels(form)
        self._is_filtered = False
        self._initial = {key: value for key, value in (given or {}).items() if value}
        frame = rows()
        everything = say("register.any")
        fields = {key: self._labels.column(key) for key in choice_fields(form)}
        field = next((key for key in fields if key in self._initial), None)
        self.search = Search(say("register.find"), value=self._initial.get("find", ""))
        group = self._initial.get("class")
        self.group = Choice(say("register.class"), _classes(frame), value=group, all=everything)
        children = _children(frame)
        self.child = Search(say("register.child"), children, value=self._initial.get("about"))
        period = self._initial.get("period")
        self.period = Choice(say("register.period"), list(self._periods), value=period, all=everything)
        self.field = Choice(say("register.field"), fields, value=field, all=everything)
        self.value = Choice(say("register.value"), (), all=everything)
        self._offer_values(frame, self._initial.get(field or ""))
        self.field.observe(self._on_field, "value")
        self.clear = button(say("register.clear"), self._clear, "guanai-small")
        self.whole = button(say("register.whole"), self._show_all, "guanai-small")
        self.summary = html()
        inputs: Sequence[Choice | Search] = [
            self.search,
            *([self.group] if "class" in frame else []),
            *([self.child] if children else []),
            *([self.period] if self._periods and _has_day(frame) else []),
            *([self.field, self.value] if fields else []),
        ]
        columns = sorted(list_columns(form, frame), key=lambda key: key not in _DATED)
        self.table = Table(
            self._matching_records,
            *inputs,
            columns=columns,
            form=form,
            page=page,
            link={columns[0]: f"register?form={quote(form.name, safe='')}&id={{id}}"}
            | ({"child_name": "child?id={child}"} if columns[0] != "child_name" else {}),
            empty=say("page.none" if frame.empty else "register.none_found"),
        )
        self._inputs = inputs
        for filter_ in inputs:
            filter_.observe(self._show_buttons, "value")
        buttons = hbox([self.whole, self.clear], "guanai-buttons")
        self._show_buttons()
        head = hbox([self.summary, buttons], "guanai-row-head")
        self.fill_with(head, self.table)

    @property
    def count(self) -> int:
        """How many records are listed, on all pages."""
        return self.table.count

    def _matching_records(self, *_: object) -> pd.DataFrame:
        """Return the records that pass all filters."""
        frame = self._rows()
        total = len(frame)
        if self.group.value is not None and "class" in frame:
            frame = frame[frame["class"] == self.group.value]
        if self.child.value is not None and "child" in frame:
            frame = frame[frame["child"] == self.child.value]
        if self.period.value is not None:
            frame = within(frame, *self._periods[self.period.value])
        if self.field.value is not None and self.value.value is not None:
            frame = frame[_has_choice(frame[self.field.value], self.value.value)]
        texts = [key for key, kind in self._form.columns.items() if kind in ("text", "repeat")]
        frame = find(frame, self.search.value, *texts, "child_name", "class")
        self._is_filtered = len(frame) != total
        values = {"count": len(frame), **({"whole": total} if self._is_filtered else {})}
        text = say("register.counted" if self._is_filtered else "register.count", **values)
        self.summary.value = f'<p class="guanai-soft" role="status">{escape(text)}</p>'
        return newest_first(frame)

    def _show_buttons(self, _: object = None) -> None:
        """Show the buttons that make sense now: to clear the filters, to list all at once."""
        set_visible(self.clear, self._is_filtered)
        set_visible(self.whole, self.table.pager.size < self.table.count)

    def _show_all(self) -> None:
        """List everything on one page, so that the browser prints the whole list."""
        self.table.pager.size = _MOST_AT_ONCE
        self.table.run()
        self._show_buttons()

    def _offer_values(self, frame: pd.DataFrame, value: str | None = None) -> None:
        """Offer the answers that the register has for the chosen question, each with its number of records."""
        everything = say("register.any")
        key = self.field.value
        if key is None or key not in frame:
            self.value.offer((), all=everything)
            return
        counts = frame[key].explode().dropna().astype(str).value_counts().head(_MANY_VALUES)
        options = {code: f"{self._labels.text(key, code)}（{number}）" for code, number in counts.items()}
        self.value.offer(options, all=everything)
        if value in options:
            self.value.value = value

    def _on_field(self, _: object) -> None:
        self._offer_values(self._rows())

    def _clear(self) -> None:
        for one in self._inputs:
            if isinstance(one, Search):
                one.control.value = ""
            else:
                one.value = None


def _has_day(frame: pd.DataFrame) -> bool:
    return any(column in frame for column in _DATED)


def _has_choice(column: pd.Series, value: str) -> pd.Series:
    """Return which answers are that choice, or have it among several."""
    return column.map(lambda one: value in one if isinstance(one, list) else str(one) == value).astype(bool)


def _classes(frame: pd.DataFrame) -> list[str]:
    return sorted(frame["class"].dropna().astype(str).unique(), key=natural_key) if "class" in frame else []


def _children(frame: pd.DataFrame) -> dict[str, str]:
    """Return the children that a register names, by id: name and class, and the end of the id where two are the same."""
    if not {"child", "child_name"} <= set(frame.columns):
        return {}
    rows = frame.dropna(subset=["child", "child_name"]).drop_duplicates("child")
    named = [
        (child, say("label.in_class", name=name, group=group or "—"))
        for child, name, group in rows[["child", "child_name", "class"]].to_numpy().tolist()
    ]
    times = Counter(text for _, text in named)
    return {key: f"{text} [{key[-4:]}]" if times[text] > 1 else text for key, text in named}
