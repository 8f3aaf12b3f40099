"""A line for work that takes longer than a second (widgets/base/notices.py).

Requirement: simple on a slow, shared PC: work that takes long says so (7.12).
"""

import threading

from guanai.widgets import Progress
from guanai.widgets.base.boxes import html


class Line:
    """A line that notes what it was given and rings when it changes."""

    def __init__(self):
        self.given = [""]
        self.rung = threading.Event()

    @property
    def value(self):
        return self.given[-1]

    @value.setter
    def value(self, text):
        self.given.append(text)
        self.rung.set()


def test_quick_work_shows_nothing():
    line = Line()
    with Progress("汇总", into=line, after=60):
        pass
    assert line.given == [""]


def test_slow_work_shows_a_line_that_is_removed_at_the_end():
    line = Line()
    with Progress("<汇总>", into=line, after=0):
        assert line.rung.wait(10)
    assert "&lt;汇总&gt;" in line.given[1]
    assert line.value == ""


def test_a_message_of_the_work_itself_stays():
    line = html("before")
    with Progress("汇总", into=line, after=60):
        line.value = "done"
    assert line.value == "done"
