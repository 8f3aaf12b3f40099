"""What the rules say is shown to a person as far as the person's rights reach (requirements 3: roles).

A line, number, text, list or emergency reveals nothing that the person's own lists would not. Rule 1 (counselling), rule 8
(labels); 国发〔2016〕13号 (who has to know of harm).
"""

from dataclasses import replace

import pandas as pd
import pytest
from support.days import TODAY
from support.plain_duty_view import CHILD_KINDS, PlainView

from guanai.care.duties.fulfilment import fulfilment
from guanai.care.errors import AccessError
from guanai.care.policy.conditions import Clause
from guanai.storage.records.records import Identity
from guanai.storage.school import due_service

ROLES = ("headmaster", "homeroom", "helper", "subject", "counsellor", "librarian", "town", "")
LISTS = ("due", "to_do", "coverage", "closing_list", "children", "unpaired", "without_peer", "emergencies")


@pytest.fixture(scope="module")
def sample(sample_folder):
    """The small sample school as its owner sees it."""
    from guanai.storage import open_school

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GUANAI_TODAY", TODAY.isoformat())
        opened = open_school(sample_folder)
        opened.due(done=True), opened.to_do(), opened.summary()
        yield opened
    opened.close()


def staff_of(school, role):
    """Return one of the staff: the first class's homeroom teacher, or who carries the most children."""
    if role == "homeroom":
        return school.frame("class")["homeroom"].iloc[0]
    pairings = school.frame("pairing")
    running = pairings[(pairings["role"] == "helper") & pairings["end"].isna()]
    return running["helper"].value_counts().index[0] if role in ("helper", "subject") else ""


def seen_by(school, role, staff_id=None):
    """Return the school as an account of a role sees it, with what its owner has worked out."""
    who = staff_of(school, role) if staff_id is None else staff_id
    identity = Identity(f"账号{role}", who, (role,) if role else ())
    view = school.as_identity(identity).reuse_cache_of(school)
    if role == "counsellor":  # a page of theirs has the vault by the server
        view._whole._vault = school._whole.vault
    return view


def plain(school, role):
    return PlainView(school, school._rules.rights, (role,), staff_of(school, role), TODAY.isoformat())


def keys(rows):
    names = ("duty", "kind", "subject_id", "role", "since", "status")
    return sorted(zip(*(rows[name].map(str) for name in names if name in rows), strict=True))


@pytest.mark.parametrize("role", ROLES)
def test_the_lines_of_each_role_are_those_of_a_plain_recount(sample, role):
    view, recount = seen_by(sample, role), plain(sample, role)
    whole = sample.due(done=True)
    expected = [recount.sees(line) for line in whole.to_dict("records")]
    assert keys(view.due(done=True)) == keys(whole[expected])
    assert keys(view.due()) == keys(
        sample.due()[[recount.sees(line) for line in sample.due().to_dict("records")]]
    )
    if role in ("headmaster", "homeroom", "helper"):
        assert any(expected) and not all(expected)


@pytest.mark.parametrize("role", ROLES)
def test_what_is_to_be_done_by_each_role_is_that_of_a_plain_recount(sample, role):
    view, recount, who = seen_by(sample, role), plain(sample, role), staff_of(sample, role) or None
    whole = sample.to_do()
    whole = whole[whole["cause"] == ""]
    expected = whole[[recount.sees(row) for row in whole.to_dict("records")]]
    rows = view.to_do()
    assert keys(rows[rows["cause"] == ""]) == keys(expected)
    mine = expected[[who in [*row["who_ids"], *row["raised_ids"]] for row in expected.to_dict("records")]]
    own = view.to_do(who=who)
    assert keys(own[own["cause"] == ""]) == keys(mine if who else expected)
    assert set(view.brief(who=who)["duty"]) <= {*own["duty"], ""}
    same = expected.set_index(["duty", "kind", "subject_id", "role"])["text"].to_dict()
    assert all(
        same[tuple(row[:4])] == row[4]
        for row in rows[rows["cause"] == ""][["duty", "kind", "subject_id", "role", "text"]].itertuples(
            index=False
        )
    )


