"""The forms that ship (R1-R4, R16, R21, R22, R29, R30): their fields, conditions and the rules of the field; `test_records` has all."""

from datetime import date

import pytest

from guanai.care.children.eligibility import Criterion, eligibility
from guanai.care.children.id_number import sample_identity
from guanai.storage.form_files.form_catalogue import shipped_forms
from guanai.storage.forms.session.form_session import FormSession
from guanai.storage.forms.xlsform.definitions import SYSTEM_FIELDS
from guanai.storage.forms.xlsform.items import Group, Question
from guanai.storage.forms.xlsform.loading import load_form
from guanai.templates import template

TODAY = date(2026, 11, 20)
BIRTH = date(2016, 5, 4)
NAMES = list(shipped_forms())
ROWS = {
    "child": [{"id": "c1", "label": "林小雨（三年级1班）"}],
    "staff": [{"id": "s1", "label": "王老师"}, {"id": "s2", "label": "李老师"}],
    "class": [{"id": "k1", "name": "三年级1班", "label": "三年级1班"}],
    "book": [{"id": "b1", "name": "海底两万里", "label": "海底两万里"}],
    "loan": [],
    "carer": [{"id": "o1", "label": "韩阿姨"}],
}
CHILD = {"name": "林小雨", "sex": "female", "birth_date": "2016-05-04", "class": "三年级1班"}
VISIT = {"child": "c1", "date": "2026-11-02", "mode": "door", "merits": "按时完成作业"}


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("forms")


@pytest.fixture
def opened(cache):
    def open_form(name, answers=None, definition=None, **options):
        school = [{"name": "definition", "value": definition}] if definition else []
        form = load_form(template(f"forms/{name}.md"), cache=cache)
        return FormSession(
            form, answers, today=TODAY, instances=lambda file: {**ROWS, "school": school}[file], **options
        )

    return open_form


def wrong(session):
    return {problem.path for problem in session.check()}


@pytest.mark.parametrize("name", NAMES)
def test_every_form_speaks_chinese_and_english(opened, name):
    form = opened(name).form
    assert form.languages == ("zh", "en")
    assert form.title("zh") != form.title("en")
    assert form.warnings == ()
    for item in form.walk():
        wordings = [item.label, item.hint] if item.label or isinstance(item, Question) else []
        if isinstance(item, Question) and item.constraint:
            assert item.constraint_message, item.name
            wordings.append(item.constraint_message)
        for wording in wordings:
            assert set(wording.texts) in (set(), {"zh", "en"}), item.name
            assert wording.parts("zh") != wording.parts("en") or not wording


@pytest.mark.parametrize("name", NAMES)
def test_choices_speak_both_languages(opened, name):
    session = opened(name)
    for wording in session.form.wordings.values():
        assert set(wording.texts) == {"zh", "en"}


def test_a_child_has_the_fields_of_its_dossier_and_card(opened):
    form = opened("child").form
    assert list(form.columns) == [
        *(
            "name",
            "sex",
            "birth_date",
            "id_number",
            "ethnic",
            "class",
            "number",
            "boarding",
            "village",
            "address",
            "phone",
        ),
        *("registered_on", "status", "status_since", "special_groups"),
        *("father_name", "father_status", "father_phone", "father_work_place", "father_employer"),
        *("mother_name", "mother_status", "mother_phone", "mother_work_place", "mother_employer"),
        *("guardians", "guardian_type", "contact_person", "contact_phone", "card_given_on"),
        *("eligible_reason", "eligible"),
    ]
    guardian = next(item for item in form.items if item.name == "guardians")
    assert [item.name for item in guardian.items] == [
        *("name", "relation", "phone", "age", "occupation", "health", "address", "entrusted", "since")
    ]
    assert [item.name for item in form.items if isinstance(item, Group)] == [
        *("basics", "register", "father", "mother", "contact_card", "eligibility")
    ]


@pytest.mark.parametrize("name", NAMES)
def test_no_field_is_one_of_the_systems(opened, name):
    assert not set(opened(name).form.columns) & set(SYSTEM_FIELDS)


def test_a_child_needs_what_a_coordinator_has_at_registration(opened):
    assert wrong(opened("child")) == {"name", "sex", "birth_date", "class"}
    session = opened("child", CHILD)
    assert wrong(session) == set()
    assert session.record() == CHILD | {
        "ethnic": "汉族",
        "registered_on": "2026-11-20",
        "status": "enrolled",
        "guardian_type": "none",
        "eligible_reason": "unknown",
        "eligible": "unclear",
    }


