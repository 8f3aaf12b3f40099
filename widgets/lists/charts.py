"""Pictures of summary tables: drawn with Altair, rendered here to SVG or PNG without any network or script."""

from collections.abc import Callable
from contextvars import copy_context
from dataclasses import dataclass
from html import escape
from threading import Thread
from typing import Any

import ipywidgets as ipw
import pandas as pd

from guanai.care.optional_imports import GRAMMAR, without
from guanai.templates.wording import say
from guanai.widgets.base.boxes import Panel, html
from guanai.widgets.base.errors import error_html
from guanai.widgets.base.layouts import plain
from guanai.widgets.base.value_labels import plain_text
from guanai.widgets.lists.chart_process import render_svg

__all__ = ["Chart", "Picture", "bar_chart", "coverage_by_class", "visits_by_mode"]

FONT = "system-ui, PingFang SC, Microsoft YaHei, Noto Sans CJK SC, sans-serif"
_INK, _BAR, _TRACK, _TARGET = "#22302b", "#1f6f54", "#dbe3e0", "#a8321f"


@dataclass(frozen=True)
class Picture:
    """A chart as a Vega-Lite specification, with what a screen reader says of it."""

    spec: dict[str, Any]
    title: str
    description: str

    @property
    def svg(self) -> str:
        """The chart as SVG text."""
        # vl_convert starts a JavaScript engine (0.7 s, 60 MB): only pages with a chart pay for it.
        from vl_convert import vegalite_to_svg

        return str(vegalite_to_svg(self.spec, allowed_base_urls=[]))

    def html(self, svg: str | None = None) -> str:
        """Return the chart for a page: a figure with an accessible name and description; ``svg`` if it is drawn already."""
        drawing = (svg or self.svg).replace(
            "<svg ", f'<svg role="img" aria-label="{escape(self.title)}：{escape(self.description)}" ', 1
        )
        return f'<figure class="guanai-chart">{drawing}<figcaption>{escape(self.description)}</figcaption></figure>'

    def png(self, scale: float = 2.0) -> bytes:
        """Return the chart as a PNG file, for a Word document."""
        from vl_convert import vegalite_to_png

        return bytes(vegalite_to_png(self.spec, scale=scale, allowed_base_urls=[]))


def _altair() -> Any:
    """Return Altair, imported when a chart is drawn: half a second that only pages with one pay."""
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
    """Draw a bar per row, its number written at its end, so that it reads in grey and on paper.

    ``label`` and ``value`` are columns; ``whole`` draws a pale track up to it (1 for shares), ``target`` a line.
    """
    alt = _altair()
    data = pd.DataFrame({"label": frame[label].astype(str), "value": frame[value].astype(float).fillna(0.0)})
    data["text"] = [f"{one:.0%}" if percent else plain_text(one) for one in data["value"]]
    data["whole"] = whole if whole is not None else data["value"].max()
    order = list(data["label"])
    top = max([float(data["value"].max() if len(data) else 0), whole or 0, target or 0]) or 1
    data["end"] = data["value"] if whole is None else top  # beside a track the numbers stand in a column
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


def visits_by_mode(table: pd.DataFrame, language: str | None = None) -> Picture:
    """Draw how many visits were made in each way, from the summary's table (label, visits); ways not used are left out."""
    used = table[table["visits"] > 0].sort_values("visits", ascending=False)
    return bar_chart(used, "label", "visits", title=say("chart.visits_by_mode", language))


def coverage_by_class(
    table: pd.DataFrame, target: float | None = None, language: str | None = None
) -> Picture:
    """Draw the share of children visited in each class, from the summary's table (class, share)."""
    known = table[table["share"].notna()]
    return bar_chart(
        known,
        "class",
        "share",
        title=say("chart.coverage_by_class", language),
        whole=1.0,
        target=target,
        percent=True,
    )


class Chart(Panel):
    """A picture of its inputs: ``Chart(draw, term)`` with ``draw(term) -> Picture``, drawn again when one changes.

    Drawing waits until the page is there and shows the chart's place, and is then done beside the kernel, which
    goes on answering. ``wait()`` draws at once, for tests.
    """

    def __init__(
        self, draw: Callable[..., Picture] | Picture, *inputs: Any, language: str | None = None
    ) -> None:
        super().__init__("guanai-chart-panel")
        self._draw, self._inputs, self._language = draw, inputs, language
        self.picture: Picture | None = None
        self._turn = 0  # of several drawings that are under way only the last one counts
        self.body = html(self._busy(), _view_count=0)  # the browser counts how often it is on the page
        self.body.observe(self._seen, "_view_count")
        for one in inputs:
            one.observe(self._changed, "value")
        self.bar = ipw.HBox(self.claim_inputs(inputs), layout=plain(), _dom_classes=("guanai-bar",))
        self.fill_with(*([self.bar] if self.bar.children else []), self.body)

    def remove_child(self, child: Any) -> None:
        """Give an input up to the box that shows it."""
        self.bar.children = tuple(mine for mine in self.bar.children if mine is not child)

    def _busy(self) -> str:
        text = escape(say("chart.drawing", self._language))
        return f'<p class="guanai-notice guanai-busy" role="status">{text}</p>'

    def _seen(self, _: object) -> None:
        if self.picture is None and self.body._view_count:
            self._begin()

    def _changed(self, _: object) -> None:
        self.picture = None
        self.body.value = self._busy()
        if self.body._view_count:
            self._begin()

    def _begin(self) -> None:
        """Draw beside the kernel; a thread waits for the picture."""
        self._turn += 1
        try:
            picture = self._drawn()
        except Exception as error:
            self.body.value = error_html(error, self._language)
            return
        # ipykernel keeps the message being answered in a context variable: the thread needs a copy.
        work = [self._draw_beside, self._turn, picture]
        Thread(target=copy_context().run, args=work, daemon=True).start()

    def _draw_beside(self, turn: int, picture: Picture) -> None:
        try:
            shown = picture.html(render_svg(picture.spec))
        except Exception as error:
            shown = error_html(error, self._language)
        if turn == self._turn:
            self.picture, self.body.value = picture, shown

    def _drawn(self) -> Picture:
        values = [one.value for one in self._inputs]
        return self._draw(*values) if callable(self._draw) else self._draw

    def run(self) -> None:
        """Draw now."""
        self._turn += 1
        try:
            self.picture = self._drawn()
            self.body.value = self.picture.html()
        except Exception as error:
            self.picture = None
            self.body.value = error_html(error, self._language)

    def wait(self) -> Picture | None:
        """Return the picture, drawn now if nobody has seen it yet; None if it cannot be drawn."""
        if self.picture is None:
            self.run()
        return self.picture
