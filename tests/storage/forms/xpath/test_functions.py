"""Every function of expressions, case by case: right uses, bad inputs, and what is refused while a form is loaded.

Promise: functions of forms agree with ODK's engine; each difference is in templates/README.md.

The behaviours are those of the ODK XForms specification, and of Collect and Enketo where it is silent; where these
two differ see the head of storage/forms/xpath/functions.py.
"""

import math
import random
from datetime import datetime, timedelta, timezone

import pytest

from guanai.care.errors import FormError
from guanai.storage.forms.xpath.expressions import Environment, compile_expression
from guanai.storage.forms.xpath.functions import FUNCTIONS, REFUSED
from guanai.storage.forms.xpath.node_tree import Node

CLOCK = datetime(2024, 5, 6, 7, 8, 9, tzinfo=timezone(timedelta(hours=8)))
NAN = math.nan
CHANCE = random.Random(7)  # noqa: S311 (a shuffle that repeats itself)


def a_form():
    """A child born on 29 February with two guardians, one without an age."""
    data = Node("data")
    data.add("name", "李小明", type="string")
    data.add("birth", "2012-02-29", type="date")
    data.add("met", "2024-05-06T10:30:00.000+08:00", type="dateTime")
    data.add("bell", "06:00:00.000", type="time")
    data.add("count", "3", type="int")
    data.add("zero", "0", type="int")
    data.add("empty", "", type="string")
    data.add("care", "home school play", type="string")
    data.add("mode", "door", type="string")
    for name, age in (("Wang", "61"), ("Zhao", "")):
        guardian = data.add("guardian", repeat=True)
        guardian.add("who", name, type="string")
        guardian.add("age", age, type="int")
    return data


def villages():
    instance = Node("instance")
    root = instance.add("root")
    for name, label, town in (("v1", "上村", "t1"), ("v2", "下村", "t1"), ("v3", "新村", "t2")):
        item = root.add("item")
        item.add("name", name)
        item.add("label", label)
        item.add("town", town)
    return instance


def environment(**values):
    return Environment(now=lambda: CLOCK, instances={"villages": villages()}, chance=CHANCE, **values)


def value(text, node=None, **values):
    return compile_expression(text).evaluate(environment(**values), node or a_form())


def check(text, expected):
    result = value(text)
    if isinstance(result, list):
        result = result[0].text if result else ""
    if isinstance(expected, float) and math.isnan(expected):
        assert isinstance(result, float), result
        assert math.isnan(result)
    elif isinstance(expected, float) and isinstance(result, float):
        assert result == pytest.approx(expected, rel=1e-12, abs=1e-12)
    else:
        assert isinstance(result, type(expected))
        assert result == expected


