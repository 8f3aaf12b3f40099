"""Documentation that drifts breaks the build: forms, duty kinds, errors, commands, pages, and every doctest.

Promise: errors say where and what to do, and the books describe what there is, in both languages (7.10).
"""

import doctest
import re
import subprocess
from importlib import import_module
from pathlib import Path

import pytest

from guanai.care import errors
from guanai.care.duties.due import KINDS
from guanai.server.commands.cli import parser
from guanai.storage.form_files.form_catalogue import shipped_forms
from guanai.storage.forms.xlsform.headings import TYPES
from guanai.storage.forms.xlsform.items import METADATA_TYPES
from guanai.storage.school.workbooks import presets
from guanai.templates.wording import LANGUAGES, catalogue, say

ROOT = Path(__file__).parents[2]


def book(path):
    return (ROOT / path).read_text(encoding="utf-8")


README, FORMS, PAGES = book("README.md"), book("templates/README.md"), book("notebooks/README.md")
RECORDS, COMMANDS = book("storage/README.md"), book("server/README.md")
ROOMS = ("templates", "care", "storage", "widgets", "server")
MODULES = [
    ".".join(("guanai", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__")
    for room in ROOMS
    for path in sorted((ROOT / room).rglob("*.py"))
    if path.name != "__main__.py"
]


def commands():
    actions = [action for action in parser()._actions if action.choices]
    return sorted(actions[0].choices)


@pytest.mark.parametrize("name", shipped_forms())
def test_every_form_is_described(name):
    assert f"`{name}`" in FORMS


@pytest.mark.parametrize("kind", KINDS)
def test_every_duty_kind_is_described(kind):
    assert f"`{kind}`" in FORMS


@pytest.mark.parametrize("name", [name for name in errors.__all__ if name != "GuanaiError"])
def test_every_error_is_described(name):
    assert f"`{name}`" in RECORDS


@pytest.mark.parametrize("name", commands())
def test_every_command_is_described_and_has_help(name):
    assert f"`guanai {name}" in COMMANDS
    assert f"command.{name}" in catalogue()


@pytest.mark.parametrize("name", sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb")))
def test_every_page_is_described(name):
    assert re.search(rf"`{name}[`?]", README)
    assert re.search(rf"`{name}[`?]", PAGES)


@pytest.mark.parametrize("name", presets())
def test_every_preset_is_described(name):
    assert f"`{name}`" in FORMS


@pytest.mark.parametrize("name", [name for name in TYPES if not name.startswith("end_")])
def test_every_question_type_is_described_in_both_languages(name):
    assert f"`{name}`" in FORMS
    assert name in METADATA_TYPES or f"`{name}` {TYPES[name]}" in FORMS


def test_every_deliberate_difference_of_the_functions_is_described():
    listed = import_module("guanai.storage.forms.xpath.functions").__doc__.partition("on purpose:")[2]
    differences = [" ".join(difference.split()) for difference in listed.replace("``", "`").split("\n- ")[1:]]
    assert len(differences) > 8
    described = " ".join(FORMS.split())
    assert [difference for difference in differences if difference not in described] == []


@pytest.mark.parametrize("name", MODULES)
def test_every_module_says_its_idea_and_its_examples_are_true(name):
    module = import_module(name)
    assert module.__doc__
    assert doctest.testmod(module).failed == 0


def test_every_text_is_in_every_language_with_the_same_places():
    wrong = [
        key for key, texts in catalogue().items() if set(texts) != set(LANGUAGES) or not all(texts.values())
    ]
    assert wrong == []
    for key, texts in catalogue().items():
        places = [set(re.findall(r"(?<!{){(\w+)", text)) for text in texts.values()]
        assert places[0] == places[1], key


def test_a_text_that_is_not_in_the_catalogue_is_never_made_up():
    with pytest.raises(KeyError):
        say("no.such.text")


@pytest.mark.parametrize("room", ROOMS)
def test_every_key_that_code_names_is_in_the_catalogue(room):
    named = {
        key
        for path in (ROOT / room).rglob("*.py")
        for key in re.findall(r'\b(?:say|\w+Error)\(\s*"([a-z_]+\.[\w.]+)"', path.read_text(encoding="utf-8"))
    }
    assert named - set(catalogue()) == set()


def test_modules_keep_to_one_idea():
    sizes = {
        path: len(path.read_text().splitlines()) for room in ROOMS for path in (ROOT / room).rglob("*.py")
    }
    assert {path.name: size for path, size in sizes.items() if size > 400} == {}
    assert not [path for path in sizes if path.stem in {"utils", "util", "helpers", "common", "misc"}]


def books():
    """Return every document of the project, by its path."""
    tracked = subprocess.run(
        ["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return {path: book(path) for path in tracked.stdout.splitlines()}


def anchors(file):
    """Return the names under which a link finds the headings of a book."""
    headings = re.findall(r"(?m)^#+ (.+)$", file.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_link_between_the_books_leads_somewhere():
    broken = []
    for path, text in books().items():
        for target, place in re.findall(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)", text):
            file = (ROOT / path).parent / target if target else ROOT / path
            if not file.exists() or (place and place not in anchors(file)):
                broken.append((path, target, place))
    assert broken == []


def test_every_file_that_a_book_names_is_there():
    rooms = "|".join([*ROOMS, "notebooks", "tests"])
    missing = [
        (path, file)
        for path, text in books().items()
        if not path.endswith("CHANGELOG.md")
        for file in re.findall(rf"`((?:{rooms})/[\w/.]+\.\w+)`", text)
        if "NAME" not in file and not (ROOT / file).exists()
    ]
    assert missing == []


def test_every_name_of_the_glossary_is_defined_where_it_says():
    wrong = []
    for line in re.findall(r"(?m)^\|.*\|$", book(".github/GLOSSARY.md")):
        terms, *_, where = [cell.strip() for cell in line.strip("| ").split("|")]
        sources = " ".join(book(file) for file in re.findall(r"`([\w/]+\.py)`", where))
        names = re.findall(r"\b(?:[A-Z][a-z]+[A-Z]\w+|[a-z]+_[a-z_]+)\b", terms)
        wrong += [name for name in names if not re.search(rf"\b(?:class|def) {name}\b", sources)]
    assert wrong == []


def test_the_first_book_is_short():
    assert (ROOT / "README.md").stat().st_size <= 8 * 1024
