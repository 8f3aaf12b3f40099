"""A pandas frame as one accessible HTML table, in pages, with links to other pages."""

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any
from urllib.parse import quote

import ipywidgets as ipw
import pandas as pd

from guanai.storage.forms.xlsform.definitions import Form as FormDefinition
from guanai.templates.wording import say
from guanai.widgets.base.boxes import HasValue, InputPanel, button, html, plain, set_visible
from guanai.widgets.base.notices import Progress, empty_html, error_html
from guanai.widgets.base.value_labels import Labels, Row

__all__ = ["Pager", "Table", "href", "table_html"]

# A text of more letters may be cut short in a list; the record itself shows it whole.
_LONG = 40
# A column whose texts are all as narrow as a date is never broken into lines.
_SHORT = 10
# In pixels: the width of a telephone, of a letter, and of the space around a column.
_TELEPHONE, _LETTER, _PADDING = 360, 8.5, 16


def href(template: str, row: Row) -> str:
    """Return a page's address from a template such as ``child?id={id}``, values quoted, ready for HTML."""
    values = _Values({str(key): quote(str(value), safe="") for key, value in row.items()})
    return escape(template.format_map(values), quote=True)


class _Values(dict[str, str]):
    """The values of a template; one that the row does not have is empty."""

    def __missing__(self, key: str) -> str:
        return ""


def share_text(share: float) -> str:
    """Return a share in whole percent; a share near 0 or 1 is never written as 0% or 100%.

    >>> share_text(0.74), share_text(276 / 277), share_text(1.0)
    ('74%', '99.6%', '100%')
    """
    text = f"{share:.0%}"
    return f"{share:.1%}" if text in ("0%", "100%") and share not in (0, 1) else text


def table_html(
    frame: pd.DataFrame,
    labels: Labels,
    columns: Mapping[str, str],
    *,
    caption: str = "",
    link: Mapping[str, str] | None = None,
    percent: Sequence[str] = (),
) -> str:
    """Return the rows of a frame as an HTML table; every stored text is escaped.

    The first column is the heading of its row. On a telephone the style sheet turns each row into a card, for which it
    uses ``data-label``; a table whose columns fit there side by side stays a table.
    """
    link = link or {}
    numbers = {key for key in columns if key in frame and pd.api.types.is_numeric_dtype(frame[key])}
    numeric = numbers.union(percent)
    rows = frame.to_dict("records")
    texts = {key: [_text(labels, percent, key, row.get(key)) for row in rows] for key in columns}
    kinds = {key: _kind(key in numeric, texts[key]) for key in columns}
    head = "".join(f'<th scope="col"{kinds[key]}>{escape(label)}</th>' for key, label in columns.items())
    body = []
    for index, row in enumerate(rows):
        cells = []
        for number, (key, label) in enumerate(columns.items()):
            text = texts[key][index]
            shown = f'<span class="guanai-long">{escape(text)}</span>' if len(text) > _LONG else escape(text)
            if key in link and (shown or not number):
                shown = f'<a href="{href(link[key], row)}">{shown or "→"}</a>'
            tag, scope = ("td", "") if number else ("th", ' scope="row"')
            cells.append(f'<{tag}{scope}{kinds[key]} data-label="{escape(label)}">{shown}</{tag}>')
        body.append(f"<tr>{''.join(cells)}</tr>")
    title = f"<caption>{escape(caption)}</caption>" if caption else ""
    name = f' role="region" tabindex="0" aria-label="{escape(caption)}"' if caption else ""
    slim = " guanai-slim" if rows and _fits(columns, texts) else ""
    return (
        f'<div class="guanai-scroll"{name}><table class="guanai-table{slim}">{title}'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table></div>"
    )


def _text(labels: Labels, percent: Sequence[str], key: str, value: Any) -> str:
    return share_text(value) if key in percent and not pd.isna(value) else labels.text(key, value)


def _kind(numeric: bool, texts: Sequence[str]) -> str:
    """Return the class of a column's cells: numbers are aligned right, dates and names stay on one line."""
    if numeric:
        return ' class="guanai-number"'
    return ' class="guanai-short"' if all(_width(text) <= _SHORT for text in texts) else ""


def _fits(columns: Mapping[str, str], texts: Mapping[str, Sequence[str]]) -> bool:
    """Say whether the columns fit side by side on a telephone; a heading may take two lines."""
    widths = (max(_width(columns[key]) / 2, *map(_width, texts[key])) for key in columns)
    return sum(_LETTER * width + _PADDING for width in widths) <= _TELEPHONE


def _width(text: str) -> int:
    """Return how wide a text is, in Latin letters."""
    return sum(1 if sign.isascii() else 2 for sign in text)


