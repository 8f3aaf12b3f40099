"""A proposal accepted as a whole and undone as a whole; a hand-over in one step (R29, R30, W6)."""

from datetime import date

import pytest

from guanai.storage import GuanaiError, RecordError
from guanai.storage.forms.session.form_session import FormSession
from guanai.widgets import Form

pytestmark = pytest.mark.slow

START = date(2026, 11, 23)


@pytest.fixture
def paired(school):
    school.save("class", {"name": "三年级1班", "grade": 3, "level": "primary", "pupils": 42})
    for name in ("甲", "乙"):
        school.save("staff", {"name": name, "role": "subject", "active": "yes"})
    for number in range(4):
        school.save(
            "child",
            {"name": f"童{number}", "sex": "female", "birth_date": f"2016-05-0{number + 1}", "class": "三年级1班",
             "father_status": "away", "mother_status": "away"},
        )  # fmt: skip
    return school


def pairs_of(school):
    return school.frame("pairing")[["child", "helper", "start", "end"]].to_numpy().tolist()


def test_a_proposal_is_accepted_as_a_whole_and_undone_as_a_whole(paired):
    proposal = paired.pairings.propose()
    assert paired.frame("pairing").empty, "nothing is kept before it is accepted"
    done = paired.pairings.accept(proposal, START)
    pairings = paired.frame("pairing")
    assert (done.started, done.ended, done.by, done.role) == (4, 0, "测试老师", "helper")
    assert set(zip(pairings["child"], pairings["helper"], strict=True)) == set(
        zip(proposal.new_pairs["child"], proposal.new_pairs["carer"], strict=True)
    )
    assert set(pairings["start"].dt.date) == {START}
    assert set(pairings["created_by"]) == {"测试老师"}
    paired.pairings.undo(done.id)
    assert paired.frame("pairing").empty
    assert len(paired.deletions("pairing")) == 4, "what was undone can still be restored"
    assert [acceptance.undone for acceptance in paired.pairings.accepted()] == [True]
    with pytest.raises(GuanaiError, match="已经撤销过"):
        paired.pairings.undo(done.id)


def test_nothing_is_kept_where_one_pairing_is_refused(paired, monkeypatch):
    """All or nothing: whatever fails on the way leaves no pairing."""
    table = type(paired.table("pairing"))
    real, calls = table.insert_once, []

    def failing(self, *given):
        calls.append(self.name)
        raise RecordError("school.refused", {}, count=1, first="x")

    proposal = paired.pairings.propose()
    monkeypatch.setattr(table, "insert_once", failing)
    with pytest.raises(RecordError):
        paired.pairings.accept(proposal, START)
    monkeypatch.setattr(table, "insert_once", real)
    assert calls
    assert paired.frame("pairing").empty


@pytest.mark.parametrize("change", ["pairing", "staff", "child"])
def test_what_changed_since_is_never_overrun(paired, change):
    proposal = paired.pairings.propose()
    other = paired.as_user("李老师")
    if change == "pairing":
        pair = proposal.new_pairs.iloc[0]
        other.save("pairing", {"child": pair["child"], "role": "helper", "helper": pair["carer"]})
    else:
        key = paired.frame(change).iloc[0]["id"]
        field = {"staff": {"active": "no"}, "child": {"village": "柳溪村"}}[change]
        other.save(change, other.record(change, key) | field)
    before = pairs_of(paired)
    with pytest.raises(GuanaiError, match="重新提出方案"):
        paired.pairings.accept(proposal, START)
    assert pairs_of(paired) == before


def test_a_pairing_changed_since_is_not_lost_by_an_undo(paired):
    done = paired.pairings.accept(paired.pairings.propose(), START)
    pair = paired.record("pairing", paired.frame("pairing").iloc[0]["id"])
    paired.save("pairing", pair | {"key_help": "yes"})
    with pytest.raises(GuanaiError, match="1 个结对又有人改过：童"):
        paired.pairings.undo(done.id)
    assert len(paired.frame("pairing")) == 4


def test_an_empty_proposal_is_refused(paired):
    proposal = paired.pairings.propose()
    for row in proposal.pairs.index:
        proposal = proposal.with_carer(row, "")
    with pytest.raises(GuanaiError, match="一个结对也没有"):
        paired.pairings.accept(proposal, START)


def test_a_hand_over_ends_the_old_and_begins_the_new_in_one_step(paired):
    paired.pairings.accept(paired.pairings.propose(), paired.today())
    first = paired.frame("pairing").iloc[0]["helper"]
    mine = paired.frame("pairing")
    mine = mine[mine["helper"] == first]
    paired.save("staff", paired.record("staff", first) | {"active": "no"})
    assert paired.pairings.leavers()["children"].tolist() == [len(mine)]

    done = paired.pairings.accept(paired.pairings.propose(leaving=first, start=START), START)
    pairings = paired.frame("pairing").set_index("id")
    ended = pairings.loc[mine["id"]]
    assert set(ended["end"].dt.date) == {date(2026, 11, 22)}
    assert set(ended["end_reason"]) == {"帮扶教师离岗，交接"}
    new = pairings[pairings["start"].dt.date == START]
    assert set(new["child"]) == set(mine["child"])
    assert first not in set(new["helper"])
    changes = paired.history("pairing", mine["id"].iloc[0])
    before, after = changes[-1].before, changes[-1].after
    assert all(after[name] != before.get(name) for name in ("end", "end_reason"))

    paired.pairings.undo(done.id)
    pairings = paired.frame("pairing").set_index("id")
    assert pairings.loc[mine["id"], "end"].isna().all()
    assert pairings.loc[mine["id"], "end_reason"].isna().all()
    assert len(pairings) == 4


