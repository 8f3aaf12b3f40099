"""Emergencies above every page (server/pages/emergency_bar.py): time left, one click, late stays visible (002-3 L217)."""

from datetime import datetime, timedelta

import pytest
from support.days import TODAY
from support.emergency_form import FORM

from guanai.care.errors import GuanaiError
from guanai.server.pages import emergency_bar
from guanai.server.pages.emergency_bar import IncidentCache, duration, open_incidents
from guanai.storage import create_school, open_school
from guanai.storage.records.records import Identity
from guanai.storage.records.registers import Registers
from guanai.storage.school.policy_in_use import preset_sheets
from guanai.storage.school.workbooks import write_workbook

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 20, 14, 0)


@pytest.fixture
def served(tmp_path):
    """A school of 002-3 with a child, its helper and an incident found 40 minutes ago."""
    folder = tmp_path / "school"
    create_school(folder, policy="002-3", name="星光小学", on=TODAY).close()
    (folder / "forms" / "incident.md").write_text(FORM, encoding="utf-8")
    school = open_school(folder)
    columns = {name: school.form(name).columns for name in school.forms()}
    write_workbook(school.folder.workbook, preset_sheets("002-3", TODAY, "星光小学", columns=columns))
    school.close()
    school = open_school(folder)
    assert not school.notices
    school.insert_many("staff", [{"id": "s1", "name": "<师一>", "role": "subject", "active": "yes"}])
    school.insert_many("child", [{"id": "c1", "name": "<童一>", "status": "enrolled", "eligible": "yes"}])
    school.insert_many(
        "pairing", [{"id": "p1", "child": "c1", "role": "helper", "helper": "s1", "start": "2026-09-01"}]
    )
    found_at = (NOW - timedelta(minutes=40)).isoformat()
    school.insert_many(
        "incident",
        [{"id": "i1", "child": "c1", "date": "2026-11-20", "kind": "illness", "found_at": found_at}],
    )
    yield school.as_user("值班老师")
    school.close()


def statuses(school, now=NOW):
    return [[step.status for step in incident.steps] for incident in open_incidents(school, now, "zh")]


def test_the_status_of_steps_changes_with_the_clock(served, monkeypatch):
    def standing(time):
        monkeypatch.setattr(Registers, "now", lambda _: datetime.fromisoformat(f"2026-11-20 {time}"))
        rows = served.coverage()
        assert rows["standing"].sum() == (served.due()["status"] == "standing").sum()
        return rows.loc[rows["duty"].isin(served.emergencies()["duty"]), "standing"].tolist()

    assert [standing(time) for time in ("13:21", "14:00", "14:30", "13:21")] == [
        [0, 0, 0, 0],
        [1, 0, 0, 0],
        [1, 1, 0, 0],
        [0, 0, 0, 0],
    ]


def test_the_bar_shows_each_step_with_its_status_and_time(served):
    incident = open_incidents(served, NOW, "zh")[0]
    assert [step.status for step in incident.steps] == ["late", "running", "running", "running"]
    assert incident.late
    assert "<童一>" in incident.title and "疾病" in incident.title and "13:20" in incident.title
    first, second = incident.steps[:2]
    assert first.who == "<师一>"
    assert second.text == "14:20 前"
    assert second.until == round((NOW + timedelta(minutes=20)).timestamp() * 1000)


def test_a_click_records_the_time_and_a_late_step_stays_late(served):
    duty = open_incidents(served, NOW, "zh")[0].steps[0].duty
    served.duties.step_done("incident", "i1", duty, NOW)
    record = served.record("incident", "i1")
    assert record["guardian_told_at"].startswith("2026-11-20T14:00")
    assert statuses(served) == [["done_late", "running", "running", "running"]]
    assert "晚办" in open_incidents(served, NOW, "zh")[0].steps[0].text
    assert served.history("incident", "i1")[-1].by == "值班老师"


def test_a_second_click_keeps_the_first_time(served):
    duty = open_incidents(served, NOW, "zh")[0].steps[1].duty
    for minutes in (0, 5):
        served.duties.step_done("incident", "i1", duty, NOW + timedelta(minutes=minutes))
    assert served.record("incident", "i1")["parents_told_at"].startswith("2026-11-20T14:00")


def test_an_incident_stays_until_every_step_is_recorded(served):
    for number in range(4):
        now = NOW + timedelta(minutes=number)
        steps = open_incidents(served, now, "zh")[0].steps
        step = next(step for step in steps if step.status in ("late", "running"))
        served.duties.step_done("incident", "i1", step.duty, now)
    assert open_incidents(served, now, "zh") == []
    steps = served.emergencies(now, finished=True)
    assert sorted(steps["status"]) == ["done", "done", "done", "done_late"]


def test_a_step_can_be_recorded_though_another_answer_is_invalid(served):
    """Peers: a mandatory report never blocks saving; the form asks for something that this record lacks."""
    duty = open_incidents(served, NOW, "zh")[0].steps[0].duty
    assert served.duties.step_done("incident", "i1", duty, NOW)["guardian_told_at"]


