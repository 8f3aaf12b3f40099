"""Expressions of forms: paths, repeats, empty answers, types, secondary instances, references, errors.

Promise: expressions of forms agree with ODK's engine (ARCHITECTURE.md, decisions; templates/README.md).

E1 paths · E2 repeats · E3 empty and irrelevant answers · E4 types and comparisons · E5 operators · E6 references ·
E7 errors name the place and the remedy.
"""

import math
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guanai.care.errors import FormError
from guanai.storage.forms.xpath.conversions import to_number, to_string
from guanai.storage.forms.xpath.expressions import Environment, compile_expression
from guanai.storage.forms.xpath.node_tree import Node
from guanai.templates.wording import catalogue

PLACE = {"file": "home_visit.xlsx", "sheet": "survey", "row": 7, "column": "relevant"}


def a_visit():
    """One visit: two children visited (a repeat), each with toys (a repeat in it), and answers of each type."""
    data = Node("data")
    data.add("date", "2024-05-06", type="date")
    data.add("at", "2024-05-06T18:30:00.000+08:00", type="dateTime")
    data.add("slot", "18:30:00.000+08:00", type="time")
    data.add("mode", "door", type="string")
    data.add("number", "007", type="string")
    data.add("many", "7", type="int")
    data.add("exact", "7.0", type="decimal")
    data.add("nothing", "", type="int")
    data.add("题目", "好", type="string")
    group = data.add("group")
    group.add("inner", "x", type="string")
    for name, toys in (("Ming", "ball kite"), ("Hong", "doll")):
        child = data.add("child", repeat=True)
        child.add("name", name, type="string")
        child.add("age", "7" if name == "Ming" else "9", type="int")
        for word in toys.split():
            child.add("toy", repeat=True).add("what", word, type="string")
    data.add("last", "end", type="string")
    return data


def classes():
    instance = Node("instance")
    root = instance.add("root")
    for name, grade in (("一班", "1"), ("二班", "1"), ("三班", "2")):
        item = root.add("item")
        item.add("name", name)
        item.add("grade", grade)
    return instance


ENVIRONMENT = Environment(now=lambda: datetime(2024, 5, 6, 9), instances={"class": classes()})


def value(text, node=None):
    return compile_expression(text).evaluate(ENVIRONMENT, node or a_visit().named("mode")[0])


def texts(text, node=None):
    return [node.text for node in value(text, node)]


def test_e1_paths():
    for text, expected in [
        ("/data/mode", ["door"]),
        (" /data/mode ", ["door"]),
        (".", ["door"]),
        ("../mode", ["door"]),
        (" ../group/inner ", ["x"]),
        ("current()/../mode", ["door"]),
        ("./../mode", ["door"]),
        ("/data/题目", ["好"]),
        ("/data/nowhere", []),
        ("/data/child/name", ["Ming", "Hong"]),
        ("/data/child[2]/name", ["Hong"]),
        ("/data/child[age > 8]/name", ["Hong"]),
        ("/data/child[position() = last()]/name", ["Hong"]),
        ("/data/child[name = 'Ming'][1]/age", ["7"]),
        ("/data/child/toy/what", ["ball", "kite", "doll"]),
        ("/data/child/toy[1]/what", ["ball", "doll"]),
        ("(/data/child/toy)[1]/what", ["ball"]),
        ("/data/*[name() = 'last']", ["end"]),
        ("//what", ["ball", "kite", "doll"]),
        ("/data/child/..//inner", ["x"]),
        ("/data/last | /data/mode", ["door", "end"]),
        ("/data/child[name = current()/../nothing]", []),
        ("../child/toy/../name", ["Ming", "Hong"]),
        ("following-sibling::child/name", ["Ming", "Hong"]),
        ("preceding-sibling::*[1]", ["18:30:00.000+08:00"]),
        ("following::what[2]", ["kite"]),
        ("/data/last/preceding::what[1]", ["doll"]),
        ("/data/group/inner/text()", ["x"]),
        ("/data/@id | /data/namespace::* | /data/comment() | /data/processing-instruction('go')", []),
        ("/data/orx:meta", []),
        ("ancestor::data/last", ["end"]),
        ("instance('class')/root/item[grade = 1]/name", ["一班", "二班"]),
        ("instance('class')/root/item[grade = /data/child[2]/age - 7]/name", ["三班"]),
        ("instance('class')/root/item[name = current()/../nothing]/name", []),
    ]:
        assert texts(text) == expected