@pytest.mark.parametrize("role", ROLES)
def test_the_coverage_of_each_role_is_that_of_the_lines_seen_and_counted(sample, role):
    view, recount = seen_by(sample, role), plain(sample, role)
    lines = sample.duties.lines_of_term()
    expected = lines[[recount.sees(line) and recount.counts(line) for line in lines.to_dict("records")]]
    responsible_only = view.due(
        done=True
    )  # who only has to do a line has it in the checklist, not in numbers
    assert len(view.coverage()) <= len(responsible_only)
    columns = ["duty", "subject_id", "periods", "done", "late", "missed", "standing"]
    table = fulfilment(sample.policy, expected)[columns]
    pd.testing.assert_frame_equal(view.coverage()[columns].reset_index(drop=True), table)
    closing = view.closing_list()
    assert set(zip(closing["duty"], closing["subject_id"], strict=True)) == {
        (row["duty"], row["subject_id"])
        for row in table.to_dict("records")
        if row["missed"] or row["standing"]
    }


@pytest.mark.parametrize("role", ROLES)
def test_the_children_of_each_role_are_those_of_a_plain_recount(sample, role):
    view, recount = seen_by(sample, role), plain(sample, role)

    def expected(rows, *registers):
        shown = ("name", "eligible")
        return {
            child for child in rows["id"] if recount.may("see", "child", "child", child, shown)
            and all(recount.may("see", one, "child", child) for one in registers)
        }  # fmt: skip

    assert set(view.children()["id"]) == expected(sample.children())
    assert set(view.unpaired()["id"]) == expected(sample.unpaired(), "pairing")
    assert set(view.without_peer()["id"]) == expected(sample.without_peer(), "pairing")
    counted = {
        child
        for child in sample.children()["id"]
        if recount.may("count", "child", "child", child, ("eligible",))
    }
    figures = {figure.key: figure.numerator for figure in view.summary().figures}
    assert figures.get("children", 0) == len(counted)
    if role in ("", "counsellor", "librarian"):
        assert not figures and not counted


def texts_in(value):
    """Yield every text in a frame or a record."""
    if isinstance(value, pd.DataFrame):
        for name in value.columns:
            yield from texts_in(value[name].tolist())
    elif isinstance(value, dict):
        yield from texts_in(list(value.values()))
    elif isinstance(value, list | tuple):
        for one in value:
            yield from texts_in(one)
    elif isinstance(value, str):
        yield value


@pytest.mark.parametrize("role", ["homeroom", "helper", "subject", "counsellor", "town", ""])
def test_no_text_names_a_child_outside(sample, role):
    view = seen_by(sample, role)
    seen = set(view.frame("child")["id"])
    children = sample.frame("child")
    strangers = set(children["name"][~children["id"].isin(seen)]) - set(
        children["name"][children["id"].isin(seen)]
    )
    ids = set(children["id"]) - seen
    duties = view.duties
    everything = [
        view.due(done=True), view.to_do(), view.brief(), view.coverage(), view.closing_list(), view.children(),
        view.unpaired(), view.without_peer(), view.loads(), view.emergencies(finished=True), duties.gaps(), duties.planned(),
        duties.deferrals(), duties.figures(), *view.summary().tables.values(),
        [[figure.ids, figure.missing] for figure in view.summary().figures],
    ]  # fmt: skip
    found = set(texts_in(everything))
    assert not ids & found
    assert not [name for name in strangers if any(name in text for text in found)]
    assert role == "counsellor" or strangers


