"""A form is tried before it is used: what shows only when it is filled in is named with file and row beforehand.

What was found: `guanai form check` accepted ``repeat_count`` 1000000000, ``${x} + 1`` in x, a list that is not there and
``(a+)+$``.

Promise: errors say where and what to do: file, row, remedy of a mistake in a form (7.10).
"""

from argparse import Namespace

import pytest

from guanai.care.errors import FormError
from guanai.server.commands.school_commands import form_check
from guanai.storage.form_files.form_catalogue import shipped_forms
from guanai.storage.forms.session.trial import try_form
from guanai.storage.forms.xlsform.loading import form_of, load_form

HEAD = "| survey | type | name | label | relevant | calculation | repeat_count | constraint |\n"
MISTAKES = {
    "answer.too_many_rows": (
        "| | begin_repeat | r | 行 | | | 1000000000 | |\n| | text | a | 甲 |\n| | end_repeat |\n",
        2,
    ),
    "expression.too_long": ("| | text | a | 甲 |\n| | calculate | b | | | uuid(1000000000) |\n", 3),
    "form.circle": ("| | integer | x | 数 |\n| | calculate | n | | | ${n} + 1 |\n", 3),
    "expression.instance": (
        "| | begin_repeat | r | 行 |\n| | text | a | 甲 | | | | instance(concat('no', 'where'))/root |\n| | end_repeat |\n",
        3,
    ),
    "expression.regex": ("| | text | a | 甲 | | | | regex(., '(a)\\1') |\n", 2),
    "form.no_list": ("| | select_one_from_file nosuch.csv | a | 甲 |\n", 2),
}


@pytest.mark.parametrize("key", MISTAKES)
def test_form_check_names_the_row(tmp_path, capsys, key):
    rows, row = MISTAKES[key]
    path = tmp_path / "own.md"
    path.write_text(HEAD + rows, encoding="utf-8")
    with pytest.raises(FormError) as caught:
        form_check(Namespace(file=path))
    assert (caught.value.key, caught.value.row) == (key, row)
    assert "own.md" in caught.value.message("zh")


@pytest.mark.parametrize(
    "calculation",
    [
        "if(${n} = '', 1, ${n})",
        "once(random())",
        "${x} + 1",
        "round(${x} div 3, 1)",
        "coalesce(${n}, ${x} + 1)",
    ],
)
def test_what_keeps_or_derives_an_answer_is_no_circle(calculation):
    try_form(form_of(HEAD + f"| | integer | x | 数 |\n| | calculate | n | | | {calculation} |\n"), "own.md")


def test_a_list_beside_the_form_is_a_list(tmp_path, capsys):
    path = tmp_path / "own.md"
    path.write_text(HEAD + "| | select_one_from_file towns.csv | a | 甲 |\n", encoding="utf-8")
    (tmp_path / "towns.csv").write_text("name,label\n1,一\n", encoding="utf-8")
    form_check(Namespace(file=path))
    assert "own.md" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("name", shipped_forms())
def test_every_shipped_form_passes(name):
    path = shipped_forms()[name]
    try_form(load_form(path, shared=True), path.name)