def test_e1_a_root_node_above_the_form_changes_nothing():
    root = Node(kind="root")
    visit = a_visit()
    root.insert(0, visit)
    assert texts("/data/mode", visit.named("last")[0]) == ["door"]
    assert compile_expression("/data/mode").references("/data/last") == {"/data/mode"}


def test_e2_inside_a_repeat_a_path_means_the_same_instance():
    for text, expected in [
        ("../name", "Hong"),
        ("/data/child/name", "Hong"),
        ("/data/mode", "door"),
        ("count(/data/child)", 2.0),
        ("count(../../child)", 2.0),
        ("position(..)", 2.0),
        ("indexed-repeat(/data/child/name, /data/child, position(..) - 1)", "Ming"),
        ("indexed-repeat(../name, .., 1)", "Ming"),
        ("/data/child[position() = 1]/name", "Ming"),
        ("indexed-repeat(/data/child/toy/what, /data/child, 1, /data/child/toy, 2)", "kite"),
        ("count(instance('class')/root/item[grade = /data/child/age - 7])", 1.0),
        ("sum(/data/child/age)", 9.0),
    ]:
        age = a_visit().named("child")[1].named("age")[0]
        result = value(text, age)
        assert (to_string(result) if isinstance(result, list) else result) == expected


def test_e2_from_outside_a_path_means_all_instances():
    assert value("sum(/data/child/age)") == 16.0
    assert value("max(/data/child/age)") == 9.0
    assert value("join('、', /data/child/name)") == "Ming、Hong"


def test_e2_adding_and_removing_instances_is_seen_at_once():
    visit = a_visit()
    count = compile_expression("count(/data/child)")
    assert count.evaluate(ENVIRONMENT, visit) == 2
    added = visit.insert(visit.children.index(visit.named("child")[1]) + 1, Node("child", repeat=True))
    assert count.evaluate(ENVIRONMENT, visit) == 3
    assert added.place == 3
    visit.remove(visit.named("child")[0])
    assert count.evaluate(ENVIRONMENT, visit) == 2
    assert added.place == 2


def test_e3_empty_answers_as_in_javarosa():
    for text, expected in [
        ("/data/nothing = ''", True),
        ("/data/nothing != ''", False),
        ("/data/nothing != 5", True),
        ("/data/nothing = 0", False),
        ("/data/nothing < 1", False),
        ("/data/nothing >= 0", False),
        ("string(/data/nothing + 1)", "NaN"),
        ("/data/nowhere = ''", True),
        ("/data/nowhere != 'a'", True),
        ("instance('class')/root/item[name = 'x']/grade = ''", True),
        ("boolean(/data/nothing)", False),
        ("coalesce(/data/nothing, 3) + 1", 4.0),
        ("not(/data/nothing)", True),
    ]:
        assert value(text) == expected


def test_e3_what_is_not_relevant_has_no_answer():
    visit = a_visit()
    child = visit.named("child")[0]
    for node in (child, *child.descendants(), visit.named("mode")[0]):
        node.relevant = False
    assert value("count(/data/child)", visit) == 1
    assert value("sum(/data/child/age)", visit) == 9
    assert value("/data/mode = ''", visit) is True
    assert value("concat('[', /data/mode, ']')", visit) == "[]"


def test_e4_types_and_comparisons():
    for text, expected in [
        ("/data/many = /data/exact", True),
        ("/data/many = '7'", True),
        ("/data/many = 7.0", True),
        ("/data/number = '7'", False),
        ("/data/number = 7", True),
        ("/data/number = /data/many", False),
        ("/data/date > '2024-05-05'", True),
        ("/data/date = '2024-05-06'", True),
        ("/data/date = today()", True),
        ("/data/date + 1 = date('2024-05-07')", True),
        ("today() - /data/date", 0.0),
        ("date('2024-03-01') - date('2024-02-28')", 2.0),
        ("date('2023-03-01') - date('2023-02-28')", 1.0),
        ("'2024-02-30' + 1 > 0", False),
        ("/data/at >= /data/date", True),
        ("/data/at <= today() and /data/at = today() and today() = /data/date", True),
        ("today() - /data/at", 0.0),
        ("number(/data/at) = number(/data/date)", True),
        ("/data/at > date-time('2024-05-06T18:29:00') and not(/data/at > now())", False),
        ("/data/at > '2024-05-06T10:29:00.000Z' and /data/at < '2024-05-06T10:31:00.000Z'", True),
        ("/data/at = '2024-05-06T10:30:00.000Z' and /data/at != '2024-05-06T10:31:00.000Z'", True),
        ("decimal-date-time(/data/at) > decimal-date-time(today())", True),
        ("/data/slot > 0 and /data/slot < 1", True),
        ("6.1 - 7.8 = -1.7", True),
        ("'abc' < 'abd'", False),
        ("'10' > '9'", True),
        ("true() = 'x'", True),
        ("/data/child/name = 'Hong'", True),
        ("/data/child/name != 'Hong'", True),
        ("'2024-05-06' = '2024-05-06T00:00:00'", False),
    ]:
        assert value(text) == expected


