"""Charts of summary tables (widgets/lists/charts.py): inline SVG, PNG for Word, nothing fetched, nothing run.

Requirement: coverage by level and mode, door visits apart (F4, F5, F17; W3; 7.13).
"""

import re
import time

import pandas as pd
import pytest

from guanai.widgets import Chart, Choice, bar_chart, coverage_by_class, visits_by_mode
from guanai.widgets.lists.chart_process import _Drawer

pytestmark = pytest.mark.slow

MODES = pd.DataFrame(
    {
        "mode": ["phone", "door", "letter"],
        "label": ["电话<b>", "走进家庭", "书信"],
        "visits": [8, 12, 0],
        "children": [8, 9, 0],
    }
)
CLASSES = pd.DataFrame({"class": ["三1班", "三2班"], "share": [0.5, None]})


def test_visits_by_mode_draws_what_was_used():
    picture = visits_by_mode(MODES)
    assert "走进家庭" in picture.svg
    assert "书信" not in picture.svg
    assert picture.description == "走进家庭 12，电话<b> 8"


def test_the_page_gets_a_named_figure_without_script_or_address():
    html = visits_by_mode(MODES).html()
    assert 'role="img"' in html
    assert "电话&lt;b&gt;" in html
    assert "<script" not in html
    hosts = set(re.findall(r"https?://([^/\"']+)", html))
    assert hosts <= {"www.w3.org"}  # the name of the SVG namespace, never fetched
    assert "Noto Sans CJK SC" in html


def test_coverage_by_class_has_its_target():
    picture = coverage_by_class(CLASSES, target=0.8)
    assert "50%" in picture.description
    assert "三2班" not in picture.svg
    assert "stroke-dasharray" in picture.svg


def test_png_for_word():
    assert visits_by_mode(MODES).png().startswith(b"\x89PNG")


def test_a_chart_without_rows_is_drawn():
    assert "<svg" in bar_chart(MODES.iloc[:0], "label", "visits", title="空").html()


def test_a_chart_follows_its_input():
    mode = Choice("方式", ["phone", "door"])
    chart = Chart(lambda chosen: visits_by_mode(MODES[MODES["mode"] == chosen]), mode)
    chart.run()
    assert chart.picture.description == "电话<b> 8"
    mode.value = "door"
    chart.run()
    assert chart.picture.description == "走进家庭 12"
    assert "走进家庭" in chart.body.value


def wait_for(chart):
    """Wait until a chart that is being drawn beside has come."""
    until = time.monotonic() + 60
    while "guanai-busy" in chart.body.value and time.monotonic() < until:
        time.sleep(0.02)


def test_a_chart_is_drawn_when_the_page_shows_it():
    drawn = []

    def draw():
        drawn.append(1)
        return visits_by_mode(MODES)

    chart = Chart(draw)
    assert drawn == []
    assert "guanai-busy" in chart.body.value
    chart.body._view_count = 1  # what the browser does
    wait_for(chart)
    assert drawn == [1]
    assert "<svg" in chart.body.value
    chart.body._view_count = 2
    assert drawn == [1]


def test_drawing_does_not_block_and_only_the_last_picture_is_shown():
    """Charts do not hold up a page's kernel."""
    mode = Choice("方式", ["phone", "door"])
    chart = Chart(lambda chosen: visits_by_mode(MODES[MODES["mode"] == chosen]), mode)
    chart.body._view_count = 1
    assert "guanai-busy" in chart.body.value  # the kernel is free again, the picture is not there yet
    mode.value = "door"
    wait_for(chart)
    assert "走进家庭" in chart.body.value
    assert chart.picture.description == "走进家庭 12"


def test_a_picture_that_cannot_be_rendered_shows_an_error(monkeypatch):
    monkeypatch.setattr("guanai.widgets.lists.chart_process.PROGRAM", "import sys; sys.stdin.readline()")
    monkeypatch.setattr("guanai.widgets.lists.charts.render_svg", _Drawer().draw)
    chart = Chart(visits_by_mode(MODES))
    chart.body._view_count = 1
    wait_for(chart)
    assert "guanai-bad" in chart.body.value


def test_a_new_process_renders_where_the_last_one_was_killed():
    drawer, spec = _Drawer(), visits_by_mode(MODES).spec
    first = drawer.draw(spec)
    drawer._process.kill()
    assert drawer.draw(spec) == first


def test_an_error_is_shown():
    def fail():
        raise ZeroDivisionError("secret")

    chart = Chart(fail)
    chart.run()
    assert chart.picture is None
    assert "guanai-bad" in chart.body.value
    assert "secret" not in chart.body.value


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_shares_of_none_and_all_are_drawn(share):
    assert "<svg" in coverage_by_class(CLASSES.assign(share=share), target=1.0).html()