class Pager(ipw.HBox):
    """Previous, which rows of how many, next: shown only when there is more than one page."""

    def __init__(self, size: int, on_turn: Callable[[], None]) -> None:
        self.size, self.start, self.count = size, 0, 0
        self._on_turn = on_turn
        self.previous = button(say("table.previous"), lambda: self._go(-1), "guanai-small")
        self.next = button(say("table.next"), lambda: self._go(1), "guanai-small")
        self.position = html()
        super().__init__(
            [self.previous, self.position, self.next], layout=plain(), _dom_classes=("guanai-pager",)
        )

    def slice_of(self, count: int) -> slice:
        """Set how many rows there are and return the slice of them that this page shows."""
        self.count = count
        if self.start >= count:
            self.start = 0
        end = min(self.start + self.size, count)
        set_visible(self, count > self.size)
        text = say("table.place", first=self.start + 1, last=end, count=count)
        self.position.value = f'<span role="status">{escape(text)}</span>'
        self.previous.disabled, self.next.disabled = self.start == 0, end >= count
        return slice(self.start, end)

    def _go(self, pages: int) -> None:
        self.start = max(0, self.start + pages * self.size)
        self._on_turn()


class Table(InputPanel):
    """A table of a frame, or of the frame that a function makes of its inputs; it runs again when one of them changes.

    ``columns`` orders and picks columns (a list), or also names them (a dict); ``link`` makes a column's texts
    links (``{"name": "child?id={id}"}``, or one template for the first column); ``form`` gives the words
    for fields and codes; ``percent`` names columns of shares. ``empty`` is what to say when there is no row.
    """

    def __init__(
        self,
        rows: pd.DataFrame | Callable[..., pd.DataFrame],
        *inputs: HasValue,
        caption: str = "",
        columns: Sequence[str] | Mapping[str, str] | None = None,
        link: str | Mapping[str, str] | None = None,
        empty: str = "",
        form: FormDefinition | Sequence[FormDefinition] | None = None,
        percent: Sequence[str] = (),
        page: int = 50,
    ) -> None:
        super().__init__(inputs, self._changed, "guanai-table-panel")
        self._rows, self._inputs, self._caption = rows, inputs, caption
        self._columns, self._link, self._percent = columns, link, percent
        self._empty = empty or say("table.empty")
        self._labels = Labels(form)
        self.frame = pd.DataFrame()
        self.body = html()
        self.pager = Pager(page, self._draw)
        self.previous, self.next = self.pager.previous, self.pager.next
        self.fill_with(*([self.bar] if self.bar.children else []), self.body, self.pager)
        self.run()

    @property
    def count(self) -> int:
        """How many rows there are, on all pages."""
        return len(self.frame)

    def _changed(self, _: object) -> None:
        self.pager.start = 0
        self.run()

    def run(self) -> None:
        """Make the rows again."""
        try:
            with Progress(into=self.body):
                self.frame = (
                    self._rows(*(input_.value for input_ in self._inputs))
                    if callable(self._rows)
                    else self._rows
                )
                self._draw()
        except Exception as error:
            self.frame = pd.DataFrame()
            self.pager.slice_of(0)
            self.body.value = error_html(error)

    def _draw(self) -> None:
        part = self.pager.slice_of(len(self.frame))
        if self.frame.empty:
            title = f"<h3>{escape(self._caption)}</h3>" if self._caption else ""
            self.body.value = title + empty_html(self._empty)
            return
        frame = self._with_index()
        columns = self._column_labels(frame)
        first = next(iter(columns))
        link = {first: self._link} if isinstance(self._link, str) else self._link
        self.body.value = table_html(
            frame.iloc[part], self._labels, columns, caption=self._caption, link=link, percent=self._percent
        )

    def texts(self, *, numbers: bool = False) -> tuple[str, pd.DataFrame]:
        """Return the title and every row as it is shown, its columns under their labels; ``numbers`` leaves numbers and days as they are."""
        frame = self._with_index()
        columns = self._column_labels(frame)
        columns_as_text = {
            label: self._texts_of(frame, key, numbers=numbers)
            for key, label in columns.items()
            if key in frame
        }
        return self._caption, pd.DataFrame(columns_as_text, index=frame.index)

    def _texts_of(self, frame: pd.DataFrame, key: str, *, numbers: bool) -> "pd.Series[Any]":
        values = frame[key]
        plain = pd.api.types.is_numeric_dtype(values) or pd.api.types.is_datetime64_any_dtype(values)
        if numbers and plain:
            return values
        texts = [_text(self._labels, self._percent, key, value) for value in values]
        return pd.Series(texts, index=frame.index, dtype=object)

    def _with_index(self) -> pd.DataFrame:
        """Return the frame with its index as columns, if that has a name (as after a groupby)."""
        named = [name for name in self.frame.index.names if name is not None]
        return self.frame.reset_index() if named else self.frame

    def _column_labels(self, frame: pd.DataFrame) -> dict[str, str]:
        if isinstance(self._columns, Mapping):
            return {str(key): str(label) for key, label in self._columns.items()}
        chosen = self._columns if self._columns is not None else list(frame.columns)
        # A table of the summary: its first column holds the codes that ``label`` words.
        if self._columns is None and "label" in frame:
            chosen = chosen[1:]
        return {str(key): self._labels.column(str(key)) for key in chosen}
