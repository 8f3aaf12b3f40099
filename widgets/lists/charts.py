"""Pictures of summary tables: drawn with Altair, rendered here to SVG or PNG without any network or script."""

from collections.abc import Callable
from contextvars import copy_context
from dataclasses import dataclass
from html import escape
from threading import Thread
from types import ModuleType
from typing import Any

import pandas as pd

from guanai.care.optional_imports import GRAMMAR, without
from guanai.templates.wording import say
from guanai.widgets.base.boxes import HasValue, InputPanel, html
from guanai.widgets.base.notices import error_html, notice_html
from guanai.widgets.base.value_labels import plain_text
from guanai.widgets.lists.chart_process import render_svg

__all__ = ["Chart", "Picture", "bar_chart", "coverage_by_class", "visits_by_mode"]

FONT = "system-ui, PingFang SC, Microsoft YaHei, Noto Sans CJK SC, sans-serif"
_INK, _BAR, _TRACK, _TARGET = "#22302b", "#1f6f54", "#dbe3e0", "#a8321f"


@dataclass(frozen=True)
class Picture:
    """A chart as a Vega-Lite specification, with its text for screen readers."""

    spec: dict[str, Any]
    title: str
    description: str

    @property
    def svg(self) -> str:
        """The chart as SVG text."""
        # Imported here: vl_convert starts a JavaScript engine (0.7 s, 60 MB), which only pages with a chart need.
        from vl_convert import vegalite_to_svg

        return str(vegalite_to_svg(self.spec, allowed_base_urls=[]))

    def html(self, svg: str | None = None) -> str:
        """Return the chart for a page: a figure with an accessible name and description; ``svg`` if it is rendered already."""
        drawing = (svg or self.svg).replace(
            "<svg ", f'<svg role="img" aria-label="{escape(self.title)}：{escape(self.description)}" ', 1
        )
        return f'<figure class="guanai-chart">{drawing}<figcaption>{escape(self.description)}</figcaption></figure>'

    def png(self, scale: float = 2.0) -> bytes:
        """Return the chart as a PNG file, for a Word document."""
        from vl_convert import vegalite_to_png

        return bytes(vegalite_to_png(self.spec, scale=scale, allowed_base_urls=[]))


def _altair() -> ModuleType:
    """Return Altair, imported when a chart is drawn: it takes half a second, which other pages save."""
    with without(GRAMMAR):
        import altair
    return altair


def bar_chart(
    frame: pd.DataFrame,
    label: str,
    value: str,
    *,
    title: str,
    description: str = "",
    whole: float | None = None,
    target: float | None = None,
    percent: bool = False,
) -> Picture:
    """Draw a bar per row, its number written at its end, so that it can be read in grey and on paper.

    ``label`` and ``value`` are columns; ``whole`` draws a pale bar up to it behind each (1 for shares), ``target`` a line.
    """
    alt = _altair()
    data = pd.DataFrame({"label": frame[label].astype(str), "value": frame[value].astype(float).fillna(0.0)})
    data["text"] = [f"{one:.0%}" if percent else plain_text(one) for one in data["value"]]
    data["whole"] = whole if whole is not None else data["value"].max()
    order = list(data["label"])
    top = max([float(data["value"].max() if len(data) else 0), whole or 0, target or 0]) or 1
    data["end"] = data["value"] if whole is None else top  # with pale bars the numbers form a column
    axis = alt.Axis(labelLimit=150, labelFontSize=13, ticks=False, domain=False, labelColor=_INK)
    y = alt.Y("label:N", sort=order, title=None, axis=axis)
    scale = alt.Scale(domain=[0, top * 1.2], nice=False)
    base = alt.Chart(data)
    layers = [
        base.mark_bar(color=_BAR, cornerRadiusEnd=2).encode(
            x=alt.X("value:Q", title=None, axis=None, scale=scale), y=y
        ),
        base.mark_text(align="left", dx=5, color=_INK, fontSize=13).encode(
            x=alt.X("end:Q", axis=None), y=y, text="text:N"
        ),
    ]
    if whole is not None:
        layers.insert(0, base.mark_bar(color=_TRACK).encode(x=alt.X("whole:Q", axis=None, scale=scale), y=y))
    if target is not None:
        line = alt.Chart(pd.DataFrame({"target": [target]}))
        layers.append(
            line.mark_rule(color=_TARGET, strokeDash=[5, 3], size=2).encode(x=alt.X("target:Q", axis=None))
        )
    heading = alt.Title(title, anchor="start", fontSize=15, color=_INK, offset=10)
    chart = alt.layer(*layers).properties(width=290, height=alt.Step(28), title=heading)
    spec = chart.configure(font=FONT, background="white").configure_view(stroke=None).to_dict()
    spoken = description or "，".join(
        f"{one} {text}" for one, text in zip(data["label"], data["text"], strict=True)
    )
    return Picture(spec, title, spoken)