CASES = {
    "abs": [("abs(-3)", 3.0), ("abs('x')", NAN), ("abs(/data/empty)", NAN)],
    "acos": [("acos(1)", 0.0), ("acos(2)", NAN)],
    "area": [
        ("area('0 0;0 1;1 1;1 0;0 0') > 12300000000", True),
        ("area('a')", NAN),
        ("area('0 0;0 1')", 0.0),
    ],
    "asin": [("asin(1)", math.pi / 2), ("asin('')", NAN)],
    "atan": [("atan(1)", math.pi / 4)],
    "atan2": [("atan2(1, -1)", 3 * math.pi / 4)],
    "base64-decode": [("base64-decode('5p2O')", "李"), ("base64-decode('%')", ""), ("base64-decode('')", "")],
    "boolean": [
        ("boolean(/data/empty)", False),
        ("boolean(/data/zero)", False),
        ("boolean(/data/count)", True),
        ("boolean('false')", True),
        ("boolean(0 div 0)", False),
        ("boolean(/data/nowhere)", False),
    ],
    "boolean-from-string": [
        ("boolean-from-string('true')", True),
        ("boolean-from-string(1)", True),
        ("boolean-from-string('True')", False),
        ("boolean-from-string(1.0001)", False),
        ("boolean-from-string('')", False),
    ],
    "ceiling": [("ceiling(1.1)", 2.0), ("ceiling(-1.1)", -1.0), ("ceiling(1 div 0)", math.inf)],
    "checklist": [
        ("checklist(1, 2, true(), false())", True),
        ("checklist(-1, 1, true(), true())", False),
        ("checklist(1, 1, /data/empty, /data/zero, /data/count)", True),
        ("checklist(2, -1, /data/guardian/who)", True),
    ],
    "coalesce": [
        ("coalesce(/data/empty, 'none')", "none"),
        ("coalesce(/data/mode, 'none')", "door"),
        ("coalesce('', '')", ""),
        ("coalesce(0 div 0, 5)", 5.0),
        ("coalesce(/data/nowhere, 'x')", "x"),
    ],
    "concat": [
        ("concat()", ""),
        ("concat('a', 1, true())", "a1true"),
        ("concat(/data/guardian/who, '!')", "WangZhao!"),
    ],
    "contains": [("contains('留守儿童', '儿童')", True), ("contains('a', '')", True)],
    "cos": [("cos(0)", 1.0)],
    "count": [("count(/data/guardian)", 2.0), ("count(/data/nowhere)", 0.0)],
    "count-non-empty": [
        ("count-non-empty(/data/guardian/age)", 1.0),
        ("count-non-empty(/data/guardian)", 2.0),
    ],
    "count-selected": [
        ("count-selected(/data/care)", 3.0),
        ("count-selected('')", 0.0),
        ("count-selected('  a  b ')", 2.0),
    ],
    "current": [("string(current()/mode)", "door")],
    "date": [
        ("date('2024-2-9')", "2024-02-09"),
        ("date(0)", "1970-01-01"),
        ("date('')", ""),
        ("date('2023-02-29')", "Invalid Date"),
        ("boolean(date('2023-02-29'))", False),
        ("date(/data/birth) + 1", 15400.0),
        ("date(/data/birth + 366)", "2013-03-01"),
        ("date(true())", "Invalid Date"),
    ],
    "date-time": [("date-time('2024-05-06')", "2024-05-06"), ("date-time('x')", "Invalid Date")],
    "decimal-date-time": [
        ("decimal-date-time('1970-01-02T12:00:00')", 1.5),
        ("decimal-date-time(/data/birth)", 15399.0),
        ("decimal-date-time('x')", NAN),
    ],
    "decimal-time": [
        ("decimal-time(/data/bell)", 0.25),
        ("decimal-time('2024-01-01T12:00:00')", 0.5),
        ("decimal-time(5.25)", 0.25),
        ("decimal-time(1 div 0)", NAN),
    ],
    "depend": [("depend(1, 2, 3)", 1.0)],
    "digest": [
        ("digest('some text', 'MD5')", "VS4hzUzZkYZ448Gg30kbww=="),
        ("digest('some text', 'md5', 'hex')", "552e21cd4cd9918678e3c1a0df491bc3"),
        ("digest('some text', 'SHA-1')", "N6pjx3OY2VRHMmLhoAV8HmMu2nc="),
        ("digest('some text', 'SHA-256')", "uU9vElx546X/qoJvWEwQ1SraZp5nYgUbgmtVd20FrtI="),
        ("string-length(digest('李', 'SHA-384', 'hex'))", 96.0),
        ("string-length(digest('', 'SHA-512', 'hex'))", 128.0),
    ],
    "distance": [("round(distance('0 0; 0 1'))", 111319.0), ("distance('a')", NAN), ("distance('0 0')", 0.0)],
    "enclosed-area": [("enclosed-area('0 0;0 1')", 0.0)],
    "ends-with": [("ends-with('abc', 'c')", True), ("ends-with('abc', 'b')", False)],
    "exp": [("exp(1)", math.e), ("exp(1000)", math.inf)],
    "exp10": [("exp10(2)", 100.0)],
    "false": [("false()", False)],
    "floor": [("floor(-1.1)", -2.0), ("floor('')", NAN)],
    "format-date": [
        ("format-date(/data/birth, '%Y-%m-%d')", "2012-02-29"),
        ("format-date(/data/birth, '%n月%e日')", "2月29日"),
        ("format-date('', '%Y')", ""),
        ("format-date('2023-02-29', '%Y')", ""),
        ("format-date(14127, '%Y-%m-%d')", "2008-09-05"),
        ("format-date(today(), '%a')", "周一"),
    ],
    "format-date-time": [("format-date-time('2024-05-06T07:08:09.010', '%h:%M:%S %3')", "7:08:09 010")],
    "geofence": [
        ("geofence('0.5 0.5', '0 0;0 1;1 1;1 0;0 0')", True),
        ("geofence('2 2', '0 0;0 1;1 1;1 0;0 0')", False),
        ("geofence('', '')", False),
        ("geofence('0.5 0.5', '0 0;0 1;1 1;1 0')", False),
    ],
    "id": [("count(id('x'))", 0.0)],
    "if": [
        ("if(/data/mode = 'door', 1, 'no')", 1.0),
        ("if(/data/empty, 1, 'no')", "no"),
        ("if(true(), /data/mode, 1)", "door"),
        ("if('', 1, if(1 > 2, 2, 3))", 3.0),
    ],
    "indexed-repeat": [
        ("indexed-repeat(/data/guardian/who, /data/guardian, 2)", "Zhao"),
        ("indexed-repeat(/data/guardian/who, /data/guardian, 3)", ""),
        ("indexed-repeat(/data/guardian/who, /data/guardian, /data/empty)", "Wang"),
        ("indexed-repeat(guardian/who, guardian, count(/data/guardian))", "Zhao"),
    ],
    "instance": [
        ("string(instance('villages')/root/item[name = 'v2']/label)", "下村"),
        ("count(instance('villages')/root/item[town = 't1'])", 2.0),
        ("string(instance('villages')/root/item[2]/name)", "v2"),
        ("string(instance('villages')/root/item[position() = last()]/name)", "v3"),
        ("instance('villages')/root/item[name = 'v9']/label = ''", True),
    ],
    "int": [
        ("int(3.9)", 3.0),
        ("int(-3.9)", -3.0),
        ("int('')", NAN),
        ("int((today() - /data/birth) div 365.25)", 12.0),
    ],
    "is-selected": [("is-selected('a b', 'a')", True)],
    "join": [
        ("join('、', /data/guardian/who)", "Wang、Zhao"),
        ("join(' ', 'a', 'b')", "a b"),
        ("join(',')", ""),
    ],
    "jr:choice-name": [("jr:choice-name(/data/mode, '/data/mode')", "door")],
    "jr:itext": [("jr:itext('welcome')", "welcome")],
    "lang": [("lang('zh')", False)],
    "last": [("string(/data/guardian[last()]/who)", "Zhao")],
    "local-name": [("local-name(/data/mode)", "mode"), ("local-name(/data/nowhere)", "")],
    "log": [("log(1)", 0.0), ("log(0)", -math.inf), ("log(-1)", NAN)],
    "log10": [("log10(1000)", 3.0), ("log10(0)", -math.inf)],
    "max": [("max(1, 3, 2)", 3.0), ("max(/data/guardian/age)", 61.0), ("max('')", NAN), ("max(1, 'x')", NAN)],
    "min": [("min(-1, 3)", -1.0), ("min(/data/guardian/age)", 61.0), ("min(/data/nowhere)", NAN)],
    "name": [("name(/data/mode)", "mode"), ("name()", "data")],
    "namespace-uri": [("namespace-uri(/data)", "")],
    "normalize-space": [("normalize-space('  a \t b\n')", "a b"), ("normalize-space('')", "")],
    "not": [("not(/data/empty)", True), ("not(1)", False)],
    "now": [("now()", "2024-05-06T07:08:09.000+08:00")],
    "number": [
        ("number('3.50')", 3.5),
        ("number(' 3 ')", 3.0),
        ("number('')", NAN),
        ("number('3a')", NAN),
        ("number('1,5')", NAN),
        ("number(true())", 1.0),
        ("number('-.5')", -0.5),
        ("number('- 5')", NAN),
        ("number('1970-01-03')", 2.0),
        ("number('３')", NAN),
    ],
    "once": [("count(/data/*[once('new') = 'door'])", 1.0)],
    "pi": [("pi()", math.pi)],
    "position": [
        ("position(/data/guardian[2])", 2.0),
        ("count(/data/guardian[position() = 1])", 1.0),
        ("position(/data/nowhere)", NAN),
    ],
    "pow": [
        ("pow(2, 10)", 1024.0),
        ("pow(0, -1)", math.inf),
        ("pow(-8, 0.5)", NAN),
        ("pow(10, 1000)", math.inf),
    ],
    "pulldata": [
        ("pulldata('villages', 'label', 'name', 'v3')", "新村"),
        ("pulldata('villages.csv', 'label', 'name', 'v3')", "新村"),
        ("pulldata('villages', 'label', 'name', 'v9')", ""),
        ("pulldata('villages', 'nothing', 'name', 'v1')", ""),
    ],
    "random": [("random() < 1", True)],
    "randomize": [
        ("join('', randomize(instance('villages')/root/item/name, 42))", "v1v2v3"),
        ("count(randomize(/data/guardian))", 2.0),
    ],
    "regex": [
        ("regex('13800000000', '1[3-9][0-9]{9}')", True),
        ("regex('138000000001', '1[3-9][0-9]{9}')", False),
        ("regex('李小明', '[一-龥]{2,4}')", True),
        (r"regex('李小明', '\p{IsHan}+')", True),
        (r"regex('Li', '[\p{L}·]+')", True),
        (r"regex('１', '\d')", False),
        (r"regex('a1', '\P{L}+')", False),
        (r"regex('aXb', '(?<first>.)X(?<second>.)')", True),
        ("regex('', '.*')", True),
    ],
    "round": [
        ("round(2.5)", 3.0),
        ("round(-1.5)", -2.0),
        ("round(1.005, 2)", 1.01),
        ("round(1234.5, -2)", 1200.0),
        ("round('')", NAN),
        ("round(1, 100)", NAN),
    ],
    "selected": [
        ("selected(/data/care, 'play')", True),
        ("selected(/data/care, 'pla')", False),
        ("selected(/data/care, ' home ')", True),
        ("selected('', '')", True),
        ("selected('a', '')", False),
        ("selected(/data/empty, 'a')", False),
    ],
    "selected-at": [
        ("selected-at(/data/care, 1)", "school"),
        ("selected-at('a', 1)", ""),
        ("selected-at('a', -1)", ""),
        ("selected-at('a', 'x')", ""),
    ],
    "sin": [("sin(0)", 0.0)],
    "sqrt": [("sqrt(9)", 3.0), ("sqrt(-1)", NAN)],
    "starts-with": [("starts-with('abc', 'ab')", True)],
    "string": [
        ("string(3.0)", "3"),
        ("string(0.1 + 0.2)", "0.30000000000000004"),
        ("string(1 div 3)", "0.3333333333333333"),
        ("string(100000000000)", "100000000000"),
        ("string(0.0000001)", "0.0000001"),
        ("string(-0)", "0"),
        ("string(0 div 0)", "NaN"),
        ("string(-1 div 0)", "-Infinity"),
        ("string(true())", "true"),
        ("string(/data/nowhere)", ""),
    ],
    "string-length": [("string-length('留守')", 2.0), ("string-length('')", 0.0)],
    "substr": [
        ("substr('hello', 1, 3)", "el"),
        ("substr('hello', -2)", "lo"),
        ("substr('hello', 0, -1)", "hell"),
        ("substr('a', 5)", ""),
    ],
    "substring": [
        ("substring('12345', 1.5, 2.6)", "234"),
        ("substring('12345', 0, 3)", "12"),
        ("substring('12345', 0 div 0, 3)", ""),
        ("substring('12345', -42, 1 div 0)", "12345"),
        ("substring('12345', -1 div 0, 1 div 0)", ""),
        ("substring('12345', 2)", "2345"),
    ],
    "substring-after": [
        ("substring-after('a-b', '-')", "b"),
        ("substring-after('a', '-')", ""),
        ("substring-after('a', '')", "a"),
    ],
    "substring-before": [("substring-before('a-b', '-')", "a"), ("substring-before('a', '-')", "")],
    "sum": [("sum(/data/guardian/age)", 61.0), ("sum(/data/nowhere)", 0.0), ("sum(/data/guardian/who)", NAN)],
    "tan": [("tan(0)", 0.0)],
    "today": [("today()", "2024-05-06"), ("today() - /data/birth", 4450.0), ("today() > /data/birth", True)],
    "translate": [("translate('2019/01/02', '/', '-')", "2019-01-02"), ("translate('abc', 'ab', 'x')", "xc")],
    "true": [("true()", True)],
    "uuid": [("string-length(uuid())", 36.0), ("string-length(uuid(6))", 6.0), ("uuid('x')", "")],
    "version": [("version()", "")],
    "weighted-checklist": [
        ("weighted-checklist(2, 2, true(), 2, false(), 5)", True),
        ("weighted-checklist(1, -1, false(), 9)", False),
    ],
}