# -- the identity number


@pytest.mark.parametrize("order", range(12))
@pytest.mark.parametrize("sex", ["male", "female"])
def test_a_true_identity_number_passes(opened, sex, order):
    number = sample_identity(BIRTH, sex, order)
    session = opened("child", CHILD | {"sex": sex})
    for typed in (
        number,
        number.lower(),
        number.translate({ord(str(figure)): chr(0xFF10 + figure) for figure in range(10)}),
    ):
        session.set("id_number", typed)
        assert session.state("id_number").error is None, typed


@pytest.mark.parametrize("place", [*range(6), *range(8, 18)])
def test_one_wrong_figure_is_found(opened, place):
    number = sample_identity(BIRTH, "female", 3)
    figure = "1" if number[place] in "0Xx" else "0"
    session = opened("child", CHILD)
    session.set("id_number", number[:place] + figure + number[place + 1 :])
    assert "身份证号" in session.state("id_number").error


@pytest.mark.parametrize(
    ("field", "value"),
    [("sex", "male"), ("birth_date", "2016-05-05"), ("id_number", "12345"), ("id_number", "１２３")],
)
def test_an_identity_number_agrees_with_birth_date_and_sex(opened, field, value):
    session = opened("child", CHILD | {"id_number": sample_identity(BIRTH, "female", 3)})
    assert wrong(session) == set()
    assert "id_number" in session.set(field, value)
    assert wrong(session) == {"id_number"}


# -- who counts as left-behind (2A)

STATUSES = ("home", "away", "unable", "deceased", "lost", None)


@pytest.mark.parametrize("definition", ["both", "one", "13", None])
@pytest.mark.parametrize("father", STATUSES)
@pytest.mark.parametrize("mother", STATUSES)
def test_form_and_care_agree_on_eligibility(opened, definition, father, mother):
    session = opened("child", CHILD | {"father_status": father, "mother_status": mother}, definition)
    judged = eligibility(father, mother, BIRTH, TODAY, Criterion(definition or "13", 16))
    assert (session.record()["eligible"], session.record()["eligible_reason"]) == (
        judged.answer,
        judged.reason,
    )


@pytest.mark.parametrize(
    ("birth", "day", "eligible"),
    [
        ("2010-11-20", date(2026, 11, 20), "no"),
        ("2010-11-21", date(2026, 11, 20), "yes"),
        ("2008-02-29", date(2024, 2, 28), "yes"),
        ("2008-02-29", date(2024, 2, 29), "no"),
        ("2010-12-31", date(2026, 12, 30), "yes"),
        ("2010-12-31", date(2026, 12, 31), "no"),
    ],
)
def test_a_child_counts_until_the_day_before_its_sixteenth_birthday(cache, birth, day, eligible):
    answers = CHILD | {"birth_date": birth, "father_status": "away", "mother_status": "away"}
    form = load_form(template("forms/child.md"), cache=cache)
    record = FormSession(form, answers, today=day).record()
    assert record["eligible"] == eligible
    assert eligibility("away", "away", date.fromisoformat(birth), day, Criterion("13", 16)).answer == eligible


def test_the_reason_names_its_clause(opened):
    session = opened("child", CHILD | {"father_status": "away", "mother_status": "away"})
    assert "国发〔2016〕13号" in session.state("eligible_reason").text
    assert session.state("eligible_reason").read_only
    assert session.set("eligible", "no") == set()


@pytest.mark.parametrize(
    ("relation", "kind"),
    [
        ("maternal_grandmother", "grandparent"),
        ("grandfather", "grandparent"),
        ("mother", "parent"),
        ("relative", "foster"),
        ("neighbour", "foster"),
        (None, None),
    ],
)
def test_the_first_guardian_decides_the_type_of_guardianship(opened, relation, kind):
    session = opened("child", CHILD)
    assert session.state("guardian_type").value == "none"
    session.add("guardians")
    session.set("guardians/0/relation", relation)
    session.add("guardians")
    session.set("guardians/1/relation", "father")
    assert session.state("guardian_type").value == kind
    session.remove("guardians", 1)
    session.remove("guardians", 0)
    assert session.state("guardian_type").value == "none"


def test_a_parents_work_is_asked_only_of_one_who_is_away(opened):
    session = opened("child", CHILD)
    assert not session.state("father_work_place").relevant
    session.set("father_status", "外出务工")
    assert session.state("father_work_place").relevant
    session.set("father_status", "deceased")
    assert not session.state("father_phone").relevant