def visits_by_mode(table: pd.DataFrame) -> Picture:
    """Draw how many visits were made in each way, from the summary's table (label, visits); ways not used are left out."""
    used = table[table["visits"] > 0].sort_values("visits", ascending=False)
    return bar_chart(used, "label", "visits", title=say("chart.visits_by_mode"))


def coverage_by_class(table: pd.DataFrame, target: float | None = None) -> Picture:
    """Draw the share of children visited in each class, from the summary's table (class, share)."""
    rows = table[table["share"].notna()]
    return bar_chart(
        rows,
        "class",
        "share",
        title=say("chart.coverage_by_class"),
        whole=1.0,
        target=target,
        percent=True,
    )


class Chart(InputPanel):
    """A picture made of inputs: ``Chart(draw, term)`` with ``draw(term) -> Picture``, drawn again when one changes.

    Drawing begins when the browser shows the chart, and is done in another process, so that the kernel goes on
    answering (`chart_process`).
    """

    def __init__(self, draw: Callable[..., Picture] | Picture, *inputs: HasValue) -> None:
        super().__init__(inputs, self._on_input, "guanai-chart-panel")
        self._draw, self._inputs = draw, inputs
        self.picture: Picture | None = None
        self._drawing = 0  # number of the last drawing: the results of earlier ones are dropped
        # The browser sets ``_view_count`` to how often the widget is shown.
        self.body = html(self._busy_html(), _view_count=0)
        self.body.observe(self._on_shown, "_view_count")
        self.fill_with(*([self.bar] if self.bar.children else []), self.body)

    def _busy_html(self) -> str:
        return notice_html("busy", say("chart.drawing"))

    def _on_shown(self, _: object) -> None:
        if self.picture is None and self.body._view_count:
            self._start_drawing()

    def _on_input(self, _: object) -> None:
        self.picture = None
        self.body.value = self._busy_html()
        if self.body._view_count:
            self._start_drawing()

    def _start_drawing(self) -> None:
        """Draw in the other process; a thread waits for the picture."""
        self._drawing += 1
        try:
            picture = self._picture()
        except Exception as error:
            self.body.value = error_html(error)
            return
        # ipykernel holds the message it answers in a context variable; the thread needs a copy of it.
        work = [self._render_in_process, self._drawing, picture]
        Thread(target=copy_context().run, args=work, daemon=True).start()

    def _render_in_process(self, turn: int, picture: Picture) -> None:
        try:
            shown = picture.html(render_svg(picture.spec))
        except Exception as error:
            shown = error_html(error)
        if turn == self._drawing:
            self.picture, self.body.value = picture, shown

    def _picture(self) -> Picture:
        return self._draw(*(one.value for one in self._inputs)) if callable(self._draw) else self._draw

    def run(self) -> None:
        """Draw now."""
        self._drawing += 1
        try:
            self.picture = self._picture()
            self.body.value = self.picture.html()
        except Exception as error:
            self.picture = None
            self.body.value = error_html(error)
