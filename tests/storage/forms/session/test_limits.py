"""Forms whose expressions have more to do than can be: an error in words on their question, never a page that stands still.

Issue "Who may see and do what", High: nine nested ``concat`` took 1.5 GB, ``repeat_count`` of 10^9 was a RecursionError.

Promise: no form stops the pages of others.
"""

import tracemalloc

import pytest

from guanai.care.errors import FormError
from guanai.storage.forms.session.form_session import FormSession
from guanai.storage.forms.session.recalculation import MOST_INSTANCES, MOST_NODES
from guanai.storage.forms.xlsform.loading import form_of
from guanai.storage.forms.xpath.expressions import Environment, compile_expression
from guanai.storage.forms.xpath.node_tree import Node
from guanai.storage.forms.xpath.work import MOST_CHARACTERS

ROWS = [{"id": str(number), "name": str(number), "label": f"child {number}"} for number in range(3000)]


def form(columns, *rows):
    lines = [f"| survey | type | name | label | {columns} |", *(f"| | {row} |" for row in rows)]
    return form_of("\n".join(lines))


def joined_again_and_again():
    """Nine calculations, each ten times the one before: a text of 10^10 characters."""
    rows = ["text | a | 甲 | "]
    before = "a"
    for number in range(9):
        rows.append(f"calculate | c{number} | | concat({', '.join([f'${{{before}}}'] * 10)})")
        before = f"c{number}"
    return form("calculation", *rows, f"note | end | 末 ${{{before}}} | ")


class TestTexts:
    def test_a_text_that_grows_and_grows_is_an_error_of_its_question(self):
        session = FormSession(joined_again_and_again())
        tracemalloc.start()
        session.set("a", "0123456789")
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert most < 20_000_000
        assert len(session.record()["c3"]) == MOST_CHARACTERS
        assert "c4" not in session.record()
        (problem,) = session.check()
        assert problem.path == "c4"
        assert "concat" in problem.message

    def test_the_error_is_gone_with_its_cause(self):
        session = FormSession(joined_again_and_again())
        session.set("a", "0123456789")
        session.set("a", "")
        assert session.check() == []

    @pytest.mark.parametrize(
        "text", ["uuid(1000000000)", "uuid(1 div 0)", "join(concat({0}), {0}, {0}, {0})"]
    )
    def test_no_function_makes_a_text_without_end(self, text):
        data = Node("data")
        written = text.format("'" + "x" * 40_000 + "'")
        with pytest.raises(FormError) as caught:
            compile_expression(written).evaluate(Environment(), data)
        assert caught.value.key == "expression.too_long"


class TestRows:
    @pytest.mark.parametrize("count", ["1000000000", "pow(10, 300)", str(MOST_INSTANCES + 1)])
    def test_a_count_of_too_many_is_an_error_of_the_repeat(self, count):
        session = FormSession(
            form("repeat_count", f"begin_repeat | r | 行 | {count}", "text | a | 甲 |", "end_repeat | | |")
        )
        assert session.count("r") == MOST_INSTANCES
        assert str(MOST_INSTANCES) in session.state("r").error
        assert session.check()[0].path == "r"

    def test_as_many_as_can_be_are_no_error_and_need_no_deep_stack(self):
        session = FormSession(
            form(
                "repeat_count | calculation | default",
                "integer | n | 几个 | | |",
                "begin_repeat | r | 行 | ${n} | |",
                "integer | a | 甲 | | | position(..)",
                "calculate | twice | | | ${a} * 2 |",
                "end_repeat | | | | |",
                "calculate | whole | | | sum(${twice}) |",
            )
        )
        session.set("n", 600)
        assert session.check() == []
        assert session.record()["whole"] == 600 * 601
        session.set("n", 2)
        assert session.record()["whole"] == 6

    def test_repeats_within_repeats_do_not_multiply_without_end(self):
        session = FormSession(
            form(
                "repeat_count",
                "begin_repeat | r | 行 | 900",
                "begin_repeat | s | 列 | 900",
                "text | a | 甲 |",
                "end_repeat | | |",
                "end_repeat | | |",
            )
        )
        assert len(session._recalculation.by_address) <= MOST_NODES + 900
        assert session.check()


class TestWork:
    @pytest.mark.parametrize(
        "expression",
        [
            "count(instance('child')/root/item[count(instance('child')/root/item[id = current()/../a]) = 0 or id = ''])",
            "count(instance('child')/root/item[count(../item[id > position()]) > 5])",
            "instance('child')/root/item/id = instance('child')/root/item/label",
            "count(instance('child')//*[count(following::nothing) > 0])",
            "count(instance('child')/root/item/../item/../item/id)",
        ],
    )
    def test_a_square_of_a_list_stops_and_says_so(self, expression):
        asked = form(
            "calculation",
            "text | a | 甲 |",
            "select_one_from_file child.csv | who | 谁 |",
            f"calculate | b | | {expression}",
            "text | c | 丙 |",
        )
        session = FormSession(asked, instances=lambda name: ROWS)
        session.set("c", "x")
        problems = {problem.path: problem.message for problem in session.check()}
        assert "b" in problems or session.record()["b"] in ("false", 3000)
        assert "c" not in problems
        assert session.record()["c"] == "x"

    def test_a_filter_that_stops_offers_nothing_and_says_why(self):
        asked = form(
            "choice_filter",
            "select_one_from_file child.csv | who | 谁 | count(instance('child')/root/item[id > current()/../who]) > count(../item[id > 5])",
        )
        session = FormSession(asked, instances=lambda name: ROWS)
        session.set("who", "7")
        state = session.state("who")
        assert state.error
        assert "//" in state.error

    def test_the_work_of_an_answer_is_counted_anew_with_the_next(self):
        asked = form(
            "choice_filter",
            "text | part | 部分 |",
            "select_one_from_file child.csv | who | 谁 | contains(label, ${part})",
        )
        session = FormSession(asked, instances=lambda name: ROWS)
        for number in range(250, 300):
            session.set("part", str(number))
        names = [choice.name for choice in session.state("who").choices]
        assert names == ["299", "1299", "2299", *(f"299{number}" for number in range(10))]

    def test_an_expression_of_thousands_of_terms_is_none_too_deep(self):
        data = Node("data")
        assert compile_expression(" + ".join(["1"] * 3000)).evaluate(Environment(), data) == 3000
        assert compile_expression("-" * 3001 + "1").evaluate(Environment(), data) == -1

    @pytest.mark.parametrize(
        "text", ["(" * 200 + "1" + ")" * 200, "1" + " + 1 - 1" * 200, "a[" * 200 + "1" + "]" * 200]
    )
    def test_a_deep_expression_is_refused_at_once(self, text):
        with pytest.raises(FormError) as caught:
            compile_expression(text)
        assert caught.value.key == "expression.too_deep"
