"""Preloading in the fork server: it changes no record, and the process stays one that can be forked.

Promise: nothing is lost. Preloading changes no record (7.12).
"""

import json
import os
import subprocess
import sys

import pytest

from guanai.server.kernels.fork_servers import SETTINGS
from guanai.server.shipped_pages import shipped_pages

pytestmark = pytest.mark.slow

PRELOAD = """
import os, sys
from guanai.server.kernels import fork_server
from guanai.storage import open_school
school = open_school(sys.argv[1])
def seen():
    files = [name for name in os.listdir(sys.argv[1]) if not name.startswith(("records.db-", "vault.db-"))]  # SQLite's own
    return school.sequence(), sorted(files), school.drafts().all()
before = seen()
os.environ |= {"GUANAI_SCHOOL": sys.argv[1], "GUANAI_SERVED": "1"}
fork_server.import_needed()
assert len(list(fork_server.freezing_steps())) > len(sys.argv) - 2
from ipywidgets.widgets.widget import _instances
assert not _instances
after = seen()
assert before == after, (before, after)
assert len(os.listdir("/proc/self/task")) == 1, "a fork would not be safe"
known = set(sys.modules)
for page in sys.argv[2:]:
    exec(page, {"__name__": "__main__"})
print(*sorted({*sys.modules} - known))
"""


def test_preloading_changes_no_record_and_imports_all_that_pages_import(filled):
    """Where a page imports anything by itself, each of its kernels pays for it, in time and in memory."""
    # Typed in JupyterLab, where nobody signs in.
    filled.as_user("guanai").drafts("child").save("typed", {"name": "林小"})
    pages = [code_of(path) for path in shipped_pages().values()]
    ran = subprocess.run(
        [sys.executable, "-c", PRELOAD, str(filled.folder.path), *pages],
        capture_output=True,
        text=True,
        env={**os.environ, **SETTINGS},
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split() == []


def code_of(path):
    """Return the code of a page."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