def test_a_class_teachers_numbers_are_those_of_a_school_that_has_only_that_class(filled):
    own = filled.frame("class").iloc[0]
    teacher, name = own["homeroom"], own["name"]
    for pair in filled.table("pairing").rows():  # who carries children of other classes has these too
        if pair.get("helper") == teacher:
            filled.delete("pairing", pair["id"])
    view = seen_by(filled, "homeroom", teacher)
    dossiers = filled.frame("child")
    mine = set(dossiers["id"][dossiers["class"] == name])
    before = view.coverage(), view.summary(), view.duties.gaps(), view.to_do()
    for form in filled.forms():
        for record in list(filled.table(form).rows()):
            if record.get("child") and record["child"] not in mine:
                filled.delete(form, record["id"])
    for form, column in (("child", "class"), ("class", "name")):
        frame = filled.frame(form)
        for other in frame["id"][frame[column] != name]:
            filled.delete(form, other)
    coverage, summary, gaps, rows = before
    alone = filled.coverage()
    pairs = set(zip(coverage["duty"], coverage["subject_id"], strict=True))
    alone = alone[[pair in pairs for pair in zip(alone["duty"], alone["subject_id"], strict=True)]]
    of_class = alone["kind"].isin([*CHILD_KINDS, "class"]).to_numpy()
    pd.testing.assert_frame_equal(
        coverage[coverage["kind"].isin([*CHILD_KINDS, "class"])].reset_index(drop=True),
        alone[of_class].reset_index(drop=True),
    )
    assert of_class.sum() > 50
    figures = {figure.key: figure for figure in filled.summary().figures}
    compared = [figure for figure in summary.figures if not figure.key.startswith("duties_")]
    assert {"children", "coverage", "helped", "dossiers", "visits"} <= {figure.key for figure in compared}
    assert [figures[figure.key] for figure in compared] == compared
    for table in (
        "by_class",
        "by_sex",
        "by_guardian_type",
        "visits_by_mode",
        "visits_by_class",
        "problems",
        "follow_ups",
    ):
        pd.testing.assert_frame_equal(summary.tables[table], filled.summary().tables[table])
    pd.testing.assert_frame_equal(gaps, filled.duties.gaps())
    causes = filled.to_do().query("cause == 'helper'")["members"].tolist()
    assert rows.query("cause == 'helper'")["members"].tolist() == causes


@pytest.mark.parametrize("role", ["headmaster", "homeroom", "helper", "subject"])
def test_a_number_never_exceeds_its_list(sample, role):
    view = seen_by(sample, role)
    for row in view.duties.figures().to_dict("records"):
        for part, number in (("", row["numerator"]), ("missing", row["missing"])):
            if not pd.isna(number):
                assert len(view.counted_list("figure", row["key"], part)[1]) == number
    for row in view.coverage().drop_duplicates(["duty", "kind"]).to_dict("records"):
        listed = view.counted_list("duty", row["duty"], row["kind"])[1]
        assert set(listed["id"]) == set(
            view.coverage().query("duty == @row['duty'] and kind == @row['kind']")["subject_id"]
        )
    for field in set(view.duties.gaps()["field"]):
        assert set(view.counted_list("field", field)[1]["id"]) <= set(view.duties.gaps()["subject_id"])


def test_totals_have_neither_a_list_nor_a_small_number(sample):
    view = seen_by(sample, "town")
    assert all(len(getattr(view, name)()) == 0 for name in LISTS)
    summary = view.summary()
    assert summary.figure("children").numerator == sample.summary().figure("children").numerator
    assert all(
        figure.numerator is None or figure.numerator == 0 or figure.numerator >= 5
        for figure in summary.figures
    )
    assert not any(figure.ids or figure.missing for figure in summary.figures)
    assert summary.tables["by_class"].empty and summary.tables["follow_ups"].empty
    with pytest.raises(AccessError) as refusal:
        view.counted_list("figure", "children")
    assert refusal.value.key == "rights.totals_only"


