"""Who counts as left-behind (requirements 2A, 国发〔2016〕13号), and who is in care on a day."""

from datetime import date
from itertools import product

import pandas as pd
import pytest

from guanai.care.children.eligibility import (
    AGE_LIMITS,
    COUNTED,
    DEFINITIONS,
    REASONS,
    Criterion,
    age,
    eligibility,
    left_behind,
)
from guanai.storage.forms.session.form_session import FormSession
from guanai.storage.forms.xlsform.loading import load_form
from guanai.templates import template

STATUSES = ("home", "away", "unable", "deceased", "lost")
BORN, ON = date(2015, 5, 20), date(2026, 11, 2)
NATIONAL = Criterion("13", 16)
FIRST_TERM = date(2027, 1, 16)


@pytest.mark.parametrize(
    ("born", "on", "years"),
    [
        (date(2012, 2, 29), date(2027, 2, 28), 14),
        (date(2012, 2, 29), date(2027, 3, 1), 15),
        (date(2012, 2, 29), date(2028, 2, 28), 15),
        (date(2012, 2, 29), date(2028, 2, 29), 16),
        (date(2010, 11, 2), date(2026, 11, 1), 15),
        (date(2010, 11, 2), date(2026, 11, 2), 16),
    ],
)
def test_age_on_a_day(born, on, years):
    assert age(born, on) == years


@pytest.mark.parametrize(
    ("father", "mother", "reason", "both", "either", "thirteen"),
    [
        ("away", "away", "both_away", "yes", "yes", "yes"),
        ("away", "home", "one_away", "no", "yes", "no"),
        ("home", "away", "one_away", "no", "yes", "no"),
        ("away", "unable", "one_away_other_unable", "no", "yes", "yes"),
        ("away", "deceased", "one_away_other_unable", "no", "yes", "yes"),
        ("lost", "away", "one_away_other_unable", "no", "yes", "yes"),
        ("home", "home", "none_away", "no", "no", "no"),
        ("home", "deceased", "none_away", "no", "no", "no"),
        ("unable", "lost", "none_away", "no", "no", "no"),
        ("deceased", "lost", "no_parent", "no", "no", "no"),
        (None, "away", "unknown", "unclear", "unclear", "unclear"),
        ("away", "", "unknown", "unclear", "unclear", "unclear"),
    ],
)
def test_each_definition_counts_its_own_families(father, mother, reason, both, either, thirteen):
    for definition, answer in (("both", both), ("one", either), ("13", thirteen)):
        eligible = eligibility(father, mother, BORN, ON, Criterion(definition, 16))
        assert (eligible.answer, eligible.reason) == (answer, reason)
        assert eligible.clause


@pytest.mark.parametrize("definition", DEFINITIONS)
@pytest.mark.parametrize(
    ("born", "limit", "reason"),
    [
        (date(2010, 11, 3), 16, "both_away"),  # sixteen tomorrow
        (date(2010, 11, 2), 16, "over_16"),  # sixteen today
        (date(2010, 11, 2), 18, "both_away"),
        (date(2008, 11, 2), 18, "over_16"),
        (date(2000, 11, 2), None, "both_away"),
        (None, 16, "unknown"),
    ],
)
def test_who_reaches_the_age_limit_that_day_no_longer_counts(born, limit, reason, definition):
    answers = {"both_away": "yes", "over_16": "no", "unknown": "yes" if definition == "listed" else "unclear"}
    assert eligibility("away", "away", born, ON, Criterion(definition, limit))[:2] == (
        answers[reason],
        reason,
    )


@pytest.mark.parametrize("father", [*STATUSES, None])
@pytest.mark.parametrize("mother", [*STATUSES, None])
def test_a_pupil_in_difficulty_counts_wherever_the_parents_are(father, mother):
    """002-2 L157: its children are pupils in difficulty, each with a dossier."""
    listed = Criterion("listed", None)
    assert eligibility(father, mother, BORN, ON, listed).answer == "yes"
    children = pd.DataFrame([child(father_status=father, mother_status=mother, eligible="no")])
    assert len(left_behind(children, ON, listed)) == 1


def test_the_clause_names_the_age_that_is_in_force_and_no_other():
    """000-2 keeps pupils of seventeen; 000-7 has a definition of its own that names no age."""
    assert "不满 16 周岁" in NATIONAL.clause
    assert "不满 18 周岁" in Criterion("13", 18).clause
    assert "周岁" not in Criterion("both", None).clause


def test_every_family_has_a_reason_and_every_definition_an_answer():
    reasons = {
        eligibility(father, mother, BORN, ON, NATIONAL).reason
        for father, mother in product(STATUSES, STATUSES)
    }
    assert reasons | {"over_16", "unknown"} == set(REASONS)
    assert all(counted <= set(REASONS) for counted in COUNTED.values())


def child(**answers):
    usual = {
        "id": "x", "name": "童", "eligible": "yes", "status": "enrolled", "status_since": None,
        "registered_on": "2026-09-01", "birth_date": "2015-05-20",
    }  # fmt: skip
    return usual | answers


def away(**answers):
    return child(father_status="away", mother_status="away", **answers)


