"""Charts of summary tables (widgets/charts.py): inline SVG, PNG for Word, nothing fetched, nothing run."""

import re

import pandas as pd
import pytest

from guanai.widgets import Chart, Choice, bars, coverage_by_class, visits_by_mode

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


def test_no_rows_no_error():
    assert "<svg" in bars(MODES.iloc[:0], "label", "visits", title="空").html()


def test_a_chart_follows_its_input():
    mode = Choice("方式", ["phone", "door"])
    chart = Chart(lambda chosen: visits_by_mode(MODES[MODES["mode"] == chosen]), mode)
    assert chart.wait().description == "电话<b> 8"
    mode.value = "door"
    assert chart.wait().description == "走进家庭 12"
    assert "走进家庭" in chart.body.value


def test_a_chart_is_drawn_when_the_page_shows_it():
    drawn = []

    def draw():
        drawn.append(1)
        return visits_by_mode(MODES)

    chart = Chart(draw)
    assert drawn == []
    assert "guanai-busy" in chart.body.value
    chart.body._view_count = 1  # what the browser does
    assert drawn == [1]
    assert "<svg" in chart.body.value
    chart.body._view_count = 2
    assert drawn == [1]


def test_an_error_is_told():
    def fail():
        raise ZeroDivisionError("secret")

    chart = Chart(fail)
    assert chart.wait() is None
    assert "guanai-bad" in chart.body.value
    assert "secret" not in chart.body.value


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_shares_at_the_ends(share):
    assert "<svg" in coverage_by_class(CLASSES.assign(share=share), target=1.0).html()