@pytest.mark.parametrize("role", [role for role in ROLES if role != "counsellor"])
def test_a_restricted_line_is_shown_to_nobody_but_who_sees_the_register(filled, role):
    child, counsellor = filled.children()["id"].iloc[0], filled.frame("staff")["id"].iloc[0]
    card = {"child": child, "date": TODAY.isoformat(), "by": counsellor, "risk": "yes"}
    filled.insert_many("counselling", [card])
    restricted = {
        duty.name for duty in filled.policy.duties if duty.in_force and PlainView.is_restricted(duty)
    }
    view = seen_by(filled, role, counsellor)
    rows = [view.due(done=True), view.to_do(), view.coverage(), view.duties.of_children([child], done=True)]
    assert restricted and not any(restricted & set(frame["duty"]) for frame in rows)
    assert not any(
        name in text for name in restricted for text in texts_in([rows, *view.summary().tables.values()])
    )
    assert restricted & set(seen_by(filled, "counsellor").due(done=True)["duty"])


def test_what_one_sees_of_a_child_ends_with_the_pairing(filled):
    helper = staff_of(filled, "helper")
    view = seen_by(filled, "helper")
    pair = next(
        one for one in filled.table("pairing").rows() if one.get("helper") == helper and not one.get("end")
    )
    child = pair["child"]
    assert child in set(view.children()["id"]) and child in set(view.due(done=True)["subject_id"])
    filled.amend("pairing", pair["id"], {"end": "2026-11-19"})
    frames = [view.due(done=True), view.to_do(), view.coverage(), view.duties.gaps()]
    assert not any(child in set(frame["subject_id"]) for frame in frames)
    assert child not in set(view.children()["id"])
    assert child not in {one for figure in view.summary().figures for one in (*figure.ids, *figure.missing)}


def test_who_has_left_the_school_sees_nobody(filled):
    """What is left are lines about what the school holds (meetings), which the sheet shows to all of the role."""
    helper = staff_of(filled, "helper")
    filled.amend("staff", helper, {"active": "no"})
    view = seen_by(filled, "helper", helper)
    assert set(view.due(done=True)["kind"]) <= {"school", "class"}
    assert set(view.to_do()["kind"]) <= {"school", "class", ""}
    assert not set(filled.frame("child")["id"]) & {one for some in view.to_do()["members"] for one in some}
    assert all(len(getattr(view, name)()) == 0 for name in ("coverage", "children", "emergencies"))


def test_a_line_that_turns_on_a_hidden_question_is_for_who_is_responsible_only(filled, monkeypatch):
    """No labels (rule 8): a rule for poor children would tell who is poor."""
    poor = Clause("special_groups", ("poor",))
    talks = next(duty for duty in filled.policy.duties if duty.name == "谈心")
    special = replace(talks, name="困难学生谈心", subject_condition=(poor,), who=("homeroom",))
    policy = replace(filled.policy, duties=(special,))
    monkeypatch.setattr(due_service.DutyService, "policy", property(lambda _: policy))
    child = filled.children().query("`class` == @filled.frame('class')['name'].iloc[0]")["id"].iloc[0]
    filled.amend("child", child, {"special_groups": ["poor"]})
    teacher = filled.frame("class")["homeroom"].iloc[0]
    filled.amend("staff", teacher, {"teaches": filled.frame("class")["name"].iloc[0]})
    assert child in set(seen_by(filled, "homeroom", teacher).due(done=True)["subject_id"])
    other = filled.frame("class")["homeroom"].iloc[1]
    filled.amend("staff", other, {"teaches": filled.frame("class")["name"].iloc[0]})
    hidden = seen_by(filled, "subject", other)
    assert child in set(hidden.children()["id"])
    assert child not in set(hidden.due(done=True)["subject_id"])


def incident(school):
    """Report an incident of a child that has a helper; return the child."""
    pair = next(one for one in school.table("pairing").rows() if one.get("helper") and not one.get("end"))
    record = {
        "id": "i1", "child": pair["child"], "date": TODAY.isoformat(), "kind": "missing", "what": "没有回家",
        "found_at": f"{TODAY.isoformat()}T00:00:00.000+08:00", "by": pair["helper"],
    }  # fmt: skip
    school.insert_many("incident", [record])
    return pair