@pytest.mark.parametrize(
    ("answers", "inside"),
    [
        pytest.param({}, True, id="in care"),
        pytest.param({"eligible": "no"}, False, id="not left-behind"),
        pytest.param({"eligible": "unclear"}, False, id="unclear"),
        pytest.param({"registered_on": "2026-11-02"}, True, id="registered that day"),
        pytest.param({"registered_on": "2026-11-03"}, False, id="registered the day after"),
        pytest.param({"registered_on": None}, True, id="a missing date hides nobody"),
        pytest.param({"birth_date": "2010-11-03"}, True, id="sixteen the day after"),
        pytest.param({"birth_date": "2010-11-02"}, False, id="sixteen that day"),
        pytest.param({"birth_date": None}, True, id="age not known"),
        pytest.param({"status": None}, True, id="status not filled in"),
        pytest.param({"status": "transferred", "status_since": "2026-11-02"}, False, id="left that day"),
        pytest.param({"status": "returned", "status_since": "2026-11-03"}, True, id="left the day after"),
        pytest.param({"status": "graduated"}, False, id="left, day not known"),
        pytest.param(
            {"status": "transferred", "status_since": "2028-01-01", "birth_date": "2010-11-02"},
            False,
            id="sixteen before leaving",
        ),
    ],
)
def test_in_care_on_a_day(answers, inside):
    assert (len(left_behind(pd.DataFrame([child(**answers)]), ON, NATIONAL)) == 1) is inside


@pytest.mark.parametrize(
    ("definition", "limit", "inside"),
    [("both", None, True), ("both", 18, False), ("13", None, True), ("13", 19, True), ("13", 16, False)],
)
def test_an_age_limit_or_none_decides_for_the_older_ones(definition, limit, inside):
    """A vocational school (000-2): a pupil of eighteen whose parents are both away."""
    pupil = pd.DataFrame([away(birth_date="2008-03-01")])
    assert (len(left_behind(pupil, ON, Criterion(definition, limit))) == 1) is inside


@pytest.mark.parametrize(
    ("left", "inside"),
    [(date(2027, 1, 15), False), (FIRST_TERM, True), (date(2027, 1, 17), True)],
)
def test_who_leaves_on_the_last_day_of_a_term_has_been_there_to_its_end(left, inside):
    """F3 (000-2 L17): 18 pupils at the end of last year, two of them with that day as their last."""
    leaver = pd.DataFrame([away(status="graduated", status_since=left)])
    criterion = Criterion("13", 16, frozenset({FIRST_TERM}))
    assert (len(left_behind(leaver, FIRST_TERM, criterion)) == 1) is inside
    assert left_behind(leaver, date(2027, 1, 17), criterion).empty


@pytest.mark.parametrize(
    ("definition", "expected"),
    [("both", ["a", "c"]), ("one", ["a", "b", "c"]), ("13", ["a", "c"])],
)
def test_a_changed_definition_is_judged_by_the_parents_status(definition, expected):
    children = pd.DataFrame(
        [
            child(id="a", father_status="away", mother_status="away"),
            child(id="b", father_status="away", mother_status="home", eligible="no"),
            child(id="c", father_status=None, mother_status=None),  # nothing known: as stored
        ]
    )
    assert list(left_behind(children, ON, Criterion(definition, 16))["id"]) == expected


@pytest.mark.parametrize(
    "convert", [str, date.fromisoformat, pd.Timestamp], ids=["text", "date", "timestamp"]
)
def test_dates_may_come_in_any_kind(convert):
    answers = {name: convert(child()[name]) for name in ("registered_on", "birth_date")}
    assert len(left_behind(pd.DataFrame([child(**answers)]), ON, NATIONAL)) == 1


def test_no_child_at_all():
    assert left_behind(pd.DataFrame(), ON, NATIONAL).empty


@pytest.fixture(scope="module")
def child_form(tmp_path_factory):
    return load_form(template("forms/child.md"), "child", cache=tmp_path_factory.mktemp("forms"))


@pytest.mark.parametrize("definition", DEFINITIONS)
@pytest.mark.parametrize("written", ["", "12", "none"])
def test_the_form_gives_the_same_codes(child_form, definition, written):
    """The form works its codes out by its own expressions, so that it does so on a telephone too."""
    families = [(*pair, "2015-05-20") for pair in product((*STATUSES, None), (*STATUSES, None))]
    births = [
        ("away", "away", born) for born in ("2010-11-03", "2010-11-02", "2010-11-01", "2012-02-29", None)
    ]
    limit = int(written) if written.isdecimal() else None if written else AGE_LIMITS.get(definition)
    school = [{"name": "definition", "value": definition}]
    if written:
        school.append({"name": "age_limit", "value": written})
    for father, mother, born in families + births:
        answers = {"father_status": father, "mother_status": mother, "birth_date": born}
        record = FormSession(
            child_form,
            {name: answer for name, answer in answers.items() if answer},
            today=ON,
            instances=lambda name: school if name == "school" else [],
        ).record()
        expected = eligibility(
            father, mother, date.fromisoformat(born) if born else None, ON, Criterion(definition, limit)
        )
        codes = (record.get("eligible"), record.get("eligible_reason"))
        assert codes == (expected.answer, expected.reason), (father, mother, born)
