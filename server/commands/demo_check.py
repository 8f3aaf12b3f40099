"""``guanai demo --check``: makes a small sample school, serves it, signs in, and opens every page once."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from guanai.care.errors import GuanaiError
from guanai.server.addresses import free_port
from guanai.server.commands.console_output import print_line
from guanai.server.commands.http_probe import HttpProbe
from guanai.server.web.navigation import pages
from guanai.templates.wording import say

__all__ = ["check_demo", "served"]

STARTING_SECONDS = 120


def check_demo() -> None:
    """Raise GuanaiError with the name of the first page that does not open; say ok otherwise."""
    with tempfile.TemporaryDirectory(prefix="guanai-check-", ignore_cleanup_errors=True) as temporary:
        folder = Path(temporary) / "school"
        with served("demo", str(folder), "--size", "small", "--no-browser") as base:
            school_pages = pages(folder / "notebooks")
            if not school_pages:
                raise GuanaiError("check.no_pages")
            probe = HttpProbe(base)
            if probe.one_click(next="/theme/icon.svg").status != 200:
                raise GuanaiError("check.no_sign_in")
            for page in school_pages:
                _open_once(probe, page.name)
    print_line(say("check.ok", count=len(school_pages)))


def _open_once(probe: HttpProbe, name: str) -> None:
    started = time.monotonic()
    response = probe.get(f"/{name}")
    probe.close(response)
    if not response.renders:
        raise GuanaiError("check.page", page=name, status=response.status)
    print_line(say("check.page_ok", page=name, seconds=f"{time.monotonic() - started:.1f}"))


@contextmanager
def served(*arguments: str) -> Iterator[str]:
    """Run ``guanai`` with a serving command on a free port; yield its address once it answers, end it after.

    Raises GuanaiError when it does not come up.
    """
    port = free_port(18_866)
    command = [sys.executable, "-m", "guanai.server", *arguments, "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)  # noqa: S603
    base = f"http://127.0.0.1:{port}"
    try:
        _wait_until_served(process, base)
        yield base
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait_until_served(process: "subprocess.Popen[bytes]", base: str) -> None:
    probe = HttpProbe(base, timeout=5)
    deadline = time.monotonic() + STARTING_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            errors = process.stderr.read().decode("utf-8", "replace") if process.stderr else ""
            raise GuanaiError("check.not_serving", reason=errors.strip().rpartition("\n")[2])
        try:
            if probe.get("/login").status == 200:
                return
        except OSError:
            time.sleep(0.2)
    raise GuanaiError("check.not_serving", reason=f"{STARTING_SECONDS} s")
