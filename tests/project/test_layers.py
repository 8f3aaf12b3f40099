"""The rooms import one way: templates <- care <- storage <- widgets <- notebooks; the server may import all."""

import ast
import json
import sys
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
MODULES = [path for room in ALLOWED for path in sorted((ROOT / room).rglob("*.py"))]


def imported(source: str) -> set[str]:
    """Return every module that a source names in an import, inside functions too."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def room_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_down(path):
    rooms = {name.split(".")[1] for name in imported(path.read_text()) if name.startswith("guanai.")}
    assert rooms - {room_of(path)} <= ALLOWED[room_of(path)]


@pytest.mark.parametrize("path", sorted((ROOT / "care").rglob("*.py")), ids=lambda path: path.name)
def test_care_knows_no_screen_no_store_no_clock(path):
    """Rules take what they need as arguments (design: pure rules)."""
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
        assert not tops & {"os", "pathlib", "subprocess"}
        for word in ("lambda", "self.", ".observe", "__file__"):
            assert word not in source, f"{path.name}: {word} in a page's cell"
