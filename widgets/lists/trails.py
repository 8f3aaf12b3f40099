"""The trail on a page: who looked at a record, what somebody did on some days, and access in an emergency."""

from collections.abc import Callable
from html import escape

import ipywidgets as ipw
import pandas as pd

from guanai.storage.vault.protocol import EmergencyAccess
from guanai.templates.wording import say
from guanai.widgets.base.boxes import Panel, button, control, hbox, html
from guanai.widgets.base.notices import empty_html, error_html, notice_html
from guanai.widgets.form.drafts import local_time
from guanai.widgets.form.inputs import Choice

__all__ = ["EmergencyPanel", "WhoLooked", "emergency_table", "trail_table"]

_LATEST = 10
_MINUTES = (15, 30, 60)


class WhoLooked(Panel):
    """The last ten entries of the trail about one record, folded; ``entries`` as `Trail.of_record` gives them."""

    def __init__(self, entries: pd.DataFrame) -> None:
        super().__init__("guanai-looked")
        lines = "".join(
            f"<li>{escape(local_time(row['at'].isoformat()))} {escape(str(row['person']))} "
            f"{escape(say('trail.act.' + str(row['act'])))}</li>"
            for row in entries.head(_LATEST).to_dict("records")
        )
        inside = f"<ul>{lines}</ul>" if lines else empty_html(say("looked.none"))
        title = escape(say("looked.title"))
        self.body = html(
            f'<details class="guanai-part"><summary><h3>{title}</h3></summary>{inside}</details>'
        )
        self.fill_with(self.body)


def trail_table(
    entries: pd.DataFrame, title: Callable[[str], str], child: Callable[[str, str], str]
) -> pd.DataFrame:
    """Return entries of the trail in words: at, person, act, form, about, source, detail.

    ``title(form)`` is the title of a register, ``child("child", id)`` the label of a child.
    """
    return entries.assign(
        at=[local_time(at.isoformat()) for at in entries["at"]],
        act=[say(f"trail.act.{act}") for act in entries["act"]],
        form=[title(form) for form in entries["form"]],
        about=[child("child", key) if key else "" for key in entries["about"]],
    )


def emergency_table(accesses: list[EmergencyAccess]) -> pd.DataFrame:
    """Return access in emergencies as rows of person, begun, until, reason."""
    rows = [(one.person, local_time(one.begun), local_time(one.until), one.reason) for one in accesses]
    return pd.DataFrame(rows, columns=["person", "begun", "until", "reason"])


class EmergencyPanel(Panel):
    """Why somebody needs to see more than their role shows, for how long, and the button that lets them.

    ``begin(reason, minutes)`` returns the access (`School.emergency_access`); what was typed stays where it is refused.
    """

    def __init__(self, begin: Callable[[str, int], EmergencyAccess]) -> None:
        super().__init__("guanai-part", "guanai-step")
        self._begin = begin
        self.reason = control(
            ipw.Text, "guanai-field", description=say("emergency_access.reason"), continuous_update=False
        )
        lengths = {number: say("emergency_access.length", number=number) for number in _MINUTES}
        self.minutes = Choice(say("emergency_access.minutes"), lengths)
        self.start = button(say("emergency_access.begin"), self._start)
        self.notice = html()
        head = f"<h3>{escape(say('emergency_access.title'))}</h3><p>{escape(say('emergency_access.explain'))}</p>"
        buttons = hbox([self.start], "guanai-buttons")
        self.fill_with(html(head), self.reason, self.minutes, buttons, self.notice)

    def _start(self) -> None:
        try:
            access = self._begin(str(self.reason.value), int(self.minutes.value))
        except Exception as error:
            self.notice.value = error_html(error)
            return
        text = say("emergency_access.begun", until=local_time(access.until))
        self.notice.value = notice_html("good", text)