def test_e4_not_yet_sixteen_is_decided_on_the_day():
    """002-1: care goes to those under sixteen; whoever turns sixteen today no longer is."""
    for birth, sixteen in [
        ("2008-05-06", True),
        ("2008-05-07", False),
        ("2008-02-29", True),
        ("", False),
        ("2008-02-30", False),
    ]:
        data = Node("data")
        data.add("birth", birth, type="date")
        text = (
            "format-date(/data/birth, '%m%d') != '' and "
            "number(format-date(today(), '%Y%m%d')) - number(format-date(/data/birth, '%Y%m%d')) >= 160000"
        )
        assert value(text, data) is sixteen


def test_e5_operators():
    for text, expected in [
        ("1 + 2 * 3", 7.0),
        ("(1 + 2) * 3", 9.0),
        ("7 div 2", 3.5),
        ("7div2", 3.5),
        ("-5 mod 2", -1.0),
        ("5 mod -2", 1.0),
        ("1 div 0", math.inf),
        ("-1 div 0", -math.inf),
        ("10 - 3 - 2", 5.0),
        ("2 * -3", -6.0),
        ("--5", 5.0),
        ("1e3 + .5", 1000.5),
        ("1 < 2 = true()", True),
        ("3 < 4 < 5", True),
        ("false() and nothing or 1", True),
        ("1 or 1 and 0", True),
        ("true() + 1", 2.0),
        ('"it\'s"', "it's"),
        ("'a\nb'", "a\nb"),
        ("if(1, 2, 3) + 1", 3.0),
    ]:
        assert value(text) == expected


def test_e5_names_that_are_also_operators():
    data = Node("data")
    data.add("and", "1", type="int")
    data.add("div", "4", type="int")
    data.add("a-b", "2", type="int")
    assert value("/data/and and /data/div div /data/a-b = 2", data) is True
    assert value("div div and", data) == 4
    assert value("a-b - and", data) == 1
    assert value("*[1] * 3", data) == 3


def test_e5_the_branch_not_taken_is_not_evaluated():
    assert value("if(true(), 1, instance('nowhere'))") == 1
    assert value("true() or instance('nowhere')/a") is True
    assert value("false() and instance('nowhere')/a") is False


@given(st.integers(-(10**12), 10**12), st.integers(-(10**12), 10**12))
def test_e5_whole_numbers_are_exact(left, right):
    assert value(f"{left} + {right}") == left + right
    assert value(f"string({left} - {right})") == str(left - right)
    assert value(f"{left} <= {right}") is (left <= right)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_e5_a_number_and_its_text_are_each_others_way_back(number):
    assert to_number(to_string(number)) == number
    assert "e" not in to_string(number)


def test_e5_a_long_chain_needs_no_deep_stack():
    assert value(" or ".join([". = 'x'"] * 5000)) is False
    assert value("if(. = 'x', 1, " * 60 + "7" + ")" * 60) == 7


