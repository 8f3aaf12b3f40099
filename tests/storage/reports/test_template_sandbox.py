"""A report template puts in values and pictures; it reaches no file, no object and no other template.

What was found: a template got out of its sandbox by ``charts[0].tpl``, put records.db into a
report, wrote any file and ran Python at the next start. The cases are the escapes from Jinja's sandbox that were
published, and what docxtpl's own objects offer.

Promise: a report is changed in Word without a programmer, and reaches nothing else (W10).
"""

import struct
import zlib
from io import BytesIO

import pytest
from docx import Document

from guanai.care.errors import ExchangeError
from guanai.storage.reports.template_sandbox import Picture, TemplateSandbox, plain_values
from guanai.storage.reports.term_report import word_summary

VALUES = {
    "school": "星光小学",
    "figures": [{"key": "visits", "label": "家访次数", "numerator": 312}],
    "figure": {"visits": {"numerator": 312, "share": 0.25}},
}
DOCXTPL = [
    "{{ charts[0].tpl }}",
    "{{ charts[0].tpl.replace_zipname('word/media/x', 'records.db') }}",
    "{{ charts[0].tpl.save('out.docx') }}",
    "{{ charts[0].tpl.write_xml('out.xml') }}",
    "{{ charts[0].tpl.docx.part.package }}",
    "{{ chart.coverage.image_descriptor }}",
    "{{ chart.coverage._insert_image() }}",
    "{{ chart.coverage.number }}",
    "{{ charts[0]['tpl'] }}",
    "{{ (charts | first).tpl }}",
    "{{ charts | map(attribute='tpl') | list }}",
    "{{ charts | sum(attribute='tpl') }}",
    "{{ charts | sort(attribute='tpl.docx') }}",
]
JINJA = [
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ ''['__class__'] }}",
    "{{ ''[('__cla', 'ss__') | join] }}",
    "{{ school | attr('__class__') }}",
    "{{ '{0.__class__.__init__.__globals__}'.format(school) }}",
    "{{ '{x.__class__}'.format_map({'x': school}) }}",
    "{% set f = '{0.__class__}'.format %}{{ f(school) }}",
    "{{ ['{0.__class__}'] | map('format', school) | list }}",
    "{{ '%(x)s' | format(x=school) }}",
    "{{ '%1000000000d' % 1 }}",
    "{{ self.__init__.__globals__ }}",
    "{{ self._TemplateReference__context }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ lipsum.__globals__['os'].system('id') }}",
    "{{ joiner() }}",
    "{{ namespace(a=1) }}",
    "{{ dict(a=1) }}",
    "{{ get_flashed_messages.__globals__ }}",
    "{% for x in [1] %}{{ loop.__class__ }}{{ loop._iterable }}{% endfor %}",
    "{% for x in [1] %}{{ loop.cycle('a') }}{% endfor %}",
    "{% for x in figures recursive %}{{ loop(figures) }}{% endfor %}",
    "{% macro m() %}{% endmacro %}{{ m.__globals__ }}",
    "{% macro m() %}{{ caller() }}{% endmacro %}{% call m() %}{% endcall %}",
    "{{ figures.append(figures) }}",
    "{{ figure.update({'a': 1}) }}",
    "{{ figure.pop('visits') }}",
    "{% include 'records.db' %}",
    "{% import 'os' as os %}{{ os }}",
    "{% from 'os' import path %}",
    "{% extends '/etc/passwd' %}",
    "{{ school.encode() }}",
    "{{ school.strip.__self__.__class__ }}",
    "{{ school.startswith.__class__ }}",
    "{{ 'x' * 1000000000 }}",
    "{{ [1] * 1000000000 }}",
    "{{ 9 ** 999999999 }}",
    "{{ range(1000000000) | list }}",
    "{{ 'x' | center(1000000000) }}",
    "{{ school | xmlattr }}",
    "{{ school | pprint }}",
    "{{ school | tojson }}",
    "{{ school | safe }}",
]


def picture():
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0\xff")) + chunk(b"IEND", b"")


def rendered(tmp_path, text):
    """Return the text of a report whose template is one paragraph."""
    path = tmp_path / "own.docx"
    document = Document()
    document.add_paragraph(text)
    document.save(path)
    report = Document(BytesIO(word_summary(path, VALUES, {"coverage": picture()})))
    return "\n".join(paragraph.text for paragraph in report.paragraphs), len(report.inline_shapes)


@pytest.mark.parametrize("text", [*DOCXTPL, *JINJA])
def test_what_reaches_beyond_the_values_is_refused_in_words(tmp_path, monkeypatch, text):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ExchangeError) as caught:
        rendered(tmp_path, text)
    assert caught.value.key in ("report.unsafe", "report.syntax", "report.unknown")
    assert "own.docx" in caught.value.message("zh")
    assert "object at 0x" not in caught.value.message("zh")
    assert [file.name for file in tmp_path.iterdir()] == ["own.docx"]


@pytest.mark.parametrize("text", [text for text in (*DOCXTPL, *JINJA) if "__" in text or "tpl." in text])
def test_what_was_an_escape_is_called_unsafe_or_unknown(tmp_path, text):
    with pytest.raises(ExchangeError) as caught:
        rendered(tmp_path, text)
    assert caught.value.key != "report.syntax" or "|" in text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("{{ school }}：{{ figure.visits.numerator }} 次", "星光小学：312 次"),
        ("{{ figure['visits'].share * 100 }}", "25.0"),
        (
            "{% for one in figures if one.key.startswith('vis') %}{{ loop.index }} {{ one.label }}{% endfor %}",
            "1 家访次数",
        ),
        ("{% for n in range(3) %}{{ n }}{% if not loop.last %}、{% endif %}{% endfor %}", "0、1、2"),
        ("{% if figure.visits.share < 0.9 and charts %}少{% endif %}", "少"),
        ("{{ figures | length }} {{ school | upper }} {{ figures[0]['label'][:2] }}", "1 星光小学 家访"),
        ("{% set n = figure.visits.numerator %}{{ n + 1 }} {{ n ** 2 }} {{ '甲' + '乙' }}", "313 97344 甲乙"),
        ("{{ school.strip().upper() }}", "星光小学"),
    ],
)
def test_what_a_report_needs_goes_on_working(tmp_path, text, shown):
    assert rendered(tmp_path, text)[0] == shown


def test_a_picture_stands_where_the_template_puts_it(tmp_path):
    assert rendered(tmp_path, "{{ chart.coverage }}{{ charts[0] }}")[1] == 2
    assert rendered(tmp_path, "{% for one in charts %}{{ one }}{% endfor %}")[1] == 1


def test_only_values_are_handed_over():
    class Thing:
        secret = "records.db"

        def __str__(self):
            return "thing\0"

    given = plain_values({"a": Thing(), "b": [Thing], "c": (1, 2.5, None, True), "d": Picture(0)})
    assert given["a"] == "thing"
    assert isinstance(given["b"][0], str)
    assert given["c"] == [1, 2.5, None, True]
    assert not hasattr(given["d"], "__dict__")


def test_no_function_of_jinja_is_left():
    sandbox = TemplateSandbox(lambda chosen: "")
    assert set(sandbox.globals) == {"range"}
    assert not {"attr", "map", "format", "safe", "xmlattr", "groupby", "selectattr"} & set(sandbox.filters)