@pytest.mark.parametrize("name", CASES)
def test_a_function_gives_what_the_specification_says(name):
    for text, expected in CASES[name]:
        check(text, expected)


def test_every_function_has_a_case():
    assert set(CASES) == set(FUNCTIONS)


def test_once_keeps_what_is_there():
    form = a_form()
    assert value("once('new')", form.named("mode")[0]) == "door"
    assert value("once('new')", form.named("empty")[0]) == "new"
    assert value("once(. * 2)", form.named("empty")[0]) == ""


def test_choice_name_asks_for_the_label_of_an_absolute_path():
    calls = []
    form = a_form()
    label = value(
        "jr:choice-name(../mode, '../mode')",
        form.named("name")[0],
        choice_label=lambda path, name, node: calls.append((path, name, node.name)) or "上门",
    )
    assert label == "上门"
    assert calls == [("/data/mode", "door", "name")]


def test_texts_are_looked_up_by_id():
    assert value("jr:itext('a')", itext={"a": "甲"}.get) == "甲"


def test_same_seed_same_order_and_without_a_seed_all_are_there():
    shuffled = [node.text for node in value("randomize(instance('villages')/root/item/name, 'seed')")]
    again = [node.text for node in value("randomize(instance('villages')/root/item/name, 'seed')")]
    assert shuffled == again
    assert sorted(node.text for node in value("randomize(instance('villages')/root/item/name)")) == [
        "v1",
        "v2",
        "v3",
    ]