def test_a_renewal_changes_only_who_changes(paired):
    paired.pairings.accept(paired.pairings.propose(), paired.today())
    before = paired.frame("pairing").set_index("id")
    busy, free = before["helper"].iloc[0], set(paired.frame("staff")["id"]) - set(before["helper"])
    paired.save("staff", paired.record("staff", busy) | {"most_children": 3})
    for person in free:
        paired.save("staff", paired.record("staff", person) | {"most_children": 1})
    proposal = paired.pairings.propose("renewal", start=START)
    assert len(proposal.pairs) == 4
    done = paired.pairings.accept(proposal, START)
    assert (done.role, done.started, done.ended) == ("renewal", 1, 1)
    pairings = paired.frame("pairing")
    assert pairings["end_reason"].dropna().tolist() == ["重新安排帮扶教师"]
    paired.pairings.undo(done.id)
    assert paired.frame("pairing")["end"].isna().all()


def test_a_pairing_younger_than_the_hand_over_ends_on_its_own_first_day(paired):
    paired.pairings.accept(paired.pairings.propose(), date(2026, 11, 20))
    first = paired.frame("pairing").iloc[0]["helper"]
    paired.save("staff", paired.record("staff", first) | {"active": "no"})
    paired.pairings.accept(paired.pairings.propose(leaving=first), date(2026, 11, 20))
    pairings = paired.frame("pairing")
    assert (pairings["end"].isna() | (pairings["end"] >= pairings["start"])).all()


def test_friends_are_kept_by_name(paired):
    done = paired.pairings.accept(paired.pairings.propose("peer"), START)
    pairings = paired.frame("pairing")
    assert (done.role, done.started) == ("peer", 4)
    assert set(pairings["role"]) == {"peer"}
    assert set(pairings["peer_name"]) <= {f"童{n}" for n in range(4)}
    names = dict(zip(paired.frame("child")["id"], paired.frame("child")["name"], strict=True))
    assert all(
        names[child] != friend for child, friend in zip(pairings["child"], pairings["peer_name"], strict=True)
    )


def test_a_carer_beyond_the_school(paired):
    """R31: village cadres, retired teachers, volunteers, families of the staff."""
    key = paired.frame("child").iloc[0]["id"]
    with pytest.raises(RecordError) as refused:
        paired.save("pairing", {"child": key, "role": "social"})
    assert set(refused.value.fields) == {"carer_name"}
    pairing = paired.save(
        "pairing",
        {"child": key, "role": "social", "carer_name": "石奶奶", "carer_kind": "retired", "help": ["life"]},
    )
    assert pairing["help"] == ["life"]
    assert "helper" not in pairing


def test_a_carer_of_the_register_is_paired_by_name_and_older_records_stay_readable(paired):
    """R31: who somebody is stands in the register of carers, whom they carry in the pairings; both were in the register once."""
    key = paired.frame("child").iloc[0]["id"]
    carer = paired.save("carer", {"name": "石阿姨", "kind": "volunteer"})
    pairing = paired.save("pairing", {"child": key, "role": "social", "carer": carer["id"]})
    assert "carer_name" not in pairing
    page = Form(paired.form("pairing"), record=pairing)
    assert page.controls["carer"].label == "石阿姨"
    assert not FormSession(paired.form("pairing"), pairing).state("carer_name").relevant
    paired.table("carer").update({"children": [key]}, doc_ids=[paired.table("carer").all()[0].doc_id])
    older = Form(paired.form("carer"), record=paired.record("carer", carer["id"]))
    assert paired.frame("child").iloc[0]["name"] in older.controls["children"].value
    older.fill(unit="石桥村")
    assert older.record["children"] == [key]


@pytest.mark.parametrize(
    ("planned", "ends"),
    [
        pytest.param("2027-01-16", "2026-11-22", id="until the end of the term"),
        pytest.param("2026-11-21", "2026-11-21", id="over before the successor begins"),
    ],
)
def test_a_pairing_with_a_planned_end_can_be_handed_over_and_back(paired, planned, ends):
    people = list(paired.frame("staff")["id"])
    child = paired.frame("child")["id"].iloc[0]
    old = paired.save(
        "pairing",
        {"child": child, "role": "helper", "helper": people[0], "kind": "one_to_one", "start": "2026-09-01",
         "end": planned, "end_reason": "学期结束"},
    )  # fmt: skip
    proposal = paired.pairings.propose(leaving=people[0])
    assert list(proposal.new_pairs["ends"]) == [old["id"]]
    done = paired.pairings.accept(proposal, START)
    assert paired.record("pairing", old["id"])["end"] == ends
    paired.pairings.undo(done.id)
    pairing = paired.record("pairing", old["id"])
    assert (pairing["end"], pairing["end_reason"]) == (planned, "学期结束")


def test_who_has_a_helper_from_next_week_is_not_proposed_again(paired):
    done = paired.pairings.accept(paired.pairings.propose(), date(2026, 11, 30))
    assert done.started == 4
    again = paired.pairings.propose()
    assert again.pairs.empty
    assert again.loads["carried"].sum() == 4


def test_who_has_a_friend_from_next_week_is_not_proposed_another(paired):
    assert paired.pairings.accept(paired.pairings.propose("peer"), date(2026, 11, 30)).started == 4
    assert paired.pairings.propose("peer").pairs.empty