@pytest.mark.parametrize("record", [("incident", "i9"), ("child", "c1")])
def test_an_unknown_step_is_refused(served, record):
    with pytest.raises(GuanaiError):
        served.duties.step_done(*record, "突发事件告知监护人")
    with pytest.raises(GuanaiError):
        served.duties.step_done("incident", "i1", "没有这一步")


def test_the_checklist_and_the_countdown_agree_to_the_minute(served):
    due = served.due(now=NOW)
    steps = served.emergencies(NOW)
    late = set(steps.loc[steps["status"] == "late", "duty"])
    assert late == set(due.loc[(due["form"] == "incident") & (due["status"] == "standing"), "duty"])
    assert late


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(0, "0 分"), (59, "59 分"), (60, "1 小时"), (65, "1 小时 5 分"), (1500, "1 天 1 小时"), (-3, "0 分")],
)
def test_lengths_of_time_in_words(minutes, words):
    assert duration(timedelta(minutes=minutes), "zh") == words


class TestWhoSeesOne:
    """The bar and the click act as whoever asks: an incident is shown to whoever sees its child or has a step to do."""

    HELPER = Identity("师一", "s1", ("helper",))
    STRANGER = Identity("师二", "s9", ("helper",))
    HEADMASTER = Identity("校长", "", ("headmaster",))

    @pytest.fixture
    def clock(self, monkeypatch):
        monkeypatch.setattr(Registers, "now", lambda _: NOW)

    @pytest.mark.usefixtures("clock")
    def test_those_whom_it_concerns_and_nobody_else(self, served):
        cache = IncidentCache()

        def seen(identity):
            return [one.record for one in cache.seen_by(served.as_identity(identity), served, "zh")]

        assert seen(self.HELPER) == seen(self.HEADMASTER) == ["i1"]
        assert seen(self.STRANGER) == seen(Identity("镇", "", ("town",))) == seen(Identity("无")) == []

    @pytest.mark.usefixtures("clock")
    def test_it_is_worked_out_once_for_a_person_until_something_changes(self, served, monkeypatch):
        count, work = [], open_incidents
        monkeypatch.setattr(emergency_bar, "open_incidents", lambda *how: count.append(how) or work(*how))
        cache, person = IncidentCache(), served.as_identity(self.HELPER)
        for _ in range(3):
            cache.seen_by(person, served, "zh")
        assert len(count) == 2
        served.insert_many("child", [{"id": "c9", "name": "童九", "status": "enrolled"}])
        cache.seen_by(person, served, "zh")
        assert len(count) > 2

    @pytest.mark.usefixtures("clock")
    def test_only_whoever_may_ticks_a_step(self, served):
        (duty, *_) = [step.duty for one in open_incidents(served, NOW, "zh") for step in one.steps]
        for identity in (self.STRANGER, Identity("镇", "", ("town",)), Identity("无")):
            with pytest.raises(GuanaiError):
                served.as_identity(identity).duties.step_done("incident", "i1", duty)
        served.as_identity(self.HEADMASTER).duties.step_done("incident", "i1", duty)


class TestIncidentCache:
    """Every page shows the emergencies: they are worked out again only when something about them may have changed."""

    @pytest.fixture
    def calculations(self, served, monkeypatch):
        """Return how often they were worked out; the clock stands still but for ``clock[0]``."""
        count, clock, work = [], [NOW], open_incidents
        monkeypatch.setattr(emergency_bar, "open_incidents", lambda *how: count.append(how) or work(*how))
        monkeypatch.setattr(Registers, "now", lambda _: clock[0])
        self.clock = clock
        return count

    def test_emergencies_are_calculated_once_for_many_pages(self, served, calculations):
        board = IncidentCache()
        first, second = (board.incidents(served, "zh") for _ in range(2))
        assert first == second == open_incidents(served, NOW, "zh")
        assert len(calculations) == 1
        assert "illness" in board.incidents(served, "en")[0].title

    def test_they_are_calculated_again_when_a_record_has_changed(self, served, calculations):
        board = IncidentCache()
        duty = board.incidents(served, "zh")[0].steps[0].duty
        served.duties.step_done("incident", "i1", duty, NOW)
        assert board.incidents(served, "zh")[0].steps[0].status == "done_late"
        served.amend("child", "c1", {"name": "<童二>"})
        assert "<童二>" in board.incidents(served, "zh")[0].title

    def test_they_are_calculated_again_a_minute_later(self, served, calculations):
        board = IncidentCache()
        board.incidents(served, "zh")
        self.clock[0] = NOW + timedelta(minutes=25)
        assert board.incidents(served, "zh")[0].steps[1].status == "late"

    def test_without_an_open_step_other_saves_do_not_matter(self, served, calculations):
        while incidents := open_incidents(served, NOW, "zh"):
            duty = next(step.duty for step in incidents[0].steps if step.status in ("late", "running"))
            served.duties.step_done("incident", "i1", duty, NOW)
        board = IncidentCache()
        assert board.incidents(served, "zh") == []
        served.insert_many("staff", [{"id": "s2", "name": "<师二>", "role": "subject", "active": "yes"}])
        calculations.clear()
        assert board.incidents(served, "zh") == []
        assert not calculations