def test_refused_while_the_form_is_loaded():
    for text, key in [
        ("today(1)", "expression.arguments"),
        ("if(1, 2)", "expression.arguments"),
        ("coalesce(1, 2, 3)", "expression.arguments"),
        ("weighted-checklist(1, 2, 3)", "expression.arguments"),
        ("indexed-repeat(/data/a, /data/b)", "expression.arguments"),
        ("indexed-repeat(/data/a, 1, 1)", "expression.needs_path"),
        ("count(1)", "expression.needs_path"),
        ("sum('a')", "expression.needs_path"),
        ("true() or nonsense()", "expression.function"),
        ("tody()", "expression.function"),
        ("regex(., '[')", "expression.regex"),
        (r"regex(., '\p{Nonsense}')", "expression.regex"),
        ("regex(., '[a-z&&[^b]]')", "expression.regex"),
        (r"regex(., '(.)\1')", "expression.regex"),
        ("regex(., '(?!a).*')", "expression.regex"),
        ("digest(., 'CRC')", "expression.digest"),
        ("format-date(., '%Q')", "expression.date_code"),
        *((f"{name}(1)", "expression.refused") for name in sorted(REFUSED)),
    ]:
        with pytest.raises(FormError) as caught:
            compile_expression(text)
        assert caught.value.key == key


def test_refused_when_it_only_shows_then():
    for text, key in [
        ("instance('nowhere')/root/item", "expression.instance"),
        ("pulldata('nowhere', 'a', 'b', 'c')", "expression.instance"),
        ("regex('a', concat('[', ''))", "expression.regex"),
        ("format-date(today(), concat('%', 'Q'))", "expression.date_code"),
        ("uuid(1000000000)", "expression.too_long"),
        (f"count({'|'.join(['//*'] * 9000)})", "expression.too_much"),
    ]:
        with pytest.raises(FormError) as caught:
            value(text)
        assert caught.value.key == key


def test_an_unknown_name_is_answered_with_one_that_is_near():
    with pytest.raises(FormError) as caught:
        compile_expression("tody()")
    assert "today" in caught.value.message("zh")
    assert "today" in caught.value.message("en")
