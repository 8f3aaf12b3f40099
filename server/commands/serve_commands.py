"""Commands that keep running: serve, demo, lab."""

import os
import subprocess
import sys
from argparse import Namespace
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from guanai.care.errors import GuanaiError
from guanai.care.optional_imports import GRAMMAR, without
from guanai.server import tested_versions
from guanai.server.addresses import DEFAULT_PORT, free_port, is_loopback
from guanai.server.commands.console_output import print_line, print_warning
from guanai.server.commands.school_commands import opened
from guanai.templates.wording import say

if TYPE_CHECKING:
    from guanai.server.commands.serving import Tls

__all__ = ["demo", "lab", "serve"]

DEMO_FOLDER = Path("guanai-demo")


def serve(options: Namespace) -> None:
    """Serve a school to those who have an account in it."""
    _serve(options, workshop=False)


def demo(options: Namespace) -> None:
    """Make a sample school, or use one made before, and serve it on this machine."""
    if options.check:
        from guanai.server.commands.demo_check import check_demo

        check_demo()
        return
    options.folder = options.folder or DEMO_FOLDER
    make_demo(options.folder, options.size)
    if options.make_only:
        return
    if options.port is None:
        options.port = free_port(host=options.host)
        if options.port != DEFAULT_PORT:
            print_line(say("serve.other_port", taken=DEFAULT_PORT, port=options.port))
    _serve(options, workshop=True)


def make_demo(path: Path, size: str) -> None:
    """Make a sample school with its pages and the workshop's account. Raises GuanaiError for a real school."""
    from guanai.server.accounts.accounts import SAMPLE_MARK, Accounts
    from guanai.server.sample.make import make_sample
    from guanai.server.sample.sample_accounts import add_accounts
    from guanai.server.shipped_pages import renew
    from guanai.storage.files.school_folder import SchoolFolder

    folder = SchoolFolder(path.resolve())
    mark = folder.internal / SAMPLE_MARK
    if folder.is_school and not mark.exists():
        raise GuanaiError("demo.not_sample", folder=path)
    if not folder.is_school:
        print_line(say("demo.making", folder=path))
        make_sample(folder.path, size, _today())
        folder.create()
        mark.touch()
    renew(folder.notebooks)
    with opened(folder.path) as school:
        if not len(accounts := Accounts(school)):
            add_accounts(school, accounts)
    print_line(say("demo.ready", folder=path))


def _serve(options: Namespace, *, workshop: bool) -> None:
    with opened(options.folder, serving=True) as school:
        for notice in school.rule_mistakes():  # the pages say so too, and go on with the last good rules
            print_warning(notice)
        serve_school = import_serving()
        from guanai.server.accounts.served_school import ServedSchool

        served = ServedSchool(school)
        if workshop and is_loopback(options.host):
            accounts = sorted(served.accounts, key=lambda account: account.created_at)
            served.workshop = tuple(account.name for account in accounts if not account.password)
        serve_school(
            served,
            host=options.host,
            port=options.port or DEFAULT_PORT,
            browser=not options.no_browser,
            base_url=options.base_url,
            proxies=options.proxy,
            tls=tls_of(options),
            PageKernels={"max_people": options.max_people},
        )


def tls_of(options: Namespace) -> "Tls | None":
    """Return with which certificate to serve HTTPS, None for plain HTTP. Raises GuanaiError for a key alone."""
    from guanai.server.commands.serving import Tls

    if options.key and not options.cert:
        raise GuanaiError("serve.key_alone")
    return Tls(options.cert, options.key) if options.cert or options.tls else None


def import_serving() -> Callable[..., None]:
    """Return the function that serves; where a package is installed in an untested version, say so first.

    Raises GuanaiError that says what to install where an untested version cannot be used at all.
    """
    untested = tested_versions.untested_packages()
    values = tested_versions.untested_values(untested)
    if untested:
        print_line(say("serve.untested", **values))
    try:
        with without(GRAMMAR):
            from guanai.server.commands.serving import serve as serve_school
    except (ImportError, AttributeError) as error:
        if not untested:
            raise
        raise GuanaiError("serve.cannot_load", **values) from error
    return serve_school


def lab(options: Namespace) -> None:
    """Open the school's pages in JupyterLab, to be changed."""
    with opened(options.folder) as school:
        folder = school.folder
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder.notebooks}"]
    if options.port:
        command.append(f"--port={options.port}")
    if options.no_browser:
        command.append("--no-browser")
    print_line(say("lab.opening", folder=folder.notebooks))
    environment = {**os.environ, "GUANAI_SCHOOL": str(folder.path)}
    if subprocess.run(command, env=environment, check=False).returncode:  # noqa: S603  # our own Python
        raise GuanaiError("lab.failed")


def _today() -> date:
    fixed = os.environ.get("GUANAI_TODAY")
    return date.fromisoformat(fixed) if fixed else date.today()