def test_e6_references():
    for text, at, expected in [
        ("/data/a + ../b", "/data/c", {"/data/a", "/data/b"}),
        (". > 3", "/data/c", {"/data/c"}),
        ("../name", "/data/child/age", {"/data/child/name"}),
        ("current()/../name", "/data/child/age", {"/data/child/name"}),
        ("count(/data/child)", "/data/c", {"/data/child"}),
        (
            "/data/child[age > ../limit]/name",
            "/data/c",
            {"/data/child/name", "/data/child/age", "/data/limit"},
        ),
        (
            "instance('x')/root/item[name = /data/a and k = current()/../b]/label",
            "/data/c",
            {"/data/a", "/data/b"},
        ),
        ("/data/*", "/data/c", {"/data/*"}),
        ("//name", "/data/c", {"//*/name"}),
        ("ancestor::x", "/data/c", {"/"}),
        ("indexed-repeat(/data/r/n, /data/r, ../i)", "/data/c", {"/data/r/n", "/data/r", "/data/i"}),
        ("jr:choice-name(/data/m, '../m2')", "/data/c", {"/data/m", "/data/m2"}),
        ("pulldata('x', 'a', 'b', ../k)", "/data/c", {"/data/k"}),
        ("if(/data/a, /data/b, 'x')", "/data/c", {"/data/a", "/data/b"}),
        ("once(today())", "/data/c", set()),
        ("string-length() > 3", "/data/c", {"/data/c"}),
        ("today()", "/data/c", set()),
        ("(/data/a | ../b)[. = ../d]", "/data/c", {"/data/a", "/data/b"}),
    ]:
        assert compile_expression(text).references(at) == expected


def test_e6_instances_and_what_changes_by_itself():
    expression = compile_expression("instance('a')/root/item[name = pulldata('b.csv', 'x', 'y', now())]")
    assert expression.instances == {"a", "b"}
    assert expression.volatile
    assert not compile_expression("/data/a + 1").volatile


def test_e7_an_error_names_place_and_remedy():
    for text, key, words in [
        ("", "expression.empty", "空"),
        ("   ", "expression.empty", "空"),
        ("1 +", "expression.ends_early", "1 +"),
        ("concat('a'", "expression.ends_early", ")"),
        ("a b", "expression.unexpected", "b"),
        ("1 2", "expression.unexpected", "2"),
        ("/data/", None, None),
        ("a = ", "expression.ends_early", "a ="),
        ("a[", "expression.ends_early", "a["),
        ("a]", "expression.unexpected", "]"),
        ("= 1", "expression.unexpected", "="),
        ("'abc", "expression.quote", "'abc"),
        ("${name} = 1", "expression.character", "$"),
        ("a # b", "expression.character", "#"),
        ("selected(.，'a')", "expression.full_width", "，"),
        ("（1 + 2）", "expression.full_width", "（"),
        ("“门”", "expression.full_width", "“"),
        ("up::a", "expression.axis", "up"),
        ("5/a", "expression.division", "div"),
        ("'a'/b", "expression.division", "div"),
        ("'a'[1]", "expression.needs_path", "["),
        ("1 | 2", "expression.needs_path", "|"),
        ("/data/string()", "expression.call_in_path", "string"),
        ("nonsense(1)", "expression.function", "nonsense"),
        ("today(1)", "expression.arguments", "today"),
        ("(" * 3000 + "1" + ")" * 3000, "expression.too_deep", "计算"),
    ]:
        if key is None:
            text, key, words = f"{text}[1]", "expression.unexpected", "["
        with pytest.raises(FormError) as caught:
            compile_expression(text, PLACE)
        error = caught.value
        assert error.key == key
        assert (error.file, error.sheet, error.row, error.column) == (
            "home_visit.xlsx",
            "survey",
            7,
            "relevant",
        )
        for language in ("zh", "en"):
            message = error.message(language)
            assert "home_visit.xlsx" in message
            assert len(message) < 600
        assert words in error.message("zh")


def test_e7_an_error_while_evaluating_has_the_place_too():
    expression = compile_expression("instance('nowhere')/root", PLACE)
    with pytest.raises(FormError) as caught:
        expression.evaluate(ENVIRONMENT, a_visit())
    assert caught.value.row == 7
    assert "nowhere" in caught.value.message("en")


@given(st.text(alphabet="ab12 +-*/()[].,'\"=<>|@:$日（", max_size=12))
def test_e7_any_text_compiles_or_is_refused(text):
    try:
        expression = compile_expression(text, PLACE)
    except FormError as error:
        assert error.message("zh") != error.message("en")
    else:
        assert isinstance(expression.evaluate(ENVIRONMENT, a_visit()), str | float | bool | list)


def test_every_message_of_expressions_is_provoked_here():
    keys = {key for key in catalogue() if key.startswith("expression.")}
    tests = [Path(__file__), *map(Path(__file__).with_name, ("test_functions.py", "test_java_regex.py"))]
    provoked = "".join(file.read_text(encoding="utf-8") for file in tests)
    assert {key for key in keys if f'"{key}"' not in provoked} == set()
