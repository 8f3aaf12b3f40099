"""The rooms import one way, so do the sub-rooms of each, and no module imports itself by way of others.

Promise: the rooms hang together as in ARCHITECTURE.md: imports go one way and no module is in a circle.
"""

import ast
import json
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ALLOWED = {
    "templates": set(),
    "care": {"templates"},
    "storage": {"templates", "care"},
    "widgets": {"templates", "care", "storage"},
    "notebooks": {"templates", "care", "storage", "widgets"},
    "server": {"templates", "care", "storage", "widgets", "notebooks"},
}
#: The sub-rooms of each room: one may import those before it. A room's own modules come first, its door (`__init__`) last.
ORDER = {
    "templates": [],
    "care": ["calendar", "children", "policy", "rights", "duties", "pairing", "summary"],
    "storage": [
        "files",
        "database",
        "forms/xpath",
        "forms/xlsform",
        "forms/session",
        "forms/changes",
        "forms",
        "form_files",
        "vault",
        "records",
        "exports",
        "reports",
        "imports",
        "school",
    ],
    "widgets": ["base", "form", "lists", "imports", "settings"],
    "notebooks": [],
    "server": ["network", "accounts", "vault", "kernels", "web", "pages", "sample", "commands"],
}
DOORS = {"__init__.py", "__main__.py", "old_names.py"}
SOURCES = {
    "guanai." + ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for room in ALLOWED
    for path in sorted((ROOT / room).rglob("*.py"))
    if "node_modules" not in path.parts
}


def imported(source: str) -> set[str]:
    """Return every module that a source names in an import: inside functions and under TYPE_CHECKING too."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def imported_modules(name: str) -> set[str]:
    """Return the modules of this project that one of them imports."""
    named = imported(SOURCES[name].read_text(encoding="utf-8"))
    modules = {
        name if name in SOURCES else name.rpartition(".")[0] for name in named if name.startswith("guanai.")
    }
    return (modules & SOURCES.keys()) - {name}


@cache
def all_imports() -> dict[str, set[str]]:
    """Return what each module imports."""
    return {name: imported_modules(name) for name in SOURCES}


def room_of(name: str) -> str:
    return name.split(".")[1]


def height(name: str) -> int:
    """Return how high a module stands in its room: its own modules, the sub-rooms in order, the doors."""
    path = SOURCES[name].relative_to(ROOT / room_of(name))
    sub_room = path.parent.as_posix()
    if sub_room != ".":
        return ORDER[room_of(name)].index(sub_room) + 1
    return 100 if path.name in DOORS and ORDER[room_of(name)] else 0


def circles(imports: dict[str, set[str]]) -> list[list[str]]:
    """Return the circles among modules: what is left when whoever imports nothing of the rest is taken away, again and again."""
    left = dict(imports)
    while free := [name for name, used in left.items() if not used & left.keys()]:
        left = {name: used for name, used in left.items() if name not in free}
    while free := [name for name in left if not any(name in used for used in left.values())]:
        left = {name: used for name, used in left.items() if name not in free}
    return [[name, *sorted(used & left.keys())] for name, used in left.items()]


def test_rooms_import_one_way():
    wrong = {
        (name, used)
        for name, modules in all_imports().items()
        for used in modules
        if room_of(used) not in {room_of(name), *ALLOWED[room_of(name)]}
    }
    assert wrong == set()


def test_sub_rooms_import_one_way():
    wrong = {
        (name, used)
        for name, modules in all_imports().items()
        for used in modules
        if room_of(used) == room_of(name) and height(used) > height(name)
    }
    assert wrong == set()


def test_no_modules_import_each_other_in_a_circle():
    assert circles(all_imports()) == []
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}), "a circle would be found"


@pytest.mark.parametrize("room", ORDER)
def test_every_sub_room_has_its_place_and_says_what_it_holds(room):
    folders = {path.parent.relative_to(ROOT / room).as_posix() for path in (ROOT / room).rglob("__init__.py")}
    assert folders - {"."} == set(ORDER[room])
    for folder in folders - {"."}:
        said = ast.get_docstring(
            ast.parse((ROOT / room / folder / "__init__.py").read_text(encoding="utf-8"))
        )
        assert said, folder
        assert "egin with" in " ".join(said.split()), folder


@pytest.mark.parametrize("path", sorted((ROOT / "care").rglob("*.py")), ids=lambda path: path.name)
def test_care_knows_no_screen_no_store_no_clock(path):
    """Rules take what they need as arguments."""
    source = path.read_text()
    banned = {"ipywidgets", "tinydb", "sqlalchemy", "pathlib", "os", "time", "io"}
    assert not {name.split(".")[0] for name in imported(source)} & banned
    calls = {
        node.attr
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute) and node.attr in {"today", "now", "utcnow"}
    }
    assert not calls
    assert "open(" not in source


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.name)
def test_notebooks_import_the_rooms_and_no_module_below_them(path):
    """A page's author learns four names: guanai.storage, guanai.care, guanai.widgets and guanai.templates.wording."""
    cells = json.loads(path.read_text())["cells"]
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    modules = {name.rpartition(".")[0] for source in sources for name in imported(source) if "." in name}
    ours = {name for name in modules if name.startswith("guanai")}
    assert ours <= {"guanai.storage", "guanai.care", "guanai.widgets", "guanai.templates.wording"}


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.name)
def test_notebooks_are_thin(path):
    """A head, one to three code cells of at most 20 lines, nothing but guanai, pandas and the standard library."""
    cells = json.loads(path.read_text())["cells"]
    assert cells[0]["cell_type"] == "markdown"
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert 1 <= len(code) <= 3
    for cell in code:
        source = "".join(cell["source"])
        assert not cell["outputs"]
        assert cell["execution_count"] is None
        assert len(source.splitlines()) <= 20
        tops = {name.split(".")[0] for name in imported(source)}
        assert tops <= {"guanai", "pandas"} | set(sys.stdlib_module_names)
        doors = {name.rpartition(".")[0] for name in imported(source) if name.startswith("guanai.")}
        assert doors <= {"guanai.storage", "guanai.care", "guanai.widgets", "guanai.templates.wording"}
        assert not tops & {"os", "pathlib", "subprocess"}
        for word in ("lambda", "self.", ".observe", "__file__"):
            assert word not in source, f"{path.name}: {word} in a page's cell"
