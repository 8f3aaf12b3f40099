"""Pages that nobody changed are renewed with a new version, changed ones are kept: a school is a folder.

Promise: what a coordinator changes in the school's folder stays (README.md, what a coordinator changes).
"""

import json

import pytest

from guanai.server.shipped_pages import renew


def notebook(path, source, **about):
    cell = {"cell_type": "code", "source": source, "outputs": [], "execution_count": None, **about}
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text(json.dumps({"cells": [cell], "metadata": about}))


@pytest.fixture
def copied(tmp_path):
    shipped, folder = tmp_path / "shipped", tmp_path / "notebooks"
    for name in ("untouched", "opened", "changed", "deleted"):
        notebook(shipped / f"{name}.ipynb", f"{name} = 1")
    pages = {path.name: path for path in sorted(shipped.iterdir())}
    first = renew(folder, pages)
    assert first["added"] == ["changed.ipynb", "deleted.ipynb", "opened.ipynb", "untouched.ipynb"]
    notebook(
        folder / "opened.ipynb", "opened = 1", execution_count=3
    )  # what JupyterLab writes when it runs a cell
    notebook(folder / "changed.ipynb", "changed = 'by the school'")
    (folder / "deleted.ipynb").unlink()
    return folder, pages


def test_the_same_version_changes_nothing(copied):
    folder, pages = copied
    done = renew(folder, pages)
    assert done["renewed"] == []
    assert done["kept"] == ["changed.ipynb", "deleted.ipynb"]
    assert not (folder / "deleted.ipynb").exists()


def test_a_new_version_renews_unchanged_pages_and_adds_new_ones(copied, tmp_path):
    folder, pages = copied
    for path in pages.values():
        notebook(path, f"{path.stem} = 2")
    notebook(tmp_path / "shipped" / "fresh.ipynb", "fresh = 2")
    done = renew(folder, {**pages, "fresh.ipynb": tmp_path / "shipped" / "fresh.ipynb"})
    assert done["renewed"] == ["opened.ipynb", "untouched.ipynb"]
    assert done["kept"] == ["changed.ipynb", "deleted.ipynb"]
    assert done["added"] == ["fresh.ipynb"]
    assert "by the school" in (folder / "changed.ipynb").read_text()
    assert "untouched = 2" in (folder / "untouched.ipynb").read_text()


def test_a_lost_manifest_keeps_what_is_there(copied):
    folder, pages = copied
    (folder / ".shipped.json").write_text("{")
    for path in pages.values():
        notebook(path, f"{path.stem} = 2")
    assert renew(folder, pages)["kept"] == ["changed.ipynb", "opened.ipynb", "untouched.ipynb"]
