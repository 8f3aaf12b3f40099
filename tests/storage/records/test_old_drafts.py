"""Old drafts: thrown away after sixty days, and never before their person was offered them (storage/records/drafts.py).

Promise: nothing is lost. A draft goes only after its person was offered it (7.12).
"""

from datetime import UTC, datetime, timedelta

import pytest

from guanai.storage.records import drafts as draft_store
from guanai.widgets import Form, UnsavedDrafts

START = datetime(2026, 9, 1, 4, tzinfo=UTC)


@pytest.fixture
def clock(monkeypatch):
    """Return a function that sets the day on which drafts are kept and looked for."""

    def on(days):
        monkeypatch.setattr(draft_store, "utc_now", lambda: (START + timedelta(days=days)).isoformat())

    on(0)
    return on


@pytest.fixture
def drafts(school, clock):
    made = school.drafts("talk")
    made.save("t1", {"study": "算术"}, touched=["study"])
    return made


def test_one_that_was_never_offered_stays(drafts, clock):
    clock(400)
    assert [draft.token for draft in drafts.all()] == ["t1"]


@pytest.mark.parametrize(
    ("offered", "looked", "there"),
    [(1, 59, True), (1, 61, False), (58, 61, True), (58, 71, True), (58, 73, False), (400, 410, True)],
)
def test_sixty_days_and_two_weeks_after_it_was_offered(drafts, clock, offered, looked, there):
    clock(offered)
    drafts.mark_offered(drafts.all())
    clock(looked)
    assert bool(drafts.all()) is there


def test_offered_again_counts_from_the_first_time(drafts, clock):
    for day in (1, 50, 59):
        clock(day)
        drafts.mark_offered(drafts.all())
    clock(61)
    assert drafts.all() == []


def test_typed_into_again_it_is_young_again(drafts, clock):
    clock(50)
    drafts.mark_offered(drafts.all())
    drafts.save("t1", {"study": "语文"}, touched=["study"])
    clock(100)
    assert drafts.all()[0].answers == {"study": "语文"}


def test_nobody_else_throws_it_away(school, drafts, clock):
    drafts.mark_offered(drafts.all())
    clock(90)
    assert school.as_user("李老师").drafts().all() == []
    clock(1)
    assert len(drafts.all()) == 1


def test_a_page_that_offers_it_notes_so(school, drafts):
    form = Form(school.form("talk"))
    assert len(form.draft_offers.offers) == 1
    assert drafts.all()[0].offered


def test_the_home_page_notes_so_too(school, drafts):
    UnsavedDrafts(school.drafts(), school.all_forms())
    assert drafts.all()[0].offered


def test_the_offer_says_when_an_old_one_goes(school, drafts, monkeypatch):
    now = datetime.now(UTC)
    monkeypatch.setattr(draft_store, "utc_now", lambda: (now - timedelta(days=90)).isoformat())
    drafts.save("t1", {"study": "算术"}, touched=["study"])
    monkeypatch.setattr(draft_store, "utc_now", now.isoformat)
    said = Form(school.form("talk")).draft_offers.children[0].children[0].value
    assert "很久以前" not in said  # first offered just now: the day is said from the next time on
    said = Form(school.form("talk")).draft_offers.children[0].children[0].value
    assert "很久以前" in said
