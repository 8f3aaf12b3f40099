"""A page's kernel gets none of the server's secrets: not in its own environment, nor in that of the process it is forked from.

Promise: children's data stays here (7.12).
"""

import psutil
import pytest
from support.servers import start, write_page

from guanai.server.kernels.kernel_environment import kernel_environment

SECRETS = {
    "DATABASE_PASSWORD": "sesame-1",
    "GUANAI_KEY": "sesame-2",
    "https_proxy": "http://user:sesame-3@proxy",
    "JUPYTER_TOKEN": "sesame-4",
    "AWS_SECRET_ACCESS_KEY": "sesame-5",
    "SSH_AUTH_SOCK": "sesame-6",
}
PRINTED = """
import os
print(sorted(os.environ.items()))
print(open("/proc/self/environ").read() if os.path.exists("/proc/self/environ") else "")
"""


def test_what_is_not_named_stays_with_the_server():
    needed = {
        "PATH": "/bin",
        "LANG": "C",
        "LC_ALL": "C",
        "HOME": "/",
        "TZ": "Asia/Shanghai",
        "PYTHONPATH": "x",
        "GUANAI_TODAY": "x",
    }
    assert kernel_environment({**needed, **SECRETS}) == needed


@pytest.mark.slow
def test_no_process_of_a_page_has_a_secret_of_the_server(tmp_path, monkeypatch):
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, str(tmp_path / value) if name == "GUANAI_KEY" else value)
    with start(tmp_path / "school", kernels='{"alone_seconds": 60, "waiting": 1}') as served:
        write_page(served.folder / "notebooks", "environment", ["# 环境", PRINTED])
        write_page(served.folder / "notebooks", "whole", ["# 环境", PRINTED], {"page": "full"})
        probe = served.signed_in()
        for name in ("environment", "whole"):
            page = probe.get(f"/{name}")
            assert "GUANAI_SCHOOL" in page.text
            assert "sesame" not in page.text
        for process in psutil.Process(served.process.pid).children(recursive=True):
            if "guanai.server.vault" not in process.cmdline():  # which has to find its key
                assert "sesame" not in str(process.environ()), process.cmdline()