@pytest.mark.parametrize(
    ("who", "role", "shown", "may_record"),
    [
        ("", "headmaster", True, True),
        ("", "deputy", True, True),
        ("", "coordinator", True, True),
        ("homeroom", "homeroom", True, True),
        (
            "homeroom",
            "librarian",
            True,
            True,
        ),  # the homeroom teacher has to report, by whatever role the account is
        ("helper", "helper", True, True),
        ("other", "homeroom", False, False),
        ("other", "subject", False, False),
        ("", "town", False, False),
        ("", "librarian", False, False),
    ],
)
def test_an_incident_is_shown_to_who_sees_the_child_and_to_who_has_to_report_it(
    filled, who, role, shown, may_record
):
    pair = incident(filled)
    children, classes = filled.frame("child").set_index("id"), filled.frame("class").set_index("name")
    own_class = children.at[pair["child"], "class"]
    people = {"homeroom": classes.at[own_class, "homeroom"], "helper": pair["helper"], "": ""}
    carried = {one.get("helper") for one in filled.table("pairing").rows() if one["child"] == pair["child"]}
    posts = set(filled.frame("staff").query("role in ('headmaster', 'coordinator')")["id"])
    taken = carried | set(people.values()) | posts
    people["other"] = next(one for one in classes["homeroom"] if one not in taken)
    view = seen_by(filled, role, people[who])
    steps = view.emergencies(finished=True)
    assert ("i1" in set(steps["record"])) is shown
    duty = "强制报告"
    if may_record:
        view.duties.step_done("incident", "i1", duty)
        assert filled.record("incident", "i1")["police_told_at"]
        assert filled.record("incident", "i1")["updated_by"] == view.person
    else:
        with pytest.raises(AccessError):
            view.duties.step_done("incident", "i1", duty)
        assert not filled.record("incident", "i1").get("police_told_at")


def test_who_may_not_see_the_staff_reads_no_name_of_theirs(sample):
    rows = [
        replace(row, registers=tuple(one for one in row.registers if one != "staff")) for row in sample._rules.rights
        if row.registers != ("staff",)
    ]  # fmt: skip
    view = seen_by(sample, "helper")
    view.access._rows = lambda: rows
    names = set(sample.frame("staff")["name"]) - {
        sample.frame("staff").set_index("id").at[view.staff_id, "name"]
    }
    shown = view.due(done=True)
    assert len(shown) and not names & {name for who in shown["who"] for name in who.split("、")}
    assert "其他人员" in {name for who in shown["who"] for name in who.split("、")}
    assert {one for people in shown["who_ids"] for one in people} <= {view.staff_id}


def test_where_not_all_children_count_no_load_of_others_is_judged(sample):
    view = seen_by(sample, "homeroom")
    rows = view.loads().set_index("id")
    whole = sample.loads().set_index("id")
    mine = set(view.children()["id"])
    for staff_id, row in rows.iterrows():
        assert row["children"] == len(set(whole.at[staff_id, "child_ids"]) & mine)
        assert set(row["child_ids"]) <= mine
        assert (row["load"], row["quota"]) == ("part", "") or staff_id == view.staff_id
    assert len(seen_by(sample, "headmaster").loads()) == len(whole)


def test_a_line_of_another_child_is_not_found(sample):
    view = seen_by(sample, "helper")
    mine = set(view.due(done=True)["subject_id"])
    for line in sample.due().to_dict("records"):
        since = str(line["since"].date())
        found = view.duties.line(line["duty"], line["kind"], line["subject_id"], since, line["role"])
        assert found is None or line["subject_id"] in mine
    other = next(child for child in sample.children()["id"] if child not in mine)
    assert view.duties.of_children([other], done=True).empty