@pytest.mark.parametrize(
    ("typed", "good"),
    [
        ("10012345678", True),
        ("１００１２３４５６７８", True),
        ("100 1234 5678", True),
        ("+86 10012345678", True),
        ("010-1234567", True),
        ("0101234567", True),
        ("1234567", True),
        ("1001234567", False),
        ("100123456789", False),
        ("没有", False),
        ("20012345678", False),
    ],
)
@pytest.mark.parametrize(
    ("form", "field"), [("child", "phone"), ("child", "contact_phone"), ("staff", "phone")]
)
def test_a_telephone_number_is_a_mobile_or_a_landline(opened, form, field, typed, good):
    session = opened(form)
    session.set(field, typed)
    assert (session.state(field).error is None) == good


def test_a_child_that_left_left_on_a_day(opened):
    session = opened("child", CHILD)
    assert not session.state("status_since").relevant
    session.set("status", "转出")
    assert wrong(session) == {"status_since"}
    session.set("status_since", "2026-11-21")
    assert wrong(session) == {"status_since"}
    session.set("status_since", "2026-11-20")
    assert wrong(session) == set()


# -- visits, pairings, talks, calls


def test_a_visit_tells_at_least_one_merit(opened):
    """R16e, 004 五要 4."""
    assert wrong(opened("home_visit", VISIT)) == set()
    assert wrong(opened("home_visit", {key: value for key, value in VISIT.items() if key != "merits"})) == {
        "merits"
    }
    assert wrong(opened("home_visit")) == {"child", "mode", "merits"}


def test_a_visit_is_today_unless_another_day_is_given_and_never_in_the_future(opened):
    session = opened("home_visit")
    assert session.record() == {"date": "2026-11-20"}
    session.set("date", "2026-11-21")
    assert "今天" in session.state("date").error


def test_a_problem_says_what_it_is_and_an_opinion_gets_an_answer(opened):
    session = opened("home_visit", VISIT)
    assert not session.state("problem_detail").relevant
    assert not session.state("answer_given").relevant
    session.set("problems", ["study", "safety"])
    session.set("guardian_opinion", "希望多布置阅读")
    assert session.state("answer_given").relevant
    assert wrong(session) == {"problem_detail"}


@pytest.mark.parametrize(("day", "good"), [("2026-11-02", True), ("2026-12-01", True), ("2026-11-01", False)])
def test_a_follow_up_does_not_lie_before_the_visit(opened, day, good):
    session = opened("home_visit", VISIT)
    session.set("follow_up", day)
    assert session.state("follow_up_what").relevant
    assert (wrong(session) == set()) == good


def test_visitors_are_staff(opened):
    session = opened("home_visit", VISIT)
    session.set("visitors", "王老师、李老师")
    assert session.record()["visitors"] == ["s1", "s2"]
    session.set("visitors", ["s9"])
    assert wrong(session) == {"visitors"}


def test_a_pairing_is_with_a_helper_or_a_peer(opened):
    """R29, R30."""
    session = opened("pairing", {"child": "c1"})
    assert session.record() == {
        "child": "c1", "role": "helper", "kind": "one_to_one", "start": "2026-11-20", "key_help": "no"
    }  # fmt: skip
    assert wrong(session) == {"helper"}
    session.set("role", "peer")
    assert wrong(session) == {"peer_name"}
    session.set("peer_name", "周小河")
    assert wrong(session) == set()


def test_a_pairing_ends_after_it_starts(opened):
    session = opened("pairing", {"child": "c1", "helper": "s1", "start": "2026-09-01"})
    session.set("end", "2026-08-31")
    assert wrong(session) == {"end"}
    session.set("end", "2026-09-01")
    assert session.state("end_reason").relevant
    assert wrong(session) == set()


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("talk", {"child", "by"}),
        ("call", {"child", "by", "parent"}),
        ("staff", {"name", "role"}),
        ("class", {"name"}),
        ("pairing", {"child", "helper"}),
    ],
)
def test_the_small_forms_ask_for_little(opened, name, missing):
    assert wrong(opened(name)) == missing


def test_every_form_reads_its_own_records_again(opened):
    session = opened(
        "child", CHILD | {"guardians": [{"name": "林大山", "relation": "grandfather", "age": 66}]}
    )
    record = session.record()
    again = opened("child", record | {"id": "c1"})
    assert again.record() == record | {"id": "c1"}
    assert wrong(again) == set()
